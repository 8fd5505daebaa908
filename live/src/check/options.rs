//! The options that all checks share.

use std::path::PathBuf;
use std::time::Duration;

use wsclose::protocol::code::Profile;
use wsclose::script::ScriptBuf;

use crate::baseline::Baseline;
use crate::check::error::RunError;
use crate::endpoint::output_log::OutputLog;
use crate::interrupt::Interrupt;
use crate::run::config::Codes;
use crate::run::event::EventSink;

/// A script that is played instead of the built-in cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserScript {
    /// The name of its case.
    pub name: String,
    /// The script.
    pub script: ScriptBuf,
    /// If the script cannot be played to the endpoint, a note in the report says so, and the check goes on.
    pub optional: bool,
}

/// The options that all checks share.
#[derive(Clone, Debug)]
pub struct Options {
    /// The profile that decides which codes are valid.
    pub profile: Profile,
    /// The endpoint closes when it receives the text `close:CODE:REASON`.
    pub close_command: bool,
    /// Patterns of rules to judge; empty for all.
    pub only: Vec<String>,
    /// Patterns of rules to leave out.
    pub skip: Vec<String>,
    /// Patterns of cases to run; empty for all.
    pub cases: Vec<String>,
    /// Patterns of cases whose timelines the report shows.
    pub show: Vec<String>,
    /// Scripts to play instead of the built-in cases; empty for the built-in cases.
    pub scripts: Vec<UserScript>,
    /// The files and folders of these scripts, as the command that reproduces a finding names them.
    pub script_paths: Vec<PathBuf>,
    /// Which close codes the endpoint receives.
    pub codes: Codes,
    /// The built-in cases include more combinations of the parameters of a scenario.
    pub thorough: bool,
    /// The time limit; `None` for the default.
    pub timeout: Option<Duration>,
    /// The duration of a tick; `None` to follow the reaction of the endpoint.
    pub tick: Option<Duration>,
    /// Violations of levels `should` and `lenient` fail the run too.
    pub strict: bool,
    /// The seed of generated scripts.
    pub seed: u64,
    /// How long scripts are generated and run.
    pub fuzz: Option<Duration>,
    /// The results of the cases have their traces.
    pub keep_traces: bool,
    /// The accepted violations.
    pub baseline: Baseline,
    /// The file to which code scanning attaches findings.
    pub source_file: String,
    /// The file that keeps what the endpoint prints.
    pub log: Option<PathBuf>,
    /// Permits an address of another machine.
    pub allow_remote: bool,
    /// Ends the run early.
    pub interrupt: Interrupt,
    /// The listeners.
    pub events: EventSink,
}

impl Options {
    /// The seed of a run that sets none.
    pub const DEFAULT_SEED: u64 = 1;

    /// The file of a repository to which code scanning attaches findings, if a run names none.
    pub const DEFAULT_SOURCE_FILE: &str = "README.md";

    /// Creates the file that keeps what the endpoint prints, if there is one.
    ///
    /// # Errors
    /// Returns an error if the file cannot be created, or if the harness does not start the endpoint.
    pub fn create_log(&self, is_started: bool) -> Result<Option<OutputLog>, RunError> {
        let Some(path) = &self.log else { return Ok(None) };
        if !is_started {
            return Err(RunError::LogWithoutCommand);
        }
        let log = OutputLog::create(path).map_err(|source| RunError::Log { path: path.clone(), source })?;
        Ok(Some(log))
    }

    /// Whether the cases are others than all built-in ones.
    pub fn selects_cases(&self) -> bool {
        !self.cases.is_empty() || !self.show.is_empty() || !self.scripts.is_empty()
    }

    /// The time limit, given the default for some codes and for all codes. Time for generated scripts is added.
    pub fn timeout(&self, some: Duration, all: Duration) -> Duration {
        let default = match (self.codes, self.thorough) {
            (Codes::Some, false) => some,
            (Codes::All, _) | (_, true) => all,
        };
        self.timeout.unwrap_or(default) + self.fuzz.unwrap_or_default()
    }
}

impl Default for Options {
    fn default() -> Options {
        Options {
            profile: Profile::default(),
            close_command: false,
            only: Vec::new(),
            skip: Vec::new(),
            cases: Vec::new(),
            show: Vec::new(),
            scripts: Vec::new(),
            script_paths: Vec::new(),
            codes: Codes::default(),
            thorough: false,
            timeout: None,
            tick: None,
            strict: false,
            seed: Options::DEFAULT_SEED,
            fuzz: None,
            keep_traces: false,
            baseline: Baseline::default(),
            source_file: Options::DEFAULT_SOURCE_FILE.to_owned(),
            log: None,
            allow_remote: false,
            interrupt: Interrupt::new(),
            events: EventSink::default(),
        }
    }
}
