//! Parses hex dumps with offsets and columns of text: tcpdump, Wireshark, xxd, hexdump, od.
//!
//! An offset is never data: the offsets must count the octets. The text column is recognized because it repeats the
//! octets, or because the offsets leave no place for more of them.

use super::lines::{Line, OffsetLine, OffsetStyle, lines};
use super::part::{DumpError, Part};

/// The octets of a dump.
#[derive(Debug, PartialEq, Eq)]
pub struct OffsetDump {
    /// The octets: a part for each packet, or for each turn of a conversation.
    pub parts: Vec<Part>,
    /// The headings of octets that Wireshark computed and that were not on the wire.
    pub skipped: Vec<String>,
    /// Whether the dump shows words of 16 bits in the byte order of a little-endian machine.
    pub has_words: bool,
}

/// Parses a dump whose offsets have this style.
pub fn parse(text: &str, style: OffsetStyle) -> Result<OffsetDump, DumpError> {
    // od writes octal or decimal offsets, and `xxd -d` decimal ones. Another radix than 16 is tried only if it fails.
    let first = Reader::new(text, style, 16).read();
    match first {
        Ok(dump) => Ok(dump),
        Err(error) => {
            [8, 10].into_iter().find_map(|radix| Reader::new(text, style, radix).read().ok()).ok_or(error)
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    lines: Vec<(usize, Line<'a>)>,
    style: OffsetStyle,
    radix: u32,
    /// The smallest indent. Wireshark indents what the second endpoint of a conversation sent.
    indent: usize,
    has_words: bool,
    /// By endpoint: the offset that follows.
    next: [Option<usize>; 2],
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, style: OffsetStyle, radix: u32) -> Reader<'a> {
        let lines = lines(text);
        let offsets = || {
            lines.iter().filter_map(|(_, line)| match line {
                Line::Offset(line) => Some(line),
                Line::Blank | Line::Repeat | Line::Heading(_) | Line::Summary | Line::Other => None,
            })
        };
        let indent = offsets().map(|line| line.indent).min().unwrap_or(0);
        let has_words = style == OffsetStyle::Bare && offsets().next().is_some_and(shows_words);
        Reader { text, lines, style, radix, indent, has_words, next: [None; 2] }
    }

    fn read(mut self) -> Result<OffsetDump, DumpError> {
        let mut parts: Vec<Part> = Vec::new();
        let mut skipped = Vec::new();
        let mut is_skipping = false;
        // Whether the next octets begin a part of their own.
        let mut begins = true;
        // The octets of the line before a `*`.
        let mut repeats: Option<usize> = None;
        let mut last_size = 0;
        for index in 0..self.lines.len() {
            let (start, line) = self.lines[index];
            let line = match line {
                // tshark prints an empty line after a packet.
                Line::Blank => {
                    is_skipping = false;
                    continue;
                }
                Line::Repeat if last_size > 0 => {
                    repeats = Some(last_size);
                    continue;
                }
                Line::Heading(heading) => {
                    is_skipping =
                        !["Frame (", "Packet (", "Reassembled "].iter().any(|word| heading.starts_with(word));
                    if is_skipping {
                        skipped.push(heading.to_owned());
                    }
                    begins = true;
                    self.next = [None; 2];
                    continue;
                }
                Line::Summary if self.style != OffsetStyle::Colon => continue,
                Line::Offset(line) if line.style == self.style => line,
                Line::Offset(_) | Line::Repeat | Line::Summary | Line::Other => {
                    let at = start + self.text[start..].len() - self.text[start..].trim_start().len();
                    return Err(DumpError::at(self.text, at, self.expected_line()));
                }
            };
            let offset = self.offset(&line)?;
            let is_second = self.is_second(&line);
            let lane = usize::from(is_second);
            let follows = self.next[lane];
            if offset == 0 && follows.is_some_and(|next| next > 0) {
                begins = true;
            } else if let Some(size) = repeats.take().filter(|_| follows.is_some()) {
                let last =
                    parts.last_mut().filter(|_| !begins).ok_or_else(|| self.wrong_offset(&line, offset))?;
                let gap = offset
                    .checked_sub(follows.unwrap_or(0))
                    .filter(|gap| gap % size == 0 && *gap <= MAX_REPEAT);
                let gap = gap.ok_or_else(|| self.wrong_offset(&line, offset))?;
                let pattern = last.octets[last.octets.len() - size..].to_vec();
                last.octets.extend(pattern.iter().cycle().take(gap));
            } else if let Some(next) = follows.filter(|next| *next != offset) {
                return Err(self.wrong_offset(&line, next));
            }
            let octets = self.octets(index, &line, offset)?;
            last_size = octets.len();
            self.next[lane] = Some(offset + octets.len());
            if is_skipping || octets.is_empty() {
                continue;
            }
            match parts.last_mut() {
                Some(last) if !begins && last.is_second == is_second => last.octets.extend(octets),
                Some(_) | None => parts.push(Part { octets, is_second }),
            }
            begins = false;
        }
        Ok(OffsetDump { parts, skipped, has_words: self.has_words })
    }

    fn expected_line(&self) -> String {
        let example = match self.style {
            OffsetStyle::Tcpdump => "a line of tcpdump, such as `0x0000:  8802 03e8`",
            OffsetStyle::Colon => "a line of xxd, such as `00000000: 8802 03e8`",
            OffsetStyle::Bare => "a line with an offset, such as `0000  88 02 03 e8`",
        };
        example.to_owned()
    }

    fn offset(&self, line: &OffsetLine<'_>) -> Result<usize, DumpError> {
        usize::from_str_radix(line.digits, self.radix)
            .map_err(|_| DumpError::at(self.text, line.at, format!("an offset in base {}", self.radix)))
    }

    fn wrong_offset(&self, line: &OffsetLine<'_>, expected: usize) -> DumpError {
        let width = line.digits.len();
        let expected = match self.radix {
            8 => format!("the offset {expected:0width$o}"),
            10 => format!("the offset {expected:0width$}"),
            _ => format!("the offset {expected:0width$x}"),
        };
        DumpError { at: line.at, expected, found: format!("`{}`", line.digits) }
    }

    fn is_second(&self, line: &OffsetLine<'_>) -> bool {
        self.style == OffsetStyle::Bare && line.indent >= self.indent + 4
    }

    /// The next line, if it continues this one with a higher offset.
    fn continuation(
        &self,
        index: usize,
        line: &OffsetLine<'_>,
        offset: usize,
    ) -> Option<(OffsetLine<'a>, usize)> {
        let mut following = self.lines[index + 1..].iter().filter(|(_, line)| *line != Line::Blank);
        match following.next() {
            Some((_, Line::Offset(next)))
                if next.style == line.style && self.is_second(next) == self.is_second(line) =>
            {
                let value = self.offset(next).ok().filter(|value| *value > offset)?;
                Some((*next, value))
            }
            Some((
                _,
                Line::Offset(_) | Line::Blank | Line::Repeat | Line::Heading(_) | Line::Summary | Line::Other,
            ))
            | None => None,
        }
    }

    /// The octets of a line.
    fn octets(&self, index: usize, line: &OffsetLine<'_>, offset: usize) -> Result<Vec<u8>, DumpError> {
        let candidates = self.candidates(line);
        let Some(most) = candidates.last() else {
            let rest = line.rest.trim_start();
            let at = line.rest_at + line.rest.len() - rest.len();
            // hexdump and od end in a line that has only an offset.
            return if rest.is_empty() { Ok(Vec::new()) } else { Err(self.wrong_digits(at)) };
        };
        let by_text = candidates.iter().find(|candidate| candidate.has_text());
        let Some((next, value)) = self.continuation(index, line, offset) else {
            return match (by_text, most.rest.trim()) {
                (Some(candidate), _) => Ok(candidate.octets.clone()),
                (None, "") => Ok(most.octets.clone()),
                // The text column was changed on the way, for example by an editor. It still has a character an octet.
                (None, _) => match candidates.iter().rev().find(|candidate| candidate.has_column()) {
                    Some(candidate) => Ok(candidate.octets.clone()),
                    None => {
                        Err(self.wrong_digits(line.rest_at + line.rest.len() - most.rest.trim_start().len()))
                    }
                },
            };
        };
        let size = value - offset;
        let by_offset = candidates.iter().find(|candidate| candidate.octets.len() == size);
        // The last word of an odd number of octets is padded.
        let padded = candidates.iter().find(|candidate| self.has_words && candidate.octets.len() == size + 1);
        match (by_offset.or(padded), by_text) {
            (Some(candidate), None) => Ok(candidate.octets[..size].to_vec()),
            (Some(candidate), Some(text)) if candidate.octets.len() == text.octets.len() => {
                Ok(candidate.octets.clone())
            }
            (Some(_) | None, text) => {
                let found = text.unwrap_or(most).octets.len();
                Err(self.wrong_offset(&next, offset + found))
            }
        }
    }

    fn wrong_digits(&self, at: usize) -> DumpError {
        DumpError::at(self.text, at, "pairs of hexadecimal digits, or their text after two spaces")
    }

    /// How the line can be divided into octets and text: after each group of digits.
    fn candidates<'l>(&self, line: &OffsetLine<'l>) -> Vec<Candidate<'l>> {
        let mut candidates = Vec::new();
        let mut octets = Vec::new();
        let mut rest = line.rest;
        loop {
            let group = rest.trim_start();
            let size = group.bytes().take_while(u8::is_ascii_hexdigit).count();
            let (digits, after) = group.split_at(size);
            let is_group = match self.style {
                OffsetStyle::Tcpdump => matches!(size, 2 | 4),
                OffsetStyle::Colon => (2..=64).contains(&size) && size.is_multiple_of(2),
                OffsetStyle::Bare if self.has_words => size == 4,
                OffsetStyle::Bare => size == 2,
            };
            if !is_group || !(after.is_empty() || after.starts_with(char::is_whitespace)) {
                return candidates;
            }
            let before = octets.len();
            let pairs = digits.as_bytes().chunks_exact(2);
            octets.extend(
                pairs.filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()),
            );
            if self.has_words {
                octets[before..].reverse();
            }
            candidates.push(Candidate { octets: octets.clone(), rest: after });
            rest = after;
        }
    }
}

