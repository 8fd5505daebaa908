//! Counts the verdicts on the model and on each faulty model, in the curated scripts and in a sample of scenarios. A second
//! line follows where the usual replies of the subject, its habits, decide further verdicts.
//!
//! A change of the judge or of the model that changes a verdict in these thousand scripts changes a line of the snapshot,
//! and a reviewer sees for which faults. Other tests say what verdicts have to be. This one shows that none of them
//! changed by accident.

mod support;

use std::fmt::Write;

use wsclose::Harness;
use wsclose::harness::Subject;
use wsclose::judge::Verdict;
use wsclose::model::endpoint::Model;
use wsclose::model::faults::{Fault, FaultyModel};
use wsclose::protocol::code::Profile;
use wsclose::protocol::role::Role;
use wsclose::rules::Rule;
use wsclose::scenario::{Scenario, Space, Strength, covering};
use wsclose::script::ScriptBuf;

/// Of the scenarios in which all pairs of values occur, one in so many is played.
const SAMPLE: usize = 8;

/// The verdicts on a subject.
#[derive(PartialEq, Eq)]
struct Counts {
    /// The number of verdicts of each kind on each rule.
    rules: Vec<[usize; 4]>,
    /// The sum of the positions of the findings. It changes when a finding names another event.
    positions: usize,
}

fn scripts() -> Vec<ScriptBuf> {
    let curated = support::scripts().into_iter().flat_map(|(_, script)| {
        let in_role = |role| script.as_script().for_role(role).encode();
        Role::ALL.map(|role| ScriptBuf::read(&in_role(role)).expect("a script"))
    });
    let of_role = |role| covering(Space::all(role), Strength::Pairs).into_iter().step_by(SAMPLE);
    let scenarios = Role::ALL.into_iter().flat_map(of_role).map(|scenario: Scenario| scenario.script());
    curated.collect::<Vec<_>>().into_iter().chain(scenarios).collect()
}

/// The verdicts on what a subject does, compared with its usual replies or not.
fn counts(scripts: &[ScriptBuf], subject: &mut dyn Subject, with_habits: bool) -> Counts {
    let mut harnesses = Role::ALL.map(|role| {
        let mut harness = Harness::new(Profile::default());
        let habits = with_habits.then(|| harness.learn_habits(role, subject));
        harness.set_habits(habits);
        (role, harness)
    });
    let mut counts = Counts { rules: vec![[0; 4]; Rule::ALL.len()], positions: 0 };
    for script in scripts {
        let role = script.as_script().role();
        let (_, harness) = harnesses.iter_mut().find(|(of, _)| *of == role).expect("a harness for each role");
        let played = harness.play(script.as_script(), subject);
        for (rule, counts) in Rule::ALL.into_iter().zip(&mut counts.rules) {
            counts[played.verdicts.on(rule) as usize] += 1;
        }
        counts.positions += played.findings.iter().map(|finding| finding.at).sum::<usize>();
    }
    counts
}

/// A line: the totals, and how often each rule was violated.
fn line(name: &str, counts: &Counts) -> String {
    let total = |verdict: Verdict| counts.rules.iter().map(|rule| rule[verdict as usize]).sum::<usize>();
    let mut line = format!(
        "{name:<40} {} {} {} {}",
        total(Verdict::Conforms),
        total(Verdict::Violates),
        total(Verdict::Inconclusive),
        counts.positions
    );
    for (rule, counts) in Rule::ALL.into_iter().zip(&counts.rules) {
        let violated = counts[Verdict::Violates as usize];
        if violated > 0 {
            write!(line, " {rule} {violated}").expect("a string");
        }
    }
    line.push('\n');
    line
}

#[test]
fn verdicts_on_the_model_and_on_every_fault() {
    let scripts = scripts();
    let mut text = format!(
        "{} scripts. Each line: verdicts conforms, violates, inconclusive; the sum of the positions of the findings; the \
         violated rules, each with the number of scripts.\n\n",
        scripts.len()
    );
    let mut add = |name: &str, subject: &mut dyn Subject| {
        let [alone, compared] = [false, true].map(|with_habits| counts(&scripts, subject, with_habits));
        text += &line(name, &alone);
        if compared != alone {
            text += &line("  with its habits", &compared);
        }
    };
    add("model", &mut Model::new(Profile::default()));
    for fault in Fault::ALL {
        add(fault.slug(), &mut FaultyModel::new(fault));
    }
    insta::with_settings!({
        snapshot_path => "../snapshots",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, { insta::assert_snapshot!("verdict_counts", text) });
}
