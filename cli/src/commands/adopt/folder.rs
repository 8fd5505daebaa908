//! Adopts the artifacts of a folder: groups them by what they show, and files the smallest one of each group.
//!
//! A group that the corpus shows already is left alone. So the command can be stopped and run again, and a second run
//! writes nothing.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;
use std::path::PathBuf;

use wsclose::rules::Rule;

use super::adoption::{self, Adoption, Artifact, Evidence, Violation};
use crate::args;
use crate::args::fuzz_target::FuzzTarget;
use crate::libraries::Libraries;
use crate::support::error::{CliError, ExitStatus};
use crate::support::files;
use crate::support::interrupt;
use crate::support::oracle::{self, Crash};
use crate::support::output::{Stdout, eprint_error};
use crate::support::scripts;

/// What the artifacts of a group have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum GroupKey {
    /// A subject violates a rule. The target is the one in whose corpus it is filed.
    Violation(FuzzTarget, Rule, String),
    /// An assertion of a target fails, at this place.
    Crash(FuzzTarget, String),
}

impl fmt::Display for GroupKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GroupKey::Violation(_, rule, subject) => write!(f, "{rule} by {subject}"),
            GroupKey::Crash(target, place) => write!(f, "{} fails at {place}", target.name()),
        }
    }
}

/// The artifacts that show the same.
struct Group {
    count: usize,
    /// The size of the smallest artifact, in octets, and its path.
    smallest: (usize, PathBuf),
}

/// What became of the artifacts and groups.
#[derive(Default)]
struct Tally {
    /// The artifacts that show nothing, or only what the baseline lists.
    idle: usize,
    untested: usize,
    filed: usize,
    present: usize,
}

/// Adopts the artifacts of the folder. Stops after the group in progress when the process is interrupted.
pub fn run(
    args: &args::Adopt,
    libraries: &'static dyn Libraries,
    out: &mut Stdout,
) -> Result<ExitStatus, CliError> {
    if args.name.is_some() {
        let what = "--name: names one entry, and a folder may give several; leave it out, or name a file";
        return Err(CliError::Usage(what.to_owned()));
    }
    let interrupt = interrupt::on_signal();
    let mut adoption = Adoption::new(args, libraries)?;
    let (paths, errors) = scripts::scripts_in(&args.artifact);
    let mut tally = Tally { untested: errors.len(), ..Tally::default() };
    errors.iter().for_each(eprint_error);
    let mut groups: BTreeMap<GroupKey, Group> = BTreeMap::new();
    for path in &paths {
        if interrupt.is_triggered() {
            return stopped(out);
        }
        match examine(&mut adoption, path, out) {
            Ok((keys, size)) => {
                tally.idle += usize::from(keys.is_empty());
                for key in keys {
                    let found = (size, path.clone());
                    let group = groups.entry(key).or_insert(Group { count: 0, smallest: found.clone() });
                    group.count += 1;
                    group.smallest = found.min(group.smallest.clone());
                }
            }
            Err(CliError::Output(error)) => return Err(CliError::Output(error)),
            Err(error) => {
                eprint_error(of_file(path, &error));
                tally.untested += 1;
            }
        }
    }
    for (key, group) in &groups {
        if interrupt.is_triggered() {
            return stopped(out);
        }
        writeln!(out, "{key} ({}):", counted(group.count, "file"))?;
        match file(&mut adoption, key, &group.smallest.1, out) {
            Ok(true) => tally.filed += 1,
            Ok(false) => tally.present += 1,
            Err(CliError::Output(error)) => return Err(CliError::Output(error)),
            Err(error) => {
                eprint_error(of_file(&group.smallest.1, &error));
                tally.untested += 1;
            }
        }
        // What is told so far is true also if the process is killed in the next group.
        out.flush()?;
    }
    let Tally { idle, untested, filed, present } = tally;
    writeln!(
        out,
        "{} in {}: {filed} filed, {present} in the corpus before; without anything new: {idle}; could not be \
         tested: {untested}",
        counted(paths.len(), "file"),
        counted(groups.len(), "group"),
    )?;
    if groups.keys().any(|key| matches!(key, GroupKey::Violation(..))) && filed > 0 {
        super::write_next(&adoption, out)?;
    }
    Ok(if untested > 0 { ExitStatus::NotTested } else { ExitStatus::Conforms })
}

