//! Looks a built-in case up by its name, and says what it is for.

use wsclose::Harness;
use wsclose::generate::vectors::TestVector;
use wsclose::judge::Verdict;
use wsclose::model::endpoint::Model;
use wsclose::protocol::code::Profile;
use wsclose::protocol::role::Role;
use wsclose::rules::RuleSet;

use crate::check::builder::PlannedCase;
use crate::endpoint::features::EndpointFeatures;
use crate::endpoint::under_test;
use crate::run::cases::{Case, END_CASES, PATIENT_CASES};
use crate::run::config::Codes;
use crate::run::engine;
use crate::run::generate::CaseGenerator;
use crate::run::scenarios::{self, Extent};

/// What a case is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseExplanation {
    /// The case.
    pub case: PlannedCase,
    /// What happens in it, in words.
    pub purpose: String,
    /// The rules that a conforming endpoint shows in it and in no plain closing handshake.
    pub own_rules: RuleSet,
    /// The rules that it shows as every plain closing handshake does.
    pub common_rules: RuleSet,
    /// The case needs an endpoint that closes when it receives the text `close:CODE:REASON`.
    pub needs_close_command: bool,
}

/// Every feature that an endpoint of this role can have.
const fn all_features(role: Role) -> EndpointFeatures {
    EndpointFeatures { role, close_command: true, reconnects: true }
}

/// Explains the built-in or generated case of this name for endpoints of this role; `None` if there is no such case.
pub fn explain_case(role: Role, name: &str) -> Option<CaseExplanation> {
    let features = all_features(role);
    let liveness = features.liveness();
    let built_in = engine::cases(features, Codes::All, Extent::None);
    let case = [liveness.clone()].into_iter().chain(built_in).find(|case| case.name == name);
    let case = case.or_else(|| CaseGenerator::new(features).by_name(name));
    let case = case.or_else(|| scenarios::by_name(features, name))?;
    let (shown, common) = (rules_shown(&case), rules_shown(&liveness));
    let steps: Vec<_> = case.script.as_script().steps().collect();
    let needs_close_command =
        EndpointFeatures { close_command: false, ..features }.unplayable(&steps).is_some();
    Some(CaseExplanation {
        purpose: purpose(role, name),
        own_rules: shown.iter().filter(|rule| !common.contains(*rule)).collect(),
        common_rules: shown.intersection(common),
        needs_close_command,
        case: PlannedCase::from(case),
    })
}

/// The names of all built-in cases for endpoints of this role, with the default selection of close codes.
pub fn case_names(role: Role) -> Vec<String> {
    let features = all_features(role);
    let built_in = engine::cases(features, Codes::Some, Extent::Usual).into_iter();
    [features.liveness()].into_iter().chain(built_in).map(|case| case.name).collect()
}

/// The rules to which the model conforms in the case, as far as a live endpoint can show them.
fn rules_shown(case: &Case) -> RuleSet {
    let mut harness = Harness::new(Profile::default());
    let playback = harness.play(case.script.as_script(), &mut Model::new(Profile::default()));
    let conforming = playback.verdicts.with(Verdict::Conforms);
    conforming.intersection(under_test::capabilities(true, true).rules())
}

/// What happens in the case of this name.
fn purpose(role: Role, name: &str) -> String {
    if let Some(sentences) = scenarios::purpose(role, name) {
        return sentences;
    }
    let curated = |name: &str| {
        let vector = TestVector::curated_corpus().into_iter().find(|vector| vector.name == name);
        vector.map(|vector| vector.note).filter(|note| !note.is_empty())
    };
    if let Some(note) = curated(name) {
        return note;
    }
    let within = |name: &str| curated(name).map(|note| format!(" {note}")).unwrap_or_default();
    let (group, rest) = name.split_once('/').unwrap_or((name, ""));
    match group {
        "liveness" => "The peer sends a plain Close. Every run begins with this case.".to_owned(),
        "code-received" => format!("The peer sends a Close with code {rest} and no reason."),
        "reason-received" => "The peer sends a Close whose reason has the length in the name.".to_owned(),
        "reason-asked" => "The application closes with a reason of the length in the name.".to_owned(),
        "local-close" => "The application closes first, and the peer reacts as the name says.".to_owned(),
        "waiting" => {
            let case = PATIENT_CASES.into_iter().find(|case| case.name == rest);
            case.map(|case| case.note.to_owned()).unwrap_or_default()
        }
        "ending" => {
            let case = END_CASES.into_iter().find(|case| case.name == rest);
            case.map(|case| case.note.to_owned()).unwrap_or_default()
        }
        "code-asked" => format!("The application closes with code {rest} and no reason."),
        "at-once" => "The peer sends what the name says in one go, with nothing read in between.".to_owned(),
        "opening" => "The peer sends frames in one write with the opening handshake.".to_owned(),
        "length" => "The length of a Close has 64 bits.".to_owned(),
        "before-close" => "Many frames and a Close arrive in one segment.".to_owned(),
        "cut-reason" => "A Close with the longest reason arrives in two segments.".to_owned(),
        "recovery" => {
            format!("A connection between two plain ones; the last has to go like the first.{}", within(rest))
        }
        "deflate" => format!("The opening handshake offers permessage-deflate.{}", within(rest)),
        "fuzz" => "A generated script; the name has the seed and its number.".to_owned(),
        _ => "A built-in script.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use wsclose::rules::Rule;

    use super::*;

    #[test]
    fn rules_of_a_case_are_those_beyond_a_plain_close() {
        let explained = explain_case(Role::Server, "closing_handshake/close-rsv1").expect("a case");
        assert!(explained.own_rules.contains(Rule::RejectsRsv), "{explained:?}");
        assert!(explained.common_rules.contains(Rule::CloseFin), "{explained:?}");
        assert!(!explained.needs_close_command);
        assert_eq!(explain_case(Role::Server, "closing_handshake/no-such-case"), None);
    }

    #[test]
    fn every_case_has_a_purpose_of_its_own() {
        for role in Role::ALL {
            for name in case_names(role) {
                assert_ne!(purpose(role, &name), "A built-in script.", "{name}");
            }
        }
        assert!(explain_case(Role::Server, "code-received/61234").is_some(), "a code of --codes all");
        let local = explain_case(Role::Client, "local-close/answered").expect("a case");
        assert!(local.needs_close_command);
    }
}
