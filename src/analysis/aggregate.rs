//! Aggregates the verdicts of many scripts by rule: counts, the shortest example of a violation, and its status.

use super::status::FindingStatus;
use crate::judge::{Verdict, Verdicts};
use crate::rules::Rule;

/// The verdicts of many scripts on one rule.
///
/// `E` is an example of a violation, such as a script or its index. Its order decides which example is kept: the
/// least one, so shorter scripts must come first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleAggregate<E> {
    /// The rule.
    pub rule: Rule,
    /// The number of scripts in which the subject conformed.
    pub conformed: usize,
    /// The number of scripts in which the subject violated the rule.
    pub violated: usize,
    /// The number of scripts that exercised the rule without a clear verdict.
    pub inconclusive: usize,
    /// The least example of a violation.
    pub example: Option<E>,
}

impl<E: Ord> RuleAggregate<E> {
    /// The aggregate of no scripts.
    pub const fn new(rule: Rule) -> RuleAggregate<E> {
        RuleAggregate { rule, conformed: 0, violated: 0, inconclusive: 0, example: None }
    }

    /// Counts the verdict of one more script.
    pub fn record(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Conforms => self.conformed += 1,
            Verdict::Violates => self.violated += 1,
            Verdict::Inconclusive => self.inconclusive += 1,
            Verdict::NotExercised => {}
        }
    }

    /// Keeps the example if it is less than the present one.
    pub fn offer(&mut self, example: E) {
        if self.example.as_ref().is_none_or(|least| example < *least) {
            self.example = Some(example);
        }
    }

    /// Adds the scripts of another aggregate of the same rule.
    pub fn merge(&mut self, other: RuleAggregate<E>) {
        self.conformed += other.conformed;
        self.violated += other.violated;
        self.inconclusive += other.inconclusive;
        if let Some(example) = other.example {
            self.offer(example);
        }
    }

    /// The number of scripts in which the subject conformed or violated the rule.
    pub const fn exercised(&self) -> usize {
        self.conformed + self.violated
    }

    /// The verdict of all scripts: the worst one.
    pub const fn verdict(&self) -> Verdict {
        match (self.violated, self.conformed, self.inconclusive) {
            (1.., _, _) => Verdict::Violates,
            (0, 1.., _) => Verdict::Conforms,
            (0, 0, 1..) => Verdict::Inconclusive,
            (0, 0, 0) => Verdict::NotExercised,
        }
    }

    /// What the violations do to a run, or `None` if there are none. `known` means that the baseline lists the rule.
    pub const fn status(&self, known: bool, strict: bool) -> Option<FindingStatus> {
        match self.violated {
            0 => None,
            1.. => Some(FindingStatus::of(self.rule.level(), known, strict)),
        }
    }
}

/// The verdicts of many scripts on every rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aggregates<E>(Vec<RuleAggregate<E>>);

impl<E: Ord> Default for Aggregates<E> {
    fn default() -> Self {
        Aggregates(Rule::ALL.map(RuleAggregate::new).into())
    }
}

impl<E: Ord> Aggregates<E> {
    /// Counts the verdicts of one more script.
    pub fn record(&mut self, verdicts: &Verdicts) {
        for verdict in [Verdict::Conforms, Verdict::Violates, Verdict::Inconclusive] {
            verdicts.with(verdict).iter().for_each(|rule| self.0[rule as usize].record(verdict));
        }
    }

    /// Keeps the example of a violation of this rule if it is less than the present one.
    pub fn offer(&mut self, rule: Rule, example: E) {
        self.0[rule as usize].offer(example);
    }

    /// The example of a violation of this rule, if there is one, for a change that keeps its order.
    pub fn example_mut(&mut self, rule: Rule) -> Option<&mut E> {
        self.0[rule as usize].example.as_mut()
    }

    /// The aggregate of one rule.
    pub fn rule(&self, rule: Rule) -> &RuleAggregate<E> {
        &self.0[rule as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::RuleAggregate;
    use crate::analysis::status::FindingStatus;
    use crate::judge::Verdict;
    use crate::rules::Rule;

    #[test]
    fn verdict_is_the_worst_and_the_example_the_least() {
        let mut aggregate = RuleAggregate::new(Rule::CloseFin);
        assert_eq!(aggregate.verdict(), Verdict::NotExercised);
        for verdict in [Verdict::NotExercised, Verdict::Inconclusive, Verdict::Conforms] {
            aggregate.record(verdict);
            assert_eq!(aggregate.verdict(), verdict);
        }
        assert_eq!(aggregate.status(false, false), None);
        aggregate.record(Verdict::Violates);
        [(3, "long"), (1, "short"), (2, "medium")].into_iter().for_each(|example| aggregate.offer(example));
        let mut twice = aggregate.clone();
        twice.merge(aggregate);
        assert_eq!((twice.verdict(), twice.exercised(), twice.inconclusive), (Verdict::Violates, 4, 2));
        assert_eq!(twice.example, Some((1, "short")));
        assert_eq!(twice.status(false, false), Some(FindingStatus::Fail));
        assert_eq!(twice.status(true, false), Some(FindingStatus::Known));
    }
}
