//! Parses octets in hexadecimal digits from the command line.

/// The position of the first character that is no pair of hexadecimal digits.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("argument {argument}, column {column}: expected pairs of hexadecimal digits, found {found}")]
pub struct HexError {
    /// The argument, counted from 1.
    pub argument: usize,
    /// The character in the argument, counted from 1.
    pub column: usize,
    /// The text at that position.
    pub found: String,
}

/// Parses pairs of digits, which spaces, commas, colons and `0x` may separate.
pub fn parse(words: &[String]) -> Result<Vec<u8>, HexError> {
    let mut octets = Vec::new();
    for (word, text) in words.iter().enumerate() {
        let wrong = |column: usize, found: String| HexError { argument: word + 1, column: column + 1, found };
        // The high digit of a pair, and its column.
        let mut high: Option<(usize, u32)> = None;
        let lone = |column| wrong(column, "a single digit".to_owned());
        for (column, c) in text.chars().enumerate() {
            let separates = c.is_whitespace() || matches!(c, ',' | ':');
            match (high, c.to_digit(16)) {
                (Some((at, _)), _) if separates => return Err(lone(at)),
                (None, _) if separates => {}
                (Some((_, 0)), None) if matches!(c, 'x' | 'X') => high = None,
                (_, None) => return Err(wrong(column, format!("`{}`", c.escape_debug()))),
                (None, Some(digit)) => high = Some((column, digit)),
                (Some((_, first)), Some(digit)) => {
                    octets.push((first << 4 | digit) as u8);
                    high = None;
                }
            }
        }
        if let Some((at, _)) = high {
            return Err(lone(at));
        }
    }
    Ok(octets)
}

#[cfg(test)]
mod tests {
    use super::{HexError, parse};

    fn words(words: &[&str]) -> Result<Vec<u8>, HexError> {
        parse(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn common_separators_are_accepted() {
        let octets = vec![0x88, 0x02, 0x03, 0xe8];
        for text in ["880203e8", "88 02 03 E8", "88:02:03:e8", "0x88, 0x02, 0x03, 0xe8", " 88  0203e8 "] {
            assert_eq!(words(&[text]), Ok(octets.clone()), "{text}");
        }
        assert_eq!(words(&["88", "02", "03e8"]), Ok(octets));
        assert_eq!(words(&[""]), Ok(Vec::new()));
    }

    #[test]
    fn errors_have_a_position() {
        let wrong =
            |argument, column, found: &str| Err(HexError { argument, column, found: found.to_owned() });
        assert_eq!(words(&["88", "0g"]), wrong(2, 2, "`g`"));
        assert_eq!(words(&["88 0"]), wrong(1, 4, "a single digit"));
        assert_eq!(words(&["8 80"]), wrong(1, 1, "a single digit"));
        assert_eq!(words(&["é"]), wrong(1, 1, "`é`"));
        assert_eq!(words(&["x88"]), wrong(1, 1, "`x`"));
        assert_eq!(words(&["8x8"]), wrong(1, 2, "`x`"));
    }
}
