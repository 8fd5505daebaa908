//! Tests what each curated script of the closing handshake adds to the others. A script that adds nothing is deleted, or
//! it is named in a reviewed snapshot.
//!
//! A script adds what no other one has: a verdict on a rule, an event in a state, a fault that it shows, each in a role, or
//! a violation of a baseline. The values of the parameters of scenarios have seeds of their own in `corpus/scenario`.
#![allow(clippy::disallowed_methods, reason = "tests read files")]

mod support;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::rc::Rc;

use wsclose::Harness;
use wsclose::judge::{Habits, InconclusiveReason, Verdict};
use wsclose::model::behavior::Behavior;
use wsclose::model::endpoint::Endpoint;
use wsclose::model::faults::{Fault, FaultyModel};
use wsclose::model::situation::Situation;
use wsclose::protocol::code::Profile;
use wsclose::protocol::role::Role;
use wsclose::protocol::state_machine::{Action, Event, State};
use wsclose::rules::Rule;
use wsclose::script::ScriptBuf;

/// What a script has, alone or with others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Feature {
    /// The verdict on the model by this rule, and why it is inconclusive.
    Verdict(Role, Rule, Verdict, Option<InconclusiveReason>),
    /// The event happens to the model in this state.
    Event(Role, State, Event),
    /// The judge finds the fault by the fault's rule.
    Fault(Role, Fault),
    /// A file names the script: a baseline for a violation, or the code for what a subject usually does.
    Named(&'static str, usize),
}

/// The behavior of the model, which notes each event and the state in which it happens.
#[derive(Clone, Default)]
struct Noting(Rc<RefCell<BTreeSet<(State, Event)>>>);

impl Behavior for Noting {
    fn action(&self, event: Event, action: Action, now: &Situation<'_>) -> Action {
        self.0.borrow_mut().insert((now.state, event));
        action
    }
}

/// The numbers of the baseline entries that name each script, by the script's name without its folder.
fn named_in(file: &str) -> BTreeMap<String, Vec<usize>> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).expect("a baseline");
    let scripts = text
        .lines()
        .filter_map(|line| line.strip_prefix("script = \""))
        .map(|rest| rest.trim_end_matches('"'))
        .map(|script| script.strip_prefix("closing_handshake/").unwrap_or(script).to_owned());
    let mut named: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (number, script) in scripts.enumerate() {
        named.entry(script).or_default().push(number);
    }
    named
}

/// Every feature, with the names of the scripts that have it.
fn scripts_by_feature() -> BTreeMap<Feature, BTreeSet<String>> {
    let mut holders: BTreeMap<Feature, BTreeSet<String>> = BTreeMap::new();
    let mut harness = Harness::new(Profile::default());
    let noting = Noting::default();
    let mut model = Endpoint::with_behavior("model", noting.clone(), Profile::default());
    let mut faulty: Vec<(Fault, FaultyModel)> =
        Fault::ALL.into_iter().map(|fault| (fault, FaultyModel::new(fault))).collect();
    let baselines = ["implementations/baseline.toml", "implementations/live/baseline.toml"];
    let baselines = baselines.map(|file| (file, named_in(file)));
    let mut has_baseline = false;
    for (name, script) in support::scripts() {
        let mut add = |feature| holders.entry(feature).or_default().insert(name.clone());
        for role in Role::ALL {
            let script = script.as_script().for_role(role);
            noting.0.borrow_mut().clear();
            let verdicts = *harness.play(script, &mut model).verdicts;
            for rule in Rule::ALL {
                match verdicts.on(rule) {
                    Verdict::NotExercised => {}
                    verdict @ (Verdict::Inconclusive | Verdict::Conforms | Verdict::Violates) => {
                        add(Feature::Verdict(role, rule, verdict, verdicts.inconclusive_reason(rule)));
                    }
                }
            }
            for (state, event) in noting.0.borrow().iter() {
                add(Feature::Event(role, *state, *event));
            }
            for (fault, faulty) in &mut faulty {
                let played = harness.play(script, faulty);
                if played.findings.iter().any(|finding| finding.rule == fault.rule()) {
                    add(Feature::Fault(role, *fault));
                }
            }
        }
        for (file, named) in &baselines {
            for number in named.get(&name).into_iter().flatten() {
                has_baseline = true;
                add(Feature::Named(file, *number));
            }
        }
        let case = format!("closing_handshake/{name}");
        if let Some(number) = Habits::CASES.iter().position(|habit| **habit == case) {
            add(Feature::Named("Habits::CASES", number));
        }
    }
    assert!(has_baseline, "no baseline names a curated script");
    holders
}

