//! Defines what the parsers of dumps return: octets by direction, or the place of an error.

/// Consecutive octets of one direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The octets.
    pub octets: Vec<u8>,
    /// Whether the dump marks them as sent by the second endpoint of a conversation.
    pub is_second: bool,
}

impl Part {
    /// Octets of which the dump does not say who sent them.
    pub fn new(octets: Vec<u8>) -> Part {
        Part { octets, is_second: false }
    }
}

/// The first place at which text is not in its format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DumpError {
    /// The octet of the text.
    pub at: usize,
    /// What the format has there.
    pub expected: String,
    /// What the text has there.
    pub found: String,
}

impl DumpError {
    /// An error at an octet of the text. Shows the word that begins there.
    pub fn at(text: &str, at: usize, expected: impl Into<String>) -> DumpError {
        const SHOWN: usize = 16;
        let rest = text.get(at..).unwrap_or_default();
        let word: String = rest.chars().take_while(|c| !c.is_whitespace()).take(SHOWN).collect();
        let found = match (word.is_empty(), rest.is_empty()) {
            (_, true) => "the end".to_owned(),
            (true, false) => "a space".to_owned(),
            (false, false) => format!("`{}`", word.escape_debug()),
        };
        DumpError { at, expected: expected.into(), found }
    }
}

/// A [`DumpError`] with its place as a person counts it.
#[derive(Debug, thiserror::Error)]
#[error("{place}: expected {}, found {}{hint}", .error.expected, .error.found)]
pub struct PastedError {
    /// Argument, line and column.
    pub place: String,
    /// The error.
    pub error: DumpError,
    /// The format, and how to name another.
    pub hint: String,
}
