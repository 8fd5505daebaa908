//! The lines by which a program reports what its library reported of a connection.
//!
//! `closed CODE "REASON" clean|unclean|unknown` is how the connection closed, where `none` stands for a code or reason that
//! the library did not report. `failed "TEXT"` is an error. A client has one connection at a time. The line of a server
//! ends in a further word, which ends in the id of the connection: the id itself, or the path and query of its request, as
//! in `/?wsclose=7`.

use std::fmt;

use wsclose::protocol::code::CloseCode;

/// The first word of the line.
const CLOSED: &str = "closed";

/// The first word of a line with an error.
const FAILED: &str = "failed";

/// The word for a code or reason that was not reported.
const NONE: &str = "none";

/// How a connection closed, as the library under test reported it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloseStatus {
    /// The code; `None` if the library reported none.
    pub code: Option<CloseCode>,
    /// The reason; `None` if the library reported none.
    pub reason: Option<String>,
    /// Whether the connection closed cleanly (§7.1.4); `None` if the library does not report it.
    pub clean: Option<bool>,
}

impl CloseStatus {
    /// Whether a line begins like a report.
    pub fn begins(line: &str) -> bool {
        line.trim().strip_prefix(CLOSED).is_some_and(|rest| rest.starts_with(' '))
    }

    /// Parses a line; `None` if it is any other line.
    pub fn parse(line: &str) -> Option<CloseStatus> {
        let rest = line.trim_end().strip_prefix(CLOSED)?.strip_prefix(' ')?;
        let (code, rest) = rest.split_once(' ')?;
        let (reason, clean) = rest.rsplit_once(' ')?;
        let code = if code == NONE { None } else { Some(CloseCode(code.parse().ok()?)) };
        let reason = if reason == NONE { None } else { Some(serde_json::from_str(reason).ok()?) };
        let clean = match clean {
            "clean" => Some(true),
            "unclean" => Some(false),
            "unknown" => None,
            _ => return None,
        };
        Some(CloseStatus { code, reason, clean })
    }
}

/// A line about a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReportLine {
    /// It closed like this.
    Closed(CloseStatus),
    /// The library reported an error.
    Failed(String),
}

impl ReportLine {
    /// Parses a line; `None` if it is any other line.
    pub fn parse(line: &str) -> Option<ReportLine> {
        let closed = || CloseStatus::parse(line).map(ReportLine::Closed);
        let failed = || {
            let text = line.trim_end().strip_prefix(FAILED)?.strip_prefix(' ')?;
            serde_json::from_str(text).ok().map(ReportLine::Failed)
        };
        closed().or_else(failed)
    }
}

impl fmt::Display for ReportLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReportLine::Closed(status) => status.fmt(f),
            ReportLine::Failed(text) => write!(f, "{FAILED} {}", serde_json::Value::from(text.as_str())),
        }
    }
}

/// A line of a server that begins like a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerLine<'a> {
    /// A report.
    Report {
        /// The id of the connection.
        id: u64,
        /// What is reported.
        report: ReportLine,
    },
    /// A line with a mistake.
    Malformed(&'a str),
}

impl ServerLine<'_> {
    /// Parses a line; `None` if it is any other line.
    pub fn parse(line: &str) -> Option<ServerLine<'_>> {
        let line = line.trim();
        let report = || {
            let (report, connection) = line.rsplit_once(' ')?;
            let digits = connection.trim_end_matches(|c: char| c.is_ascii_digit()).len();
            let id = connection[digits..].parse().ok()?;
            Some(ServerLine::Report { id, report: ReportLine::parse(report)? })
        };
        report().or(CloseStatus::begins(line).then_some(ServerLine::Malformed(line)))
    }
}

impl fmt::Display for CloseStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{CLOSED} ")?;
        match self.code {
            Some(code) => write!(f, "{} ", code.0)?,
            None => write!(f, "{NONE} ")?,
        }
        match &self.reason {
            Some(reason) => write!(f, "{} ", serde_json::Value::from(reason.as_str()))?,
            None => write!(f, "{NONE} ")?,
        }
        f.write_str(match self.clean {
            Some(true) => "clean",
            Some(false) => "unclean",
            None => "unknown",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_round_trip() {
        let status = |code, reason: Option<&str>, clean| CloseStatus {
            code,
            reason: reason.map(str::to_owned),
            clean,
        };
        for status in [
            status(Some(CloseCode(1000)), Some("a \"b\" \u{0}\n é"), Some(true)),
            status(Some(CloseCode(0)), Some(""), Some(false)),
            status(None, None, None),
        ] {
            assert_eq!(CloseStatus::parse(&status.to_string()), Some(status));
        }
    }

    #[test]
    fn line_of_a_server_ends_in_the_id() {
        let status = CloseStatus { code: Some(CloseCode(1000)), reason: Some("a b".to_owned()), clean: None };
        for connection in ["7", "/?wsclose=7", "/chat/7", "?a=1&wsclose=7"] {
            let line = format!("{status} {connection}\n");
            let report = ReportLine::Closed(status.clone());
            assert_eq!(ServerLine::parse(&line), Some(ServerLine::Report { id: 7, report }));
        }
        let report = ReportLine::Failed("a \"b\"".to_owned());
        let line = format!("{report} /?wsclose=7");
        assert_eq!(ServerLine::parse(&line), Some(ServerLine::Report { id: 7, report }));
        // Programs print other lines that begin so.
        assert_eq!(ServerLine::parse("failed to start 7"), None);
        for line in
            ["closed 1000 \"a b\" unknown", "closed 1000 \"a b\" unknown /", "closed 1000 7", "closed x"]
        {
            assert_eq!(ServerLine::parse(line), Some(ServerLine::Malformed(line)));
        }
        assert_eq!(ServerLine::parse("disclosed 1 7"), None);
        assert_eq!(ServerLine::parse("closed"), None);
    }

    #[test]
    fn other_lines_are_rejected() {
        for line in
            ["", "closed", "closed 1000", "closed 1000 \"\"", "closed x \"\" clean", "closed 1 \"\" so"]
        {
            assert_eq!(CloseStatus::parse(line), None, "{line}");
        }
    }
}
