//! `wsclose replay`. In come scripts and folders of them, out comes a report for a file and a table for a
//! folder, and whether anything is broken that is not known to be.

use std::borrow::Cow;
use std::io::Write;
use std::path::{Path, PathBuf};

use wsclose::drive::Limits;
use wsclose::report::{Report, Summary, Tally};
use wsclose::role::Role;
use wsclose_peers::known::Baseline;

use crate::args;
use crate::failure::{Exit, Failure};
use crate::files::{self, Case, FileError};
use crate::out::{Out, complain, table, write_table};
use crate::play::{Panicked, Stage};
use crate::progress::Progress;
use crate::subjects::{self, Cast};

/// Plays everything that was asked for.
pub fn run(args: &args::Replay, out: &mut Out) -> Result<Exit, Failure> {
    let cast = Cast::new(&args.trial.subjects, args.trial.profile, wsclose_peers::all)?;
    let known = subjects::known(args.trial.known.as_deref())?;
    let stage = Stage::new(args.trial.profile);
    let mut replay = Replay { args, cast, known, stage, breach: false, untested: 0 };
    for path in &args.paths {
        match files::is_folder(path, "a file or a folder") {
            Ok(true) => replay.folder(path, out)?,
            Ok(false) => replay.file(path, out)?,
            Err(error) => replay.cannot(&error),
        }
    }
    replay.incomplete(out)?;
    Ok(replay.exit())
}

struct Replay<'a> {
    args: &'a args::Replay,
    cast: Cast,
    known: Cow<'static, Baseline>,
    stage: Stage,
    breach: bool,
    untested: usize,
}

impl Replay<'_> {
    fn cannot(&mut self, why: &dyn std::error::Error) {
        self.untested += 1;
        complain(why);
    }

    /// The last word where something could not be tested: what passed is not all.
    fn incomplete(&self, out: &mut Out) -> Result<(), Failure> {
        match (self.untested, self.breach) {
            (0, _) => {}
            (untested, true) => writeln!(out, "verdict: FAIL, and {untested} could not be tested")?,
            (untested, false) => writeln!(out, "verdict: INCOMPLETE: {untested} could not be tested")?,
        }
        Ok(())
    }

    fn exit(&self) -> Exit {
        match (self.breach, self.untested) {
            (true, _) => Exit::Breach,
            (false, 0) => Exit::Conforms,
            (false, _) => Exit::Untestable,
        }
    }

    fn load(&self, path: &Path) -> Result<Case, FileError> {
        let case = files::load(path, self.args.octets)?;
        Ok(match self.args.role {
            Some(roles) => Case { roles: roles.list(), ..case },
            None => case,
        })
    }

    fn file(&mut self, path: &Path, out: &mut Out) -> Result<(), Failure> {
        let case = match self.load(path) {
            Ok(case) => case,
            Err(error) => {
                self.cannot(&error);
                return Ok(());
            }
        };
        if self.args.paths.len() > 1 {
            writeln!(out, "file: {}", files::shown(path))?;
        }
        for role in &case.roles {
            let mut report = Report::new();
            let untested = self.untested;
            let tallies = self.play(path, &case, *role, Some(&mut report));
            for (subject, remedy) in &self.cast.not_built {
                report.add_unavailable(subject, remedy);
            }
            write!(out, "{report}")?;
            self.verdict(tallies, untested, out)?;
        }
        Ok(())
    }

    /// The verdict on one file, before which so many things had not been tested.
    fn verdict(
        &mut self,
        tallies: Vec<(String, Result<Tally, Panicked>)>,
        untested: usize,
        out: &mut Out,
    ) -> Result<(), Failure> {
        let mut failed = Vec::new();
        for (subject, tally) in tallies {
            match tally {
                Ok(tally) if tally.passes() => {}
                Ok(_) => failed.push(subject),
                Err(panicked) => self.cannot(&panicked),
            }
        }
        if !failed.is_empty() {
            self.breach = true;
            writeln!(out, "verdict: FAIL: {}", failed.join(", "))?;
        } else if self.untested == untested {
            writeln!(out, "verdict: PASS")?;
        }
        Ok(())
    }

    fn folder(&mut self, folder: &Path, out: &mut Out) -> Result<(), Failure> {
        let (paths, errors) = files::scripts_in(folder);
        errors.iter().for_each(|error| self.cannot(error));
        let summary = self.summary(folder, &paths);
        if summary.totals().scripts == 0 {
            return Ok(());
        }
        let mut heading = vec!["script"];
        heading.extend(summary.subjects());
        let mut table = table(&heading);
        let mut found_by_fuzzing = 0;
        for (script, cells) in summary.rows() {
            let cells: Vec<Option<Tally>> = cells.collect();
            if files::is_named_by_hash(script)
                && cells.iter().flatten().count() == cells.len()
                && cells.iter().flatten().all(Tally::passes)
            {
                found_by_fuzzing += 1;
                continue;
            }
            let cells =
                cells.iter().map(|cell| cell.map_or("could not test".to_owned(), |tally| tally.to_string()));
            table.add_row(std::iter::once(script.to_owned()).chain(cells));
        }
        write_table(out, &table)?;
        if found_by_fuzzing > 0 {
            writeln!(
                out,
                "not listed: {found_by_fuzzing} that a fuzzer named by a hash, without a new breach"
            )?;
        }
        for (subject, remedy) in &self.cast.not_built {
            writeln!(out, "not built: {subject} ({remedy})")?;
        }
        writeln!(out, "{}", summary.totals())?;
        self.breach |= !summary.passes();
        Ok(())
    }

    fn summary(&mut self, folder: &Path, paths: &[PathBuf]) -> Summary {
        let mut summary = Summary::new();
        let mut progress = Progress::new(paths.len());
        for path in paths {
            progress.step();
            let case = match self.load(path) {
                Ok(case) => case,
                Err(error) => {
                    self.cannot(&error);
                    continue;
                }
            };
            let name = files::shown(path.strip_prefix(folder).unwrap_or(path));
            for role in &case.roles {
                for (subject, tally) in self.play(path, &case, *role, None) {
                    match tally {
                        Ok(tally) => summary.add(&name, &subject, tally),
                        Err(panicked) => self.cannot(&panicked),
                    }
                }
            }
        }
        summary
    }

    /// Plays a script to every subject.
    fn play(
        &mut self,
        path: &Path,
        case: &Case,
        role: Role,
        mut report: Option<&mut Report>,
    ) -> Vec<(String, Result<Tally, Panicked>)> {
        let Replay { args, cast, known, stage, .. } = self;
        let script = case.script.as_script().for_role(role);
        let verdict = |subject: &mut Box<dyn wsclose::subject::Subject>| {
            let name = subject.name().to_owned();
            let played = stage.play(script, subject.as_mut()).map(|(trace, findings)| {
                let known = |rule| subjects::is_known(known, &name, rule);
                if let Some(report) = report.as_deref_mut() {
                    report.add_with_known(&name, trace, findings, known);
                }
                Tally::of(findings, args.strict, known)
            });
            (name, played)
        };
        let verdicts = cast.subjects.iter_mut().map(verdict).collect();
        if stage.left_out() {
            let path = files::shown(path);
            self.cannot(&FileError::LeftOut { path, limits: Limits::DEFAULT });
        }
        verdicts
    }
}
