//! What a live endpoint is put through. In come scripts, out come [`Case`]s that can be played over a socket:
//! each ends with the silence in which an endpoint may still do what it ought to. A client waits for the server to
//! end TCP first (RFC 6455 §7.1.1), so that to a client this happens at the latest then.

use crate::endpoint::features::EndpointFeatures;
use wsclose::protocol::code::{Class, CloseCode};
use wsclose::protocol::frame::{Decoder, Header, Opcode, Piece};
use wsclose::protocol::role::Role;
use wsclose::script::{FrameStep, Payload, ScriptBuf, Step, Writer};

/// The ticks of silence at the end of every connection: more than the judge's grace.
const TRAILING_WAIT: u8 = 2;

/// The longest silence in the middle of a script that is waited for, in ticks.
const LONGEST_WAIT: u8 = 3;

/// A script for a live endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Its name, the same in every run.
    pub name: String,
    /// The script.
    pub script: ScriptBuf,
    /// permessage-deflate (RFC 7692) is offered, or agreed to, in the opening handshake.
    pub deflate: bool,
}

impl EndpointFeatures {
    /// Whether the step can be played to it.
    fn supports(self, step: &Step<'_>) -> bool {
        match step {
            Step::Frame(_) | Step::Octets { .. } | Step::Fin | Step::Reset | Step::Note(_) => true,
            Step::AppClose(_) => self.close_command,
            Step::Connect | Step::Repeat(_) => self.reconnects,
            Step::Wait(ticks) => *ticks <= LONGEST_WAIT,
            // Its program reads and writes when it likes, and its kernel has buffers of its own.
            Step::AppSend { .. }
            | Step::Pause
            | Step::Resume
            | Step::PeerGone(_)
            | Step::PeerPause
            | Step::PeerResume => false,
        }
    }

    /// The case of a script, if all of it can be played.
    pub fn case(self, name: String, script: &ScriptBuf) -> Option<Case> {
        let steps: Vec<Step<'_>> = script.as_script().steps().collect();
        let can = steps.iter().all(|step| self.supports(step)) && self.close_commands_deliverable(&steps);
        can.then(|| Case { name, script: self.with_trailing_wait(&steps), deflate: false })
    }

    /// Whether every wish of the application's comes between two messages, and before the peer closes: it is a message
    /// itself.
    fn close_commands_deliverable(self, steps: &[Step<'_>]) -> bool {
        let (mut decoder, mut in_message, mut over) = (Decoder::new(), false, false);
        let mut octets = Vec::new();
        steps.iter().all(|step| {
            octets.clear();
            step.write(self.role.peer(), &mut octets);
            if step.begins_connection() {
                (decoder, in_message, over) = (Decoder::new(), false, false);
            } else if matches!(step, Step::AppClose(_)) {
                return decoder.at_boundary() && !in_message && !over;
            }
            over |= matches!(step, Step::Fin | Step::Reset);
            let mut rest = octets.as_slice();
            while let Some(piece) = decoder.next(&mut rest) {
                match piece {
                    Piece::Header(Header { opcode: Opcode::Close, .. }) => over = true,
                    Piece::Header(Header { opcode, fin, .. }) if !opcode.is_control() => in_message = !fin,
                    Piece::Header(_) | Piece::Payload { .. } | Piece::End => {}
                }
            }
            true
        })
    }

    /// The steps, with silence at the end of every connection.
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
            // A repetition repeats the end and the silence too.
            open = !matches!(step, Step::Repeat(_));
            peer_ended |= matches!(step, Step::Fin | Step::Reset);
            writer.step(step);
        }
        close(&mut writer, open, peer_ended);
        ScriptBuf::read(&writer.into_octets()).expect("what a writer wrote is a script")
    }

    /// A case between two plain connections: the second of them must go as the first did.
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

    /// A case where compression is negotiated, if its peer sends nothing but Closes: what an endpoint may compress is
    /// no matter of closing, and a Close is none of that (RFC 7692 §6).
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
        let fits = closes.peek().is_some() && closes.all(|close| close);
        let note = Step::Note("permessage-deflate is offered");
        let noted: Vec<Step<'_>> = [note].into_iter().chain(steps.iter().copied()).collect();
        let mut writer = Writer::new(self.role);
        noted.iter().for_each(|step| writer.step(step));
        let script = ScriptBuf::read(&writer.into_octets()).expect("what a writer wrote is a script");
        fits.then(|| Case { name: format!("deflate/{}", case.name), script, deflate: true })
    }

    /// The plainest of cases: the peer closes.
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

/// The codes of a default run: every one below 1100 that has a class of its own, and both sides of every edge.
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
        let able = EndpointFeatures { role: Role::Server, close_command: true, reconnects: true };
        let plays = |steps: &str| {
            let text = format!("wsclose 1\nrole server\n{steps}");
            able.case(String::new(), &ScriptBuf::read(text.as_bytes()).expect("a script")).is_some()
        };
        assert!(plays("app close 1000\n> close 1000\n"));
        assert!(plays("> text \"a\"\napp close 1000\n"));
        assert!(plays("> close 1000\nconnect\napp close 1000\n"));
        assert!(!plays("> text \"a\" fin=0\napp close 1000\n"), "within a message");
        assert!(!plays("> text \"a\" claim=9\napp close 1000\n"), "within a frame");
        assert!(!plays("> close 1000\napp close 1000\n"), "after the peer's Close");
        assert!(!plays("> fin\napp close 1000\n"), "after the peer's FIN");
        let silent = EndpointFeatures { close_command: false, ..able };
        let script = ScriptBuf::read(b"wsclose 1\nrole server\napp close 1000\n").expect("a script");
        assert_eq!(silent.case(String::new(), &script), None);
    }
}
