//! Runs all cases against a live endpoint and builds the report.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use wsclose::generate::vectors::{self, TestVector};
use wsclose::judge::Verdict;
use wsclose::protocol::code::CloseCode;
use wsclose::protocol::role::Role;
use wsclose::rules::{Capability, Rule, RuleSet};
use wsclose::script::Step;

use crate::doctor::{self, Depth, Diagnosis, Examined};
use crate::endpoint::features::EndpointFeatures;
use crate::endpoint::under_test::{ConnectMode, EndpointUnderTest};
use crate::run::case_result::CaseResult;
use crate::run::cases::{self, Case};
use crate::run::comparison;
use crate::run::config::{Codes, RunConfig};
use crate::run::event::Event;
use crate::run::generate;
use crate::run::late;
use crate::run::pace;
use crate::run::parallel::Deadline;
use crate::run::player::{self, Player};
use crate::run::results::{RuleResult, RunReport, Scope, Timing};
use crate::run::retry::ResultLedger;
use crate::run::runner::CaseRunner;
use crate::run::scenarios::{self, Extent};
use crate::run::timeouts::{CONFIRM, FAST, MEASURE, Pace};

/// How long re-runs of an unresponsive endpoint may start: each missing reply costs seconds.
const UNRESPONSIVE_RETRY_TIME: Duration = Duration::from_secs(1);

/// The least time for a further round of cases and confirmations.
const SHORTEST_ROUND: Duration = Duration::from_secs(2);

/// A case that waits for this many ticks is played before the others.
const LONG_WAIT: u32 = 15;

/// The program of a server that answers a plain Close later is not examined: it would look silent, or delay the run.
const PROMPT_ENOUGH: Duration = Duration::from_millis(100);

/// The number of cases that run against an endpoint that does not reply to a plain Close.
pub const UNRESPONSIVE_CASES: usize = 32;

/// The cases of an endpoint: curated scripts, systematic ones, recovery cases, close codes, compression, ends of TCP,
/// combinations of parameters, and patient cases.
pub fn cases(features: EndpointFeatures, codes: Codes, extent: Extent) -> Vec<Case> {
    let to_case = |vector: &TestVector| features.case(vector.name.clone(), &vector.script);
    let curated: Vec<Case> = TestVector::curated_corpus().iter().filter_map(to_case).collect();
    let systematic: Vec<Case> = vectors::reasons()
        .chain(vectors::local_closes())
        .chain(vectors::bursts())
        .filter_map(|vector| to_case(&vector))
        .collect();
    let requested: Vec<Case> =
        cases::boundary_codes().filter_map(|code| cases::code_requested(features, code)).collect();
    let recovery: Vec<Case> = if features.reconnects && features.role == Role::Server {
        let is_single = |case: &&Case| {
            !case.is_patient()
                && !case
                    .script
                    .as_script()
                    .steps()
                    .any(|step| matches!(step, Step::Connect | Step::Repeat(_)))
        };
        curated.iter().filter(is_single).map(|case| features.with_recovery_check(case)).collect()
    } else {
        Vec::new()
    };
    let received: Vec<Case> = match codes {
        Codes::Some => cases::some_codes().map(|code| cases::code_received(features, code)).collect(),
        Codes::All => CloseCode::all().map(|code| cases::code_received(features, code)).collect(),
    };
    let is_short = |case: &&Case| !case.is_patient();
    let deflated: Vec<Case> =
        curated.iter().filter(is_short).filter_map(|case| features.with_deflate(case)).collect();
    let (ends, patient) = (features.end_cases(), features.patient_cases());
    let scenarios = scenarios::cases(features, extent);
    let mut all: Vec<Case> =
        [curated, systematic, recovery, received, requested, deflated, ends, scenarios, patient]
            .into_iter()
            .flatten()
            .collect();
    // Scripts that differ only in steps that a socket does not show become equal cases.
    let mut seen = HashSet::new();
    all.retain(|case| seen.insert(case.script.octets().to_owned()));
    all
}

