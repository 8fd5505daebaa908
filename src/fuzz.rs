//! The bodies of the fuzz targets and properties, callable from anywhere: in come bytes, out comes what they
//! showed; an oracle that fails panics with what it saw.
//!
//! [`close_frame`] takes raw wire octets and reads them as either role's. [`closing_handshake`] takes a
//! script and plays it to the model, which must not be faulted, and to a faulty endpoint, whose fault must
//! be. The `peers` target lives beside the peers, in `wsclose-peers`.

mod frames;
mod seen;

pub use frames::{close_frame, utf8_valid_up_to};

use std::cell::RefCell;

use crate::closing::State;
use crate::code::Profile;
use crate::drive::{Driver, Limits};
use crate::judge::{Judge, PATIENCE, Verdict};
use crate::rule::{Rule, RuleSet};
use crate::script::{Script, ScriptBuf};
use crate::subject::{Entry, What};
use crate::subjects::faulty::{Fault, Faulty};
use crate::subjects::model::Model;
use crate::trace::Trace;
use seen::Seen;

/// What an input showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The rules that it exercised.
    pub rules: RuleSet,
    /// Whether it showed anything that no input before it showed on this thread: whether a fuzzer should look
    /// at the branches that it took.
    pub new: bool,
}

impl Shown {
    const NOTHING: Shown = Shown { rules: RuleSet::EMPTY, new: false };
}

/// Everything that playing scripts takes, kept from one to the next so that nothing is allocated.
struct Stage {
    driver: Driver,
    judge: Judge,
    model: Model,
    faulty: Vec<Faulty>,
    seen: Seen,
}

thread_local! {
    static STAGE: RefCell<Stage> = RefCell::new(Stage {
        driver: Driver::with_limits(Limits::QUICK),
        judge: Judge::new(Profile::default()),
        model: Model::new(Profile::default()),
        faulty: Fault::ALL.into_iter().map(Faulty::new).collect(),
        seen: Seen::nothing(),
    });
}

/// Of so many scripts, one is played to a faulty endpoint: it costs as much as playing it to the model.
const FAULTY_SHARE: usize = 16;

/// Plays a script, in either form, to the model and, one script in sixteen, to a faulty endpoint.
///
/// Oracles: the judge finds nothing against the model; a fault that shows in every Close is found wherever a
/// Close is written. The rules that it shows are those that the model was judged by and kept; what is new is how
/// the timeline of the model goes on.
pub fn closing_handshake(octets: &[u8]) -> Shown {
    if octets.first().is_some_and(u8::is_ascii) {
        // A curated seed, in text: somebody thought it worth looking at.
        let play = |script: ScriptBuf| Shown { new: true, ..play(script.as_script(), octets) };
        return ScriptBuf::read(octets).map_or(Shown::NOTHING, play);
    }
    Script::decode(octets).map_or(Shown::NOTHING, |script| play(script, octets))
}

fn play(script: Script<'_>, octets: &[u8]) -> Shown {
    STAGE.with_borrow_mut(|stage| {
        let trace = stage.driver.drive(script, &mut stage.model);
        let findings = stage.judge.judge(trace);
        assert!(findings.is_empty(), "the judge faults the model: {findings:?}\n{script}\n{trace}");
        let exercised = stage.judge.verdicts().with(Verdict::Conforms);
        stage.seen.begin(trace.role as u64);
        trace.entries().iter().for_each(|entry| stage.seen.then(sight(trace, entry)));
        // Which fault, if any: the input says, by a sum that every octet of it changes.
        let pick = octets.iter().fold(octets.len(), |sum, octet| sum.wrapping_add(usize::from(*octet)));
        if pick % FAULTY_SHARE == 0 {
            let index = pick / FAULTY_SHARE % stage.faulty.len();
            let fault = Fault::ALL[index];
            let trace = stage.driver.drive(script, &mut stage.faulty[index]);
            let found = stage.judge.judge(trace).iter().any(|finding| finding.rule == fault.rule());
            let wrote_a_close = exercised.contains(Rule::OneClose);
            assert!(
                found || !(wrote_a_close && fault.shows_in_every_close(script.role())),
                "the judge misses the fault {}\n{script}\n{trace}",
                fault.slug()
            );
        }
        Shown { rules: exercised, new: stage.seen.is_new() }
    })
}

/// What an entry of a timeline shows, as a number: what happened, and as much of how as decides what follows.
fn sight(trace: &Trace, entry: &Entry) -> u64 {
    let (what, how) = match entry.what {
        What::Connected { again } => (0, u64::from(again.is_some())),
        What::Received(_) => (1, 0),
        What::PeerFin => (2, 0),
        What::PeerReset => (3, 0),
        What::PeerGone(_) => (4, 0),
        What::PeerPaused => (5, 0),
        What::PeerResumed => (6, 0),
        What::AppClose { code, .. } => (7, u64::from(code.is_some())),
        What::AppSend { .. } => (8, 0),
        What::AppPause => (9, 0),
        What::AppResume => (10, 0),
        // The opcode.
        What::Sent(octets) => (11, trace.octets(octets).first().map_or(0, |first| u64::from(first & 0x0f))),
        What::HalfFin => (12, 0),
        What::Fin => (13, 0),
        What::Reset => (14, 0),
        What::Message { .. } => (15, 0),
        What::Reported { code, clean, .. } => {
            (16, code.map_or(0, |code| 2 + 2 * code.class() as u64) + u64::from(clean == Some(true)))
        }
        What::Errored(_) => (17, 0),
        What::Accepted => (18, 0),
        What::Refused(_) => (19, 0),
        What::Panicked(_) => (20, 0),
        What::Spinning => (21, 0),
        What::Memory(_) => (22, 0),
        What::Moved(from, to) => (23, number(from) << 3 | number(to)),
        What::Undelivered(_) => (24, 0),
        What::Note(_) => (25, 0),
        What::Ended => (26, u64::from(entry.tick > PATIENCE)),
        What::NotAsked(_) => (27, 0),
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
        assert!(close_frame(&close).new);
        assert!(!close_frame(&close).new);
        // Another code of the same sort, then another flaw.
        assert!(!close_frame(&[0x88, 0x02, 0x03, 0xe9]).new);
        assert!(close_frame(&unfinished).new);
        assert!(!close_frame(&unfinished).new);
    }

    #[test]
    fn a_timeline_that_came_before_shows_nothing_new_but_a_seed_is_always_looked_at() {
        let text = b"wsclose 1\nrole server\n> close 1000 \"bye\"\n";
        let binary = ScriptBuf::read(text).expect("a script").octets().to_vec();
        assert!(closing_handshake(&binary).new);
        let again = closing_handshake(&binary);
        assert!(!again.new);
        assert_eq!(closing_handshake(text), Shown { new: true, ..again });
    }
}
