//! bolero's random engine over the type of plain libFuzzer.
//!
//! The engine of `bolero::check!` draws the seed of every input from the operating system. This module gives the same
//! driver and generator the seeds of a trial, so that the trial can be repeated.

use bolero_generator::TypeGenerator;
use bolero_generator::driver::{Options, Rng};
use rand_xoshiro::Xoroshiro128PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;
use wsclose::generate::random::Random;

use crate::plain::PlainScript;

/// The random scripts of a trial with this seed, without end. `None` stands for numbers from which bolero makes no value.
pub fn scripts(seed: u64) -> impl Iterator<Item = Option<Vec<u8>>> {
    let mut seeds = Random::new(seed);
    let options = Options::default();
    std::iter::repeat_with(move || {
        let words = u128::from(seeds.next_u64()) << 64 | u128::from(seeds.next_u64());
        let mut driver = Rng::new(Xoroshiro128PlusPlus::from_seed(words.to_le_bytes()), &options);
        PlainScript::generate(&mut driver).map(|script| script.compile())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_seed_gives_the_same_scripts_and_another_seed_others() {
        let of = |seed| scripts(seed).take(100).collect::<Vec<_>>();
        assert_eq!(of(1), of(1));
        let different: BTreeSet<_> = of(1).into_iter().chain(of(2)).flatten().collect();
        assert!(different.len() > 100, "{} different scripts", different.len());
    }
}
