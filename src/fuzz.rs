//! The bodies of the fuzz targets and properties. Each function takes an input of a fuzzer and panics if a property
//! does not hold.
//!
//! [`close_frame`] decodes raw wire octets as the output of either role, and plays them to the model as the stream of its
//! peer. [`closing_handshake`] runs a script against the model, in which the judge must find no violation, and against
//! a faulty model, whose fault the judge must find. [`scenario()`] plays the script of a scenario to the model. The body of
//! the target `implementations` is in `wsclose-implementations`.

mod close_frame;
mod scenario;
mod stream;

pub use close_frame::{close_frame, close_frame_script, utf8_valid_up_to};
pub use scenario::scenario;

use std::cell::RefCell;

use crate::harness::{Limits, Subject};
use crate::judge::Verdict;
use crate::model::endpoint::Model;
use crate::model::faults::{Fault, FaultyModel};
use crate::playback::Harness;
use crate::protocol::code::Profile;
use crate::rules::{Rule, RuleSet};
use crate::script::{Script, ScriptBuf};

/// The model, in which the judge must find no violation. It is reused from script to script, so that a script allocates
/// nothing.
///
/// The tests of the targets put a faulty model in its place.
struct ConformingModel<M = Model> {
    harness: Harness,
    model: M,
}

impl ConformingModel {
    fn new(limits: Limits) -> ConformingModel {
        ConformingModel::of(Model::new(Profile::default()), limits)
    }
}

impl<M: Subject> ConformingModel<M> {
    fn of(model: M, limits: Limits) -> ConformingModel<M> {
        ConformingModel { harness: Harness::new(Profile::default()).with_limits(limits), model }
    }

    /// Plays a script to the model. Returns the rules to which it conformed.
    fn play(&mut self, script: Script<'_>) -> RuleSet {
        let playback = self.harness.play(script, &mut self.model);
        assert!(
            playback.findings.is_empty(),
            "the judge finds violations in the model:\n{script}\n{playback}"
        );
        playback.verdicts.with(Verdict::Conforms)
    }
}

/// The state that is reused from script to script.
struct FuzzState<M = Model> {
    model: ConformingModel<M>,
    harness: Harness,
    faulty: Vec<FaultyModel>,
}

thread_local! {
    static STATE: RefCell<FuzzState> = RefCell::new(FuzzState::new(ConformingModel::new(Limits::FUZZING)));
}

impl<M: Subject> FuzzState<M> {
    fn new(model: ConformingModel<M>) -> FuzzState<M> {
        FuzzState {
            model,
            harness: Harness::new(Profile::default()).with_limits(Limits::FUZZING),
            faulty: Fault::ALL.into_iter().map(FaultyModel::new).collect(),
        }
    }

    fn run(&mut self, script: Script<'_>, octets: &[u8]) -> RuleSet {
        let exercised = self.model.play(script);
        // The sum of the octets selects the fault, so that every mutation may change it.
        let selector = octets.iter().fold(octets.len(), |sum, octet| sum.wrapping_add(usize::from(*octet)));
        if selector.is_multiple_of(FAULTY_EVERY_N) {
            let index = selector / FAULTY_EVERY_N % self.faulty.len();
            let fault = Fault::ALL[index];
            let playback = self.harness.play(script, &mut self.faulty[index]);
            let found = playback.findings.iter().any(|finding| finding.rule == fault.rule());
            let sent_a_close = exercised.contains(Rule::OneClose);
            assert!(
                found || !(sent_a_close && fault.shows_in_every_close(script.role())),
                "the judge misses the fault {}\n{script}\n{playback}",
                fault.slug()
            );
        }
        exercised
    }
}

/// One script in this many also runs against a faulty model, because that run takes as long as the first.
const FAULTY_EVERY_N: usize = 16;

/// Runs a script, in text or binary form, against the model and, for a share of the scripts, against a faulty
/// model. Returns the rules to which the model conformed; the empty set for bytes that are no script.
///
/// # Panics
///
/// Panics if the judge finds a violation in the model, or if the judge misses a fault that shows in every Close
/// and a Close was sent.
pub fn closing_handshake(octets: &[u8]) -> RuleSet {
    with_script(octets, |script| STATE.with_borrow_mut(|state| state.run(script, octets)))
}

/// Calls `play` with the script of an input. Returns the empty set for bytes that are no script.
///
/// A curated seed is text, and is compiled. What a fuzzer makes of it is in binary form and is decoded in place.
pub fn with_script(octets: &[u8], play: impl FnOnce(Script<'_>) -> RuleSet) -> RuleSet {
    if octets.first().is_some_and(u8::is_ascii) {
        return ScriptBuf::read(octets).map_or(RuleSet::EMPTY, |script| play(script.as_script()));
    }
    Script::decode(octets).map_or(RuleSet::EMPTY, play)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_script_exercise_the_same_rules() {
        let text = b"wsclose 1\nrole server\n> close 1000 \"bye\"\n";
        let binary = ScriptBuf::read(text).expect("a script").octets().to_vec();
        let exercised = closing_handshake(&binary);
        assert!(exercised.contains(Rule::OneClose));
        assert_eq!(closing_handshake(text), exercised);
        assert!(closing_handshake(b"no script").is_empty());
    }

    const CLOSE: &str = "wsclose 1\nrole server\n> close 1000\n";

    #[test]
    #[should_panic(expected = "the judge finds violations in the model")]
    fn a_fault_of_the_model_is_found() {
        let model = ConformingModel::of(FaultyModel::new(Fault::CloseWithoutFin), Limits::FUZZING);
        let script = ScriptBuf::read(CLOSE.as_bytes()).expect("a script");
        FuzzState::new(model).run(script.as_script(), CLOSE.as_bytes());
    }

    #[test]
    #[should_panic(expected = "the judge misses the fault close-without-fin")]
    fn a_fault_that_the_judge_misses_is_found() {
        let mut state = FuzzState::new(ConformingModel::new(Limits::FUZZING));
        let index = Fault::ALL.iter().position(|fault| *fault == Fault::CloseWithoutFin).expect("a fault");
        // This fault shows only after many Pings, so the judge finds none in a lone Close.
        state.faulty[index] = FaultyModel::new(Fault::IgnoresCloseAfterTenPings);
        let script = ScriptBuf::read(CLOSE.as_bytes()).expect("a script");
        // These select every fault in turn.
        for len in 0..FAULTY_EVERY_N * Fault::ALL.len() {
            state.run(script.as_script(), &vec![0; len]);
        }
    }
}
