//! Selects the rules and cases of a run by patterns.

use glob::Pattern;
use wsclose::rules::{Rule, RuleSet};

use crate::check::error::RunError;
use crate::check::options::Options;
use crate::endpoint::features::EndpointFeatures;
use crate::endpoint::under_test;
use crate::run::cases::Case;
use crate::run::engine;
use crate::run::generate::CaseGenerator;

/// The rules and cases of a run.
#[derive(Clone, Debug)]
pub struct Selection {
    /// The rules to judge.
    pub rules: RuleSet,
    /// The cases to run, without the liveness case.
    pub cases: Vec<Case>,
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
        Ok(Selection { rules: select_rules(options, all)?, cases: select_cases(options, features)? })
    }
}

fn parse(patterns: &[String]) -> Result<Vec<Pattern>, RunError> {
    let parse_one = |pattern: &String| {
        Pattern::new(pattern).map_err(|source| RunError::Pattern { pattern: pattern.clone(), source })
    };
    patterns.iter().map(parse_one).collect()
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

fn select_cases(options: &Options, features: EndpointFeatures) -> Result<Vec<Case>, RunError> {
    let mut cases = engine::cases(features, options.codes);
    let patterns = parse(&options.cases)?;
    if !patterns.is_empty() {
        cases.retain(|case| patterns.iter().any(|pattern| pattern.matches(&case.name)));
        let generator = CaseGenerator::new(features);
        cases.extend(options.cases.iter().filter_map(|name| generator.by_name(name)));
    }
    // The liveness case is part of every run, so a pattern may match it alone.
    let liveness = features.liveness().name;
    if cases.is_empty() && !patterns.iter().any(|pattern| pattern.matches(&liveness)) {
        return Err(RunError::NoCases);
    }
    Ok(cases)
}
