//! The bodies of the fuzz targets and properties, callable from anywhere: in come bytes, out comes what they
//! showed; an oracle that fails panics with what it saw.
//!
//! [`close_frame`] takes raw wire octets and reads them as either role's. [`closing_handshake`] takes a
//! script and plays it to the model, which must not be faulted, and to a faulty endpoint, whose fault must
//! be. The `peers` target lives beside the peers, in `wsclose-implementations`.

mod close_frame;
mod novelty;

pub use close_frame::{close_frame, utf8_valid_up_to};

use std::cell::RefCell;

use crate::harness::driver::{Driver, Limits};
use crate::harness::subject::{TraceEvent, TraceEventKind};
use crate::harness::trace::Trace;
use crate::judge::{Judge, TIMEOUT_TICKS, Verdict};
use crate::model::endpoint::Model;
use crate::model::faults::{Fault, FaultyModel};
use crate::protocol::code::Profile;
use crate::protocol::state_machine::State;
use crate::rules::{Rule, RuleSet};
use crate::script::{Script, ScriptBuf};
use novelty::NoveltyMap;

/// What an input showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feedback {
    /// The rules that it exercised.
    pub rules_exercised: RuleSet,
    /// Whether it showed anything that no input before it showed on this thread: whether a fuzzer should look
    /// at the branches that it took.
    pub is_novel: bool,
}

impl Feedback {
    const NONE: Feedback = Feedback { rules_exercised: RuleSet::EMPTY, is_novel: false };
}

/// Everything that playing scripts takes, kept from one to the next so that nothing is allocated.
struct FuzzState {
    driver: Driver,
    judge: Judge,
    model: Model,
    faulty: Vec<FaultyModel>,
    novelty: NoveltyMap,
}

thread_local! {
    static STATE: RefCell<FuzzState> = RefCell::new(FuzzState {
        driver: Driver::with_limits(Limits::FUZZING),
        judge: Judge::new(Profile::default()),
        model: Model::new(Profile::default()),
        faulty: Fault::ALL.into_iter().map(FaultyModel::new).collect(),
        novelty: NoveltyMap::new(),
    });
}

/// Of so many scripts, one is played to a faulty endpoint: it costs as much as playing it to the model.
const FAULTY_EVERY_N: usize = 16;

/// Plays a script, in either form, to the model and, one script in sixteen, to a faulty endpoint.
///
/// Oracles: the judge finds nothing against the model; a fault that shows in every Close is found wherever a
/// Close is written. The rules that it shows are those that the model was judged by and kept; what is new is how
/// the timeline of the model goes on.
pub fn closing_handshake(octets: &[u8]) -> Feedback {
    if octets.first().is_some_and(u8::is_ascii) {
        // A curated seed, in text: somebody thought it worth looking at.
        let play = |script: ScriptBuf| Feedback { is_novel: true, ..play(script.as_script(), octets) };
        return ScriptBuf::read(octets).map_or(Feedback::NONE, play);
    }
    Script::decode(octets).map_or(Feedback::NONE, |script| play(script, octets))
}

fn play(script: Script<'_>, octets: &[u8]) -> Feedback {
    STATE.with_borrow_mut(|state| {
        let trace = state.driver.drive(script, &mut state.model);
        let findings = state.judge.judge(trace);
        assert!(findings.is_empty(), "the judge faults the model: {findings:?}\n{script}\n{trace}");
        let exercised = state.judge.verdicts().with(Verdict::Conforms);
        state.novelty.start_input(trace.role as u64);
        trace.events().iter().for_each(|entry| state.novelty.record(feature(trace, entry)));
        // Which fault, if any: the input says, by a sum that every octet of it changes.
        let pick = octets.iter().fold(octets.len(), |sum, octet| sum.wrapping_add(usize::from(*octet)));
        if pick % FAULTY_EVERY_N == 0 {
            let index = pick / FAULTY_EVERY_N % state.faulty.len();
            let fault = Fault::ALL[index];
            let trace = state.driver.drive(script, &mut state.faulty[index]);
            let found = state.judge.judge(trace).iter().any(|finding| finding.rule == fault.rule());
            let wrote_a_close = exercised.contains(Rule::OneClose);
            assert!(
                found || !(wrote_a_close && fault.shows_in_every_close(script.role())),
                "the judge misses the fault {}\n{script}\n{trace}",
                fault.slug()
            );
        }
        Feedback { rules_exercised: exercised, is_novel: state.novelty.is_novel() }
    })
}

