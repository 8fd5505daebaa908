//! What findings do to a run: the status of a finding and of a run, each computed in this one place.

use crate::rules::Level;

/// What a finding does to a run, from the worst to the mildest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FindingStatus {
    /// It fails the run.
    Fail,
    /// It would fail the run or warn, and the baseline lists it.
    Known,
    /// It warns: a SHOULD, or leniency, in a run that is not strict.
    Warn,
    /// It is reported and has no effect on the run.
    Info,
}

impl FindingStatus {
    /// Every status, from the worst to the mildest.
    pub const ALL: [FindingStatus; 4] =
        [FindingStatus::Fail, FindingStatus::Known, FindingStatus::Warn, FindingStatus::Info];

    /// The status of a violation of a rule of this level. `known` means that the baseline lists it; a strict run also
    /// fails on what would warn.
    pub const fn of(level: Level, known: bool, strict: bool) -> FindingStatus {
        match (level, known) {
            (Level::Info, _) => FindingStatus::Info,
            (_, true) => FindingStatus::Known,
            (_, false) if level.fails(strict) => FindingStatus::Fail,
            (_, false) => FindingStatus::Warn,
        }
    }

    /// The word in tables and reports.
    pub const fn name(self) -> &'static str {
        match self {
            FindingStatus::Fail => "FAIL",
            FindingStatus::Known => "known",
            FindingStatus::Warn => "warn",
            FindingStatus::Info => "info",
        }
    }
}

/// How a run ended, from the worst to the best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RunStatus {
    /// A finding fails the run, whatever else happened.
    Fail,
    /// No finding fails the run, and a part of it was not tested.
    Incomplete,
    /// Everything was tested, and the baseline lists a violation that no longer occurs.
    Stale,
    /// Everything was tested, and nothing fails the run.
    Pass,
}

impl RunStatus {
    /// The status of a complete run with these findings and no stale entry in its baseline.
    pub fn of(findings: impl IntoIterator<Item = FindingStatus>) -> RunStatus {
        RunStatus::Fail.when(findings.into_iter().any(|status| status == FindingStatus::Fail))
    }

    /// This status if the condition holds, or else [`RunStatus::Pass`].
    pub const fn when(self, condition: bool) -> RunStatus {
        if condition { self } else { RunStatus::Pass }
    }

    /// The worse of two statuses: that of a run with two parts.
    pub fn and(self, other: RunStatus) -> RunStatus {
        self.min(other)
    }

    /// The exit code of the command `wsclose`: 0, 1, 3 or 4. Code 2 is for usage errors.
    pub const fn exit_code(self) -> u8 {
        match self {
            RunStatus::Pass => 0,
            RunStatus::Fail => 1,
            RunStatus::Incomplete => 3,
            RunStatus::Stale => 4,
        }
    }

    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            RunStatus::Fail => "FAIL",
            RunStatus::Incomplete => "INCOMPLETE",
            RunStatus::Stale => "STALE",
            RunStatus::Pass => "PASS",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{FindingStatus, RunStatus};
    use crate::rules::Level;

    #[test]
    fn known_and_lenient_violations_do_not_fail_a_run() {
        for level in [Level::Must, Level::Interop, Level::Robust] {
            assert_eq!(FindingStatus::of(level, false, false), FindingStatus::Fail);
            assert_eq!(FindingStatus::of(level, true, true), FindingStatus::Known);
        }
        for level in [Level::Should, Level::Lenient] {
            assert_eq!(FindingStatus::of(level, false, false), FindingStatus::Warn);
            assert_eq!(FindingStatus::of(level, false, true), FindingStatus::Fail);
        }
        assert_eq!(FindingStatus::of(Level::Info, false, true), FindingStatus::Info);
    }

    #[test]
    fn run_status_is_the_worst_of_its_parts() {
        let harmless = [FindingStatus::Known, FindingStatus::Warn, FindingStatus::Info];
        assert_eq!(RunStatus::of(harmless), RunStatus::Pass);
        assert_eq!(RunStatus::of(FindingStatus::ALL), RunStatus::Fail);
        let status = |fails, untested, stale| {
            let fail = RunStatus::Fail.when(fails);
            fail.and(RunStatus::Incomplete.when(untested)).and(RunStatus::Stale.when(stale))
        };
        assert_eq!(status(true, true, true), RunStatus::Fail);
        assert_eq!(status(false, true, true), RunStatus::Incomplete);
        assert_eq!(status(false, false, true), RunStatus::Stale);
        assert_eq!(status(false, false, false), RunStatus::Pass);
    }
}
