//! The mutator of scripts without a fuzzer. It stands for harnesses that have no coverage, such as `check --fuzz`.
//!
//! A parent is a script that exercised a new set of rules, in place of new coverage.

use std::collections::HashSet;

use wsclose::generate::mutate;
use wsclose::generate::random::Random;
use wsclose::rules::RuleSet;
use wsclose::script::MAGIC;

/// The longest script, in octets.
const MAX_LEN: usize = 256;

/// The scripts of a run with this seed, without end: first the seeds of the corpus, then mutations.
pub struct Mutations {
    random: Random,
    seeds: std::vec::IntoIter<Vec<u8>>,
    parents: Vec<Vec<u8>>,
    exercised: HashSet<RuleSet>,
}

impl Mutations {
    /// Starts from these scripts, or from the shortest script if there are none.
    pub fn new(seed: u64, mut seeds: Vec<Vec<u8>>) -> Mutations {
        if seeds.is_empty() {
            seeds.push(vec![MAGIC]);
        }
        Mutations {
            random: Random::new(seed),
            seeds: seeds.into_iter(),
            parents: Vec::new(),
            exercised: HashSet::new(),
        }
    }

    fn child(&mut self) -> Vec<u8> {
        let parent = &self.parents[self.random.below(self.parents.len())];
        let mut child = parent.clone();
        child.resize(parent.len().max(MAX_LEN), 0);
        let seed = self.random.next_u64() as u32;
        // libFuzzer's default mutator is not linked here. The share of it repeats the parent.
        let size = mutate::script(&mut child, parent.len(), MAX_LEN, seed, |_, size, _| size);
        child.truncate(size);
        child
    }
}

impl Iterator for Mutations {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let script = match self.seeds.next() {
            Some(seed) => seed,
            None => self.child(),
        };
        let rules = wsclose::fuzz::closing_handshake(&script);
        if self.exercised.insert(rules) || self.parents.is_empty() {
            self.parents.push(script.clone());
        }
        Some(script)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wsclose::script::ScriptBuf;

    #[test]
    fn seeds_come_first_and_then_their_mutations() {
        let seed = ScriptBuf::read(b"wsclose 1\nrole server\n> close 1000\n").expect("a script");
        let of = |number| Mutations::new(number, vec![seed.octets().to_vec()]).take(200).collect::<Vec<_>>();
        let scripts = of(1);
        assert_eq!(scripts[0], seed.octets());
        assert_eq!(scripts, of(1));
        assert_ne!(scripts, of(2));
        let different: HashSet<_> = scripts.iter().collect();
        assert!(different.len() > 100, "{} different scripts", different.len());
    }
}
