//! Defines an endpoint that reacts to each stimulus with the acts that a test lists, and asserts the judge's verdict.

use wsclose::harness::{Recorder, Stimulus, Subject};
use wsclose::judge::Verdict;
use wsclose::protocol::code::{CloseCode, Profile};
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, Capability, Rule};
use wsclose::script::{MessageKind, ScriptBuf};
use wsclose::{Harness, Playback};

/// One thing that the endpoint does.
#[derive(Clone, Copy, Debug)]
pub enum Act {
    /// Sends a Close with this code, masked if the endpoint is a client.
    Closes(u16),
    /// Sends these octets.
    Writes(&'static [u8]),
    /// Starts TLS.
    StartsTls,
    /// Sends close_notify.
    ClosesTls,
    /// Sends FIN and goes on reading.
    ShutsDownWrite,
    /// Closes TCP in both directions.
    ClosesTcp,
    /// Resets TCP.
    Resets,
    /// Reports a closure to its application: the code, if any, and whether it was clean.
    ReportsClose(Option<u16>, Option<bool>),
    /// Reports a closure with 1000 and this reason to its application.
    ReportsReason(&'static str),
    /// Reports an error to its application.
    ReportsError,
    /// Delivers a text message to its application.
    Delivers,
    /// Accepts the latest request of its application.
    Accepts,
    /// Refuses the latest request of its application.
    Refuses,
    /// Panics.
    Panics,
    /// Does not become idle.
    Hangs,
    /// Uses this many more bytes of memory than when the connection began.
    UsesMemory(u64),
    /// Makes the endpoint report an error for every stimulus of the next connection.
    HarmsNextConnection,
}

/// The reply of a server to a Ping with the payload `x`.
pub const PONG: Act = Act::Writes(&[0x8a, 1, b'x']);

/// Asserts the verdict on a server with all capabilities: `acts[n]` are its acts after the stimulus with number `n`.
/// Each step of a script is a stimulus, and so is each tick.
#[track_caller]
pub fn assert_verdict(rule: Rule, verdict: Verdict, steps: &str, acts: &[&[Act]]) {
    assert_verdict_without(&[], rule, verdict, steps, acts);
}

/// Asserts the verdict on a server without the capabilities in `exempt`.
#[track_caller]
pub fn assert_verdict_without(
    exempt: &[Capability],
    rule: Rule,
    verdict: Verdict,
    steps: &str,
    acts: &[&[Act]],
) {
    assert_verdict_as(Role::Server, exempt, rule, verdict, steps, acts);
}

/// Asserts the verdict on an endpoint in this role without the capabilities in `exempt`.
#[track_caller]
pub fn assert_verdict_as(
    role: Role,
    exempt: &[Capability],
    rule: Rule,
    verdict: Verdict,
    steps: &str,
    acts: &[&[Act]],
) {
    play(role, exempt, steps, acts, |played| {
        let doing = format!("{rule}: a {role} that does {acts:?} in\n{steps}\n{played}");
        assert_eq!(played.verdicts.on(rule), verdict, "{doing}");
    });
}

/// The events at which a server with all capabilities violates the rule.
pub fn positions(rule: Rule, steps: &str, acts: &[&[Act]]) -> Vec<usize> {
    play(Role::Server, &[], steps, acts, |played| {
        played.findings.iter().filter(|finding| finding.rule == rule).map(|finding| finding.at).collect()
    })
}

/// Plays the steps to an endpoint in this role, and reads the result.
#[track_caller]
fn play<T>(
    role: Role,
    exempt: &[Capability],
    steps: &str,
    acts: &[&[Act]],
    read: impl FnOnce(Playback<'_>) -> T,
) -> T {
    let text = format!("wsclose 1\nrole {role}\n{steps}");
    let script = ScriptBuf::read(text.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let mut subject = ScriptedSubject { role, acts, exempt, next: 0, harm: Harm::None };
    let mut harness = Harness::new(Profile::default());
    read(harness.play(script.as_script(), &mut subject))
}

/// Reacts to each stimulus with the next list of acts, and to further ones with nothing.
struct ScriptedSubject<'a> {
    role: Role,
    acts: &'a [&'a [Act]],
    exempt: &'a [Capability],
    next: usize,
    harm: Harm,
}

/// How an earlier connection affects this one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Harm {
    None,
    NextConnection,
    ThisConnection,
}

impl Subject for ScriptedSubject<'_> {
    fn name(&self) -> &str {
        "scripted"
    }

    fn capabilities(&self, _role: Role) -> Capabilities {
        Capabilities::ALL.without(self.exempt)
    }

    fn connect(&mut self, _role: Role, _out: &mut Recorder) {
        self.next = 0;
        self.harm = match self.harm {
            Harm::NextConnection => Harm::ThisConnection,
            Harm::None | Harm::ThisConnection => Harm::None,
        };
    }

    fn react(&mut self, _stimulus: Stimulus<'_>, out: &mut Recorder) {
        if self.harm == Harm::ThisConnection {
            out.error_reported("an error because of an earlier connection");
        }
        for act in self.acts.get(self.next).copied().unwrap_or_default() {
            match *act {
                Act::Closes(code) => {
                    let [high, low] = code.to_be_bytes();
                    match self.role {
                        Role::Client => out.sent(&[0x88, 0x82, 1, 2, 3, 4, high ^ 1, low ^ 2]),
                        Role::Server => out.sent(&[0x88, 2, high, low]),
                    }
                }
                Act::Writes(octets) => out.sent(octets),
                Act::StartsTls => out.tls_started(),
                Act::ClosesTls => out.tls_closed(),
                Act::ShutsDownWrite => out.write_shutdown(),
                Act::ClosesTcp => out.fin(),
                Act::Resets => out.reset(),
                Act::ReportsClose(code, clean) => out.reported(code.map(CloseCode), None, clean),
                Act::ReportsReason(reason) => out.reported(Some(CloseCode::NORMAL), Some(reason), None),
                Act::ReportsError => out.error_reported("an error"),
                Act::Delivers => out.message(MessageKind::Text, b"a"),
                Act::Accepts => out.request_accepted(),
                Act::Refuses => out.request_refused("a refusal"),
                Act::Panics => out.panicked("a panic"),
                Act::Hangs => out.hung(),
                Act::UsesMemory(bytes) => out.memory(bytes),
                Act::HarmsNextConnection => self.harm = Harm::NextConnection,
            }
        }
        self.next += 1;
    }
}
