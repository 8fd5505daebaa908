//! The rule matrix, computed by running: for every rule a script in which the model keeps it, the faults
//! planted and caught, and the fuzz targets that exercise it. No cell may be empty.
#![allow(clippy::disallowed_methods, reason = "tests read the corpus")]

mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use wsclose::harness::driver::Driver;
use wsclose::judge::{Judge, Verdict};
use wsclose::model::endpoint::Model;
use wsclose::model::faults::{Fault, FaultyModel};
use wsclose::protocol::code::Profile;
use wsclose::rules::{Rule, RuleSet};
use wsclose::script::ScriptBuf;

/// What there is about one rule.
struct RuleCoverage {
    rule: Rule,
    /// The first script in which the model exercises the rule, and keeps it.
    conformed_in: Option<String>,
    faults: usize,
    /// The first script that shows each fault caught by the name of its rule.
    detected: Vec<(Fault, String)>,
    targets: Vec<&'static str>,
}

/// Kinds of mistakes of which several must be planted, each with the rules that they break.
const GROUPS: [(&str, &[Rule]); 5] = [
    (
        "accepted codes",
        &[
            Rule::AcceptsDefinedCodes,
            Rule::AcceptsRegisteredCodes,
            Rule::AcceptsLibraryAndPrivateCodes,
            Rule::RejectsLocalOnlyCodes,
            Rule::RejectsUndefinedCodes,
            Rule::RejectsUnassignedCodes,
        ],
    ),
    ("UTF-8", &[Rule::ReasonUtf8, Rule::AcceptsAnyUtf8Reason, Rule::RejectsBadUtf8Reason]),
    (
        "lengths",
        &[
            Rule::CloseAtMost125,
            Rule::ShortestLength,
            Rule::LengthTopBitClear,
            Rule::AcceptsLongestReason,
            Rule::RejectsLongClose,
            Rule::RejectsLongLengthForm,
            Rule::RejectsLengthTopBit,
        ],
    ),
    ("segmentation", &[Rule::AnySegmentation]),
    ("what is sent after close", &[Rule::NoDataAfterClose, Rule::OneClose, Rule::QuietAfterClose]),
];

/// How many faults each group has at least.
const MIN_FAULTS_PER_GROUP: usize = 3;

