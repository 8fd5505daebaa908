//! Writes the report of a run in the formats of other tools.

use crate::run::results::RunReport;

mod autobahn;
mod html;
mod json;
mod junit;
mod markdown;
pub mod matrix;
mod sarif;

/// The text by which a report names its origin.
const GENERATED_BY: &str = "written by wsclose check or wsclose serve";

/// The name of the JSON report to which the Autobahn index refers.
pub const AUTOBAHN_DETAILS: &str = autobahn::DETAILS_FILE;

/// The format of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON with everything, as `schema/check.schema.json` describes it.
    Json,
    /// JUnit XML, with a test case for each rule.
    Junit,
    /// Markdown, for the summary of a CI job.
    Markdown,
    /// One HTML page that loads nothing else.
    Html,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// The `index.json` of the Autobahn test suite. It refers to a JSON report named [`AUTOBAHN_DETAILS`] next to it.
    Autobahn,
}

impl Format {
    /// The text of the report. Reports of the same run are equal.
    pub fn text(self, run: &RunReport) -> String {
        match self {
            Format::Json => json::text(run),
            Format::Junit => junit::text(run),
            Format::Markdown => markdown::text(run),
            Format::Html => html::text(run),
            Format::Sarif => sarif::text(run),
            Format::Autobahn => autobahn::text(run),
        }
    }
}

/// A name as an id, and as the fragment of a URL.
fn anchor(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || "-._".contains(c) { c } else { '-' }).collect()
}
