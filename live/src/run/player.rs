//! Plays cases to one endpoint, and keeps going when a server exits: it finds the case that makes the server exit, and starts
//! the server again.

use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use wsclose::protocol::role::Role;
use wsclose::rules::{Rule, RuleSet};
use wsclose::script::Step;

use crate::endpoint::connection::CaseError;
use crate::endpoint::process::{self, Listening};
use crate::endpoint::under_test::{ConnectMode, EndpointUnderTest};
use crate::run::batch::{self, is_unreachable};
use crate::run::case_result::CaseResult;
use crate::run::cases::Case;
use crate::run::cover;
use crate::run::event::EventSink;
use crate::run::parallel::{Deadline, run_jobs};
use crate::run::retry::ResultLedger;
use crate::run::runner::CaseRunner;
use crate::run::timeouts::Timeouts;
use crate::sync::lock;

/// How often a server is started again in one run. After that, the remaining cases are left out.
const MAX_STARTS: usize = 60;

/// How many of these starts are kept for re-runs, so that what the cases showed can still be confirmed.
const STARTS_FOR_RERUNS: usize = 15;

/// How long a server that the harness did not start may take to listen again.
const RETURN_TIMEOUT: Duration = Duration::from_secs(5);

/// How often such a server is looked for.
const RETURN_INTERVAL: Duration = Duration::from_millis(50);

/// How long a server may take to exit in each tick after a connection: while the case is searched, and when it is confirmed.
pub const SHORT_EXIT_WAIT: Duration = Duration::from_millis(5);
const LONG_EXIT_WAIT: Duration = Duration::from_millis(300);

/// The least time for which a server must not exit on its own, if its exit is to be the effect of a case.
const CONTROL_TIME: Duration = Duration::from_millis(300);

/// How long cases are played alone that exercise every rule and every family, every rule in each family, and two connections.
const COVER_TIME: Duration = Duration::from_secs(20);
const PAIRS_COVER_TIME: Duration = Duration::from_millis(250);
const FURTHER_COVER_TIME: Duration = Duration::from_millis(400);

/// The number of cases that may have made a server exit that was found to have exited.
const MAX_SUSPECTS: usize = 6;

/// The number of re-runs in a row that may fail before the endpoint counts as the reason.
const MAX_FAILED_RERUNS: usize = 3;

/// Plays cases to one endpoint.
#[derive(Debug)]
pub struct Player<'a> {
    under_test: EndpointUnderTest<'a>,
    deadline: &'a Deadline,
    events: &'a EventSink,
    /// How the server ended, each time that it did.
    ends: Vec<String>,
    /// How often it was there again.
    starts: usize,
    /// Remarks about the end of the run.
    notes: Vec<String>,
    /// The endpoint cannot be reached any more.
    is_lost: bool,
    /// The longest opening handshake.
    round_trip: Duration,
    /// When the server was last started again, or the run began.
    started_at: Instant,
}

