//! The scenarios in which every pair, or nearly every triple, of values occurs.

use super::closing::{Scenario, is_possible};
use super::constraints::flaw_count;
use super::covering::{self, Coverage, Model};
use super::parameters::{Parameter, Partial};
use super::space::Space;
use crate::protocol::role::Role;

/// How many parameters a set of scenarios combines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Strength {
    /// Every pair of values occurs in a scenario.
    Pairs,
    /// At least 95 % of the triples of values occur in a scenario, and every pair.
    Triples,
}

impl Strength {
    /// The number of parameters in a tuple.
    pub const fn parameters(self) -> usize {
        match self {
            Strength::Pairs => 2,
            Strength::Triples => 3,
        }
    }

    /// The share of the tuples that occur, in a thousand.
    pub const fn permille(self) -> usize {
        match self {
            Strength::Pairs => 1000,
            Strength::Triples => 950,
        }
    }
}

/// The scenarios of a space in which the tuples of values occur. They are the same in every run.
///
/// A flaw hides what the other values of its scenario show. So all tuples that can do without a second flaw occur in a
/// scenario with one flaw at most, and scenarios with more flaws follow.
pub fn covering(space: Space, strength: Strength) -> Vec<Scenario> {
    let mut rows = Vec::new();
    for most_flaws in [0, 1, Parameter::ALL.len()] {
        let model = Scenarios::new(space, most_flaws);
        covering::extend(&model, strength.parameters(), strength.permille(), &mut rows);
    }
    rows.iter().filter_map(|row| scenario(space.role, row)).collect()
}

/// The share of the tuples of values that these scenarios have, of those that a scenario of the space can have.
pub fn coverage(space: Space, strength: Strength, scenarios: &[Scenario]) -> Coverage {
    let row = |scenario: &Scenario| scenario.parameters().levels().map(usize::from).to_vec();
    let rows: Vec<Vec<usize>> =
        scenarios.iter().filter(|scenario| scenario.role() == space.role).map(row).collect();
    covering::coverage(&Scenarios::new(space, Parameter::ALL.len()), strength.parameters(), &rows)
}

/// The parameters of a scenario as those of a covering array.
struct Scenarios {
    space: Space,
    /// The most flaws of a scenario.
    most_flaws: usize,
    levels: [usize; Parameter::ALL.len()],
    /// Whether a scenario has both values. A value is the sum of the levels of the parameters before its own, and its
    /// level. Most tuples that no scenario has contain such a pair, and looking it up is faster than a search.
    is_possible_pair: Vec<Vec<bool>>,
}

impl Scenarios {
    fn new(space: Space, most_flaws: usize) -> Scenarios {
        let levels = Parameter::ALL.map(Parameter::levels);
        let values: Vec<(Parameter, usize)> = Parameter::ALL
            .into_iter()
            .flat_map(|parameter| (0..parameter.levels()).map(move |level| (parameter, level)))
            .collect();
        let is_possible_pair = values.iter().map(|(a, a_level)| {
            let is_possible_with = |(b, b_level): &(Parameter, usize)| {
                let mut pair = Partial::default();
                pair.set(*a, Some(*a_level));
                pair.set(*b, Some(*b_level));
                // Of two values of one parameter, only the second is set. Nothing asks for such a pair.
                is_possible_in(space, most_flaws, &pair)
            };
            values.iter().map(is_possible_with).collect()
        });
        Scenarios { space, most_flaws, levels, is_possible_pair: is_possible_pair.collect() }
    }
}

impl Model for Scenarios {
    fn levels(&self) -> &[usize] {
        &self.levels
    }

    fn is_possible(&self, values: &[Option<usize>]) -> bool {
        let mut before = 0;
        let indices = values.iter().zip(self.levels).filter_map(|(value, levels)| {
            let index = value.map(|level| before + level);
            before += levels;
            index
        });
        let indices: Vec<usize> = indices.collect();
        let has_possible_pairs = indices
            .iter()
            .enumerate()
            .all(|(at, a)| indices[at + 1..].iter().all(|b| self.is_possible_pair[*a][*b]));
        has_possible_pairs && is_possible_in(self.space, self.most_flaws, &partial(values))
    }
}

/// Whether the values can be completed to those of a scenario of the space with so many flaws at most.
fn is_possible_in(space: Space, most_flaws: usize, values: &Partial) -> bool {
    is_possible(space.role, |values| space.allows(values) && flaw_count(values) <= most_flaws, values)
}

fn partial(values: &[Option<usize>]) -> Partial {
    let mut partial = Partial::default();
    for (parameter, level) in Parameter::ALL.into_iter().zip(values) {
        partial.set(parameter, *level);
    }
    partial
}

fn scenario(role: Role, row: &[usize]) -> Option<Scenario> {
    let values: Vec<Option<usize>> = row.iter().copied().map(Some).collect();
    Scenario::new(role, partial(&values).complete()?).ok()
}
