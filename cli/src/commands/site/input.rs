//! Reads the results that the site shows: `matrix.json` and `live.json` of `wsclose matrix`.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use serde::de::{Deserializer, Error};
use serde::{Deserialize, de};
use wsclose::analysis::code_map::CodeReaction;
use wsclose::generate::vectors::CodeOrigin;
use wsclose::protocol::role::Role;
use wsclose::rules::Rule;

use crate::support::files::{self, FileError};

/// The most octets of a file with results.
const LONGEST_RESULTS: usize = 1 << 29;

/// The formats of the results.
const MATRIX: &str = "wsclose-matrix/1";
const LIVE: &str = "wsclose-live/1";

/// A file with results.
#[derive(Debug)]
pub enum Input {
    /// `matrix.json`: libraries, driven in-process.
    Matrix(Matrix),
    /// `live.json`: programs, over sockets.
    Live(Live),
}

#[derive(Deserialize)]
struct Head {
    schema: String,
}

/// The part of `matrix.json` that the site shows.
#[derive(Debug, Deserialize)]
pub struct Matrix {
    pub wsclose: String,
    pub profile: String,
    pub subjects: Vec<Subject>,
    pub untested: Vec<Missing>,
    pub unavailable: Vec<Missing>,
    #[serde(default)]
    pub disagreements: Vec<Topic>,
}

/// An implementation that was driven in-process.
#[derive(Debug, Deserialize)]
pub struct Subject {
    pub name: String,
    #[serde(default)]
    pub version: Option<String>,
    pub scripts: usize,
    pub notes: Vec<String>,
    pub cells: Vec<Cell>,
    pub codes: Vec<Codes>,
    pub nearest: Option<Nearest>,
}

/// The verdicts on one rule.
#[derive(Debug, Deserialize)]
pub struct Cell {
    #[serde(deserialize_with = "parsed")]
    pub rule: Rule,
    pub applicable: bool,
    pub conformed: usize,
    pub violated: usize,
    pub inconclusive: usize,
    pub status: Option<Status>,
    #[serde(default)]
    pub known: Option<Known>,
    pub shortest: Option<Shortest>,
}

/// What a baseline documents about a violation.
#[derive(Clone, Debug, Deserialize)]
pub struct Known {
    pub reason: String,
    pub version: Option<String>,
    pub source: Option<String>,
}

/// The shortest script that shows a violation.
#[derive(Debug, Deserialize)]
pub struct Shortest {
    pub name: String,
    #[serde(default, deserialize_with = "parsed_option")]
    pub role: Option<Role>,
    pub script: String,
    pub actual: String,
    #[serde(default)]
    pub timeline: String,
}

/// The reactions to all codes of one origin in one role.
#[derive(Debug, Deserialize)]
pub struct Codes {
    #[serde(deserialize_with = "parsed")]
    pub role: Role,
    #[serde(deserialize_with = "origin")]
    pub origin: CodeOrigin,
    pub own: bool,
    pub ranges: Vec<Range>,
}

