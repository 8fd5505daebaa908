//! `wsclose check`: a server under test. In come a URL and options, out comes a [`Run`].

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use wsclose::code::{CloseCode, Profile};
use wsclose::judge::Verdict;
use wsclose::role::Role;
use wsclose::rule::{Duties, Duty, Rule, RuleSet};
use wsclose::vectors::{self, Vector};

use super::cases::{self, Able, Case};
use super::endpoint::{Pace, Trouble};
use super::play::{self, Clock, Player, Server};
use super::run::{Played, Run, Timing};
use super::target::Target;
use crate::matrix::curated;

/// How long an endpoint may take over anything before it is asked again with more patience.
const FIRST: Pace = Pace {
    open: Duration::from_secs(10),
    gap: Duration::from_millis(4),
    tick: Duration::from_millis(100),
    limit: Duration::from_secs(3),
};

/// The same for one that is asked again, alone: two ticks are the second and a half after which "still open"
/// counts. Both grow with the round trip that was measured.
const ALONE: Pace = Pace {
    open: Duration::from_secs(10),
    gap: Duration::from_millis(60),
    tick: Duration::from_millis(750),
    limit: Duration::from_secs(10),
};

/// The share of its time that a run against a silent endpoint may take to ask again.
const SILENT: Duration = Duration::from_secs(6);

/// How many cases an endpoint that answers nothing at all is put through.
const SILENT_CASES: usize = 64;

/// What is asked of a run.
#[derive(Debug)]
pub struct Plan<'a> {
    /// The server.
    pub server: Server<'a>,
    /// The cases, in order.
    pub cases: Vec<Case>,
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
    /// The rules that are known to be broken, and why.
    pub known: BTreeMap<Rule, String>,
    /// How the run is repeated.
    pub command: String,
}

/// Which codes are received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codes {
    /// The edges of every class and some between.
    Some,
    /// All 65,536.
    All,
}

/// The cases of a server: curated scripts, systematic ones, and what is malformed between two plain
/// connections.
pub fn cases(able: Able, codes: Codes) -> Vec<Case> {
    let of = |vector: &Vector| able.case(vector.name.clone(), &vector.script);
    let curated: Vec<Case> = curated::built_in().iter().filter_map(of).collect();
    let systematic: Vec<Case> =
        vectors::reasons().chain(vectors::local_closes()).filter_map(|vector| of(&vector)).collect();
    let between: Vec<Case> = if able.reconnects {
        let single = |case: &&Case| {
            use wsclose::script::Step;
            !case.script.as_script().steps().any(|step| matches!(step, Step::Connect | Step::Again(_)))
        };
        curated.iter().filter(single).map(|case| able.between_plain(case)).collect()
    } else {
        Vec::new()
    };
    let received: Vec<Case> = match codes {
        Codes::Some => cases::some_codes().map(|code| cases::code_received(able, code)).collect(),
        Codes::All => CloseCode::all().map(|code| cases::code_received(able, code)).collect(),
    };
    let mut all: Vec<Case> = [curated, systematic, between, received].into_iter().flatten().collect();
    // Scripts that differ in nothing but what cannot be seen on a socket are one case.
    let mut seen = std::collections::HashSet::new();
    all.retain(|case| seen.insert(case.script.octets().to_owned()));
    all
}

/// The rules that can be held against a server.
pub fn rules(commands: bool) -> RuleSet {
    let unseen = [Duty::Reports, Duty::ReportsClean, Duty::ShowsMemory];
    let duties = Duties::ALL.without(&unseen);
    let duties = if commands { duties } else { duties.without(&[Duty::OffersApi]) };
    duties.rules()
}

/// Makes the run. `step` is called for every case; `stop` ends it early.
pub fn run(plan: &Plan<'_>, stop: &AtomicBool, step: &(dyn Fn() + Sync)) -> Run {
    let begun = Instant::now();
    let clock = Clock { deadline: begun + plan.deadline, stop };
    let able = Able { role: Role::Server, commands: plan.server.commands, reconnects: true };
    let mut notes = Vec::new();
    let mut first = Player::new(plan.server, ALONE);
    let liveness = first.play(&able.liveness());
    let round_trip = first.round_trip();
    let mut cases = vec![able.liveness()];
    let mut played = vec![liveness];
    let mut sure = BTreeMap::new();
    let mut spent = round_trip;
    if played[0].trouble.is_none() {
        // An endpoint that leaves even a plain Close alone is asked little more: every answer costs its wait.
        let silent = played[0].breaks(Rule::CloseAnswered);
        let count = if silent { plan.cases.len().min(SILENT_CASES) } else { plan.cases.len() };
        if count < plan.cases.len() {
            notes.push(format!(
                "a plain Close was not answered: {} of {} cases were left out",
                plan.cases.len() - count,
                plan.cases.len()
            ));
        }
        let outcome =
            play::many(plan.server, &plan.cases[..count], slower(FIRST, round_trip), plan.jobs, &clock, step);
        spent = spent.max(outcome.round_trip);
        let mut left_out = 0;
        for (case, one) in plan.cases.iter().zip(outcome.played) {
            match one {
                Some(one) => {
                    cases.push(case.clone());
                    played.push(one);
                }
                None => left_out += 1,
            }
        }
        if left_out > 0 && outcome.lost.is_none() {
            notes.push(format!("{left_out} cases were left out, for the run had to end"));
        }
        if let Some(at) = outcome.lost {
            let from = at.saturating_sub(plan.jobs);
            let names: Vec<&str> = plan.cases[from..=at].iter().map(|case| case.name.as_str()).collect();
            notes.push(format!(
                "nobody could be connected to any more; what was being played then: {}",
                names.join(", ")
            ));
        } else {
            let alone = slower(ALONE, round_trip);
            let until = if silent { Instant::now() + SILENT } else { clock.deadline };
            let clock = Clock { deadline: until.min(clock.deadline), stop };
            sure = play::again(plan.server, &cases, &mut played, alone, &clock, &|| step());
            let last = first.play(&able.liveness());
            if !silent && (last.trouble.is_some() || last.breaks(Rule::CloseAnswered)) {
                notes.push("after the last case a plain Close was no longer answered".to_owned());
            }
        }
    }
    let stopped = stop.load(std::sync::atomic::Ordering::Relaxed);
    let told = Run::tell(&played, plan.rules, plan.strict, &sure, &plan.known);
    let stale = plan
        .known
        .keys()
        .copied()
        .filter(|rule| told.iter().any(|told| told.rule == *rule && told.verdict == Verdict::Conforms))
        .collect();
    Run {
        version: env!("CARGO_PKG_VERSION"),
        endpoint: plan.server.target.url.clone(),
        role: Role::Server,
        profile: plan.server.profile,
        seed: plan.seed,
        strict: plan.strict,
        command: plan.command.clone(),
        cases: played,
        rules: told,
        notes,
        stale,
        interrupted: stopped,
        timing: Timing { elapsed: begun.elapsed(), round_trip: spent },
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

/// The profile is for whoever builds a [`Server`].
pub fn server(target: &Target, profile: Profile, commands: bool) -> Server<'_> {
    Server { target, profile, commands }
}
