//! Playing a script to a subject. In come a script and a subject, out come trace and findings; a panic
//! becomes a sentence, without a backtrace.

use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};

use wsclose::code::Profile;
use wsclose::drive::Driver;
use wsclose::judge::{Finding, Judge};
use wsclose::script::Script;
use wsclose::subject::Subject;
use wsclose::trace::Trace;

/// A panic that was caught.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{who} panicked at {place}: {words}")]
pub struct Panicked {
    /// Who was at it.
    pub who: String,
    /// The file and line.
    pub place: String,
    /// What it said.
    pub words: String,
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
        let words = info.payload_as_str().unwrap_or("no words").to_owned();
        LAST.set(Some((place, words)));
    }));
}

/// Does something that may panic.
pub fn catch<T>(who: &str, act: impl FnOnce() -> T) -> Result<T, Panicked> {
    panic::catch_unwind(AssertUnwindSafe(act)).map_err(|_| {
        let last = LAST.take();
        let (place, words) = last.unwrap_or_else(|| ("an unknown place".to_owned(), "no words".to_owned()));
        Panicked { who: who.to_owned(), place, words }
    })
}

/// A driver and a judge.
#[derive(Debug)]
pub struct Stage {
    driver: Driver,
    judge: Judge,
}

impl Stage {
    /// A stage whose judge reads codes by this profile.
    pub fn new(profile: Profile) -> Stage {
        Stage { driver: Driver::new(), judge: Judge::new(profile) }
    }

    /// Whether the script that was played last is longer than what is played of one.
    pub fn left_out(&self) -> bool {
        self.driver.truncated()
    }

    /// Plays `script` to `subject`, from a fresh connection on.
    pub fn play(
        &mut self,
        script: Script<'_>,
        subject: &mut dyn Subject,
    ) -> Result<(&Trace, &[Finding]), Panicked> {
        let who = subject.name().to_owned();
        let Stage { driver, judge } = self;
        catch(&who, || {
            judge.judge(driver.drive(script, subject));
        })?;
        Ok((self.driver.trace(), self.judge.findings()))
    }
}
