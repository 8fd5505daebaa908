//! `wsclose adopt`: turns artifacts of a fuzz target into minimized corpus entries with a snapshot to review.

mod adoption;
mod folder;

use std::io::Write;

use crate::args;
use crate::libraries::Libraries;
use crate::support::error::{CliError, ExitStatus};
use crate::support::files;
use crate::support::oracle::{self, Crash};
use crate::support::output::Stdout;
use adoption::{Adoption, Artifact, Evidence, Violation};

/// Adopts an artifact, or those of a folder.
pub fn run(
    args: &args::Adopt,
    libraries: &'static dyn Libraries,
    out: &mut Stdout,
) -> Result<ExitStatus, CliError> {
    if args.artifact.is_dir() {
        return folder::run(args, libraries, out);
    }
    let mut adoption = Adoption::new(args, libraries)?;
    let artifact = adoption.load(&args.artifact)?;
    match adoption.examine(&artifact)? {
        Evidence::Violations(violations) => file_first_new(&mut adoption, &artifact, &violations, out),
        Evidence::Crash(panicked) => {
            writeln!(out, "{}: {panicked}", files::display_path(&artifact.path))?;
            let crash =
                Crash { target: artifact.target, octets: &artifact.octets, location: &panicked.location };
            let oracle = |target, octets: &[u8]| oracle::run(libraries, target, octets);
            crash.file(oracle, &adoption.project, args.name.as_deref(), out)
        }
    }
}

/// Files the first violation that is neither in the baseline nor in the corpus.
fn file_first_new(
    adoption: &mut Adoption<'_>,
    artifact: &Artifact,
    violations: &[Violation],
    out: &mut Stdout,
) -> Result<ExitStatus, CliError> {
    let path = files::display_path(&artifact.path);
    if violations.is_empty() {
        writeln!(out, "{path}: no violation, nothing was written")?;
        return Ok(ExitStatus::Conforms);
    }
    for Violation { name, rule, level, actual, known, .. } in violations {
        let known = if *known { " (known)" } else { "" };
        writeln!(out, "{path}: {name} violates {rule}  {level}  {actual}{known}")?;
    }
    let target = adoption::corpus_target(artifact.target);
    let mut refused = false;
    for violation in violations.iter().filter(|violation| !violation.known) {
        if let Some(file) = adoption.duplicate(target, violation) {
            writeln!(out, "refused: {file} already shows {} by {}", violation.rule, violation.name)?;
            refused = true;
            continue;
        }
        let filed = adoption.file(artifact, violation)?;
        let (before, after) = filed.steps;
        writeln!(out, "minimized: steps {before} to {after}")?;
        writeln!(out, "wrote {}", files::display_path(&filed.paths.entry))?;
        writeln!(out, "wrote {}", files::display_path(&filed.paths.pending))?;
        write_next(adoption, out)?;
        return Ok(ExitStatus::Conforms);
    }
    if refused {
        return Ok(ExitStatus::Violation);
    }
    writeln!(out, "nothing new: the baseline lists every violation; nothing was written")?;
    Ok(ExitStatus::Conforms)
}

/// Prints what to do with new entries.
fn write_next(adoption: &Adoption<'_>, out: &mut Stdout) -> Result<(), CliError> {
    let next = if adoption.project.is_wsclose() {
        "next: read both files, run `cargo insta review` (or rename the snapshot to end in .snap),
      then `cargo test -p wsclose-implementations --test regressions`; list an accepted violation
      in implementations/baseline.toml with its reason and its place in the source"
    } else {
        "next: read both files, and rename the snapshot to end in .snap; `replay` plays the entry again,
      and --baseline names a file of accepted violations"
    };
    writeln!(out, "{next}")?;
    Ok(())
}
