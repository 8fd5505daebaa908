//! Runs numbered jobs on several threads, in order, until a deadline.

use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::interrupt::Interrupt;
use crate::sync::lock;

/// When a run has to end: at a time, or when it is interrupted.
#[derive(Clone, Debug)]
pub struct Deadline {
    /// The time; `None` for a run without a time limit.
    at: Option<Instant>,
    interrupt: Interrupt,
}

impl Deadline {
    /// A deadline `timeout` from now.
    pub fn after(timeout: Option<Duration>, interrupt: Interrupt) -> Deadline {
        Deadline { at: timeout.map(|timeout| Instant::now() + timeout), interrupt }
    }

    /// The same deadline, or `timeout` from now if that is earlier.
    pub fn or_after(&self, timeout: Duration) -> Deadline {
        let at = Instant::now() + timeout;
        Deadline { at: Some(self.at.map_or(at, |own| own.min(at))), interrupt: self.interrupt.clone() }
    }

    /// A deadline after half of the time that is left.
    pub fn half(&self) -> Deadline {
        let now = Instant::now();
        let half = |at: Instant| now + at.saturating_duration_since(now) / 2;
        Deadline { at: self.at.map(half), interrupt: self.interrupt.clone() }
    }

    /// Whether the time is over.
    pub fn has_passed(&self) -> bool {
        self.at.is_some_and(|at| Instant::now() >= at)
    }

    /// The time at which the run ends, if it has a time limit.
    pub fn instant(&self) -> Option<Instant> {
        self.at
    }

    /// Whether this much time is left.
    pub fn leaves(&self, time: Duration) -> bool {
        !self.is_interrupted()
            && self.at.is_none_or(|at| at.saturating_duration_since(Instant::now()) >= time)
    }

    /// Whether the run was interrupted.
    pub fn is_interrupted(&self) -> bool {
        self.interrupt.is_triggered()
    }

    /// Whether no further job may start.
    pub fn should_stop(&self) -> bool {
        self.is_interrupted() || self.has_passed()
    }
}

/// Runs the jobs `0..count` on at most `threads` threads, and returns the results by job.
///
/// Every thread has a worker of its own and takes the next job in order. No job starts after the deadline, or after a
/// job returned [`ControlFlow::Break`]; the result of a job that did not start is `None`.
pub fn run_jobs<W, T: Send>(
    count: usize,
    threads: usize,
    deadline: &Deadline,
    new_worker: impl Fn() -> W + Sync,
    job: impl Fn(&mut W, usize) -> ControlFlow<T, T> + Sync,
) -> Vec<Option<T>> {
    let (next, stopped) = (AtomicUsize::new(0), AtomicBool::new(false));
    let results: Mutex<Vec<Option<T>>> = Mutex::new((0..count).map(|_| None).collect());
    std::thread::scope(|scope| {
        for _ in 0..threads.min(count) {
            scope.spawn(|| {
                let mut worker = new_worker();
                while !stopped.load(Ordering::Relaxed) && !deadline.should_stop() {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    if at >= count {
                        break;
                    }
                    let result = match job(&mut worker, at) {
                        ControlFlow::Continue(result) => result,
                        ControlFlow::Break(result) => {
                            stopped.store(true, Ordering::Relaxed);
                            result
                        }
                    };
                    lock(&results)[at] = Some(result);
                }
            });
        }
    });
    results.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(threads: usize, deadline: &Deadline, stop_at: usize) -> Vec<Option<usize>> {
        run_jobs(
            9,
            threads,
            deadline,
            || (),
            |(), at| match at == stop_at {
                true => ControlFlow::Break(at),
                false => ControlFlow::Continue(at),
            },
        )
    }

    #[test]
    fn results_come_in_the_order_of_the_jobs() {
        let deadline = Deadline::after(None, Interrupt::new());
        assert_eq!(run(4, &deadline, 99), (0..9).map(Some).collect::<Vec<_>>());
    }

    #[test]
    fn no_job_starts_after_a_break_or_the_deadline() {
        let deadline = Deadline::after(None, Interrupt::new());
        let results = run(1, &deadline, 3);
        assert_eq!(results.iter().flatten().count(), 4);
        assert!(run(2, &deadline.or_after(Duration::ZERO), 99).iter().all(Option::is_none));
        let interrupt = Interrupt::new();
        interrupt.trigger();
        assert!(run(2, &Deadline::after(None, interrupt), 99).iter().all(Option::is_none));
    }
}
