//! A run against a live endpoint, as data: what every report is made of. In come traces and verdicts, out
//! come [`Played`] cases and, over all of them, [`Told`] rules.

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::time::Duration;

use wsclose::Playback;
use wsclose::analysis::report::FindingStatus;
use wsclose::harness::subject::TraceEventKind;
use wsclose::harness::trace::Trace;
use wsclose::judge::{Finding, Verdict};
use wsclose::protocol::assembler::{FrameAssembler, FramePart, KeptPayload};
use wsclose::protocol::code::{CloseCode, Profile};
use wsclose::protocol::frame::Opcode;
use wsclose::protocol::role::Role;
use wsclose::rules::{Level, Rule, RuleSet};

use crate::endpoint::connection::CaseError;
use crate::run::cases::Case;

/// The longest timeline that is kept, in octets: an endpoint may write for as long as it is listened to.
const LONGEST_TIMELINE: usize = 1 << 15;

/// What was found against the endpoint in one case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The rule.
    pub rule: Rule,
    /// What a conforming endpoint would have done.
    pub expected: String,
    /// What this one did.
    pub actual: String,
}

/// One case, played.
#[derive(Clone, Debug)]
pub struct CaseResult {
    /// The name of the case.
    pub name: String,
    /// The script, in its text form.
    pub script: String,
    /// What happened, as far as there is room for it; nothing where nothing was found.
    pub timeline: String,
    /// What was found.
    pub violations: Vec<Violation>,
    /// The rules that were kept.
    pub conforming: RuleSet,
    /// The rules of which the case does not tell how they fared.
    pub inconclusive: RuleSet,
    /// Why what was seen is worth nothing.
    pub error: Option<CaseError>,
    /// The code of the last Close that the endpoint wrote.
    pub code: Option<CloseCode>,
    /// How long it took.
    pub elapsed: Duration,
}

impl CaseResult {
    /// The result of a case that was played. An error discards the findings. Violations of `timing_rules` count as
    /// inconclusive, because they depend on a timeout of the endpoint.
    pub fn new(
        case: &Case,
        played: &Playback<'_>,
        timing_rules: RuleSet,
        error: Option<CaseError>,
        elapsed: Duration,
    ) -> CaseResult {
        // The judge is not told of compression, with which RSV1 in data is right (RFC 7692 §6).
        let counts = |rule| !(case.deflate && rule == Rule::StreamWellFormed || timing_rules.contains(rule));
        let findings: Vec<&Finding> = match &error {
            None => played.findings.iter().filter(|finding| counts(finding.rule)).collect(),
            Some(_) => Vec::new(),
        };
        let violations: Vec<Violation> = findings
            .iter()
            .map(|finding| Violation {
                rule: finding.rule,
                expected: finding.expected.to_owned(),
                actual: finding.actual.to_string(),
            })
            .collect();
        let verdicts = |verdict| match &error {
            None => played.verdicts.with(verdict),
            Some(_) => RuleSet::EMPTY,
        };
        let timed = timing_rules.intersection(verdicts(Verdict::Violates));
        CaseResult {
            name: case.name.clone(),
            script: case.script.as_script().to_string(),
            timeline: if findings.is_empty() { String::new() } else { timeline(played.trace, &findings) },
            violations,
            conforming: verdicts(Verdict::Conforms),
            inconclusive: verdicts(Verdict::Inconclusive).union(timed),
            error,
            code: sent_close_code(played.trace),
            elapsed,
        }
    }

    /// What was seen is worth nothing, because of this.
    pub fn invalidate(&mut self, error: CaseError) {
        self.error = Some(error);
        self.violations.clear();
        (self.conforming, self.inconclusive) = (RuleSet::EMPTY, RuleSet::EMPTY);
    }

    /// Whether the rule was broken.
    pub fn violates(&self, rule: Rule) -> bool {
        self.violations.iter().any(|found| found.rule == rule)
    }
}

/// A text that grows no further than [`LONGEST_TIMELINE`].
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

/// The timeline with marks, truncated if the endpoint wrote too much to read.
fn timeline(trace: &Trace, findings: &[&Finding]) -> String {
    let mut text = Capped(String::new());
    if write!(text, "{}", trace.timeline(findings.iter().copied())).is_err() {
        text.0.push_str("\n… and more of that\n");
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

/// How sure a breach is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Confirmation {
    /// It came again when its case was played alone, with more patience.
    Confirmed,
    /// It did not come again.
    Flaky,
    /// There was no time to play it again.
    Unconfirmed,
}

impl Confirmation {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Confirmation::Confirmed => "confirmed",
            Confirmation::Flaky => "flaky",
            Confirmation::Unconfirmed => "unconfirmed",
        }
    }
}

