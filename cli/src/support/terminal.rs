//! A run on the terminal. In comes a [`Run`], out come a line per rule and the evidence of every breach.

use std::io::{self, Write};

use wsclose::analysis::report::FindingStatus;
use wsclose::judge::Verdict;

use crate::support::output::Stdout;
use wsclose_live::run::results::{ReportedFinding, RunReport};

/// Writes the run.
///
/// # Errors
/// What writing says.
pub fn write(run: &RunReport, out: &mut Stdout) -> io::Result<()> {
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
        let mark = told.status().name();
        let count = match told.verdict {
            Verdict::Violates => format!("{} of {}", told.violated, told.violated + told.conformed),
            Verdict::Conforms => format!("{}", told.conformed),
            Verdict::Inconclusive | Verdict::NotExercised => String::new(),
        };
        let line = format!("{mark:<14}{:<36}{:<9}{count}", told.rule, told.rule.level());
        writeln!(out, "{}", line.trim_end())?;
    }
    let shown = |finding: &ReportedFinding<'_>| finding.status != FindingStatus::Info;
    run.findings().into_iter().filter(shown).try_for_each(|finding| evidence(run, finding, out))?;
    for note in &run.notes {
        writeln!(out, "\nnote: {note}")?;
    }
    for rule in &run.stale {
        writeln!(out, "\nstale: the baseline lists {rule}, which is kept now")?;
    }
    for (case, trouble) in run.errors() {
        writeln!(out, "\nnot tested: {}: {trouble}", case.name)?;
    }
    let (fails, warns) = (run.count(FindingStatus::Fail), run.count(FindingStatus::Warn));
    writeln!(out, "\nverdict: {}, {fails} rules fail, {warns} warn", run.verdict())
}

fn evidence(run: &RunReport, finding: ReportedFinding<'_>, out: &mut Stdout) -> io::Result<()> {
    let ReportedFinding { result: told, status: standing, case, violation: found } = finding;
    let (rule, standing) = (told.rule, standing.name());
    writeln!(out, "\n{standing}: {rule} ({}, RFC 6455 §{})", rule.level(), rule.sections())?;
    writeln!(out, "  {}", rule.summary())?;
    writeln!(out, "  expected: {}", found.expected)?;
    writeln!(out, "  actual:   {}", found.actual)?;
    if let Some(reason) = &told.reason {
        writeln!(out, "  known:    {reason}")?;
    }
    writeln!(out, "  case:     {} ({})", case.name, told.confirmation.name())?;
    case.timeline.lines().try_for_each(|line| writeln!(out, "    {line}"))?;
    writeln!(out, "  reproduce:   {}", run.repro_command(case))
}
