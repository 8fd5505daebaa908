//! Measures how fast an endpoint reacts, by its answers to a plain Close.
//!
//! An endpoint may be slow in two ways. It begins to read late: then each connection waits before the first stimulus. Or
//! each of its reactions takes long: then every wait is longer. A Close directly after the opening handshake, and one that
//! is sent later, tell the two apart.

use std::ops::ControlFlow;
use std::time::Duration;

use crate::endpoint::under_test::{ConnectMode, EndpointUnderTest};
use crate::run::cases::Case;
use crate::run::parallel::{Deadline, run_jobs};
use crate::run::runner::CaseRunner;
use crate::run::timeouts::{Pace, Timeouts};
use crate::run::timing::Latencies;

/// An answer that came sooner shows that the endpoint reacts at once.
const PROMPT: Duration = Duration::from_millis(5);

/// How often a Close is sent in each of the two ways to a slow endpoint.
const SAMPLES: usize = 3;

/// Measures the pace of an endpoint that answered the Close of `liveness` after `first`.
pub fn measure(
    under_test: EndpointUnderTest<'_>,
    liveness: &Case,
    timeouts: Timeouts,
    first: Duration,
    jobs: usize,
    deadline: &Deadline,
) -> Pace {
    let can_repeat = match under_test.mode {
        ConnectMode::Dial(_) | ConnectMode::Spawn(_) => true,
        // Each connection of such a client is a numbered case.
        ConnectMode::Accept(_) => false,
    };
    if first <= PROMPT || !can_repeat {
        return Pace { reaction: first, ..Pace::default() };
    }
    let late = Timeouts { start_up: first + first / 8 + PROMPT, ..timeouts };
    let samples = run_jobs(
        2 * SAMPLES,
        jobs,
        deadline,
        || (),
        |(), at| {
            let timeouts = if at % 2 == 0 { timeouts } else { late };
            let mut runner = CaseRunner::new(under_test, timeouts).until(deadline);
            let result = runner.run(liveness);
            ControlFlow::Continue(result.latencies.close)
        },
    );
    let of_kind = |parity| {
        let samples = samples.iter().enumerate().filter(move |(at, _)| at % 2 == parity);
        samples.filter_map(|(_, sample)| (*sample).flatten()).collect::<Vec<Duration>>()
    };
    from_samples(first, &of_kind(0), &of_kind(1))
}

/// The pace of a client that connects for one case after another, from its latencies in the cases so far, of which the first
/// is the liveness case.
pub fn of_session(mut latencies: impl Iterator<Item = Latencies>) -> Pace {
    let Some(first) = latencies.next().and_then(|first| first.close) else { return Pace::default() };
    if first <= PROMPT {
        return Pace { reaction: first, ..Pace::default() };
    }
    // As long as the reason of the delay is open, the harness waits for both.
    let later: Vec<Duration> = latencies.filter_map(|latencies| latencies.close).take(SAMPLES).collect();
    if later.is_empty() {
        return Pace { start_up: first, reaction: first, ..Pace::default() };
    }
    from_samples(first, &[], &later)
}

/// The pace that the times until the answer to a Close show: the first one, those of Closes directly after the opening
/// handshake, and those of later ones.
fn from_samples(first: Duration, at_once: &[Duration], later: &[Duration]) -> Pace {
    let at_once = typical(at_once)
        .map_or(first, |typical| if typical <= PROMPT { typical } else { typical.max(first) });
    let reaction = typical(later).unwrap_or(at_once).min(at_once);
    let start_up = if 2 * reaction < at_once { at_once - reaction } else { Duration::ZERO };
    let reaction = if start_up.is_zero() { at_once } else { reaction };
    Pace { start_up, reaction, ..Pace::default() }
}

/// The longest of the samples. One prompt answer shows that the endpoint is not slow, whatever delayed the others.
fn typical(samples: &[Duration]) -> Option<Duration> {
    samples.iter().min().filter(|least| **least <= PROMPT).or(samples.iter().max()).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(first: u64, at_once: [u64; 3], later: [u64; 3]) -> (u128, u128) {
        let of = |samples: [u64; 3]| samples.map(Duration::from_millis);
        let pace = from_samples(Duration::from_millis(first), &of(at_once), &of(later));
        (pace.start_up.as_millis(), pace.reaction.as_millis())
    }

    #[test]
    fn start_up_delay_shows_in_closes_that_are_sent_at_once() {
        assert_eq!(pace(3000, [3001, 3002, 3000], [1, 2, 40]), (3001, 1));
        assert_eq!(pace(300, [310, 290, 300], [100, 90, 80]), (210, 100));
    }

    #[test]
    fn reaction_delay_shows_in_every_close() {
        assert_eq!(pace(3000, [3001, 3002, 3000], [3004, 3000, 3000]), (0, 3002));
        assert_eq!(pace(400, [700, 20, 300], [900, 300, 30]), (0, 700), "an endpoint that polls");
    }

    #[test]
    fn first_answer_of_an_endpoint_that_warms_up_does_not_count() {
        assert_eq!(pace(400, [1, 60, 2], [1, 1, 1]), (0, 1));
        assert_eq!(from_samples(PROMPT * 9, &[], &[]).reaction, PROMPT * 9, "no answer");
    }

    #[test]
    fn session_waits_for_both_delays_until_a_later_close_is_answered() {
        let latencies = |millis: &[u64]| {
            let of = |millis: &u64| Latencies { close: Some(Duration::from_millis(*millis)), tcp_end: None };
            of_session(millis.iter().map(of).collect::<Vec<_>>().into_iter())
        };
        let pace = |start_up, reaction| Pace {
            start_up: Duration::from_millis(start_up),
            reaction: Duration::from_millis(reaction),
            ..Pace::default()
        };
        assert_eq!(latencies(&[]), pace(0, 0));
        assert_eq!(latencies(&[2, 300]), pace(0, 2));
        assert_eq!(latencies(&[900]), pace(900, 900));
        assert_eq!(latencies(&[900, 1, 2]), pace(899, 1));
        assert_eq!(latencies(&[900, 800]), pace(0, 900));
    }
}
