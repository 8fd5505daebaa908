//! Generators of scripts that need no fuzzer: bolero's random engine over two types, and the covering arrays.
//!
//! The engine of `bolero::check!` draws the seed of every input from the operating system. This module gives the same
//! driver and generator the seeds of a trial, so that the trial can be repeated.

use std::sync::OnceLock;

use bolero_generator::TypeGenerator;
use bolero_generator::driver::{Options, Rng};
use rand_xoshiro::Xoroshiro128PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;
use wsclose::generate::random::Random;
use wsclose::protocol::role::Role;
use wsclose::scenario::{Scenario, Space, Strength, covering};

use crate::plain::PlainScript;

/// Random values of a type in a trial with this seed, without end. `None` stands for numbers from which bolero makes no
/// value.
fn values<T: TypeGenerator>(seed: u64) -> impl Iterator<Item = Option<T>> {
    let mut seeds = Random::new(seed);
    let options = Options::default();
    std::iter::repeat_with(move || {
        let words = u128::from(seeds.next_u64()) << 64 | u128::from(seeds.next_u64());
        T::generate(&mut Rng::new(Xoroshiro128PlusPlus::from_seed(words.to_le_bytes()), &options))
    })
}

/// Random scripts of the type of plain libFuzzer.
pub fn plain_scripts(seed: u64) -> impl Iterator<Item = Option<Vec<u8>>> {
    values(seed).map(|script: Option<PlainScript>| script.map(|script| script.compile()))
}

/// The scripts of random scenarios.
pub fn scenarios(seed: u64) -> impl Iterator<Item = Option<Vec<u8>>> {
    values(seed).map(|scenario: Option<Scenario>| scenario.map(|scenario| octets(&scenario)))
}

/// The scripts of the covering arrays for both roles: first the pairs, then the triples, each in an order that follows
/// from the seed.
pub fn covering_arrays(seed: u64) -> impl Iterator<Item = Vec<u8>> {
    let mut random = Random::new(seed);
    let ordered = [pairs(), triples()].map(|scripts| {
        let mut scripts = scripts.to_vec();
        for index in 1..scripts.len() {
            scripts.swap(index, random.below(index + 1));
        }
        scripts
    });
    ordered.into_iter().flatten()
}

/// Listing the arrays takes seconds, so trials share them.
fn pairs() -> &'static [Vec<u8>] {
    static PAIRS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    PAIRS.get_or_init(|| both_roles(Strength::Pairs))
}

fn triples() -> &'static [Vec<u8>] {
    static TRIPLES: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    TRIPLES.get_or_init(|| both_roles(Strength::Triples))
}

fn both_roles(strength: Strength) -> Vec<Vec<u8>> {
    let scenarios = Role::ALL.into_iter().flat_map(|role| covering(Space::all(role), strength));
    scenarios.map(|scenario| octets(&scenario)).collect()
}

fn octets(scenario: &Scenario) -> Vec<u8> {
    scenario.script().octets().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_seed_gives_the_same_scripts_and_another_seed_others() {
        let plain = |seed| plain_scripts(seed).take(100).collect::<Vec<_>>();
        let scenarios = |seed| scenarios(seed).take(100).collect::<Vec<_>>();
        for of in [&plain as &dyn Fn(u64) -> Vec<Option<Vec<u8>>>, &scenarios] {
            assert_eq!(of(1), of(1));
            let different: BTreeSet<_> = of(1).into_iter().chain(of(2)).flatten().collect();
            assert!(different.len() > 100, "{} different scripts", different.len());
        }
    }

    #[test]
    fn a_seed_orders_the_pairs() {
        let count = pairs().len();
        let of = |seed| covering_arrays(seed).take(count).collect::<Vec<_>>();
        assert_ne!(of(1), of(2));
        let sorted = |mut scripts: Vec<Vec<u8>>| {
            scripts.sort();
            scripts
        };
        assert_eq!(sorted(of(1)), sorted(pairs().to_vec()));
    }
}
