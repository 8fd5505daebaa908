//! The curated scripts of `corpus/`, built into the crate.

use crate::script::buf::ScriptBuf;

/// Name and content of each script, sorted by name.
const SCRIPTS: &[(&str, &[u8])] = &include!(concat!(env!("OUT_DIR"), "/corpus.rs"));

/// The curated scripts by name, such as `closing_handshake/close-empty`, sorted.
///
/// # Panics
/// If a built-in script is malformed. A test rules this out.
pub fn curated() -> impl Iterator<Item = (&'static str, ScriptBuf)> {
    SCRIPTS.iter().map(|(name, octets)| {
        let script = ScriptBuf::read(octets).unwrap_or_else(|error| panic!("{name}: {error}"));
        (*name, script)
    })
}
