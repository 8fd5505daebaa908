//! The options of every check, as methods of a builder.

use std::path::PathBuf;
use std::sync::mpsc::Sender;
use std::time::Duration;

use wsclose::protocol::code::Profile;
use wsclose::rules::RuleSet;
use wsclose::script::ScriptBuf;

use crate::baseline::{Baseline, BaselineError};
use crate::check::error::RunError;
use crate::check::options::{Options, UserScript};
use crate::check::reproduce::ReproCommands;
use crate::check::selection::Selection;
use crate::endpoint::features::EndpointFeatures;
use crate::endpoint::under_test::EndpointUnderTest;
use crate::interrupt::Interrupt;
use crate::run::cases::Case;
use crate::run::config::{Codes, Jobs, RunConfig};
use crate::run::event::{Event, EventSink};

/// A check of an endpoint, which its methods configure.
///
/// [`check`](crate::check), [`check_client`](crate::check_client) and
/// [`check_client_loop`](crate::check_client_loop) create one, and `run` runs it.
#[derive(Clone, Debug)]
pub struct Check<E> {
    pub(crate) endpoint: E,
    pub(crate) options: Options,
}

/// The rules and cases that a check would run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The rules to judge.
    pub rules: RuleSet,
    /// The cases, in order. The first is the liveness case, which begins every run.
    pub cases: Vec<PlannedCase>,
    /// Scripts that cannot be played to the endpoint, with the reason of each.
    pub notes: Vec<String>,
}

/// A case that a check would run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedCase {
    /// The name of the case.
    pub name: String,
    /// The script of the case.
    pub script: ScriptBuf,
}

impl From<Case> for PlannedCase {
    fn from(case: Case) -> PlannedCase {
        PlannedCase { name: case.name, script: case.script }
    }
}

impl<E> Check<E> {
    /// A check with default options.
    pub(crate) fn new(endpoint: E) -> Check<E> {
        Check { endpoint, options: Options::default() }
    }

    /// Sets the profile that decides which close codes are valid [default: the registered codes of IANA].
    pub fn profile(mut self, profile: Profile) -> Self {
        self.options.profile = profile;
        self
    }

    /// Sets whether the endpoint closes with CODE and REASON when it receives the text `close:CODE:REASON`
    /// [default: false]. This adds the cases in which the endpoint closes first.
    pub fn close_command(mut self, close_command: bool) -> Self {
        self.options.close_command = close_command;
        self
    }

    /// Judges only rules whose id or RFC section matches a pattern, in which `*` stands for any characters. Further calls
    /// add patterns [default: all rules that a socket shows].
    pub fn only(mut self, pattern: impl Into<String>) -> Self {
        self.options.only.push(pattern.into());
        self
    }

    /// Leaves out rules whose id or RFC section matches a pattern. Further calls add patterns.
    pub fn skip(mut self, pattern: impl Into<String>) -> Self {
        self.options.skip.push(pattern.into());
        self
    }

    /// Runs only cases whose name matches a pattern. Further calls add patterns [default: all cases].
    pub fn case(mut self, pattern: impl Into<String>) -> Self {
        self.options.cases.push(pattern.into());
        self
    }

    /// Runs the cases whose name matches a pattern, and shows their timelines in the report, whatever the verdicts are.
    /// Further calls add patterns [default: none].
    pub fn show(mut self, pattern: impl Into<String>) -> Self {
        self.options.show.push(pattern.into());
        self
    }

    /// Plays a script in place of the built-in cases, as the case of this name. Further calls add scripts. The check is an
    /// error if the script cannot be played to the endpoint.
    pub fn script(mut self, name: impl Into<String>, script: ScriptBuf) -> Self {
        self.options.scripts.push(UserScript { name: name.into(), script, optional: false });
        self
    }

    /// Plays a script like [`Check::script`] if it can be played to the endpoint. If it cannot, the report has a note with
    /// the reason.
    pub fn script_if_playable(mut self, name: impl Into<String>, script: ScriptBuf) -> Self {
        self.options.scripts.push(UserScript { name: name.into(), script, optional: true });
        self
    }

    /// Sets a file or folder from which scripts were read. Commands that reproduce a finding name it.
    pub fn script_path(mut self, path: impl Into<PathBuf>) -> Self {
        self.options.script_paths.push(path.into());
        self
    }

    /// Sets the file of the repository to which code scanning attaches the findings of a SARIF report, as a relative path with
    /// `/` [default: `README.md`].
    pub fn source_file(mut self, path: impl Into<String>) -> Self {
        self.options.source_file = path.into();
        self
    }

