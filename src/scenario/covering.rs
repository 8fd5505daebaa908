//! Covering arrays: few rows of values in which every combination of `t` parameters has every combination of its values.
//!
//! The rows are built one by one, as AETG does (Cohen, Dalal, Fredman and Patton, "The AETG system", IEEE Transactions on
//! Software Engineering 23(7), 1997): each begins with a tuple that no row has yet, and then takes for each parameter the
//! value that adds the most new tuples. Ties go to a value that moves on from row to row, so that no randomness is needed.

/// The parameters of an array and the constraint on its rows.
pub(super) trait Model {
    /// The number of values of each parameter.
    fn levels(&self) -> &[usize];

    /// Whether these values can be completed to a row. The index is that of the parameter.
    fn is_possible(&self, values: &[Option<usize>]) -> bool;
}

/// The share of the tuples of values that some rows have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// The tuples that a row has.
    pub covered: usize,
    /// The tuples that a row can have.
    pub possible: usize,
}

impl Coverage {
    /// The share in a thousand, rounded down. All of none is a thousand.
    pub const fn permille(self) -> usize {
        match (self.covered * 1000).checked_div(self.possible) {
            Some(share) => share,
            None => 1000,
        }
    }
}

/// Adds rows until this share of the tuples of `strength` values, in a thousand, is in a row.
pub(super) fn extend(
    model: &impl Model,
    strength: usize,
    permille: usize,
    rows: &mut Vec<Vec<usize>>,
) -> Coverage {
    let mut tuples = Tuples::new(model, strength);
    rows.iter().for_each(|row| tuples.cover(row));
    while tuples.coverage().permille() < permille {
        let Some(seed) = tuples.next_open(model) else { break };
        let row = fill(model, &tuples, seed, rows.len());
        tuples.cover(&row);
        rows.push(row);
    }
    tuples.coverage()
}

/// The share of the tuples of `strength` values that these rows have.
pub(super) fn coverage(model: &impl Model, strength: usize, rows: &[Vec<usize>]) -> Coverage {
    let mut tuples = Tuples::new(model, strength);
    rows.iter().for_each(|row| tuples.cover(row));
    tuples.coverage()
}

/// Completes a row that begins with the values that are set.
fn fill(model: &impl Model, tuples: &Tuples, mut row: Vec<Option<usize>>, number: usize) -> Vec<usize> {
    // Parameters with many values first: theirs are the most tuples.
    let mut order: Vec<usize> = (0..row.len()).filter(|index| row[*index].is_none()).collect();
    order.sort_by_key(|index| std::cmp::Reverse(model.levels()[*index]));
    for index in order {
        let levels = model.levels()[index];
        let mut gains: Vec<(usize, usize)> = (0..levels)
            .map(|step| (step + number) % levels)
            .map(|level| (tuples.gain(&row, index, level), level))
            .collect();
        gains.sort_by_key(|(gain, _)| std::cmp::Reverse(*gain));
        let chosen = gains.into_iter().map(|(_, level)| level).find(|level| {
            row[index] = Some(*level);
            model.is_possible(&row)
        });
        row[index] = chosen;
    }
    row.into_iter().map(|level| level.unwrap_or(0)).collect()
}

/// A combination of parameters, and which combinations of their values a row has.
struct Group {
    parameters: Vec<usize>,
    /// The weight of each parameter's value in the index of a tuple.
    weights: Vec<usize>,
    open: Vec<bool>,
}

/// All tuples of values.
struct Tuples {
    groups: Vec<Group>,
    /// The groups of each parameter.
    of_parameter: Vec<Vec<usize>>,
    open: usize,
    possible: usize,
    /// The group where the search for an open tuple goes on. All groups before it have none.
    first: usize,
}

impl Tuples {
    fn new(model: &impl Model, strength: usize) -> Tuples {
        let levels = model.levels();
        let groups: Vec<Group> = combinations(levels.len(), strength)
            .into_iter()
            .map(|parameters| {
                let mut size = 1;
                let weights = parameters.iter().map(|parameter| {
                    let weight = size;
                    size *= levels[*parameter];
                    weight
                });
                let weights = weights.collect();
                Group { parameters, weights, open: vec![true; size] }
            })
            .collect();
        let of_parameter = (0..levels.len())
            .map(|parameter| {
                (0..groups.len()).filter(|at| groups[*at].parameters.contains(&parameter)).collect()
            })
            .collect();
        let possible = groups.iter().map(|group| group.open.len()).sum();
        let mut tuples = Tuples { groups, of_parameter, open: possible, possible, first: 0 };
        tuples.exclude_impossible(model);
        tuples
    }

