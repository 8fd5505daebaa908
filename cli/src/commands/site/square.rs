//! The square of all 65,536 codes, for an implementation whose reactions the compact chart does not show in full.

use std::fmt::Write as _;

use wsclose::analysis::code_map::CodeReaction;
use wsclose::generate::vectors::CodeOrigin;

use super::results::{Implementation, Reactions};
use crate::support::code_picture::{ColumnReactions, range_label, rectangles};

/// The most ranges that are listed below a square.
const MOST_RANGES: usize = 12;

/// The fewest codes with another reaction than the others of their column for which a square is drawn: less than a
/// quarter of a line is hard to see.
const LEAST_CODES: u32 = 64;

/// A square.
pub struct Square {
    /// The role and the origin of the codes.
    pub title: String,
    /// The square as text.
    pub text: String,
    /// The class of each reaction, and the outline of its codes. A code is one unit wide and high. Empty if few codes
    /// differ from the others of their column.
    pub paths: Vec<(&'static str, String)>,
    /// The ranges in words.
    pub ranges: Vec<String>,
}

/// The squares of an implementation. A square is left out if codes of one column of the chart never differ, or if the
/// program around the library decides.
pub fn squares(one: &Implementation) -> Vec<Square> {
    let mut shown: Vec<(&'static str, CodeOrigin, &Reactions)> = Vec::new();
    for row in &one.codes {
        for (origin, reactions) in CodeOrigin::ALL.into_iter().zip(&row.origins) {
            let Some(reactions) =
                reactions.as_ref().filter(|reactions| reactions.own && reactions.is_complete)
            else {
                continue;
            };
            let same = shown.iter_mut().find(|(_, other, shown)| *other == origin && *shown == reactions);
            match same {
                Some((roles, _, _)) => *roles = "both roles",
                None => shown.push((row.roles, origin, reactions)),
            }
        }
    }
    let is_mixed = |(_, _, reactions): &(&str, CodeOrigin, &Reactions)| exceptions(reactions) > 0;
    shown
        .into_iter()
        .filter(is_mixed)
        .map(|(roles, origin, reactions)| square(format!("{roles}, {}", origin.description()), reactions))
        .collect()
}

/// The number of codes with another reaction than most of their column.
fn exceptions(reactions: &Reactions) -> u32 {
    let columns = ColumnReactions::of(&reactions.ranges);
    columns.iter().flat_map(|column| column.counts.iter().skip(1)).map(|(_, count)| count).sum()
}

fn square(title: String, reactions: &Reactions) -> Square {
    let path = |reaction: CodeReaction| {
        let mut path = String::new();
        for (first, last, _) in reactions.ranges.iter().filter(|(_, _, other)| *other == reaction) {
            for (x, y, wide, high) in rectangles(u32::from(*first), u32::from(*last)) {
                let _ = write!(path, "M{x} {y}h{wide}v{high}h-{wide}z");
            }
        }
        path
    };
    let drawn = if exceptions(reactions) < LEAST_CODES { &[][..] } else { &CodeReaction::ALL };
    let paths = drawn.iter().map(|reaction| (reaction.name(), path(*reaction)));
    let mut ranges: Vec<String> = reactions
        .ranges
        .iter()
        .map(|(first, last, reaction)| format!("{}: {}", range_label(*first, *last), reaction.description()))
        .collect();
    if ranges.len() > MOST_RANGES {
        let left = ranges.len() - MOST_RANGES;
        ranges.truncate(MOST_RANGES);
        ranges.push(format!("and {left} more ranges"));
    }
    Square {
        text: format!("{title}. {}", ranges.join("; ")),
        title,
        paths: paths.filter(|(_, path)| !path.is_empty()).collect(),
        ranges,
    }
}
