//! Scenarios: every value and every pair of values occurs, the model conforms in all of them, and they show its faults.

use std::sync::LazyLock;

use wsclose::Harness;
use wsclose::harness::Subject;
use wsclose::model::endpoint::Model;
use wsclose::model::faults::{Fault, FaultyModel};
use wsclose::protocol::code::Profile;
use wsclose::protocol::role::Role;
use wsclose::scenario::parameters::{
    After, Answer, Before, Beginner, Form, IllFormed, Key, Parameter, Parameters, Row,
};
use wsclose::scenario::{Pattern, Scenario, ScenarioError, Space, Strength, coverage, covering};

static PAIRS: LazyLock<Vec<Scenario>> = LazyLock::new(|| {
    Role::ALL.into_iter().flat_map(|role| covering(Space::all(role), Strength::Pairs)).collect()
});

#[test]
fn every_pair_of_values_occurs() {
    for role in Role::ALL {
        let count = PAIRS.iter().filter(|scenario| scenario.role() == role).count();
        let pairs = coverage(Space::all(role), Strength::Pairs, &PAIRS);
        let triples = coverage(Space::all(role), Strength::Triples, &PAIRS);
        println!(
            "{role}: {count} scenarios; pairs {}, triples {} in 1000",
            pairs.permille(),
            triples.permille()
        );
        assert_eq!(pairs.permille(), 1000, "{role}: {pairs:?}");
        assert!(count < 2500, "{role}: {count} scenarios");
        // One scenario less, and a pair is missing: the last one was added for a pair that no other has.
        let last = PAIRS.iter().rposition(|scenario| scenario.role() == role).expect("there is one");
        let others = [&PAIRS[..last], &PAIRS[last + 1..]].concat();
        assert!(coverage(Space::all(role), Strength::Pairs, &others).covered < pairs.covered, "{role}");
    }
}

#[test]
fn every_value_occurs() {
    for role in Role::ALL {
        for (at, parameter) in Parameter::ALL.into_iter().enumerate() {
            for level in 0..parameter.levels() {
                let has_value =
                    |s: &Scenario| s.role() == role && usize::from(s.parameters().levels()[at]) == level;
                // No frame of a client can leave with its request.
                let is_excluded = role == Role::Server && parameter.slug(level) == "with-opening";
                assert_eq!(PAIRS.iter().any(has_value), !is_excluded, "{role}: {}", parameter.slug(level));
            }
        }
    }
}

/// The same scenario with the default for one parameter, if that is a scenario and another one.
fn with_default(scenario: &Scenario, parameter: Parameter) -> Option<Scenario> {
    let slugs = Parameter::ALL.into_iter().filter(|other| *other != parameter).map(|other| {
        let level = usize::from(scenario.parameters().levels()[other as usize]);
        if level == 0 { "plain" } else { other.slug(level) }
    });
    let name = slugs.collect::<Vec<_>>().join("+");
    Scenario::named(scenario.role(), &name).ok().filter(|other| other != scenario)
}

#[test]
fn every_value_changes_the_script() {
    for scenario in PAIRS.iter() {
        for other in Parameter::ALL.into_iter().filter_map(|parameter| with_default(scenario, parameter)) {
            assert_ne!(scenario.script(), other.script(), "{scenario} and {other}");
        }
    }
}

/// The scenario with this value and as few others as possible. A server comes first, because its peer masks frames.
fn simplest(slug: &str) -> Scenario {
    let all = || {
        Parameter::ALL.into_iter().flat_map(|other| (1..other.levels()).map(move |level| other.slug(level)))
    };
    let with = |others: &[&str]| {
        let name = [&[slug], others].concat().join("+");
        [Role::Server, Role::Client].into_iter().find_map(|role| Scenario::named(role, &name).ok())
    };
    with(&[])
        .or_else(|| all().find_map(|a| with(&[a])))
        .or_else(|| all().find_map(|a| all().find_map(|b| with(&[a, b]))))
        .unwrap_or_else(|| panic!("no scenario of three values has {slug}"))
}

/// The scripts are reviewed: the values do what their sentences say.
#[test]
fn scripts_of_all_values() {
    let mut text = String::new();
    for parameter in Parameter::ALL {
        // The default of every parameter is in the first script.
        for level in usize::from(parameter != Parameter::Beginner)..parameter.levels() {
            let scenario = if level == 0 { simplest("plain") } else { simplest(parameter.slug(level)) };
            let (sentence, script) = (parameter.sentence(level), scenario.script());
            text += &format!("# {parameter:?}: {sentence}\n# {scenario}\n{}\n", script.as_script());
        }
    }
    insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("scenarios__values", text);
    });
}

/// Any octets are a scenario, and each scenario has octets.
#[cfg(feature = "arbitrary")]
#[test]
fn octets_of_a_fuzzer_are_scenarios() {
    for scenario in PAIRS.iter() {
        assert_eq!(Scenario::from_fuzzer(&scenario.to_fuzzer()), *scenario);
    }
    assert_eq!(Scenario::from_fuzzer(&[]).to_string(), "plain");
    let ones = Scenario::from_fuzzer(&[0xff; 100]);
    assert_eq!(Scenario::new(ones.role(), *ones.parameters()), Ok(ones));
}

