//! Builds cases: scripts that can be run over a socket.
//!
//! Each connection ends with a wait, in which an endpoint can still do what it must. A client waits for the server to end
//! TCP first (RFC 6455 §7.1.1), so the peer of a client sends FIN before that wait at the latest.

use crate::endpoint::features::EndpointFeatures;
use wsclose::protocol::code::{Class, CloseCode};
use wsclose::protocol::frame::{Decoder, Header, Opcode, Piece};
use wsclose::protocol::role::Role;
use wsclose::script::{FrameStep, Payload, ScriptBuf, Step, Writer};

/// The wait at the end of every connection, in ticks: longer than the grace of the judge.
const TRAILING_WAIT: u8 = 2;

/// The longest wait inside a script that is supported, in ticks.
const LONGEST_WAIT: u8 = 3;

/// A script for a live endpoint, with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The name, which is the same in every run.
    pub name: String,
    /// The script.
    pub script: ScriptBuf,
    /// The opening handshake negotiates permessage-deflate (RFC 7692).
    pub deflate: bool,
}

impl EndpointFeatures {
    /// Whether the step can be run against the endpoint.
    fn supports(self, step: &Step<'_>) -> bool {
        match step {
            Step::Frame(_) | Step::Octets { .. } | Step::Fin | Step::Reset | Step::Note(_) => true,
            Step::AppClose(_) => self.close_command,
            Step::Connect | Step::Repeat(_) => self.reconnects,
            Step::Wait(ticks) => *ticks <= LONGEST_WAIT,
            // The harness controls neither the program of the endpoint nor the buffers of its kernel.
            Step::AppSend { .. }
            | Step::Pause
            | Step::Resume
            | Step::PeerGone(_)
            | Step::PeerPause
            | Step::PeerResume => false,
        }
    }

    /// The case of a script, if every step of it is supported.
    pub fn case(self, name: String, script: &ScriptBuf) -> Option<Case> {
        let steps: Vec<Step<'_>> = script.as_script().steps().collect();
        let is_supported =
            steps.iter().all(|step| self.supports(step)) && self.close_commands_deliverable(&steps);
        is_supported.then(|| Case { name, script: self.with_trailing_wait(&steps), deflate: false })
    }

    /// Whether every close request comes between two messages and before the peer's Close: the request is sent as a
    /// message.
    fn close_commands_deliverable(self, steps: &[Step<'_>]) -> bool {
        let (mut decoder, mut in_message, mut is_over) = (Decoder::new(), false, false);
        let mut octets = Vec::new();
        steps.iter().all(|step| {
            octets.clear();
            step.write(self.role.peer(), &mut octets);
            if step.begins_connection() {
                (decoder, in_message, is_over) = (Decoder::new(), false, false);
            } else if matches!(step, Step::AppClose(_)) {
                return decoder.at_boundary() && !in_message && !is_over;
            }
            is_over |= matches!(step, Step::Fin | Step::Reset);
            let mut rest = octets.as_slice();
            while let Some(piece) = decoder.next(&mut rest) {
                match piece {
                    Piece::Header(Header { opcode: Opcode::Close, .. }) => is_over = true,
                    Piece::Header(Header { opcode, fin, .. }) if !opcode.is_control() => in_message = !fin,
                    Piece::Header(_) | Piece::Payload { .. } | Piece::End => {}
                }
            }
            true
        })
    }

    /// The steps, with a wait at the end of every connection.
    fn with_trailing_wait(self, steps: &[Step<'_>]) -> ScriptBuf {
        let mut writer = Writer::new(self.role);
        let (mut open, mut peer_ended) = (false, false);
        let close = |writer: &mut Writer, open: bool, peer_ended: bool| {
            if !open {
                return;
            }
            match self.role {
                Role::Client if !peer_ended => writer.step(&Step::Fin),
                Role::Client | Role::Server => {}
            }
            writer.step(&Step::Wait(TRAILING_WAIT));
        };
        for step in steps {
            if step.begins_connection() {
                close(&mut writer, open, peer_ended);
                peer_ended = false;
            }
            // A repetition repeats the end and the wait too.
            open = !matches!(step, Step::Repeat(_));
            peer_ended |= matches!(step, Step::Fin | Step::Reset);
            writer.step(step);
        }
        close(&mut writer, open, peer_ended);
        ScriptBuf::read(&writer.into_octets()).expect("a writer writes valid scripts")
    }

    /// The case between two connections with a plain Close, of which the second must go like the first.
    pub fn with_recovery_check(self, case: &Case) -> Case {
        let mut steps = vec![plain_close(), Step::Connect];
        steps.extend(case.script.as_script().steps());
        steps.extend([Step::Connect, plain_close()]);
        Case {
            name: format!("recovery/{}", case.name),
            script: self.with_trailing_wait(&steps),
            deflate: false,
        }
    }

    /// The case with compression, if the peer sends no frames but Closes: only data frames can be compressed (RFC 7692
    /// §6).
    pub fn with_deflate(self, case: &Case) -> Option<Case> {
        let steps: Vec<Step<'_>> = case.script.as_script().steps().collect();
        let is_close = |step: &Step<'_>| match step {
            Step::Frame(frame) => Some(frame.opcode == Opcode::Close),
            Step::Octets { .. }
            | Step::Connect
            | Step::Repeat(_)
            | Step::AppClose(_)
            | Step::AppSend { .. } => Some(false),
            Step::Fin
            | Step::Reset
            | Step::PeerGone(_)
            | Step::PeerPause
            | Step::PeerResume
            | Step::Pause
            | Step::Resume
            | Step::Wait(_)
            | Step::Note(_) => None,
        };
        let mut closes = steps.iter().filter_map(is_close).peekable();
        let applies = closes.peek().is_some() && closes.all(|close| close);
        let note = Step::Note("permessage-deflate is offered");
        let noted: Vec<Step<'_>> = [note].into_iter().chain(steps.iter().copied()).collect();
        let mut writer = Writer::new(self.role);
        noted.iter().for_each(|step| writer.step(step));
        let script = ScriptBuf::read(&writer.into_octets()).expect("a writer writes valid scripts");
        applies.then(|| Case { name: format!("deflate/{}", case.name), script, deflate: true })
    }

    /// The simplest case: the peer sends a plain Close.
    pub fn liveness(self) -> Case {
        Case {
            name: "liveness".to_owned(),
            script: self.with_trailing_wait(&[plain_close()]),
            deflate: false,
        }
    }
}

fn plain_close() -> Step<'static> {
    let payload = Payload { code: Some(CloseCode(3333)), ..Payload::EMPTY };
    Step::Frame(FrameStep::of(Opcode::Close, payload))
}

