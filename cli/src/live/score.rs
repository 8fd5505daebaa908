//! What has been played and what is in doubt. In come cases and what came of them, out comes which case is to be
//! played again, alone and with more patience, and in the end how sure each breach is.

use std::collections::BTreeMap;

use wsclose::rule::{Level, Rule, RuleSet};

use super::cases::Case;
use super::patience::TIMED;
use super::run::{Played, Surety};

/// How many cases are tried again, at the most, before a breach of a rule counts as flaky.
pub const TRIES: usize = 3;

/// How often a case has to break the rule again before that counts as repeated.
const fn repeats(rule: Rule) -> usize {
    if TIMED.contains(rule) { 3 } else { 1 }
}

/// What came of playing a case again.
#[derive(Clone, Copy, Debug)]
enum Again {
    /// These rules were broken.
    Broke(RuleSet),
    /// It could not be played.
    Trouble,
}

/// The cases of a run, and what came of each.
#[derive(Debug)]
pub struct Score {
    cases: Vec<Case>,
    played: Vec<Option<Played>>,
    again: Vec<Vec<Again>>,
}

/// What is wanted of one rule.
enum Wanted {
    /// To play this case again.
    Case(usize),
    /// Nothing more: so sure is it, and this case shows it.
    Sure(Surety, usize),
    /// Nothing: it is not broken, or none of its cases could be played again.
    Nothing,
}

impl Score {
    /// Nothing has been played.
    pub fn new(cases: Vec<Case>) -> Score {
        let (played, again) = (vec![None; cases.len()], vec![Vec::new(); cases.len()]);
        Score { cases, played, again }
    }

    /// The cases, in order.
    pub fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// What came of the case at this place.
    pub fn played(&self, at: usize) -> Option<&Played> {
        self.played.get(at)?.as_ref()
    }

    /// The rules that any case breaks.
    pub fn broken(&self) -> RuleSet {
        self.played.iter().flatten().flat_map(|played| &played.found).map(|found| found.rule).collect()
    }

    /// A case that nobody planned, and what came of it.
    pub fn add(&mut self, case: Case, played: Played) {
        self.cases.push(case);
        self.played.push(Some(played));
        self.again.push(Vec::new());
    }

    /// The case at this place has been played.
    pub fn record(&mut self, at: usize, played: Played) {
        self.played[at] = Some(played);
    }

    /// It has been played again, with more patience: what was seen then replaces what was seen before. What was
    /// seen once and not again is still told, as flaky.
    pub fn record_again(&mut self, at: usize, mut fresh: Played) {
        if fresh.trouble.is_some() {
            self.again[at].push(Again::Trouble);
            return;
        }
        self.again[at].push(Again::Broke(fresh.found.iter().map(|found| found.rule).collect()));
        if let Some(before) = self.played[at].take() {
            if fresh.found.is_empty() {
                fresh.timeline = before.timeline;
            }
            for found in before.found {
                if !fresh.breaks(found.rule) {
                    fresh.found.push(found);
                }
            }
        }
        self.played[at] = Some(fresh);
    }

    /// The next case to play again: the smallest that breaks the first rule in doubt.
    pub fn in_doubt(&self) -> Option<usize> {
        doubtful().find_map(|rule| match self.wanted(rule) {
            Wanted::Case(at) => Some(at),
            Wanted::Sure(..) | Wanted::Nothing => None,
        })
    }

    /// What was played, in order, and how sure the breach of each rule is, with the place among them of the case
    /// that shows it.
    pub fn told(&self) -> (Vec<Played>, BTreeMap<Rule, (Surety, usize)>) {
        let place = |at: usize| self.played[..at].iter().flatten().count();
        let sure = |rule| match self.wanted(rule) {
            Wanted::Sure(surety, at) => Some((rule, (surety, place(at)))),
            Wanted::Case(_) | Wanted::Nothing => {
                self.seen_again(rule).map(|at| (rule, (Surety::Flaky, place(at))))
            }
        };
        (self.played.iter().flatten().cloned().collect(), doubtful().filter_map(sure).collect())
    }

