//! `wsclose adopt`: turns an artifact of a fuzz target into a minimized corpus entry with a snapshot to review.

use std::io::Write;
use std::path::Path;

use wsclose::analysis::baseline::Baseline;
use wsclose::analysis::report::Report;
use wsclose::harness::Subject;
use wsclose::protocol::role::Role;
use wsclose::rules::{Level, Rule};
use wsclose::script::{Script, ScriptBuf, ScriptError, Step};

use crate::args;
use crate::args::fuzz_target::FuzzTarget;
use crate::libraries::{Libraries, Library};
use crate::support::atomic_write;
use crate::support::corpus_entry::{self, Project};
use crate::support::error::{CliError, ExitStatus};
use crate::support::files::{self, FileError};
use crate::support::oracle::{self, Crash};
use crate::support::output::Stdout;
use crate::support::runner::ScriptRunner;
use crate::support::scripts::{self, LoadedScript};
use crate::support::subjects::{self, SubjectError, SubjectSet};
use wsclose::generate::minimize::Minimizer;

/// The most scripts that the minimizer tries.
const MAX_ATTEMPTS: usize = 2000;

/// Adopts an artifact.
pub fn run(
    args: &args::Adopt,
    libraries: &'static dyn Libraries,
    out: &mut Stdout,
) -> Result<ExitStatus, CliError> {
    let octets = files::read(&args.artifact)?;
    let target = args.target.unwrap_or_else(|| target_of(&args.artifact, &octets));
    let project = Project::find(args.root.as_deref())?;
    let case =
        scripts::parse_script(&octets, target == FuzzTarget::CloseFrame && !octets.starts_with(b"wsclose "))
            .map_err(|error| FileError::script(&args.artifact, error))?;
    // Named subjects replace the libraries, which are the subjects of this target.
    if target == FuzzTarget::Implementations
        && args.subject_args.subjects.is_empty()
        && libraries.list().is_empty()
    {
        return Err(SubjectError::NoLibraries(target.name()).into());
    }
    let subject_set = SubjectSet::new(
        libraries,
        &args.subject_args.subjects,
        args.subject_args.profile,
        |library: &Library| library.in_process,
    )?;
    let baseline = subjects::load_baseline(libraries, args.subject_args.baseline.as_deref())?;
    let runner = ScriptRunner::new(args.subject_args.profile);
    let mut adoption = Adoption { args, target, project, subject_set, baseline, runner };
    let violations = adoption.violations(&case)?;
    let to_file = violations.iter().any(|violation| match target {
        // These targets fail for the model and for their own assertions, which outweigh a violation by a library.
        FuzzTarget::CloseFrame | FuzzTarget::ClosingHandshake => violation.subject == 0,
        FuzzTarget::Implementations => !violation.known,
    });
    // The target runs all libraries with the built-in baseline, so its assertions do not apply to others.
    let differs_from_target = target == FuzzTarget::Implementations
        && (!args.subject_args.subjects.is_empty() || args.subject_args.baseline.is_some());
    if !to_file
        && !differs_from_target
        && let Err(panicked) = oracle::run(libraries, target, &octets)
    {
        writeln!(out, "{}: {panicked}", files::display_path(&args.artifact))?;
        let crash = Crash { target, octets: &octets, location: &panicked.location };
        let oracle = |target, octets: &[u8]| oracle::run(libraries, target, octets);
        return crash.file(oracle, &adoption.project, args.name.as_deref(), out);
    }
    adoption.file_first_new(&case, &violations, out)
}

/// The target in whose folder the artifact is, or else the one that accepts such input.
fn target_of(path: &Path, octets: &[u8]) -> FuzzTarget {
    let folder = scripts::folder_name(path);
    let by_folder = FuzzTarget::ALL
        .into_iter()
        .find(|target| folder.as_deref().is_some_and(|name| name == target.name()));
    let by_content = || match ScriptBuf::read(octets) {
        Ok(_)
        | Err(
            ScriptError::Empty | ScriptError::Version(_) | ScriptError::TooLong(_) | ScriptError::Text(_),
        ) => FuzzTarget::ClosingHandshake,
        Err(ScriptError::Magic(_)) => FuzzTarget::CloseFrame,
    };
    by_folder.unwrap_or_else(by_content)
}

/// A violation of a rule by a subject.
struct Violation {
    /// The index in the subject set.
    subject: usize,
    name: String,
    role: Role,
    rule: Rule,
    level: Level,
    actual: String,
    known: bool,
}

struct Adoption<'a> {
    args: &'a args::Adopt,
    target: FuzzTarget,
    project: Project,
    subject_set: SubjectSet,
    baseline: Baseline,
    runner: ScriptRunner,
}