/// The most octets that `*` may stand for. Standard input has about as many.
const MAX_REPEAT: usize = 1 << 22;

/// A division of a line into octets and text.
struct Candidate<'a> {
    octets: Vec<u8>,
    rest: &'a str,
}

impl Candidate<'_> {
    /// Whether a column of text follows that repeats the octets.
    fn has_text(&self) -> bool {
        let column = self.rest.trim();
        let column = [("|", "|"), (">", "<")]
            .into_iter()
            .find_map(|(open, close)| column.strip_prefix(open)?.strip_suffix(close));
        let column = column.unwrap_or(self.rest);
        // Text that could be digits is text only after two spaces.
        let is_digits =
            column.split_whitespace().all(|word| word.bytes().all(|octet| octet.is_ascii_hexdigit()));
        let is_set_apart = !is_digits || self.rest.starts_with("  ") || self.rest.starts_with('\t');
        // tcpdump shows a space as a dot.
        let shows = |space: &str| {
            let shown = self.octets.iter().map(|octet| match octet {
                b' ' => space.to_owned(),
                0x21..=0x7e => char::from(*octet).to_string(),
                _ => ".".to_owned(),
            });
            let shown: String = shown.collect();
            !shown.is_empty() && shown.chars().eq(column.chars().filter(|c| !c.is_whitespace()))
        };
        is_set_apart && (shows("") || shows("."))
    }

    /// Whether a column of text follows with a character for each octet.
    fn has_column(&self) -> bool {
        let column = self.rest.trim();
        let delimiters = if column.starts_with(['|', '>']) { 2 } else { 0 };
        self.rest.starts_with("  ") && column.chars().count() == self.octets.len() + delimiters
    }
}

/// Whether the line has an offset of seven digits and groups of four, as `hexdump` and `od -x` print.
fn shows_words(line: &OffsetLine<'_>) -> bool {
    let mut groups = line.rest.split_whitespace().peekable();
    line.digits.len() == 7
        && groups.peek().is_some()
        && groups.all(|group| group.len() == 4 && group.bytes().all(|octet| octet.is_ascii_hexdigit()))
}
