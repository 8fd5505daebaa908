//! The line by which a client program reports how its connection closed:
//! `closed CODE "REASON" clean|unclean|unknown`.
//!
//! `none` stands for a code or reason that the library did not report.

use std::fmt;

use wsclose::protocol::code::CloseCode;

/// The first word of the line.
const CLOSED: &str = "closed";

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
    fn other_lines_are_rejected() {
        for line in
            ["", "closed", "closed 1000", "closed 1000 \"\"", "closed x \"\" clean", "closed 1 \"\" so"]
        {
            assert_eq!(CloseStatus::parse(line), None, "{line}");
        }
    }
}
