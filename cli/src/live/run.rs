//! A run against a live endpoint, as data: what every report is made of. In come traces and verdicts, out
//! come [`Played`] cases and, over all of them, [`Told`] rules.

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::time::Duration;

use wsclose::code::{CloseCode, Profile};
use wsclose::frame::{Decoder, Opcode, Piece};
use wsclose::judge::{Judge, Verdict};
use wsclose::report::FindingStatus;
use wsclose::role::Role;
use wsclose::rule::{Level, Rule, RuleSet};
use wsclose::subject::TraceEventKind;
use wsclose::trace::Trace;

use super::cases::Case;
use super::opener::Trouble;

/// The longest timeline that is kept, in octets: an endpoint may write for as long as it is listened to.
const LONGEST_TIMELINE: usize = 1 << 15;

/// What was found against the endpoint in one case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The rule.
    pub rule: Rule,
    /// What a conforming endpoint would have done.
    pub expected: String,
    /// What this one did.
    pub actual: String,
}

/// One case, played.
#[derive(Clone, Debug)]
pub struct Played {
    /// The name of the case.
    pub name: String,
    /// The script, in its text form.
    pub script: String,
    /// What happened, as far as there is room for it; nothing where nothing was found.
    pub timeline: String,
    /// What was found.
    pub found: Vec<Found>,
    /// The rules that were kept.
    pub kept: RuleSet,
    /// The rules of which the case does not tell how they fared.
    pub unclear: RuleSet,
    /// Why what was seen is worth nothing.
    pub trouble: Option<Trouble>,
    /// The code of the last Close that the endpoint wrote.
    pub code: Option<CloseCode>,
    /// How long it took.
    pub took: Duration,
}

impl Played {
    /// What the judge says of a trace. Nothing is held against the endpoint by the rules in `timed`: they hang on how
    /// long a timeout of its is.
    pub fn of(
        case: &Case,
        trace: &Trace,
        timed: RuleSet,
        judge: &mut Judge,
        trouble: Option<Trouble>,
        took: Duration,
    ) -> Played {
        let judged = if trouble.is_none() { judge.judge(trace) } else { &[] };
        // The judge is not told of compression, with which RSV1 in data is right (RFC 7692 §6).
        let counts = |rule| !(case.deflate && rule == Rule::StreamWellFormed || timed.contains(rule));
        let found: Vec<Found> = judged
            .iter()
            .filter(|finding| counts(finding.rule))
            .map(|finding| Found {
                rule: finding.rule,
                expected: finding.expected.to_owned(),
                actual: finding.actual.to_string(),
            })
            .collect();
        let verdicts = |verdict| match &trouble {
            None => judge.verdicts().with(verdict),
            Some(_) => RuleSet::EMPTY,
        };
        let timed = timed.intersection(verdicts(Verdict::Violates));
        Played {
            name: case.name.clone(),
            script: case.script.as_script().to_string(),
            timeline: if found.is_empty() { String::new() } else { timeline(trace) },
            found,
            kept: verdicts(Verdict::Conforms),
            unclear: verdicts(Verdict::Inconclusive).union(timed),
            trouble,
            code: code_written(trace),
            took,
        }
    }

    /// What was seen is worth nothing, because of this.
    pub fn fail(&mut self, trouble: Trouble) {
        self.trouble = Some(trouble);
        self.found.clear();
        (self.kept, self.unclear) = (RuleSet::EMPTY, RuleSet::EMPTY);
    }