/// What an entry of a timeline shows, as a number: what happened, and as much of how as decides what follows.
fn feature(trace: &Trace, entry: &TraceEvent) -> u64 {
    let (what, how) = match entry.kind {
        TraceEventKind::Connected { repeat: again } => (0, u64::from(again.is_some())),
        TraceEventKind::Received(_) => (1, 0),
        TraceEventKind::PeerFin => (2, 0),
        TraceEventKind::PeerReset => (3, 0),
        TraceEventKind::PeerGone(_) => (4, 0),
        TraceEventKind::PeerPaused => (5, 0),
        TraceEventKind::PeerResumed => (6, 0),
        TraceEventKind::AppClose { code, .. } => (7, u64::from(code.is_some())),
        TraceEventKind::AppSend { .. } => (8, 0),
        TraceEventKind::AppPause => (9, 0),
        TraceEventKind::AppResume => (10, 0),
        // The opcode.
        TraceEventKind::Sent(octets) => {
            (11, trace.octets(octets).first().map_or(0, |first| u64::from(first & 0x0f)))
        }
        TraceEventKind::WriteShutdown => (12, 0),
        TraceEventKind::Fin => (13, 0),
        TraceEventKind::Reset => (14, 0),
        TraceEventKind::Message { .. } => (15, 0),
        TraceEventKind::Reported { code, clean, .. } => {
            (16, code.map_or(0, |code| 2 + 2 * code.class() as u64) + u64::from(clean == Some(true)))
        }
        TraceEventKind::ErrorReported(_) => (17, 0),
        TraceEventKind::RequestAccepted => (18, 0),
        TraceEventKind::RequestRefused(_) => (19, 0),
        TraceEventKind::Panicked(_) => (20, 0),
        TraceEventKind::Hung => (21, 0),
        TraceEventKind::Memory(_) => (22, 0),
        TraceEventKind::StateChanged(from, to) => (23, number(from) << 3 | number(to)),
        TraceEventKind::Undelivered(_) => (24, 0),
        TraceEventKind::Note(_) => (25, 0),
        TraceEventKind::ScriptEnded => (26, u64::from(entry.tick > TIMEOUT_TICKS)),
        TraceEventKind::Unsupported(_) => (27, 0),
    };
    what << 8 | how
}

const fn number(state: State) -> u64 {
    match state {
        State::Open => 0,
        State::CloseSent => 1,
        State::CloseReceived => 2,
        State::CloseExchanged => 3,
        State::Failed => 4,
        State::Closed { clean: false } => 5,
        State::Closed { clean: true } => 6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_before_shows_nothing_new() {
        let close = [0x88, 0x02, 0x03, 0xe8];
        let unfinished = [0x08, 0x02, 0x03, 0xe8];
        assert!(close_frame(&close).is_novel);
        assert!(!close_frame(&close).is_novel);
        // Another code of the same sort, then another flaw.
        assert!(!close_frame(&[0x88, 0x02, 0x03, 0xe9]).is_novel);
        assert!(close_frame(&unfinished).is_novel);
        assert!(!close_frame(&unfinished).is_novel);
    }

    #[test]
    fn a_timeline_that_came_before_shows_nothing_new_but_a_seed_is_always_looked_at() {
        let text = b"wsclose 1\nrole server\n> close 1000 \"bye\"\n";
        let binary = ScriptBuf::read(text).expect("a script").octets().to_vec();
        assert!(closing_handshake(&binary).is_novel);
        let again = closing_handshake(&binary);
        assert!(!again.is_novel);
        assert_eq!(closing_handshake(text), Feedback { is_novel: true, ..again });
    }
}
