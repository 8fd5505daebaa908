//! Builds cases: scripts that can be run over a socket.
//!
//! Each connection ends with a wait, in which an endpoint can still do what it must. A client waits for the server to end
//! TCP first (RFC 6455 §7.1.1), so the peer of a client sends FIN before that wait at the latest. Patient cases are the
//! exception: there the peer leaves TCP open for long.

use std::collections::BTreeSet;

use crate::endpoint::features::{EndpointFeatures, Unplayable};
use wsclose::generate::vectors::{CodeOrigin, CodeScript};
use wsclose::judge::TIMEOUT_TICKS;
use wsclose::protocol::code::{Class, CloseCode};
use wsclose::protocol::frame::Opcode;
use wsclose::protocol::role::Role;
use wsclose::script::{FrameStep, Payload, Script, ScriptBuf, Step, Writer};

/// The wait at the end of every connection, in ticks: longer than the grace of the judge.
const TRAILING_WAIT: u8 = 2;

/// The shortest wait, in ticks, after which the judge decides that an endpoint waits for ever. Its ticks are longer.
const PATIENT_WAIT: u8 = 16;
const _: () = assert!(PATIENT_WAIT as u32 == TIMEOUT_TICKS);

/// A case that is played to live endpoints only.
#[derive(Clone, Copy, Debug)]
pub struct LiveCase {
    /// The name, without `waiting/` or `ending/`.
    pub name: &'static str,
    /// What happens in it.
    pub note: &'static str,
    steps: &'static str,
}

/// The patient cases.
pub const PATIENT_CASES: [LiveCase; 9] = [
    LiveCase {
        name: "after-close",
        note: "The peer closes and leaves TCP open.",
        steps: "> close 3333\nwait 16\n",
    },
    LiveCase {
        name: "after-bad-frame",
        note: "The peer leaves TCP open after a frame that fails the connection.",
        steps: "> opcode=3\nwait 16\n",
    },
    LiveCase {
        name: "after-bad-reason",
        note: "The peer leaves TCP open after a reason that is not UTF-8.",
        steps: "> close 1000 hex:ff\nwait 16\n",
    },
    LiveCase {
        name: "after-bad-text",
        note: "The peer leaves TCP open after a text that is not UTF-8.",
        steps: "> text hex:ff\nwait 16\n",
    },
    LiveCase {
        name: "own-close",
        note: "The peer never answers the Close of the endpoint.",
        steps: "app close 1000\nwait 16\n",
    },
    LiveCase {
        name: "own-close-answered",
        note: "The peer answers the Close of the endpoint, and leaves TCP open.",
        steps: "app close 1000\n> close 1000\nwait 16\n",
    },
    LiveCase {
        name: "own-close-answered-badly",
        note: "The peer answers the Close of the endpoint by a flawed one, and leaves TCP open.",
        steps: "app close 1000\n> close 1000 hex:ff\nwait 16\n",
    },
    LiveCase {
        name: "own-close-answered-late",
        note: "The peer answers the Close of the endpoint after some idle time, and leaves TCP open.",
        steps: "app close 1000\nwait 15\n> close 1000\nwait 2\n",
    },
    LiveCase {
        name: "late-close",
        note: "The peer closes after some idle time.",
        // Two waits, because a single one of 16 ticks or more would make the case patient.
        steps: "wait 15\nwait 15\n> close 3333\nwait 2\n",
    },
];

/// Cases in which the peer ends TCP, most of them after a Close.
///
/// Only after a reset does the harness wait until the program of a client reports, so only a reset shows whether a Close
/// makes it hang. A client may read what comes first together with the opening handshake, so a Ping comes before the
/// Close that FIN follows at once.
pub const END_CASES: [LiveCase; 4] = [
    LiveCase {
        name: "empty-close-and-reset",
        note: "The peer sends an empty Close, and resets TCP.",
        steps: "> close\nwait 1\n> reset\n",
    },
    LiveCase {
        name: "close-of-one-byte-and-reset",
        note: "The peer sends a Close with a body of one octet, and resets TCP.",
        steps: "> close hex:03\nwait 1\n> reset\n",
    },
    LiveCase {
        name: "ping-then-close-and-fin",
        note: "The peer sends a Ping, and later a Close and FIN at once.",
        steps: "> ping\nwait 1\n> close 3333\n> fin glue\n",
    },
    LiveCase {
        name: "reset-before-another-connection",
        note: "The peer resets TCP while nothing is under way, and closes the next connection.",
        steps: "> ping\nwait 1\n> reset\nconnect\n> close 3333\n",
    },
];

