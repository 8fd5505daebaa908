//! What `check` and `serve` have in common. In come the options of a run, out come its rules, cases, baseline and
//! reports, the words that repeat it, and how it ends.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use glob::Pattern;
use wsclose::rule::{Rule, RuleSet};

use crate::args;
use crate::failure::{Exit, Failure};
use crate::files::{self, FileError};
use crate::live::baseline;
use crate::live::cases::{Able, Case};
use crate::live::check::{self, Codes, Plan};
use crate::live::fuzz::Breeder;
use crate::live::report::{Format, Reports};
use crate::live::run::{Run, quoted};
use crate::live::terminal;
use crate::live::tested;
use crate::out::Out;
use crate::progress::Progress;

/// What a run is to do.
pub struct Chosen {
    /// The rules that are looked at.
    pub rules: RuleSet,
    /// The cases that are played.
    pub cases: Vec<Case>,
    /// The rules that are known to be broken, and why.
    pub known: BTreeMap<Rule, String>,
}

/// Reads the options that say what is tested, on an endpoint that is able to do so much, and whose program may tell
/// how it closed.
pub fn read(choice: &args::Choice, able: Able, tells: bool) -> Result<Chosen, Failure> {
    let rules = rules(choice, tested::duties(able.commands, tells).rules())?;
    let known = choice.as_known.as_deref().map_or(Ok(BTreeMap::new()), known)?;
    Ok(Chosen { rules, cases: cases(choice, able)?, known })
}

/// Somebody asked the run to end.
static STOP: AtomicBool = AtomicBool::new(false);

/// From now on a signal to end sets the value that is returned: what has been found is kept.
pub fn stopper() -> &'static AtomicBool {
    // Whoever has no signals to catch can still end the run the hard way.
    let _ = ctrlc::set_handler(|| STOP.store(true, Ordering::Relaxed));
    &STOP
}

/// Makes a run, and says meanwhile how far it is.
pub fn make(plan: &Plan<'_>) -> Run {
    let progress = Mutex::new(Progress::new(plan.cases.len()));
    check::run(plan, stopper(), &|| {
        if let Ok(mut progress) = progress.lock() {
            progress.step();
        }
    })
}

/// Shows a run and writes its reports.
pub fn finish(run: &Run, reports: &Reports, out: &mut Out) -> Result<Exit, Failure> {
    if let Some(trouble) = check::untested(run) {
        // A report of an earlier run must not be taken for one of this.
        reports.write(run, out)?;
        return Err(Failure::Untested { endpoint: run.endpoint.clone(), why: trouble.to_string() });
    }
    terminal::write(run, out)?;
    reports.write(run, out)?;
    Ok(exit(run))
}

/// How a run ends.
fn exit(run: &Run) -> Exit {
    if run.fails() {
        Exit::Breach
    } else if !run.is_whole() {
        Exit::Untestable
    } else if run.stale.is_empty() {
        Exit::Conforms
    } else {
        Exit::Stale
    }
}

/// The rules that a baseline lists, and why.
fn known(path: &Path) -> Result<BTreeMap<Rule, String>, FileError> {
    let octets = files::read(path)?;
    baseline::read(&String::from_utf8_lossy(&octets))
        .map_err(|error| FileError::Baseline { path: files::shown(path), error })
}

/// Finds out where reports go.
pub fn reports(args: &args::Reports) -> Result<Reports, Failure> {
    let asked = [
        (Format::Json, &args.json),
        (Format::Junit, &args.junit),
        (Format::Markdown, &args.markdown),
        (Format::Html, &args.html),
        (Format::Sarif, &args.sarif),
    ];
    let wanted = asked.into_iter().filter_map(|(format, path)| Some((format, path.clone()?))).collect();
    Reports::open(wanted, args.autobahn_index.as_deref())
}

fn patterns(words: &[String]) -> Result<Vec<Pattern>, Failure> {
    let read = |word: &String| {
        Pattern::new(word).map_err(|why| {
            Failure::Usage(format!("expected a name with `*` or `?` in it, found `{word}`: {why}"))
        })
    };
    words.iter().map(read).collect()
}

