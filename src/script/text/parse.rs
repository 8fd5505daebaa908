//! Parses the text form of a script.

use crate::protocol::code::CloseCode;
use crate::protocol::frame::Opcode;
use crate::protocol::role::Role;
use crate::script::binary::{VERSION, Writer};
use crate::script::step::{
    FrameStep, LengthEncoding, MessageKind, Payload, SegmentPlacement, Segmentation, Step,
};

/// An error in the text form: its position, what the parser expected there, and what it found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: expected {expected}, found {found}")]
pub struct ScriptParseError {
    /// The line, counted from 1.
    pub line: usize,
    /// The column in characters, counted from 1.
    pub column: usize,
    /// The text that the parser expected.
    pub expected: &'static str,
    /// The text that the parser found.
    pub found: String,
}

/// Whether a byte string is meant as the text form.
pub(in crate::script) fn is_text(octets: &[u8]) -> bool {
    matches!(octets, [first, ..] if first.is_ascii())
}

/// Compiles the text form to the binary form.
pub(in crate::script) fn parse(octets: &[u8]) -> Result<Vec<u8>, ScriptParseError> {
    let text = std::str::from_utf8(octets).map_err(|error| {
        let before = &octets[..error.valid_up_to()];
        let line = before.iter().filter(|octet| **octet == b'\n').count() + 1;
        let start = before.iter().rposition(|octet| *octet == b'\n').map_or(0, |at| at + 1);
        let column = String::from_utf8_lossy(&before[start..]).chars().count() + 1;
        let found = format!("the octet {:#04x}, which is not UTF-8", octets[error.valid_up_to()]);
        ScriptParseError { line, column, expected: "text", found }
    })?;
    let mut lines = text.lines().enumerate().map(|(at, line)| Line::new(at + 1, line));
    let mut header = lines.next().unwrap_or(Line::new(1, ""));
    let first_line = "`wsclose 1` or `wsclose 2`, the first line of a script";
    header.word("wsclose", first_line)?;
    let version = match header.number(first_line)? {
        1 => 1,
        version if version == u64::from(VERSION) => VERSION,
        _ => return Err(header.expected_instead(first_line)),
    };
    header.end()?;
    let mut role = lines.next().unwrap_or(Line::new(2, ""));
    let second_line = "`role server` or `role client`, the second line of a script";
    role.word("role", second_line)?;
    let under_test = match role.token() {
        "server" => Role::Server,
        "client" => Role::Client,
        _ => return Err(role.expected_instead(second_line)),
    };
    role.end()?;
    let mut writer = Writer::new(under_test);
    let mut lines = lines.peekable();
    if let Some(mut line) = lines.next_if(|line| line.text.trim_start().starts_with("extension")) {
        line.word("extension", EXTENSION)?;
        line.needs_version_2(version)?;
        line.word("permessage-deflate", EXTENSION)?;
        line.end()?;
        writer.offer_deflate();
    }
    for line in lines {
        step(&mut Line { version, ..line }, &mut writer)?;
    }
    Ok(writer.into_octets())
}

/// The third line, which a script may have.
const EXTENSION: &str = "`extension permessage-deflate`, the third line of a script that negotiates it";

/// Compiles a line after the first two.
fn step(line: &mut Line<'_>, out: &mut Writer) -> Result<(), ScriptParseError> {
    let expected = "a step: `>`, `app`, `wait`, `connect`, `again` or `#`";
    if let Some(note) = line.note() {
        out.step(&Step::Note(note));
        return Ok(());
    }
    match line.token() {
        "" => return Ok(()),
        ">" => peer(line, out)?,
        "app" => app(line, out)?,
        "wait" => {
            let ticks = line.byte("a number of ticks, 0 to 255")?;
            out.step(&Step::Wait(ticks));
        }
        "connect" => out.step(&Step::Connect),
        "again" => {
            let expected = "`whole`, `each`, `cut=N` or the end of the line";
            let segmentation = match line.token() {
                "" => Segmentation::AsWritten,
                "whole" => Segmentation::Coalesced,
                "each" => Segmentation::Bytewise,
                other => match other.strip_prefix("cut=").and_then(|n| n.parse().ok()) {
                    Some(at) => Segmentation::SplitAt(at),
                    None => return Err(line.expected_instead(expected)),
                },
            };
            out.step(&Step::Repeat(segmentation));
        }
        "extension" => return Err(line.expected_instead("a step; `extension` is the third line of a script")),
        _ => return Err(line.expected_instead(expected)),
    }
    line.end()
}

