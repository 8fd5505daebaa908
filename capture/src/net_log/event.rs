//! One event of a log.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// An event as it stands in the log.
#[derive(Deserialize)]
pub struct RawEvent<'a> {
    #[serde(rename = "type")]
    pub kind: i64,
    #[serde(default)]
    pub phase: i64,
    pub source: Source,
    /// Milliseconds: a number, or a string of digits as Chrome writes it.
    #[serde(borrow)]
    time: &'a RawValue,
    #[serde(borrow)]
    pub params: Option<&'a RawValue>,
}

/// What an event belongs to: a request, a socket, a job.
#[derive(Deserialize)]
pub struct Source {
    pub id: u64,
}

impl RawEvent<'_> {
    pub fn milliseconds(&self) -> Option<u64> {
        self.time.get().trim_matches('"').parse().ok()
    }
}

/// An event that the reader uses.
pub struct Event {
    pub source: u64,
    /// Its number in the log, from 1.
    pub number: u64,
    /// The time since the first event.
    pub time: Duration,
    pub params: Params,
}

/// The parameters of an event. Each may be absent or have another type than usual, which counts as absent.
pub struct Params(pub Value);

impl Params {
    pub fn parse(raw: Option<&RawValue>) -> Params {
        Params(raw.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or(Value::Null))
    }

    pub fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.as_str()
    }

    pub fn number(&self, key: &str) -> Option<u64> {
        self.0.get(key)?.as_u64()
    }

    pub fn signed(&self, key: &str) -> Option<i64> {
        self.0.get(key)?.as_i64()
    }

    /// Whether a flag is set.
    pub fn is(&self, key: &str) -> bool {
        self.0.get(key).and_then(Value::as_bool).unwrap_or(false)
    }

    /// The source that an event names as its cause.
    pub fn dependency(&self) -> Option<u64> {
        self.0.get("source_dependency")?.get("id")?.as_u64()
    }

    /// The octets, if the log has them.
    pub fn octets(&self) -> Option<Vec<u8>> {
        STANDARD.decode(self.text("bytes")?).ok()
    }

    /// The header lines.
    pub fn headers(&self) -> impl Iterator<Item = &str> {
        self.0.get("headers").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    }

    /// The value of the first header of this name, which is in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}
