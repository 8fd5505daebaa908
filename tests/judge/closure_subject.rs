//! Defines an endpoint that reacts as a function says, and asks the judge for its verdict.

use wsclose::Harness;
use wsclose::harness::{Recorder, Stimulus, Subject};
use wsclose::judge::Verdict;
use wsclose::protocol::code::Profile;
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, Rule};
use wsclose::script::ScriptBuf;

/// An endpoint with all capabilities that reacts by a function and keeps state of type `S` for each connection.
pub struct FnSubject<S> {
    state: S,
    react: fn(&mut S, Stimulus<'_>, &mut Recorder),
}

impl<S: Default> FnSubject<S> {
    pub fn new(react: fn(&mut S, Stimulus<'_>, &mut Recorder)) -> FnSubject<S> {
        FnSubject { state: S::default(), react }
    }

    /// Runs a script with these steps on the endpoint, as a server, and returns the verdict on `rule`.
    pub fn verdict(mut self, steps: &str, rule: Rule) -> Verdict {
        let text = format!("wsclose 1\nrole server\n{steps}");
        let script = ScriptBuf::read(text.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{text}"));
        Harness::new(Profile::default()).play(script.as_script(), &mut self).verdicts.on(rule)
    }
}

impl<S: Default> Subject for FnSubject<S> {
    fn name(&self) -> &str {
        "function"
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