/// A script for a live endpoint, with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The name, which is the same in every run.
    pub name: String,
    /// The script.
    pub script: ScriptBuf,
    /// The report shows the timeline of the case, whatever its verdicts are.
    pub show: bool,
}

impl Case {
    /// The ticks that it waits, without those of repetitions.
    pub fn ticks(&self) -> u32 {
        let ticks = |step: Step<'_>| if let Step::Wait(ticks) = step { u32::from(ticks) } else { 0 };
        self.script.as_script().steps().map(ticks).sum()
    }

    /// Whether the endpoint has the time to give up waiting for its peer. An endpoint that acts at once takes none of it.
    pub fn is_patient(&self) -> bool {
        let is_long = |step: Step<'_>| matches!(step, Step::Wait(ticks) if ticks >= PATIENT_WAIT);
        self.script.as_script().steps().any(is_long)
    }
}

impl EndpointFeatures {
    /// The case of a script, if every step of it is supported. A patient script has one connection, and is not for a client that
    /// connects on its own, for one case after another.
    pub fn case(self, name: String, script: &ScriptBuf) -> Option<Case> {
        let steps: Vec<Step<'_>> = script.as_script().steps().collect();
        // A client that sends frames with its opening handshake violates §4.1, so nothing follows for the server.
        let is_early = |step: &Step<'_>| self.role == Role::Server && step.is_placed_with_opening();
        (self.unplayable(&steps).is_none() && !steps.iter().any(is_early)).then_some(())?;
        let case = Case { name, script: self.with_trailing_wait(script.as_script(), &steps), show: false };
        let is_single = !steps.iter().any(Step::begins_connection);
        (!case.is_patient() || self.reconnects && is_single).then_some(case)
    }

    /// Cases in which the peer does not end TCP, and waits: each shows what an endpoint does of its own accord.
    pub fn patient_cases(self) -> Vec<Case> {
        let case = |LiveCase { name, note, steps }: LiveCase| {
            let text = format!("wsclose 1\nrole {}\n# {note}\n{steps}", self.role.name());
            let script = ScriptBuf::read(text.as_bytes()).expect("a script");
            let is_playable = self.unplayable(&script.as_script().steps().collect::<Vec<_>>()).is_none();
            let case = Case { name: format!("waiting/{name}"), script, show: false };
            is_playable.then_some(case)
        };
        if self.reconnects { PATIENT_CASES.into_iter().filter_map(case).collect() } else { Vec::new() }
    }

    /// Cases in which the peer ends TCP after a Close.
    pub fn end_cases(self) -> Vec<Case> {
        let case = |LiveCase { name, note, steps }: LiveCase| {
            let text = format!("wsclose 2\nrole {}\n# {note}\n{steps}", self.role.name());
            let script = ScriptBuf::read(text.as_bytes()).expect("a script");
            self.case(format!("ending/{name}"), &script)
        };
        END_CASES.into_iter().filter_map(case).collect()
    }

