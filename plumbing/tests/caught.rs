//! The panic hook, in a process of its own: it is everybody's.

use std::sync::atomic::{AtomicUsize, Ordering};

use wsclose_plumbing::caught::{caught, only_uncaught_panics_reach_the_hook};

#[test]
fn a_panic_that_is_caught_does_not_reach_the_hook_and_others_do() {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    std::panic::set_hook(Box::new(|_| {
        CALLS.fetch_add(1, Ordering::Relaxed);
    }));
    assert!(caught(|| panic!("before it was asked for")).is_err());
    assert_eq!(CALLS.load(Ordering::Relaxed), 1);
    only_uncaught_panics_reach_the_hook();
    assert!(caught(|| panic!("of a library's")).is_err());
    assert_eq!(caught(|| 1).ok(), Some(1));
    assert_eq!(CALLS.load(Ordering::Relaxed), 1);
    assert!(std::panic::catch_unwind(|| panic!("our own")).is_err());
    assert_eq!(CALLS.load(Ordering::Relaxed), 2);
}
