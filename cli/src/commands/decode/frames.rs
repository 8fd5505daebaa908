//! Prints frames with their octets, and what is wrong with them.

use std::fmt;
use std::io::Write;

use wsclose::harness::{FrameDisplay, Hex, Quoted};
use wsclose::protocol::close::CloseBody;
use wsclose::protocol::code::{CloseCode, Profile};
use wsclose::protocol::deflate::{COMPRESSED_RSV, Inflater};
use wsclose::protocol::flaw::Flaw;
use wsclose::protocol::frame::{Header, Opcode};
use wsclose::protocol::hint;
use wsclose::protocol::role::Role;
use wsclose::rules::{self, Rule};

use crate::commands::codes::may_send;
use crate::support::error::CliError;
use crate::support::output::Stdout;

/// A frame, complete or not.
pub struct Frame<'a> {
    /// The header.
    pub header: Header,
    /// The unmasked payload, as far as it was received.
    pub payload: &'a [u8],
    /// The octets of the frame as they were sent.
    pub wire: &'a [u8],
    /// Whether the payload is complete.
    pub is_complete: bool,
}

/// What the frames of one direction have to do with those of the other.
#[derive(Default)]
pub struct Conversation {
    /// Whether permessage-deflate was negotiated; `None` if the octets do not show it.
    pub has_deflate: Option<bool>,
    /// By role, the payload of the last Close, which may explain the reply.
    last_closes: [Option<Vec<u8>>; 2],
}

impl Conversation {
    fn last_close(&self, role: Role) -> Option<&[u8]> {
        self.last_closes[role as usize].as_deref()
    }

    fn note_close(&mut self, role: Role, payload: &[u8]) {
        self.last_closes[role as usize] = Some(payload.to_vec());
    }
}

/// A message of which further frames follow.
struct Message {
    opcode: Opcode,
    compression: Compression,
    octets: Vec<u8>,
}

/// Whether a message is compressed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Compression {
    /// It is not.
    No,
    /// RSV1 is set, and nothing shows what was negotiated.
    Unknown,
    /// RSV1 is set, and permessage-deflate was negotiated.
    Yes,
}

/// The most octets to which a message is inflated.
const MAX_INFLATED: usize = 1 << 20;

/// The state of a sender after its frames so far.
pub struct SenderState {
    sender: Role,
    profile: Profile,
    /// The unfinished message.
    message: Option<Message>,
    /// Inflates compressed messages, unless one is missing.
    inflater: Option<Inflater>,
    closed: bool,
}

impl SenderState {
    /// The state before the first frame.
    pub fn new(sender: Role, profile: Profile) -> SenderState {
        SenderState { sender, profile, message: None, inflater: Some(Inflater::new()), closed: false }
    }

    /// Prints a frame and its flaws, and returns the rules that it violates.
    pub fn print(
        &mut self,
        frame: &Frame<'_>,
        conversation: &mut Conversation,
        out: &mut Stdout,
    ) -> Result<Vec<Rule>, CliError> {
        let Frame { header, payload, is_complete, .. } = frame;
        let unfinished = if *is_complete { "" } else { " …" };
        writeln!(out, "{}{unfinished}", FrameDisplay { header, payload })?;
        print_octets(frame, out)?;
        let is_close = header.opcode == Opcode::Close;
        let mut findings: Vec<(Option<Rule>, String)> = Vec::new();
        let mut flaws: Vec<Flaw> = header.flaws(self.sender).iter().collect();
        // RSV1 on the first frame of a message says that it is compressed (RFC 7692 §6).
        let begins_message = matches!(header.opcode, Opcode::Text | Opcode::Binary);
        let compression = match conversation.has_deflate {
            _ if !begins_message || header.rsv != COMPRESSED_RSV => Compression::No,
            Some(false) => Compression::No,
            Some(true) => Compression::Yes,
            None => Compression::Unknown,
        };
        let condition = match compression {
            Compression::No => None,
            Compression::Yes => Some(""),
            Compression::Unknown => {
                Some(", if permessage-deflate was negotiated, which the octets do not show")
            }
        };
        if let Some(condition) = condition {
            flaws.retain(|flaw| *flaw != Flaw::RsvSet);
            writeln!(out, "       RSV1: the message is compressed{condition}")?;
        }
        flaws.extend(self.sequence_flaw(header));
        if *is_complete && !header.opcode.is_control() {
            flaws.extend(self.add_to_message(frame, compression, out)?);
        }
        for flaw in flaws {
            findings.push((rules::sender_rule(flaw, is_close), flaw.description().to_owned()));
        }
        if self.closed && is_close {
            findings.push((Some(Rule::OneClose), "a second Close".to_owned()));
        } else if self.closed && !header.opcode.is_control() {
            findings.push((Some(Rule::NoDataAfterClose), "data after the Close".to_owned()));
        }
        self.closed |= is_close;
        if is_close && *is_complete {
            self.print_close(payload, &mut findings, out)?;
        }
        let widest =
            findings.iter().filter_map(|(rule, _)| *rule).map(|rule| rule.id().len()).max().unwrap_or(0);
        for (rule, description) in &findings {
            match rule {
                Some(rule) => {
                    writeln!(out, "       violates {rule:<widest$}  {:<7}  {description}", rule.level())?
                }
                None => writeln!(out, "       {description}")?,
            }
        }
        if is_close {
            let hints = match conversation.last_close(self.sender.peer()) {
                Some(received) => hint::of_reply(header, payload, received),
                None => hint::of_close(header, payload),
            };
            hints.iter().try_for_each(|hint| writeln!(out, "       hint, {hint}"))?;
            conversation.note_close(self.sender, payload);
        }
        Ok(findings.into_iter().filter_map(|(rule, _)| rule).collect())
    }

