//! Derives the checks of a script: changes what the model does, one thing at a time, and asks the judge which rule each
//! change violates.

use std::collections::{BTreeMap, BTreeSet};

use super::blame::{
    by_severity, is_about_input, is_about_tcp, is_report, is_specific, worst, worst_of, worst_report,
};
use super::check::{Check, Codes, Expectation};
use super::puppet::Puppet;
use super::step::{Action, Step, observe, take_frames};
use crate::judge::{TIMEOUT_TICKS, Verdict};
use crate::model::endpoint::Model;
use crate::playback::Harness;
use crate::protocol::close::MAX_REASON;
use crate::protocol::code::{CloseCode, Profile};
use crate::protocol::frame::Opcode;
use crate::protocol::role::Role;
use crate::rules::{Capabilities, Capability, Family, Rule, RuleSet};
use crate::script::{MessageKind, Script};

/// The codes that are tried in place of the model's: those with names, the ends of the ranges, and one inside each.
const CODES: [u16; 16] =
    [0, 999, 1016, 2000, 2999, 3000, 3001, 3002, 3333, 3999, 4000, 4401, 4999, 5000, 12592, 65535];

/// The masking key of the frames that a change adds.
const KEY: [u8; 4] = [0x9c, 0x41, 0xe3, 0x5a];

/// The failure codes with which a change rejects lawful input.
const FAILURES: [CloseCode; 3] =
    [CloseCode::PROTOCOL_ERROR, CloseCode::INVALID_PAYLOAD, CloseCode::INTERNAL_ERROR];

type Plan = Vec<Vec<Action>>;

/// A script, its steps, and what the model does in them.
pub(super) struct Deriver<'a> {
    script: Script<'a>,
    role: Role,
    steps: &'a [Step],
    capabilities: Capabilities,
    harness: Harness,
    /// What the model does.
    plan: Plan,
}

