//! Selects the rules and cases of a run by patterns.

use glob::Pattern;
use wsclose::rules::{Rule, RuleSet};

use crate::check::error::RunError;
use crate::check::options::{Options, UserScript};
use crate::endpoint::features::EndpointFeatures;
use crate::endpoint::under_test;
use crate::run::cases::Case;
use crate::run::engine;
use crate::run::generate::CaseGenerator;
use crate::run::scenarios::{self, Extent};

/// The rules and cases of a run.
#[derive(Clone, Debug)]
pub struct Selection {
    /// The rules to judge.
    pub rules: RuleSet,
    /// The cases to run, without the liveness case.
    pub cases: Vec<Case>,
    /// The scripts of the user that are not played, with the reason of each.
    pub notes: Vec<String>,
}

impl Selection {
    /// Selects what the patterns match, for an endpoint with these features.
    ///
    /// # Errors
    /// Returns an error if a pattern is malformed, or if no rule or no case is left.
    pub fn new(
        options: &Options,
        features: EndpointFeatures,
        reports_close: bool,
    ) -> Result<Selection, RunError> {
        let all = under_test::capabilities(features.close_command, reports_close).rules();
        let rules = select_rules(options, all)?;
        let (cases, notes) = select_cases(options, features)?;
        Ok(Selection { rules, cases, notes })
    }
}

fn parse(patterns: &[String]) -> Result<Vec<Pattern>, RunError> {
    let parse_one = |pattern: &String| {
        Pattern::new(pattern)
            .map_err(|_| RunError::Pattern { pattern: pattern.clone(), expected: expected_instead(pattern) })
    };
    patterns.iter().map(parse_one).collect()
}

/// What a valid pattern has in place of what is wrong with this one. The library names only a position.
fn expected_instead(pattern: &str) -> &'static str {
    if pattern.contains("**") {
        "one `*` stands for any characters"
    } else {
        "`[` begins a set of characters that `]` ends, as in `close-[a-f]*`"
    }
}

fn select_rules(options: &Options, all: RuleSet) -> Result<RuleSet, RunError> {
    let (only, skip) = (parse(&options.only)?, parse(&options.skip)?);
    let matches = |patterns: &[Pattern], rule: Rule| {
        let sections = rule.sections().split([',', ';']).map(str::trim);
        let mut names = sections.chain([rule.id()]);
        names.any(|name| patterns.iter().any(|pattern| pattern.matches(name)))
    };
    let selected: RuleSet = all
        .iter()
        .filter(|rule| (only.is_empty() || matches(&only, *rule)) && !matches(&skip, *rule))
        .collect();
    if selected.is_empty() { Err(RunError::NoRules(all.len())) } else { Ok(selected) }
}

/// The cases that the patterns select, and notes about scripts that cannot be played.
fn select_cases(options: &Options, features: EndpointFeatures) -> Result<(Vec<Case>, Vec<String>), RunError> {
    let mut names = options.cases.iter().chain(&options.show).peekable();
    let extent = match (names.peek().is_some(), options.thorough) {
        (true, _) if !names.any(|name| scenarios::may_be_named_by(name)) => Extent::None,
        (_, true) => Extent::Thorough,
        (_, false) => Extent::Usual,
    };
    let (mut cases, notes) = if options.scripts.is_empty() {
        (engine::cases(features, options.codes, extent), Vec::new())
    } else {
        user_cases(&options.scripts, features)?
    };
    let (patterns, shown) = (parse(&options.cases)?, parse(&options.show)?);
    let all = [patterns.as_slice(), &shown].concat();
    let matches = |patterns: &[Pattern], name: &str| patterns.iter().any(|pattern| pattern.matches(name));
    if !all.is_empty() {
        cases.retain(|case| matches(&all, &case.name));
        let generator = CaseGenerator::new(features);
        let names = options.cases.iter().chain(&options.show);
        let named = |name: &String| generator.by_name(name).or_else(|| scenarios::by_name(features, name));
        let is_new = |case: &Case| !cases.iter().any(|other| other.name == case.name);
        let named: Vec<Case> = names.filter_map(named).filter(is_new).collect();
        cases.extend(named);
    }
    cases.iter_mut().for_each(|case| case.show = matches(&shown, &case.name));
    // The liveness case is part of every run, so a pattern may match it alone.
    if cases.is_empty() && !matches(&all, &features.liveness().name) {
        return Err(RunError::NoCases);
    }
    Ok((cases, notes))
}

/// The cases of scripts that a user wrote, and notes about those that cannot be played.
fn user_cases(
    scripts: &[UserScript],
    features: EndpointFeatures,
) -> Result<(Vec<Case>, Vec<String>), RunError> {
    let (mut cases, mut notes) = (Vec::new(), Vec::new());
    for UserScript { name, script, optional } in scripts {
        match features.case_of_user(name.clone(), script) {
            Ok(case) => cases.push(case),
            Err(why) if *optional => notes.push(format!("not played: {name}: {why}")),
            Err(why) => return Err(RunError::Unplayable { name: name.clone(), why }),
        }
    }
    if cases.is_empty() { Err(RunError::NoPlayableScript(notes)) } else { Ok((cases, notes)) }
}

#[cfg(test)]
mod tests {
    use wsclose::protocol::role::Role;
    use wsclose::script::ScriptBuf;

    use super::*;

    fn features(role: Role) -> EndpointFeatures {
        EndpointFeatures { role, close_command: true, reconnects: true }
    }

    fn script(name: &str, steps: &str, optional: bool) -> UserScript {
        let text = format!("wsclose 1\nrole server\n{steps}");
        let script = ScriptBuf::read(text.as_bytes()).expect("a script");
        UserScript { name: name.to_owned(), script, optional }
    }

    #[test]
    fn every_built_in_case_is_played_in_the_same_way_from_a_file() {
        for role in Role::ALL {
            for case in engine::cases(features(role), crate::run::config::Codes::Some, Extent::Thorough) {
                assert_eq!(features(role).case_of_user(case.name.clone(), &case.script), Ok(case));
            }
        }
    }

    #[test]
    fn scripts_replace_the_built_in_cases() {
        let scripts = vec![script("a", "> close\n", true), script("b", "app pause\n", true)];
        let options = Options { scripts, ..Options::default() };
        let (cases, notes) = select_cases(&options, features(Role::Server)).expect("a case");
        assert_eq!(cases.iter().map(|case| case.name.as_str()).collect::<Vec<_>>(), ["a"]);
        assert!(
            notes[0].starts_with("not played: b: expected steps that a socket can play, found `app pause`")
        );
        let none = select_cases(&options, features(Role::Client));
        assert!(matches!(none, Err(RunError::NoPlayableScript(why)) if why.len() == 2));
        let required = Options { scripts: vec![script("b", "app pause\n", false)], ..Options::default() };
        let unplayable = select_cases(&required, features(Role::Server));
        assert!(matches!(unplayable, Err(RunError::Unplayable { name, .. }) if name == "b"));
    }

    #[test]
    fn shown_cases_are_selected() {
        let options = Options {
            cases: vec!["code-received/1001".to_owned()],
            show: vec!["code-received/1000".to_owned()],
            ..Options::default()
        };
        let (cases, _) = select_cases(&options, features(Role::Server)).expect("two cases");
        let shown: Vec<(&str, bool)> = cases.iter().map(|case| (case.name.as_str(), case.show)).collect();
        assert_eq!(shown, [("code-received/1000", true), ("code-received/1001", false)]);
    }
}
