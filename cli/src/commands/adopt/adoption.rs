//! Finds what an artifact of a fuzz target shows, and files it into the corpus.

use std::path::{Path, PathBuf};

use wsclose::analysis::baseline::Baseline;
use wsclose::analysis::report::Report;
use wsclose::generate::minimize::Minimizer;
use wsclose::harness::Subject;
use wsclose::protocol::role::Role;
use wsclose::rules::{Level, Rule};
use wsclose::script::{Script, ScriptBuf, ScriptError, Step};

use crate::args;
use crate::args::fuzz_target::FuzzTarget;
use crate::libraries::{Libraries, Library};
use crate::support::atomic_write;
use crate::support::corpus_entry::{self, EntryPaths, Project};
use crate::support::error::CliError;
use crate::support::files::{self, FileError};
use crate::support::oracle;
use crate::support::runner::{PanicInfo, ScriptRunner};
use crate::support::scripts::{self, Content, LoadedScript};
use crate::support::subjects::{self, SubjectError, SubjectSet};

/// The most scripts that the minimizer tries.
const MAX_ATTEMPTS: usize = 2000;

/// An artifact of a fuzz target.
pub struct Artifact {
    /// The file.
    pub path: PathBuf,
    /// Its content.
    pub octets: Vec<u8>,
    /// The fuzz target that it is of.
    pub target: FuzzTarget,
    /// The content as a script.
    pub case: LoadedScript,
}

/// A violation of a rule by a subject.
pub struct Violation {
    /// The index in the subject set.
    pub subject: usize,
    /// The name of the subject.
    pub name: String,
    /// The role of the subject.
    pub role: Role,
    /// The rule.
    pub rule: Rule,
    /// Its level.
    pub level: Level,
    /// What the subject did.
    pub actual: String,
    /// The baseline lists the violation.
    pub known: bool,
}

/// What an artifact shows.
pub enum Evidence {
    /// Subjects violate rules, the worst first; empty if nothing is reproduced.
    Violations(Vec<Violation>),
    /// An assertion of the fuzz target fails.
    Crash(PanicInfo),
}

/// A new entry of the corpus.
pub struct Filed {
    /// Its files.
    pub paths: EntryPaths,
    /// The number of steps before and after the minimization.
    pub steps: (usize, usize),
}

/// Files artifacts of fuzz targets.
pub struct Adoption<'a> {
    /// The command line.
    pub args: &'a args::Adopt,
    /// The libraries of this build.
    pub libraries: &'static dyn Libraries,
    /// Where the corpus is.
    pub project: Project,
    subject_set: SubjectSet,
    baseline: Baseline,
    runner: ScriptRunner,
}

impl<'a> Adoption<'a> {
    /// Makes the subjects, and reads the baseline.
    pub fn new(args: &'a args::Adopt, libraries: &'static dyn Libraries) -> Result<Adoption<'a>, CliError> {
        let project = Project::find(args.root.as_deref())?;
        let subject_set = SubjectSet::new(
            libraries,
            &args.subject_args.subjects,
            args.subject_args.profile,
            |library: &Library| library.in_process,
        )?;
        let baseline = subjects::load_baseline(libraries, args.subject_args.baseline.as_deref())?;
        let runner = ScriptRunner::new(args.subject_args.profile);
        Ok(Adoption { args, libraries, project, subject_set, baseline, runner })
    }

    /// Reads an artifact.
    pub fn load(&self, path: &Path) -> Result<Artifact, CliError> {
        let octets = files::read(path)?;
        let target = self.args.target.unwrap_or_else(|| target_of(path, &octets));
        let case = scripts::parse_script(&octets, Content::of_target(target))
            .map_err(|error| FileError::script(path, error))?;
        // Named subjects replace the libraries, which are the subjects of this target.
        if target == FuzzTarget::Implementations
            && self.args.subject_args.subjects.is_empty()
            && self.libraries.list().is_empty()
        {
            return Err(SubjectError::NoLibraries(target.name()).into());
        }
        Ok(Artifact { path: path.to_owned(), octets, target, case })
    }

    /// Plays an artifact to every subject, and runs the assertions of its target if that leaves nothing to file.
    pub fn examine(&mut self, artifact: &Artifact) -> Result<Evidence, CliError> {
        let target = artifact.target;
        let violations = self.violations(&artifact.case)?;
        let to_file = violations.iter().any(|violation| match target {
            // These targets fail for the model and for their own assertions, which outweigh a violation by a library.
            FuzzTarget::CloseFrame | FuzzTarget::ClosingHandshake | FuzzTarget::Scenario => {
                violation.subject == 0
            }
            FuzzTarget::Implementations => !violation.known,
        });
        // The target runs all libraries with the built-in baseline, so its assertions do not apply to others.
        let subject_args = &self.args.subject_args;
        let differs_from_target = target == FuzzTarget::Implementations
            && (!subject_args.subjects.is_empty() || subject_args.baseline.is_some());
        if !to_file
            && !differs_from_target
            && let Err(panicked) = oracle::run(self.libraries, target, &artifact.octets)
        {
            return Ok(Evidence::Crash(panicked));
        }
        Ok(Evidence::Violations(violations))
    }

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

    /// The file in the target's corpus that shows the same violation by the same subject.
    pub fn duplicate(&mut self, target: FuzzTarget, violation: &Violation) -> Option<String> {
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

    /// Minimizes the artifact for the violation, and writes the entry and its snapshot: both or none.
    pub fn file(&mut self, artifact: &Artifact, violation: &Violation) -> Result<Filed, CliError> {
        let proposed = corpus_entry::proposed_name(violation.rule, &violation.name);
        let target = corpus_target(artifact.target);
        let paths = self.project.entry_paths(target, self.args.name.as_deref(), &proposed, "ws")?;
        let script = artifact.case.script.as_script().for_role(violation.role);
        let start =
            ScriptBuf::read(&script.encode()).map_err(|error| FileError::script(&artifact.path, error))?;
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
        Ok(Filed { paths, steps: (steps(script), steps(small.as_script())) })
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

/// The target in whose folder the artifact is, or else the one that accepts such input.
fn target_of(path: &Path, octets: &[u8]) -> FuzzTarget {
    let by_content = || match ScriptBuf::read(octets) {
        Ok(_)
        | Err(
            ScriptError::Empty | ScriptError::Version(_) | ScriptError::TooLong(_) | ScriptError::Text(_),
        ) => FuzzTarget::ClosingHandshake,
        Err(ScriptError::Magic(_)) => FuzzTarget::CloseFrame,
    };
    scripts::target_of_folder(path).unwrap_or_else(by_content)
}

/// The target in whose corpus a violation is filed.
pub fn corpus_target(target: FuzzTarget) -> FuzzTarget {
    match target {
        // A violation is filed as a script, and these targets read octets.
        FuzzTarget::CloseFrame | FuzzTarget::Scenario | FuzzTarget::Implementations => {
            FuzzTarget::Implementations
        }
        FuzzTarget::ClosingHandshake => FuzzTarget::ClosingHandshake,
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
