//! A subject that does what a test says, and is judged for it.

use wsclose::harness::driver::Driver;
use wsclose::harness::subject::{Recorder, Stimulus, Subject};
use wsclose::judge::{Judge, Verdict};
use wsclose::protocol::code::Profile;
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, Rule};
use wsclose::script::ScriptBuf;

/// A subject with all duties, a state that every connection begins anew, and this way to react.
pub struct FnSubject<S> {
    state: S,
    react: fn(&mut S, Stimulus<'_>, &mut Recorder),
}

impl<S: Default> FnSubject<S> {
    pub fn new(react: fn(&mut S, Stimulus<'_>, &mut Recorder)) -> FnSubject<S> {
        FnSubject { state: S::default(), react }
    }

    /// What is said of this rule, of a server that these steps are played to.
    pub fn verdict(mut self, steps: &str, rule: Rule) -> Verdict {
        let text = format!("wsclose 1\nrole server\n{steps}");
        let script = ScriptBuf::read(text.as_bytes()).expect("a script");
        let (mut driver, mut judge) = (Driver::new(), Judge::new(Profile::default()));
        judge.judge(driver.drive(script.as_script(), &mut self));
        judge.verdicts().on(rule)
    }
}

impl<S: Default> Subject for FnSubject<S> {
    fn name(&self) -> &str {
        "does"
    }

    fn capabilities(&self, _role: Role) -> Capabilities {
        Capabilities::ALL
    }

    fn connect(&mut self, _role: Role, _out: &mut Recorder) {
        self.state = S::default();
    }

    fn react(&mut self, stimulus: Stimulus<'_>, out: &mut Recorder) {
        (self.react)(&mut self.state, stimulus, out);
    }
}
