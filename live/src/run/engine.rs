//! A run against a live endpoint. In come who it is and what is asked of it, out comes a [`Run`].

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use wsclose::generate::vectors::{self, TestVector};
use wsclose::judge::Verdict;
use wsclose::protocol::code::CloseCode;
use wsclose::protocol::role::Role;
use wsclose::rules::Rule;

use crate::endpoint::connection::CaseError;
use crate::endpoint::features::EndpointFeatures;
use crate::run::cases::{self, Case};
use crate::run::config::{Codes, RunConfig};
use crate::run::generate;
use crate::run::results::{CaseResult, RunReport, Timing};
use crate::run::retry::ResultLedger;
use crate::run::runner::{self, CaseRunner, Deadline};
use crate::run::subject::Timeouts;

/// How long an endpoint may take over anything before it is asked again with more patience.
pub const FAST: Timeouts = Timeouts {
    connect: Duration::from_secs(10),
    idle: Duration::from_millis(4),
    expected: Duration::from_millis(500),
    tick: Duration::from_millis(50),
    connection: Duration::from_secs(5),
};

/// The same for one that is asked again, alone: two ticks are the second and a half after which "still open"
/// counts. Both grow with the round trip that was measured.
pub const CONFIRM: Timeouts = Timeouts {
    connect: Duration::from_secs(10),
    idle: Duration::from_millis(60),
    expected: Duration::from_millis(1500),
    tick: Duration::from_millis(750),
    connection: Duration::from_secs(10),
};

/// How long a run against a silent endpoint goes on to ask again: every answer that does not come costs seconds.
const UNRESPONSIVE_RETRY_TIME: Duration = Duration::from_secs(1);

/// How many cases an endpoint that answers nothing at all is put through.
pub const UNRESPONSIVE_CASES: usize = 32;

/// The cases of an endpoint: curated scripts, systematic ones, and what is malformed between two plain
/// connections.
pub fn cases(features: EndpointFeatures, codes: Codes) -> Vec<Case> {
    let of = |vector: &TestVector| features.case(vector.name.clone(), &vector.script);
    let curated: Vec<Case> = TestVector::curated_corpus().iter().filter_map(of).collect();
    let systematic: Vec<Case> =
        vectors::reasons().chain(vectors::local_closes()).filter_map(|vector| of(&vector)).collect();
    let between: Vec<Case> = if features.reconnects && features.role == Role::Server {
        let single = |case: &&Case| {
            use wsclose::script::Step;
            !case.script.as_script().steps().any(|step| matches!(step, Step::Connect | Step::Repeat(_)))
        };
        curated.iter().filter(single).map(|case| features.with_recovery_check(case)).collect()
    } else {
        Vec::new()
    };
    let received: Vec<Case> = match codes {
        Codes::Some => cases::some_codes().map(|code| cases::code_received(features, code)).collect(),
        Codes::All => CloseCode::all().map(|code| cases::code_received(features, code)).collect(),
    };
    let deflated: Vec<Case> = curated.iter().filter_map(|case| features.with_deflate(case)).collect();
    let mut all: Vec<Case> =
        [curated, systematic, between, received, deflated].into_iter().flatten().collect();
    // Scripts that differ in nothing but what cannot be seen on a socket are one case.
    let mut seen = std::collections::HashSet::new();
    all.retain(|case| seen.insert(case.script.octets().to_owned()));
    all
}

