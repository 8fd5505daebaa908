//! Walks along a line, and makes errors that name a place in it.

use super::TextError;

/// A place in a line.
#[derive(Clone, Copy, Debug)]
pub struct Cursor<'a> {
    line: &'a str,
    number: usize,
    /// The octet that follows.
    at: usize,
}

impl<'a> Cursor<'a> {
    pub const fn new(line: &'a str, number: usize) -> Cursor<'a> {
        Cursor { line, number, at: 0 }
    }

    pub fn rest(&self) -> &'a str {
        self.line.get(self.at..).unwrap_or("")
    }

    pub fn skip_spaces(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    /// Skips spaces, and whether the line ends here or goes on with a comment.
    pub fn is_at_end(&mut self) -> bool {
        self.skip_spaces();
        self.rest().is_empty() || self.rest().starts_with('#')
    }

    /// Moves behind the next `octets`. Callers stop at the end of a character.
    pub fn advance(&mut self, octets: usize) {
        self.at += octets;
    }

    /// The word at this place, up to a space. It may be empty.
    pub fn peek_word(&self) -> &'a str {
        self.rest().split(char::is_whitespace).next().unwrap_or("")
    }

    /// Skips spaces, and moves behind the next word.
    pub fn word(&mut self) -> &'a str {
        self.skip_spaces();
        let word = self.peek_word();
        self.at += word.len();
        word
    }

    /// Moves behind `word` if it is the next.
    pub fn accept(&mut self, word: &str) -> bool {
        self.skip_spaces();
        let is_next = self.peek_word() == word;
        if is_next {
            self.at += word.len();
        }
        is_next
    }

    /// Parses the next word as a number.
    pub fn number(&mut self, expected: &str) -> Result<u64, TextError> {
        self.skip_spaces();
        let word = self.peek_word();
        // `parse` accepts a plus sign.
        let is_digits = word.bytes().all(|octet| octet.is_ascii_digit());
        match word.parse() {
            Ok(number) if is_digits => {
                self.at += word.len();
                Ok(number)
            }
            Ok(_) | Err(_) => Err(self.error(expected)),
        }
    }

    /// An error at this place.
    pub fn error(&self, expected: &str) -> TextError {
        TextError {
            line: self.number,
            column: self.line.get(..self.at).unwrap_or(self.line).chars().count() + 1,
            expected: expected.to_owned(),
            found: shown(self.peek_word()),
        }
    }
}

/// A word as errors show it: in quotes, and not longer than a line of a terminal.
pub fn shown(word: &str) -> String {
    const LONGEST: usize = 40;
    if word.is_empty() {
        return "the end of the line".to_owned();
    }
    let (start, more) = match word.char_indices().nth(LONGEST) {
        Some((end, _)) => (&word[..end], "…"),
        None => (word, ""),
    };
    format!("`{}{more}`", start.escape_debug())
}

/// Parses pairs of hexadecimal digits up to the end of the word at the cursor.
pub fn hex_word(cursor: &mut Cursor<'_>, octets: &mut Vec<u8>, expected: &str) -> Result<(), TextError> {
    loop {
        let mut digits = cursor.rest().chars().take_while(|c| !c.is_whitespace());
        let Some(high) = digits.next() else { return Ok(()) };
        let pair = high.to_digit(16).zip(digits.next().and_then(|low| low.to_digit(16)));
        let Some((high, low)) = pair else { return Err(cursor.error(expected)) };
        // Both are below 16.
        octets.push((high << 4 | low) as u8);
        cursor.advance(2);
    }
}

/// Whether a line is empty or a comment of our own form or of YAML.
pub fn is_blank(line: &str) -> bool {
    let line = line.trim_start();
    line.is_empty() || line.starts_with('#')
}
