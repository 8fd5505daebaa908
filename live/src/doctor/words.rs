//! What was seen, in words.

use std::time::Duration;

use wsclose::harness::Quoted;
use wsclose::protocol::close::CloseBody;

/// Octets between quotes, control characters escaped, of bounded length.
pub fn quoted(octets: &[u8]) -> String {
    const MAX: usize = 40;
    match octets.get(..MAX) {
        Some(begin) if octets.len() > MAX => format!("{}…", Quoted(begin)),
        Some(_) | None => Quoted(octets).to_string(),
    }
}

/// The body of a Close in words.
pub fn described(body: &[u8]) -> String {
    match CloseBody::parse(body) {
        Ok(CloseBody::Empty) => "no code".to_owned(),
        Ok(CloseBody::Status { code, reason: "" }) => code.0.to_string(),
        Ok(CloseBody::Status { code, reason }) => format!("{} {}", code.0, quoted(reason.as_bytes())),
        Err(_) => format!("the body {}", quoted(body)),
    }
}

/// A duration in words.
pub fn ms(duration: Duration) -> String {
    match duration.as_millis() {
        // Less than a millisecond is as good as one.
        millis @ 0..1000 => format!("{} ms", millis.max(1)),
        _ => format!("{:.1} s", duration.as_secs_f64()),
    }
}
