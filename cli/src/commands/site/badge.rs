//! The badge of an implementation, as JSON for the endpoint of shields.io.

use serde::Serialize;

use super::results::Implementation;
use super::standing::Standing;

/// A badge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Badge {
    /// The version of the format.
    schema_version: u8,
    /// The left half.
    pub label: &'static str,
    /// The right half.
    pub message: String,
    /// The color of the right half, as a name that shields.io has.
    pub color: &'static str,
}

impl Badge {
    fn new(message: String, color: &'static str) -> Badge {
        Badge { schema_version: 1, label: "closing handshake", message, color }
    }

    /// The badge of an implementation. Only confirmed violations of the library count. The color follows those that it
    /// commits on its own.
    pub fn of(implementation: &Implementation) -> Badge {
        let rules = |count: usize| if count == 1 { "1 rule".to_owned() } else { format!("{count} rules") };
        let warnings =
            |count: usize| if count == 1 { "1 warning".to_owned() } else { format!("{count} warnings") };
        let counts = [Standing::Violates, Standing::ViolatesOnRequest, Standing::Warns];
        match counts.map(|standing| implementation.count(standing)) {
            [0, _, _] if !implementation.is_complete => Badge::new("incomplete".to_owned(), "lightgrey"),
            [0, 0, 0] => Badge::new("conforms".to_owned(), "brightgreen"),
            [0, 0, warned] => Badge::new(format!("conforms, {}", warnings(warned)), "green"),
            [0, requested, _] => Badge::new(format!("violates 0 rules, {requested} on request"), "green"),
            [violated, 0, _] => Badge::new(format!("violates {}", rules(violated)), "orange"),
            [violated, requested, _] => {
                Badge::new(format!("violates {}, {requested} more on request", rules(violated)), "orange")
            }
        }
    }

    /// The badge of an implementation that the newest results do not have, so that its address goes on resolving.
    pub fn absent() -> Badge {
        Badge::new("not in the newest results".to_owned(), "lightgrey")
    }

    /// The text of the file.
    pub fn json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("a badge is text and numbers");
        text.push('\n');
        text
    }
}