    /// Sets which close codes the endpoint receives [default: `Codes::Some`].
    pub fn codes(mut self, codes: Codes) -> Self {
        self.options.codes = codes;
        self
    }

    /// Sets whether the built-in cases include more scenarios: those in which nearly all triples of the values of parameters
    /// occur, in place of all pairs; for a client those with all pairs, in place of none [default: false].
    pub fn thorough(mut self, thorough: bool) -> Self {
        self.options.thorough = thorough;
        self
    }

    /// Sets the time limit of the run. Time for generated scripts is added to it.
    ///
    /// The default is 2 minutes for a server and 10 minutes for a client; with [`Codes::All`] and in a thorough run, it is
    /// 10 minutes for a server and an hour for a client.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = Some(timeout);
        self
    }

    /// Sets the duration of a tick, the unit of waits in scripts, in the first run of each case. Re-runs wait at least as
    /// long [default: from how fast the endpoint reacts to a plain Close].
    pub fn tick(mut self, tick: Duration) -> Self {
        self.options.tick = Some(tick);
        self
    }

    /// Sets whether violations of levels `should` and `lenient` fail the run too [default: false].
    pub fn strict(mut self, strict: bool) -> Self {
        self.options.strict = strict;
        self
    }

    /// Sets the seed of generated scripts [default: 1].
    pub fn seed(mut self, seed: u64) -> Self {
        self.options.seed = seed;
        self
    }

    /// Sets whether [`CaseResult::traces`](crate::CaseResult::traces) has what happened in each case [default: false]. The
    /// traces occupy about a kilobyte for each case, and what an endpoint sends without end.
    pub fn keep_traces(mut self, keep_traces: bool) -> Self {
        self.options.keep_traces = keep_traces;
        self
    }

    /// Sets the accepted violations [default: none].
    pub fn baseline(mut self, baseline: Baseline) -> Self {
        self.options.baseline = baseline;
        self
    }

    /// Parses the accepted violations from TOML: `[[known]]` tables, each with a `rule` and a `reason`.
    ///
    /// # Errors
    /// Returns what is wrong with the text.
    pub fn baseline_toml(self, text: &str) -> Result<Self, BaselineError> {
        Ok(self.baseline(Baseline::parse(text)?))
    }

    /// Writes everything to a file that the endpoint prints, which the check starts by a command [default: only the last
    /// lines are kept, and shown where the endpoint exits].
    pub fn log(mut self, path: impl Into<PathBuf>) -> Self {
        self.options.log = Some(path.into());
        self
    }

    /// Permits an address that does not belong to this machine [default: false]. Test a host of another owner only with
    /// the consent of that owner.
    pub fn allow_remote(mut self, allow_remote: bool) -> Self {
        self.options.allow_remote = allow_remote;
        self
    }

    /// Calls `callback` with every event of the run, in the thread in which the event occurs. The run waits for it.
    pub fn on_event(mut self, callback: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.options.events.add_callback(callback);
        self
    }

    /// Sends every event of the run to a channel.
    pub fn events(mut self, sender: Sender<Event>) -> Self {
        self.options.events.add_sender(sender);
        self
    }

    /// Sets the handle that ends the run early.
    pub fn interrupt(mut self, interrupt: &Interrupt) -> Self {
        self.options.interrupt = interrupt.clone();
        self
    }

    /// The rules and cases that the patterns select.
    pub(crate) fn plan_for(&self, features: EndpointFeatures, reports_close: bool) -> Result<Plan, RunError> {
        let Selection { rules, cases, notes } = Selection::new(&self.options, features, reports_close)?;
        let cases = [features.liveness()].into_iter().chain(cases).map(PlannedCase::from).collect();
        Ok(Plan { rules, cases, notes })
    }

    /// The configuration of a run against this endpoint.
    pub(crate) fn config<'a>(
        &self,
        under_test: EndpointUnderTest<'a>,
        selection: Selection,
        jobs: Jobs,
        timeout: Option<Duration>,
        commands: ReproCommands,
    ) -> RunConfig<'a> {
        let options = &self.options;
        RunConfig {
            under_test,
            name: None,
            notes: selection.notes,
            cases: selection.cases,
            is_filtered: options.selects_cases(),
            rules: selection.rules,
            strict: options.strict,
            jobs,
            tick: options.tick,
            timeout,
            seed: options.seed,
            fuzz: options.fuzz,
            baseline: options.baseline.clone(),
            source_file: options.source_file.clone(),
            command: commands.run,
            repro_base: commands.base,
            interrupt: options.interrupt.clone(),
            events: options.events.clone(),
        }
    }

    /// The listeners of the run.
    pub(crate) fn event_sink(&self) -> &EventSink {
        &self.options.events
    }
}