/// The rules that were asked for, of those that show on a socket.
fn rules(choice: &args::Choice, all: RuleSet) -> Result<RuleSet, Failure> {
    let (only, skip) = (patterns(&choice.only)?, patterns(&choice.skip)?);
    let matches = |patterns: &[Pattern], rule: Rule| {
        let sections = rule.sections().split([',', ';']).map(str::trim);
        let mut names = sections.chain([rule.id()]);
        names.any(|name| patterns.iter().any(|pattern| pattern.matches(name)))
    };
    let chosen: RuleSet = all
        .iter()
        .filter(|rule| (only.is_empty() || matches(&only, *rule)) && !matches(&skip, *rule))
        .collect();
    if chosen.is_empty() {
        return Err(Failure::Usage(format!(
            "expected --only and --skip to leave a rule that shows on a socket, found none (of {}; `wsclose rules` lists them, and `*` stands for anything, as in `7.4*`)",
            all.len()
        )));
    }
    Ok(chosen)
}

fn cases(choice: &args::Choice, able: Able) -> Result<Vec<Case>, Failure> {
    let codes = match choice.codes {
        args::CodeSweep::Some => Codes::Some,
        args::CodeSweep::All => Codes::All,
    };
    let mut cases = check::cases(able, codes);
    let wanted = patterns(&choice.cases)?;
    if !wanted.is_empty() {
        cases.retain(|case| wanted.iter().any(|pattern| pattern.matches(&case.name)));
        let breeder = Breeder::new(able);
        cases.extend(choice.cases.iter().filter_map(|name| breeder.named(name)));
    }
    // Whether it answers at all is asked in every run.
    let liveness = able.liveness().name;
    if cases.is_empty() && !wanted.iter().any(|pattern| pattern.matches(&liveness)) {
        return Err(Failure::Usage(
            "expected --case to match a case, found none (--list shows them)".to_owned(),
        ));
    }
    Ok(cases)
}

/// Shows what would be tested.
pub fn list(chosen: &Chosen, out: &mut Out) -> Result<Exit, Failure> {
    writeln!(out, "{} rules", chosen.rules.len())?;
    chosen.rules.iter().try_for_each(|rule| writeln!(out, "  {rule}"))?;
    writeln!(out, "{} cases", chosen.cases.len())?;
    chosen.cases.iter().try_for_each(|case| writeln!(out, "  {}", case.name))?;
    Ok(Exit::Conforms)
}

/// An option as a word of a command.
pub fn option(name: &str, value: &str) -> String {
    format!("--{name} {}", quoted(value))
}

/// The words of a command with those of the options that it shares with others: what makes the same run, and, without
/// making new scripts, what a case of it is played again with.
pub fn commands(mut own: Vec<String>, choice: &args::Choice) -> (String, String) {
    own.extend(words(choice));
    let again = own.join(" ");
    let fuzz = choice.fuzz.map(|time| format!(" --fuzz {}s", time.as_secs()));
    (again.clone() + &fuzz.unwrap_or_default(), again)
}

/// The options that differ from their defaults, but for the names of reports.
fn words(choice: &args::Choice) -> Vec<String> {
    let mut words = Vec::new();
    if choice.profile != wsclose::code::Profile::default() {
        words.push(option("profile", &choice.profile.to_string()));
    }
    if choice.codes == args::CodeSweep::All {
        words.push(option("codes", "all"));
    }
    words.extend(choice.only.iter().map(|pattern| option("only", pattern)));
    words.extend(choice.skip.iter().map(|pattern| option("skip", pattern)));
    if let Some(known) = &choice.as_known {
        words.push(option("as-known", &known.display().to_string()));
    }
    if choice.seed != 1 {
        words.push(option("seed", &choice.seed.to_string()));
    }
    let flags = [("command-close", choice.command_close), ("strict", choice.strict)];
    words.extend(flags.into_iter().filter(|(_, set)| *set).map(|(name, _)| format!("--{name}")));
    words
}
