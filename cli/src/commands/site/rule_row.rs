//! How the implementations stand on one rule, in numbers. The model is the reference and does not count.

use wsclose::rules::{Level, Rule};

use super::results::Results;
use super::standing::{Share, Standing};

/// How many implementations stand how on a rule.
pub struct RuleRow {
    /// The rule.
    pub rule: Rule,
    /// Those that do not conform on their own.
    pub against: usize,
    /// Those that do not conform only because their application requests it.
    pub on_request: usize,
    /// Those that conform.
    pub conform: usize,
    /// Those without a clear verdict.
    pub open: usize,
    /// The class of the color of those that do not conform on their own.
    pub class: &'static str,
    /// What they do.
    pub word: &'static str,
}

impl RuleRow {
    /// The numbers of a rule.
    pub fn of(results: &Results, rule: Rule) -> RuleRow {
        let standings: Vec<Standing> = results.compared().map(|one| one.standing(rule)).collect();
        let count = |share| standings.iter().filter(|standing| standing.share() == share).count();
        let [against, on_request, conform, open] =
            [Share::Against, Share::OnRequest, Share::Conforms, Share::Open].map(count);
        let is_one = against == 1;
        let (class, word) = match rule.level() {
            Level::Must | Level::Interop | Level::Robust if standings.contains(&Standing::Violates) => {
                (Standing::Violates.class(), if is_one { "violates it" } else { "violate it" })
            }
            Level::Info => (Standing::Differs.class(), if is_one { "differs" } else { "differ" }),
            Level::Must | Level::Interop | Level::Robust | Level::Should | Level::Lenient => {
                (Standing::Warns.class(), if is_one { "does not conform" } else { "do not conform" })
            }
        };
        RuleRow { rule, against, on_request, conform, open, class, word }
    }

    /// How many are on the smaller side: those that conform, or those that do not.
    pub fn smaller_side(&self) -> usize {
        self.conform.min(self.against + self.on_request)
    }
}