/// Runs the cases of `config` and builds the report.
///
/// A liveness case is the first. An endpoint that does not reply to its plain Close gets only a few cases.
pub fn run(config: &RunConfig<'_>) -> RunReport {
    let begun = Instant::now();
    let events = &config.events;
    let deadline = Deadline::after(config.timeout, config.interrupt.clone());
    let under_test = config.under_test;
    let liveness = under_test.features().liveness();
    let mut notes = config.notes.clone();
    events.emit(Event::RunStarted { cases: config.cases.len() + 1 });
    events.case_started(&liveness.name);
    let measuring = MEASURE.for_measuring(config.tick);
    let mut ledger =
        ResultLedger::new([std::slice::from_ref(&liveness), &config.cases].concat()).judging(config.rules);
    let mut runner = CaseRunner::new(under_test, measuring).until(&deadline);
    if under_test.process.is_some() {
        runner = runner.watching_for_exit(player::SHORT_EXIT_WAIT);
    }
    let mut player = Player::new(under_test, &deadline, events);
    let first = player.play_first(&mut runner, &liveness);
    if under_test.reports_close
        && first.error.is_none()
        && !runner.has_close_report()
        && !first.violates(Rule::NoPanic)
    {
        // This is no statement about the library, and the other rules do not need the line.
        notes.extend(under_test.stop_expecting_reports());
    }
    let mut pace = match first.latencies.close {
        Some(close) => pace::measure(under_test, &liveness, measuring, close, config.jobs.usual, &deadline),
        None => Pace::default(),
    };
    pace.round_trip = runner.round_trip();
    let (timeouts, patient) = (FAST.for_first_run(pace, config.tick), CONFIRM.for_retry(pace, config.tick));
    runner = CaseRunner::new(under_test, patient).until(&deadline);
    let jobs = pace.jobs(config.jobs);
    let (is_absent, is_unresponsive) = (first.error.is_some(), first.violates(Rule::CloseAnswered));
    events.case_finished(&first);
    ledger.record(0, first);
    let is_prompt = pace.start_up + pace.reaction <= PROMPT_ENOUGH;
    if !is_absent && !is_unresponsive && is_prompt && deadline.leaves(doctor::QUICK_LIMIT) {
        if let Some(diagnosis) = diagnose(under_test) {
            notes.extend(diagnosis.notes());
            if diagnosis.ends_on_text {
                ledger.leave_out(close_command_rules());
                notes.push(UNDECIDED_CLOSE_COMMAND.to_owned());
            }
        }
        player.revive_if_ended();
    }
    if !is_absent {
        let selected = selected_cases(&ledger, is_unresponsive);
        if selected.len() < config.cases.len() {
            notes.push(unresponsive_note(config.cases.len() - selected.len(), config.cases.len()));
        }
        let start_until =
            || if is_unresponsive { deadline.or_after(UNRESPONSIVE_RETRY_TIME) } else { deadline.clone() };
        // Without its confirmation no violation counts. So the cases get half of the time that is left, and the confirmations
        // what they need of the other half. Then it is the turn of the cases that are left.
        for round in 0.. {
            let has_violations = ledger.numbered().any(|(_, result)| !result.violations.is_empty());
            let until = if round == 0 || has_violations { deadline.half() } else { deadline.clone() };
            let pending = unplayed(&ledger, &selected);
            player.play_batch(&mut ledger, pending, timeouts, jobs, &until, events);
            if round == 0 {
                player.rerun_unconnected(&mut ledger, timeouts, &until);
                if !player.is_lost() {
                    let play = |case: &Case| player.play_alone(&mut runner, case);
                    comparison::compare(under_test.features(), &mut ledger, play, &deadline.half());
                }
                if !is_unresponsive && jobs > 1 {
                    player.play_cover(&mut ledger, config.rules, timeouts, &deadline.half());
                }
                if let Some(time) = config.fuzz.filter(|_| !is_unresponsive && !player.is_lost()) {
                    notes.push(generate::run(config, &mut player, &mut ledger, time, timeouts, &deadline));
                }
            }
            let start_until = start_until();
            player.confirm_patient(&mut ledger, patient, jobs, &start_until);
            player.confirm(&mut ledger, patient, timeouts, &start_until);
            let is_over = player.is_lost() || player.ends_too_often() || !deadline.leaves(SHORTEST_ROUND);
            if is_over || unplayed(&ledger, &selected).is_empty() {
                break;
            }
        }
        let left_out = unplayed(&ledger, &selected).len();
        if left_out > 0 {
            let why = match (deadline.is_interrupted(), player.is_lost(), player.ends_too_often()) {
                (true, _, _) => "the run was interrupted",
                (false, true, _) => "the run lost the endpoint",
                (false, false, true) => "the server ended too often",
                (false, false, false) => "the run timed out",
            };
            notes.push(format!("{left_out} cases were left out because {why}"));
        }
        if !player.is_lost() {
            late::classify(under_test, &mut ledger, timeouts, pace, &start_until());
        }
    }
    notes.extend(under_test.malformed_report());
    let last = Some(&liveness).filter(|_| !is_absent && !is_unresponsive);
    let timing = Timing {
        elapsed: begun.elapsed(),
        round_trip: pace.round_trip.max(player.round_trip()),
        start_up: pace.start_up,
        reaction: pace.reaction,
        tick: timeouts.tick,
    };
    let (more, responds) = player.finish(&mut runner, last, &ledger);
    notes.extend(more);
    let timing = Timing { elapsed: begun.elapsed(), ..timing };
    let report = build_report(config, &ledger, notes, !responds || config.interrupt.is_triggered(), timing);
    events.emit(Event::RunFinished { verdict: report.verdict() });
    report
}

