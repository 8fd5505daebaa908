//! The timeouts of a run, which follow from how fast the endpoint reacts.
//!
//! A socket does not show whether an endpoint is idle. Every wait is therefore longer than the measured reaction of the
//! endpoint, and longer still in a re-run.

use std::time::Duration;

use crate::run::config::Jobs;

/// The timeouts of a live endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// The limit on establishing a connection, and on the opening handshake.
    pub connect: Duration,
    /// How long the harness waits after the opening handshake before the first stimulus.
    pub start_up: Duration,
    /// How long nothing has to arrive after a stimulus before the endpoint counts as idle.
    pub idle: Duration,
    /// The same while a conforming endpoint would still do something: see
    /// [`ShadowModel`](crate::run::shadow_model::ShadowModel).
    pub expected: Duration,
    /// The duration of a tick.
    pub tick: Duration,
    /// The duration of a tick in a patient case, which decides after sixteen of them that an endpoint waits for ever.
    pub patient_tick: Duration,
    /// How long the program of a client may take to report, or to exit, after the peer has reset its connection.
    pub report: Duration,
    /// The limit on one connection.
    pub connection: Duration,
}

/// The timeouts of the first run of a case.
pub const FAST: Timeouts = Timeouts {
    connect: Duration::from_secs(10),
    start_up: Duration::ZERO,
    idle: Duration::from_millis(4),
    expected: Duration::from_millis(500),
    tick: Duration::from_millis(50),
    patient_tick: Duration::from_millis(100),
    report: Duration::from_secs(2),
    connection: Duration::from_secs(5),
};

/// The timeouts of a re-run. Two ticks are the second and a half after which "still open" counts as a violation.
pub const CONFIRM: Timeouts = Timeouts {
    connect: Duration::from_secs(10),
    start_up: Duration::ZERO,
    idle: Duration::from_millis(60),
    expected: Duration::from_millis(1500),
    tick: Duration::from_millis(750),
    // Sixteen exceed half a minute, the closing timeout of common libraries.
    patient_tick: Duration::from_millis(2250),
    report: Duration::from_secs(12),
    connection: Duration::from_secs(10),
};

/// The timeouts of the liveness case, which measures the pace. An endpoint that does not reply within `expected` counts as
/// unresponsive.
pub const MEASURE: Timeouts = Timeouts {
    connect: Duration::from_secs(10),
    start_up: Duration::ZERO,
    idle: Duration::from_millis(60),
    expected: Duration::from_secs(4),
    tick: Duration::from_millis(300),
    patient_tick: Duration::from_millis(300),
    report: Duration::from_secs(2),
    connection: Duration::from_secs(6),
};

/// How fast an endpoint reacts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// The duration of the opening handshake; zero for clients, where it is not measured.
    pub round_trip: Duration,
    /// The time from the opening handshake until the endpoint begins to read.
    pub start_up: Duration,
    /// The time from a Close, which the endpoint could read at once, to its Close.
    pub reaction: Duration,
}

/// The delay for which the number of connections at a time grows by its initial value.
const DELAY_OF_MORE_JOBS: Duration = Duration::from_millis(100);

impl Pace {
    /// The number of connections at a time for an endpoint of this pace.
    pub fn jobs(self, jobs: Jobs) -> usize {
        let delay = (self.start_up + self.reaction).as_millis() / DELAY_OF_MORE_JOBS.as_millis();
        let wanted =
            jobs.usual.saturating_mul(usize::try_from(delay).unwrap_or(usize::MAX).saturating_add(1));
        wanted.min(jobs.most)
    }
}

impl Timeouts {
    /// The timeouts for the first run, from these of an endpoint that reacts at once. `tick` sets the tick by hand.
    pub fn for_first_run(self, pace: Pace, tick: Option<Duration>) -> Timeouts {
        let scaled = self.scaled(pace, 6);
        let patient_tick = scaled.patient_tick.max(tick.unwrap_or_default());
        Timeouts { tick: tick.unwrap_or(scaled.tick), patient_tick, ..scaled }
    }

