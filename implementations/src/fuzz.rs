//! Fuzzes every in-process implementation: the body of the fuzz target `implementations`.
//!
//! Each script is driven on the model and on every implementation. A violation that `baseline.toml` does not list panics.

use std::cell::RefCell;

use wsclose::Harness;
use wsclose::fuzz::with_script;
use wsclose::harness::{Limits, Subject};
use wsclose::model::endpoint::Model;
use wsclose::protocol::code::Profile;
use wsclose::rules::RuleSet;
use wsclose::script::Script;
use wsclose_adapter::panic::install_filtered_hook;

use crate::baseline;

struct FuzzState {
    harness: Harness,
    model: Box<dyn Subject>,
    subjects: Vec<Box<dyn Subject>>,
}

thread_local! {
    static STATE: RefCell<FuzzState> = RefCell::new({
        // The panic of an implementation is a finding, but libFuzzer's panic hook would end the process.
        install_filtered_hook();
        FuzzState {
            harness: Harness::new(Profile::default()).with_limits(Limits::FUZZING),
            model: Box::new(Model::new(Profile::default())),
            subjects: selected_subjects(),
        }
    });
}

/// The environment variable that selects one implementation by name. Fuzzing only one is faster.
pub const IMPLEMENTATION: &str = "WSCLOSE_IMPLEMENTATION";

/// Every in-process implementation, or the selected one.
fn selected_subjects() -> Vec<Box<dyn Subject>> {
    let Some(name) = std::env::var_os(IMPLEMENTATION) else { return crate::in_process() };
    let name = name.to_string_lossy();
    match crate::by_name(&name) {
        Some(subject) => vec![subject],
        None => {
            let names: Vec<&str> =
                crate::IMPLEMENTATIONS.iter().map(|implementation| implementation.name).collect();
            panic!(
                "{IMPLEMENTATION}: expected an available implementation ({}), found `{name}`",
                names.join(", ")
            );
        }
    }
}

/// Drives a script, as text or in its binary form, on the model and on every in-process implementation.
///
/// Returns the rules that any of them was judged by. Invalid scripts exercise no rule.
///
/// # Panics
/// If the model violates a rule, or an implementation violates one that `baseline.toml` does not list for it. Violations
/// of a level that only warns do not count.
pub fn implementations(octets: &[u8]) -> RuleSet {
    with_script(octets, |script| STATE.with_borrow_mut(|state| state.play(script)))
}

impl FuzzState {
    fn play(&mut self, script: Script<'_>) -> RuleSet {
        let playback = self.harness.play(script, self.model.as_mut());
        assert!(playback.findings.is_empty(), "the model violates a rule\n{script}\n{playback}");
        let mut exercised = playback.exercised();
        for subject in &mut self.subjects {
            let playback = self.harness.play(script, subject.as_mut());
            let name = subject.name();
            let unlisted = playback.findings.iter().find(|finding| {
                finding.level.fails(false) && !baseline::builtin().contains(name, finding.rule)
            });
            if let Some(finding) = unlisted {
                panic!(
                    "{name} violates {} ({}): expected {}, found: {}\n{script}\n{playback}",
                    finding.rule, finding.level, finding.expected, finding.actual
                );
            }
            exercised = exercised.union(playback.exercised());
        }
        exercised
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wsclose::model::faults::{Fault, FaultyModel};
    use wsclose::script::ScriptBuf;

    fn play(model: Box<dyn Subject>, subject: Box<dyn Subject>) {
        let mut state =
            FuzzState { harness: Harness::new(Profile::default()), model, subjects: vec![subject] };
        let script = ScriptBuf::read(b"wsclose 1\nrole server\n> close 1000\n").expect("a script");
        state.play(script.as_script());
    }

    fn conforming() -> Box<dyn Subject> {
        Box::new(Model::new(Profile::default()))
    }

    fn faulty() -> Box<dyn Subject> {
        Box::new(FaultyModel::new(Fault::CloseWithoutFin))
    }

    #[test]
    fn no_fault_passes() {
        play(conforming(), conforming());
    }

    #[test]
    #[should_panic(expected = "the model violates a rule")]
    fn a_fault_of_the_model_is_found() {
        play(faulty(), conforming());
    }

    #[test]
    #[should_panic(expected = "close-without-fin violates close-fin (must)")]
    fn a_fault_of_an_implementation_is_found() {
        play(conforming(), faulty());
    }
}