/// The codes of a default run: both sides of every boundary between classes, the codes around 1000, and a sample of the
/// others.
pub fn some_codes() -> impl Iterator<Item = CloseCode> {
    let edges: Vec<u16> = CloseCode::all()
        .map(|code| code.0)
        .filter(|code| code.checked_sub(1).is_none_or(|before| class(before) != class(*code)))
        .flat_map(|edge| [edge.saturating_sub(1), edge])
        .collect();
    CloseCode::all().filter(move |code| {
        let CloseCode(n) = *code;
        edges.contains(&n) || (996..1020).contains(&n) || n % 499 == 0 || n.is_power_of_two()
    })
}

fn class(code: u16) -> Class {
    CloseCode(code).class()
}

/// A Close with this code and no reason.
pub fn code_received(features: EndpointFeatures, code: CloseCode) -> Case {
    let payload = Payload { code: Some(code), ..Payload::EMPTY };
    let close = Step::Frame(FrameStep::of(Opcode::Close, payload));
    Case {
        name: format!("code-received/{code}"),
        script: features.with_trailing_wait(&[close]),
        deflate: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn close_command_needs_a_message_boundary() {
        let features = EndpointFeatures { role: Role::Server, close_command: true, reconnects: true };
        let is_case = |steps: &str| {
            let text = format!("wsclose 1\nrole server\n{steps}");
            features.case(String::new(), &ScriptBuf::read(text.as_bytes()).expect("a script")).is_some()
        };
        assert!(is_case("app close 1000\n> close 1000\n"));
        assert!(is_case("> text \"a\"\napp close 1000\n"));
        assert!(is_case("> close 1000\nconnect\napp close 1000\n"));
        assert!(!is_case("> text \"a\" fin=0\napp close 1000\n"), "inside a message");
        assert!(!is_case("> text \"a\" claim=9\napp close 1000\n"), "inside a frame");
        assert!(!is_case("> close 1000\napp close 1000\n"), "after the peer's Close");
        assert!(!is_case("> fin\napp close 1000\n"), "after the peer's FIN");
        let without_command = EndpointFeatures { close_command: false, ..features };
        let script = ScriptBuf::read(b"wsclose 1\nrole server\napp close 1000\n").expect("a script");
        assert_eq!(without_command.case(String::new(), &script), None);
    }
}
