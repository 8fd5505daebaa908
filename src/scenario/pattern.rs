//! What the scenarios in which a rule is violated have in common.

use std::fmt;

use super::closing::Scenario;
use super::parameters::{Parameter, ReasonLength, Row};

/// The most common conditions that are combined with others.
const MAX_COMBINED: usize = 60;

/// The most values of one parameter that are named together. A longer list is no explanation.
const MAX_VALUES: u32 = 4;

/// The share of the violations that a condition has to hold for, as a part of two, if it does not hold for all.
const HALF: usize = 2;

/// A condition on a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Condition {
    /// The parameter has this value, by its index.
    Is(Parameter, usize),
    /// The parameter has one of these values: the bits of a set of indices.
    IsOneOf(Parameter, u32),
    /// The parameter has another value than the default.
    IsNotDefault(Parameter),
    /// The reason has more octets than this.
    LongerThan(ReasonLength),
    /// The reason holds characters of this many octets.
    Width(usize),
}

impl Condition {
    /// Every condition. The values of a parameter that some violation has are one, if they are few.
    fn all(observations: &[(Scenario, bool)]) -> Vec<Condition> {
        let seen = |parameter: Parameter| {
            let violating = observations.iter().filter(|(_, violated)| *violated);
            violating.fold(0_u32, |seen, (scenario, _)| {
                seen | 1 << scenario.parameters().levels()[parameter as usize]
            })
        };
        let sets = Parameter::ALL.into_iter().filter_map(|parameter| {
            let values = seen(parameter);
            (2..=MAX_VALUES).contains(&values.count_ones()).then_some(Condition::IsOneOf(parameter, values))
        });
        let values = Parameter::ALL
            .into_iter()
            .flat_map(|parameter| (0..parameter.levels()).map(move |level| Condition::Is(parameter, level)));
        let others = Parameter::ALL.into_iter().map(Condition::IsNotDefault);
        let lengths = ReasonLength::ALL.into_iter().map(Condition::LongerThan);
        values.chain(others).chain(lengths).chain((2..=4).map(Condition::Width)).chain(sets).collect()
    }

    fn holds(self, scenario: &Scenario) -> bool {
        let parameters = scenario.parameters();
        let level = |parameter: Parameter| usize::from(parameters.levels()[parameter as usize]);
        match self {
            Condition::Is(parameter, value) => level(parameter) == value,
            Condition::IsOneOf(parameter, values) => values >> level(parameter) & 1 == 1,
            Condition::IsNotDefault(parameter) => level(parameter) != 0,
            Condition::LongerThan(length) => parameters.length.octets() > length.octets(),
            Condition::Width(width) => {
                parameters.length != ReasonLength::Octets0 && parameters.row.width() == width
            }
        }
    }
}

/// The condition as a clause.
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Condition::Is(parameter, level) => f.write_str(parameter.sentence(*level).trim_end_matches('.')),
            Condition::IsOneOf(parameter, values) => {
                let values = (0..parameter.levels()).filter(|level| values >> level & 1 == 1);
                let slugs: Vec<&str> = values.map(|level| parameter.slug(level)).collect();
                write!(f, "{}", slugs.join(" or "))
            }
            Condition::IsNotDefault(parameter) => f.write_str(other_than_default(*parameter)),
            Condition::LongerThan(length) => {
                write!(f, "The reason is longer than {} octets", length.octets())
            }
            Condition::Width(width) => write!(f, "The reason holds characters of {width} octets"),
        }
    }
}

/// What a value other than the default means, as a clause.
const fn other_than_default(parameter: Parameter) -> &'static str {
    match parameter {
        Parameter::Beginner => "The peer does not begin with a plain Close",
        Parameter::Before => "Something comes before",
        Parameter::Body => "The code is another than 1000",
        Parameter::ReasonLength => "There is a reason",
        Parameter::Row => "The characters of the reason are not ASCII",
        Parameter::Which => "The characters of the reason are special or the first or last of their row",
        Parameter::IllFormed => "The reason is not UTF-8",
        Parameter::Position => "An ill-formed sequence is not at the beginning of the reason",
        Parameter::Form => "The header has a flaw or another opcode",
        Parameter::Key => "The masking key is special",
        Parameter::Segments => "The frame is not one segment of its own",
        Parameter::After => "Something comes after",
        Parameter::Answer => "The peer does not answer with the code of the Close",
    }
}

/// What the scenarios in which a rule is violated have in common. Its `Display` form is a sentence or two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    conditions: Vec<Condition>,
    /// The scenarios that exercised the rule.
    exercised: usize,
    /// Those that violated it.
    violated: usize,
    /// Those for which the conditions hold.
    matching: usize,
    /// Those for which the conditions hold, and that violated it.
    matching_violated: usize,
}

