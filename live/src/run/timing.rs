//! Decides whether an endpoint ended TCP in reaction to an input, or because a timeout of its own expired.
//!
//! A tick of a script is a time that the harness chooses. No rule sets the timeout of an endpoint, and some are short:
//! that of autobahn is a second, rounded down. An end of TCP after a quiet time may therefore be a timeout, and rules that
//! depend on the reason are inconclusive.

use std::time::{Duration, Instant};

use wsclose::rules::{Rule, RuleSet, Timing};

/// The longest time between an input and an end of TCP that counts as a reaction to it.
const REACTION_LIMIT: Duration = Duration::from_millis(20);

/// The rules that depend on when TCP ends. A timeout can violate them more than once, so they need more re-runs.
pub const TIMING_RULES: RuleSet = RuleSet::with_timing(Timing::TcpEnd);

/// The times of events on a connection.
#[derive(Clone, Copy, Debug, Default)]
pub struct CloseTiming {
    /// The harness sent something.
    last_sent_at: Option<Instant>,
    /// The endpoint's Close arrived.
    close_received_at: Option<Instant>,
    inconclusive: RuleSet,
}

impl CloseTiming {
    /// Starts a connection.
    pub fn connect(&mut self) {
        *self = CloseTiming { inconclusive: self.inconclusive, ..CloseTiming::default() };
    }

    /// The harness sent something.
    pub fn on_send(&mut self, now: Instant) {
        self.last_sent_at = Some(now);
    }

    /// The endpoint's Close has arrived.
    pub fn on_close(&mut self, now: Instant) {
        self.close_received_at = self.close_received_at.or(Some(now));
    }

    /// The endpoint ended TCP.
    pub fn on_tcp_end(&mut self, now: Instant) {
        let Some(closed) = self.close_received_at else { return };
        let slow = |since: Instant| now.saturating_duration_since(since) > REACTION_LIMIT;
        if slow(closed) {
            self.inconclusive.insert(Rule::WaitsForAnswer);
            if self.last_sent_at.is_none_or(slow) {
                self.inconclusive.insert(Rule::ReadsUntilAnswer);
            }
        }
    }

    /// The rules that are inconclusive on the connections since the last call.
    pub fn take_inconclusive(&mut self) -> RuleSet {
        std::mem::take(&mut self.inconclusive)
    }
}

/// What a conforming endpoint would do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Awaited {
    /// It would send a Close.
    Close,
    /// It would end TCP.
    TcpEnd,
}

/// How long an endpoint took for what a conforming one does: the longest times, if it did it at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Latencies {
    /// Until its Close.
    pub close: Option<Duration>,
    /// Until it ended TCP.
    pub tcp_end: Option<Duration>,
}

/// Measures how long an endpoint takes for what a conforming one does at once.
#[derive(Clone, Copy, Debug, Default)]
pub struct LatencyTimer {
    awaited: Option<(Awaited, Instant)>,
    longest: Latencies,
}

impl LatencyTimer {
    /// Notes what a conforming endpoint would do next, after an input or an action of the endpoint.
    pub fn update(&mut self, awaited: Option<Awaited>, now: Instant) {
        match (self.awaited, awaited) {
            (Some((before, _)), Some(next)) if before == next => return,
            (Some((before, since)), _) => {
                let longest = match before {
                    Awaited::Close => &mut self.longest.close,
                    Awaited::TcpEnd => &mut self.longest.tcp_end,
                };
                *longest = (*longest).max(Some(now.saturating_duration_since(since)));
            }
            (None, _) => {}
        }
        self.awaited = awaited.map(|awaited| (awaited, now));
    }

    /// The endpoint ended TCP, whether or not a Close was awaited.
    pub fn on_tcp_end(&mut self, now: Instant) {
        if let Some((_, since)) = self.awaited.take() {
            self.longest.tcp_end = self.longest.tcp_end.max(Some(now.saturating_duration_since(since)));
        }
    }

    /// The connection is over, and nothing is awaited of the endpoint.
    pub fn cancel(&mut self) {
        self.awaited = None;
    }

    /// The times since the last call.
    pub fn take(&mut self) -> Latencies {
        std::mem::take(self).longest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_are_the_longest_times_until_an_action() {
        let (mut timer, begun) = (LatencyTimer::default(), Instant::now());
        let at = |millis| begun + Duration::from_millis(millis);
        let millis = |millis| Some(Duration::from_millis(millis));
        timer.update(Some(Awaited::Close), at(0));
        timer.update(Some(Awaited::Close), at(5));
        timer.update(Some(Awaited::TcpEnd), at(20));
        timer.on_tcp_end(at(21));
        timer.update(Some(Awaited::Close), at(30));
        timer.update(None, at(31));
        timer.update(Some(Awaited::Close), at(50));
        timer.on_tcp_end(at(99));
        timer.update(Some(Awaited::TcpEnd), at(100));
        timer.cancel();
        timer.update(None, at(150));
        assert_eq!(timer.take(), Latencies { close: millis(20), tcp_end: millis(49) });
        assert_eq!(timer.take(), Latencies::default());
    }

    /// The inconclusive rules when the Close, an input and the end of TCP follow each other after these times.
    fn inconclusive(until_send: Duration, until_tcp_end: Duration) -> RuleSet {
        let (mut timing, begun) = (CloseTiming::default(), Instant::now());
        timing.connect();
        timing.on_close(begun);
        timing.on_send(begun + until_send);
        timing.on_tcp_end(begun + until_send + until_tcp_end);
        timing.connect();
        timing.take_inconclusive()
    }

    #[test]
    fn immediate_end_is_judged() {
        assert!(inconclusive(Duration::ZERO, REACTION_LIMIT).is_empty());
    }

    #[test]
    fn end_soon_after_input_leaves_one_rule_inconclusive() {
        assert_eq!(inconclusive(2 * REACTION_LIMIT, REACTION_LIMIT), RuleSet::of(&[Rule::WaitsForAnswer]));
    }

    #[test]
    fn end_after_idle_leaves_both_rules_inconclusive() {
        assert_eq!(inconclusive(Duration::ZERO, 2 * REACTION_LIMIT), TIMING_RULES);
        let mut timing = CloseTiming::default();
        timing.on_tcp_end(Instant::now());
        assert!(timing.take_inconclusive().is_empty(), "before its Close");
    }
}
