//! Tests that every rule is covered: a script in which the model conforms, detected faults, and a fuzz target.
//!
//! A snapshot shows the coverage as a table.
#![allow(clippy::disallowed_methods, reason = "tests read the corpus")]

mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use wsclose::harness::Driver;
use wsclose::judge::{Judge, Verdict};
use wsclose::model::endpoint::Model;
use wsclose::model::faults::{Fault, FaultyModel};
use wsclose::protocol::code::Profile;
use wsclose::rules::{Rule, RuleSet};
use wsclose::script::ScriptBuf;

/// The coverage of one rule.
struct RuleCoverage {
    rule: Rule,
    /// The first script in which the rule is exercised and the model conforms.
    conformed_in: Option<String>,
    /// The number of faults that violate the rule.
    faults: usize,
    /// The faults that a curated script detects, each with the first such script.
    detected: Vec<(Fault, String)>,
    /// The fuzz targets that exercise the rule.
    targets: Vec<&'static str>,
}

/// Groups of rules that implementations often violate, so that several faults must violate each group.
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
            Rule::RejectsLongCloseAtOnce,
            Rule::RejectsLongLengthForm,
            Rule::RejectsLengthTopBit,
        ],
    ),
    ("segmentation", &[Rule::AnySegmentation]),
    ("sending after a Close", &[Rule::NoDataAfterClose, Rule::OneClose, Rule::QuietAfterClose]),
];

/// The least number of faults for each group.
const MIN_FAULTS_PER_GROUP: usize = 3;

#[test]
fn every_rule_is_covered_and_every_fault_detected() {
    let rows = rows();
    let mut text = format!(
        "{:<34}{:<9}{:<38}{:>7}{:>8}  {:<72}{}\n\n",
        "rule",
        "level",
        "conforms in",
        "faults",
        "detected",
        "a fault and a script that detects it",
        "exercised by"
    );
    let mut gaps = String::new();
    for RuleCoverage { rule, conformed_in, faults, detected, targets } in &rows {
        let mut gap = |what: &str| writeln!(gaps, "{rule}: {what}").expect("a write to a string");
        if conformed_in.is_none() {
            gap("expected a curated script in which the model conforms");
        }
        if *faults == 0 {
            gap("expected a fault that violates it");
        }
        if *faults != detected.len() {
            let undetected = Fault::ALL.into_iter().filter(|fault| fault.rule() == *rule);
            let undetected = undetected.filter(|fault| detected.iter().all(|(found, _)| found != fault));
            let undetected: Vec<&str> = undetected.map(Fault::slug).collect();
            gap(&format!("no curated script detects these faults: {}", undetected.join(", ")));
        }
        // Its sample of sixteen masked frames is longer than what a script of a fuzz target makes an endpoint send.
        if targets.is_empty() && *rule != Rule::FreshMaskKey {
            gap("expected a fuzz target that exercises it");
        }
        let example = detected.first().map(|(fault, script)| format!("{} in {script}", fault.slug()));
        writeln!(
            text,
            "{:<34}{:<9}{:<38}{faults:>7}{:>10}  {:<72}{}",
            rule.id(),
            rule.level().name(),
            conformed_in.as_deref().unwrap_or(""),
            detected.len(),
            example.as_deref().unwrap_or(""),
            targets.join(", ")
        )
        .expect("a write to a string");
    }
    assert!(gaps.is_empty(), "rules without full coverage\n{gaps}");
    let faults: usize = rows.iter().map(|row| row.faults).sum();
    assert_eq!(faults, Fault::ALL.len());
    write!(text, "\n{} rules, {faults} faults\n", rows.len()).expect("a write to a string");
    insta::with_settings!({
        snapshot_path => "../../snapshots",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, { insta::assert_snapshot!("rule_matrix", text) });
}

#[test]
fn groups_of_common_violations_have_several_faults() {
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
            let script = ScriptBuf::read(&octets).unwrap_or_else(|error| panic!("{name}: {error}"));
            (name, script)
        })
        .collect();
    let conforming = conforming_rules(&scripts);
    let detected: Vec<(Fault, String)> = Fault::ALL
        .into_iter()
        .filter_map(|fault| Some((fault, first_detecting_script(fault, &scripts)?)))
        .collect();
    let targets = targets();
    Rule::ALL
        .into_iter()
        .map(|rule| RuleCoverage {
            rule,
            conformed_in: conforming
                .iter()
                .find(|(_, rules)| rules.contains(rule))
                .map(|(name, _)| (*name).clone()),
            faults: Fault::ALL.into_iter().filter(|fault| fault.rule() == rule).count(),
            detected: detected.iter().filter(|(fault, _)| fault.rule() == rule).cloned().collect(),
            targets: targets
                .iter()
                .filter(|(_, rules)| rules.contains(rule))
                .map(|(name, _)| *name)
                .collect(),
        })
        .collect()
}

/// The rules to which the model conforms, for each script.
fn conforming_rules(scripts: &BTreeMap<String, ScriptBuf>) -> Vec<(&String, RuleSet)> {
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

/// The first script in which the judge finds a violation of the fault's rule.
fn first_detecting_script(fault: Fault, scripts: &BTreeMap<String, ScriptBuf>) -> Option<String> {
    let (mut driver, mut judge) = (Driver::new(), Judge::new(Profile::default()));
    let mut detects = |script: &ScriptBuf| {
        // A new model each time, because one of the faults makes a connection affect later ones.
        let trace = driver.drive(script.as_script(), &mut FaultyModel::new(fault));
        judge.judge(trace).iter().any(|finding| finding.rule == fault.rule())
    };
    scripts.iter().find(|(_, script)| detects(script)).map(|(name, _)| name.clone())
}

/// The rules that each fuzz target exercises on its initial seeds.
fn targets() -> [(&'static str, RuleSet); 3] {
    let over = |target: fn(&[u8]) -> RuleSet, folders: &[&str]| {
        let seeds = folders.iter().flat_map(|folder| support::seeds(folder).into_values());
        seeds.fold(RuleSet::EMPTY, |rules, octets| rules.union(target(&octets)))
    };
    [
        ("close_frame", over(wsclose::fuzz::close_frame, &["close_frame"])),
        ("closing_handshake", over(wsclose::fuzz::closing_handshake, &["closing_handshake"])),
        (
            "implementations",
            over(wsclose_implementations::fuzz::implementations, &["closing_handshake", "implementations"]),
        ),
    ]
}