    /// The cases that are tried for a rule: the smallest that break it.
    fn tries(&self, rule: Rule) -> Vec<usize> {
        let breaks = |at: &usize| self.played(*at).is_some_and(|played| played.breaks(rule));
        let mut tries: Vec<usize> = (0..self.cases.len()).filter(breaks).collect();
        tries.sort_by_key(|at| (self.played(*at).map(|played| played.script.len()), *at));
        tries.truncate(TRIES);
        tries
    }

    fn wanted(&self, rule: Rule) -> Wanted {
        for at in self.tries(rule) {
            let broke = |again: &Again| matches!(again, Again::Broke(rules) if rules.contains(rule));
            // What a case broke when it was first played again is sure, however often another rule wants it.
            let again = self.again[at].iter().take(repeats(rule));
            let enough = again.len() == repeats(rule);
            if again.clone().all(broke) {
                return if enough { Wanted::Sure(Surety::Repeated, at) } else { Wanted::Case(at) };
            }
        }
        self.seen_again(rule).map_or(Wanted::Nothing, |at| Wanted::Sure(Surety::Flaky, at))
    }

    /// The last case of those tried that was played again.
    fn seen_again(&self, rule: Rule) -> Option<usize> {
        self.tries(rule)
            .into_iter()
            .rev()
            .find(|at| self.again[*at].iter().any(|again| matches!(again, Again::Broke(_))))
    }
}

/// The rules whose breach is to be seen twice.
fn doubtful() -> impl Iterator<Item = Rule> {
    Rule::ALL.into_iter().filter(|rule| rule.level() != Level::Info)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::cases::Able;
    use crate::live::run::Found;
    use std::time::Duration;
    use wsclose::role::Role;

    /// A case that broke these rules.
    fn broke(rules: &[Rule]) -> Played {
        let found = |rule: &Rule| Found { rule: *rule, expected: String::new(), actual: String::new() };
        Played {
            name: String::new(),
            script: String::new(),
            timeline: String::new(),
            found: rules.iter().map(found).collect(),
            kept: RuleSet::EMPTY,
            unclear: RuleSet::EMPTY,
            trouble: None,
            code: None,
            took: Duration::ZERO,
        }
    }

    /// How sure the breach of a rule is, by what a case broke each time it was played.
    fn surety(rule: Rule, plays: &[&[Rule]]) -> Option<Surety> {
        let able = Able { role: Role::Server, commands: true, reconnects: true };
        let mut score = Score::new(vec![able.liveness()]);
        let [first, again @ ..] = plays else { return None };
        score.record(0, broke(first));
        for played in again {
            assert_eq!(score.in_doubt(), Some(0), "more plays than are wanted");
            score.record_again(0, broke(played));
        }
        assert_eq!(score.in_doubt(), None, "fewer plays than are wanted");
        score.told().1.get(&rule).map(|(surety, _)| *surety)
    }

    #[test]
    fn a_breach_is_seen_twice() {
        let rule = Rule::CloseAnswered;
        assert_eq!(surety(rule, &[&[]]), None);
        assert_eq!(surety(rule, &[&[rule], &[rule]]), Some(Surety::Repeated));
        assert_eq!(surety(rule, &[&[rule], &[]]), Some(Surety::Flaky));
    }

    #[test]
    fn what_hangs_on_a_clock_is_seen_more_often() {
        let rule = Rule::WaitsForAnswer;
        assert_eq!(surety(rule, &[&[rule], &[rule], &[rule], &[rule]]), Some(Surety::Repeated));
        assert_eq!(surety(rule, &[&[rule], &[rule], &[]]), Some(Surety::Flaky));
        // Another rule is sure by then, and stays so.
        let both = [rule, Rule::CloseAnswered];
        assert_eq!(surety(both[1], &[&both, &both, &[]]), Some(Surety::Repeated));
    }
}
