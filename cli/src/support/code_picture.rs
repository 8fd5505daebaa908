//! What pictures of close codes share: the ranges that people compare, the colors of reactions, and the square of all
//! codes.

use wsclose::analysis::code_map::CodeReaction;

/// The number of codes in one line of a square.
pub const SIDE: u32 = 256;

/// Codes that a picture shows as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeColumn {
    /// The first code.
    pub first: u16,
    /// The last code.
    pub last: u16,
}

impl CodeColumn {
    /// Every column: the codes 1000 to 1015 one by one, and the ranges around them.
    pub fn all() -> impl Iterator<Item = CodeColumn> {
        let singles = (1000..=1015).map(|code| (code, code));
        let ranges = [(1016, 2999), (3000, 3999), (4000, 4999), (5000, u16::MAX)];
        let all = std::iter::once((0, 999)).chain(singles).chain(ranges);
        all.map(|(first, last)| CodeColumn { first, last })
    }

    /// The codes as text, such as `1005` or `3000–3999`.
    pub fn label(self) -> String {
        range_label(self.first, self.last)
    }
}

/// A range of codes as text, such as `1005` or `3000–3999`.
pub fn range_label(first: u16, last: u16) -> String {
    if first == last { first.to_string() } else { format!("{first}–{last}") }
}

/// The reactions to the codes of one column, the most frequent first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnReactions {
    /// The column.
    pub column: CodeColumn,
    /// Each reaction, and the number of codes with it. Empty if no code of the column was tried.
    pub counts: Vec<(CodeReaction, u32)>,
}

impl ColumnReactions {
    /// The reactions of every column. The ranges, first and last code, do not overlap.
    pub fn of(ranges: &[(u16, u16, CodeReaction)]) -> Vec<ColumnReactions> {
        CodeColumn::all().map(|column| ColumnReactions::in_column(column, ranges)).collect()
    }

    fn in_column(column: CodeColumn, ranges: &[(u16, u16, CodeReaction)]) -> ColumnReactions {
        let mut counts = CodeReaction::ALL.map(|reaction| (reaction, 0));
        for (first, last, reaction) in ranges {
            let (first, last) = ((*first).max(column.first), (*last).min(column.last));
            if first <= last {
                counts[*reaction as usize].1 += u32::from(last - first) + 1;
            }
        }
        let mut counts: Vec<(CodeReaction, u32)> =
            counts.into_iter().filter(|(_, count)| *count > 0).collect();
        counts.sort_by_key(|(reaction, count)| (std::cmp::Reverse(*count), *reaction));
        ColumnReactions { column, counts }
    }

    /// The most frequent reaction; `None` if no code was tried.
    pub fn most_common(&self) -> Option<CodeReaction> {
        self.counts.first().map(|(reaction, _)| *reaction)
    }

    /// Whether codes of the column have different reactions.
    pub fn is_mixed(&self) -> bool {
        self.counts.len() > 1
    }
}

/// The color of a reaction.
pub const fn color(reaction: CodeReaction) -> &'static str {
    match reaction {
        CodeReaction::Echoed => "#2b7bba",
        CodeReaction::Accepted => "#7fc4ee",
        CodeReaction::RepliedEmpty => "#d9a1c2",
        CodeReaction::RepliedOtherwise => "#a58ad8",
        CodeReaction::RejectedWith1002 => "#e07b39",
        CodeReaction::RejectedWith1007 => "#f0b429",
        CodeReaction::RejectedOtherwise => "#f4e06d",
        CodeReaction::Dropped => "#9a9a9a",
        CodeReaction::Nothing => "#ececec",
        CodeReaction::Written => "#3aa17e",
        CodeReaction::Changed => "#9fd8b6",
        CodeReaction::RefusedToWrite => "#e8a27a",
        CodeReaction::NoInterface => "#dfe3e8",
        CodeReaction::NotWritten => "#c9c9c9",
        CodeReaction::Panicked => "#222222",
        CodeReaction::Hung => "#5a2d2d",
    }
}

/// The color of text on the color of a reaction: the one with more contrast.
pub const fn ink(reaction: CodeReaction) -> &'static str {
    match reaction {
        CodeReaction::Panicked | CodeReaction::Hung => "#ffffff",
        CodeReaction::Echoed
        | CodeReaction::Accepted
        | CodeReaction::RepliedEmpty
        | CodeReaction::RepliedOtherwise
        | CodeReaction::RejectedWith1002
        | CodeReaction::RejectedWith1007
        | CodeReaction::RejectedOtherwise
        | CodeReaction::Dropped
        | CodeReaction::Nothing
        | CodeReaction::Written
        | CodeReaction::Changed
        | CodeReaction::RefusedToWrite
        | CodeReaction::NoInterface
        | CodeReaction::NotWritten => "#000000",
    }
}

/// A rectangle in a square of codes: left, top, width and height.
pub type Rectangle = (u32, u32, u32, u32);

/// A range of codes as at most three rectangles: the rest of its first line, whole lines, and the start of its last.
pub fn rectangles(first: u32, last: u32) -> Vec<Rectangle> {
    let mut all = Vec::new();
    let mut at = first;
    while at <= last {
        let (x, y) = (at % SIDE, at / SIDE);
        let lines = (last + 1 - at) / SIDE;
        if x == 0 && lines > 0 {
            all.push((0, y, SIDE, lines));
            at += lines * SIDE;
        } else {
            let wide = (SIDE - x).min(last + 1 - at);
            all.push((x, y, wide, 1));
            at += wide;
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_at_most_three_rectangles_with_each_code_once() {
        for (first, last) in
            [(0, 0), (0, 65535), (5, 9), (5, 255), (5, 256), (5, 70000), (256, 511), (999, 1500)]
        {
            let rectangles = rectangles(first, last);
            assert!(rectangles.len() <= 3, "{rectangles:?}");
            let mut codes: Vec<u32> = rectangles
                .iter()
                .flat_map(|(x, y, wide, high)| {
                    (*y..y + high).flat_map(move |line| (*x..x + wide).map(move |column| 256 * line + column))
                })
                .collect();
            codes.sort_unstable();
            assert!(codes.iter().copied().eq(first..=last), "{first}–{last}: {rectangles:?}");
        }
    }

    #[test]
    fn columns_hold_every_code_once() {
        let mut next = 0;
        for CodeColumn { first, last } in CodeColumn::all() {
            assert_eq!(u32::from(first), next);
            next = u32::from(last) + 1;
        }
        assert_eq!(next, 65_536);
    }

    #[test]
    fn reactions_of_a_column_are_counted() {
        let (echoed, rejected) = (CodeReaction::Echoed, CodeReaction::RejectedWith1002);
        let columns = ColumnReactions::of(&[(0, 998, rejected), (999, 1004, echoed), (2000, 2000, rejected)]);
        assert_eq!(columns[0].counts, [(rejected, 999), (echoed, 1)]);
        assert!(columns[0].is_mixed());
        assert_eq!((columns[5].counts.as_slice(), columns[5].is_mixed()), (&[(echoed, 1)][..], false));
        assert_eq!(columns[6].most_common(), None);
        assert_eq!(columns[17].counts, [(rejected, 1)]);
    }
}
