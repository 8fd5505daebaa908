//! Yields scripts endlessly: every curated script in both roles, the scenarios in which the triples of values occur, then
//! scripts generated from the curated ones.
//!
//! Nothing here depends on a library or a bug.

use std::io;
use std::path::Path;

use wsclose::generate::mutate;
use wsclose::generate::random::Random;
use wsclose::protocol::role::Role;
use wsclose::scenario::{Scenario, Space, Strength, covering};
use wsclose::script::{MAX_SCRIPT, Script, ScriptBuf, Step, Writer};

/// The maximum length of a mutated script in octets, as for a fuzzer.
const MAX_GENERATED_LEN: usize = 512;

/// The maximum number of scripts that are spliced into a generated one.
const MAX_SPLICES: usize = 3;

/// The maximum number of steps that one splice inserts.
const MAX_SPLICED_STEPS: usize = 4;

/// An endless iterator of scripts, which depends only on the corpora and the seed.
#[derive(Clone, Debug)]
pub struct Scripts {
    curated: Vec<(String, Vec<u8>)>,
    scenarios: Vec<(String, Vec<u8>)>,
    random: Random,
    next_index: usize,
}

/// A script and its origin.
#[derive(Clone, Debug)]
pub struct ScriptSource {
    /// The file and role, the scenario and role, or the number of a generated script.
    pub name: String,
    /// The script in its binary form.
    pub octets: Vec<u8>,
}

impl Scripts {
    /// Reads the corpora in these folders.
    ///
    /// # Errors
    /// If a folder or file cannot be read, or a file is not a script.
    pub fn read(folders: &[&Path], seed: u64) -> io::Result<Scripts> {
        let mut curated = Vec::new();
        for folder in folders {
            let mut files =
                std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
            // Files that a fuzzer added have no extension.
            files.retain(|file| file.extension().is_some_and(|extension| extension == "ws"));
            files.sort();
            for file in files {
                let script = ScriptBuf::read(&std::fs::read(&file)?)
                    .map_err(|error| io::Error::other(format!("{}: {error}", file.display())))?;
                let name = file.file_stem().unwrap_or_default().to_string_lossy();
                let own = script.as_script().role();
                for role in [own, own.peer()] {
                    curated.push((format!("{name} ({role})"), script.as_script().for_role(role).encode()));
                }
            }
        }
        let of_role = |role| covering(Space::all(role), Strength::Triples);
        let entry = |scenario: Scenario| {
            (format!("scenario/{scenario} ({})", scenario.role()), scenario.script().as_script().encode())
        };
        let scenarios = Role::ALL.into_iter().flat_map(of_role).map(entry).collect();
        Ok(Scripts { curated, scenarios, random: Random::new(seed), next_index: 0 })
    }

    /// The number of scenarios. They follow the curated scripts and precede the generated ones.
    pub fn scenario_count(&self) -> usize {
        self.scenarios.len()
    }

    /// The number of curated scripts. They come first.
    pub fn curated_count(&self) -> usize {
        self.curated.len()
    }

    /// The curated scripts in their binary form, sorted by file and role.
    pub fn curated(&self) -> Vec<Vec<u8>> {
        self.curated.iter().map(|(_, octets)| octets.clone()).collect()
    }

    /// A number below `end`. By the remainder, which keeps the scripts of a seed as they were when they were measured.
    fn below(&mut self, end: usize) -> usize {
        (self.random.next_u64() % end.max(1) as u64) as usize
    }

    fn random_curated(&mut self) -> &[u8] {
        let at = self.below(self.curated.len());
        &self.curated[at].1
    }

    /// Generates a script: splices steps of others into a curated one, and mutates half of the results.
    fn generate(&mut self) -> Vec<u8> {
        let mut script = self.random_curated().to_vec();
        for _ in 0..self.below(MAX_SPLICES) {
            let other = self.random_curated().to_vec();
            script = self.splice(&script, &other);
        }
        if self.below(2) == 0 {
            let size = script.len();
            script.resize(MAX_GENERATED_LEN.max(size), 0);
            let seed = self.random.next_u64() as u32;
            let room = script.len();
            let size = mutate::script(&mut script, size, room, seed, |octets, size, _| {
                let at = self.below(size.max(1));
                if let Some(octet) = octets.get_mut(at) {
                    *octet = self.random.octet();
                }
                size
            });
            script.truncate(size);
        }
        script.truncate(MAX_SCRIPT);
        script
    }

    fn splice(&mut self, into: &[u8], from: &[u8]) -> Vec<u8> {
        let steps = |octets| {
            let script = Script::decode(octets).expect("a valid script");
            script.steps().filter(|step| !matches!(step, Step::Note(_))).collect::<Vec<_>>()
        };
        let (into, from) = (steps(into), steps(from));
        let role = if self.below(2) == 0 { Role::Client } else { Role::Server };
        let mut writer = Writer::new(role);
        let (cut, first) = (self.below(into.len() + 1), self.below(from.len() + 1));
        let taken = 1 + self.below(MAX_SPLICED_STEPS);
        for step in &into[..cut] {
            writer.step(step);
        }
        for step in from[first..].iter().take(taken) {
            writer.step(step);
        }
        for step in &into[cut..] {
            writer.step(step);
        }
        writer.into_octets()
    }
}

impl Iterator for Scripts {
    type Item = ScriptSource;

    fn next(&mut self) -> Option<ScriptSource> {
        let at = self.next_index;
        self.next_index += 1;
        let written = self.curated.get(at).or_else(|| self.scenarios.get(at - self.curated.len()));
        Some(match written {
            Some((name, octets)) => ScriptSource { name: name.clone(), octets: octets.clone() },
            None => ScriptSource { name: format!("generated, number {}", at + 1), octets: self.generate() },
        })
    }
}