/// Compiles the rest of a line that begins with `>`.
fn peer(line: &mut Line<'_>, out: &mut Writer) -> Result<(), ScriptParseError> {
    let expected = "what the peer sends: `close`, `text`, `binary`, `ping`, `pong`, `continuation`, \
                    `opcode=N`, `octets`, `fin`, `reset`, `gone N`, `pause` or `resume`";
    let opcode = match line.token() {
        "fin" => {
            let glue = line.peek() == "glue";
            if glue {
                line.token();
                line.needs_version_2(line.version)?;
            }
            out.step(&Step::Fin { glue });
            return Ok(());
        }
        "reset" => {
            out.step(&Step::Reset);
            return Ok(());
        }
        "gone" => {
            let writes = line.byte("the number of writes that still succeed, 0 to 255")?;
            out.step(&Step::PeerGone(writes));
            return Ok(());
        }
        "pause" => {
            out.step(&Step::PeerPause);
            return Ok(());
        }
        "resume" => {
            out.step(&Step::PeerResume);
            return Ok(());
        }
        "octets" => {
            let mut octets = Vec::new();
            let mut options = Options::default();
            loop {
                match line.token() {
                    "" => break,
                    word if word.contains('=') || ["glue", "with-opening"].contains(&word) => {
                        options.take(word, &PLACEMENT).map_err(|expected| line.expected_instead(expected))?;
                        line.option_version(word)?;
                    }
                    word => octets.extend(hex(word).map_err(|expected| line.expected_instead(expected))?),
                }
            }
            if octets.len() > 255 {
                return Err(line.expected_instead("at most 255 octets in a step"));
            }
            out.step(&Step::Octets { octets: &octets, placement: options.placement });
            return Ok(());
        }
        word => match opcode(word) {
            Some(opcode) => opcode,
            None => return Err(line.expected_instead(expected)),
        },
    };
    let mut buffer = Vec::new();
    let payload = line.payload(&mut buffer)?;
    let mut options = Options::default();
    loop {
        match line.token() {
            "" => break,
            word => {
                options.take(word, &ALL).map_err(|expected| line.expected_instead(expected))?;
                line.option_version(word)?;
            }
        }
    }
    out.step(&Step::Frame(FrameStep {
        fin: !options.not_fin,
        rsv: options.rsv,
        mask_wrong: options.mask_wrong,
        key: options.key,
        length_encoding: options.form,
        claimed_len: options.claim,
        deflate: options.deflate,
        placement: options.placement,
        ..FrameStep::of(opcode, payload)
    }));
    Ok(())
}

/// Compiles the rest of a line that begins with `app`.
fn app(line: &mut Line<'_>, out: &mut Writer) -> Result<(), ScriptParseError> {
    let mut buffer = Vec::new();
    match line.token() {
        "close" => {
            let payload = line.payload(&mut buffer)?;
            if std::str::from_utf8(payload.chunk).is_err() {
                return Err(line.expected_instead("a reason in UTF-8: an application's reason is text"));
            }
            out.step(&Step::AppClose(payload));
        }
        "send" => {
            let kind = match line.token() {
                "text" => MessageKind::Text,
                "binary" => MessageKind::Binary,
                _ => return Err(line.expected_instead("`text` or `binary`")),
            };
            let payload = line.payload(&mut buffer)?;
            if payload.code.is_some() {
                return Err(line.expected_instead("a payload without a code: only a Close has one"));
            }
            if kind == MessageKind::Text && std::str::from_utf8(payload.chunk).is_err() {
                return Err(line.expected_instead("text in UTF-8; send other octets as `binary`"));
            }
            out.step(&Step::AppSend { kind, payload });
        }
        "pause" => out.step(&Step::Pause),
        "resume" => out.step(&Step::Resume),
        _ => {
            return Err(
                line.expected_instead("what the application does: `close`, `send`, `pause` or `resume`")
            );
        }
    }
    Ok(())
}

fn opcode(word: &str) -> Option<Opcode> {
    Some(match word {
        "continuation" => Opcode::Continuation,
        "text" => Opcode::Text,
        "binary" => Opcode::Binary,
        "close" => Opcode::Close,
        "ping" => Opcode::Ping,
        "pong" => Opcode::Pong,
        _ => {
            let bits = word.strip_prefix("opcode=")?.parse().ok()?;
            match (bits, Opcode::from_bits(bits)) {
                (0..=15, opcode) => opcode,
                _ => return None,
            }
        }
    })
}

