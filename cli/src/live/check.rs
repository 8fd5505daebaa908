//! A run against a live endpoint. In come who it is and what is asked of it, out comes a [`Run`].

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use wsclose::code::CloseCode;
use wsclose::judge::Verdict;
use wsclose::role::Role;
use wsclose::rule::{Rule, RuleSet};
use wsclose::vectors::{self, TestVector};

use super::cases::{self, Able, Case};
use super::endpoint::Pace;
use super::fuzz;
use super::opener::Trouble;
use super::play::{self, Clock, Player};
use super::run::{Played, Run, Timing};
use super::score::Score;
use super::tested::Tested;
use crate::matrix::curated;

/// How long an endpoint may take over anything before it is asked again with more patience.
pub const FIRST: Pace = Pace {
    open: Duration::from_secs(10),
    gap: Duration::from_millis(4),
    due: Duration::from_millis(500),
    tick: Duration::from_millis(50),
    limit: Duration::from_secs(5),
};

/// The same for one that is asked again, alone: two ticks are the second and a half after which "still open"
/// counts. Both grow with the round trip that was measured.
pub const ALONE: Pace = Pace {
    open: Duration::from_secs(10),
    gap: Duration::from_millis(60),
    due: Duration::from_millis(1500),
    tick: Duration::from_millis(750),
    limit: Duration::from_secs(10),
};

/// How long a run against a silent endpoint goes on to ask again: every answer that does not come costs seconds.
const SILENT: Duration = Duration::from_secs(1);

/// How many cases an endpoint that answers nothing at all is put through.
pub const SILENT_CASES: usize = 32;

/// What is asked of a run.
#[derive(Debug)]
pub struct Plan<'a> {
    /// Who is tested.
    pub tested: Tested<'a>,
    /// The cases, in order.
    pub cases: Vec<Case>,
    /// They are not all that there are.
    pub some_cases: bool,
    /// The rules that are looked at.
    pub rules: RuleSet,
    /// Whether `should` and `lenient` fail it too.
    pub strict: bool,
    /// How many connections at a time.
    pub jobs: usize,
    /// How long the whole may take.
    pub deadline: Duration,
    /// The seed of everything that is drawn.
    pub seed: u64,
    /// How long scripts are made and played beside the cases.
    pub fuzz: Option<Duration>,
    /// The rules that are known to be broken, and why.
    pub known: BTreeMap<Rule, String>,
    /// How the run is repeated.
    pub command: String,
    /// How it is repeated without making new scripts.
    pub again: String,
}

/// Which codes are received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codes {
    /// The edges of every class and some between.
    Some,
    /// All 65,536.
    All,
}

/// The cases of an endpoint: curated scripts, systematic ones, and what is malformed between two plain
/// connections.
pub fn cases(able: Able, codes: Codes) -> Vec<Case> {
    let of = |vector: &TestVector| able.case(vector.name.clone(), &vector.script);
    let curated: Vec<Case> = curated::built_in().iter().filter_map(of).collect();
    let systematic: Vec<Case> =
        vectors::reasons().chain(vectors::local_closes()).filter_map(|vector| of(&vector)).collect();
    let between: Vec<Case> = if able.reconnects && able.role == Role::Server {
        let single = |case: &&Case| {
            use wsclose::script::Step;
            !case.script.as_script().steps().any(|step| matches!(step, Step::Connect | Step::Repeat(_)))
        };
        curated.iter().filter(single).map(|case| able.between_plain(case)).collect()
    } else {
        Vec::new()
    };
    let received: Vec<Case> = match codes {
        Codes::Some => cases::some_codes().map(|code| cases::code_received(able, code)).collect(),
        Codes::All => CloseCode::all().map(|code| cases::code_received(able, code)).collect(),
    };
    let deflated: Vec<Case> = curated.iter().filter_map(|case| able.with_deflate(case)).collect();
    let mut all: Vec<Case> =
        [curated, systematic, between, received, deflated].into_iter().flatten().collect();
    // Scripts that differ in nothing but what cannot be seen on a socket are one case.
    let mut seen = std::collections::HashSet::new();
    all.retain(|case| seen.insert(case.script.octets().to_owned()));
    all
}

