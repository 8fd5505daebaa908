//! The text form of a report, as `wsclose check` prints it.

use std::fmt::{self, Display, Formatter};

use wsclose::analysis::status::FindingStatus;
use wsclose::judge::Verdict;

use crate::run::case_result::CaseResult;
use crate::run::results::{ReportedFinding, RunReport};

impl Display for RunReport {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} as a {}, profile {}, seed {}: {} cases, {} rules",
            self.endpoint,
            self.role,
            self.profile,
            self.seed,
            self.cases.len(),
            self.rules.len()
        )?;
        for result in &self.rules {
            let status = result.status().name();
            let count = match result.verdict {
                Verdict::Violates => format!("{} of {}", result.violated, result.violated + result.conformed),
                Verdict::Conforms => format!("{}", result.conformed),
                Verdict::Inconclusive | Verdict::NotExercised => String::new(),
            };
            let doubt = result.inconclusive_reason.map_or(String::new(), |reason| {
                let separator = if count.is_empty() { "" } else { "; " };
                format!("{separator}{} inconclusive: {reason}", result.inconclusive)
            });
            let line = format!("{status:<14}{:<36}{:<9}{count}{doubt}", result.rule, result.rule.level());
            writeln!(f, "{}", line.trim_end())?;
        }
        let is_shown = |finding: &ReportedFinding<'_>| finding.status != FindingStatus::Info;
        self.findings().into_iter().filter(is_shown).try_for_each(|finding| evidence(self, finding, f))?;
        self.cases.iter().filter(|case| case.shown).try_for_each(|case| shown_case(self, case, f))?;
        for note in &self.notes {
            writeln!(f, "\nnote: {note}")?;
        }
        for rule in &self.stale {
            writeln!(f, "\nstale: the baseline lists {rule}, which conforms now; remove the entry")?;
        }
        for (case, error) in self.errors() {
            writeln!(f, "\nnot tested: {}: {error}", case.name)?;
        }
        let (fails, warns) = (self.count(FindingStatus::Fail), self.count(FindingStatus::Warn));
        write!(f, "\nverdict: {}, {fails} rules fail, {warns} warn", self.verdict())?;
        let undecided = self.undecided().count();
        if undecided > 0 {
            write!(f, ", {undecided} not confirmed for lack of a re-run")?;
        }
        if self.left_out > 0 {
            write!(f, ", {} cases left out", self.left_out)?;
        }
        writeln!(f)
    }
}

/// The timeline of a case, and what it shows of each rule.
fn shown_case(report: &RunReport, case: &CaseResult, f: &mut Formatter<'_>) -> fmt::Result {
    writeln!(f, "\ncase: {} ({} ms)", case.name, case.elapsed.as_millis())?;
    case.timeline.lines().try_for_each(|line| writeln!(f, "    {line}"))?;
    for result in &report.rules {
        match case.verdict(result.rule) {
            verdict @ (Verdict::Violates | Verdict::Conforms) => {
                writeln!(f, "  {:<14}{}", verdict, result.rule)?
            }
            verdict @ Verdict::Inconclusive => {
                let reason = case.inconclusive.get(&result.rule).copied().unwrap_or_default();
                writeln!(f, "  {:<14}{}: {reason}", verdict, result.rule)?;
            }
            Verdict::NotExercised => {}
        }
    }
    Ok(())
}

fn evidence(report: &RunReport, finding: ReportedFinding<'_>, f: &mut Formatter<'_>) -> fmt::Result {
    let ReportedFinding { result, status, case, violation } = finding;
    let (rule, status) = (result.rule, status.name());
    writeln!(f, "\n{status}: {rule} ({}, RFC 6455 §{})", rule.level(), rule.sections())?;
    writeln!(f, "  {}", rule.summary())?;
    writeln!(f, "  expected: {}", violation.expected)?;
    writeln!(f, "  actual:   {}", violation.actual)?;
    violation.hints.iter().try_for_each(|hint| writeln!(f, "  hint:     {hint}"))?;
    if let Some(pattern) = &result.pattern {
        writeln!(f, "  pattern:  {pattern}")?;
    }
    if let Some(reason) = &result.reason {
        writeln!(f, "  known:    {reason}")?;
    }
    writeln!(f, "  case:     {} ({})", case.name, result.confirmation.name())?;
    case.timeline.lines().try_for_each(|line| writeln!(f, "    {line}"))?;
    writeln!(f, "  reproduce: {}", report.repro_command(&finding))
}
