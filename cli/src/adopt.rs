//! `wsclose adopt`. In comes what a fuzz target found, out come the rule and the subject that break, and a
//! minimised corpus entry with a snapshot to review.

use std::borrow::Cow;
use std::io::Write;
use std::path::Path;

use wsclose::report::Report;
use wsclose::role::Role;
use wsclose::rule::{Level, Rule};
use wsclose::script::{Script, ScriptBuf, ScriptError, Step, Writer};
use wsclose::subject::Subject;
use wsclose_peers::known::Baseline;

use crate::args::{self, Target};
use crate::failure::{Exit, Failure};
use crate::files::{self, Case, FileError};
use crate::filing::{self, Project};
use crate::minimise::Minimiser;
use crate::oracle::{self, Crash};
use crate::out::Out;
use crate::play::Stage;
use crate::subjects::{self, Cast};

/// How many scripts, or octets, are tried on the way to a small one.
const TRIES: usize = 2000;

/// Adopts an artifact.
pub fn run(args: &args::Adopt, out: &mut Out) -> Result<Exit, Failure> {
    let octets = files::read(&args.artifact)?;
    let target = args.target.unwrap_or_else(|| target_of(&args.artifact, &octets));
    let project = Project::find(args.into.as_deref())?;
    let case = files::case(&octets, target == Target::CloseFrame && !octets.starts_with(b"wsclose "))
        .map_err(|error| FileError::script(&args.artifact, error))?;
    let cast = Cast::new(&args.trial.subjects, args.trial.profile, wsclose_peers::in_process)?;
    let known = subjects::known(args.trial.known.as_deref())?;
    let stage = Stage::new(args.trial.profile);
    let mut adoption = Adoption { args, target, project, cast, known, stage };
    let breaches = adoption.breaches(&case)?;
    let to_file = breaches.iter().any(|breach| match target {
        // These targets fail for the model and for their oracles: a peer's breach comes after both.
        Target::CloseFrame | Target::ClosingHandshake => breach.subject == 0,
        Target::Peers => !breach.known,
    });
    // The peers' target asks all of them and reads the built-in known.toml: it has no say about others.
    let asks_others =
        target == Target::Peers && (!args.trial.subjects.is_empty() || args.trial.known.is_some());
    if !to_file
        && !asks_others
        && let Err(panicked) = oracle::run(target, &octets)
    {
        writeln!(out, "{}: {panicked}", files::shown(&args.artifact))?;
        let crash = Crash { target, octets: &octets, place: &panicked.place };
        return crash.file(oracle::run, &adoption.project, args.name.as_deref(), out);
    }
    adoption.rules(&case, &breaches, out)
}

/// The target whose folder it lies in, or else the one whose input it looks like.
fn target_of(path: &Path, octets: &[u8]) -> Target {
    let folder = files::folder_name(path);
    let named =
        Target::ALL.into_iter().find(|target| folder.as_deref().is_some_and(|name| name == target.name()));
    let looks = || match ScriptBuf::read(octets) {
        Ok(_)
        | Err(
            ScriptError::Empty | ScriptError::Version(_) | ScriptError::TooLong(_) | ScriptError::Text(_),
        ) => Target::ClosingHandshake,
        Err(ScriptError::Magic(_)) => Target::CloseFrame,
    };
    named.unwrap_or_else(looks)
}

/// A rule broken by a subject.
struct Breach {
    /// Which of the cast.
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
    target: Target,
    project: Project,
    cast: Cast,
    known: Cow<'static, Baseline>,
    stage: Stage,
}

