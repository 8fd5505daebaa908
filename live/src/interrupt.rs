//! A handle that ends a run early.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Ends a run early from another thread or from a signal handler. Clones share their state.
///
/// An interrupted run finishes the connections that are open, starts no others, and returns a report of what it found
/// until then. [`RunReport::interrupted`](crate::RunReport::interrupted) is set in that report.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// A handle that has not been triggered.
    pub fn new() -> Interrupt {
        Interrupt::default()
    }

    /// Asks the run to end. A run cannot be resumed.
    pub fn trigger(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether [`Interrupt::trigger`] was called on this handle or on a clone.
    pub fn is_triggered(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