    /// The timeouts for a re-run, in which a tick is at least as long as in the first run.
    pub fn for_retry(self, pace: Pace, tick: Option<Duration>) -> Timeouts {
        let scaled = self.scaled(pace, 10);
        let tick = tick.unwrap_or_default();
        Timeouts { tick: scaled.tick.max(tick), patient_tick: scaled.patient_tick.max(tick), ..scaled }
    }

    /// The timeouts for measuring the pace, in which the endpoint has at least two ticks to react.
    pub fn for_measuring(self, tick: Option<Duration>) -> Timeouts {
        let expected = self.expected.max(2 * tick.unwrap_or_default());
        Timeouts { expected, connection: self.connection + expected, ..self }
    }

    /// When the first connection of the job with this number begins, of `jobs` connections at a time.
    pub fn stagger(&self, jobs: usize, number: usize) -> Duration {
        let share = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        (self.start_up + self.idle) * share(number) / share(jobs.max(1))
    }

    /// Timeouts that leave the endpoint `quarters` fourths of its reaction time.
    fn scaled(self, pace: Pace, quarters: u32) -> Timeouts {
        let Pace { round_trip, start_up, reaction } = pace;
        let allowed = reaction * quarters / 4;
        let start_up =
            if start_up.is_zero() { start_up } else { start_up * (4 + quarters / 4) / 4 + self.tick };
        Timeouts {
            start_up,
            idle: (self.idle + round_trip.min(self.idle)).max(allowed),
            expected: self.expected + 2 * allowed,
            tick: (self.tick + 2 * round_trip.min(self.tick)).max(self.tick + allowed),
            patient_tick: self.patient_tick + allowed,
            report: self.report + 2 * allowed,
            connection: self.connection + start_up + 16 * allowed,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROMPT: Pace =
        Pace { round_trip: Duration::ZERO, start_up: Duration::ZERO, reaction: Duration::ZERO };

    #[test]
    fn every_wait_exceeds_the_reaction() {
        for reaction in [0, 5, 300, 3000].map(Duration::from_millis) {
            let pace = Pace { reaction, ..PROMPT };
            let (first, retry) = (FAST.for_first_run(pace, None), CONFIRM.for_retry(pace, None));
            for timeouts in [first, retry] {
                assert!(timeouts.idle > reaction && timeouts.expected > reaction && timeouts.tick > reaction);
                assert!(timeouts.connection > timeouts.expected + 4 * timeouts.tick, "{timeouts:?}");
                assert_eq!(timeouts.start_up, Duration::ZERO);
            }
            assert!(retry.idle > first.idle && retry.expected > first.expected && retry.tick > first.tick);
        }
        assert_eq!(FAST.for_first_run(PROMPT, None), FAST);
    }

    #[test]
    fn start_up_delay_is_waited_for_and_leaves_the_ticks_alone() {
        let start_up = Duration::from_secs(3);
        let pace = Pace { start_up, ..PROMPT };
        let (first, retry) = (FAST.for_first_run(pace, None), CONFIRM.for_retry(pace, None));
        assert!(start_up < first.start_up && first.start_up < retry.start_up);
        assert_eq!((first.tick, first.idle), (FAST.tick, FAST.idle));
    }

    #[test]
    fn tick_by_hand_is_the_tick_of_the_first_run() {
        let tick = |millis| Some(Duration::from_millis(millis));
        assert_eq!(FAST.for_first_run(PROMPT, tick(10)).tick, Duration::from_millis(10));
        assert_eq!(CONFIRM.for_retry(PROMPT, tick(10)).tick, CONFIRM.tick);
        assert_eq!(CONFIRM.for_retry(PROMPT, tick(2000)).tick, Duration::from_secs(2));
        assert_eq!(MEASURE.for_measuring(tick(5000)).expected, Duration::from_secs(10));
    }

    #[test]
    fn slow_endpoint_gets_more_connections_at_a_time() {
        let jobs = |millis| {
            Pace { start_up: Duration::from_millis(millis), ..PROMPT }.jobs(Jobs { usual: 16, most: 128 })
        };
        assert_eq!([jobs(0), jobs(90), jobs(300), jobs(3000)], [16, 16, 64, 128]);
    }
}
