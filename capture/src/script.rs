//! A recording as a script: what the peer of a side sent, so that it can be played to any endpoint.

use std::fmt::Write;
use std::time::Duration;

use wsclose::protocol::assembler::{FrameAssembler, FramePart, KeptPayload};
use wsclose::protocol::close::{CloseBody, truncate_at_char_boundary};
use wsclose::protocol::frame::{Header, LengthForm, Opcode};
use wsclose::protocol::role::Role;
use wsclose::script::{ScriptBuf, ScriptError, Writer};

use crate::recording::RecordedKind;
use crate::session::Session;
use crate::side::{self, TICK};

/// The longest payload that a step writes as text.
const MAX_PAYLOAD: usize = 127;

/// The most ticks that a script waits in a row: enough for every timeout that the judge knows.
const MAX_WAIT: u64 = 32;

/// The script in which the peer of the side `role` sends what it sent in the recording. The application closes where the
/// side closed without a cause in what it had received. Other messages of the side are not in the script.
///
/// # Errors
///
/// If the script would be too long.
pub fn script(session: &Session, role: Role) -> Result<ScriptBuf, ScriptError> {
    let version = if session.deflate { 2 } else { 1 };
    let mut text = format!("wsclose {version}\nrole {role}\n");
    let requested = side::requested_close(session, role);
    let mut now = None;
    let mut waits = Duration::ZERO;
    for (at, event) in session.events.iter().enumerate() {
        if let (Some(before), Some(time)) = (now, event.time) {
            waits += time.saturating_sub(before);
            let ticks = (waits.as_secs() / TICK.as_secs()).min(MAX_WAIT);
            if ticks > 0 {
                let _ = writeln!(text, "wait {ticks}");
                waits = Duration::ZERO;
            }
        }
        now = event.time.or(now);
        match &event.kind {
            RecordedKind::Octets(octets) if event.from != role => sent(octets, role, &mut text),
            RecordedKind::Fin if event.from != role => text.push_str("> fin\n"),
            RecordedKind::Reset if event.from != role => text.push_str("> rst\n"),
            RecordedKind::Octets(_) if requested == Some(at) => {
                if let Some(close) = session.first_close(role) {
                    text.push_str("app close");
                    if let (Some(code), Some(reason)) = (close.code(), close.reason()) {
                        // A reason that is still too long after this shows the same.
                        let reason = truncate_at_char_boundary(reason, MAX_PAYLOAD);
                        let _ = write!(text, " {code} {}", payload(reason.as_bytes()));
                    }
                    text.push('\n');
                }
            }
            RecordedKind::Octets(_)
            | RecordedKind::Fin
            | RecordedKind::Reset
            | RecordedKind::Missing { .. }
            | RecordedKind::TlsClosed => {}
        }
    }
    ScriptBuf::read(text.as_bytes())
}

/// The steps that send a segment to the side `role`: as frames, or else as raw octets.
fn sent(octets: &[u8], role: Role, text: &mut String) {
    match frames(octets, role.peer()) {
        Some(steps) => text.push_str(&steps),
        None => {
            let mut writer = Writer::new(role);
            writer.segment(octets);
            let Ok(script) = ScriptBuf::read(writer.octets()) else { return };
            let steps = script.as_script().to_string();
            steps.lines().skip(2).for_each(|line| {
                let _ = writeln!(text, "{line}");
            });
        }
    }
}

/// The segment as one frame without a flaw.
fn frames(octets: &[u8], sender: Role) -> Option<String> {
    let mut assembler = FrameAssembler::new(KeptPayload::UpTo(MAX_PAYLOAD + 2));
    let mut rest = octets;
    let mut line = None;
    while let Some(part) = assembler.next(&mut rest) {
        if let FramePart::End(header) = part {
            if line.is_some() || !rest.is_empty() {
                return None;
            }
            line = Some(frame(&header, assembler.payload(), sender)?);
        }
    }
    line.filter(|_| assembler.at_boundary())
}

fn frame(header: &Header, octets: &[u8], sender: Role) -> Option<String> {
    let is_whole = header.length.value() == octets.len() as u64;
    let is_usual = header.fin
        && header.rsv == 0
        && header.mask.is_some() == (sender == Role::Client)
        && header.length.form() == LengthForm::Seven;
    if !is_whole || !is_usual {
        return None;
    }
    let words = match header.opcode {
        Opcode::Close => match CloseBody::parse(octets).ok()? {
            CloseBody::Empty => "close".to_owned(),
            CloseBody::Status { code, reason: "" } => format!("close {code}"),
            CloseBody::Status { code, reason } => format!("close {code} {}", payload(reason.as_bytes())),
        },
        Opcode::Text => format!("text {}", payload(octets)),
        Opcode::Binary => format!("binary {}", payload(octets)),
        Opcode::Ping => format!("ping {}", payload(octets)),
        Opcode::Pong => format!("pong {}", payload(octets)),
        Opcode::Continuation | Opcode::Reserved(_) => return None,
    };
    Some(format!("> {words}\n"))
}

/// A payload in quotes, or as hexadecimal digits if it is no plain ASCII text.
fn payload(octets: &[u8]) -> String {
    let is_plain = |octet: &u8| (0x20..0x7f).contains(octet) && !matches!(octet, b'"' | b'\\');
    if octets.iter().all(is_plain) {
        return format!("\"{}\"", String::from_utf8_lossy(octets));
    }
    octets.iter().fold("hex:".to_owned(), |text, octet| format!("{text}{octet:02x}"))
}
