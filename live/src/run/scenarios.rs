//! Cases from scenarios: combinations of the parameters of a closing handshake.

use wsclose::judge::Verdict;
use wsclose::protocol::role::Role;
use wsclose::rules::Rule;
use wsclose::scenario::{CloseRequests, Pattern, Scenario, Space, Strength, covering};

use crate::endpoint::features::EndpointFeatures;
use crate::run::case_result::CaseResult;
use crate::run::cases::Case;

/// The prefix of the name of such a case. The name of its scenario follows.
const NAME_PREFIX: &str = "scenario/";

/// How many scenarios a run plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// None: no selected case can be a scenario, and listing them takes time.
    None,
    /// Those of a run without options.
    Usual,
    /// Those of a thorough run.
    Thorough,
}

/// Whether a pattern may match the name of a scenario, by its text before the first wildcard.
pub fn may_be_named_by(pattern: &str) -> bool {
    let literal = pattern.split(['*', '?', '[']).next().unwrap_or_default();
    NAME_PREFIX.starts_with(literal) || literal.starts_with(NAME_PREFIX)
}

/// The cases in which tuples of values occur, as far as the endpoint supports them: pairs for a server, and triples in a
/// thorough run. A client is slower, so it gets pairs in a thorough run alone.
///
/// Pairs of two flaws are left out, because an endpoint ends the connection for the first of them.
pub fn cases(features: EndpointFeatures, extent: Extent) -> Vec<Case> {
    let strength = match (features.role, extent) {
        (Role::Server, Extent::Thorough) => Strength::Triples,
        (Role::Server, Extent::Usual) | (Role::Client, Extent::Thorough) => Strength::Pairs,
        (Role::Client, Extent::Usual) | (Role::Server | Role::Client, Extent::None) => return Vec::new(),
    };
    let is_played = |scenario: &Scenario| match strength {
        Strength::Pairs => scenario.flaws() <= 1,
        Strength::Triples => true,
    };
    let EndpointFeatures { role, close_command, reconnects } = features;
    let space = Space {
        role,
        close_requests: if close_command { CloseRequests::BetweenMessages } else { CloseRequests::Never },
        // No command makes a program send a message.
        app_messages: false,
        earlier_connections: reconnects,
    };
    covering(space, strength)
        .iter()
        .filter(|scenario| is_played(scenario))
        .filter_map(|scenario| case(features, scenario))
        .collect()
}

/// The case of this name, if it names a scenario that the endpoint supports.
pub fn by_name(features: EndpointFeatures, name: &str) -> Option<Case> {
    case(features, &scenario(features.role, name)?)
}

/// What the scenarios that violate the rule have in common.
pub fn pattern(role: Role, results: &[CaseResult], rule: Rule) -> Option<Pattern> {
    let observation = |result: &CaseResult| {
        let violated = match result.verdict(rule) {
            Verdict::Violates => true,
            Verdict::Conforms => false,
            Verdict::Inconclusive | Verdict::NotExercised => return None,
        };
        Some((scenario(role, &result.name)?, violated))
    };
    Pattern::of(&results.iter().filter_map(observation).collect::<Vec<_>>())
}

/// What happens in the case of this name, in a sentence for each value that is not the default.
pub fn purpose(role: Role, name: &str) -> Option<String> {
    let scenario = scenario(role, name)?;
    let sentences: Vec<&str> = scenario.sentences().collect();
    Some(if sentences.is_empty() {
        "The peer sends a Close with code 1000.".to_owned()
    } else {
        sentences.join(" ")
    })
}

fn scenario(role: Role, name: &str) -> Option<Scenario> {
    Scenario::named(role, name.strip_prefix(NAME_PREFIX)?).ok()
}

fn case(features: EndpointFeatures, scenario: &Scenario) -> Option<Case> {
    features.case(format!("{NAME_PREFIX}{scenario}"), &scenario.script())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pattern_of_scenarios_is_recognized_by_its_beginning() {
        let named = ["*", "scen*", "scenario/*+r123", "scenario/text", "?cenario/*", "[s]*"];
        assert!(named.into_iter().all(may_be_named_by));
        let others = ["liveness", "code-received/*", "closing_handshake/scenario/*", "s-*"];
        assert!(!others.into_iter().any(may_be_named_by));
    }
}
