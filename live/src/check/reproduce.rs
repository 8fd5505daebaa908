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
    /// Repeats the run without generated scripts; `--case NAME` selects a case.
    pub base: String,
}

impl ReproCommands {
    /// The commands that begin with `words`, followed by the shared options that differ from their defaults.
    pub fn new(words: Vec<String>, options: &Options) -> ReproCommands {
        let base = [words, shared(options)].concat().join(" ");
        let fuzz = options.fuzz.map(|time| format!(" --fuzz {}s", time.as_secs()));
        ReproCommands { run: base.clone() + &fuzz.unwrap_or_default(), base }
    }
}

/// The flags that are set.
pub fn flags(flags: &[(&str, bool)]) -> impl Iterator<Item = String> {
    flags.iter().filter(|(_, is_set)| *is_set).map(|(name, _)| format!("--{name}"))
}

fn shared(options: &Options) -> Vec<String> {
    let mut words = Vec::new();
    if options.profile != Profile::default() {
        words.push(option("profile", options.profile.name()));
    }
    match options.codes {
        Codes::Some => {}
        Codes::All => words.push(option("codes", "all")),
    }
    words.extend(options.only.iter().map(|pattern| option("only", pattern)));
    words.extend(options.skip.iter().map(|pattern| option("skip", pattern)));
    words.extend(options.baseline.path().map(|path| option("baseline", &path.display().to_string())));
    if options.seed != Options::DEFAULT_SEED {
        words.push(option("seed", &options.seed.to_string()));
    }
    words.extend(flags(&[("close-command", options.close_command), ("strict", options.strict)]));
    words
}
