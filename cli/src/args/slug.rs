//! The names of corpus entries.

/// Why a name cannot be that of a new corpus entry.
#[derive(Debug, thiserror::Error)]
pub enum NameError {
    /// It has other characters than file and snapshot names may have.
    #[error("expected a name of a-z, 0-9 and `-`, found `{0}`")]
    InvalidSlug(String),
    /// An entry has that name.
    #[error("{0}: exists already; choose another with --name")]
    AlreadyExists(String),
}

/// Parses a name of lower case letters, digits and single hyphens.
pub fn parse(given: &str) -> Result<String, NameError> {
    if given.is_empty() || given != from_text(given) {
        return Err(NameError::InvalidSlug(given.to_owned()));
    }
    Ok(given.to_owned())
}

/// Converts text to a name of lower case letters, digits and single hyphens.
pub fn from_text(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::from_text;

    #[test]
    fn slugs_are_lower_case_words() {
        assert_eq!(from_text("close-fin-ws-rs (frames) 0.9"), "close-fin-ws-rs-frames-0-9");
        assert_eq!(from_text("../etc/passwd"), "etc-passwd");
        assert_eq!(from_text(""), "");
    }
}
