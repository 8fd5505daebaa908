//! Whether an endpoint ended TCP because of what came, or because its own time was over. In come the moments at which
//! things happened, out come the rules that cannot be judged by that end.
//!
//! A tick of a script is a time of ours, and a timeout one of the endpoint's, that no rule sets: autobahn's is a second
//! that is rounded down, and so may be over at once. Who was quiet for a while before it left has waited.

use std::time::{Duration, Instant};

use wsclose::rule::{Rule, RuleSet};

/// How long after something an endpoint that reacts to it may take.
const REACTION: Duration = Duration::from_millis(20);

/// The rules that are broken by when TCP ends: what a clock does once, it may do twice.
pub const TIMED: RuleSet = RuleSet::of(&[Rule::WaitsForAnswer, Rule::ReadsUntilAnswer]);

/// When things happened on a connection.
#[derive(Clone, Copy, Debug, Default)]
pub struct Patience {
    /// It was told something.
    told: Option<Instant>,
    /// It wrote its Close.
    closed: Option<Instant>,
    unclear: RuleSet,
}

impl Patience {
    /// A new connection begins.
    pub fn connect(&mut self) {
        *self = Patience { unclear: self.unclear, ..Patience::default() };
    }

    /// It was told something.
    pub fn told(&mut self, now: Instant) {
        self.told = Some(now);
    }

    /// It had written its Close by now.
    pub fn closed(&mut self, now: Instant) {
        self.closed = self.closed.or(Some(now));
    }

    /// It ended TCP.
    pub fn ended(&mut self, now: Instant) {
        let Some(closed) = self.closed else { return };
        let slow = |since: Instant| now.saturating_duration_since(since) > REACTION;
        if slow(closed) {
            self.unclear.insert(Rule::WaitsForAnswer);
            if self.told.is_none_or(slow) {
                self.unclear.insert(Rule::ReadsUntilAnswer);
            }
        }
    }

    /// The rules that cannot be judged, on all connections since this was last asked.
    pub fn unclear(&mut self) -> RuleSet {
        std::mem::take(&mut self.unclear)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rules that are unclear when it closed, was told something, and ended TCP, each so long after the one
    /// before.
    fn unclear(told: Duration, ended: Duration) -> RuleSet {
        let (mut patience, begun) = (Patience::default(), Instant::now());
        patience.connect();
        patience.closed(begun);
        patience.told(begun + told);
        patience.ended(begun + told + ended);
        patience.connect();
        patience.unclear()
    }

    #[test]
    fn who_leaves_at_once_has_not_waited() {
        assert!(unclear(Duration::ZERO, REACTION).is_empty());
    }

    #[test]
    fn who_leaves_upon_something_may_have_waited_and_does_not_read() {
        assert_eq!(unclear(2 * REACTION, REACTION), RuleSet::of(&[Rule::WaitsForAnswer]));
    }

    #[test]
    fn who_leaves_out_of_silence_has_its_own_time() {
        assert_eq!(unclear(Duration::ZERO, 2 * REACTION), TIMED);
        let mut patience = Patience::default();
        patience.ended(Instant::now());
        assert!(patience.unclear().is_empty(), "before its Close");
    }
}