/// The number of rules that the subject violates in a scenario.
fn violations(harness: &mut Harness, scenario: &Scenario, subject: &mut dyn Subject) -> usize {
    let script = scenario.script();
    let playback = harness.play(script.as_script(), subject);
    assert!(!playback.truncated, "{scenario}: the limits of the driver cut it");
    playback.findings.len()
}

#[test]
fn the_model_conforms_in_every_pair() {
    let mut harness = Harness::new(Profile::default());
    let mut model = Model::new(Profile::default());
    for scenario in PAIRS.iter() {
        let count = violations(&mut harness, scenario, &mut model);
        assert_eq!(count, 0, "{} {scenario}\n{}", scenario.role(), harness.last());
    }
}

#[test]
fn pairs_show_nearly_every_fault() {
    let mut harness = Harness::new(Profile::default());
    let mut is_missed = |fault: &Fault| {
        let mut model = FaultyModel::new(*fault);
        !PAIRS.iter().any(|scenario| violations(&mut harness, scenario, &mut model) > 0)
    };
    let missed: Vec<&str> =
        Fault::ALL.iter().filter(|fault| is_missed(fault)).map(|fault| fault.slug()).collect();
    println!("{} of {} faults do not show: {missed:?}", missed.len(), Fault::ALL.len());
    assert!(missed.len() * 20 <= Fault::ALL.len(), "{missed:?}");
}

#[test]
fn a_name_gives_its_scenario() {
    for scenario in PAIRS.iter() {
        assert_eq!(Scenario::named(scenario.role(), &scenario.to_string()).as_ref(), Ok(scenario));
    }
    let named = |name| Scenario::named(Role::Server, name);
    assert_eq!(named("text+nonsense"), Err(ScenarioError::UnknownValue("nonsense".to_owned())));
    assert_eq!(named("1001+1002"), Err(ScenarioError::ValueTwice("1002".to_owned())));
}

#[test]
fn values_that_contradict_each_other_are_no_scenario() {
    let parameters = Parameters { answer: Answer::Late, ..Parameters::default() };
    let error = Scenario::new(Role::Server, parameters).expect_err("the application requested no Close");
    assert!(error.to_string().ends_with("the peer answers where the application has begun"), "{error}");
    let nearest = Scenario::nearest(Role::Server, parameters);
    assert_eq!(*nearest.parameters(), Parameters::default());
    let parameters = Parameters { beginner: Beginner::Application, ..parameters };
    let scenario = Scenario::new(Role::Server, parameters).expect("a scenario");
    assert_eq!(Scenario::nearest(Role::Server, parameters), scenario);
    assert_eq!(scenario.to_string(), "app+answer-late");
}

#[test]
fn slugs_are_unique() {
    let slugs = Parameter::ALL.into_iter().flat_map(|p| (0..p.levels()).map(move |level| p.slug(level)));
    let mut slugs: Vec<&str> = slugs.collect();
    slugs.sort_unstable();
    let count = slugs.len();
    slugs.dedup();
    assert_eq!(slugs.len(), count);
}

/// The pattern of what happens where `happens` says so, in all pairs for servers.
fn pattern(happens: impl Fn(&Parameters) -> bool) -> String {
    let scenarios = PAIRS.iter().filter(|scenario| scenario.role() == Role::Server);
    let observations: Vec<(Scenario, bool)> =
        scenarios.map(|scenario| (*scenario, happens(scenario.parameters()))).collect();
    Pattern::of(&observations).map(|pattern| pattern.to_string()).unwrap_or_default()
}

#[test]
fn a_pattern_names_the_values_that_explain_it() {
    let text = pattern(|p| p.form == Form::Rsv2);
    assert!(text.starts_with("always where \"RSV2 is set\": "), "{text}");
    assert!(text.contains("; in none of the "), "{text}");
    let text = pattern(|p| p.length.octets() > 63 && matches!(p.row, Row::F0 | Row::F1 | Row::F4));
    let clauses = "\"The reason holds characters of 4 octets\" and \"The reason is longer than 63 octets\"";
    assert!(text.starts_with(&format!("always where {clauses}: ")), "{text}");
    let text = pattern(|p| matches!(p.ill_formed, IllFormed::HighSurrogate | IllFormed::LowSurrogate));
    assert!(text.starts_with("always where \"surrogate-high or surrogate-low\": "), "{text}");
    let text = pattern(|p| p.form == Form::Rsv2 && p.before != Before::Text);
    assert!(text.starts_with("in part where \"RSV2 is set\": "), "{text}");
    let text = pattern(|p| p.after == After::Data && p.beginner != Beginner::Peer && p.key == Key::Zero);
    assert!(text.starts_with("in part where "), "{text}");
    // No two values have to do with it.
    assert_eq!(pattern(|p| p.levels().iter().map(|level| usize::from(*level)).sum::<usize>() % 5 == 0), "");
    assert!(pattern(|_| true).starts_with("always: in all "), "{}", pattern(|_| true));
    assert_eq!(pattern(|_| false), "");
}
