//! The seeds of the strategies: the curated corpora, and the same without their structure.

use std::fs;
use std::path::Path;

use wsclose::script::{Script, ScriptBuf, Writer};

/// A file of a corpus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seed {
    /// The name of the file.
    pub name: String,
    /// Its content.
    pub octets: Vec<u8>,
}

/// Reads the curated files of a folder, in the order of their names. Entries that a fuzzer added have no extension.
///
/// # Errors
/// If the folder or a file cannot be read. The message names it.
pub fn read(folder: &Path) -> Result<Vec<Seed>, String> {
    let failed = |path: &Path, error| format!("{}: {error}", path.display());
    let mut seeds = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| failed(folder, error))? {
        let path = entry.map_err(|error| failed(folder, error))?.path();
        if path.extension().is_some() {
            let octets = fs::read(&path).map_err(|error| failed(&path, error))?;
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            seeds.push(Seed { name, octets });
        }
    }
    seeds.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(seeds)
}

/// Compiles seeds to the binary form of scripts, so that the default mutator has the same start as the structured one.
///
/// # Errors
/// If a seed is no script.
pub fn compile(seeds: Vec<Seed>) -> Result<Vec<Seed>, String> {
    let compiled = seeds.into_iter().map(|seed| match ScriptBuf::read(&seed.octets) {
        Ok(script) => Ok(Seed { octets: script.octets().to_vec(), ..seed }),
        Err(error) => Err(format!("{}: {error}", seed.name)),
    });
    compiled.collect()
}

/// The octets that the peer sends in a script, without the rest of it: one connection, and nothing of the application.
pub fn without_structure(script: Script<'_>) -> Vec<u8> {
    let mut octets = Vec::new();
    for step in script.steps() {
        step.write(script.role().peer(), &mut octets);
    }
    let mut writer = Writer::new(script.role());
    writer.segment(&octets);
    writer.into_octets()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(octets: &[u8]) -> String {
        Script::decode(octets).expect("a script").to_string()
    }

    #[test]
    fn a_seed_without_structure_is_its_wire_octets() {
        let script = b"wsclose 1\nrole client\n> ping\napp close 1000\nconnect\n> close\n";
        let script = ScriptBuf::read(script).expect("a script");
        let octets = without_structure(script.as_script());
        assert_eq!(text(&octets), "wsclose 1\nrole client\n> octets 8900 8800\n");
    }

    #[test]
    fn the_curated_seeds_compile() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/closing_handshake");
        let seeds = compile(read(&folder).expect("the folder")).expect("scripts");
        assert!(seeds.len() > 100 && seeds.iter().all(|seed| Script::decode(&seed.octets).is_ok()));
        assert!(read(&folder.join("none")).is_err());
    }
}
