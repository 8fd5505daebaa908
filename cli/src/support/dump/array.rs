//! Parses decimal numbers and lists of octets, as C, Go, Rust, Java, Erlang, JavaScript and JSON write them.

use super::part::{DumpError, Part};

/// Parses decimal numbers that spaces, commas or semicolons separate.
pub fn decimal(text: &str) -> Result<Vec<u8>, DumpError> {
    let words = words(text, 0..text.len());
    words.into_iter().map(|(at, word)| number(word).ok_or_else(|| wrong_number(text, at))).collect()
}

/// Parses lists such as `{ 0x88, 0x02 }` or `[136, 2]` with what stands around them in a declaration. Returns how many
/// elements Node.js left out.
pub fn lists(text: &str) -> Result<(Vec<Part>, usize), DumpError> {
    let plain = without_comments(text);
    let (mut parts, mut left_out, mut at) = (Vec::new(), 0, 0);
    while let Some(list) = next_list(&plain, at) {
        declaration(text, &plain[at..list.open], at)?;
        let Some(size) = plain[list.start..].find(list.close) else {
            return Err(DumpError::at(text, text.len(), format!("`{}` at the end of the list", list.close)));
        };
        let (octets, more) = elements(text, &plain, list.start..list.start + size)?;
        left_out += more;
        // Wireshark names the arrays of a conversation `peer0_0` and `peer1_0`.
        let is_second = plain[at..list.open].contains("peer1_");
        parts.push(Part { octets, is_second });
        at = list.start + size + list.close.len();
        if list.is_json {
            at += plain[at..].find('}').map_or(0, |end| end + 1);
        }
    }
    if parts.is_empty() {
        return Err(DumpError::at(text, 0, "a list in brackets or braces"));
    }
    declaration(text, &plain[at..], at)?;
    Ok((parts, left_out))
}

struct List {
    /// Where the opening bracket stands, and what is before it ends.
    open: usize,
    /// Where the first element may begin.
    start: usize,
    close: &'static str,
    is_json: bool,
}

/// The first list after `at`. A size in brackets, as in `char name[4]` and `[]byte`, is no list.
fn next_list(text: &str, at: usize) -> Option<List> {
    let json = "{\"type\":\"Buffer\",\"data\":[";
    let mut from = at;
    loop {
        let open = from + text[from..].find(['{', '[', '<'])?;
        let rest = &text[open..];
        if rest.starts_with(json) {
            return Some(List { open, start: open + json.len(), close: "]", is_json: true });
        }
        if rest.starts_with("<<") {
            return Some(List { open, start: open + 2, close: ">>", is_json: false });
        }
        if rest.starts_with('{') {
            return Some(List { open, start: open + 1, close: "}", is_json: false });
        }
        let size = rest.find(']').filter(|end| rest[1..*end].bytes().all(|octet| octet.is_ascii_digit()));
        let is_size = size.is_some_and(|end| {
            rest[end + 1..]
                .trim_start()
                .starts_with(|c: char| c == '=' || c == '{' || c.is_ascii_alphabetic())
        });
        if rest.starts_with('[') && !is_size {
            return Some(List { open, start: open + 1, close: "]", is_json: false });
        }
        from = open + 1;
    }
}

/// Checks what stands before, between and after lists: names, types, `=`, brackets and semicolons. A number may only
/// be a size or the length that xxd declares.
fn declaration(text: &str, part: &str, base: usize) -> Result<(), DumpError> {
    let mut is_value = false;
    let mut offset = 0;
    for word in part.split_inclusive(char::is_whitespace) {
        let trimmed = word.trim_end();
        let is_name = trimmed.starts_with(|c: char| !c.is_ascii_digit() && c != '\\' && c != '"');
        let has_only_signs =
            trimmed.chars().all(|c| c.is_ascii_alphanumeric() || "_=*&:()[].;!,<>/".contains(c));
        if !trimmed.is_empty() && !((is_name || is_value) && has_only_signs) {
            return Err(DumpError::at(text, base + offset, "a declaration of a list"));
        }
        is_value = trimmed.ends_with('=');
        offset += word.len();
    }
    Ok(())
}

/// Parses the elements: all decimal if each can be, otherwise numbers with `0x` or pairs of hexadecimal digits.
fn elements(text: &str, plain: &str, range: std::ops::Range<usize>) -> Result<(Vec<u8>, usize), DumpError> {
    let (range, left_out) = match plain[range.clone()].find("...") {
        Some(dots) => {
            let more = plain[range.start + dots + 3..range.end].split_whitespace().next();
            let number = more.and_then(|number| number.parse::<usize>().ok());
            let expected = "the number of items that were left out";
            let number = number.ok_or_else(|| DumpError::at(text, range.start + dots + 3, expected))?;
            (range.start..range.start + dots, number)
        }
        None => (range, 0),
    };
    let words = words(plain, range);
    let all_decimal: Option<Vec<u8>> = words.iter().map(|(_, word)| number(word)).collect();
    if let Some(octets) = all_decimal {
        return Ok((octets, left_out));
    }
    let has_decimal = words.iter().any(|(_, word)| pair(word).is_none() && number(word).is_some());
    let element = |(at, word): &(usize, &str)| {
        let octet = if has_decimal { number(word) } else { pair(word) };
        octet.ok_or_else(|| wrong_number(text, *at))
    };
    words.iter().map(element).collect::<Result<_, _>>().map(|octets| (octets, left_out))
}