    /// Whether the rule was broken.
    pub fn breaks(&self, rule: Rule) -> bool {
        self.found.iter().any(|found| found.rule == rule)
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

/// What happened, cut where an endpoint wrote more than anybody reads.
fn timeline(trace: &Trace) -> String {
    let mut text = Capped(String::new());
    if write!(text, "{trace}").is_err() {
        text.0.push_str("\n… and more of that\n");
    }
    text.0
}

/// The code of the last Close that the endpoint wrote, if it wrote one with a code.
fn code_written(trace: &Trace) -> Option<CloseCode> {
    let (mut decoder, mut key, mut close) = (Decoder::new(), None, false);
    let (mut head, mut last) = (Vec::new(), None);
    for entry in trace.events() {
        if let TraceEventKind::Connected { .. } = entry.kind {
            (decoder, close) = (Decoder::new(), false);
        }
        let TraceEventKind::Sent(span) = entry.kind else { continue };
        let mut rest = trace.octets(span);
        while let Some(piece) = decoder.next(&mut rest) {
            match piece {
                Piece::Header(header) => {
                    close = header.opcode == Opcode::Close;
                    key = header.mask;
                    head.clear();
                }
                Piece::Payload { octets, .. } if close => head.extend_from_slice(octets),
                Piece::Payload { .. } => {}
                Piece::End if close => {
                    if let Some(key) = key {
                        wsclose::frame::mask(key, 0, &mut head);
                    }
                    last = head.first_chunk().map(|code| CloseCode(u16::from_be_bytes(*code)));
                }
                Piece::End => {}
            }
        }
    }
    last
}

/// How sure a breach is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Surety {
    /// It came again when its case was played alone, with more patience.
    Repeated,
    /// It did not come again.
    Flaky,
    /// There was no time to play it again.
    Once,
}

impl Surety {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Surety::Repeated => "repeated",
            Surety::Flaky => "flaky",
            Surety::Once => "not repeated",
        }
    }
}

/// What a run tells of one rule.
#[derive(Clone, Debug)]
pub struct Told {
    /// The rule.
    pub rule: Rule,
    /// The worst of all cases.
    pub verdict: Verdict,
    /// In how many cases it was broken.
    pub broken: usize,
    /// In how many it was kept.
    pub kept: usize,
    /// The smallest case that breaks it: its place in [`Run::cases`]. A case that was repeated comes first.
    pub example: Option<usize>,
    /// How sure that is.
    pub surety: Surety,
    /// What it does to the run.
    pub standing: Option<FindingStatus>,
    /// Why it is no news, where it is listed as known.
    pub reason: Option<String>,
}

impl Told {
    /// What is shown of the rule in one word: its standing where that is sure, or else how sure it is, or else
    /// the verdict. A rule that is for information alone is never played again, and need not be sure.
    pub const fn outcome(&self) -> Outcome {
        match (self.standing, self.surety, self.verdict) {
            (Some(standing), Surety::Repeated, _) => Outcome::Stands(standing),
            (Some(standing), _, _) if matches!(self.rule.level(), Level::Info) => Outcome::Stands(standing),
            (Some(_), Surety::Flaky, _) => Outcome::Flaky,
            (Some(_), Surety::Once, _) => Outcome::NotRepeated,
            (None, _, Verdict::Conforms | Verdict::Violates) => Outcome::Kept,
            (None, _, Verdict::Inconclusive) => Outcome::Inconclusive,
            (None, _, Verdict::NotExercised) => Outcome::NotExercised,
        }
    }
}

/// A rule's place in a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It was broken, again and again.
    Stands(FindingStatus),
    /// It was broken, and not when its case was played again.
    Flaky,
    /// It was broken, and there was no time to see that again.
    NotRepeated,
    /// It was kept.
    Kept,
    /// No case told.
    Inconclusive,
    /// No case asked.
    NotExercised,
}

impl Outcome {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Outcome::Stands(standing) => standing.name(),
            Outcome::Flaky => Surety::Flaky.name(),
            Outcome::NotRepeated => Surety::Once.name(),
            Outcome::Kept => "ok",
            Outcome::Inconclusive => Verdict::Inconclusive.name(),
            Outcome::NotExercised => Verdict::NotExercised.name(),
        }
    }
}

/// A broken rule with the case that shows it: what every report says of a finding.
#[derive(Clone, Copy, Debug)]
pub struct Finding<'a> {
    /// The rule, over the whole run.
    pub told: &'a Told,
    /// What it does to the run.
    pub standing: FindingStatus,
    /// The case that shows it.
    pub case: &'a Played,
    /// What was found in that case.
    pub found: &'a Found,
}

