//! Parses strings with escapes: literals of C and of Python, and escapes without quotes.

use super::part::DumpError;

/// Parses `\x88\x02` without quotes, or one or more quoted strings: `"\x88\x02" "\x03\xe8"`.
///
/// Without quotes, only text without spaces may have characters that are no escapes. Otherwise `\x88 02` would be read
/// as four octets.
pub fn escaped(text: &str) -> Result<Vec<u8>, DumpError> {
    let start = text.len() - text.trim_start().len();
    let end = start + text.trim().len();
    if matches!(text.trim_start().trim_start_matches('$').chars().next(), Some('"' | '\'')) {
        return literals(text, start, |rest| rest.strip_prefix('$').unwrap_or(rest));
    }
    let has_spaces = text[start..end].contains(char::is_whitespace);
    let mut octets = Vec::new();
    let mut at = start;
    while let Some(c) = text.get(at..end).and_then(|rest| rest.chars().next()) {
        if c == '\\' {
            at += escape(text, at, &mut octets)?;
        } else if c.is_whitespace() {
            at += c.len_utf8();
        } else if has_spaces {
            return Err(DumpError::at(text, at, "an escape such as `\\x88`"));
        } else {
            octets.push(ascii(text, at, c)?);
            at += 1;
        }
    }
    Ok(octets)
}

/// Parses one or more bytes literals of Python, such as `b'\x88\x02'`, also in `bytes(...)` or `bytearray(...)`.
pub fn python(text: &str) -> Result<Vec<u8>, DumpError> {
    let mut start = text.len() - text.trim_start().len();
    for prefix in ["bytearray(", "bytes(", "("] {
        if text[start..].starts_with(prefix) {
            start += prefix.len();
        }
    }
    literals(text, start, |rest| rest.strip_prefix(['b', 'B']).unwrap_or(""))
}

/// Parses quoted strings. `prefix` removes what stands before a quote, and returns nothing if it is absent.
fn literals(text: &str, start: usize, prefix: impl Fn(&str) -> &str) -> Result<Vec<u8>, DumpError> {
    let mut octets = Vec::new();
    let mut at = start;
    let mut has_string = false;
    loop {
        let rest = &text[at..];
        let unquoted = rest.trim_start();
        // Wireshark and shells end a line in a backslash, other languages join strings by `+`.
        let joined = if has_string {
            unquoted
                .trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '\\' | '+' | ')' | ';' | ','))
        } else {
            unquoted
        };
        at += rest.len() - joined.len();
        if joined.is_empty() && has_string {
            return Ok(octets);
        }
        let inside = prefix(joined);
        let quote = match inside.chars().next() {
            Some(quote @ ('"' | '\'')) => quote,
            Some(_) | None => return Err(DumpError::at(text, at, "a quoted string")),
        };
        at += joined.len() - inside.len() + 1;
        has_string = true;
        loop {
            match text[at..].chars().next() {
                None => return Err(DumpError::at(text, at, format!("a closing {quote}"))),
                Some(c) if c == quote => break,
                Some('\\') => at += escape(text, at, &mut octets)?,
                Some(c) => {
                    octets.push(ascii(text, at, c)?);
                    at += 1;
                }
            }
        }
        at += 1;
    }
}

fn ascii(text: &str, at: usize, c: char) -> Result<u8, DumpError> {
    match u8::try_from(c) {
        Ok(octet @ 0x20..=0x7e) => Ok(octet),
        Ok(_) | Err(_) => Err(DumpError::at(text, at, "an ASCII character or an escape such as `\\x88`")),
    }
}

/// Parses the escape at `at`, and returns its length.
fn escape(text: &str, at: usize, octets: &mut Vec<u8>) -> Result<usize, DumpError> {
    let rest = &text.as_bytes()[at + 1..];
    let wrong = || DumpError::at(text, at, "an escape of one octet, such as `\\x88`, `\\0` or `\\n`");
    let octet = match rest.first().ok_or_else(wrong)? {
        b'x' => {
            let digit = |at: usize| rest.get(at).and_then(|digit| char::from(*digit).to_digit(16));
            let (high, low) = digit(1).zip(digit(2)).ok_or_else(wrong)?;
            octets.push((high << 4 | low) as u8);
            return Ok(4);
        }
        b'0'..=b'7' => {
            let digits = rest.iter().take(3).take_while(|digit| matches!(digit, b'0'..=b'7')).count();
            let value = rest[..digits].iter().fold(0, |value, digit| value * 8 + u32::from(digit - b'0'));
            octets.push(u8::try_from(value).map_err(|_| wrong())?);
            return Ok(1 + digits);
        }
        b'a' => 0x07,
        b'b' => 0x08,
        b't' => b'\t',
        b'n' => b'\n',
        b'v' => 0x0b,
        b'f' => 0x0c,
        b'r' => b'\r',
        b'e' => 0x1b,
        quoted @ (b'\\' | b'\'' | b'"' | b'?') => *quoted,
        // A line that ends in a backslash goes on in the next.
        b'\n' => return Ok(2),
        _ => return Err(wrong()),
    };
    octets.push(octet);
    Ok(2)
}

#[cfg(test)]
mod tests {
    use super::{escaped, python};

    #[test]
    fn escapes_with_and_without_quotes() {
        for text in [
            r"\x88\x05\x03\xe8bye",
            r"\x88 \x05 \x03 \xe8 \x62 \x79 \x65",
            r#""\x88\x05\x03\xe8bye""#,
            r"'\210\5\3\350bye'",
            r"$'\x88\x05\x03\xe8bye'",
            "\"\\x88\\x05\" \\\n\"\\x03\\xe8bye\"\n",
            r#""\x88\x05" + "\x03\xe8bye";"#,
        ] {
            assert_eq!(escaped(text).as_deref(), Ok(b"\x88\x05\x03\xe8bye".as_slice()), "{text}");
        }
        assert_eq!(
            escaped(r"\0\a\b\t\n\v\f\r\e\\\'").as_deref(),
            Ok(b"\0\x07\x08\t\n\x0b\x0c\r\x1b\\'".as_slice())
        );
    }

    #[test]
    fn python_literals() {
        for text in [
            r"b'\x88\x02\x03\xe8'",
            r#"b"\x88\x02\x03\xe8""#,
            r"bytearray(b'\x88\x02\x03\xe8')",
            "(b'\\x88\\x02'\n b'\\x03\\xe8')",
        ] {
            assert_eq!(python(text).as_deref(), Ok(b"\x88\x02\x03\xe8".as_slice()), "{text}");
        }
    }

    #[test]
    fn errors_have_a_place() {
        for (text, at) in [
            (r"\x88\x0", 4),
            (r"\x88 02", 5),
            (r"\x88é", 4),
            (r#""\x88"#, 5),
            (r#""\x88" 02"#, 7),
            (r"\u0088", 0),
            (r"\777", 0),
        ] {
            assert_eq!(escaped(text).map_err(|error| error.at), Err(at), "{text}");
        }
        assert_eq!(python("b'\\x88' '02'").map_err(|error| error.at), Err(8));
        assert_eq!(python("b'\\x88' 02").map_err(|error| error.at), Err(8));
    }
}
