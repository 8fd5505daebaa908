//! Locks that survive a panic, and a limit on the connections that are served at a time.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Locks `mutex`, also after a thread panicked while it held the lock.
///
/// Every value behind a lock in this crate is complete between two statements, so a panic elsewhere in the thread
/// leaves nothing half written.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A number of slots, each held by one connection at a time. Clones share their slots.
#[derive(Clone, Debug)]
pub struct Slots(Arc<Counter>);

#[derive(Debug)]
struct Counter {
    free: Mutex<usize>,
    freed: Condvar,
}

/// A slot in use. Dropping it frees the slot, also when the thread panics.
#[derive(Debug)]
pub struct Slot(Arc<Counter>);

impl Slots {
    /// `count` free slots.
    pub fn new(count: usize) -> Slots {
        Slots(Arc::new(Counter { free: Mutex::new(count), freed: Condvar::new() }))
    }

    /// Waits for a free slot and takes it.
    pub fn acquire(&self) -> Slot {
        let free = lock(&self.0.free);
        let mut free =
            self.0.freed.wait_while(free, |free| *free == 0).unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
        Slot(Arc::clone(&self.0))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        *lock(&self.0.free) += 1;
        self.0.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_frees_the_slot_and_keeps_the_lock_usable() {
        let (slots, value) = (Slots::new(1), Mutex::new(1));
        let panicked = std::thread::scope(|scope| {
            let thread = scope.spawn(|| {
                let _slot = slots.acquire();
                let _value = lock(&value);
                panic!("while serving");
            });
            thread.join().is_err()
        });
        assert!(panicked && value.is_poisoned());
        assert_eq!(*lock(&slots.0.free), 1);
        drop(slots.acquire());
        assert_eq!(*lock(&value), 1);
    }
}