impl<'a> Deriver<'a> {
    /// Plays the script to the model. `None` if a change cannot be told from the model's own behaviour, because the judge
    /// finds a violation if the same is done at the end of each step.
    pub(super) fn new(
        script: Script<'a>,
        role: Role,
        steps: &'a [Step],
        profile: Profile,
    ) -> Option<Deriver<'a>> {
        let mut model = Model::new(profile);
        let capabilities = capabilities(steps);
        let plan = observe(script, role, steps, &mut model);
        let harness = Harness::new(profile);
        let mut deriver = Deriver { script: script.for_role(role), role, steps, capabilities, harness, plan };
        let plan = deriver.plan.clone();
        deriver.violated(&plan).is_empty().then_some(deriver)
    }

    /// The rules that the judge finds violated if an endpoint does this.
    pub(super) fn violated(&mut self, plan: &Plan) -> RuleSet {
        let mut puppet = Puppet::new(self.steps, plan, self.capabilities);
        let played = self.harness.play(self.script, &mut puppet);
        played.findings.iter().map(|finding| finding.rule).collect()
    }

    /// The rules that the judge finds kept if an endpoint does this.
    pub(super) fn conforming(&mut self, plan: &Plan) -> RuleSet {
        let mut puppet = Puppet::new(self.steps, plan, self.capabilities);
        let played = self.harness.play(self.script, &mut puppet);
        played.verdicts.with(Verdict::Conforms)
    }

    /// What the model does.
    pub(super) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The first step in which the model sends a Close or ends TCP, or the number of steps.
    pub(super) fn closes_at(&self) -> usize {
        let close = self.find(|action| action.close().is_some() || *action == Action::End);
        close.map_or(self.steps.len(), |(step, _)| step)
    }

    fn frame(&self, opcode: Opcode, payload: &[u8]) -> Action {
        Action::frame(opcode, payload, (self.role == Role::Client).then_some(KEY))
    }

    pub(super) fn close(&self, code: Option<CloseCode>, reason: &[u8]) -> Action {
        let body = code.map_or_else(Vec::new, |code| [&code.to_octets()[..], reason].concat());
        self.frame(Opcode::Close, &body)
    }

    /// The step and the place in it of the first action of a kind.
    fn find(&self, is_it: impl Fn(&Action) -> bool) -> Option<(usize, usize)> {
        self.plan.iter().enumerate().find_map(|(step, done)| Some((step, done.iter().position(&is_it)?)))
    }

    /// The plan with an action replaced or left out.
    fn with(&self, (step, at): (usize, usize), action: Option<Action>) -> Plan {
        let mut plan = self.plan.clone();
        plan[step].splice(at..=at, action);
        plan
    }

    /// The plan with an action added at the end of a step.
    fn adding(&self, step: usize, action: Action) -> Plan {
        let mut plan = self.plan.clone();
        plan[step].push(action);
        plan
    }

    /// The checks, in the order in which they are evaluated: a failed one may be the cause of those behind it.
    pub(super) fn checks(&mut self) -> Vec<Check> {
        let mut checks = Vec::new();
        self.rejections(&mut checks);
        self.refusals(&mut checks);
        self.close_frame(&mut checks);
        self.additions(&mut checks);
        self.end(&mut checks);
        self.messages(&mut checks);
        self.report(&mut checks);
        checks
    }

    /// A lawful input that is rejected.
    fn rejections(&mut self, checks: &mut Vec<Check>) {
        let own_close =
            self.find(|action| action.close().is_some()).map_or(self.steps.len(), |(step, _)| step);
        let mut found: BTreeMap<Rule, BTreeMap<usize, BTreeSet<Option<CloseCode>>>> = BTreeMap::new();
        for step in 0..own_close {
            if self.steps[step].octets().is_empty() {
                continue;
            }
            for code in FAILURES {
                let mut plan = self.plan.clone();
                plan.truncate(step);
                plan.push(vec![self.close(Some(code), b""), Action::End, failure_report()]);
                plan.resize(self.steps.len(), Vec::new());
                for rule in self.violated(&plan).iter().filter(|rule| rule.family() == Family::LawfulInput) {
                    found.entry(rule).or_default().entry(step).or_default().insert(Some(code));
                }
            }
        }
        for (rule, steps) in by_severity(found) {
            let at = steps.keys().copied().collect();
            // A code counts if it is a violation in each of the steps.
            let codes = steps.into_values().reduce(|codes, others| &codes & &others).unwrap_or_default();
            if !codes.is_empty() {
                checks.push(Check { rule, expectation: Expectation::NoClose { at, codes } });
            }
        }
    }

    /// Requests of the application that the model refuses: a message that is accepted, and a code that is sent.
    fn refusals(&mut self, checks: &mut Vec<Check>) {
        for step in 0..self.steps.len() {
            let Some(at) = self.plan[step].iter().position(|action| *action == Action::Refused) else {
                continue;
            };
            match &self.steps[step] {
                Step::Close { code, reason } if reason.len() <= MAX_REASON => {
                    let mut plan = self.with((step, at), Some(Action::Accepted));
                    plan[step].push(self.close(*code, reason.as_bytes()));
                    let codes = BTreeSet::from([*code]);
                    if let Some(rule) = worst(self.violated(&plan)) {
                        let at = (step..self.steps.len()).collect();
                        checks.push(Check { rule, expectation: Expectation::NoClose { at, codes } });
                    }
                }
                Step::Send { .. } => {
                    let plan = self.with((step, at), Some(Action::Accepted));
                    if let Some(rule) = worst(self.violated(&plan)) {
                        checks.push(Check { rule, expectation: Expectation::Refused { step } });
                    }
                }
                Step::Close { .. }
                | Step::Octets(_)
                | Step::WithOpening(_)
                | Step::OctetsAndEnd(..)
                | Step::End(_)
                | Step::Idle => {}
            }
        }
    }

    /// The first Close of the endpoint: its code and reason, and by when it is sent.
    fn close_frame(&mut self, checks: &mut Vec<Check>) {
        let Some((step, at)) = self.find(|action| action.close().is_some()) else { return };
        let mut nothing = self.plan.clone();
        nothing[step].truncate(at);
        nothing[step + 1..].iter_mut().for_each(Vec::clear);
        let late = self.delayed(step, |action| action.close().is_some());
        for (rule, by) in self.deadlines(nothing, late, |rule| rule.family() == Family::FaultyInput) {
            let is_end = |step: &Step| matches!(step, Step::End(_) | Step::OctetsAndEnd(..));
            let end = self.steps.iter().position(is_end).unwrap_or(self.steps.len());
            let otherwise_by = by.min(end.saturating_sub(1));
            checks.push(Check { rule, expectation: Expectation::Rejects { by, otherwise_by } });
        }
        let code = self.plan[step][at].close_code().flatten();
        let reason = self.plan[step][at].close().and_then(|body| body.get(2..)).unwrap_or_default().to_vec();
        let codes = self.candidates();
        let mut found: BTreeMap<Rule, BTreeSet<Option<CloseCode>>> = BTreeMap::new();
        for other in &codes {
            let frame = self.close(*other, if other.is_some() { &reason } else { b"" });
            for rule in self.violated(&self.with((step, at), Some(frame))).iter() {
                if rule.family() != Family::Reports {
                    found.entry(rule).or_default().insert(*other);
                }
            }
        }
        let requested = self.requested_codes();
        found.retain(|rule, bad| is_specific(*rule) || bad.iter().any(|code| requested.contains(code)));
        push_codes(checks, &codes, found, Expectation::CloseCode);
        if !reason.is_empty() {
            let frame = self.close(code, b"");
            for rule in self.violated(&self.with((step, at), Some(frame))).iter() {
                if rule.family() == Family::OwnClose {
                    checks.push(Check { rule, expectation: Expectation::CloseReason(reason.clone()) });
                }
            }
        }
        let absent = self.with((step, at), None);
        let late = self.delayed(step, |action| action.close().is_some());
        // How the connection fails counts only where the input has to be rejected.
        let must_reject = checks.iter().any(|check| matches!(check.expectation, Expectation::Rejects { .. }));
        let is_blamed = |rule: Rule| match rule.family() {
            Family::CloseReply | Family::OwnClose => true,
            Family::Failing => must_reject,
            Family::OwnFrames
            | Family::TcpEnd
            | Family::LawfulInput
            | Family::FaultyInput
            | Family::Reports
            | Family::Robustness => false,
        };
        for (rule, by) in self.deadlines(absent, late, is_blamed) {
            checks.push(Check { rule, expectation: Expectation::Close { by } });
        }
    }

    /// The plans in which an action of this step, and everything after it, is done in a later step.
    fn delayed(&self, step: usize, is_it: impl Fn(&Action) -> bool) -> Vec<(usize, Plan)> {
        let later = step + 1..self.steps.len();
        later
            .map(|to| {
                let mut plan = self.plan.clone();
                let from = plan[step].iter().position(&is_it).unwrap_or_default();
                let mut moved = plan[step].split_off(from);
                for between in &mut plan[step + 1..=to] {
                    moved.append(between);
                }
                plan[to] = moved;
                (to, plan)
            })
            .collect()
    }

    /// By rule, the last step by which something has to be done.
    fn deadlines(
        &mut self,
        absent: Plan,
        late: Vec<(usize, Plan)>,
        is_blamed: impl Fn(Rule) -> bool,
    ) -> Vec<(Rule, usize)> {
        let mut found: BTreeMap<Rule, usize> = BTreeMap::new();
        for (step, plan) in late {
            for rule in self.violated(&plan).iter() {
                found.entry(rule).or_insert(step - 1);
            }
        }
        for rule in self.violated(&absent).iter() {
            found.entry(rule).or_insert(self.steps.len() - 1);
        }
        found.retain(|rule, _| is_blamed(*rule));
        let mut found = by_severity(found);
        // A request of the application comes before what the peer sends.
        found.sort_by_key(|(rule, _)| rule.family() != Family::OwnClose);
        // Of several rules that set the same time, the severest is enough.
        let mut times = BTreeSet::new();
        found.retain(|(_, by)| times.insert(*by));
        found
    }

    /// Frames that the endpoint may not add.
    fn additions(&mut self, checks: &mut Vec<Check>) {
        let mut second_close = BTreeMap::new();
        let mut data = BTreeMap::new();
        let mut pong = BTreeMap::new();
        let mut message = BTreeMap::new();
        let own_close = self.find(|action| action.close().is_some());
        for (step, arrived) in self.peer_frames().iter().enumerate() {
            let has = |wanted: Opcode| arrived.iter().any(|(opcode, _)| *opcode == wanted);
            let requests_close = matches!(self.steps[step], Step::Close { .. });
            let code = own_close.and_then(|(step, at)| self.plan[step][at].close_code().flatten());
            if own_close.is_some_and(|(own, _)| own < step) && (has(Opcode::Close) || requests_close) {
                let plan = self.adding(step, self.close(code, b""));
                self.note(&plan, step, &mut second_close);
            }
            if let Step::Send { kind, payload } = &self.steps[step] {
                let plan = self.adding(step, self.frame(kind.opcode(), payload));
                self.note(&plan, step, &mut data);
            }
            let done = &self.plan[step];
            let pongs =
                done.iter().any(|action| matches!(action, Action::Frame { opcode: Opcode::Pong, .. }));
            let delivers = done.iter().any(|action| matches!(action, Action::Message(..)));
            let ping = arrived.iter().find(|(opcode, _)| *opcode == Opcode::Ping);
            if let Some((_, payload)) = ping.filter(|_| !pongs) {
                let plan = self.adding(step, self.frame(Opcode::Pong, payload));
                self.note(&plan, step, &mut pong);
            }
            let text = arrived.iter().find(|(opcode, _)| matches!(opcode, Opcode::Text | Opcode::Binary));
            if let Some((opcode, payload)) = text.filter(|_| !delivers) {
                let kind = if *opcode == Opcode::Text { MessageKind::Text } else { MessageKind::Binary };
                let plan = self.adding(step, Action::Message(kind, payload.clone()));
                self.note(&plan, step, &mut message);
            }
        }
        push_each(checks, second_close, |at| Expectation::NoSecondClose { at });
        push_each(checks, data, |at| Expectation::NoData { at });
        push_each(checks, pong, |at| Expectation::NoPong { at });
        push_each(checks, message, |at| Expectation::NoMessage { at });
    }

    /// Notes the worst rule that a plan violates, but for those on reports, with the step.
    fn note(&mut self, plan: &Plan, step: usize, found: &mut BTreeMap<Rule, BTreeSet<usize>>) {
        if let Some(rule) = worst_of(self.violated(plan), |rule| rule.family() != Family::Reports) {
            found.entry(rule).or_default().insert(step);
        }
    }

    /// When the endpoint ends TCP.
    fn end(&mut self, checks: &mut Vec<Check>) {
        let Some((step, at)) = self.find(|action| *action == Action::End) else { return };
        let first = self.find(|action| action.close().is_some()).map_or(step, |(step, _)| step);
        let mut early: BTreeMap<Rule, BTreeSet<usize>> = BTreeMap::new();
        for to in first..step {
            let mut plan = self.with((step, at), None);
            plan[to].push(Action::End);
            self.note(&plan, to, &mut early);
        }
        push_each(checks, early, |at| Expectation::NoEnd { at });
        let mut absent = self.plan.clone();
        absent[step].truncate(at);
        absent[step + 1..].iter_mut().for_each(Vec::clear);
        let late = self.delayed(step, |action| *action == Action::End);
        let must_reject = checks.iter().any(|check| matches!(check.expectation, Expectation::Rejects { .. }));
        let is_blamed = |rule: Rule| is_about_tcp(rule) && (rule.family() != Family::Failing || must_reject);
        for (rule, by) in self.deadlines(absent, late, is_blamed) {
            checks.push(Check { rule, expectation: Expectation::End { by } });
        }
    }

    /// The messages and Pongs of the model, each left out.
    fn messages(&mut self, checks: &mut Vec<Check>) {
        let last = self.steps.len() - 1;
        for step in 0..self.steps.len() {
            for at in 0..self.plan[step].len() {
                let expectation = match &self.plan[step][at] {
                    Action::Message(kind, payload) => {
                        Expectation::Message { kind: *kind, payload: payload.clone(), by: last }
                    }
                    Action::Frame { opcode: Opcode::Pong, payload, .. } => {
                        Expectation::Pong { payload: payload.clone(), by: last }
                    }
                    Action::Frame { .. }
                    | Action::End
                    | Action::Report { .. }
                    | Action::Error
                    | Action::Accepted
                    | Action::Refused
                    | Action::Flawed
                    | Action::Crash => continue,
                };
                if let Some(rule) = worst(self.violated(&self.with((step, at), None))) {
                    checks.push(Check { rule, expectation });
                }
            }
        }
    }

    /// What the endpoint reports to its application.
    fn report(&mut self, checks: &mut Vec<Check>) {
        let Some(place) = self.find(|action| matches!(action, Action::Report { .. })) else { return };
        let Action::Report { code, reason, clean } = self.plan[place.0][place.1].clone() else { return };
        // An endpoint may wait for the peer to end TCP before it reports anything.
        let peer_ends = self.steps.iter().any(|step| matches!(step, Step::End(_) | Step::OctetsAndEnd(..)));
        if let Some(rule) = worst_report(self.violated(&self.with(place, None))).filter(|_| peer_ends) {
            checks.push(Check { rule, expectation: Expectation::Reported });
        }
        let mut codes = self.candidates();
        codes.extend([Some(CloseCode::NO_STATUS), Some(CloseCode::ABNORMAL), code]);
        let mut found: BTreeMap<Rule, BTreeSet<Option<CloseCode>>> = BTreeMap::new();
        for other in &codes {
            // Whether the closure was clean is a question of its own.
            let other_report = Action::Report { code: *other, reason: reason.clone(), clean: None };
            for rule in self.violated(&self.with(place, Some(other_report))).iter() {
                found.entry(rule).or_default().insert(*other);
            }
        }
        found.retain(|rule, _| is_report(rule) || is_about_input(rule));
        push_codes(checks, &codes, found, Expectation::ReportCode);
        if let Some(wanted) = reason {
            let other = if wanted.is_empty() { "other" } else { "" };
            let other = Action::Report { code, reason: Some(other.to_owned()), clean };
            if let Some(rule) = worst_report(self.violated(&self.with(place, Some(other)))) {
                checks.push(Check { rule, expectation: Expectation::ReportReason(wanted.clone()) });
            }
            if let Some(clean) = clean {
                let other = Action::Report { code, reason: Some(wanted), clean: Some(!clean) };
                if let Some(rule) = worst_report(self.violated(&self.with(place, Some(other)))) {
                    checks.push(Check { rule, expectation: Expectation::ReportClean(clean) });
                }
            }
        }
    }

    /// The codes that are tried, with those of the peer and of the application.
    pub(super) fn candidates(&self) -> BTreeSet<Option<CloseCode>> {
        let named = CloseCode::NAMED.into_iter().chain(CODES.map(CloseCode)).map(Some);
        let received =
            self.peer_frames().into_iter().flatten().filter(|(opcode, _)| *opcode == Opcode::Close);
        let received = received
            .filter_map(|(_, body)| Some(CloseCode(u16::from_be_bytes(*body.first_chunk()?))))
            .map(Some);
        named.chain(received).chain(self.requested_codes()).chain([None]).collect()
    }

    fn requested_codes(&self) -> Vec<Option<CloseCode>> {
        let code = |step: &Step| if let Step::Close { code, .. } = step { Some(*code) } else { None };
        self.steps.iter().filter_map(code).collect()
    }

    /// The frames of the peer that are complete at the end of each step.
    fn peer_frames(&self) -> Vec<Vec<(Opcode, Vec<u8>)>> {
        let mut pending = Vec::new();
        let frames = self.steps.iter().map(|step| {
            let mut frames = Vec::new();
            pending.extend_from_slice(step.octets());
            take_frames(&mut pending, |header, payload, _| frames.push((header.opcode, payload)));
            frames
        });
        frames.collect()
    }
}