fn hex(word: &str) -> Result<Vec<u8>, &'static str> {
    let expected = "pairs of hexadecimal digits";
    if word.is_empty() || !word.len().is_multiple_of(2) || !word.is_ascii() {
        return Err(expected);
    }
    (0..word.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&word[at..at + 2], 16).map_err(|_| expected))
        .collect()
}

/// The options of a frame or of raw octets.
#[derive(Default)]
struct Options {
    not_fin: bool,
    rsv: u8,
    mask_wrong: bool,
    key: Option<[u8; 4]>,
    form: LengthEncoding,
    claim: Option<u64>,
    deflate: bool,
    placement: SegmentPlacement,
}

/// The options that a step allows.
struct OptionSet {
    /// Whether only `glue`, `cut` and `with-opening` are allowed.
    placement_only: bool,
    /// The text of the error about another option.
    expected: &'static str,
}

const PLACEMENT: OptionSet =
    OptionSet { placement_only: true, expected: "hexadecimal octets, `glue`, `cut=N` or `with-opening`" };
const ALL: OptionSet = OptionSet {
    placement_only: false,
    expected: "`fin=0`, `rsv=1` to `rsv=7`, `mask=wrong`, `key=` and 8 hexadecimal digits, `form=16`, \
               `form=64`, `claim=N`, `deflate`, `glue`, `cut=N`, `with-opening` or the end of the line",
};

impl Options {
    /// Reads one option. Returns what was expected if the option is unknown or not allowed.
    fn take(&mut self, word: &str, allowed: &OptionSet) -> Result<(), &'static str> {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        let known = match (name, value) {
            ("glue", "") => {
                self.placement.glue = true;
                true
            }
            ("cut", _) => {
                self.placement.cut = value.parse().ok();
                self.placement.cut.is_some()
            }
            ("with-opening", "") => {
                self.placement.with_opening = true;
                true
            }
            _ if allowed.placement_only => false,
            ("deflate", "") => {
                self.deflate = true;
                true
            }
            ("fin", "0") => {
                self.not_fin = true;
                true
            }
            ("rsv", _) => {
                self.rsv = value.parse().unwrap_or(0);
                (1..=7).contains(&self.rsv)
            }
            ("mask", "wrong") => {
                self.mask_wrong = true;
                true
            }
            ("key", _) => {
                self.key = hex(value).ok().and_then(|key| key.try_into().ok());
                self.key.is_some()
            }
            ("form", "16") => {
                self.form = LengthEncoding::Sixteen;
                true
            }
            ("form", "64") => {
                self.form = LengthEncoding::SixtyFour;
                true
            }
            ("claim", _) => {
                self.claim = value.parse().ok();
                self.claim.is_some()
            }
            _ => false,
        };
        if known { Ok(()) } else { Err(allowed.expected) }
    }
}

/// A line, read from left to right.
struct Line<'a> {
    /// The number of the line, counted from 1.
    number: usize,
    /// The version that the first line names.
    version: u8,
    text: &'a str,
    /// Where the unread rest begins.
    at: usize,
    /// Where the latest token begins.
    last: usize,
}

impl<'a> Line<'a> {
    fn new(number: usize, text: &'a str) -> Line<'a> {
        Line { number, version: VERSION, text, at: 0, last: 0 }
    }

    /// Reads the next word. Returns the empty string at the end of the line.
    fn token(&mut self) -> &'a str {
        self.skip_spaces();
        self.last = self.at;
        let rest = &self.text[self.at..];
        let word = rest.split([' ', '\t']).next().unwrap_or_default();
        self.at += word.len();
        word
    }

    fn skip_spaces(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start_matches([' ', '\t']).len();
    }

