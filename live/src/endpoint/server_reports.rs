//! What the program of a server reports of its connections, in lines with the id of the connection.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::endpoint::close_line::{ReportLine, ServerLine};
use crate::sync::lock;

/// The number of reports that are kept for connections that do not wait for them.
const MAX_KEPT: usize = 1 << 12;

/// The number of reports that are kept of one connection.
const MAX_OF_ONE: usize = 8;

/// The longest part of a malformed line that is kept, in characters.
const MAX_SHOWN: usize = 80;

/// The reports of a server, from the thread that reads its output to those that play cases.
#[derive(Debug, Default)]
pub struct ServerReports {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// The id of the last connection.
    last_id: u64,
    reports: BTreeMap<u64, VecDeque<ReportLine>>,
    reported: u64,
    malformed: Option<String>,
    /// The program has exited since the connection of this id, and those before it. Their reports are not waited for.
    ended_at: u64,
    /// Reports are not waited for.
    given_up: bool,
}

impl ServerReports {
    /// The id of a new connection.
    pub fn next_id(&self) -> u64 {
        let mut state = lock(&self.state);
        state.last_id += 1;
        state.last_id
    }

    /// Reads a line that the program printed.
    pub fn push_line(&self, line: &str) {
        let Some(line) = ServerLine::parse(line) else { return };
        let mut state = lock(&self.state);
        match line {
            ServerLine::Report { id, report } => {
                state.reported += 1;
                let reports = state.reports.entry(id).or_default();
                if reports.len() < MAX_OF_ONE {
                    reports.push_back(report);
                }
                if state.reports.len() > MAX_KEPT {
                    state.reports.pop_first();
                }
            }
            ServerLine::Malformed(text) => {
                state.malformed.get_or_insert_with(|| text.chars().take(MAX_SHOWN).collect());
            }
        }
        self.changed.notify_all();
    }

    /// Notes that the program has exited, after it printed all that it will. It may be started again.
    pub fn program_ended(&self) {
        let mut state = lock(&self.state);
        state.ended_at = state.last_id;
        self.changed.notify_all();
    }

    /// The next report of the connection of this id, after a wait of at most `timeout`.
    pub fn take(&self, id: u64, timeout: Duration) -> Option<ReportLine> {
        let state = lock(&self.state);
        let is_missing =
            |state: &mut State| !state.given_up && id > state.ended_at && !state.reports.contains_key(&id);
        let (mut state, _) = self
            .changed
            .wait_timeout_while(state, timeout, is_missing)
            .unwrap_or_else(PoisonError::into_inner);
        let reports = state.reports.get_mut(&id)?;
        let next = reports.pop_front();
        if reports.is_empty() {
            state.reports.remove(&id);
        }
        next
    }

    /// Whether the program has reported any connection, after a wait of at most `timeout`. If it has not, no further report
    /// is waited for.
    pub fn has_any_or_give_up(&self, timeout: Duration) -> bool {
        let state = lock(&self.state);
        let is_missing = |state: &mut State| state.reported == 0 && state.malformed.is_none();
        let (mut state, _) = self
            .changed
            .wait_timeout_while(state, timeout, is_missing)
            .unwrap_or_else(PoisonError::into_inner);
        state.given_up = state.reported == 0;
        state.reported > 0
    }

    /// The first line that begins like a report and is none.
    pub fn malformed(&self) -> Option<String> {
        lock(&self.state).malformed.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_connection_gets_its_own_report() {
        let reports = ServerReports::default();
        let (first, second) = (reports.next_id(), reports.next_id());
        reports.push_line(&format!("closed 1001 \"b\" clean /chat?wsclose={second}"));
        reports.push_line("listening");
        reports.push_line(&format!("closed 1000 \"a\" clean {first}"));
        reports.push_line(&format!("failed \"c\" {first}"));
        let line = |id| reports.take(id, Duration::ZERO).map(|report| report.to_string());
        assert_eq!(line(first).as_deref(), Some("closed 1000 \"a\" clean"));
        assert_eq!(line(second).as_deref(), Some("closed 1001 \"b\" clean"));
        assert_eq!((line(first).as_deref(), line(first)), (Some("failed \"c\""), None));
        assert!(reports.has_any_or_give_up(Duration::ZERO) && reports.malformed().is_none());
    }

    #[test]
    fn report_that_comes_later_is_waited_for() {
        let reports = ServerReports::default();
        let id = reports.next_id();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(20));
                reports.push_line(&format!("closed none none unknown {id}"));
            });
            assert!(reports.take(id, Duration::from_secs(20)).is_some());
        });
    }

    #[test]
    fn report_of_a_program_that_ended_is_not_waited_for() {
        let reports = ServerReports::default();
        let (first, second) = (reports.next_id(), reports.next_id());
        reports.push_line(&format!("closed 1000 \"\" clean {first}"));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(20));
                reports.program_ended();
            });
            assert_eq!(reports.take(second, Duration::from_secs(600)), None);
        });
        assert!(reports.take(first, Duration::ZERO).is_some(), "what it printed before is kept");
        // The program was started again.
        let third = reports.next_id();
        reports.push_line(&format!("closed 1000 \"\" clean {third}"));
        assert!(reports.take(third, Duration::from_secs(600)).is_some());
    }

    #[test]
    fn first_malformed_line_is_kept() {
        let reports = ServerReports::default();
        for line in ["closed 1000 \"\" clean", "closed 70000 \"\" clean 1", "close 1000"] {
            reports.push_line(line);
        }
        assert_eq!(reports.malformed().as_deref(), Some("closed 1000 \"\" clean"));
        assert!(!reports.has_any_or_give_up(Duration::ZERO));
        let id = reports.next_id();
        assert_eq!(reports.take(id, Duration::from_secs(60)), None, "no report is waited for");
    }
}
