//! A subject that does one thing after another, whatever happens to it, and is judged for it.
#![allow(dead_code, reason = "each test has its own acts")]

use wsclose::harness::driver::Driver;
use wsclose::harness::subject::{Recorder, Stimulus, Subject};
use wsclose::judge::{Judge, Verdict};
use wsclose::protocol::code::{CloseCode, Profile};
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, Capability, Rule};
use wsclose::script::{MessageKind, ScriptBuf};

/// Something that a subject does.
#[derive(Clone, Copy, Debug)]
pub enum Act {
    /// Writes a Close with this code.
    Closes(u16),
    /// Writes these octets.
    Writes(&'static [u8]),
    ShutsDownWrite,
    ClosesTcp,
    Resets,
    /// ReportsClose its application of a closure: its code or none, and whether it was clean.
    ReportsClose(Option<u16>, Option<bool>),
    ReportsError,
    Delivers,
    /// Accepts what its application just asked for, or refuses it.
    Accepts,
    Refuses,
    Panics,
    Hangs,
}

/// The answer to a Ping that says `x`.
pub const PONG: Act = Act::Writes(&[0x8a, 1, b'x']);

/// What an endpoint does upon each thing that happens to it, ticks included, and then nothing more.
struct Plays<'a> {
    role: Role,
    acts: &'a [&'a [Act]],
    /// What it leaves to the program around it.
    left: &'a [Capability],
}

impl Plays<'_> {
    fn verdict(&self, steps: &str, rule: Rule) -> Verdict {
        let text = format!("wsclose 1\nrole {}\n{steps}", self.role);
        let script = ScriptBuf::read(text.as_bytes()).expect("a script");
        let (mut driver, mut judge) = (Driver::new(), Judge::new(Profile::default()));
        judge.judge(driver.drive(script.as_script(), &mut Playing { plays: self, next: 0 }));
        judge.verdicts().on(rule)
    }
}

/// Holds that a server that does these things while these steps are played gets this verdict.
pub fn assert_verdict(rule: Rule, verdict: Verdict, steps: &str, acts: &[&[Act]]) {
    assert_verdict_without(&[], rule, verdict, steps, acts);
}

/// The same for who leaves these duties to the program around it.
pub fn assert_verdict_without(
    left: &[Capability],
    rule: Rule,
    verdict: Verdict,
    steps: &str,
    acts: &[&[Act]],
) {
    assert_verdict_as(Role::Server, left, rule, verdict, steps, acts);
}

/// The same in this role.
pub fn assert_verdict_as(
    role: Role,
    left: &[Capability],
    rule: Rule,
    verdict: Verdict,
    steps: &str,
    acts: &[&[Act]],
) {
    let plays = Plays { role, acts, left };
    assert_eq!(plays.verdict(steps, rule), verdict, "{rule}, {acts:?} upon\n{steps}");
}

struct Playing<'a> {
    plays: &'a Plays<'a>,
    next: usize,
}

impl Subject for Playing<'_> {
    fn name(&self) -> &str {
        "plays"
    }

    fn capabilities(&self, _role: Role) -> Capabilities {
        Capabilities::ALL.without(self.plays.left)
    }

    fn connect(&mut self, _role: Role, _out: &mut Recorder) {
        self.next = 0;
    }

    fn react(&mut self, _stimulus: Stimulus<'_>, out: &mut Recorder) {
        for act in self.plays.acts.get(self.next).copied().unwrap_or_default() {
            match *act {
                Act::Closes(code) => {
                    let [high, low] = code.to_be_bytes();
                    match self.plays.role {
                        Role::Client => out.sent(&[0x88, 0x82, 1, 2, 3, 4, high ^ 1, low ^ 2]),
                        Role::Server => out.sent(&[0x88, 2, high, low]),
                    }
                }
                Act::Writes(octets) => out.sent(octets),
                Act::ShutsDownWrite => out.write_shutdown(),
                Act::ClosesTcp => out.fin(),
                Act::Resets => out.reset(),
                Act::ReportsClose(code, clean) => out.reported(code.map(CloseCode), None, clean),
                Act::ReportsError => out.error_reported("an error"),
                Act::Delivers => out.message(MessageKind::Text, b"a"),
                Act::Accepts => out.request_accepted(),
                Act::Refuses => out.request_refused("a refusal"),
                Act::Panics => out.panicked("a panic"),
                Act::Hangs => out.hung(),
            }
        }
        self.next += 1;
    }
}
