//! Reads the result of a run from the JSON file that a command wrote: `check` and `serve` with `--json`, or `matrix` and
//! `matrix --live` with `--out`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use wsclose::analysis::status::FindingStatus;
use wsclose::protocol::role::Role;
use wsclose::rules::Level;
use wsclose_live::{RuleStatus, RunVerdict};

use crate::support::files::{self, FileError};
use crate::support::subjects::TIMED_OUT;

/// The most octets of a file. A matrix of all libraries has a tenth of that.
const MAX_LEN: usize = 1 << 28;

/// Which command wrote a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `check` or `serve`: the run of one endpoint.
    Run,
    /// `matrix`: libraries in-process.
    Matrix,
    /// `matrix --live`: the runs of many programs.
    Live,
}

impl Kind {
    const ALL: [Kind; 3] = [Kind::Run, Kind::Matrix, Kind::Live];

    /// The name of the format without its version, and the version that this command reads.
    const fn format(self) -> (&'static str, u32) {
        match self {
            Kind::Run => ("wsclose-check", 1),
            Kind::Matrix => ("wsclose-matrix", 1),
            Kind::Live => ("wsclose-live", 1),
        }
    }

    /// The file in a few words.
    pub const fn description(self) -> &'static str {
        match self {
            Kind::Run => "a report of check or serve",
            Kind::Matrix => "a matrix of libraries",
            Kind::Live => "a matrix of live implementations",
        }
    }
}

/// The result of a run.
#[derive(Debug)]
pub struct RunFile {
    /// The path, as it is printed.
    pub path: String,
    /// Which command wrote it.
    pub kind: Kind,
    /// The version of wsclose that wrote it.
    pub version: String,
    /// What the endpoints have in common.
    pub settings: Settings,
    /// The endpoints.
    pub endpoints: Vec<EndpointResult>,
    /// Endpoints that were not tested, each with the reason.
    pub untested: Vec<(String, String)>,
}

/// Settings that change verdicts. Results of runs with other settings differ for that reason alone.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The profile of close codes; none in a file of several runs.
    pub profile: Option<String>,
    /// Whether the run was strict.
    pub strict: Option<bool>,
}

/// The result of one endpoint.
#[derive(Debug)]
pub struct EndpointResult {
    /// The URL of a server, or the name of a client, library or program.
    pub name: String,
    /// The role; none for a library, which plays both.
    pub role: Option<Role>,
    /// The number of cases or scripts.
    pub cases: usize,
    /// The verdict of the run. Of a library, only a run that is incomplete has one.
    pub verdict: Option<RunVerdict>,
    /// The rules by id. A file of another version may have other rules.
    pub rules: BTreeMap<String, RuleState>,
}

/// The result of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleState {
    /// The level of the rule.
    pub level: Level,
    /// The status in one word.
    pub status: RuleStatus,
    /// The number of cases that violated it.
    pub violated: usize,
    /// The number of cases with a clear verdict.
    pub judged: usize,
    /// The cases that violated it, as far as the file names them.
    pub violated_by: BTreeSet<String>,
    /// A case that shows the violation, and what the endpoint did.
    pub evidence: Option<(String, String)>,
}

impl RunFile {
    /// Reads a file.
    ///
    /// # Errors
    /// If it cannot be read, is no run file, or has a newer format.
    pub fn read(path: &Path) -> Result<RunFile, FileError> {
        let shown = files::display_path(path);
        let too_long = |octets| FileError::TooLong { path: shown.clone(), limit: MAX_LEN, octets };
        let octets = files::read_at_most(path, MAX_LEN)?.map_err(too_long)?;
        let no_run = |why: String| FileError::RunFile { path: shown.clone(), why };
        let json: Value =
            serde_json::from_slice(&octets).map_err(|error| no_run(format!("found no JSON: {error}")))?;
        let format = json.get("schema").and_then(Value::as_str).unwrap_or_default();
        let kind = kind_of(format).map_err(|error| match error {
            FormatError::Other => no_run(match format {
                "" => "found no field `schema`".to_owned(),
                format => format!("found the format `{format}`"),
            }),
            FormatError::Newer(known) => {
                FileError::NewerRunFile { path: shown.clone(), format: format.to_owned(), known }
            }
        })?;
        let file = match kind {
            Kind::Run => serde_json::from_value(json).map(|run: Run| run.into_file(shown.clone())),
            Kind::Matrix => {
                serde_json::from_value(json).map(|matrix: Matrix| matrix.into_file(shown.clone()))
            }
            Kind::Live => serde_json::from_value(json).map(|live: Live| live.into_file(shown.clone())),
        };
        file.map_err(|error| no_run(format!("found other fields: {error}")))
    }

