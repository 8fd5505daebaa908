//! Renders a run: JSON, JUnit, Markdown, HTML, SARIF and an index for scripts written for the Autobahn test suite.

use crate::run::results::{CaseResult, RunReport};

pub mod autobahn;
mod html;
mod json;
mod junit;
mod markdown;
pub mod matrix;
mod sarif;

/// The note at the beginning of every report.
const GENERATED_BY: &str = "written by wsclose check or wsclose serve";

/// The format of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Everything, as data.
    Json,
    /// What CI systems count.
    Junit,
    /// What a pull request shows.
    Markdown,
    /// What people read and click through.
    Html,
    /// What code scanning takes.
    Sarif,
    /// The index that scripts written for the Autobahn test suite read.
    Autobahn,
}

impl Format {
    /// The text of a report. The same run makes the same text.
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

/// How an endpoint behaved in a case of a run that is still under way, in Autobahn's word.
pub fn provisional_behavior(case: &CaseResult) -> &'static str {
    autobahn::provisional_behavior(case)
}

/// A name as the part of a URL behind `#`, and as an id.
fn anchor(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || "-._".contains(c) { c } else { '-' }).collect()
}