/// What a run tells of one rule.
#[derive(Clone, Debug)]
pub struct RuleResult {
    /// The rule.
    pub rule: Rule,
    /// The worst of all cases.
    pub verdict: Verdict,
    /// In how many cases it was broken.
    pub violated: usize,
    /// In how many it was kept.
    pub conformed: usize,
    /// The smallest case that breaks it: its place in [`Run::cases`]. A case that was repeated comes first.
    pub example: Option<usize>,
    /// How sure that is.
    pub confirmation: Confirmation,
    /// What it does to the run.
    pub finding_status: Option<FindingStatus>,
    /// Why it is no news, where it is listed as known.
    pub reason: Option<String>,
}

impl RuleResult {
    /// What is shown of the rule in one word: its standing where that is sure, or else how sure it is, or else
    /// the verdict. A rule that is for information alone is never played again, and need not be sure.
    pub const fn status(&self) -> RuleStatus {
        match (self.finding_status, self.confirmation, self.verdict) {
            (Some(standing), Confirmation::Confirmed, _) => RuleStatus::Finding(standing),
            (Some(standing), _, _) if matches!(self.rule.level(), Level::Info) => {
                RuleStatus::Finding(standing)
            }
            (Some(_), Confirmation::Flaky, _) => RuleStatus::Flaky,
            (Some(_), Confirmation::Unconfirmed, _) => RuleStatus::Unconfirmed,
            (None, _, Verdict::Conforms | Verdict::Violates) => RuleStatus::Conforms,
            (None, _, Verdict::Inconclusive) => RuleStatus::Inconclusive,
            (None, _, Verdict::NotExercised) => RuleStatus::NotExercised,
        }
    }
}

/// A rule's place in a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RuleStatus {
    /// It was broken, again and again.
    Finding(FindingStatus),
    /// It was broken, and not when its case was played again.
    Flaky,
    /// It was broken, and there was no time to see that again.
    Unconfirmed,
    /// It was kept.
    Conforms,
    /// No case told.
    Inconclusive,
    /// No case asked.
    NotExercised,
}

impl RuleStatus {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            RuleStatus::Finding(standing) => standing.name(),
            RuleStatus::Flaky => Confirmation::Flaky.name(),
            RuleStatus::Unconfirmed => Confirmation::Unconfirmed.name(),
            RuleStatus::Conforms => "ok",
            RuleStatus::Inconclusive => Verdict::Inconclusive.name(),
            RuleStatus::NotExercised => Verdict::NotExercised.name(),
        }
    }
}

/// A broken rule with the case that shows it: what every report says of a finding.
#[derive(Clone, Copy, Debug)]
pub struct ReportedFinding<'a> {
    /// The rule, over the whole run.
    pub result: &'a RuleResult,
    /// What it does to the run.
    pub status: FindingStatus,
    /// The case that shows it.
    pub case: &'a CaseResult,
    /// What was found in that case.
    pub violation: &'a Violation,
}

/// A whole run.
#[derive(Clone, Debug)]
pub struct RunReport {
    /// The version of wsclose.
    pub version: &'static str,
    /// Whom it was against: a URL, or the name that a client gave itself.
    pub endpoint: String,
    /// The role that the endpoint played.
    pub role: Role,
    /// How codes were read.
    pub profile: Profile,
    /// The seed of everything that was drawn.
    pub seed: u64,
    /// Whether `should` and `lenient` fail it too.
    pub strict: bool,
    /// The command that makes this run, without the names of reports.
    pub command: String,
    /// The same, without making new scripts.
    pub repro_base: String,
    /// Every case, in order.
    pub cases: Vec<CaseResult>,
    /// Every rule that could be asked for, in the order of the catalogue.
    pub rules: Vec<RuleResult>,
    /// What is to be said beside that: cases left out and why, a server that died.
    pub notes: Vec<String>,
    /// Entries of the baseline that no longer occur.
    pub stale: Vec<Rule>,
    /// Whether it ended before its time, or the endpoint did.
    pub interrupted: bool,
    /// What differs between two runs that found the same.
    pub timing: Timing,
}

/// What differs between two runs that found the same.
#[derive(Clone, Copy, Debug, Default)]
pub struct Timing {
    /// How long it took.
    pub elapsed: Duration,
    /// How long an opening handshake took at the most.
    pub round_trip: Duration,
}