    /// Whether a part of the run has no result, so that a violation may have been missed.
    pub fn is_incomplete(&self) -> bool {
        self.endpoints.iter().filter_map(|endpoint| endpoint.verdict).any(|verdict| match verdict {
            RunVerdict::Incomplete | RunVerdict::Error => true,
            RunVerdict::Pass | RunVerdict::Fail | RunVerdict::Stale => false,
        })
    }
}

/// Why a format is not read.
enum FormatError {
    Other,
    /// A newer version of this one.
    Newer(String),
}

/// The kind of a format such as `wsclose-check/1`.
fn kind_of(format: &str) -> Result<Kind, FormatError> {
    let (name, version) = format.split_once('/').ok_or(FormatError::Other)?;
    let kind = Kind::ALL.into_iter().find(|kind| kind.format().0 == name).ok_or(FormatError::Other)?;
    let version: u32 = version.parse().map_err(|_| FormatError::Other)?;
    let (name, known) = kind.format();
    if version == known { Ok(kind) } else { Err(FormatError::Newer(format!("{name}/{known}"))) }
}

/// A word of a report as the value that has this name.
fn word<T: Copy, E: serde::de::Error>(
    found: &str,
    all: &[T],
    name: impl Fn(T) -> &'static str,
) -> Result<T, E> {
    let named = all.iter().copied().find(|value| name(*value) == found);
    named.ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(|value| name(*value)).collect();
        E::custom(format!("expected one of {}, found `{found}`", names.join(", ")))
    })
}

fn level<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Level, D::Error> {
    word(&String::deserialize(from)?, &Level::ALL, Level::name)
}

fn role<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Role, D::Error> {
    word(&String::deserialize(from)?, &Role::ALL, Role::name)
}

fn status<'de, D: serde::Deserializer<'de>>(from: D) -> Result<RuleStatus, D::Error> {
    word(&String::deserialize(from)?, &RuleStatus::ALL, RuleStatus::name)
}

fn verdict<'de, D: serde::Deserializer<'de>>(from: D) -> Result<RunVerdict, D::Error> {
    word(&String::deserialize(from)?, &RunVerdict::ALL, RunVerdict::name)
}

fn finding_status<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<FindingStatus>, D::Error> {
    let found: Option<String> = Option::deserialize(from)?;
    found.map(|found| word(&found, &FindingStatus::ALL, FindingStatus::name)).transpose()
}

/// The fields of a report of `check` and `serve` that are compared.
#[derive(Deserialize)]
struct Run {
    wsclose: String,
    endpoint: String,
    #[serde(deserialize_with = "role")]
    role: Role,
    profile: String,
    strict: bool,
    #[serde(deserialize_with = "verdict")]
    verdict: RunVerdict,
    cases: usize,
    findings: Vec<RunFinding>,
    rules: Vec<RunRule>,
}

#[derive(Deserialize)]
struct RunFinding {
    rule: String,
    case: String,
    actual: String,
}

#[derive(Deserialize)]
struct RunRule {
    id: String,
    #[serde(deserialize_with = "level")]
    level: Level,
    #[serde(deserialize_with = "status")]
    status: RuleStatus,
    conformed: usize,
    violated: usize,
    violated_by: BTreeSet<String>,
}

impl Run {
    fn into_file(self, path: String) -> RunFile {
        let settings = Settings { profile: Some(self.profile.clone()), strict: Some(self.strict) };
        let (version, name) = (self.wsclose.clone(), self.endpoint.clone());
        let endpoints = vec![self.into_endpoint(name)];
        RunFile { path, kind: Kind::Run, version, settings, endpoints, untested: Vec::new() }
    }

    fn into_endpoint(self, name: String) -> EndpointResult {
        let mut evidence: BTreeMap<String, (String, String)> =
            self.findings.into_iter().map(|finding| (finding.rule, (finding.case, finding.actual))).collect();
        let rules = self.rules.into_iter().map(|rule| {
            let state = RuleState {
                level: rule.level,
                status: rule.status,
                violated: rule.violated,
                judged: rule.violated + rule.conformed,
                violated_by: rule.violated_by,
                evidence: evidence.remove(&rule.id),
            };
            (rule.id, state)
        });
        EndpointResult {
            name,
            role: Some(self.role),
            cases: self.cases,
            verdict: Some(self.verdict),
            rules: rules.collect(),
        }
    }
}