    /// Takes out the open tuples that no row can have.
    fn exclude_impossible(&mut self, model: &impl Model) {
        for at in 0..self.groups.len() {
            for tuple in 0..self.groups[at].open.len() {
                let is_open = self.groups[at].open[tuple];
                if is_open && !model.is_possible(&self.groups[at].values(model, tuple)) {
                    self.groups[at].open[tuple] = false;
                    self.open -= 1;
                    self.possible -= 1;
                }
            }
        }
    }

    fn coverage(&self) -> Coverage {
        Coverage { covered: self.possible - self.open, possible: self.possible }
    }

    /// The values of the first tuple that no row has.
    fn next_open(&mut self, model: &impl Model) -> Option<Vec<Option<usize>>> {
        while let Some(group) = self.groups.get(self.first) {
            if let Some(tuple) = group.open.iter().position(|is_open| *is_open) {
                return Some(group.values(model, tuple));
            }
            self.first += 1;
        }
        None
    }

    /// The number of open tuples that the value adds to those of the values that are set.
    fn gain(&self, row: &[Option<usize>], parameter: usize, level: usize) -> usize {
        let value = |of: usize| if of == parameter { Some(level) } else { row[of] };
        let is_open = |at: &&usize| {
            let group = &self.groups[**at];
            group.tuple(value).is_some_and(|tuple| group.open[tuple])
        };
        self.of_parameter[parameter].iter().filter(is_open).count()
    }

    fn cover(&mut self, row: &[usize]) {
        for group in &mut self.groups {
            if let Some(tuple) = group.tuple(|parameter| Some(row[parameter]))
                && std::mem::take(&mut group.open[tuple])
            {
                self.open -= 1;
            }
        }
    }
}

impl Group {
    /// The index of the tuple with these values, if each is set.
    fn tuple(&self, value: impl Fn(usize) -> Option<usize>) -> Option<usize> {
        self.parameters
            .iter()
            .zip(&self.weights)
            .try_fold(0, |sum, (parameter, weight)| Some(sum + value(*parameter)? * weight))
    }

    /// The row with the values of a tuple and no others.
    fn values(&self, model: &impl Model, tuple: usize) -> Vec<Option<usize>> {
        let mut row = vec![None; model.levels().len()];
        for (parameter, weight) in self.parameters.iter().zip(&self.weights) {
            row[*parameter] = Some(tuple / weight % model.levels()[*parameter]);
        }
        row
    }
}

/// Every combination of `size` of the first `count` numbers, each in ascending order.
fn combinations(count: usize, size: usize) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    for _ in 0..size {
        all = all
            .iter()
            .flat_map(|combination: &Vec<usize>| {
                let next = combination.last().map_or(0, |last| last + 1);
                (next..count).map(move |number| [combination.as_slice(), &[number]].concat())
            })
            .collect();
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Parameters of which no two may both have their last value.
    struct NotBothLast(Vec<usize>);

    impl Model for NotBothLast {
        fn levels(&self) -> &[usize] {
            &self.0
        }

        fn is_possible(&self, values: &[Option<usize>]) -> bool {
            values.iter().zip(&self.0).filter(|(value, levels)| **value == Some(**levels - 1)).count() < 2
        }
    }

    #[test]
    fn every_possible_pair_is_in_a_row() {
        let model = NotBothLast(vec![4, 3, 3, 2, 5]);
        let mut rows = Vec::new();
        let all = extend(&model, 2, 1000, &mut rows);
        assert!(rows.iter().all(|row| {
            let row: Vec<Option<usize>> = row.iter().copied().map(Some).collect();
            model.is_possible(&row)
        }));
        assert_eq!(all.covered, all.possible);
        // 12+12+8+20 + 9+6+15 + 6+15 + 10 pairs, of which each of the ten combinations has one that is impossible.
        assert_eq!(all.possible, 113 - 10);
        assert_eq!(coverage(&model, 2, &rows), all);
        assert!(rows.len() < 30, "{} rows", rows.len());
    }

    #[test]
    fn a_share_of_the_tuples_needs_fewer_rows() {
        let model = NotBothLast(vec![3, 3, 3, 3]);
        let (mut rows, mut half) = (Vec::new(), Vec::new());
        assert_eq!(extend(&model, 3, 1000, &mut rows).permille(), 1000);
        let coverage_of_half = extend(&model, 3, 500, &mut half);
        assert!(half.len() < rows.len() && (500..1000).contains(&coverage_of_half.permille()));
        assert_eq!(rows[..half.len()], half);
        assert_eq!(coverage(&model, 3, &half), coverage_of_half);
        // The rows that are there are kept.
        extend(&model, 3, 1000, &mut half);
        assert_eq!(half, rows);
    }
}