impl RunReport {
    /// Gathers, rule by rule, what the cases tell. `sure` says how sure the breach of a rule is, and `known`
    /// why it is no news.
    pub fn summarize(
        cases: &[CaseResult],
        selected: RuleSet,
        strict: bool,
        confirmations: &BTreeMap<Rule, (Confirmation, usize)>,
        baseline: &BTreeMap<Rule, String>,
    ) -> Vec<RuleResult> {
        let told = |rule: Rule| {
            let breaking: Vec<usize> = (0..cases.len()).filter(|case| cases[*case].violates(rule)).collect();
            let kept = cases.iter().filter(|case| case.conforming.contains(rule)).count();
            let unclear = cases.iter().any(|case| case.inconclusive.contains(rule));
            let smallest = breaking.iter().copied().min_by_key(|case| (cases[*case].script.len(), *case));
            let (surety, example) = match confirmations.get(&rule) {
                Some((surety, example)) => (*surety, Some(*example)),
                None => (Confirmation::Unconfirmed, smallest),
            };
            let verdict = match (breaking.is_empty(), kept, unclear) {
                (false, _, _) => Verdict::Violates,
                (true, 1.., _) => Verdict::Conforms,
                (true, 0, true) => Verdict::Inconclusive,
                (true, 0, false) => Verdict::NotExercised,
            };
            let reason = baseline.get(&rule).cloned();
            let standing = (!breaking.is_empty()).then(|| match surety {
                Confirmation::Confirmed => FindingStatus::of(rule.level(), reason.is_some(), strict),
                // Whoever cannot show it again does not fail anybody for it.
                Confirmation::Flaky | Confirmation::Unconfirmed => {
                    FindingStatus::of(Level::Info, false, strict)
                }
            });
            RuleResult {
                rule,
                verdict,
                violated: breaking.len(),
                conformed: kept,
                example,
                confirmation: surety,
                finding_status: standing,
                reason,
            }
        };
        selected.iter().map(told).collect()
    }

    /// Whether any rule fails the run.
    pub fn fails(&self) -> bool {
        self.rules.iter().any(|told| told.finding_status == Some(FindingStatus::Fail))
    }

    /// Whether anything was tested at all.
    pub fn tested(&self) -> bool {
        self.cases.iter().any(|case| case.error.is_none())
    }

    /// Every broken rule with its evidence, worst first.
    pub fn findings(&self) -> Vec<ReportedFinding<'_>> {
        let mut findings: Vec<ReportedFinding<'_>> =
            self.rules.iter().filter_map(|told| self.finding(told)).collect();
        findings.sort_by_key(|finding| match finding.status {
            FindingStatus::Fail => 0,
            FindingStatus::Warn => 1,
            FindingStatus::Known => 2,
            FindingStatus::Info => 3,
        });
        findings
    }

    fn finding<'a>(&'a self, result: &'a RuleResult) -> Option<ReportedFinding<'a>> {
        let case = &self.cases[result.example?];
        let found = case.violations.iter().find(|found| found.rule == result.rule)?;
        Some(ReportedFinding { result, status: result.finding_status?, case, violation: found })
    }

    /// How many rules stand so.
    pub fn count(&self, status: FindingStatus) -> usize {
        self.rules.iter().filter(|told| told.finding_status == Some(status)).count()
    }

    /// The worst that a case did to the run.
    pub fn worst_status(&self, case: &CaseResult) -> Option<FindingStatus> {
        let broken = self.rules.iter().filter(|told| case.violates(told.rule));
        broken.filter_map(|told| told.finding_status).min()
    }

    /// The cases that could not be played, and why.
    pub fn errors(&self) -> impl Iterator<Item = (&CaseResult, &CaseError)> {
        self.cases.iter().filter_map(|case| Some((case, case.error.as_ref()?)))
    }

    /// The command that plays one case of this run again.
    pub fn repro_command(&self, case: &CaseResult) -> String {
        format!("{} --case {}", self.repro_base, shell_quote(&glob::Pattern::escape(&case.name)))
    }

    /// Whether every case was played, to an endpoint that was there to the end.
    pub fn is_complete(&self) -> bool {
        !self.interrupted && self.errors().next().is_none()
    }

    /// The word for the whole.
    pub fn verdict(&self) -> &'static str {
        if !self.tested() {
            "ERROR"
        } else if self.fails() {
            "FAIL"
        } else if self.is_complete() {
            "PASS"
        } else {
            "INCOMPLETE"
        }
    }
}

/// A word as a shell takes it.
pub fn shell_quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
