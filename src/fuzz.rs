//! The bodies of the fuzz targets and properties, callable from anywhere: in come bytes, out come the rules
//! that they exercised; an oracle that fails panics with what it saw.
//!
//! [`close_frame`] takes raw wire octets and reads them as either role's. [`closing_handshake`] takes a
//! script and plays it to the model, which must not be faulted, and to a faulty endpoint, whose fault must
//! be. The `peers` target lives beside the peers, in `wsclose-peers`.

mod frames;

pub use frames::{close_frame, utf8_valid_up_to};

use std::cell::RefCell;

use crate::code::Profile;
use crate::drive::{Driver, Limits};
use crate::judge::{Judge, Verdict};
use crate::rule::{Rule, RuleSet};
use crate::script::{Script, ScriptBuf};
use crate::subjects::faulty::{Fault, Faulty};
use crate::subjects::model::Model;

/// Everything that playing scripts takes, kept from one to the next so that nothing is allocated.
struct Stage {
    driver: Driver,
    judge: Judge,
    model: Model,
    faulty: Vec<Faulty>,
}

thread_local! {
    static STAGE: RefCell<Stage> = RefCell::new(Stage {
        driver: Driver::with_limits(Limits::QUICK),
        judge: Judge::new(Profile::default()),
        model: Model::new(Profile::default()),
        faulty: Fault::ALL.into_iter().map(Faulty::new).collect(),
    });
}

/// Plays a script, in either form, to the model and, one script in four, to a faulty endpoint.
///
/// Oracles: the judge finds nothing against the model; a fault that shows in every Close is found wherever a
/// Close is written. Returns the rules that the model was judged by and kept.
pub fn closing_handshake(octets: &[u8]) -> RuleSet {
    if octets.first().is_some_and(u8::is_ascii) {
        // A curated seed, in text.
        return ScriptBuf::read(octets).map_or(RuleSet::EMPTY, |script| play(script.as_script(), octets));
    }
    Script::decode(octets).map_or(RuleSet::EMPTY, |script| play(script, octets))
}

fn play(script: Script<'_>, octets: &[u8]) -> RuleSet {
    STAGE.with_borrow_mut(|stage| {
        let trace = stage.driver.drive(script, &mut stage.model);
        let findings = stage.judge.judge(trace);
        assert!(findings.is_empty(), "the judge faults the model: {findings:?}\n{script}\n{trace}");
        let exercised = stage.judge.verdicts().with(Verdict::Conforms);
        // Which fault, if any: the input says, by a sum that every octet of it changes.
        let pick = octets.iter().fold(octets.len(), |sum, octet| sum.wrapping_add(usize::from(*octet)));
        if pick % 4 == 0 {
            let index = pick / 4 % stage.faulty.len();
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
        exercised
    })
}
