//! The body of the fuzz target `peers`: in comes a script, and every in-process peer plays it, with the
//! model as referee. A deviation that `baseline.toml` has is data; one that it does not have is a panic.

use std::cell::RefCell;

use wsclose::harness::driver::Limits;
use wsclose::harness::subject::Subject;
use wsclose::judge::Verdict;
use wsclose::model::endpoint::Model;
use wsclose::protocol::code::Profile;
use wsclose::rules::{Level, RuleSet};
use wsclose::script::{Script, ScriptBuf};
use wsclose::{Harness, Playback};
use wsclose_adapter::panic::install_filtered_hook;

use crate::baseline::Baseline;

struct FuzzState {
    harness: Harness,
    model: Model,
    subjects: Vec<Box<dyn Subject>>,
}

thread_local! {
    static STATE: RefCell<FuzzState> = RefCell::new({
        // A peer's panic is a finding like any other, and libFuzzer's hook would end the process.
        install_filtered_hook();
        FuzzState {
            harness: Harness::new(Profile::default()).with_limits(Limits::FUZZING),
            model: Model::new(Profile::default()),
            subjects: selected_subjects(),
        }
    });
}

/// The environment variable that chooses one peer, by name: alone it is faster, and only its news count.
pub const IMPLEMENTATION: &str = "WSCLOSE_IMPLEMENTATION";

/// Every in-process peer, or the one that was chosen.
fn selected_subjects() -> Vec<Box<dyn Subject>> {
    let Some(name) = std::env::var_os(IMPLEMENTATION) else { return crate::in_process() };
    let name = name.to_string_lossy();
    match crate::by_name(&name) {
        Some(peer) => vec![peer],
        None => {
            let names: Vec<&str> = crate::IMPLEMENTATIONS.iter().map(|peer| peer.name).collect();
            panic!(
                "expected {IMPLEMENTATION} to name a peer that was built ({}), found `{name}`",
                names.join(", ")
            );
        }
    }
}

/// Plays a script, in either form, to the model and to every in-process peer. Returns the rules that any of
/// them was judged by.
///
/// # Panics
/// If the judge faults the model, or a peer by a rule for which `baseline.toml` has no entry. Rules of level
/// `info` are never held against anyone.
pub fn implementations(octets: &[u8]) -> RuleSet {
    if octets.first().is_some_and(u8::is_ascii) {
        // A curated seed, in text.
        return ScriptBuf::read(octets).map_or(RuleSet::EMPTY, |script| play(script.as_script()));
    }
    Script::decode(octets).map_or(RuleSet::EMPTY, play)
}

fn play(script: Script<'_>) -> RuleSet {
    STATE.with_borrow_mut(|stage| {
        let played = stage.harness.play(script, &mut stage.model);
        assert!(played.findings.is_empty(), "the judge faults the model\n{script}\n{played}");
        let mut exercised = played.verdicts.with(Verdict::Conforms);
        for peer in &mut stage.subjects {
            let played = stage.harness.play(script, peer.as_mut());
            let name = peer.name();
            let news = played.findings.iter().find(|finding| {
                finding.level != Level::Info && !Baseline::builtin().contains(name, finding.rule)
            });
            if let Some(finding) = news {
                panic!(
                    "{name} breaks {} ({}): expected {}, found: {}\n{script}\n{played}",
                    finding.rule, finding.level, finding.expected, finding.actual
                );
            }
            let Playback { verdicts, .. } = played;
            exercised =
                exercised.union(verdicts.with(Verdict::Conforms)).union(verdicts.with(Verdict::Violates));
        }
        exercised
    })
}