impl Adoption<'_> {
    /// Every rule that every subject breaks, but for what is only reported; the worst first.
    fn breaches(&mut self, case: &Case) -> Result<Vec<Breach>, Failure> {
        let mut breaches: Vec<Breach> = Vec::new();
        for role in &case.roles {
            let script = case.script.as_script().for_role(*role);
            for (at, subject) in self.cast.subjects.iter_mut().enumerate() {
                let (_, findings) = self.stage.play(script, subject.as_mut())?;
                for finding in findings.iter().filter(|finding| finding.level != Level::Info) {
                    let rule = finding.rule;
                    if breaches.iter().any(|breach| (breach.subject, breach.rule) == (at, rule)) {
                        continue;
                    }
                    breaches.push(Breach {
                        subject: at,
                        name: subject.name().to_owned(),
                        role: *role,
                        rule,
                        level: finding.level,
                        actual: finding.actual.to_string(),
                        known: subjects::is_known(&self.known, subject.name(), rule),
                    });
                }
            }
        }
        breaches.sort_by_key(|breach| (breach.subject != 0, breach.known, breach.level, breach.rule));
        Ok(breaches)
    }

    /// Files the first breach that is neither known nor in the corpus.
    fn rules(&mut self, case: &Case, breaches: &[Breach], out: &mut Out) -> Result<Exit, Failure> {
        let artifact = files::shown(&self.args.artifact);
        if breaches.is_empty() {
            writeln!(out, "{artifact}: nothing breaks, nothing was written")?;
            return Ok(Exit::Conforms);
        }
        for Breach { name, rule, level, actual, known, .. } in breaches {
            let known = if *known { " (known)" } else { "" };
            writeln!(out, "{artifact}: {name} breaks {rule}  {level}  {actual}{known}")?;
        }
        let target = match self.target {
            // The target takes octets; what breaks a rule is a script.
            Target::CloseFrame | Target::Peers => Target::Peers,
            Target::ClosingHandshake => Target::ClosingHandshake,
        };
        let mut refused = false;
        for breach in breaches.iter().filter(|breach| !breach.known) {
            if let Some(file) = self.duplicate(target, breach) {
                writeln!(out, "refused: {file} shows {} by {} already", breach.rule, breach.name)?;
                refused = true;
                continue;
            }
            self.file(case, breach, target, out)?;
            return Ok(Exit::Conforms);
        }
        if refused {
            return Ok(Exit::Breach);
        }
        writeln!(out, "nothing new: known.toml lists it all; nothing was written")?;
        Ok(Exit::Conforms)
    }

    /// The file in the target's corpus that shows the same rule broken by the same subject.
    fn duplicate(&mut self, target: Target, breach: &Breach) -> Option<String> {
        let (paths, _) = files::scripts_in(&self.project.corpus(target));
        paths.into_iter().find_map(|path| {
            // What is no script shows nothing.
            let case = files::load(&path, false).ok()?;
            let subject = self.cast.subjects.get_mut(breach.subject)?.as_mut();
            let shows = case.roles.iter().any(|role| {
                shows(&mut self.stage, subject, case.script.as_script().for_role(*role), breach.rule)
            });
            shows.then(|| files::shown(&path))
        })
    }

    fn file(&mut self, case: &Case, breach: &Breach, target: Target, out: &mut Out) -> Result<(), Failure> {
        let proposed = filing::proposed_name(breach.rule, &breach.name);
        let place = self.project.place(target, self.args.name.as_deref(), &proposed, "ws")?;
        let script = case.script.as_script().for_role(breach.role);
        let start = ScriptBuf::read(&script.encode())
            .map_err(|error| FileError::script(&self.args.artifact, error))?;
        let small = self.minimised(start, breach);
        let noted = noted(&small, breach)?;
        let mut report = Report::new();
        for subject in &mut self.cast.subjects {
            let name = subject.name().to_owned();
            let (trace, findings) = self.stage.play(noted.as_script(), subject.as_mut())?;
            report.add(&name, trace, findings);
        }
        let text = noted.as_script().to_string();
        let snapshot = filing::snapshot(&report.to_string());
        files::write_new(&[
            (place.entry.clone(), text.into_bytes()),
            (place.pending.clone(), snapshot.into_bytes()),
        ])?;
        let steps = |script: Script<'_>| script.steps().count();
        writeln!(out, "minimised: steps {} to {}", steps(script), steps(small.as_script()))?;
        writeln!(out, "wrote {}", files::shown(&place.entry))?;
        writeln!(out, "wrote {}", files::shown(&place.pending))?;
        writeln!(
            out,
            "next: read both, then `cargo insta review` (or rename the snapshot to end in .snap),"
        )?;
        writeln!(
            out,
            "      then `cargo test -p wsclose-peers --test regressions`; a deviation that stays goes"
        )?;
        writeln!(out, "      into peers/known.toml, with its reason and its line in the source")?;
        Ok(())
    }

    fn minimised(&mut self, script: ScriptBuf, breach: &Breach) -> ScriptBuf {
        let Adoption { stage, cast, .. } = self;
        let Some(subject) = cast.subjects.get_mut(breach.subject) else { return script };
        Minimiser::new(script, TRIES, |script| shows(stage, subject.as_mut(), script, breach.rule)).run()
    }
}

/// Whether the subject breaks the rule in this script; one that panics uncaught breaks nothing here.
fn shows(stage: &mut Stage, subject: &mut dyn Subject, script: Script<'_>, rule: Rule) -> bool {
    stage.play(script, subject).is_ok_and(|(_, findings)| findings.iter().any(|finding| finding.rule == rule))
}

/// The script with a note in front that says what it shows.
fn noted(script: &ScriptBuf, breach: &Breach) -> Result<ScriptBuf, FileError> {
    let Breach { rule, name, actual, .. } = breach;
    let note = format!("{name} breaks {rule}: {actual}.");
    let mut writer = Writer::new(script.as_script().role());
    writer.step(&Step::Note(&note));
    script.as_script().steps().for_each(|step| writer.step(&step));
    ScriptBuf::read(&writer.into_octets())
        .map_err(|error| FileError::script(Path::new("the minimised script"), error))
}
