//! Prints frames with their octets, and what is wrong with them.

use std::fmt;
use std::io::Write;

use wsclose::harness::{FrameDisplay, Quoted};
use wsclose::protocol::close::CloseBody;
use wsclose::protocol::code::{CloseCode, Profile};
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

/// The payload of the last Close of each role, which may explain the reply.
#[derive(Default)]
pub struct LastCloses([Option<Vec<u8>>; 2]);

impl LastCloses {
    fn of(&self, role: Role) -> Option<&[u8]> {
        self.0[role as usize].as_deref()
    }

    fn note(&mut self, role: Role, payload: &[u8]) {
        self.0[role as usize] = Some(payload.to_vec());
    }
}

/// The state of a sender after its frames so far.
pub struct SenderState {
    sender: Role,
    profile: Profile,
    /// The opcode and octets of the unfinished message.
    message: Option<(Opcode, Vec<u8>)>,
    closed: bool,
}

impl SenderState {
    /// The state before the first frame.
    pub fn new(sender: Role, profile: Profile) -> SenderState {
        SenderState { sender, profile, message: None, closed: false }
    }

    /// Prints a frame and its flaws, and returns the rules that it violates.
    pub fn print(
        &mut self,
        frame: &Frame<'_>,
        closes: &mut LastCloses,
        out: &mut Stdout,
    ) -> Result<Vec<Rule>, CliError> {
        let Frame { header, payload, is_complete, .. } = frame;
        let unfinished = if *is_complete { "" } else { " …" };
        writeln!(out, "{}{unfinished}", FrameDisplay { header, payload })?;
        print_octets(frame, out)?;
        let is_close = header.opcode == Opcode::Close;
        let mut findings: Vec<(Option<Rule>, String)> = Vec::new();
        let mut flaws: Vec<Flaw> = header.flaws(self.sender).iter().collect();
        flaws.extend(self.sequence_flaw(header));
        if *is_complete && !header.opcode.is_control() {
            flaws.extend(self.add_to_message(frame));
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
            let hints = match closes.of(self.sender.peer()) {
                Some(received) => hint::of_reply(header, payload, received),
                None => hint::of_close(header, payload),
            };
            hints.iter().try_for_each(|hint| writeln!(out, "       hint, {hint}"))?;
            closes.note(self.sender, payload);
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

    /// Adds a data frame to its message. A complete text message must be UTF-8.
    fn add_to_message(&mut self, frame: &Frame<'_>) -> Option<Flaw> {
        let (kind, mut so_far) = match (frame.header.opcode, self.message.take()) {
            (Opcode::Continuation, Some(message)) => message,
            (Opcode::Continuation, None) => return None,
            (opcode, _) => (opcode, Vec::new()),
        };
        so_far.extend_from_slice(frame.payload);
        if !frame.header.fin {
            self.message = Some((kind, so_far));
            return None;
        }
        let broken = kind == Opcode::Text && std::str::from_utf8(&so_far).is_err();
        broken.then_some(Flaw::TextNotUtf8)
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
