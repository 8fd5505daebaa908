//! The sessions of clients that connect on their own: which case an agent gets, and the results of each agent.
//!
//! A client requests the number of cases once, at the beginning. The numbers after the last case are therefore reserved
//! for re-runs that confirm violations. If no violation needs a confirmation, they are normal closures.

use std::collections::BTreeMap;
use std::time::Instant;

use wsclose::rules::Rule;

use crate::endpoint::features::EndpointFeatures;
use crate::run::case_result::CaseResult;
use crate::run::cases::Case;
use crate::run::engine::{self, UNRESPONSIVE_CASES};
use crate::run::pace;
use crate::run::retry::{MAX_CANDIDATES, ResultLedger};
use crate::run::timeouts::Pace;

/// The number of case numbers that are reserved for re-runs.
const RETRY_SLOTS: usize = 48;

/// The number of agents that one server distinguishes.
const MAX_AGENTS: usize = 16;

/// The cases, and the session of each agent.
#[derive(Debug)]
pub struct SessionLedger {
    /// The first case is the liveness case.
    cases: Vec<Case>,
    sessions: BTreeMap<String, AgentSession>,
    /// The agent that requested a case last.
    last_agent: Option<String>,
}

#[derive(Debug)]
struct AgentSession {
    ledger: ResultLedger,
    started: Instant,
    /// The number of cases that were assigned and not yet recorded.
    running: usize,
}

/// What a client gets that requests a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assignment {
    /// A case, or the re-run of a case whose violation needs a confirmation.
    PlayCase {
        /// The index of the case.
        at: usize,
        /// The case.
        case: Case,
        /// Whether this is a re-run.
        is_retry: bool,
    },
    /// A normal Close, which is not judged.
    CloseOnly,
}

/// Why a request for a case is rejected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssignmentError {
    /// There is no case of this number.
    #[error("expected a case from 1 to {count}, found {number}")]
    Number {
        /// The number of cases.
        count: usize,
        /// The number in the request.
        number: usize,
    },
    /// The server distinguishes no further agents.
    #[error("expected at most {MAX_AGENTS} agents, found another: {0}")]
    TooManyAgents(String),
}

impl SessionLedger {
    /// A ledger of these cases without sessions.
    pub fn new(features: EndpointFeatures, cases: Vec<Case>) -> SessionLedger {
        let cases = [vec![features.liveness()], cases].concat();
        SessionLedger { cases, sessions: BTreeMap::new(), last_agent: None }
    }

    /// The number of cases, including those that are reserved for re-runs.
    pub fn count(&self) -> usize {
        self.cases.len() + RETRY_SLOTS.min(MAX_CANDIDATES * self.cases.len())
    }

    /// The name and the description of a case.
    ///
    /// # Errors
    /// Returns an error if there is no such number.
    pub fn case_info(&self, number: usize) -> Result<(String, String), AssignmentError> {
        let at = self.index(number)?;
        let Some(case) = self.cases.get(at) else {
            let name = format!("retry/{}", at + 1 - self.cases.len());
            let description = "re-runs a case to confirm a violation; a normal Close if none is left";
            return Ok((name, description.to_owned()));
        };
        let notes: Vec<&str> = case.script.as_script().steps().filter_map(|step| step.note()).collect();
        Ok((case.name.clone(), if notes.is_empty() { case.name.clone() } else { notes.join(" ") }))
    }

    /// The assignment of an agent that requests a case.
    ///
    /// # Errors
    /// Returns an error if there is no such number, or if there are too many agents.
    pub fn assign(&mut self, agent: &str, number: usize) -> Result<Assignment, AssignmentError> {
        let at = self.index(number)?;
        if !self.sessions.contains_key(agent) && self.sessions.len() == MAX_AGENTS {
            return Err(AssignmentError::TooManyAgents(agent.to_owned()));
        }
        self.last_agent = Some(agent.to_owned());
        let session = self.sessions.entry(agent.to_owned()).or_insert_with(|| AgentSession {
            ledger: ResultLedger::new(self.cases.clone()),
            started: Instant::now(),
            running: 0,
        });
        if at >= self.cases.len() && session.ledger.has_open_case() {
            session.ledger.compare(&[]);
        }
        let run_case =
            |at: usize, is_retry| Assignment::PlayCase { at, case: self.cases[at].clone(), is_retry };
        let assignment = match self.cases.get(at) {
            Some(_) if at > UNRESPONSIVE_CASES && is_unresponsive(&session.ledger) => Assignment::CloseOnly,
            Some(_) => run_case(at, false),
            None => session.ledger.next_retry().map_or(Assignment::CloseOnly, |at| run_case(at, true)),
        };
        session.running += usize::from(matches!(assignment, Assignment::PlayCase { .. }));
        Ok(assignment)
    }

    /// Whether a case of an agent is under way. The client sees the end of its connection before the case is recorded.
    pub fn is_running(&self, agent: &str) -> bool {
        self.sessions.get(agent).is_some_and(|session| session.running > 0)
    }

    /// Records the result of a case.
    pub fn record(&mut self, agent: &str, at: usize, is_retry: bool, result: CaseResult) {
        if let Some(session) = self.sessions.get_mut(agent) {
            session.running = session.running.saturating_sub(1);
            if is_retry {
                session.ledger.record_retry(at, result);
            } else {
                session.ledger.record(at, result);
            }
        }
    }

    /// The result of the case of this number, if it has run.
    ///
    /// # Errors
    /// Returns an error if there is no such number.
    pub fn result(&self, agent: &str, number: usize) -> Result<Option<&CaseResult>, AssignmentError> {
        let at = self.index(number)?;
        Ok(self.sessions.get(agent).and_then(|session| session.ledger.result(at)))
    }

    /// How fast an agent reacts.
    pub fn pace(&self, agent: &str) -> Pace {
        let session = self.sessions.get(agent).into_iter();
        pace::of_session(session.flat_map(|session| session.ledger.latencies()))
    }

    /// The agent that requested a case last.
    pub fn last_agent(&self) -> Option<&str> {
        self.last_agent.as_deref()
    }

    /// The results of an agent, the start of its session, and notes about cases that did not run.
    pub fn agent_results(&self, agent: &str) -> Option<(&ResultLedger, Instant, Vec<String>)> {
        let session = self.sessions.get(agent)?;
        let missing = (0..self.cases.len()).filter(|at| session.ledger.result(*at).is_none()).count();
        let notes = match (missing, is_unresponsive(&session.ledger)) {
            (0, _) => Vec::new(),
            (_, true) => vec![engine::unresponsive_note(missing, self.cases.len())],
            (_, false) => {
                vec![format!("the client did not run {missing} of {} cases", self.cases.len())]
            }
        };
        Some((&session.ledger, session.started, notes))
    }

    fn index(&self, number: usize) -> Result<usize, AssignmentError> {
        let count = self.count();
        if (1..=count).contains(&number) {
            Ok(number - 1)
        } else {
            Err(AssignmentError::Number { count, number })
        }
    }
}

/// Whether the client did not reply to a plain Close.
fn is_unresponsive(ledger: &ResultLedger) -> bool {
    ledger.result(0).is_some_and(|first| first.error.is_none() && first.violates(Rule::CloseAnswered))
}
