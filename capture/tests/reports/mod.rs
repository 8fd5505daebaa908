//! Reads a recording of these tests and reports on its connections.

use std::path::Path;

use wsclose_capture::read;
use wsclose_capture::report::{ConnectionReport, ReportSettings};

/// The reports on the connections of a file, which is named from this folder's parent.
pub fn of_file(name: &str) -> Vec<ConnectionReport> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name);
    let octets = std::fs::read(path).expect("a recording");
    let mut reports = Vec::new();
    let mut sink = |connection| {
        let number = reports.len() + 1;
        reports.extend(ConnectionReport::of(&connection, number, ReportSettings::default()));
    };
    read::read(&octets[..], None, &mut sink).expect("a recording");
    reports
}

/// The side and the rule of each violation.
pub fn violations(reports: &[ConnectionReport]) -> Vec<(&str, &str)> {
    let all = reports.iter().flat_map(|report| &report.violations);
    let levels = all.filter(|violation| violation.level != "info");
    levels.map(|violation| (violation.side, violation.rule)).collect()
}
