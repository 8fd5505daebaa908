//! Turns Ctrl-C and SIGTERM into the interrupt of a run.

use std::sync::OnceLock;

use wsclose_live::Interrupt;

/// The interrupt that signals trigger. The first call installs the signal handler.
pub fn on_signal() -> &'static Interrupt {
    static INTERRUPT: OnceLock<Interrupt> = OnceLock::new();
    INTERRUPT.get_or_init(|| {
        let interrupt = Interrupt::new();
        let triggered = interrupt.clone();
        // Without a handler, a signal ends the process at once.
        let _ = ctrlc::set_handler(move || triggered.trigger());
        interrupt
    })
}