impl Pattern {
    /// The smallest set of values that explains in which scenarios a rule was violated. Each observation is a scenario that
    /// exercised the rule, and whether it violated the rule. `None` if fewer than two scenarios violated it, or if no
    /// conditions on two parameters or fewer explain them.
    pub fn of(observations: &[(Scenario, bool)]) -> Option<Pattern> {
        let violated: Vec<bool> = observations.iter().map(|(_, violated)| *violated).collect();
        let total = violated.iter().filter(|violated| **violated).count();
        if total < 2 {
            return None;
        }
        let candidates: Vec<Candidate> = Condition::all(observations)
            .into_iter()
            .map(|condition| {
                let holds = observations.iter().map(|(scenario, _)| condition.holds(scenario)).collect();
                Candidate::new(vec![condition], holds, &violated)
            })
            .filter(|candidate| candidate.hits * HALF >= total)
            .collect();
        let mut common: Vec<&Candidate> =
            candidates.iter().filter(|candidate| !candidate.holds_always()).collect();
        common.sort_by_key(|candidate| {
            std::cmp::Reverse((candidate.hits, std::cmp::Reverse(candidate.matches)))
        });
        common.truncate(MAX_COMBINED);
        let pairs = common.iter().enumerate().flat_map(|(at, a)| {
            common[at + 1..].iter().map(|b| a.and(b, &violated)).filter(|pair| pair.hits * HALF >= total)
        });
        let none = Candidate::new(Vec::new(), vec![true; violated.len()], &violated);
        let best = std::iter::once(none)
            .chain(candidates.iter().cloned())
            .chain(pairs)
            // Each condition has to explain some violations better, so that none is named for a coincidence.
            .min_by_key(|candidate| {
                candidate.errors(total) + candidate.conditions.len() * (total / 20).max(1)
            })?;
        // A set of values that is wrong about half as many scenarios as there are violations explains nothing.
        (best.errors(total) * 2 <= total).then_some(Pattern {
            exercised: violated.len(),
            violated: total,
            matching: best.matches,
            matching_violated: best.hits,
            conditions: best.conditions,
        })
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Pattern { exercised, violated, matching, matching_violated, .. } = *self;
        if self.conditions.is_empty() {
            return write!(f, "always: in all {violated} scenarios");
        }
        let clauses: Vec<String> =
            self.conditions.iter().map(|condition| format!("\"{condition}\"")).collect();
        let clauses = clauses.join(" and ");
        let is_certain = matching == matching_violated;
        if is_certain {
            write!(f, "always where {clauses}: {matching} scenarios")?;
        } else {
            write!(f, "in part where {clauses}: {matching_violated} of {matching} scenarios")?;
        }
        match (violated - matching_violated, exercised - matching) {
            (_, 0) => Ok(()),
            (0, others) => write!(f, "; in none of the {others} others"),
            (rest, others) => write!(f, "; in {rest} of the {others} others"),
        }
    }
}

/// Conditions, and the scenarios for which they hold.
#[derive(Clone, Debug)]
struct Candidate {
    conditions: Vec<Condition>,
    holds: Vec<bool>,
    matches: usize,
    /// The matches that violate the rule.
    hits: usize,
}

impl Candidate {
    fn new(conditions: Vec<Condition>, holds: Vec<bool>, violated: &[bool]) -> Candidate {
        let matches = holds.iter().filter(|holds| **holds).count();
        let hits = holds.iter().zip(violated).filter(|(holds, violated)| **holds && **violated).count();
        Candidate { conditions, holds, matches, hits }
    }

    fn holds_always(&self) -> bool {
        self.matches == self.holds.len()
    }

    fn and(&self, other: &Candidate, violated: &[bool]) -> Candidate {
        let holds = self.holds.iter().zip(&other.holds).map(|(a, b)| *a && *b).collect();
        Candidate::new([self.conditions.as_slice(), &other.conditions].concat(), holds, violated)
    }

    /// The scenarios that the conditions put on the wrong side, of which `total` violate the rule.
    fn errors(&self, total: usize) -> usize {
        (self.matches - self.hits) + (total - self.hits)
    }
}

impl Row {
    /// The size of its characters in octets.
    const fn width(self) -> usize {
        match self {
            Row::Ascii => 1,
            Row::C2 => 2,
            Row::E0 | Row::E1 | Row::Ed | Row::Ee => 3,
            Row::F0 | Row::F1 | Row::F4 => 4,
        }
    }
}