    fn sequence_flaw(&self, header: &Header) -> Option<Flaw> {
        match (header.opcode, &self.message) {
            (Opcode::Continuation, None) => Some(Flaw::ContinuationUnexpected),
            (Opcode::Text | Opcode::Binary, Some(_)) => Some(Flaw::ContinuationMissing),
            (Opcode::Continuation, Some(_))
            | (Opcode::Text | Opcode::Binary, None)
            | (Opcode::Close | Opcode::Ping | Opcode::Pong | Opcode::Reserved(_), _) => None,
        }
    }

    /// Adds a data frame to its message, and prints what a compressed message inflates to. A complete text message must
    /// be UTF-8.
    fn add_to_message(
        &mut self,
        frame: &Frame<'_>,
        compression: Compression,
        out: &mut Stdout,
    ) -> Result<Option<Flaw>, CliError> {
        let mut message = match (frame.header.opcode, self.message.take()) {
            (Opcode::Continuation, Some(message)) => message,
            (Opcode::Continuation, None) => return Ok(None),
            (opcode, _) => Message { opcode, compression, octets: Vec::new() },
        };
        message.octets.extend_from_slice(frame.payload);
        if !frame.header.fin {
            self.message = Some(message);
            return Ok(None);
        }
        let is_text = message.opcode == Opcode::Text;
        let is_flawed = |octets: &[u8]| is_text && std::str::from_utf8(octets).is_err();
        if message.compression == Compression::No {
            return Ok(is_flawed(&message.octets).then_some(Flaw::TextNotUtf8));
        }
        let is_certain = message.compression == Compression::Yes;
        match self.inflate(&message.octets) {
            Some(inflated) if is_certain || !is_flawed(&inflated) => {
                let shown = if is_text { Quoted(&inflated).to_string() } else { Hex(&inflated).to_string() };
                writeln!(out, "       inflates to {shown}")?;
                Ok(is_flawed(&inflated).then_some(Flaw::TextNotUtf8))
            }
            Some(_) | None => {
                writeln!(out, "       what it inflates to depends on messages that are not here")?;
                Ok(None)
            }
        }
    }

    /// Inflates a message. It may refer to earlier ones, so nothing is inflated after one that could not be.
    fn inflate(&mut self, octets: &[u8]) -> Option<Vec<u8>> {
        let mut inflated = Vec::new();
        let inflater = self.inflater.as_mut()?;
        let result = inflater
            .inflate(octets, MAX_INFLATED, &mut inflated)
            .and_then(|()| inflater.end_message(MAX_INFLATED, &mut inflated));
        if result.is_err() {
            self.inflater = None;
            return None;
        }
        Some(inflated)
    }

    /// Notes that octets of the sender are missing.
    pub fn skip(&mut self) {
        self.message = None;
        self.inflater = None;
    }

    fn print_close(
        &self,
        payload: &[u8],
        findings: &mut Vec<(Option<Rule>, String)>,
        out: &mut Stdout,
    ) -> Result<(), CliError> {
        match CloseBody::parse(payload) {
            Ok(body) => {
                if let CloseBody::Status { code, reason } = body {
                    self.print_code(code, findings, out)?;
                    let octets = reason.len();
                    writeln!(out, "       reason {} of {octets} octets", Quoted(reason.as_bytes()))?;
                }
            }
            Err(error) => {
                if let [high, low, ..] = payload {
                    self.print_code(CloseCode(u16::from_be_bytes([*high, *low])), findings, out)?;
                }
                findings.push((rules::sender_rule(error.flaw(), true), error.to_string()));
            }
        }
        Ok(())
    }

    fn print_code(
        &self,
        code: CloseCode,
        findings: &mut Vec<(Option<Rule>, String)>,
        out: &mut Stdout,
    ) -> Result<(), CliError> {
        write!(out, "       code {code:#}: {}; may be sent:", code.class())?;
        for (at, profile) in Profile::ALL.into_iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            write!(out, "{comma} {profile} {}", may_send(code, profile))?;
        }
        writeln!(out)?;
        if let Err(why) = code.sendable(self.sender, self.profile) {
            findings.push((Some(rules::code_sender_rule(why)), format!("code {code}: {why}")));
        }
        Ok(())
    }
}

/// Prints the octets of a frame: header, masking key and payload, and the payload without the mask.
fn print_octets(frame: &Frame<'_>, out: &mut Stdout) -> Result<(), CliError> {
    let key = if frame.header.mask.is_some() { 4 } else { 0 };
    let size = frame.header.encode().as_slice().len().min(frame.wire.len());
    let (header, payload) = frame.wire.split_at(size);
    let (header, key) = header.split_at(size - key);
    write!(out, "       header {}", LongHex(header))?;
    if !key.is_empty() {
        write!(out, " | key {}", LongHex(key))?;
    }
    if !payload.is_empty() {
        write!(out, " | payload {}", LongHex(payload))?;
    }
    if !key.is_empty() && !payload.is_empty() {
        write!(out, " | unmasked {}", LongHex(frame.payload))?;
    }
    writeln!(out)?;
    Ok(())
}

/// Octets in hexadecimal. The payload of a control frame is shown as a whole.
struct LongHex<'a>(&'a [u8]);

impl fmt::Display for LongHex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 160;
        self.0.iter().take(SHOWN).try_for_each(|octet| write!(f, "{octet:02x}"))?;
        if self.0.len() > SHOWN { write!(f, "… ({} octets)", self.0.len()) } else { Ok(()) }
    }
}
