//! Catches panics of a library under test.
//!
//! The trace records such a panic, so no other output is needed. A panic hook runs before the panic is caught, however:
//! the default hook prints a message, and libFuzzer's hook ends the process. [`install_filtered_hook`] prevents both.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

thread_local! {
    static IS_CATCHING: Cell<bool> = const { Cell::new(false) };
}

/// Calls a function and catches its panic. The panic hook still runs, unless [`install_filtered_hook`] was called.
///
/// # Errors
/// The payload of the panic.
pub fn catch<T>(act: impl FnOnce() -> T) -> std::thread::Result<T> {
    let outer = IS_CATCHING.replace(true);
    let result = catch_unwind(AssertUnwindSafe(act));
    IS_CATCHING.set(outer);
    result
}

/// Wraps the panic hook of the process, so that it runs only for panics that [`catch`] does not catch.
///
/// The change affects every thread, until another hook is installed. Only the first call has an effect.
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
