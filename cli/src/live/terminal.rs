//! A run on the terminal. In comes a [`Run`], out come a line per rule and the evidence of every breach.

use std::io::{self, Write};

use wsclose::judge::Verdict;
use wsclose::report::Standing;

use super::run::{Run, Surety, Told};
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
        let mark = match (told.standing, told.verdict) {
            (Some(standing), _) if told.surety == Surety::Repeated => standing.name(),
            (Some(_), _) => told.surety.name(),
            (None, Verdict::Conforms) => "ok",
            (None, Verdict::Breaks) => "?",
            (None, verdict @ (Verdict::Inconclusive | Verdict::NotExercised)) => verdict.name(),
        };
        let count = match told.verdict {
            Verdict::Breaks => format!("{} of {}", told.broken, told.broken + told.kept),
            Verdict::Conforms => format!("{}", told.kept),
            Verdict::Inconclusive | Verdict::NotExercised => String::new(),
        };
        let line = format!("{mark:<14}{:<36}{:<9}{count}", told.rule, told.rule.level());
        writeln!(out, "{}", line.trim_end())?;
    }
    let order = [Standing::Fails, Standing::Warns, Standing::Known, Standing::Informs];
    for standing in order {
        let of_it = run.rules.iter().filter(|told| told.standing == Some(standing));
        of_it.filter(|_| standing != Standing::Informs).try_for_each(|told| evidence(run, told, out))?;
    }
    for note in &run.notes {
        writeln!(out, "\nnote: {note}")?;
    }
    for rule in &run.stale {
        writeln!(out, "\nstale: the baseline lists {rule}, which is kept now")?;
    }
    for case in run.cases.iter().filter(|case| case.trouble.is_some()) {
        if let Some(trouble) = &case.trouble {
            writeln!(out, "\nnot tested: {}: {trouble}", case.name)?;
        }
    }
    let fails = run.rules.iter().filter(|told| told.standing == Some(Standing::Fails)).count();
    let warns = run.rules.iter().filter(|told| told.standing == Some(Standing::Warns)).count();
    writeln!(out, "\nverdict: {}, {fails} rules fail, {warns} warn", if run.fails() { "FAIL" } else { "PASS" })
}

fn evidence(run: &Run, told: &Told, out: &mut Out) -> io::Result<()> {
    let Some(case) = told.example.map(|at| &run.cases[at]) else { return Ok(()) };
    let Some(found) = case.found.iter().find(|found| found.rule == told.rule) else { return Ok(()) };
    let standing = told.standing.map_or("", Standing::name);
    writeln!(out, "\n{standing}: {} ({}, RFC 6455 §{})", told.rule, told.rule.level(), told.rule.sections())?;
    writeln!(out, "  {}", told.rule.says())?;
    writeln!(out, "  expected: {}", found.expected)?;
    writeln!(out, "  actual:   {}", found.actual)?;
    if let Some(reason) = &told.reason {
        writeln!(out, "  known:    {reason}")?;
    }
    writeln!(out, "  case:     {} ({})", case.name, told.surety.name())?;
    case.timeline.lines().try_for_each(|line| writeln!(out, "    {line}"))?;
    writeln!(out, "  repeat:   {} --case {}", run.command, case.name)
}