impl Adoption<'_> {
    /// Every violation by every subject except those of level info, the worst first.
    fn violations(&mut self, case: &LoadedScript) -> Result<Vec<Violation>, CliError> {
        let mut violations: Vec<Violation> = Vec::new();
        for role in &case.roles {
            let script = case.script.as_script().for_role(*role);
            for (at, subject) in self.subject_set.subjects.iter_mut().enumerate() {
                let (_, findings) = self.runner.play(script, subject.as_mut())?;
                for finding in findings.iter().filter(|finding| finding.level != Level::Info) {
                    let rule = finding.rule;
                    if violations.iter().any(|violation| (violation.subject, violation.rule) == (at, rule)) {
                        continue;
                    }
                    violations.push(Violation {
                        subject: at,
                        name: subject.name().to_owned(),
                        role: *role,
                        rule,
                        level: finding.level,
                        actual: finding.actual.to_string(),
                        known: subjects::is_known(&self.baseline, subject.name(), rule),
                    });
                }
            }
        }
        violations.sort_by_key(|violation| {
            (violation.subject != 0, violation.known, violation.level, violation.rule)
        });
        Ok(violations)
    }

    /// Files the first violation that is neither in the baseline nor in the corpus.
    fn file_first_new(
        &mut self,
        case: &LoadedScript,
        violations: &[Violation],
        out: &mut Stdout,
    ) -> Result<ExitStatus, CliError> {
        let artifact = files::display_path(&self.args.artifact);
        if violations.is_empty() {
            writeln!(out, "{artifact}: no violation, nothing was written")?;
            return Ok(ExitStatus::Conforms);
        }
        for Violation { name, rule, level, actual, known, .. } in violations {
            let known = if *known { " (known)" } else { "" };
            writeln!(out, "{artifact}: {name} violates {rule}  {level}  {actual}{known}")?;
        }
        let target = match self.target {
            // A violation is filed as a script, and this target reads octets.
            FuzzTarget::CloseFrame | FuzzTarget::Implementations => FuzzTarget::Implementations,
            FuzzTarget::ClosingHandshake => FuzzTarget::ClosingHandshake,
        };
        let mut refused = false;
        for violation in violations.iter().filter(|violation| !violation.known) {
            if let Some(file) = self.duplicate(target, violation) {
                writeln!(out, "refused: {file} already shows {} by {}", violation.rule, violation.name)?;
                refused = true;
                continue;
            }
            self.file(case, violation, target, out)?;
            return Ok(ExitStatus::Conforms);
        }
        if refused {
            return Ok(ExitStatus::Violation);
        }
        writeln!(out, "nothing new: the baseline lists every violation; nothing was written")?;
        Ok(ExitStatus::Conforms)
    }

    /// The file in the target's corpus that shows the same violation by the same subject.
    fn duplicate(&mut self, target: FuzzTarget, violation: &Violation) -> Option<String> {
        let (paths, _) = scripts::scripts_in(&self.project.corpus(target));
        paths.into_iter().find_map(|path| {
            // A file that is no script shows no violation.
            let case = scripts::load(&path, false).ok()?;
            let subject = self.subject_set.subjects.get_mut(violation.subject)?.as_mut();
            let shows = case.roles.iter().any(|role| {
                violates_rule(
                    &mut self.runner,
                    subject,
                    case.script.as_script().for_role(*role),
                    violation.rule,
                )
            });
            shows.then(|| files::display_path(&path))
        })
    }

    fn file(
        &mut self,
        case: &LoadedScript,
        violation: &Violation,
        target: FuzzTarget,
        out: &mut Stdout,
    ) -> Result<(), CliError> {
        let proposed = corpus_entry::proposed_name(violation.rule, &violation.name);
        let paths = self.project.entry_paths(target, self.args.name.as_deref(), &proposed, "ws")?;
        let script = case.script.as_script().for_role(violation.role);
        let start = ScriptBuf::read(&script.encode())
            .map_err(|error| FileError::script(&self.args.artifact, error))?;
        let small = self.minimized(start, violation);
        let noted = with_note(&small, violation)?;
        let mut report = Report::new();
        for subject in &mut self.subject_set.subjects {
            let name = subject.name().to_owned();
            let (trace, findings) = self.runner.play(noted.as_script(), subject.as_mut())?;
            report.add(&name, trace, findings);
        }
        let text = noted.as_script().to_string();
        let snapshot = corpus_entry::snapshot(&report.to_string());
        atomic_write::write_new(&[
            (paths.entry.clone(), text.into_bytes()),
            (paths.pending.clone(), snapshot.into_bytes()),
        ])?;
        let steps = |script: Script<'_>| script.steps().count();
        writeln!(out, "minimized: steps {} to {}", steps(script), steps(small.as_script()))?;
        writeln!(out, "wrote {}", files::display_path(&paths.entry))?;
        writeln!(out, "wrote {}", files::display_path(&paths.pending))?;
        let next = if self.project.is_wsclose() {
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

    fn minimized(&mut self, script: ScriptBuf, violation: &Violation) -> ScriptBuf {
        let Adoption { runner, subject_set, .. } = self;
        let Some(subject) = subject_set.subjects.get_mut(violation.subject) else { return script };
        Minimizer::new(script, MAX_ATTEMPTS, |script| {
            violates_rule(runner, subject.as_mut(), script, violation.rule)
        })
        .run()
    }
}

/// Whether the subject violates the rule in this script. A subject that panics does not.
fn violates_rule(
    runner: &mut ScriptRunner,
    subject: &mut dyn Subject,
    script: Script<'_>,
    rule: Rule,
) -> bool {
    runner
        .play(script, subject)
        .is_ok_and(|(_, findings)| findings.iter().any(|finding| finding.rule == rule))
}

/// The script with a note in front that names the violation.
fn with_note(script: &ScriptBuf, violation: &Violation) -> Result<ScriptBuf, FileError> {
    let Violation { rule, name, actual, .. } = violation;
    let note = format!("{name} violates {rule}: {actual}.");
    let script = script.as_script();
    let mut writer = script.writer(script.role());
    writer.step(&Step::Note(&note));
    script.steps().for_each(|step| writer.step(&step));
    ScriptBuf::read(&writer.into_octets())
        .map_err(|error| FileError::script(Path::new("the minimized script"), error))
}