/// A number of things, such as `1 file` or `2 files`.
fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn stopped(out: &mut Stdout) -> Result<ExitStatus, CliError> {
    writeln!(out, "stopped; run it again to go on")?;
    Ok(ExitStatus::NotTested)
}

/// The error with the path of the file that it is about.
fn of_file(path: &std::path::Path, error: &CliError) -> String {
    match error {
        // These name the file themselves.
        CliError::File(error) | CliError::Script(error) => error.to_string(),
        CliError::Subject(_)
        | CliError::Panic(_)
        | CliError::Explain(_)
        | CliError::Code(_)
        | CliError::Pasted(_)
        | CliError::Name(_)
        | CliError::Thread(_)
        | CliError::Usage(_)
        | CliError::NotTested { .. }
        | CliError::Run(_)
        | CliError::ReportPath(_)
        | CliError::Output(_) => format!("{}: {error}", files::display_path(path)),
    }
}

/// Prints what the artifact shows. Returns its groups and its size. It is in a group for the worst new violation of each
/// subject, since the others are mostly effects of the same mistake.
fn examine(
    adoption: &mut Adoption<'_>,
    path: &std::path::Path,
    out: &mut Stdout,
) -> Result<(Vec<GroupKey>, usize), CliError> {
    let artifact = adoption.load(path)?;
    let (name, size) = (files::display_path(path), artifact.octets.len());
    match adoption.examine(&artifact)? {
        Evidence::Crash(panicked) => {
            writeln!(out, "{name}: {panicked}")?;
            Ok((vec![GroupKey::Crash(artifact.target, panicked.location)], size))
        }
        Evidence::Violations(violations) => {
            let mut worst: Vec<&Violation> = Vec::new();
            for violation in violations.iter().filter(|violation| !violation.known) {
                if worst.iter().all(|other| other.subject != violation.subject) {
                    worst.push(violation);
                }
            }
            let shown = worst.iter().map(|Violation { name, rule, .. }| format!("{name} violates {rule}"));
            let mut shown = shown.collect::<Vec<_>>().join("; ");
            let others = violations.len() - worst.len();
            match (worst.is_empty(), others) {
                (true, 0) => shown += "no violation",
                (true, _) => shown += "only violations that the baseline lists",
                (false, 0) => {}
                (false, _) => shown += &format!("; and {}", counted(others, "other violation")),
            }
            writeln!(out, "{name}: {shown}")?;
            Ok((worst.into_iter().map(|violation| key(&artifact, violation)).collect(), size))
        }
    }
}

fn key(artifact: &Artifact, violation: &Violation) -> GroupKey {
    let target = adoption::corpus_target(artifact.target);
    GroupKey::Violation(target, violation.rule, violation.name.clone())
}

/// Files the artifact, unless the corpus shows the same already. Returns whether it was filed.
fn file(
    adoption: &mut Adoption<'_>,
    wanted: &GroupKey,
    path: &std::path::Path,
    out: &mut Stdout,
) -> Result<bool, CliError> {
    let artifact = adoption.load(path)?;
    match adoption.examine(&artifact)? {
        Evidence::Crash(panicked) => {
            let crash =
                Crash { target: artifact.target, octets: &artifact.octets, location: &panicked.location };
            let libraries = adoption.libraries;
            let oracle = |target, octets: &[u8]| oracle::run(libraries, target, octets);
            Ok(crash.file(oracle, &adoption.project, None, out)? == ExitStatus::Conforms)
        }
        Evidence::Violations(violations) => {
            let Some(violation) = violations.iter().find(|violation| key(&artifact, violation) == *wanted)
            else {
                writeln!(out, "  {} does not show it again", files::display_path(path))?;
                return Ok(false);
            };
            if let Some(file) = adoption.duplicate(adoption::corpus_target(artifact.target), violation) {
                writeln!(out, "  {file} shows it already")?;
                return Ok(false);
            }
            let filed = adoption.file(&artifact, violation)?;
            let (before, after) = filed.steps;
            writeln!(out, "  minimized {}: steps {before} to {after}", files::display_path(path))?;
            writeln!(out, "  wrote {}", files::display_path(&filed.paths.entry))?;
            writeln!(out, "  wrote {}", files::display_path(&filed.paths.pending))?;
            Ok(true)
        }
    }
}
