//! `wsclose decode`: prints the frames in octets, with the flaws and the violated rules of each.

use std::io::{self, Write};

use wsclose::analysis::status::RunStatus;
use wsclose::harness::{FrameDisplay, Hex, Quoted};
use wsclose::protocol::assembler::{FrameAssembler, FramePart, KeptPayload};
use wsclose::protocol::close::CloseBody;
use wsclose::protocol::code::{CloseCode, Profile};
use wsclose::protocol::flaw::Flaw;
use wsclose::protocol::frame::{Header, Opcode, Status};
use wsclose::protocol::role::Role;
use wsclose::rules::{self, Rule};
use wsclose::script::{MAX_SCRIPT, ScriptError};

use crate::args;
use crate::commands::codes::may_send;
use crate::support::error::{CliError, ExitStatus};
use crate::support::files::{self, FileError};
use crate::support::hex;
use crate::support::output::Stdout;

/// Decodes the octets of the command line or of standard input.
pub fn run(args: &args::Decode, out: &mut Stdout) -> Result<ExitStatus, CliError> {
    let octets = match args.octets.as_slice() {
        [dash] if dash == "-" => standard_input()?,
        words => hex::parse(words)?,
    };
    let mut stream = StreamState { sender: args.sender, profile: args.profile, ..StreamState::default() };
    let mut frames = FrameAssembler::new(KeptPayload::UpTo(usize::MAX));
    let mut rest = octets.as_slice();
    let mut violated = Vec::new();
    let mut start = 0;
    while let Some(part) = frames.next(&mut rest) {
        match part {
            FramePart::Header(_) | FramePart::Payload(_) => {}
            FramePart::End(header) => {
                let frame = Frame { header, payload: frames.payload() };
                let end = octets.len() - rest.len();
                write!(out, "{start:>5}  ")?;
                violated.extend(stream.print_frame(&frame, &octets[start..end], true, out)?);
                start = end;
            }
        }
    }
    if start < octets.len() {
        write!(out, "{start:>5}  ")?;
        let left = &octets[start..];
        match frames.header() {
            Some(header) => {
                let frame = Frame { header, payload: frames.payload() };
                violated.extend(stream.print_frame(&frame, left, false, out)?);
                let missing = header.length.value() - frame.payload.len() as u64;
                writeln!(out, "       incomplete: {missing} more octets of payload are needed")?;
            }
            None => {
                let needed = match Header::decode(left) {
                    Status::Partial(needed) => needed - left.len(),
                    Status::Complete(..) => 0,
                };
                writeln!(out, "… {}", Hex(left))?;
                writeln!(out, "       incomplete: at least {needed} more octets of header are needed")?;
            }
        }
    } else if octets.is_empty() {
        writeln!(out, "no octets")?;
    }
    let fails = violated.iter().any(|rule: &Rule| rule.level().fails(args.strict));
    Ok(RunStatus::Fail.when(fails).into())
}

fn standard_input() -> Result<Vec<u8>, CliError> {
    let path = "standard input".to_owned();
    match files::read_bounded(io::stdin().lock()) {
        Ok(Ok(octets)) => Ok(octets),
        Ok(Err(found)) => {
            let error = ScriptError::TooLong(found);
            debug_assert!(found > MAX_SCRIPT);
            Err(FileError::InvalidScript { path, error }.into())
        }
        Err(source) => Err(FileError::Unreadable { path, source }.into()),
    }
}

struct Frame<'a> {
    header: Header,
    /// The unmasked payload, as far as it was received.
    payload: &'a [u8],
}

/// The state of the connection after the frames so far.
struct StreamState {
    sender: Role,
    profile: Profile,
    /// The opcode and octets of the unfinished message.
    message: Option<(Opcode, Vec<u8>)>,
    closed: bool,
}

impl Default for StreamState {
    fn default() -> StreamState {
        StreamState { sender: Role::Client, profile: Profile::default(), message: None, closed: false }
    }
}

impl StreamState {
    /// Prints a frame and its flaws, and returns the rules that it violates.
    fn print_frame(
        &mut self,
        frame: &Frame<'_>,
        octets: &[u8],
        is_complete: bool,
        out: &mut Stdout,
    ) -> Result<Vec<Rule>, CliError> {
        let Frame { header, payload } = frame;
        let unfinished = if is_complete { "" } else { " …" };
        let words = format!("{}{unfinished}", FrameDisplay { header, payload });
        writeln!(out, "{words:<40} {}", Hex(octets))?;
        let is_close = header.opcode == Opcode::Close;
        let mut findings: Vec<(Option<Rule>, String)> = Vec::new();
        let mut flaws: Vec<Flaw> = header.flaws(self.sender).iter().collect();
        flaws.extend(self.sequence_flaw(header));
        if is_complete && !header.opcode.is_control() {
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
        if is_close && is_complete {
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
