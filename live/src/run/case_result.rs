//! The result of one case: what the judge found in its trace.

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use wsclose::Playback;
use wsclose::analysis::code_map::CodeSample;
use wsclose::harness::{Timeline, Trace, TraceEventKind};
use wsclose::judge::{self, Finding, Habits, Verdict};
use wsclose::protocol::assembler::{FrameAssembler, FramePart, KeptPayload};
use wsclose::protocol::code::{CloseCode, Profile};
use wsclose::protocol::frame::Opcode;
use wsclose::protocol::role::Role;
use wsclose::rules::{Rule, RuleSet};

use crate::endpoint::connection::CaseError;
use crate::run::case_trace::CaseTrace;
use crate::run::cases::Case;
use crate::run::kept_trace::KeptTrace;
use crate::run::timing::Latencies;

/// The longest timeline that is kept, in octets. An endpoint may send without end.
const LONGEST_TIMELINE: usize = 1 << 15;

/// Why a violation is inconclusive in a case in which the server exits.
const EXIT_REASON: &str = "the exit of the server explains it";

/// Why a violation that depends on when TCP ends is inconclusive.
const TIMEOUT_REASON: &str = "a timeout of the endpoint may have ended TCP";

/// Why a violation by an endpoint that still waits for its peer is inconclusive.
const WAITING_REASON: &str = "its timeout may be longer than the wait";

/// The rules on how long an endpoint waits for its peer. The RFC sets no time, and some timeouts are a minute and more, so
/// an endpoint that is still waiting violates none. A client may also wait for the server to end TCP (§7.1.1).
fn rules_on_waiting(case: &Case) -> RuleSet {
    match case.script.as_script().role() {
        _ if !case.is_patient() => RuleSet::EMPTY,
        Role::Server => RuleSet::of(&[Rule::GivesUpWaiting]),
        Role::Client => {
            RuleSet::of(&[Rule::GivesUpWaiting, Rule::FailClosesTcp, Rule::TcpClosedAfterHandshake])
        }
    }
}

/// A rule that the endpoint violated in a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The rule.
    pub rule: Rule,
    /// What a conforming endpoint does.
    pub expected: String,
    /// What this endpoint did.
    pub actual: String,
    /// How the endpoint may have come to do it, each with how sure that is.
    pub hints: Vec<String>,
}

impl Violation {
    /// The violation of a finding in a trace.
    pub(crate) fn of(trace: &Trace, finding: &Finding) -> Violation {
        Violation {
            rule: finding.rule,
            expected: finding.expected.to_owned(),
            actual: finding.actual.to_string(),
            hints: judge::hints(trace, finding).iter().map(ToString::to_string).collect(),
        }
    }
}

/// The result of a case.
#[derive(Clone, Debug)]
pub struct CaseResult {
    /// The name of the case.
    pub name: String,
    /// The script, in its text form.
    pub script: String,
    /// The timeline, truncated if it is very long; empty if there is no violation and the case is not shown.
    pub timeline: String,
    /// The report shows the timeline whatever the verdicts are.
    pub shown: bool,
    /// The violations.
    pub violations: Vec<Violation>,
    /// The rules to which the endpoint conformed.
    pub conforming: RuleSet,
    /// The rules whose verdict is inconclusive, and why.
    pub inconclusive: BTreeMap<Rule, &'static str>,
    /// Why the case has no result. Violations and verdicts are then empty.
    pub error: Option<CaseError>,
    /// The code of the last Close that the endpoint sent.
    pub code: Option<CloseCode>,
    /// The reaction to a close code, if the case tries one and nothing else, and has a result.
    pub code_sample: Option<CodeSample>,
    /// How long the endpoint took for what a conforming one does.
    pub latencies: Latencies,
    /// The duration of the case.
    pub elapsed: Duration,
    /// What happened in each run of the case whose result counts, if the check keeps traces. The first run comes first.
    pub traces: Vec<Arc<CaseTrace>>,
    /// The trace, until the usual replies of the endpoint have been compared with it.
    pub(crate) kept: Option<Arc<KeptTrace>>,
}

impl CaseResult {
    /// The result of a case that ran. An error discards the findings. Violations of `timing_rules` count as inconclusive,
    /// because they depend on a timeout of the endpoint. `exit` is how the server exited: the only violation then.
    pub(crate) fn new(
        case: &Case,
        playback: &Playback<'_>,
        timing_rules: RuleSet,
        exit: Option<&str>,
        error: Option<CaseError>,
        elapsed: Duration,
    ) -> CaseResult {
        let is_explained = |rule| exit.is_some() && rule != Rule::NoPanic;
        let waiting = rules_on_waiting(case);
        let counts = |rule| !timing_rules.union(waiting).contains(rule) && !is_explained(rule);
        let findings: Vec<&Finding> = match &error {
            None => playback.findings.iter().filter(|finding| counts(finding.rule)).collect(),
            Some(_) => Vec::new(),
        };
        let mut violations: Vec<Violation> =
            findings.iter().map(|finding| Violation::of(playback.trace, finding)).collect();
        if let Some(how) = exit {
            violations.iter_mut().for_each(|found| how.clone_into(&mut found.actual));
        }
        let verdicts = |verdict| match &error {
            None => playback.verdicts.with(verdict),
            Some(_) => RuleSet::EMPTY,
        };
        let violated = verdicts(Verdict::Violates);
        let explained: RuleSet = violated.iter().filter(|rule| is_explained(*rule)).collect();
        let doubted =
            |rules: RuleSet, reason| rules.iter().map(move |rule| (rule, reason)).collect::<Vec<_>>();
        let inconclusive = verdicts(Verdict::Inconclusive).iter().filter_map(|rule| {
            let reason = playback.verdicts.inconclusive_reason(rule)?;
            Some((rule, reason.description()))
        });
        let is_judged = error.is_none() && exit.is_none();
        let code_sample = CodeSample::of(case.script.as_script(), playback.trace).filter(|_| is_judged);
        CaseResult {
            name: case.name.clone(),
            script: case.script.as_script().to_string(),
            timeline: match (findings.is_empty(), case.show) {
                (true, false) => String::new(),
                (false, false) => timeline(playback.trace.timeline(findings.iter().copied())),
                (_, true) => timeline(playback.trace.timeline(findings.iter().copied()).with_ends()),
            },
            shown: case.show,
            violations,
            conforming: verdicts(Verdict::Conforms),
            inconclusive: inconclusive
                .chain(doubted(timing_rules.intersection(violated), TIMEOUT_REASON))
                .chain(doubted(waiting.intersection(violated), WAITING_REASON))
                .chain(doubted(explained, EXIT_REASON))
                .collect(),
            error,
            code: sent_close_code(playback.trace),
            code_sample,
            latencies: Latencies::default(),
            elapsed,
            traces: Vec::new(),
            kept: None,
        }
    }

