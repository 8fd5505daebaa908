//! What is known of the clients that come by themselves. In come numbers that they ask for and what came of them,
//! out come what to play next and the score of each.
//!
//! A client counts the cases once, at the beginning. The numbers behind the last case are kept for what is in doubt
//! by then; where nothing is, they are plain closures.

use std::collections::BTreeMap;
use std::time::Instant;

use wsclose::rules::Rule;

use crate::endpoint::features::EndpointFeatures;
use crate::run::cases::Case;
use crate::run::engine::{self, UNRESPONSIVE_CASES};
use crate::run::results::CaseResult;
use crate::run::retry::{MAX_CANDIDATES, ResultLedger};

/// How many numbers are kept, at the most, for cases in doubt.
const RETRY_SLOTS: usize = 48;

/// How many agents are kept apart, at the most.
const MAX_AGENTS: usize = 16;

/// The cases, and how each agent fared.
#[derive(Debug)]
pub struct SessionLedger {
    /// The plainest one first.
    cases: Vec<Case>,
    sessions: BTreeMap<String, AgentSession>,
    /// The agent that came last.
    last_agent: Option<String>,
}

#[derive(Debug)]
struct AgentSession {
    ledger: ResultLedger,
    started: Instant,
}

/// What to do with a client that has come for a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assignment {
    /// To play the case at this place; once more if it was played before and is in doubt.
    PlayCase {
        /// The place.
        at: usize,
        /// The case.
        case: Case,
        /// Whether it is played again.
        is_retry: bool,
    },
    /// To close, and to take no notes.
    CloseOnly,
}

/// Why there is nothing to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssignmentError {
    /// There is no such case.
    #[error("expected a case from 1 to {count}, found {number}")]
    Number {
        /// How many there are.
        count: usize,
        /// What was asked for.
        number: usize,
    },
    /// Too many names.
    #[error("expected at most {MAX_AGENTS} agents, found another: {0}")]
    TooManyAgents(String),
}

impl SessionLedger {
    /// Nobody has come for these cases.
    pub fn new(features: EndpointFeatures, cases: Vec<Case>) -> SessionLedger {
        let cases = [vec![features.liveness()], cases].concat();
        SessionLedger { cases, sessions: BTreeMap::new(), last_agent: None }
    }

    /// How many numbers there are.
    pub fn count(&self) -> usize {
        self.cases.len() + RETRY_SLOTS.min(MAX_CANDIDATES * self.cases.len())
    }

    /// The name of a case, and what it is for.
    ///
    /// # Errors
    /// If there is no such number.
    pub fn case_info(&self, number: usize) -> Result<(String, String), AssignmentError> {
        let at = self.index(number)?;
        let Some(case) = self.cases.get(at) else {
            let name = format!("again/{}", at + 1 - self.cases.len());
            return Ok((name, "whatever is in doubt by then, once more".to_owned()));
        };
        let notes: Vec<&str> = case.script.as_script().steps().filter_map(|step| step.note()).collect();
        Ok((case.name.clone(), if notes.is_empty() { case.name.clone() } else { notes.join(" ") }))
    }

    /// What to do with this agent.
    ///
    /// # Errors
    /// If there is no such number, or no room for another agent.
    pub fn assign(&mut self, agent: &str, number: usize) -> Result<Assignment, AssignmentError> {
        let at = self.index(number)?;
        if !self.sessions.contains_key(agent) && self.sessions.len() == MAX_AGENTS {
            return Err(AssignmentError::TooManyAgents(agent.to_owned()));
        }
        self.last_agent = Some(agent.to_owned());
        let page = self.sessions.entry(agent.to_owned()).or_insert_with(|| AgentSession {
            ledger: ResultLedger::new(self.cases.clone()),
            started: Instant::now(),
        });
        let play =
            |at: usize, again| Assignment::PlayCase { at, case: self.cases[at].clone(), is_retry: again };
        Ok(match self.cases.get(at) {
            Some(_) if at > UNRESPONSIVE_CASES && is_unresponsive(&page.ledger) => Assignment::CloseOnly,
            Some(_) => play(at, false),
            None => page.ledger.next_retry().map_or(Assignment::CloseOnly, |at| play(at, true)),
        })
    }

    /// What came of a task.
    pub fn record(&mut self, agent: &str, at: usize, is_retry: bool, result: CaseResult) {
        if let Some(page) = self.sessions.get_mut(agent) {
            if is_retry {
                page.ledger.record_retry(at, result);
            } else {
                page.ledger.record(at, result);
            }
        }
    }

    /// What came of the case of this number, if anything did yet.
    ///
    /// # Errors
    /// If there is no such number.
    pub fn result(&self, agent: &str, number: usize) -> Result<Option<&CaseResult>, AssignmentError> {
        let at = self.index(number)?;
        Ok(self.sessions.get(agent).and_then(|page| page.ledger.result(at)))
    }

    /// The agent that came last.
    pub fn last_agent(&self) -> Option<&str> {
        self.last_agent.as_deref()
    }

    /// The score of an agent, when it began, and what is to be said beside it.
    pub fn agent_results(&self, agent: &str) -> Option<(&ResultLedger, Instant, Vec<String>)> {
        let page = self.sessions.get(agent)?;
        let missing = (0..self.cases.len()).filter(|at| page.ledger.result(*at).is_none()).count();
        let notes = match (missing, is_unresponsive(&page.ledger)) {
            (0, _) => Vec::new(),
            (_, true) => vec![engine::unresponsive_note(missing, self.cases.len())],
            (_, false) => {
                vec![format!("the client did not come for {missing} of {} cases", self.cases.len())]
            }
        };
        Some((&page.ledger, page.started, notes))
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

/// Whether not even a plain Close was answered.
fn is_unresponsive(ledger: &ResultLedger) -> bool {
    ledger.result(0).is_some_and(|alive| alive.error.is_none() && alive.violates(Rule::CloseAnswered))
}
