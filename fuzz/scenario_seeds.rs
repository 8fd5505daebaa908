//! The curated seeds of the target `scenario`, which follow from the table of parameters. After a change to the table, this
//! writes them:
//!
//! ```text
//! WSCLOSE_WRITE_SEEDS=1 cargo test -p wsclose-fuzz scenario_seeds_are_those
//! ```
#![expect(clippy::disallowed_methods, reason = "writes the seeds if asked to")]

use std::collections::{BTreeMap, BTreeSet};

use wsclose::protocol::role::Role;
use wsclose::scenario::Scenario;
use wsclose::scenario::parameters::Parameter;

use crate::support;

/// A seed's file name without extension: the role under test and the name of the scenario.
fn name(scenario: &Scenario) -> String {
    format!("{}-{scenario}", scenario.role())
}

/// The index of each value, with its parameter.
fn values(scenario: &Scenario) -> impl Iterator<Item = (Parameter, usize)> {
    Parameter::ALL.into_iter().zip(scenario.parameters().levels().map(usize::from))
}

/// For each role and value that no scenario before has, the plainest scenario that has it.
fn expected() -> BTreeMap<String, Scenario> {
    let mut seeds = BTreeMap::new();
    for role in Role::ALL {
        let mut covered = BTreeSet::new();
        for parameter in Parameter::ALL {
            for level in 0..parameter.levels() {
                if covered.contains(&(parameter, level)) {
                    continue;
                }
                let Some(scenario) = Scenario::with_value(role, parameter, level) else { continue };
                covered.extend(values(&scenario));
                seeds.insert(name(&scenario), scenario);
            }
        }
    }
    seeds
}

#[test]
fn scenario_seeds_are_those_of_the_table() {
    let expected = expected();
    if std::env::var_os("WSCLOSE_WRITE_SEEDS").is_some() {
        let folder = support::folder("scenario");
        std::fs::create_dir_all(&folder).expect("a folder");
        for (name, scenario) in &expected {
            std::fs::write(folder.join(format!("{name}.bin")), scenario.to_fuzzer()).expect("a seed");
        }
    }
    let seeds: BTreeMap<String, Vec<u8>> =
        support::seeds("scenario").into_iter().map(|seed| (seed.name, seed.octets)).collect();
    for (name, scenario) in &expected {
        assert_eq!(seeds.get(name), Some(&scenario.to_fuzzer()), "{name}: write the seeds again");
    }
    for (seed, octets) in &seeds {
        let scenario = Scenario::from_fuzzer(octets);
        // A seed with a name of its own was adopted.
        let is_named_by_role = Role::ALL.iter().any(|role| seed.starts_with(&format!("{role}-")));
        assert!(!is_named_by_role || *seed == name(&scenario), "{seed} is {}", name(&scenario));
    }
}

#[test]
fn scenario_seeds_have_every_value_in_each_role() {
    let seeds: Vec<Scenario> =
        support::seeds("scenario").iter().map(|seed| Scenario::from_fuzzer(&seed.octets)).collect();
    for role in Role::ALL {
        let of_role = seeds.iter().filter(|scenario| scenario.role() == role);
        let covered: BTreeSet<(Parameter, usize)> = of_role.flat_map(values).collect();
        let all = Parameter::ALL
            .into_iter()
            .flat_map(|parameter| (0..parameter.levels()).map(move |level| (parameter, level)));
        let missing: Vec<&str> = all
            .filter(|value| !covered.contains(value))
            .map(|(parameter, level)| parameter.slug(level))
            .collect();
        // No frame of a client can leave with its request.
        let impossible: &[&str] = if role == Role::Server { &["with-opening"] } else { &[] };
        assert_eq!(missing, impossible, "{role}");
    }
}