impl<'a> Player<'a> {
    /// A player for a run that ends at this deadline.
    pub fn new(
        under_test: EndpointUnderTest<'a>,
        deadline: &'a Deadline,
        events: &'a EventSink,
    ) -> Player<'a> {
        Player {
            under_test,
            deadline,
            events,
            ends: Vec::new(),
            starts: 0,
            notes: Vec::new(),
            is_lost: false,
            round_trip: Duration::ZERO,
            started_at: Instant::now(),
        }
    }

    /// Whether the endpoint cannot be reached any more.
    pub fn is_lost(&self) -> bool {
        self.is_lost
    }

    /// Whether the server ended so often that no further cases are played, but for re-runs.
    pub fn ends_too_often(&self) -> bool {
        self.starts >= MAX_STARTS - STARTS_FOR_RERUNS
    }

    /// The longest opening handshake of a batch.
    pub fn round_trip(&self) -> Duration {
        self.round_trip
    }

    /// Plays the first case, which has to show that the endpoint responds. A server that exits in it is started again once; if
    /// it exits again, the case has no result.
    pub fn play_first(&mut self, runner: &mut CaseRunner<'_>, case: &Case) -> CaseResult {
        let first = runner.run(case);
        let Some(how) = exit_in(&first) else { return first };
        if self.under_test.process.is_none() || !self.revive(&how) {
            return first;
        }
        let mut again = runner.run(case);
        if let Some(how) = exit_in(&again) {
            again.invalidate(CaseError::ServerExits(how));
        }
        again
    }

    /// Plays these cases on `jobs` connections at a time, until `until` at the latest.
    pub fn play_batch(
        &mut self,
        ledger: &mut ResultLedger,
        cases: impl IntoIterator<Item = usize>,
        timeouts: Timeouts,
        jobs: usize,
        until: &Deadline,
        events: &EventSink,
    ) {
        let mut pending: Vec<usize> = cases.into_iter().collect();
        while !pending.is_empty() && !self.is_lost && !self.ends_too_often() && !until.should_stop() {
            let batch = batch::run_parallel(self.under_test, ledger, &pending, timeouts, jobs, until, events);
            self.round_trip = self.round_trip.max(batch.round_trip);
            let end = self.under_test.wait_for_end_of_server(SHORT_EXIT_WAIT);
            let in_flight: Vec<usize> = batch.in_flight.iter().map(|(at, _)| *at).collect();
            let Some(how) = end else {
                if batch.is_lost {
                    self.is_lost = true;
                    let what = match self.under_test.role() {
                        Role::Server => "the server accepts no further connections",
                        Role::Client => "no further client connects",
                    };
                    let unconnected = batch.unconnected.first().map(|(at, _)| *at);
                    self.note_suspects(what, ledger, in_flight.into_iter().chain(unconnected));
                }
                return batch.record(ledger);
            };
            if self.revive(&how) {
                self.find_culprit(ledger, &in_flight, timeouts, until);
            } else {
                self.note_suspects("the server ended", ledger, in_flight);
            }
            pending.retain(|at| ledger.result(*at).is_none());
        }
    }

    /// Plays the suspects alone, one after another, until one of them makes the server exit.
    fn find_culprit(
        &mut self,
        ledger: &mut ResultLedger,
        suspects: &[usize],
        timeouts: Timeouts,
        until: &Deadline,
    ) {
        let mut survived: Vec<usize> = Vec::new();
        for at in suspects.iter().copied() {
            if self.is_lost || until.should_stop() {
                return;
            }
            let mut result = self.play_watched(ledger, at, timeouts, SHORT_EXIT_WAIT);
            if is_unreachable(&result)
                && let Some(how) = self.under_test.end_of_server()
            {
                // One of the cases before made the server exit after its connection.
                if !self.revive(&how) || self.is_late_culprit(ledger, &survived, timeouts) {
                    return;
                }
                result = self.play_watched(ledger, at, timeouts, SHORT_EXIT_WAIT);
            }
            let exit = exit_in(&result);
            if result.error != Some(CaseError::RunTimeLimit) {
                ledger.record(at, result);
            }
            if let Some(how) = exit {
                self.revive(&how);
                return;
            }
            survived.push(at);
        }
        if let Some(how) = self.under_test.wait_for_end_of_server(LONG_EXIT_WAIT)
            && self.revive(&how)
        {
            self.is_late_culprit(ledger, &survived, timeouts);
        }
    }

    /// Whether one of the last cases makes the server exit some time after its connection. Records its result then.
    fn is_late_culprit(&mut self, ledger: &mut ResultLedger, survived: &[usize], timeouts: Timeouts) -> bool {
        for at in survived.iter().rev().take(MAX_SUSPECTS).copied() {
            let result = self.play_watched(ledger, at, timeouts, LONG_EXIT_WAIT);
            if let Some(how) = exit_in(&result) {
                ledger.record(at, result);
                self.revive(&how);
                return true;
            }
        }
        false
    }

    /// Plays a case alone, and watches for the exit of the server.
    fn play_watched(
        &self,
        ledger: &ResultLedger,
        at: usize,
        timeouts: Timeouts,
        exit_wait: Duration,
    ) -> CaseResult {
        CaseRunner::new(self.under_test, timeouts)
            .until(self.deadline)
            .watching_for_exit(exit_wait)
            .run(&ledger.cases()[at])
    }

    /// Plays a case in which the server exited, to show that it exits again. Returns its result then.
    pub fn replay_exit(&mut self, case: &Case, timeouts: Timeouts) -> Option<CaseResult> {
        let runner = CaseRunner::new(self.under_test, timeouts).until(self.deadline);
        let result = runner.watching_for_exit(LONG_EXIT_WAIT).run(case);
        let how = exit_in(&result)?;
        self.revive(&how);
        Some(result)
    }

    /// Plays a case alone. If the server has ended before it, it is started again.
    pub fn play_alone(&mut self, runner: &mut CaseRunner<'_>, case: &Case) -> CaseResult {
        let result = runner.run(case);
        if is_unreachable(&result)
            && let Some(how) = self.under_test.end_of_server()
            && self.revive(&how)
        {
            return runner.run(case);
        }
        result
    }

    /// Re-runs, alone, the cases without a connection: an endpoint that was busy at that time may be reached now. Stops when a
    /// few re-runs in a row fail.
    pub fn rerun_unconnected(&mut self, ledger: &mut ResultLedger, timeouts: Timeouts, until: &Deadline) {
        let is_unconnected =
            |result: &CaseResult| result.error.as_ref().is_some_and(CaseError::is_before_connection);
        let unconnected: Vec<usize> =
            (0..ledger.cases().len()).filter(|at| ledger.result(*at).is_some_and(is_unconnected)).collect();
        let mut runner = CaseRunner::new(self.under_test, timeouts).until(self.deadline);
        let mut failed = 0;
        for at in unconnected {
            if failed == MAX_FAILED_RERUNS || self.is_lost || until.should_stop() {
                return;
            }
            let result = self.play_alone(&mut runner, &ledger.cases()[at]);
            if result.error.is_none() {
                failed = 0;
                ledger.record(at, result);
            } else {
                failed += 1;
            }
        }
    }

    /// Re-runs the patient cases with violations, at most `jobs` at a time: they mostly wait. None starts after `start_until`.
    pub fn confirm_patient(
        &mut self,
        ledger: &mut ResultLedger,
        timeouts: Timeouts,
        jobs: usize,
        start_until: &Deadline,
    ) {
        let cases: Vec<usize> = ledger.patient_retries();
        if cases.is_empty() || self.is_lost {
            return;
        }
        let new_runner = || CaseRunner::new(self.under_test, timeouts).until(self.deadline);
        let results = run_jobs(cases.len(), jobs, start_until, new_runner, |runner, at| {
            ControlFlow::Continue(runner.run(&ledger.cases()[cases[at]]))
        });
        for (at, result) in cases.into_iter().zip(results) {
            if let Some(result) = result
                && result.error != Some(CaseError::RunTimeLimit)
            {
                self.events.case_retried(&result);
                ledger.record_retry(at, result);
            }
        }
    }

    /// Plays a few cases again, alone: they cover every rule to which the endpoint conformed, and every family of cases. Then
    /// come cases of two connections, because other connections may have come between these.
    pub fn play_cover(
        &mut self,
        ledger: &mut ResultLedger,
        rules: RuleSet,
        timeouts: Timeouts,
        until: &Deadline,
    ) {
        // The cases of this family wait for long, alone or not.
        let is_short = |(_, result): &(usize, &CaseResult)| !result.name.starts_with("waiting/");
        let cover = cover::choose(ledger.numbered().filter(is_short), rules, 0);
        let begun = Instant::now();
        let mut runner = CaseRunner::new(self.under_test, timeouts).until(self.deadline);
        if self.under_test.process.is_some() {
            runner = runner.watching_for_exit(SHORT_EXIT_WAIT);
        }
        let has_two_connections = |at: &usize| {
            let case = &ledger.cases()[*at];
            let steps = case.script.as_script();
            let connects = steps.steps().filter(|step| matches!(step, Step::Connect)).count();
            connects == 1 && !cover.required.contains(at)
        };
        let mut pairs: Vec<(usize, Duration)> =
            ledger.numbered().map(|(at, result)| (at, result.elapsed)).collect();
        pairs.retain(|(at, _)| has_two_connections(at));
        pairs.sort_by_key(|(_, elapsed)| *elapsed);
        let pairs: Vec<usize> = pairs.into_iter().map(|(at, _)| at).collect();
        let groups = [(&cover.required, begun + COVER_TIME), (&cover.further, begun + FURTHER_COVER_TIME)];
        let earlier = |at: Instant| until.instant().map_or(at, |until| until.min(at));
        for (cases, end) in groups {
            self.play_cover_cases(&mut runner, ledger, cases, earlier(end));
        }
        self.play_cover_cases(&mut runner, ledger, &pairs, earlier(Instant::now() + PAIRS_COVER_TIME));
    }

    /// Plays these cases alone, as far as they begin in time.
    fn play_cover_cases(
        &mut self,
        runner: &mut CaseRunner<'_>,
        ledger: &mut ResultLedger,
        cases: &[usize],
        until: Instant,
    ) {
        for at in cases.iter().copied() {
            if self.is_lost || self.deadline.should_stop() || Instant::now() > until {
                return;
            }
            let result = self.play_alone(runner, &ledger.cases()[at]);
            let exit = exit_in(&result).filter(|_| self.under_test.process.is_some());
            if result.error != Some(CaseError::RunTimeLimit) {
                self.events.case_retried(&result);
                ledger.record_alone(at, result);
            }
            if let Some(how) = exit {
                self.revive(&how);
            }
        }
    }

    /// Re-runs cases alone until every violation is confirmed or flaky, or the deadline passes. No re-run starts after
    /// `start_until`.
    pub fn confirm(
        &mut self,
        ledger: &mut ResultLedger,
        timeouts: Timeouts,
        exit_timeouts: Timeouts,
        start_until: &Deadline,
    ) {
        let mut runner = CaseRunner::new(self.under_test, timeouts).until(self.deadline);
        while let Some(at) = ledger.next_retry()
            && !self.is_lost
            && !start_until.should_stop()
        {
            let exits = self.under_test.role() == Role::Server
                && ledger.result(at).is_some_and(|result| exit_in(result).is_some());
            let result = if exits {
                let Some(result) = self.confirm_exit(ledger, at, exit_timeouts) else { return };
                result
            } else {
                self.play_alone(&mut runner, &ledger.cases()[at])
            };
            if result.error == Some(CaseError::RunTimeLimit) {
                return;
            }
            self.events.case_retried(&result);
            ledger.record_retry(at, result);
        }
    }

    /// Re-runs a case in which the server exited, on a server that was just started. If the server exits again, it must not
    /// exit without the case. Returns `None` if the server cannot be reached any more.
    fn confirm_exit(&mut self, ledger: &ResultLedger, at: usize, timeouts: Timeouts) -> Option<CaseResult> {
        let is_ready = match (self.under_test.process, self.under_test.end_of_server()) {
            (_, Some(how)) => self.revive(&how),
            (Some(_), None) => self.start_again(),
            (None, None) => true,
        };
        if !is_ready {
            return None;
        }
        let mut result = self.play_watched(ledger, at, timeouts, LONG_EXIT_WAIT);
        let Some(how) = exit_in(&result) else { return Some(result) };
        let control_time = 2 * self.started_at.elapsed().max(CONTROL_TIME);
        if !self.revive(&how) {
            return None;
        }
        if let Some(how) = self.under_test.wait_for_end_of_server(control_time) {
            result.violations.clear();
            if !self.revive(&how) {
                return None;
            }
        }
        Some(result)
    }

    /// Has a server started again that has ended, if the harness started it.
    pub fn revive_if_ended(&mut self) {
        let how = self.under_test.process.and_then(|process| lock(process).exit());
        if let Some(how) = how {
            self.revive(&format!("the server exited: {how}"));
        }
    }

    /// Has the server started again after it has ended, or waits until it listens again. Returns whether it does.
    fn revive(&mut self, how: &str) -> bool {
        self.ends.push(how.to_owned());
        self.start_again()
    }

    fn start_again(&mut self) -> bool {
        if self.is_lost || self.deadline.should_stop() {
            return false;
        }
        let left = |limit: Duration| match self.deadline.instant() {
            Some(at) => limit.min(at.saturating_duration_since(Instant::now())),
            None => limit,
        };
        let failure = match (self.under_test.process, self.under_test.mode) {
            _ if self.starts == MAX_STARTS => {
                Some(format!("the server was started again {MAX_STARTS} times, which is the limit"))
            }
            (Some(process), _) => {
                let started = lock(process).restart(left(Duration::MAX));
                started.err().map(|error| format!("the server could not be started again: {error}"))
            }
            (None, ConnectMode::Dial(target)) => {
                let is_back = listens_within(target.address, left(RETURN_TIMEOUT));
                let seconds = RETURN_TIMEOUT.as_secs();
                (!is_back).then(|| format!("the server did not listen again within {seconds} s"))
            }
            (None, ConnectMode::Spawn(_) | ConnectMode::Accept(_)) => None,
        };
        self.starts += 1;
        self.is_lost = failure.is_some();
        self.notes.extend(failure);
        self.started_at = Instant::now();
        !self.is_lost
    }

    fn note_suspects(
        &mut self,
        what: &str,
        ledger: &ResultLedger,
        suspects: impl IntoIterator<Item = usize>,
    ) {
        let names: Vec<&str> = suspects.into_iter().map(|at| ledger.cases()[at].name.as_str()).collect();
        self.notes.push(format!("{what}; the cases that ran at that time: {}", names.join(", ")));
    }

    /// Checks at the end of a run that `liveness` still goes well. Returns the notes of the run, and whether the endpoint
    /// responded until the end, but for exits that a case explains.
    pub fn finish(
        mut self,
        runner: &mut CaseRunner<'_>,
        liveness: Option<&Case>,
        ledger: &ResultLedger,
    ) -> (Vec<String>, bool) {
        let mut responds = !self.is_lost;
        if let Some(liveness) = liveness.filter(|_| responds && !self.deadline.is_interrupted()) {
            let last = self.play_alone(runner, liveness);
            if last.error == Some(CaseError::RunTimeLimit) {
                self.notes.push("there was no time to check that the endpoint still replies".to_owned());
                responds = false;
            } else if last.error.is_some() || last.violates(Rule::CloseAnswered) {
                self.notes.push("after the last case the endpoint did not reply to a plain Close".to_owned());
                responds = false;
            }
        }
        if let Some(how) = self.ends.last() {
            let count = self.ends.len();
            let times = if count == 1 { "once".to_owned() } else { format!("{count} times") };
            let sequel = match (self.is_lost, self.under_test.process) {
                (true, _) => "",
                (false, Some(_)) => ", and was started again",
                (false, None) => ", and came back on its own",
            };
            self.notes.insert(0, format!("{how}; the server ended {times} during the run{sequel}"));
            if !self.is_lost && !ledger.is_confirmed(Rule::NoPanic) {
                responds = false;
                let note = "no single case makes the server end again: something else may be the reason";
                self.notes.push(note.to_owned());
            }
        }
        (self.notes, responds)
    }
}

/// How the server exited in a case, if it did.
fn exit_in(result: &CaseResult) -> Option<String> {
    let violation = result.violations.iter().find(|violation| violation.rule == Rule::NoPanic)?;
    Some(violation.actual.clone())
}

/// Whether a program listens at `address` within `timeout`.
fn listens_within(address: SocketAddr, timeout: Duration) -> bool {
    let begun = Instant::now();
    loop {
        if process::probe(address) == Listening::Yes {
            return true;
        }
        if begun.elapsed() > timeout {
            return false;
        }
        std::thread::sleep(RETURN_INTERVAL);
    }
}