/// Makes the run. `step` is called for every case; `stop` ends it early.
pub fn run(plan: &Plan<'_>, stop: &AtomicBool, step: &(dyn Fn() + Sync)) -> Run {
    let begun = Instant::now();
    let clock = Clock { deadline: begun + plan.deadline, stop };
    let tested = plan.tested;
    let liveness = tested.able().liveness();
    let (mut notes, mut gone) = (Vec::new(), false);
    let mut first = Player::new(tested, ALONE);
    let mut score = Score::new([std::slice::from_ref(&liveness), &plan.cases].concat());
    let mut alive = first.play(&liveness);
    if tested.tells && alive.trouble.is_none() && !first.was_told() && !alive.breaks(Rule::NoPanic) {
        // What a program does not print is not what a library does not tell.
        alive.fail(Trouble::Mute);
    }
    let round_trip = first.round_trip();
    let mut spent = round_trip;
    let (absent, silent) = (alive.trouble.is_some(), alive.breaks(Rule::CloseAnswered));
    score.record(0, alive);
    if !absent {
        // An endpoint that leaves even a plain Close alone is asked little more: every answer costs its wait.
        let count = if silent { plan.cases.len().min(SILENT_CASES) } else { plan.cases.len() };
        if count < plan.cases.len() {
            notes.push(unanswered(plan.cases.len() - count, plan.cases.len()));
        }
        let first_pace = slower(FIRST, round_trip);
        let outcome = play::many(tested, &mut score, 1..count + 1, first_pace, plan.jobs, &clock, step);
        spent = spent.max(outcome.round_trip);
        if let Some(at) = outcome.lost {
            let from = at.saturating_sub(plan.jobs).max(1);
            let names: Vec<&str> = score.cases()[from..=at].iter().map(|case| case.name.as_str()).collect();
            let nobody = match tested.role() {
                Role::Server => "nobody could be connected to any more",
                Role::Client => "no client connected any more",
            };
            notes.push(format!("{nobody}; what was being played then: {}", names.join(", ")));
            gone = true;
        } else {
            let left_out = (1..=count).filter(|at| score.played(*at).is_none()).count();
            if left_out > 0 {
                notes.push(format!("{left_out} cases were left out, for the run had to end"));
            }
            if let Some(time) = plan.fuzz.filter(|_| !silent) {
                notes.push(fuzz::run(plan, &mut score, time, first_pace, &clock));
            }
            let alone = slower(ALONE, round_trip);
            let until = if silent { Instant::now() + SILENT } else { clock.deadline };
            let clock = Clock { deadline: until.min(clock.deadline), stop };
            play::again(tested, &mut score, alone, &clock, &|| step());
            if !silent {
                let last = first.play(&liveness);
                if last.trouble.is_some() || last.breaks(Rule::CloseAnswered) {
                    notes.push("after the last case a plain Close was no longer answered".to_owned());
                    gone = true;
                }
            }
        }
    }
    let timing = Timing { elapsed: begun.elapsed(), round_trip: spent };
    told(plan, &score, notes, gone || stop.load(Ordering::Relaxed), timing)
}

/// What is said of cases that are not played to an endpoint that leaves a plain Close alone.
pub fn unanswered(left_out: usize, all: usize) -> String {
    format!("a plain Close was not answered: {left_out} of {all} cases were left out")
}

/// The run that a score makes.
pub fn told(plan: &Plan<'_>, score: &Score, notes: Vec<String>, interrupted: bool, timing: Timing) -> Run {
    let (cases, sure) = score.told();
    let rules = Run::tell(&cases, plan.rules, plan.strict, &sure, &plan.known);
    let is_kept =
        |rule: Rule| rules.iter().any(|told| told.rule == rule && told.verdict == Verdict::Conforms);
    Run {
        version: env!("CARGO_PKG_VERSION"),
        endpoint: plan.tested.name().to_owned(),
        role: plan.tested.role(),
        profile: plan.tested.profile,
        seed: plan.seed,
        strict: plan.strict,
        command: plan.command.clone(),
        again: plan.again.clone(),
        // Who was not asked everything may break it elsewhere.
        stale: if plan.some_cases || interrupted {
            Vec::new()
        } else {
            plan.known.keys().copied().filter(|rule| is_kept(*rule)).collect()
        },
        cases,
        rules,
        notes,
        interrupted,
        timing,
    }
}

/// A pace for an endpoint whose opening handshake takes so long.
fn slower(pace: Pace, round_trip: Duration) -> Pace {
    Pace { gap: pace.gap + round_trip.min(pace.gap), tick: pace.tick + 2 * round_trip.min(pace.tick), ..pace }
}

/// Why nothing could be tested, if nothing could.
pub fn untested(run: &Run) -> Option<&Trouble> {
    if run.tested() { None } else { run.cases.iter().find_map(|case: &Played| case.trouble.as_ref()) }
}
