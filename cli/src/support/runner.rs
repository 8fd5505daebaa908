//! Runs scripts against subjects, and turns panics into errors of one sentence.

use std::cell::RefCell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::panic::{self, AssertUnwindSafe};

use wsclose::Harness;
use wsclose::harness::{Subject, Trace};
use wsclose::judge::{Finding, Habits};
use wsclose::protocol::code::Profile;
use wsclose::protocol::role::Role;
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

/// A [`Harness`] that returns the panic of a subject as an error. It learns the habits of a subject when a script
/// leaves something open that they may decide.
#[derive(Debug)]
pub struct ScriptRunner {
    harness: Harness,
    learner: Harness,
    habits: HashMap<(String, Role), Habits>,
}

impl ScriptRunner {
    /// A runner whose judge reads codes by this profile.
    pub fn new(profile: Profile) -> ScriptRunner {
        let [harness, learner] = [(); 2].map(|()| Harness::new(profile));
        ScriptRunner { harness, learner, habits: HashMap::new() }
    }

    /// Whether the last script exceeded the limits of the driver.
    pub fn truncated(&self) -> bool {
        self.harness.last().truncated
    }

    /// Runs `script` against `subject` on a new connection.
    pub fn play(
        &mut self,
        script: Script<'_>,
        subject: &mut dyn Subject,
    ) -> Result<(&Trace, &[Finding]), PanicInfo> {
        let name = subject.name().to_owned();
        let ScriptRunner { harness, learner, habits } = self;
        harness.set_habits(None);
        let is_open =
            catch(&name, || !harness.play(script, subject).verdicts.open_to_comparison().is_empty())?;
        if is_open {
            let role = script.role();
            let known = match habits.entry((name.clone(), role)) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(unknown) => {
                    unknown.insert(catch(&name, || learner.learn_habits(role, subject))?)
                }
            };
            harness.set_habits(Some(known.clone()));
            harness.judge_again();
        }
        let playback = self.harness.last();
        Ok((playback.trace, playback.findings))
    }
}
