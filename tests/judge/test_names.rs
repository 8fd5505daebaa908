//! Tests the names of the tests in this binary: a rule's id must find the tests of the rule.

use std::collections::BTreeSet;
use std::process::Command;

use wsclose::rules::Rule;

use crate::each_rule;

#[test]
fn each_rule_has_a_conforming_and_a_violating_case() {
    assert_eq!(each_rule::TESTED, Rule::ALL, "the order is that of the catalogue");
}

#[test]
fn every_test_name_begins_with_a_rule_id() {
    let program = std::env::current_exe().expect("the path of this test binary");
    let output =
        Command::new(program).args(["--list", "--format", "terse"]).output().expect("a list of tests");
    let list = String::from_utf8(output.stdout).expect("UTF-8");
    let tests = list.lines().filter_map(|line| line.strip_suffix(": test"));
    let tests: Vec<&str> = tests.filter(|path| !path.starts_with("test_names::")).collect();

    let tested: BTreeSet<Rule> = tests.iter().filter_map(|path| tested_rule(path)).collect();
    let untested: Vec<Rule> = Rule::ALL.into_iter().filter(|rule| !tested.contains(rule)).collect();
    assert!(untested.is_empty(), "expected a test for every rule id, found none for {untested:?}");

    let unnamed: Vec<&&str> = tests.iter().filter(|path| tested_rule(path).is_none()).collect();
    assert!(unnamed.is_empty(), "expected names that begin with a rule id, found {unnamed:#?}");
}

/// The rule with the longest id that begins the last part of a test's path.
fn tested_rule(path: &str) -> Option<Rule> {
    let name = path.rsplit("::").next().unwrap_or(path);
    let begins = |rule: &Rule| {
        let id = rule.id().replace('-', "_");
        name.strip_prefix(&id).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
    };
    Rule::ALL.into_iter().filter(begins).max_by_key(|rule| rule.id().len())
}