/// Whether so much time passes that an endpoint with timeouts gives up waiting.
pub(super) fn waits_for_timeouts(steps: &[Step]) -> bool {
    let idle = steps.iter().filter(|step| **step == Step::Idle).count();
    u32::try_from(idle).is_ok_and(|idle| idle >= TIMEOUT_TICKS)
}

/// The capabilities with which an endpoint is judged. A runner lets the endpoint act until it is idle, so no time passes in
/// which it might still act. Timeouts count only where the script waits for them.
pub(super) fn capabilities(steps: &[Step]) -> Capabilities {
    if waits_for_timeouts(steps) {
        Capabilities::ALL
    } else {
        Capabilities::ALL.without(&[Capability::HasTimeouts])
    }
}

/// The report of an endpoint that failed the connection.
pub(super) fn failure_report() -> Action {
    Action::Report { code: Some(CloseCode::ABNORMAL), reason: Some(String::new()), clean: Some(false) }
}

/// Adds a check for each rule, the most severe first.
fn push_each<T>(checks: &mut Vec<Check>, found: BTreeMap<Rule, T>, expectation: impl Fn(T) -> Expectation) {
    let found = by_severity(found).into_iter();
    checks.extend(found.map(|(rule, value)| Check { rule, expectation: expectation(value) }));
}

/// Adds a check for each rule that some of the codes violate. A code that a rule has excluded is tried for no other.
fn push_codes(
    checks: &mut Vec<Check>,
    tried: &BTreeSet<Option<CloseCode>>,
    found: BTreeMap<Rule, BTreeSet<Option<CloseCode>>>,
    expectation: impl Fn(Codes) -> Expectation,
) {
    let mut found = by_severity(found);
    // Whether the peer's input was accepted or rejected decides the code that is expected.
    found.sort_by_key(|(rule, _)| !is_about_input(rule));
    let mut excluded = BTreeSet::new();
    for (rule, bad) in found {
        let left = tried - &excluded;
        excluded.extend(bad.iter().copied());
        checks.push(Check { rule, expectation: expectation(expected_codes(&left, &bad)) });
    }
}

/// The codes that are left, or those that are not, whichever holds for a code that was not tried.
fn expected_codes(tried: &BTreeSet<Option<CloseCode>>, bad: &BTreeSet<Option<CloseCode>>) -> Codes {
    if bad.len() * 2 > tried.len() { Codes::OneOf(tried - bad) } else { Codes::NoneOf(bad.clone()) }
}