    /// The case of a script that a user wrote: played as it is, with a wait at the end of every connection.
    pub fn case_of_user(self, name: String, script: &ScriptBuf) -> Result<Case, Unplayable> {
        let (role, steps) =
            (script.as_script().role(), script.as_script().steps().collect::<Vec<Step<'_>>>());
        if role != self.role {
            return Err(Unplayable::Role { script: role, endpoint: self.role });
        }
        if let Some(why) = self.unplayable(&steps) {
            return Err(why);
        }
        let script = self.with_waits(
            script.as_script(),
            &steps,
            |last| matches!(last, Step::Wait(ticks) if *ticks >= TRAILING_WAIT),
        );
        Ok(Case { name, script, show: false })
    }

    /// The steps as a script without extensions, with a wait at the end of every connection.
    fn of(self, steps: &[Step<'_>]) -> ScriptBuf {
        let empty = ScriptBuf::read(&Writer::new(self.role).into_octets()).expect("a script without steps");
        self.with_trailing_wait(empty.as_script(), steps)
    }

    /// The steps, with a wait at the end of every connection. They negotiate what `script` negotiates.
    fn with_trailing_wait(self, script: Script<'_>, steps: &[Step<'_>]) -> ScriptBuf {
        self.with_waits(script, steps, |_| false)
    }

    /// The steps, with a wait at the end of every connection whose last step is not an end itself.
    fn with_waits(
        self,
        script: Script<'_>,
        steps: &[Step<'_>],
        is_end: impl Fn(&Step<'_>) -> bool,
    ) -> ScriptBuf {
        let mut writer = script.writer(self.role);
        let (mut last, mut peer_ended) = (None, false);
        let close = |writer: &mut Writer, last: Option<&Step<'_>>, peer_ended: bool| {
            if last.is_none_or(&is_end) {
                return;
            }
            match self.role {
                Role::Client if !peer_ended => writer.step(&Step::Fin { glue: false }),
                Role::Client | Role::Server => {}
            }
            writer.step(&Step::Wait(TRAILING_WAIT));
        };
        for step in steps {
            if step.begins_connection() {
                close(&mut writer, last, peer_ended);
                peer_ended = false;
            }
            // A repetition repeats the end and the wait too.
            last = (!matches!(step, Step::Repeat(_))).then_some(step);
            peer_ended |= matches!(step, Step::Fin { .. } | Step::Reset);
            writer.step(step);
        }
        close(&mut writer, last, peer_ended);
        ScriptBuf::read(&writer.into_octets()).expect("a writer writes valid scripts")
    }

    /// The case between two connections with a plain Close, of which the second must go like the first.
    pub fn with_recovery_check(self, case: &Case) -> Case {
        let mut steps = vec![plain_close(), Step::Connect];
        steps.extend(case.script.as_script().steps());
        steps.extend([Step::Connect, plain_close()]);
        Case {
            name: format!("recovery/{}", case.name),
            script: self.with_trailing_wait(case.script.as_script(), &steps),
            show: false,
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
            Step::Fin { .. }
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
        let mut writer = Writer::new(self.role);
        writer.offer_deflate();
        steps.iter().for_each(|step| writer.step(step));
        let script = ScriptBuf::read(&writer.into_octets()).expect("a writer writes valid scripts");
        let applies = applies && !case.script.as_script().offers_deflate();
        applies.then(|| Case { name: format!("deflate/{}", case.name), script, show: false })
    }

    /// The simplest case: the peer sends a plain Close.
    pub fn liveness(self) -> Case {
        Case { name: "liveness".to_owned(), script: self.of(&[plain_close()]), show: false }
    }
}

fn plain_close() -> Step<'static> {
    let payload = Payload { code: Some(CloseCode(3333)), ..Payload::EMPTY };
    Step::Frame(FrameStep::of(Opcode::Close, payload))
}

/// The codes of a default run: both sides of every boundary between classes, the codes around 1000, and a sample of the
/// others.
pub fn some_codes() -> impl Iterator<Item = CloseCode> {
    let boundaries: BTreeSet<CloseCode> = boundary_codes().collect();
    CloseCode::all().filter(move |code| {
        let CloseCode(n) = *code;
        boundaries.contains(code) || n % 499 == 0 || n.is_power_of_two()
    })
}

/// Both sides of every boundary between classes, and the codes around 1000.
pub fn boundary_codes() -> impl Iterator<Item = CloseCode> {
    let edges: BTreeSet<u16> = CloseCode::all()
        .map(|code| code.0)
        .filter(|code| code.checked_sub(1).is_none_or(|before| class(before) != class(*code)))
        .flat_map(|edge| [edge.saturating_sub(1), edge])
        .collect();
    CloseCode::all().filter(move |code| edges.contains(&code.0) || (996..1020).contains(&code.0))
}

fn class(code: u16) -> Class {
    CloseCode(code).class()
}

/// The application of the endpoint closes with this code, if the endpoint can be asked to.
pub fn code_requested(features: EndpointFeatures, code: CloseCode) -> Option<Case> {
    let mut script = CodeScript::new(CodeOrigin::Requested);
    let name = script.name(code);
    let script = ScriptBuf::read(&script.with(code).encode()).expect("any code gives a script");
    features.case(name, &script)
}

/// A Close with this code and no reason.
pub fn code_received(features: EndpointFeatures, code: CloseCode) -> Case {
    let payload = Payload { code: Some(code), ..Payload::EMPTY };
    let close = Step::Frame(FrameStep::of(Opcode::Close, payload));
    Case { name: format!("code-received/{code}"), script: features.of(&[close]), show: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn features(role: Role) -> EndpointFeatures {
        EndpointFeatures { role, close_command: true, reconnects: true }
    }

    fn script(text: &str) -> ScriptBuf {
        ScriptBuf::read(text.as_bytes()).expect("a script")
    }

    #[test]
    fn frames_with_the_opening_handshake_are_built_in_for_clients_only() {
        let text = |role| format!("wsclose 2\nrole {role}\n> close 1000 with-opening\n");
        for role in Role::ALL {
            let script = script(&text(role));
            assert_eq!(features(role).case(String::new(), &script).is_some(), role == Role::Client);
            assert!(features(role).case_of_user(String::new(), &script).is_ok());
        }
    }

    #[test]
    fn patient_scripts_have_one_connection_and_the_harness_starts_it() {
        let script = script("wsclose 1\nrole server\n> close 1000\nwait 16\n");
        let of_a_loop = EndpointFeatures { reconnects: false, ..features(Role::Server) };
        assert!(features(Role::Server).case(String::new(), &script).is_some_and(|case| case.is_patient()));
        assert_eq!(of_a_loop.case(String::new(), &script), None);
        assert!(of_a_loop.patient_cases().is_empty());
        let two = ScriptBuf::read(b"wsclose 1\nrole server\nwait 16\nconnect\n> close\n").expect("a script");
        assert_eq!(features(Role::Server).case(String::new(), &two), None);
        let case = features(Role::Server).case_of_user("left-open".to_owned(), &script).expect("a case");
        assert_eq!((case.name.as_str(), &case.script), ("left-open", &script));
        let other = features(Role::Client).case_of_user(String::new(), &script);
        assert_eq!(other, Err(Unplayable::Role { script: Role::Server, endpoint: Role::Client }));
    }

    #[test]
    fn user_script_gets_the_waits_that_it_lacks() {
        let played = |role: Role, steps: &str| {
            let script = script(&format!("wsclose 1\nrole {role}\n{steps}"));
            let case = features(role).case_of_user(String::new(), &script).expect("a case");
            // What is played is played in the same way when it is written to a file and read again.
            assert_eq!(features(role).case_of_user(String::new(), &case.script).as_ref(), Ok(&case));
            case.script.as_script().steps().map(|step| step.to_string()).collect::<Vec<_>>().join("; ")
        };
        assert_eq!(played(Role::Server, "> close\n"), "> close; wait 2");
        assert_eq!(played(Role::Server, "> close\nwait 3\n> fin\n"), "> close; wait 3; > fin; wait 2");
        assert_eq!(played(Role::Client, "> close\n"), "> close; > fin; wait 2");
        assert_eq!(
            played(Role::Server, "> close\nagain\nconnect\n> fin\nwait 2\n"),
            "> close; wait 2; again; connect; > fin; wait 2"
        );
    }

    #[test]
    fn peer_of_a_patient_case_leaves_tcp_open() {
        for role in Role::ALL {
            let cases = features(role).patient_cases();
            assert_eq!(cases.len(), PATIENT_CASES.len());
            for case in cases {
                assert!(
                    !case.script.as_script().steps().any(|step| matches!(step, Step::Fin { .. })),
                    "{case:?}"
                );
                assert!(
                    case.is_patient()
                        || case.name.ends_with("late-close")
                        || case.name.ends_with("answered-late"),
                    "{case:?}"
                );
            }
        }
        let closes = EndpointFeatures { close_command: false, ..features(Role::Server) }.patient_cases();
        assert_eq!(closes.len(), PATIENT_CASES.len() - 4);
    }
}
