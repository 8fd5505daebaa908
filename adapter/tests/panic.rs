//! Tests the panic hook. The test has a binary of its own, because the hook applies to the whole process.

use std::sync::atomic::{AtomicUsize, Ordering};

use wsclose_adapter::panic::{catch, install_filtered_hook};

#[test]
fn hook_runs_only_for_uncaught_panics() {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    std::panic::set_hook(Box::new(|_| {
        CALLS.fetch_add(1, Ordering::Relaxed);
    }));
    assert!(catch(|| panic!("before the filter is installed")).is_err());
    assert_eq!(CALLS.load(Ordering::Relaxed), 1);
    install_filtered_hook();
    assert!(catch(|| panic!("caught")).is_err());
    assert_eq!(catch(|| 1).ok(), Some(1));
    assert_eq!(CALLS.load(Ordering::Relaxed), 1);
    assert!(std::panic::catch_unwind(|| panic!("not caught by the adapter")).is_err());
    assert_eq!(CALLS.load(Ordering::Relaxed), 2);
}