/// Makes the run. `step` is called for every case; `stop` ends it early.
pub fn run(config: &RunConfig<'_>, stop: &AtomicBool, step: &(dyn Fn() + Sync)) -> RunReport {
    let begun = Instant::now();
    let clock = Deadline { at: begun + config.timeout, stop };
    let tested = config.under_test;
    let liveness = tested.features().liveness();
    let (mut notes, mut endpoint_lost) = (Vec::new(), false);
    let mut first = CaseRunner::new(tested, CONFIRM);
    let mut score = ResultLedger::new([std::slice::from_ref(&liveness), &config.cases].concat());
    let mut alive = first.run(&liveness);
    if tested.reports_close
        && alive.error.is_none()
        && !first.has_close_report()
        && !alive.violates(Rule::NoPanic)
    {
        // What a program does not print is not what a library does not tell.
        alive.invalidate(CaseError::NoCloseLine);
    }
    let round_trip = first.round_trip();
    let mut spent = round_trip;
    let (absent, silent) = (alive.error.is_some(), alive.violates(Rule::CloseAnswered));
    score.record(0, alive);
    if !absent {
        // An endpoint that leaves even a plain Close alone is asked little more: every answer costs its wait.
        let count = if silent { config.cases.len().min(UNRESPONSIVE_CASES) } else { config.cases.len() };
        if count < config.cases.len() {
            notes.push(unresponsive_note(config.cases.len() - count, config.cases.len()));
        }
        let first_pace = scale_timeouts(FAST, round_trip);
        let outcome =
            runner::run_parallel(tested, &mut score, 1..count + 1, first_pace, config.jobs, &clock, step);
        spent = spent.max(outcome.round_trip);
        if let Some(at) = outcome.unreachable_from {
            let from = at.saturating_sub(config.jobs).max(1);
            let names: Vec<&str> = score.cases()[from..=at].iter().map(|case| case.name.as_str()).collect();
            let nobody = match tested.role() {
                Role::Server => "nobody could be connected to any more",
                Role::Client => "no client connected any more",
            };
            notes.push(format!("{nobody}; what was being played then: {}", names.join(", ")));
            endpoint_lost = true;
        } else {
            let left_out = (1..=count).filter(|at| score.result(*at).is_none()).count();
            if left_out > 0 {
                notes.push(format!("{left_out} cases were left out, for the run had to end"));
            }
            if let Some(time) = config.fuzz.filter(|_| !silent) {
                notes.push(generate::run(config, &mut score, time, first_pace, &clock));
            }
            let alone = scale_timeouts(CONFIRM, round_trip);
            let until = if silent { Instant::now() + UNRESPONSIVE_RETRY_TIME } else { clock.at };
            let clock = Deadline { at: until.min(clock.at), stop };
            runner::confirm(tested, &mut score, alone, &clock, &|| step());
            if !silent {
                let last = first.run(&liveness);
                if last.error.is_some() || last.violates(Rule::CloseAnswered) {
                    notes.push("after the last case a plain Close was no longer answered".to_owned());
                    endpoint_lost = true;
                }
            }
        }
    }
    let timing = Timing { elapsed: begun.elapsed(), round_trip: spent };
    build_report(config, &score, notes, endpoint_lost || stop.load(Ordering::Relaxed), timing)
}

/// What is said of cases that are not played to an endpoint that leaves a plain Close alone.
pub fn unresponsive_note(left_out: usize, all: usize) -> String {
    format!("a plain Close was not answered: {left_out} of {all} cases were left out")
}

/// The run that a score makes.
pub fn build_report(
    config: &RunConfig<'_>,
    ledger: &ResultLedger,
    notes: Vec<String>,
    interrupted: bool,
    timing: Timing,
) -> RunReport {
    let (cases, sure) = ledger.finish();
    let rules = RunReport::summarize(&cases, config.rules, config.strict, &sure, &config.baseline);
    let is_kept =
        |rule: Rule| rules.iter().any(|told| told.rule == rule && told.verdict == Verdict::Conforms);
    RunReport {
        version: env!("CARGO_PKG_VERSION"),
        endpoint: config.under_test.name().to_owned(),
        role: config.under_test.role(),
        profile: config.under_test.profile,
        seed: config.seed,
        strict: config.strict,
        command: config.command.clone(),
        repro_base: config.repro_base.clone(),
        // Who was not asked everything may break it elsewhere.
        stale: if config.is_filtered || interrupted {
            Vec::new()
        } else {
            config.baseline.keys().copied().filter(|rule| is_kept(*rule)).collect()
        },
        cases,
        rules,
        notes,
        interrupted,
        timing,
    }
}

/// A pace for an endpoint whose opening handshake takes so long.
fn scale_timeouts(timeouts: Timeouts, round_trip: Duration) -> Timeouts {
    Timeouts {
        idle: timeouts.idle + round_trip.min(timeouts.idle),
        tick: timeouts.tick + 2 * round_trip.min(timeouts.tick),
        ..timeouts
    }
}

/// Why nothing could be tested, if nothing could.
pub fn first_error(run: &RunReport) -> Option<&CaseError> {
    if run.tested() { None } else { run.cases.iter().find_map(|case: &CaseResult| case.error.as_ref()) }
}
