//! Panics that are caught. In comes something that may panic; out comes what it gave, or the panic, without
//! the panic hook having been called once [`only_uncaught_panics_reach_the_hook`] was.
//!
//! A library under test may panic: that is told in its record, and nobody's business beside that. But a
//! hook runs before a panic is caught, and libFuzzer's ends the process.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

thread_local! {
    static IS_CATCHING: Cell<bool> = const { Cell::new(false) };
}

/// Runs it, and catches its panic.
///
/// # Errors
/// What it panicked with.
pub fn catch<T>(act: impl FnOnce() -> T) -> std::thread::Result<T> {
    let outer = IS_CATCHING.replace(true);
    let result = catch_unwind(AssertUnwindSafe(act));
    IS_CATCHING.set(outer);
    result
}

/// From now on the panic hook that is there is called only for panics that [`caught`] does not catch.
pub fn install_filtered_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !IS_CATCHING.get() {
                hook(panic);
            }
        }));
    });
}
