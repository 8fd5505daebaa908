//! Recognizes the lines of hex dumps: offsets, headings, summaries of packets.

/// How a dump writes its offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OffsetStyle {
    /// `0x0010:`, tcpdump.
    Tcpdump,
    /// `00000010:`, xxd.
    Colon,
    /// `0010` or `00000010`, Wireshark, hexdump and od.
    Bare,
}

/// A line that begins with an offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OffsetLine<'a> {
    /// How the offset is written.
    pub style: OffsetStyle,
    /// The column of the offset, a tab counting as eight.
    pub indent: usize,
    /// The digits of the offset.
    pub digits: &'a str,
    /// Where the digits begin, in the whole text.
    pub at: usize,
    /// What follows the offset.
    pub rest: &'a str,
    /// Where that begins, in the whole text.
    pub rest_at: usize,
}

/// A line of a hex dump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// Nothing.
    Blank,
    /// An offset, and octets or nothing.
    Offset(OffsetLine<'a>),
    /// `*`: the octets of the line before repeat.
    Repeat,
    /// `Frame (77 bytes):`. What is not a frame or packet was computed by Wireshark and was not on the wire.
    Heading(&'a str),
    /// A line around packets, such as tcpdump's summary of a packet.
    Summary,
    /// Anything else.
    Other,
}

/// The lines of a text, each with the place at which it begins.
pub fn lines(text: &str) -> Vec<(usize, Line<'_>)> {
    let mut at = 0;
    text.split_inclusive('\n')
        .map(|line| {
            let start = at;
            at += line.len();
            (start, classify(line.trim_end_matches(['\n', '\r']), start))
        })
        .collect()
}

fn classify(line: &str, at: usize) -> Line<'_> {
    let trimmed = line.trim();
    if trimmed.is_empty() {
        Line::Blank
    } else if trimmed == "*" {
        Line::Repeat
    } else if let Some(offset) = offset_line(line, at) {
        Line::Offset(offset)
    } else if trimmed.ends_with(" bytes):") && trimmed.contains('(') {
        Line::Heading(trimmed.trim_end_matches(':'))
    } else if is_summary(trimmed) {
        Line::Summary
    } else {
        Line::Other
    }
}

fn offset_line(line: &str, start: usize) -> Option<OffsetLine<'_>> {
    let trimmed = line.trim_start();
    let space = line.len() - trimmed.len();
    let indent = line[..space].chars().map(|c| if c == '\t' { 8 } else { 1 }).sum();
    let (is_tcpdump, body) = match trimmed.strip_prefix("0x") {
        Some(body) => (true, body),
        None => (false, trimmed),
    };
    let size = body.bytes().take_while(u8::is_ascii_hexdigit).count();
    if !(4..=16).contains(&size) {
        return None;
    }
    let (digits, after) = body.split_at(size);
    let (style, rest) = match (is_tcpdump, after.strip_prefix(':')) {
        (true, Some(rest)) => (OffsetStyle::Tcpdump, rest),
        (true, None) => return None,
        (false, Some(rest)) => (OffsetStyle::Colon, rest),
        (false, None) => (OffsetStyle::Bare, after),
    };
    let is_separate = rest.is_empty() || rest.starts_with(char::is_whitespace);
    let at = start + line.len() - body.len();
    is_separate.then_some(OffsetLine {
        style,
        indent,
        digits,
        at,
        rest,
        rest_at: start + line.len() - rest.len(),
    })
}

/// Whether tcpdump or tshark prints such a line around packets.
fn is_summary(line: &str) -> bool {
    let begins = |words: &[&str]| words.iter().any(|word| line.starts_with(word));
    let ends = |words: &[&str]| words.iter().any(|word| line.ends_with(word));
    // "12:00:00.000000 IP 127.0.0.1.5000 > 127.0.0.1.80: Flags [P.], length 4"
    let is_packet = line.contains(" > ") || line.contains(" IP ") || line.contains(" IP6 ");
    is_packet
        || begins(&[
            "tcpdump:",
            "listening on ",
            "reading from file ",
            "Follow: ",
            "Filter: ",
            "Node 0: ",
            "Node 1: ",
        ])
        || begins(&["====="])
        || ends(&["packets captured", "packet captured", "received by filter", "dropped by kernel"])
}
