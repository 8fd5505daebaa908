//! The curated scripts of `corpus/`, built into the crate.

use crate::script::buf::ScriptBuf;

/// Name and content of each script, in the order of their files.
const SCRIPTS: &[(&str, &[u8])] = &include!(concat!(env!("OUT_DIR"), "/corpus.rs"));

/// The curated scripts by name, such as `closing_handshake/close-empty`, in the order of their files.
///
/// # Panics
/// If a built-in script is malformed. A test rules this out.
pub fn curated() -> impl Iterator<Item = (&'static str, ScriptBuf)> {
    SCRIPTS.iter().map(|(name, octets)| (*name, read(name, octets)))
}

/// The curated script of this name.
///
/// # Panics
/// If it is malformed. A test rules this out.
pub fn named(name: &str) -> Option<ScriptBuf> {
    let (name, octets) = SCRIPTS.iter().find(|(known, _)| *known == name)?;
    Some(read(name, octets))
}

fn read(name: &str, octets: &[u8]) -> ScriptBuf {
    ScriptBuf::read(octets).unwrap_or_else(|error| panic!("{name}: {error}"))
}