/// The fields of `matrix.json` that are compared.
#[derive(Deserialize)]
struct Matrix {
    wsclose: String,
    profile: String,
    rules: Vec<MatrixRule>,
    subjects: Vec<Subject>,
    untested: Vec<Missing>,
    unavailable: Vec<Missing>,
}

#[derive(Deserialize)]
struct MatrixRule {
    id: String,
    #[serde(deserialize_with = "level")]
    level: Level,
}

#[derive(Deserialize)]
struct Subject {
    name: String,
    scripts: usize,
    notes: Vec<String>,
    cells: Vec<Cell>,
}

#[derive(Deserialize)]
struct Cell {
    rule: String,
    conformed: usize,
    violated: usize,
    inconclusive: usize,
    #[serde(deserialize_with = "finding_status")]
    status: Option<FindingStatus>,
    shortest: Option<Shortest>,
}

#[derive(Deserialize)]
struct Shortest {
    name: String,
    actual: String,
}

#[derive(Deserialize)]
struct Missing {
    name: String,
    why: String,
}

impl Matrix {
    fn into_file(self, path: String) -> RunFile {
        let levels: BTreeMap<&str, Level> =
            self.rules.iter().map(|rule| (rule.id.as_str(), rule.level)).collect();
        let state = |cell: Cell| {
            let status = match (cell.status, cell.conformed, cell.inconclusive) {
                (Some(status), _, _) => RuleStatus::Finding(status),
                (None, 0, 0) => RuleStatus::NotExercised,
                (None, 0, _) => RuleStatus::Inconclusive,
                (None, _, _) => RuleStatus::Conforms,
            };
            let state = RuleState {
                // Every rule of a cell is in the list of rules.
                level: levels.get(cell.rule.as_str()).copied().unwrap_or(Level::Must),
                status,
                violated: cell.violated,
                judged: cell.violated + cell.conformed,
                violated_by: BTreeSet::new(),
                evidence: cell.shortest.map(|shown| (shown.name, shown.actual)),
            };
            (cell.rule, state)
        };
        let is_cut = |subject: &Subject| subject.notes.iter().any(|note| note.starts_with(TIMED_OUT));
        let endpoint = |subject: Subject| EndpointResult {
            role: None,
            cases: subject.scripts,
            verdict: is_cut(&subject).then_some(RunVerdict::Incomplete),
            name: subject.name,
            rules: subject.cells.into_iter().map(state).collect(),
        };
        let missing = self.untested.into_iter().chain(self.unavailable);
        RunFile {
            path,
            kind: Kind::Matrix,
            version: self.wsclose,
            settings: Settings { profile: Some(self.profile), strict: None },
            endpoints: self.subjects.into_iter().map(endpoint).collect(),
            untested: missing.map(|missing| (missing.name, missing.why)).collect(),
        }
    }
}

/// The fields of `live.json` that are compared.
#[derive(Deserialize)]
struct Live {
    wsclose: String,
    implementations: Vec<Implementation>,
}

#[derive(Deserialize)]
struct Implementation {
    name: String,
    absent: Option<String>,
    run: Option<Run>,
}

impl Live {
    fn into_file(self, path: String) -> RunFile {
        let (mut endpoints, mut untested) = (Vec::new(), Vec::new());
        for Implementation { name, absent, run } in self.implementations {
            match run {
                Some(run) => endpoints.push(run.into_endpoint(name)),
                None => untested.push((name, absent.unwrap_or_default())),
            }
        }
        let settings = Settings::default();
        RunFile { path, kind: Kind::Live, version: self.wsclose, settings, endpoints, untested }
    }
}

#[cfg(test)]
mod tests {
    use super::{FormatError, Kind, kind_of};

    #[test]
    fn newer_formats_are_told_from_other_files() {
        assert!(matches!(kind_of("wsclose-check/1"), Ok(Kind::Run)));
        assert!(
            matches!(kind_of("wsclose-live/2"), Err(FormatError::Newer(known)) if known == "wsclose-live/1")
        );
        for other in ["wsclose-judge/1", "wsclose-check", "wsclose-check/x", ""] {
            assert!(matches!(kind_of(other), Err(FormatError::Other)), "{other}");
        }
    }
}
