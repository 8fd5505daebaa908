//! The compact chart of close codes: a row for each implementation and role, and a column for each code or range that
//! people compare.

use wsclose::analysis::code_map::CodeReaction;
use wsclose::generate::vectors::CodeOrigin;

use super::prose::thousands;
use super::results::{CodeRow, Implementation, Reactions, Results, Tested};
use crate::support::code_picture::{CodeColumn, ColumnReactions};

/// The chart of one origin of a code.
pub struct Chart<'a> {
    /// The origin.
    pub origin: CodeOrigin,
    /// The title.
    pub title: &'static str,
    /// What the rows did, in a sentence.
    pub about: &'static str,
    /// The labels of the columns.
    pub columns: Vec<String>,
    /// The rows, by how the implementations were tested. No group is empty.
    pub groups: Vec<ChartGroup<'a>>,
}

/// The rows of the implementations that were tested in one way.
pub struct ChartGroup<'a> {
    /// How they were tested.
    pub tested: Tested,
    /// The rows.
    pub rows: Vec<ChartRow<'a>>,
    /// The implementations that leave it to the program that uses them.
    pub left: Vec<&'a Implementation>,
}

/// An implementation in a role, or in both.
pub struct ChartRow<'a> {
    /// The implementation.
    pub implementation: &'a Implementation,
    /// The role or roles.
    pub roles: &'static str,
    /// A cell for each column.
    pub cells: Vec<ChartCell>,
}

/// The reactions to the codes of one column.
pub struct ChartCell {
    /// The most frequent reaction; `None` if no code was tried.
    pub reaction: Option<CodeReaction>,
    /// Whether there are others.
    pub is_mixed: bool,
    /// The reactions in words.
    pub text: String,
}

impl ChartCell {
    fn of(reactions: &ColumnReactions, is_complete: bool) -> ChartCell {
        let label = reactions.column.label();
        let tried: u32 = reactions.counts.iter().map(|(_, count)| count).sum();
        let text = match reactions.counts.as_slice() {
            [] => format!("{label}: not tried"),
            [(reaction, _)] if is_complete || reactions.column.first == reactions.column.last => {
                format!("{label}: {}", reaction.description())
            }
            [(reaction, count)] => {
                format!("{label}: {} ({} codes tried)", reaction.description(), thousands(u64::from(*count)))
            }
            counts => {
                let counts =
                    counts.iter().map(|(reaction, count)| format!("{} ({count})", reaction.description()));
                let counts = counts.collect::<Vec<_>>().join("; ");
                let of = if is_complete { "" } else { "tried" };
                format!("{label}: {counts}; {tried} codes {of}").trim_end().to_owned()
            }
        };
        ChartCell { reaction: reactions.most_common(), is_mixed: reactions.is_mixed(), text }
    }

    /// The letter of the reaction. An asterisk marks a column with more than one.
    pub fn symbol(&self) -> String {
        let star = if self.is_mixed { "*" } else { "" };
        self.reaction.map_or(String::new(), |reaction| format!("{}{star}", reaction.symbol()))
    }

    /// The class of its color.
    pub fn class(&self) -> &'static str {
        self.reaction.map_or("untried", CodeReaction::name)
    }
}

impl<'a> Chart<'a> {
    /// The charts of every origin, with the rows of these implementations. A chart without rows is left out.
    pub fn all(results: &'a Results) -> Vec<Chart<'a>> {
        let implementations: Vec<&Implementation> = results.implementations.iter().collect();
        CodeOrigin::ALL.into_iter().filter_map(|origin| Chart::of(origin, &implementations)).collect()
    }

    /// The chart of an origin; `None` if no implementation was tried.
    pub fn of(origin: CodeOrigin, implementations: &[&'a Implementation]) -> Option<Chart<'a>> {
        let group = |tested: Tested| {
            let of_group = || implementations.iter().copied().filter(|one| one.tested == tested);
            let rows: Vec<ChartRow<'a>> = of_group().flat_map(|one| rows(one, origin)).collect();
            let left: Vec<&Implementation> = of_group().filter(|one| leaves_it(one, origin)).collect();
            (!rows.is_empty() || !left.is_empty()).then_some(ChartGroup { tested, rows, left })
        };
        let groups: Vec<ChartGroup<'a>> = Tested::ALL.into_iter().filter_map(group).collect();
        let (title, about) = words(origin);
        let columns = CodeColumn::all().map(CodeColumn::label).collect();
        (!groups.is_empty()).then_some(Chart { origin, title, about, columns, groups })
    }

    /// The reactions that occur as the most frequent of a cell, in their order.
    pub fn legend(&self) -> Vec<CodeReaction> {
        legend(std::slice::from_ref(self))
    }
}

/// The reactions that occur in these charts, in their order.
pub fn legend(charts: &[Chart<'_>]) -> Vec<CodeReaction> {
    let rows = charts.iter().flat_map(|chart| &chart.groups).flat_map(|group| &group.rows);
    let used: Vec<CodeReaction> = rows.flat_map(|row| &row.cells).filter_map(|cell| cell.reaction).collect();
    CodeReaction::ALL.into_iter().filter(|reaction| used.contains(reaction)).collect()
}

/// The title of a chart, and its first sentence.
const fn words(origin: CodeOrigin) -> (&'static str, &'static str) {
    match origin {
        CodeOrigin::Received => (
            "Codes that it receives",
            "The peer sends a Close with this code, and the cell shows what the implementation does.",
        ),
        CodeOrigin::Reply => (
            "Codes in an answer",
            "The application closes with 1000, the peer answers with this code, and the cell shows what the \
             implementation does.",
        ),
        CodeOrigin::Requested => (
            "Codes that its application asks for",
            "The application closes with this code, and the cell shows what the implementation sends.",
        ),
    }
}

/// Whether an implementation leaves the codes of an origin to the program that uses it, in every role.
fn leaves_it(implementation: &Implementation, origin: CodeOrigin) -> bool {
    let mut tried =
        implementation.codes.iter().filter_map(|row| row.origins[origin as usize].as_ref()).peekable();
    tried.peek().is_some() && tried.all(|reactions| !reactions.own)
}

fn rows(implementation: &Implementation, origin: CodeOrigin) -> Vec<ChartRow<'_>> {
    let of_origin = |row: &'_ CodeRow| -> Option<Reactions> {
        row.origins[origin as usize].clone().filter(|reactions| reactions.own)
    };
    let tried: Vec<(&'static str, Reactions)> =
        implementation.codes.iter().filter_map(|row| Some((row.roles, of_origin(row)?))).collect();
    let shown = match tried.as_slice() {
        [(_, server), (_, client)] if server == client => vec![("both roles", server)],
        all => all.iter().map(|(roles, reactions)| (*roles, reactions)).collect(),
    };
    let row = |(roles, reactions): (&'static str, &Reactions)| {
        let columns = ColumnReactions::of(&reactions.ranges);
        let cells = columns.iter().map(|column| ChartCell::of(column, reactions.is_complete)).collect();
        ChartRow { implementation, roles, cells }
    };
    shown.into_iter().map(row).collect()
}