fn wrong_number(text: &str, at: usize) -> DumpError {
    DumpError::at(text, at, "an octet: a decimal number from 0 to 255, or two hexadecimal digits after `0x`")
}

/// The words of a part of the text, each with its place. A cast of Java and a suffix of Rust are removed.
fn words(text: &str, range: std::ops::Range<usize>) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let mut at = range.start;
    for word in text[range].split_inclusive(|c: char| c.is_whitespace() || matches!(c, ',' | ';')) {
        let trimmed = word.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, ',' | ';'));
        let bare = trimmed.strip_prefix("(byte)").unwrap_or(trimmed);
        if !bare.is_empty() {
            words.push((at + trimmed.len() - bare.len(), bare.strip_suffix("u8").unwrap_or(bare)));
        }
        at += word.len();
    }
    words
}

/// A number from 0 to 255, a number with `0x`, or a negative one, as Java prints octets above 127.
fn number(word: &str) -> Option<u8> {
    if let Some(digits) = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
        return (1..=2).contains(&digits.len()).then(|| u8::from_str_radix(digits, 16).ok()).flatten();
    }
    if word.starts_with('-') {
        return word.parse::<i8>().ok().map(i8::cast_unsigned);
    }
    word.bytes().all(|digit| digit.is_ascii_digit()).then(|| word.parse().ok()).flatten()
}

/// Two hexadecimal digits, with or without `0x`.
fn pair(word: &str) -> Option<u8> {
    let digits = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")).unwrap_or(word);
    let is_short = digits.len() == 2 || (digits.len() == 1 && digits.len() < word.len());
    is_short.then(|| u8::from_str_radix(digits, 16).ok()).flatten()
}

/// The text with spaces in place of the comments of C, so that places stay the same.
fn without_comments(text: &str) -> String {
    let mut plain = text.to_owned();
    for (open, close) in [("/*", "*/"), ("//", "\n")] {
        while let Some(start) = plain.find(open) {
            let end = plain[start + 2..].find(close).map_or(plain.len(), |end| start + 2 + end + close.len());
            let end =
                if close == "\n" && end > start && plain[..end].ends_with('\n') { end - 1 } else { end };
            plain.replace_range(start..end, &" ".repeat(end - start));
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::{decimal, lists};

    const CLOSE: [u8; 4] = [0x88, 0x02, 0x03, 0xe8];

    #[test]
    fn numbers_with_separators() {
        for text in ["136 2 3 232", "136, 2, 3, 232", "136;2;3;232\n", "-120 2 3 -24"] {
            assert_eq!(decimal(text).as_deref(), Ok(CLOSE.as_slice()), "{text}");
        }
        assert_eq!(decimal("136 2 e8").map_err(|error| error.at), Err(6));
        assert_eq!(decimal("136 256").map_err(|error| error.at), Err(4));
    }

    #[test]
    fn lists_of_many_languages() {
        for text in [
            "[136, 2, 3, 232]",
            "[136 2 3 232]",
            "[0x88, 0x2, 0x03, 0xe8]",
            "[88, 02, 03, e8]",
            "Uint8Array(4) [ 136, 2, 3, 232 ]",
            "unsigned char c_bin[] = {\n  0x88, 0x02, 0x03, 0xe8\n};\nunsigned int c_bin_len = 4;\n",
            "static const unsigned char pkt1[4] = {\n0x88, 0x02, /* ..^ */\n0x03, 0xe8 // rest\n};\n",
            "[]byte{0x88, 0x02, 0x03, 0xe8}",
            "[4]byte{0x88, 0x02, 0x03, 0xe8}",
            "let close = vec![0x88u8, 0x02, 0x03, 0xe8];",
            "new byte[] { (byte) 0x88, 2, 3, (byte)0xe8 }",
            "[-120, 2, 3, -24]",
            "<<136,2,3,232>>",
            "{\"type\":\"Buffer\",\"data\":[136,2,3,232]}",
        ] {
            let (parts, left_out) = lists(text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
            assert_eq!((parts.len(), left_out), (1, 0), "{text}");
            assert_eq!(parts[0].octets, CLOSE, "{text}");
        }
    }

    #[test]
    fn arrays_of_a_conversation_have_directions() {
        let text = "char peer0_0[] = { /* Packet 4 */\n0x88, 0x80, 0x00, 0x00, \n0x00, 0x00 };\n\
                    char peer1_0[] = { /* Packet 6 */\n0x88, 0x00 };\n";
        let (parts, _) = lists(text).expect("two arrays");
        assert_eq!(parts.iter().map(|part| part.is_second).collect::<Vec<_>>(), [false, true]);
        assert_eq!(parts[0].octets.len() + parts[1].octets.len(), 8);
    }

    #[test]
    fn left_out_items_are_counted() {
        let (parts, left_out) = lists("[ 136, 2,\n  ... 98 more items\n]").expect("a list");
        assert_eq!((parts[0].octets.as_slice(), left_out), ([136, 2].as_slice(), 98));
    }

    #[test]
    fn errors_have_a_place() {
        for (text, at) in [
            ("[136, 2", 7),
            ("[136, 2, e8]", 9),
            ("[136, 256]", 6),
            ("88 02 [3, 232]", 0),
            ("[136, 2] 03 e8", 9),
            ("[136, 2] \\x03", 9),
            ("{0x88, 0x02, 136, \\x03}", 18),
            ("{0x88 /* [ */, 0xzz}", 15),
        ] {
            assert_eq!(lists(text).map_err(|error| error.at), Err(at), "{text}");
        }
    }
}