    /// The result with its trace, if that shows a usual reply or one that usual replies may explain.
    pub(crate) fn keeping_trace(self, playback: &Playback<'_>, profile: Profile) -> CaseResult {
        let open = playback.verdicts.open_to_comparison();
        let is_kept = self.error.is_none() && (Habits::case(&self.name).is_some() || !open.is_empty());
        let kept = is_kept.then(|| Arc::new(KeptTrace { trace: playback.trace.clone(), profile, open }));
        CaseResult { kept, ..self }
    }

    /// The result without verdicts on these rules, which the case then does not exercise.
    pub(crate) fn without(mut self, rules: RuleSet) -> CaseResult {
        self.leave_out(rules);
        self
    }

    /// Removes the verdicts on these rules.
    pub(crate) fn leave_out(&mut self, rules: RuleSet) {
        self.violations.retain(|found| !rules.contains(found.rule));
        self.conforming = self.conforming.without(rules);
        self.inconclusive.retain(|rule, _| !rules.contains(*rule));
    }

    /// Discards the result because of an error.
    pub(crate) fn invalidate(&mut self, error: CaseError) {
        self.error = Some(error);
        self.code_sample = None;
        self.violations.clear();
        self.conforming = RuleSet::EMPTY;
        self.inconclusive.clear();
    }

    /// Whether the endpoint violated the rule.
    pub fn violates(&self, rule: Rule) -> bool {
        self.violations.iter().any(|found| found.rule == rule)
    }

    /// The verdict on a rule in this case.
    pub fn verdict(&self, rule: Rule) -> Verdict {
        if self.violates(rule) {
            Verdict::Violates
        } else if self.conforming.contains(rule) {
            Verdict::Conforms
        } else if self.inconclusive.contains_key(&rule) {
            Verdict::Inconclusive
        } else {
            Verdict::NotExercised
        }
    }

    /// The rules that the endpoint violated.
    pub fn violated_rules(&self) -> RuleSet {
        self.violations.iter().map(|found| found.rule).collect()
    }
}

/// A text of at most [`LONGEST_TIMELINE`] octets.
struct Capped(String);

impl Write for Capped {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        if self.0.len() + more.len() > LONGEST_TIMELINE {
            return Err(fmt::Error);
        }
        self.0.push_str(more);
        Ok(())
    }
}

/// A timeline as text, truncated at the limit.
pub(crate) fn timeline(timeline: Timeline<'_>) -> String {
    let mut text = Capped(String::new());
    if write!(text, "{timeline}").is_err() {
        text.0.push_str("\n… (truncated)\n");
    }
    text.0
}

/// The code of the last Close that the endpoint sent, if that Close has a code.
fn sent_close_code(trace: &Trace) -> Option<CloseCode> {
    let mut frames = FrameAssembler::new(KeptPayload::ControlFrames);
    let mut last = None;
    for event in trace.events() {
        if let TraceEventKind::Connected { .. } = event.kind {
            frames.restart();
        }
        let TraceEventKind::Sent(span) = event.kind else { continue };
        let mut octets = trace.octets(span);
        while let Some(part) = frames.next(&mut octets) {
            if let FramePart::End(header) = part
                && header.opcode == Opcode::Close
            {
                last = frames.payload().first_chunk().map(|code| CloseCode(u16::from_be_bytes(*code)));
            }
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::features::EndpointFeatures;

    #[test]
    fn endpoint_that_still_waits_violates_no_rule_on_waiting() {
        for role in [Role::Client, Role::Server] {
            let features = EndpointFeatures { role, close_command: true, reconnects: true };
            let waiting = rules_on_waiting(&features.patient_cases()[0]);
            assert!(waiting.contains(Rule::GivesUpWaiting));
            // A client waits for the server to end TCP (§7.1.1). Nothing lets a server wait after a failure.
            assert_eq!(waiting.contains(Rule::FailClosesTcp), role == Role::Client);
            assert!(!waiting.contains(Rule::CloseAnswered));
            assert_eq!(rules_on_waiting(&features.liveness()), RuleSet::EMPTY);
        }
    }
}
