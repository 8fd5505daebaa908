//! The compact chart as a picture of its own, for a README. It follows the color scheme of the reader.

use std::fmt::Write as _;

use wsclose::analysis::code_map::CodeReaction;

use super::chart::{Chart, ChartRow};
use crate::support::code_picture::{color, ink};

const MARGIN: usize = 16;
const CELL: usize = 30;
/// The width of the cell of a range.
const RANGE_CELL: usize = 46;
const ROW: usize = 20;
/// The width of a character of a name.
const CHARACTER: usize = 7;
/// The height of the title and the labels of the columns.
const HEAD: usize = 104;
const LEGEND_ROW: usize = 22;
/// The least width of an entry of the legend.
const LEGEND_COLUMN: usize = 400;

const STYLE: &str = "<style>text{font:12px system-ui,'DejaVu Sans',sans-serif;fill:#1c1e21}.t{font-size:17px;\
font-weight:600}.m{fill:#565c64}.k{font-size:10px;fill:#565c64;text-anchor:middle}.b{font-size:11px;font-weight:600;\
text-anchor:middle}.p{fill:#fff}.e{fill:none;stroke:#9aa0a6;stroke-dasharray:2 2}\
@media(prefers-color-scheme:dark){text{fill:#e4e6e8}.m,.k{fill:#a3a9b0}.p{fill:#15171a}}</style>\n";

/// Draws a chart.
pub fn picture(chart: &Chart<'_>) -> String {
    let rows: Vec<&ChartRow<'_>> = chart.groups.iter().flat_map(|group| &group.rows).collect();
    let label = |row: &ChartRow<'_>| row.implementation.name.chars().count() + row.roles.len() + 2;
    let left = MARGIN + CHARACTER * rows.iter().map(|row| label(row)).max().unwrap_or(0);
    let cells = cells(chart, left);
    let width = cells.last().map_or(left, |(x, wide)| x + wide) + MARGIN;
    let mut legend: Vec<(Option<CodeReaction>, String)> = chart
        .legend()
        .into_iter()
        .map(|reaction| (Some(reaction), reaction.description().to_owned()))
        .collect();
    legend.push((None, "* other reactions to some codes, too".to_owned()));
    let in_line = ((width - 2 * MARGIN) / LEGEND_COLUMN).max(1);
    let below = HEAD + ROW * rows.len() + 18;
    let height = below + LEGEND_ROW * legend.len().div_ceil(in_line) + MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" role=\"img\" aria-labelledby=\"name about\">\n<title id=\"name\">{}</title>\n\
         <desc id=\"about\">{}</desc>\n{STYLE}<rect class=\"p\" width=\"{width}\" height=\"{height}\" rx=\"8\"/>\n\
         <text class=\"t\" x=\"{MARGIN}\" y=\"30\">{}</text>\n<text class=\"m\" x=\"{MARGIN}\" y=\"50\">{}</text>\n",
        chart.title, chart.about, chart.title, chart.about
    );
    heading(chart, &cells, &mut svg);
    for (at, row) in rows.iter().enumerate() {
        self::row(row, &cells, HEAD + ROW * at, &mut svg);
    }
    for (at, (reaction, text)) in legend.iter().enumerate() {
        let (x, y) = (MARGIN + at % in_line * LEGEND_COLUMN, below + at / in_line * LEGEND_ROW);
        let mut indent = 0;
        if let Some(reaction) = reaction {
            cell(*reaction, &reaction.symbol().to_string(), text, (x, y, CELL), &mut svg);
            indent = CELL + 6;
        }
        let _ = writeln!(svg, "<text class=\"m\" x=\"{}\" y=\"{}\">{text}</text>", x + indent, y + 13);
    }
    svg += "</svg>\n";
    svg
}

/// The picture at the address of a chart that the newest results do not have.
pub fn absent() -> String {
    let text = "Not in the newest results";
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 320 48\" width=\"320\" height=\"48\" role=\"img\" \
         aria-labelledby=\"name\">\n<title id=\"name\">{text}</title>\n{STYLE}<rect class=\"p\" width=\"320\" \
         height=\"48\" rx=\"8\"/>\n<text class=\"t\" x=\"{MARGIN}\" y=\"30\">{text}</text>\n</svg>\n"
    )
}

/// The left edge and the width of the cells of each column.
fn cells(chart: &Chart<'_>, left: usize) -> Vec<(usize, usize)> {
    let mut x = left;
    let wide = |label: &String| if label.contains('–') { RANGE_CELL } else { CELL };
    let place = |label| {
        let cell = (x, wide(label));
        x += cell.1;
        cell
    };
    chart.columns.iter().map(place).collect()
}

/// The labels of the columns: the ends of a range below each other.
fn heading(chart: &Chart<'_>, cells: &[(usize, usize)], svg: &mut String) {
    for (label, (left, wide)) in chart.columns.iter().zip(cells) {
        let x = left + wide / 2;
        let _ = match label.split_once('–') {
            Some((first, last)) => writeln!(
                svg,
                "<text class=\"k\" x=\"{x}\" y=\"82\">{first}–</text><text class=\"k\" x=\"{x}\" y=\"95\">{last}</text>"
            ),
            None => writeln!(svg, "<text class=\"k\" x=\"{x}\" y=\"95\">{label}</text>"),
        };
    }
}

fn row(row: &ChartRow<'_>, cells: &[(usize, usize)], y: usize, svg: &mut String) {
    let name = escape(&row.implementation.name);
    let _ = writeln!(
        svg,
        "<text x=\"{MARGIN}\" y=\"{}\">{name} <tspan class=\"m\">{}</tspan></text>",
        y + 14,
        row.roles
    );
    for (shown, (x, wide)) in row.cells.iter().zip(cells) {
        match shown.reaction {
            Some(reaction) => cell(reaction, &shown.symbol(), &shown.text, (*x, y, *wide), svg),
            None => {
                let (wide, high) = (wide - 3, ROW - 3);
                let _ = writeln!(
                    svg,
                    "<rect class=\"e\" x=\"{x}.5\" y=\"{y}.5\" width=\"{wide}\" height=\"{high}\"><title>{}</title></rect>",
                    escape(&shown.text)
                );
            }
        }
    }
}

fn cell(
    reaction: CodeReaction,
    symbol: &str,
    title: &str,
    (x, y, wide): (usize, usize, usize),
    svg: &mut String,
) {
    let (wide, high) = (wide - 2, ROW - 2);
    let _ = writeln!(
        svg,
        "<g><title>{}</title><rect x=\"{x}\" y=\"{y}\" width=\"{wide}\" height=\"{high}\" rx=\"2\" fill=\"{}\"/>\
         <text class=\"b\" x=\"{}\" y=\"{}\" style=\"fill:{}\">{symbol}</text></g>",
        escape(title),
        color(reaction),
        x + wide / 2,
        y + 13,
        ink(reaction)
    );
}

/// Escapes text between tags.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
