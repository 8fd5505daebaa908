//! Whether an endpoint ended TCP because of what came, or because its own time was over. In come the moments at which
//! things happened, out come the rules that cannot be judged by that end.
//!
//! A tick of a script is a time of ours, and a timeout one of the endpoint's, that no rule sets: autobahn's is a second
//! that is rounded down, and so may be over at once. Who was quiet for a while before it left has waited.

use std::time::{Duration, Instant};

use wsclose::rules::{Rule, RuleSet, Timing};

/// How long after something an endpoint that reacts to it may take.
const REACTION_LIMIT: Duration = Duration::from_millis(20);

/// The rules that are broken by when TCP ends: what a clock does once, it may do twice.
pub const TIMING_RULES: RuleSet = RuleSet::with_timing(Timing::TcpEnd);

/// When things happened on a connection.
#[derive(Clone, Copy, Debug, Default)]
pub struct CloseTiming {
    /// It was told something.
    last_sent_at: Option<Instant>,
    /// It wrote its Close.
    close_received_at: Option<Instant>,
    inconclusive: RuleSet,
}

impl CloseTiming {
    /// A new connection begins.
    pub fn connect(&mut self) {
        *self = CloseTiming { inconclusive: self.inconclusive, ..CloseTiming::default() };
    }

    /// It was told something.
    pub fn on_send(&mut self, now: Instant) {
        self.last_sent_at = Some(now);
    }

    /// It had written its Close by now.
    pub fn on_close(&mut self, now: Instant) {
        self.close_received_at = self.close_received_at.or(Some(now));
    }

    /// It ended TCP.
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

    /// The rules that cannot be judged, on all connections since this was last asked.
    pub fn take_inconclusive(&mut self) -> RuleSet {
        std::mem::take(&mut self.inconclusive)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rules that are unclear when it closed, was told something, and ended TCP, each so long after the one
    /// before.
    fn inconclusive(until_send: Duration, until_tcp_end: Duration) -> RuleSet {
        let (mut patience, begun) = (CloseTiming::default(), Instant::now());
        patience.connect();
        patience.on_close(begun);
        patience.on_send(begun + until_send);
        patience.on_tcp_end(begun + until_send + until_tcp_end);
        patience.connect();
        patience.take_inconclusive()
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
        let mut patience = CloseTiming::default();
        patience.on_tcp_end(Instant::now());
        assert!(patience.take_inconclusive().is_empty(), "before its Close");
    }
}
