//! Playing a script to a subject. In come a script and a subject, out come trace and findings; a panic
//! becomes a sentence, without a backtrace.

use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};

use wsclose::Harness;
use wsclose::harness::subject::Subject;
use wsclose::harness::trace::Trace;
use wsclose::judge::Finding;
use wsclose::protocol::code::Profile;
use wsclose::script::Script;

/// A panic that was caught.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{subject} panicked at {location}: {message}")]
pub struct PanicInfo {
    /// Who was at it.
    pub subject: String,
    /// The file and line.
    pub location: String,
    /// What it said.
    pub message: String,
}

thread_local! {
    /// The place and words of the panic that happened last in this thread.
    static LAST: RefCell<Option<(String, String)>> = const { RefCell::new(None) };
}

/// From now on panics are noted, not printed.
pub fn silence_panics() {
    panic::set_hook(Box::new(|info| {
        let place = info
            .location()
            .map_or("an unknown place".to_owned(), |at| format!("{}:{}", at.file(), at.line()));
        let payload = info.payload();
        let message = payload.downcast_ref::<&str>().copied();
        let message = message.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        let words = message.unwrap_or("no words").to_owned();
        LAST.set(Some((place, words)));
    }));
}

/// Does something that may panic.
pub fn catch<T>(subject: &str, act: impl FnOnce() -> T) -> Result<T, PanicInfo> {
    panic::catch_unwind(AssertUnwindSafe(act)).map_err(|_| {
        let last = LAST.take();
        let (place, words) = last.unwrap_or_else(|| ("an unknown place".to_owned(), "no words".to_owned()));
        PanicInfo { subject: subject.to_owned(), location: place, message: words }
    })
}

/// Plays scripts and reports a panic of the subject as an error.
#[derive(Debug)]
pub struct ScriptRunner(Harness);

impl ScriptRunner {
    /// A runner that accepts the close codes of `profile`.
    pub fn new(profile: Profile) -> ScriptRunner {
        ScriptRunner(Harness::new(profile))
    }

    /// Whether the script that was played last is longer than what is played of one.
    pub fn truncated(&self) -> bool {
        self.0.last().truncated
    }

    /// Plays `script` to `subject`, from a fresh connection on.
    pub fn play(
        &mut self,
        script: Script<'_>,
        subject: &mut dyn Subject,
    ) -> Result<(&Trace, &[Finding]), PanicInfo> {
        let name = subject.name().to_owned();
        catch(&name, || {
            self.0.play(script, subject);
        })?;
        let played = self.0.last();
        Ok((played.trace, played.findings))
    }
}