#[test]
fn every_rule_is_covered_and_every_fault_detected() {
    let rows = rows();
    let mut text = format!(
        "{:<34}{:<9}{:<38}{:>7}{:>8}  {:<72}{}\n\n",
        "rule",
        "level",
        "kept in",
        "planted",
        "caught",
        "a fault, and the script that shows it",
        "exercised by"
    );
    let mut mistakes = String::new();
    for RuleCoverage { rule, conformed_in: kept, faults: planted, detected: caught, targets } in &rows {
        let mut wrong = |what: &str| writeln!(mistakes, "{rule}: {what}").expect("a string grows");
        if kept.is_none() {
            wrong("the model keeps it in no curated script");
        }
        if *planted == 0 {
            wrong("no fault breaks it");
        }
        if *planted != caught.len() {
            let missed = Fault::ALL.into_iter().filter(|fault| fault.rule() == *rule);
            let missed = missed.filter(|fault| caught.iter().all(|(found, _)| found != fault));
            let missed: Vec<&str> = missed.map(Fault::slug).collect();
            wrong(&format!("faults that no curated script shows: {}", missed.join(", ")));
        }
        if targets.is_empty() {
            wrong("no fuzz target exercises it");
        }
        let shown = caught.first().map(|(fault, script)| format!("{} in {script}", fault.slug()));
        writeln!(
            text,
            "{:<34}{:<9}{:<38}{planted:>7}{:>8}  {:<72}{}",
            rule.id(),
            rule.level().name(),
            kept.as_deref().unwrap_or(""),
            caught.len(),
            shown.as_deref().unwrap_or(""),
            targets.join(", ")
        )
        .expect("a string grows");
    }
    assert!(mistakes.is_empty(), "the rule matrix has holes\n{mistakes}");
    let planted: usize = rows.iter().map(|row| row.faults).sum();
    assert_eq!(planted, Fault::ALL.len());
    write!(text, "\n{} rules, {planted} faults\n", rows.len()).expect("a string grows");
    insta::with_settings!({
        snapshot_path => "../../snapshots",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, { insta::assert_snapshot!("rule_matrix", text) });
}

#[test]
fn common_mistakes_have_several_faults() {
    for (group, rules) in GROUPS {
        let faults = Fault::ALL.into_iter().filter(|fault| rules.contains(&fault.rule())).count();
        assert!(
            faults >= MIN_FAULTS_PER_GROUP,
            "{group}: expected {MIN_FAULTS_PER_GROUP} faults, found {faults}"
        );
    }
}

fn rows() -> Vec<RuleCoverage> {
    let scripts: BTreeMap<String, ScriptBuf> = support::seeds("closing_handshake")
        .into_iter()
        .map(|(name, octets)| {
            let script = ScriptBuf::read(&octets).unwrap_or_else(|mistake| panic!("{name}: {mistake}"));
            (name, script)
        })
        .collect();
    let kept = exercised_rules(&scripts);
    let caught: Vec<(Fault, String)> = Fault::ALL
        .into_iter()
        .filter_map(|fault| Some((fault, first_detecting_script(fault, &scripts)?)))
        .collect();
    let targets = targets();
    Rule::ALL
        .into_iter()
        .map(|rule| RuleCoverage {
            rule,
            conformed_in: kept
                .iter()
                .find(|(_, rules)| rules.contains(rule))
                .map(|(name, _)| (*name).clone()),
            faults: Fault::ALL.into_iter().filter(|fault| fault.rule() == rule).count(),
            detected: caught.iter().filter(|(fault, _)| fault.rule() == rule).cloned().collect(),
            targets: targets
                .iter()
                .filter(|(_, rules)| rules.contains(rule))
                .map(|(name, _)| *name)
                .collect(),
        })
        .collect()
}

/// The rules that the model exercises and keeps, script by script.
fn exercised_rules(scripts: &BTreeMap<String, ScriptBuf>) -> Vec<(&String, RuleSet)> {
    let (mut driver, mut judge) = (Driver::new(), Judge::new(Profile::default()));
    let mut model = Model::new(Profile::default());
    scripts
        .iter()
        .map(|(name, script)| {
            judge.judge(driver.drive(script.as_script(), &mut model));
            (name, judge.verdicts().with(Verdict::Conforms))
        })
        .collect()
}

/// The first script in which the judge names the rule that the fault breaks.
fn first_detecting_script(fault: Fault, scripts: &BTreeMap<String, ScriptBuf>) -> Option<String> {
    let (mut driver, mut judge) = (Driver::new(), Judge::new(Profile::default()));
    let mut shows = |script: &ScriptBuf| {
        // A fresh one each time: one fault is that an earlier connection shows in a later one.
        let trace = driver.drive(script.as_script(), &mut FaultyModel::new(fault));
        judge.judge(trace).iter().any(|finding| finding.rule == fault.rule())
    };
    scripts.iter().find(|(_, script)| shows(script)).map(|(name, _)| name.clone())
}

/// The rules that each fuzz target exercises over the seeds that it starts from.
fn targets() -> [(&'static str, RuleSet); 3] {
    let over = |target: fn(&[u8]) -> RuleSet, folders: &[&str]| {
        let seeds = folders.iter().flat_map(|folder| support::seeds(folder).into_values());
        seeds.fold(RuleSet::EMPTY, |rules, octets| rules.union(target(&octets)))
    };
    [
        ("close_frame", over(|octets| wsclose::fuzz::close_frame(octets), &["close_frame"])),
        (
            "closing_handshake",
            over(|octets| wsclose::fuzz::closing_handshake(octets), &["closing_handshake"]),
        ),
        (
            "implementations",
            over(wsclose_implementations::fuzz::implementations, &["closing_handshake", "implementations"]),
        ),
    ]
}
