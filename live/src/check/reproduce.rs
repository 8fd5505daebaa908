//! Builds the command that repeats a run, and the one that re-runs a case of it.

use wsclose::protocol::code::Profile;

use crate::check::options::Options;
use crate::run::config::Codes;
use crate::shell::option;

/// The commands that reports print.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReproCommands {
    /// Repeats the run.
    pub run: String,
    /// Repeats the run without generated scripts and with all rules; `--case NAME` and `--only RULE` select a finding.
    pub base: String,
}

impl ReproCommands {
    /// The commands that begin with `words`, followed by the shared options that differ from their defaults.
    pub fn new(words: Vec<String>, options: &Options) -> ReproCommands {
        let base = [words, shared(options)].concat();
        let run = [base.clone(), selection(options)].concat().join(" ");
        ReproCommands { run, base: base.join(" ") }
    }
}

/// The flags that are set.
pub fn flags(flags: &[(&str, bool)]) -> impl Iterator<Item = String> {
    flags.iter().filter(|(_, is_set)| *is_set).map(|(name, _)| format!("--{name}"))
}

/// The options that select rules and cases, and the one that generates further cases.
fn selection(options: &Options) -> Vec<String> {
    let patterns =
        [("only", &options.only), ("skip", &options.skip), ("case", &options.cases), ("show", &options.show)];
    let words = patterns
        .into_iter()
        .flat_map(|(name, patterns)| patterns.iter().map(move |pattern| option(name, pattern)));
    words.chain(options.fuzz.map(|time| format!("--fuzz {}s", time.as_secs()))).collect()
}

/// The other options that differ from their defaults.
fn shared(options: &Options) -> Vec<String> {
    let mut words = Vec::new();
    if options.profile != Profile::default() {
        words.push(option("profile", options.profile.name()));
    }
    match options.codes {
        Codes::Some => {}
        Codes::All => words.push(option("codes", "all")),
    }
    words.extend(options.script_paths.iter().map(|path| option("script", &path.display().to_string())));
    words.extend(options.baseline.path().map(|path| option("baseline", &path.display().to_string())));
    words.extend(options.tick.map(|tick| format!("--tick {}ms", tick.as_millis())));
    if options.seed != Options::DEFAULT_SEED {
        words.push(option("seed", &options.seed.to_string()));
    }
    words.extend(flags(&[
        ("thorough", options.thorough),
        ("close-command", options.close_command),
        ("strict", options.strict),
    ]));
    words
}
