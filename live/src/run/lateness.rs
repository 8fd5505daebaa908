//! How late an endpoint did what a conforming one does at once.

use std::fmt;
use std::time::Duration;

use wsclose::analysis::status::FindingStatus;
use wsclose::rules::{Rule, Timing};

use crate::run::timing::{Awaited, Latencies};

/// The shortest delay that counts as late, and how many times as long as the usual one it is.
const SHORTEST_DELAY: Duration = Duration::from_millis(300);
const LEAST_FACTOR: u32 = 10;

/// A delay of what a conforming endpoint does at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Lateness {
    /// What came late.
    pub what: Awaited,
    /// How late it came.
    pub after: Duration,
    /// The time until the endpoint answers a plain Close.
    pub usual: Duration,
}

impl Lateness {
    /// The lateness of an endpoint that took so long and answers a plain Close after `usual`.
    pub fn of(latencies: Latencies, usual: Duration) -> Option<Lateness> {
        let close = latencies.close.map(|after| Lateness { what: Awaited::Close, after, usual });
        let tcp_end = latencies.tcp_end.map(|after| Lateness { what: Awaited::TcpEnd, after, usual });
        let longest = close.into_iter().chain(tcp_end).max_by_key(|lateness| lateness.after)?;
        (longest.after >= SHORTEST_DELAY.max(LEAST_FACTOR * usual)).then_some(longest)
    }
}

impl fmt::Display for Lateness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.what {
            Awaited::Close => "the Close came",
            Awaited::TcpEnd => "TCP ended",
        };
        let after = self.after.as_secs_f64();
        // Less than a millisecond is as good as one.
        let usual = self.usual.as_millis().max(1);
        write!(f, "{what} after {after:.1} s; the endpoint answers a plain Close after {usual} ms")
    }
}

/// The status of a late action, if `status` is that of an omitted one. A rule that sets no time is a warning at most.
pub fn finding_status(rule: Rule, status: FindingStatus) -> FindingStatus {
    match rule.timing() {
        Timing::Prompt => status,
        Timing::Any | Timing::TcpEnd => match status {
            FindingStatus::Fail | FindingStatus::Warn => FindingStatus::Warn,
            FindingStatus::Known | FindingStatus::Info => status,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lateness(close: Option<u64>, tcp_end: Option<u64>, usual: u64) -> Option<String> {
        let millis = |millis: Option<u64>| millis.map(Duration::from_millis);
        let latencies = Latencies { close: millis(close), tcp_end: millis(tcp_end) };
        Lateness::of(latencies, Duration::from_millis(usual)).map(|lateness| lateness.to_string())
    }

    #[test]
    fn only_a_delay_that_is_much_longer_than_usual_is_late() {
        let late = "the Close came after 0.9 s; the endpoint answers a plain Close after 2 ms";
        assert_eq!(lateness(Some(900), Some(1), 2).as_deref(), Some(late));
        let late = "TCP ended after 2.0 s; the endpoint answers a plain Close after 1 ms";
        assert_eq!(lateness(Some(2), Some(2000), 0).as_deref(), Some(late));
        assert_eq!(lateness(Some(900), None, 100), None, "a slow endpoint");
        assert_eq!(lateness(Some(200), Some(200), 0), None, "a short delay");
        assert_eq!(lateness(None, None, 0), None, "nothing came");
    }

    #[test]
    fn rules_without_a_time_limit_only_warn() {
        let status = |rule| finding_status(rule, FindingStatus::Fail);
        assert_eq!(status(Rule::ServerClosesTcpAtOnce), FindingStatus::Fail);
        assert_eq!(status(Rule::CloseAnswered), FindingStatus::Warn);
        assert_eq!(finding_status(Rule::CloseAnswered, FindingStatus::Known), FindingStatus::Known);
    }
}
