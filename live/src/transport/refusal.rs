//! A response that refuses the opening handshake, and the first line of its body, which often says why.

/// The longest line that is shown, in characters.
const MAX_LINE: usize = 100;

/// The longest part of a body that is read, in octets.
const MAX_BODY: usize = 1 << 12;

/// A response whose status is not 101.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The length of the head, in octets.
    pub head_len: usize,
    /// The status.
    pub code: u16,
    /// The reason phrase.
    pub reason: String,
    /// The target of a redirection.
    pub location: Option<String>,
    /// The length of the body in octets, if the head has it.
    pub body_len: Option<usize>,
    /// The body comes in chunks.
    pub is_chunked: bool,
    /// The body is text for people: neither compressed nor markup.
    pub is_text: bool,
}

impl Refusal {
    /// Whether the rest of the body is not needed. `body` is what has arrived of it.
    pub fn is_enough(&self, body: &[u8]) -> bool {
        let text = self.unchunked(body);
        let has_line = text.trim_ascii_start().contains(&b'\n');
        !self.is_text || has_line || body.len() >= self.body_len.unwrap_or(MAX_BODY).min(MAX_BODY)
    }

    /// The first line of the body that is not blank, without control characters and of bounded length. `None` if it says
    /// no more than the reason phrase.
    pub fn first_line(&self, body: &[u8]) -> Option<String> {
        let text = String::from_utf8_lossy(self.unchunked(body));
        let line = text.lines().map(str::trim).find(|line| self.is_text && !line.is_empty())?;
        let mut line: String = line.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
        if let Some((at, _)) = line.char_indices().nth(MAX_LINE) {
            let cut = line[..at].char_indices().next_back().map_or(0, |(last, _)| last);
            line.truncate(cut);
            line.push('…');
        }
        Some(line).filter(|line| !line.eq_ignore_ascii_case(&self.reason))
    }

    /// The body, or its first chunk.
    fn unchunked<'a>(&self, body: &'a [u8]) -> &'a [u8] {
        if !self.is_chunked {
            return body;
        }
        match httparse::parse_chunk_size(body) {
            Ok(httparse::Status::Complete((begin, size))) => {
                let size = usize::try_from(size).unwrap_or(usize::MAX);
                &body[begin..body.len().min(begin.saturating_add(size))]
            }
            Ok(httparse::Status::Partial) | Err(_) => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal() -> Refusal {
        Refusal {
            head_len: 0,
            code: 401,
            reason: "Unauthorized".to_owned(),
            location: None,
            body_len: None,
            is_chunked: false,
            is_text: true,
        }
    }

    fn line(body: &[u8]) -> Option<String> {
        refusal().first_line(body)
    }

    #[test]
    fn first_line_is_bounded_and_has_no_control_characters() {
        assert_eq!(line(b"\r\n  no token\r\nmore").as_deref(), Some("no token"));
        assert_eq!(line(b"\x1b[31mred\xff").as_deref(), Some("\u{fffd}[31mred\u{fffd}"));
        let long = line(&[b'a'; 500]).expect("a line");
        assert_eq!((long.chars().count(), long.ends_with("a…")), (100, true));
        assert_eq!(line(&[b'a'; 100]).map(|line| line.len()), Some(100));
        assert_eq!(line(b" \n "), None);
        assert_eq!(line(b"unauthorized\n"), None);
    }

    #[test]
    fn chunks_and_lengths_are_read() {
        let chunked = Refusal { is_chunked: true, ..refusal() };
        assert_eq!(chunked.first_line(b"8\r\nno token\r\n0\r\n\r\n").as_deref(), Some("no token"));
        assert_eq!(chunked.first_line(b"8"), None);
        let known = Refusal { body_len: Some(8), ..refusal() };
        assert!(!known.is_enough(b"no") && known.is_enough(b"no token") && !refusal().is_enough(b"no token"));
        assert!(refusal().is_enough(b"no token\n") && refusal().is_enough(&[b'a'; MAX_BODY]));
        let markup = Refusal { is_text: false, ..refusal() };
        assert!(markup.is_enough(b"") && markup.first_line(b"<html>").is_none());
    }
}
