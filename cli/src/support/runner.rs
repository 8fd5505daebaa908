//! Runs scripts against subjects, and turns panics into errors of one sentence.

use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};

use wsclose::Harness;
use wsclose::harness::{Subject, Trace};
use wsclose::judge::Finding;
use wsclose::protocol::code::Profile;
use wsclose::script::Script;

/// A panic that was caught.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{subject} panicked at {location}: {message}")]
pub struct PanicInfo {
    /// The subject that panicked.
    pub subject: String,
    /// The file and line.
    pub location: String,
    /// The panic message.
    pub message: String,
}

thread_local! {
    /// The location and message of the last panic of this thread.
    static LAST: RefCell<Option<(String, String)>> = const { RefCell::new(None) };
}

/// Installs a panic hook that records panics instead of printing them.
pub fn silence_panics() {
    panic::set_hook(Box::new(|info| {
        let location = info
            .location()
            .map_or("an unknown location".to_owned(), |at| format!("{}:{}", at.file(), at.line()));
        let payload = info.payload();
        let message = payload.downcast_ref::<&str>().copied();
        let message = message.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        let message = message.unwrap_or("no message").to_owned();
        LAST.set(Some((location, message)));
    }));
}

/// Calls a function and returns its panic as an error.
pub fn catch<T>(subject: &str, act: impl FnOnce() -> T) -> Result<T, PanicInfo> {
    panic::catch_unwind(AssertUnwindSafe(act)).map_err(|_| {
        let last = LAST.take();
        let (location, message) =
            last.unwrap_or_else(|| ("an unknown location".to_owned(), "no message".to_owned()));
        PanicInfo { subject: subject.to_owned(), location, message }
    })
}

/// A [`Harness`] that returns the panic of a subject as an error.
#[derive(Debug)]
pub struct ScriptRunner(Harness);

impl ScriptRunner {
    /// A runner whose judge reads codes by this profile.
    pub fn new(profile: Profile) -> ScriptRunner {
        ScriptRunner(Harness::new(profile))
    }

    /// Whether the last script exceeded the limits of the driver.
    pub fn truncated(&self) -> bool {
        self.0.last().truncated
    }

    /// Runs `script` against `subject` on a new connection.
    pub fn play(
        &mut self,
        script: Script<'_>,
        subject: &mut dyn Subject,
    ) -> Result<(&Trace, &[Finding]), PanicInfo> {
        let name = subject.name().to_owned();
        catch(&name, || {
            self.0.play(script, subject);
        })?;
        let playback = self.0.last();
        Ok((playback.trace, playback.findings))
    }
}
