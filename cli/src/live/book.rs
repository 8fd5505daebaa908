//! What is known of the clients that come by themselves. In come numbers that they ask for and what came of them,
//! out come what to play next and the score of each.
//!
//! A client counts the cases once, at the beginning. The numbers behind the last case are kept for what is in doubt
//! by then; where nothing is, they are plain closures.

use std::collections::BTreeMap;
use std::time::Instant;

use wsclose::rule::Rule;

use super::cases::{Able, Case};
use super::check::{self, SILENT_CASES};
use super::run::Played;
use super::score::{Score, TRIES};

/// How many numbers are kept, at the most, for cases in doubt.
const AGAIN: usize = 48;

/// How many agents are kept apart, at the most.
const AGENTS: usize = 16;

/// The cases, and how each agent fared.
#[derive(Debug)]
pub struct Book {
    /// The plainest one first.
    cases: Vec<Case>,
    pages: BTreeMap<String, Page>,
    /// The agent that came last.
    last: Option<String>,
}

#[derive(Debug)]
struct Page {
    score: Score,
    begun: Instant,
}

/// What to do with a client that has come for a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// To play the case at this place; once more if it was played before and is in doubt.
    Play {
        /// The place.
        at: usize,
        /// The case.
        case: Case,
        /// Whether it is played again.
        again: bool,
    },
    /// To close, and to take no notes.
    Close,
}

/// Why there is nothing to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoTask {
    /// There is no such case.
    #[error("expected a case from 1 to {count}, found {number}")]
    Number {
        /// How many there are.
        count: usize,
        /// What was asked for.
        number: usize,
    },
    /// Too many names.
    #[error("expected at most {AGENTS} agents, found another: {0}")]
    Agents(String),
}

impl Book {
    /// Nobody has come for these cases.
    pub fn new(able: Able, cases: Vec<Case>) -> Book {
        let cases = [vec![able.liveness()], cases].concat();
        Book { cases, pages: BTreeMap::new(), last: None }
    }

    /// How many numbers there are.
    pub fn count(&self) -> usize {
        self.cases.len() + AGAIN.min(TRIES * self.cases.len())
    }

    /// The name of a case, and what it is for.
    ///
    /// # Errors
    /// If there is no such number.
    pub fn info(&self, number: usize) -> Result<(String, String), NoTask> {
        let at = self.place(number)?;
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
    pub fn task(&mut self, agent: &str, number: usize) -> Result<Task, NoTask> {
        let at = self.place(number)?;
        if !self.pages.contains_key(agent) && self.pages.len() == AGENTS {
            return Err(NoTask::Agents(agent.to_owned()));
        }
        self.last = Some(agent.to_owned());
        let page = self
            .pages
            .entry(agent.to_owned())
            .or_insert_with(|| Page { score: Score::new(self.cases.clone()), begun: Instant::now() });
        let play = |at: usize, again| Task::Play { at, case: self.cases[at].clone(), again };
        Ok(match self.cases.get(at) {
            Some(_) if at > SILENT_CASES && is_silent(&page.score) => Task::Close,
            Some(_) => play(at, false),
            None => page.score.in_doubt().map_or(Task::Close, |at| play(at, true)),
        })
    }

    /// What came of a task.
    pub fn record(&mut self, agent: &str, at: usize, again: bool, played: Played) {
        if let Some(page) = self.pages.get_mut(agent) {
            if again {
                page.score.record_again(at, played);
            } else {
                page.score.record(at, played);
            }
        }
    }

    /// What came of the case of this number, if anything did yet.
    ///
    /// # Errors
    /// If there is no such number.
    pub fn played(&self, agent: &str, number: usize) -> Result<Option<&Played>, NoTask> {
        let at = self.place(number)?;
        Ok(self.pages.get(agent).and_then(|page| page.score.played(at)))
    }

    /// The agent that came last.
    pub fn last(&self) -> Option<&str> {
        self.last.as_deref()
    }

    /// The score of an agent, when it began, and what is to be said beside it.
    pub fn score(&self, agent: &str) -> Option<(&Score, Instant, Vec<String>)> {
        let page = self.pages.get(agent)?;
        let missing = (0..self.cases.len()).filter(|at| page.score.played(*at).is_none()).count();
        let notes = match (missing, is_silent(&page.score)) {
            (0, _) => Vec::new(),
            (_, true) => vec![check::unanswered(missing, self.cases.len())],
            (_, false) => {
                vec![format!("the client did not come for {missing} of {} cases", self.cases.len())]
            }
        };
        Some((&page.score, page.begun, notes))
    }

    fn place(&self, number: usize) -> Result<usize, NoTask> {
        let count = self.count();
        if (1..=count).contains(&number) { Ok(number - 1) } else { Err(NoTask::Number { count, number }) }
    }
}

/// Whether not even a plain Close was answered.
fn is_silent(score: &Score) -> bool {
    score.played(0).is_some_and(|alive| alive.trouble.is_none() && alive.breaks(Rule::CloseAnswered))
}
