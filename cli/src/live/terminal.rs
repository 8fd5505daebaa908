//! A run on the terminal. In comes a [`Run`], out come a line per rule and the evidence of every breach.

use std::io::{self, Write};

use wsclose::judge::Verdict;
use wsclose::report::FindingStatus;

use super::run::{Finding, Run};
use crate::out::Out;

/// Writes the run.
///
/// # Errors
/// What writing says.
pub fn write(run: &Run, out: &mut Out) -> io::Result<()> {
    writeln!(
        out,
        "{} as a {}, profile {}, seed {}: {} cases, {} rules",
        run.endpoint,
        run.role,
        run.profile,
        run.seed,
        run.cases.len(),
        run.rules.len()
    )?;
    for told in &run.rules {
        let mark = told.outcome().name();
        let count = match told.verdict {
            Verdict::Violates => format!("{} of {}", told.broken, told.broken + told.kept),
            Verdict::Conforms => format!("{}", told.kept),
            Verdict::Inconclusive | Verdict::NotExercised => String::new(),
        };
        let line = format!("{mark:<14}{:<36}{:<9}{count}", told.rule, told.rule.level());
        writeln!(out, "{}", line.trim_end())?;
    }
    let shown = |finding: &Finding<'_>| finding.standing != FindingStatus::Info;
    run.findings().into_iter().filter(shown).try_for_each(|finding| evidence(run, finding, out))?;
    for note in &run.notes {
        writeln!(out, "\nnote: {note}")?;
    }
    for rule in &run.stale {
        writeln!(out, "\nstale: the baseline lists {rule}, which is kept now")?;
    }
    for (case, trouble) in run.troubles() {
        writeln!(out, "\nnot tested: {}: {trouble}", case.name)?;
    }
    let (fails, warns) = (run.count(FindingStatus::Fail), run.count(FindingStatus::Warn));
    writeln!(out, "\nverdict: {}, {fails} rules fail, {warns} warn", run.verdict())
}

fn evidence(run: &Run, finding: Finding<'_>, out: &mut Out) -> io::Result<()> {
    let Finding { told, standing, case, found } = finding;
    let (rule, standing) = (told.rule, standing.name());
    writeln!(out, "\n{standing}: {rule} ({}, RFC 6455 §{})", rule.level(), rule.sections())?;
    writeln!(out, "  {}", rule.summary())?;
    writeln!(out, "  expected: {}", found.expected)?;
    writeln!(out, "  actual:   {}", found.actual)?;
    if let Some(reason) = &told.reason {
        writeln!(out, "  known:    {reason}")?;
    }
    writeln!(out, "  case:     {} ({})", case.name, told.surety.name())?;
    case.timeline.lines().try_for_each(|line| writeln!(out, "    {line}"))?;
    writeln!(out, "  repeat:   {}", run.repeat(case))
}
