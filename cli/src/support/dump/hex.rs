//! Parses pairs of hexadecimal digits, and the Buffers that Node.js prints.

use super::part::{DumpError, Part};

const EXPECTED: &str = "pairs of hexadecimal digits";

/// Parses pairs of digits, which spaces, commas, semicolons, colons, hyphens and `0x` may separate.
pub fn parse(text: &str) -> Result<Vec<u8>, DumpError> {
    pairs(text, 0)
}

/// Parses pairs of digits. Errors are counted from `base`.
fn pairs(text: &str, base: usize) -> Result<Vec<u8>, DumpError> {
    let mut octets = Vec::new();
    // The high digit of a pair, and its place.
    let mut high: Option<(usize, u32)> = None;
    let lone = |at: usize| DumpError {
        at: base + at,
        expected: EXPECTED.to_owned(),
        found: "a single digit".to_owned(),
    };
    // Where the digits without a separator begin.
    let mut group: Option<usize> = None;
    for (at, c) in text.char_indices() {
        // `0x0010:` and `00000010:` are offsets, which are never data.
        let is_offset = |start: &usize| at - start >= 4 && text[at + 1..].starts_with(char::is_whitespace);
        if let Some(start) = group.filter(|start| c == ':' && is_offset(start)) {
            let found = format!("the offset `{}`", &text[start..=at]);
            return Err(DumpError { at: base + start, expected: EXPECTED.to_owned(), found });
        }
        group = if c.is_ascii_hexdigit() { group.or(Some(at)) } else { None };
        let separates = c.is_whitespace() || matches!(c, ',' | ';' | ':' | '-');
        match (high, c.to_digit(16)) {
            (Some((at, _)), _) if separates => return Err(lone(at)),
            (None, _) if separates => {}
            (Some((_, 0)), None) if matches!(c, 'x' | 'X') => high = None,
            (_, None) => {
                let found = format!("`{}`", c.escape_debug());
                return Err(DumpError { at: base + at, expected: EXPECTED.to_owned(), found });
            }
            (None, Some(digit)) => high = Some((at, digit)),
            (Some((_, first)), Some(digit)) => {
                octets.push((first << 4 | digit) as u8);
                high = None;
            }
        }
    }
    match high {
        Some((at, _)) => Err(lone(at)),
        None => Ok(octets),
    }
}

/// Parses one or more of `<Buffer 88 02 …>`, and returns how many octets Node.js left out.
pub fn buffers(text: &str) -> Result<(Vec<Part>, usize), DumpError> {
    let (mut parts, mut left_out, mut at) = (Vec::new(), 0, 0);
    loop {
        let rest = &text[at..];
        let space = rest.len() - rest.trim_start().len();
        at += space;
        let rest = &text[at..];
        if rest.is_empty() {
            return Ok((parts, left_out));
        }
        let Some(inside) = rest.strip_prefix("<Buffer") else {
            return Err(DumpError::at(text, at, "`<Buffer`"));
        };
        let start = at + "<Buffer".len();
        let Some(size) = inside.find('>') else {
            return Err(DumpError::at(text, text.len(), "`>` at the end of the Buffer"));
        };
        let (digits, more) = match inside[..size].split_once("...") {
            Some((digits, more)) => (digits, Some(more)),
            None => (&inside[..size], None),
        };
        parts.push(Part::new(pairs(digits, start)?));
        if let Some(more) = more {
            let number = more.trim().split(' ').next().and_then(|number| number.parse::<usize>().ok());
            let expected = "the number of octets that were left out";
            left_out += number.ok_or_else(|| DumpError::at(text, start + digits.len() + 3, expected))?;
        }
        at = start + size + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::{DumpError, buffers, parse};

    #[test]
    fn common_separators_are_accepted() {
        let octets = vec![0x88, 0x02, 0x03, 0xe8];
        for text in [
            "880203e8",
            "88 02 03 E8",
            "88:02:03:e8",
            "88-02-03-E8",
            "0x88, 0x02, 0x03, 0xe8",
            "0x880203e8",
            " 88  0203e8\n",
        ] {
            assert_eq!(parse(text), Ok(octets.clone()), "{text}");
        }
        assert_eq!(parse(""), Ok(Vec::new()));
    }

    #[test]
    fn errors_have_a_place() {
        let wrong = |at, found: &str| {
            Err(DumpError { at, expected: "pairs of hexadecimal digits".to_owned(), found: found.to_owned() })
        };
        assert_eq!(parse("88 0g"), wrong(4, "`g`"));
        assert_eq!(parse("88 0"), wrong(3, "a single digit"));
        assert_eq!(parse("8 80"), wrong(0, "a single digit"));
        assert_eq!(parse("é"), wrong(0, "`é`"));
        assert_eq!(parse("x88"), wrong(0, "`x`"));
        assert_eq!(parse("8x8"), wrong(1, "`x`"));
    }

    #[test]
    fn a_buffer_counts_what_it_leaves_out() {
        let (parts, left_out) = buffers("<Buffer 88 02 ... 10 more bytes>\n<Buffer >").expect("two Buffers");
        assert_eq!((parts.len(), left_out), (2, 10));
        assert_eq!(parts[0].octets, [0x88, 0x02]);
        assert_eq!(buffers("<Buffer 88 0z>").map_err(|error| error.at), Err(12));
        assert_eq!(buffers("<Buffer 88> 02").map_err(|error| error.at), Err(12));
        assert_eq!(buffers("<Buffer 88").map_err(|error| error.at), Err(10));
    }
}