/// What the program of a server does that may distort results. A client would have to connect once more.
fn diagnose(under_test: EndpointUnderTest<'_>) -> Option<Diagnosis> {
    let ConnectMode::Dial(target) = under_test.mode else { return None };
    let with_id = under_test.server_reports.map(|reports| target.with_connection_id(reports.next_id()));
    Some(doctor::examine(&Examined {
        target: with_id.as_ref().unwrap_or(target),
        close_command: under_test.close_command,
        depth: Depth::Quick,
        exit: &|| None,
    }))
}

/// The note on the rules that a program leaves open that closes, whatever the text.
const UNDECIDED_CLOSE_COMMAND: &str = "every text ends the connection, so a close command shows nothing: the rules on requested Closes are left out";

/// The rules on what an endpoint does if its application requests a Close.
fn close_command_rules() -> RuleSet {
    let needs_api = |rule: &Rule| rule.capability() == Capability::ExposesCloseApi;
    Rule::ALL.into_iter().filter(needs_api).collect()
}

/// The selected cases that have no result.
fn unplayed(ledger: &ResultLedger, selected: &[usize]) -> Vec<usize> {
    selected.iter().copied().filter(|at| ledger.result(*at).is_none()).collect()
}

/// The indices of the cases to run after the liveness case, in order: those that wait for long first, so that their waits
/// overlap with the others. An endpoint that is unresponsive gets a few short ones.
fn selected_cases(ledger: &ResultLedger, is_unresponsive: bool) -> Vec<usize> {
    let all = 1..ledger.cases().len();
    let (long, short): (Vec<usize>, Vec<usize>) =
        all.partition(|at| ledger.cases()[*at].ticks() >= LONG_WAIT);
    if is_unresponsive {
        short.into_iter().take(UNRESPONSIVE_CASES).collect()
    } else {
        [long, short].concat()
    }
}

/// The note about cases that do not run against an unresponsive endpoint.
pub fn unresponsive_note(left_out: usize, all: usize) -> String {
    format!("a plain Close was not answered: {left_out} of {all} cases were left out")
}

/// The report of the results in `ledger`.
pub fn build_report(
    config: &RunConfig<'_>,
    ledger: &ResultLedger,
    mut notes: Vec<String>,
    interrupted: bool,
    timing: Timing,
) -> RunReport {
    notes.extend(config.baseline.note());
    let (cases, confirmations): (Vec<CaseResult>, _) = ledger.finish();
    let role = config.under_test.role();
    let rules: Vec<RuleResult> =
        RunReport::summarize(&cases, config.rules, config.strict, &confirmations, &config.baseline)
            .into_iter()
            .map(|result| RuleResult { pattern: scenarios::pattern(role, &cases, result.rule), ..result })
            .collect();
    let left_out = ledger.left_out();
    let is_partial =
        config.is_filtered || interrupted || left_out > 0 || cases.iter().any(|case| case.error.is_some());
    let conforms =
        |rule: Rule| rules.iter().any(|result| result.rule == rule && result.verdict == Verdict::Conforms);
    RunReport {
        version: env!("CARGO_PKG_VERSION"),
        endpoint: config.name.clone().unwrap_or_else(|| config.under_test.name().to_owned()),
        role: config.under_test.role(),
        profile: config.under_test.profile,
        seed: config.seed,
        strict: config.strict,
        source_file: config.source_file.clone(),
        scope: Scope {
            selected: config.is_filtered
                || config.rules.len() < config.under_test.capabilities().rules().len(),
            close_command: config.under_test.close_command,
            reports_close: config.under_test.reports_close,
        },
        command: config.command.clone(),
        repro_base: config.repro_base.clone(),
        // A case that did not run may still violate a listed rule.
        stale: if is_partial {
            Vec::new()
        } else {
            config.baseline.rules().filter(|rule| conforms(*rule)).collect()
        },
        cases,
        rules,
        notes,
        left_out,
        interrupted,
        timing,
    }
}