/// Which scripts could be deleted together, because those that stay have all that they have. Among scripts that have the
/// same, the first by name stays.
fn without_value(by_feature: &BTreeMap<Feature, BTreeSet<String>>) -> Vec<String> {
    let mut staying: BTreeMap<&Feature, usize> =
        by_feature.iter().map(|(feature, names)| (feature, names.len())).collect();
    let mut spare = Vec::new();
    for (name, _) in support::scripts().into_iter().rev() {
        let own = by_feature.iter().filter(|(_, names)| names.contains(&name)).map(|(feature, _)| feature);
        let own: Vec<&Feature> = own.collect();
        if own.iter().all(|feature| staying[feature] > 1) {
            for feature in own {
                *staying.get_mut(feature).expect("a feature") -= 1;
            }
            spare.push(name);
        }
    }
    spare.sort();
    spare
}

/// The snapshot lists the scripts that add nothing by this measure. They stay for what it does not see, such as a judge
/// that doubts what a lost answer means.
#[test]
fn a_curated_script_adds_something_or_is_reviewed() {
    let by_feature = scripts_by_feature();
    for (name, _) in support::scripts() {
        let own: Vec<&Feature> = by_feature
            .iter()
            .filter(|(_, names)| names.len() == 1 && names.contains(&name))
            .map(|(feature, _)| feature)
            .collect();
        println!("{name}: {} of its own {own:?}", own.len());
    }
    let text = without_value(&by_feature).join("\n");
    insta::with_settings!({
        snapshot_path => "../snapshots",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, { insta::assert_snapshot!("corpus_adds_nothing", text) });
}

#[test]
fn a_copy_of_a_script_adds_nothing() {
    let feature = |number| Feature::Named("a file", number);
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    // These three names are curated scripts. The last two have the same.
    let by_feature = BTreeMap::from([
        (feature(0), names(&["close-empty"])),
        (feature(1), names(&["code-1001", "code-3000"])),
        (feature(2), names(&["close-empty", "code-1001", "code-3000"])),
    ]);
    let spare = without_value(&by_feature);
    assert!(spare.contains(&"code-3000".to_owned()));
    assert!(!spare.contains(&"close-empty".to_owned()) && !spare.contains(&"code-1001".to_owned()));
}

/// Scripts for events that no curated script has: the application acts, or TCP is reset, after the end of the WebSocket
/// connection.
const AFTER_THE_END: [(&str, &str); 4] = [
    ("fail-then-reset", "> close rsv=4\n> reset\nwait 2\n"),
    ("fail-then-app", "> close rsv=4\napp close 1000\napp send text \"late\"\nwait 2\n> fin\n"),
    ("failed-then-app", "> close rsv=4\nwait 2\n> fin\napp close 1000\napp send text \"late\"\n"),
    ("closed-then-app", "> close 1000\nwait 2\n> fin\napp close 1000\napp send text \"late\"\n"),
];

/// Whether the event can happen to the model in this state.
fn can_happen(state: State, event: Event) -> bool {
    match state {
        State::Open => !matches!(event, Event::CloseReplySent | Event::Timeout),
        State::CloseSent => event != Event::CloseReplySent,
        // The model replies at once.
        State::CloseReceived => event == Event::CloseReplySent,
        // The model reads no more frames.
        State::CloseExchanged | State::Failed => matches!(
            event,
            Event::AppClose | Event::AppSend | Event::PeerFin | Event::PeerReset | Event::Timeout
        ),
        // A FIN may arrive together with what ends the connection.
        State::Closed { .. } => {
            matches!(event, Event::AppClose | Event::AppSend | Event::PeerFin)
        }
    }
}

#[test]
fn every_event_that_can_happen_in_a_state_has_a_script() {
    let mut happened: BTreeSet<(Role, State, Event)> = BTreeSet::new();
    for feature in scripts_by_feature().into_keys() {
        match feature {
            Feature::Event(role, state, event) => {
                happened.insert((role, state, event));
            }
            Feature::Verdict(..) | Feature::Fault(..) | Feature::Named(..) => {}
        }
    }
    for (name, steps) in AFTER_THE_END {
        let text = format!("wsclose 2\nrole server\n{steps}");
        let script = ScriptBuf::read(text.as_bytes()).unwrap_or_else(|error| panic!("{name}: {error}"));
        for role in Role::ALL {
            let noting = Noting::default();
            let mut model = Endpoint::with_behavior("model", noting.clone(), Profile::default());
            let mut harness = Harness::new(Profile::default());
            let played = harness.play(script.as_script().for_role(role), &mut model);
            assert!(played.findings.is_empty(), "{name} as a {role}\n{played}");
            let noted = noting.0.borrow();
            let new = noted.iter().filter(|(state, event)| happened.insert((role, *state, *event))).count();
            assert!(new > 0, "{name} as a {role}: a script before has its events");
        }
    }
    for role in Role::ALL {
        for state in State::ALL {
            for event in Event::ALL {
                let has_script = happened.contains(&(role, state, event));
                assert_eq!(has_script, can_happen(state, event), "{event:?} in {state:?} of a {role}");
            }
        }
    }
}