    /// The text of the note, if the line is one.
    fn note(&self) -> Option<&'a str> {
        self.text.trim_start().strip_prefix('#').map(str::trim)
    }

    /// The error that another text was expected in place of the latest token.
    fn expected_instead(&self, expected: &'static str) -> ScriptParseError {
        let word = self.text[self.last..].split([' ', '\t']).next().unwrap_or_default();
        let found = if word.is_empty() { "the end of the line".to_owned() } else { format!("`{word}`") };
        ScriptParseError {
            line: self.number,
            column: self.text[..self.last].chars().count() + 1,
            expected,
            found,
        }
    }

    /// Checks that the script is of version 2, if it uses this option.
    fn option_version(&self, word: &str) -> Result<(), ScriptParseError> {
        match word {
            "deflate" | "with-opening" => self.needs_version_2(self.version),
            _ => Ok(()),
        }
    }

    /// Checks that the script is of version 2, which has the latest word.
    fn needs_version_2(&self, version: u8) -> Result<(), ScriptParseError> {
        let expected = "a word of `wsclose 1`, or `wsclose 2` in the first line";
        if version < 2 { Err(self.expected_instead(expected)) } else { Ok(()) }
    }

    /// Reads this word.
    fn word(&mut self, word: &str, expected: &'static str) -> Result<(), ScriptParseError> {
        if self.token() == word { Ok(()) } else { Err(self.expected_instead(expected)) }
    }

    fn number(&mut self, expected: &'static str) -> Result<u64, ScriptParseError> {
        self.token().parse().map_err(|_| self.expected_instead(expected))
    }

    fn byte(&mut self, expected: &'static str) -> Result<u8, ScriptParseError> {
        self.token().parse().map_err(|_| self.expected_instead(expected))
    }

    /// Reads the end of the line.
    fn end(&mut self) -> Result<(), ScriptParseError> {
        match self.token() {
            "" => Ok(()),
            _ => Err(self.expected_instead("the end of the line")),
        }
    }

    /// The next word, which is not read.
    fn peek(&mut self) -> &'a str {
        let at = self.at;
        let word = self.token();
        self.at = at;
        word
    }

    /// Reads an optional code, an optional string or `hex:`, and an optional `* N`.
    fn payload<'b>(&mut self, buffer: &'b mut Vec<u8>) -> Result<Payload<'b>, ScriptParseError> {
        let code = if self.peek().starts_with(|c: char| c.is_ascii_digit()) {
            let code: u16 =
                self.token().parse().map_err(|_| self.expected_instead("a close code, 0 to 65535"))?;
            Some(CloseCode(code))
        } else {
            None
        };
        let next = self.peek();
        if next.starts_with('"') {
            self.string(buffer)?;
        } else if let Some(digits) = next.strip_prefix("hex:") {
            self.token();
            *buffer = hex(digits).map_err(|_| {
                self.expected_instead("`hex:` and an even number of hexadecimal digits, without spaces")
            })?;
        }
        if buffer.len() > 127 {
            return Err(self.expected_instead("at most 127 octets; repeat a shorter payload with `* N`"));
        }
        let mut repeat = 1;
        if self.peek() == "*" {
            self.token();
            repeat = self.byte("the number of repetitions, 1 to 255")?;
            if repeat == 0 {
                return Err(self.expected_instead("the number of repetitions, 1 to 255"));
            }
        }
        Ok(Payload { code, chunk: buffer, repeat: if buffer.is_empty() { 1 } else { repeat } })
    }

    /// Reads a string in quotes and appends its content.
    fn string(&mut self, out: &mut Vec<u8>) -> Result<(), ScriptParseError> {
        self.skip_spaces();
        self.last = self.at;
        let mut text = String::new();
        let mut chars = self.text[self.at + 1..].char_indices();
        let expected = "a string that ends with `\"`, with the escapes \\\" \\\\ \\' \\n \\r \\t \\0 \\u{…}";
        loop {
            let Some((at, c)) = chars.next() else { return Err(self.expected_instead(expected)) };
            match c {
                '"' => {
                    self.at += 1 + at + 1;
                    out.extend_from_slice(text.as_bytes());
                    return Ok(());
                }
                '\\' => {
                    let escaped = match chars.next().map(|(_, c)| c) {
                        Some(c @ ('"' | '\\' | '\'')) => Some(c),
                        Some('n') => Some('\n'),
                        Some('r') => Some('\r'),
                        Some('t') => Some('\t'),
                        Some('0') => Some('\0'),
                        Some('u') => {
                            let rest = chars.as_str();
                            rest.strip_prefix('{').and_then(|rest| rest.split_once('}')).and_then(
                                |(digits, _)| {
                                    chars.nth(digits.chars().count() + 1);
                                    u32::from_str_radix(digits, 16).ok().and_then(char::from_u32)
                                },
                            )
                        }
                        _ => None,
                    };
                    text.push(escaped.ok_or_else(|| self.expected_instead(expected))?);
                }
                c => text.push(c),
            }
        }
    }
}