/// First code, last code, reaction.
#[derive(Debug, Deserialize)]
pub struct Range(pub u16, pub u16, #[serde(deserialize_with = "reaction")] pub CodeReaction);

/// The implementation that behaves most like another.
#[derive(Clone, Debug, Deserialize)]
pub struct Nearest {
    pub name: String,
    pub scripts: usize,
    pub of_scripts: usize,
}

/// An implementation without results.
#[derive(Debug, Deserialize)]
pub struct Missing {
    pub name: String,
    pub why: String,
}

/// The disagreements in the scripts about one rule.
#[derive(Debug, Deserialize)]
pub struct Topic {
    #[serde(deserialize_with = "parsed")]
    pub rule: Rule,
    pub scripts: usize,
    pub kinds: Vec<Kind>,
}

/// Scripts that split the implementations into the same groups.
#[derive(Debug, Deserialize)]
pub struct Kind {
    pub name: String,
    pub note: String,
    pub script: String,
    pub scripts: usize,
    pub groups: Vec<Group>,
}

/// Implementations that did the same.
#[derive(Debug, Deserialize)]
pub struct Group {
    pub subjects: Vec<String>,
    pub behavior: Option<String>,
}

/// The part of `live.json` that the site shows.
#[derive(Debug, Deserialize)]
pub struct Live {
    pub implementations: Vec<LiveEntry>,
}

/// A program that was tested over sockets.
#[derive(Debug, Deserialize)]
pub struct LiveEntry {
    pub name: String,
    pub library: String,
    pub language: String,
    pub version: String,
    pub absent: Option<String>,
    #[serde(default)]
    pub known: Vec<KnownRule>,
    pub run: Option<Run>,
}

/// What a baseline documents about a violation of a rule.
#[derive(Debug, Deserialize)]
pub struct KnownRule {
    #[serde(deserialize_with = "parsed")]
    pub rule: Rule,
    #[serde(flatten)]
    pub known: Known,
}

/// A run of `check` or `serve`.
#[derive(Debug, Deserialize)]
pub struct Run {
    pub wsclose: String,
    #[serde(deserialize_with = "parsed")]
    pub role: Role,
    pub profile: String,
    pub verdict: String,
    pub cases: usize,
    pub findings: Vec<LiveFinding>,
    pub rules: Vec<LiveRule>,
    #[serde(default)]
    pub codes: Vec<Sample>,
    pub untested: Vec<Untested>,
    pub notes: Vec<String>,
}

/// A violated rule with the case that shows it.
#[derive(Debug, Deserialize)]
pub struct LiveFinding {
    #[serde(deserialize_with = "parsed")]
    pub rule: Rule,
    pub confirmation: String,
    pub case: String,
    pub expected: String,
    pub actual: String,
    pub hints: Vec<String>,
    pub pattern: Option<String>,
    pub script: String,
    pub timeline: Vec<String>,
    pub reason: Option<String>,
}

/// The verdicts of a run on one rule.
#[derive(Debug, Deserialize)]
pub struct LiveRule {
    #[serde(deserialize_with = "parsed")]
    pub id: Rule,
    pub status: Status,
    pub conformed: usize,
    pub violated: usize,
    pub inconclusive: usize,
    pub inconclusive_reason: Option<String>,
}

/// The reaction to one code.
#[derive(Debug, Deserialize)]
pub struct Sample {
    #[serde(deserialize_with = "origin")]
    pub origin: CodeOrigin,
    pub code: u16,
    #[serde(deserialize_with = "reaction")]
    pub reaction: CodeReaction,
}

/// A case without a result.
#[derive(Debug, Deserialize)]
pub struct Untested {
    pub case: String,
    pub why: String,
}

/// The status of a rule in the results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    #[serde(rename = "FAIL")]
    Fail,
    Warn,
    Known,
    Info,
    Flaky,
    Unconfirmed,
    Ok,
    Inconclusive,
    #[serde(rename = "not exercised")]
    NotExercised,
}

fn parsed<'de, D: Deserializer<'de>, T>(deserializer: D) -> Result<T, D::Error>
where
    T: FromStr,
    T::Err: fmt::Display,
{
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

fn parsed_option<'de, D: Deserializer<'de>, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: FromStr,
    T::Err: fmt::Display,
{
    parsed(deserializer).map(Some)
}

fn reaction<'de, D: Deserializer<'de>>(deserializer: D) -> Result<CodeReaction, D::Error> {
    let name = String::deserialize(deserializer)?;
    CodeReaction::named(&name)
        .ok_or_else(|| de::Error::custom(format!("expected a reaction to a code, found `{name}`")))
}

fn origin<'de, D: Deserializer<'de>>(deserializer: D) -> Result<CodeOrigin, D::Error> {
    let name = String::deserialize(deserializer)?;
    CodeOrigin::ALL
        .into_iter()
        .find(|origin| origin.name() == name)
        .ok_or_else(|| de::Error::custom(format!("expected the origin of a code, found `{name}`")))
}

/// Reads a file with results.
///
/// # Errors
/// If it cannot be read, is too long, or is no result of a format that this version reads.
pub fn read(path: &Path) -> Result<Input, FileError> {
    let too_long =
        |octets| FileError::TooLong { path: files::display_path(path), limit: LONGEST_RESULTS, octets };
    let octets = files::read_at_most(path, LONGEST_RESULTS)?.map_err(too_long)?;
    let results = |why| FileError::Results { path: files::display_path(path), why };
    let no_results = |error: serde_json::Error| {
        results(format!(
            "is no result of `wsclose matrix --out` ({error}); name its matrix.json or live.json"
        ))
    };
    let Head { schema } = serde_json::from_slice(&octets).map_err(no_results)?;
    let malformed = |error: serde_json::Error| {
        results(format!("cannot be read as {schema} ({error}); write it again with this version of wsclose"))
    };
    if schema == MATRIX {
        serde_json::from_slice(&octets).map(Input::Matrix).map_err(malformed)
    } else if schema == LIVE {
        serde_json::from_slice(&octets).map(Input::Live).map_err(malformed)
    } else {
        Err(results(format!(
            "has the schema `{schema}`, and this version reads {MATRIX} and {LIVE}; name a matrix.json or live.json, \
             or update wsclose"
        )))
    }
}