/// A whole run.
#[derive(Clone, Debug)]
pub struct Run {
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
    pub again: String,
    /// Every case, in order.
    pub cases: Vec<Played>,
    /// Every rule that could be asked for, in the order of the catalogue.
    pub rules: Vec<Told>,
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

impl Run {
    /// Gathers, rule by rule, what the cases tell. `sure` says how sure the breach of a rule is, and `known`
    /// why it is no news.
    pub fn tell(
        cases: &[Played],
        asked: RuleSet,
        strict: bool,
        sure: &BTreeMap<Rule, (Surety, usize)>,
        known: &BTreeMap<Rule, String>,
    ) -> Vec<Told> {
        let told = |rule: Rule| {
            let breaking: Vec<usize> = (0..cases.len()).filter(|case| cases[*case].breaks(rule)).collect();
            let kept = cases.iter().filter(|case| case.kept.contains(rule)).count();
            let unclear = cases.iter().any(|case| case.unclear.contains(rule));
            let smallest = breaking.iter().copied().min_by_key(|case| (cases[*case].script.len(), *case));
            let (surety, example) = match sure.get(&rule) {
                Some((surety, example)) => (*surety, Some(*example)),
                None => (Surety::Once, smallest),
            };
            let verdict = match (breaking.is_empty(), kept, unclear) {
                (false, _, _) => Verdict::Violates,
                (true, 1.., _) => Verdict::Conforms,
                (true, 0, true) => Verdict::Inconclusive,
                (true, 0, false) => Verdict::NotExercised,
            };
            let reason = known.get(&rule).cloned();
            let standing = (!breaking.is_empty()).then(|| match surety {
                Surety::Repeated => FindingStatus::of(rule.level(), reason.is_some(), strict),
                // Whoever cannot show it again does not fail anybody for it.
                Surety::Flaky | Surety::Once => FindingStatus::of(Level::Info, false, strict),
            });
            Told { rule, verdict, broken: breaking.len(), kept, example, surety, standing, reason }
        };
        asked.iter().map(told).collect()
    }

    /// Whether any rule fails the run.
    pub fn fails(&self) -> bool {
        self.rules.iter().any(|told| told.standing == Some(FindingStatus::Fail))
    }

    /// Whether anything was tested at all.
    pub fn tested(&self) -> bool {
        self.cases.iter().any(|case| case.trouble.is_none())
    }

    /// Every broken rule with its evidence, worst first.
    pub fn findings(&self) -> Vec<Finding<'_>> {
        let mut findings: Vec<Finding<'_>> =
            self.rules.iter().filter_map(|told| self.finding(told)).collect();
        findings.sort_by_key(|finding| match finding.standing {
            FindingStatus::Fail => 0,
            FindingStatus::Warn => 1,
            FindingStatus::Known => 2,
            FindingStatus::Info => 3,
        });
        findings
    }

    fn finding<'a>(&'a self, told: &'a Told) -> Option<Finding<'a>> {
        let case = &self.cases[told.example?];
        let found = case.found.iter().find(|found| found.rule == told.rule)?;
        Some(Finding { told, standing: told.standing?, case, found })
    }

    /// How many rules stand so.
    pub fn count(&self, standing: FindingStatus) -> usize {
        self.rules.iter().filter(|told| told.standing == Some(standing)).count()
    }

    /// The worst that a case did to the run.
    pub fn worst(&self, case: &Played) -> Option<FindingStatus> {
        let broken = self.rules.iter().filter(|told| case.breaks(told.rule));
        broken.filter_map(|told| told.standing).min()
    }

    /// The cases that could not be played, and why.
    pub fn troubles(&self) -> impl Iterator<Item = (&Played, &Trouble)> {
        self.cases.iter().filter_map(|case| Some((case, case.trouble.as_ref()?)))
    }

    /// The command that plays one case of this run again.
    pub fn repeat(&self, case: &Played) -> String {
        format!("{} --case {}", self.again, quoted(&glob::Pattern::escape(&case.name)))
    }

    /// Whether every case was played, to an endpoint that was there to the end.
    pub fn is_whole(&self) -> bool {
        !self.interrupted && self.troubles().next().is_none()
    }

    /// The word for the whole.
    pub fn verdict(&self) -> &'static str {
        if !self.tested() {
            "could not test"
        } else if self.fails() {
            "FAIL"
        } else if self.is_whole() {
            "PASS"
        } else {
            "INCOMPLETE"
        }
    }
}

/// A word as a shell takes it.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
