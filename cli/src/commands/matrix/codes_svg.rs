//! `codes.svg`: the reaction of every subject to each of the 65,536 close codes.
//!
//! The sheet has a square of 256 × 256 codes for each subject and origin of the code, in reading order. Boxes above the
//! square show the codes 1000–1015 and the ranges around them. Hatching and letters repeat the colors, and every square
//! has its counts as text for screen readers.

use std::fmt::Write as _;

use wsclose::analysis::code_map::{CodeMap, CodeReaction};
use wsclose::analysis::compare::comparable_codes;
use wsclose::analysis::matrix::SubjectResult;
use wsclose::generate::vectors::CodeOrigin;
use wsclose::protocol::role::Role;

use super::results::{GENERATED_BY, Results};
use crate::support::code_picture::{ColumnReactions, SIDE, color, range_label, rectangles};

/// The space left of each square, for the numbers of codes.
const GUTTER: u32 = 44;
const WIDTH: u32 = 3 * (SIDE + GUTTER) + 20;
/// The distance of the boxes from the top of a row.
const STRIP: u32 = 34;
const SQUARE: u32 = 70;
const ROW: u32 = SQUARE + SIDE + 44;
const LEGEND_COLUMNS: u32 = 2;
/// The fewest lines of a block with a letter.
const MIN_LINES_FOR_SYMBOL: u32 = 24;
/// A range of fewer codes has a ring, since it is hard to see.
const MIN_CODES_WITHOUT_RING: u32 = 16;

/// The path of the hatching of a reaction in one tile of 8 × 8.
const fn hatch(reaction: CodeReaction) -> &'static str {
    match reaction {
        CodeReaction::Echoed | CodeReaction::Nothing | CodeReaction::Written => "",
        CodeReaction::Accepted | CodeReaction::Changed | CodeReaction::Hung => "M0 4H8",
        CodeReaction::RepliedEmpty => "M4 0V8",
        CodeReaction::RepliedOtherwise => "M0 2H8M0 6H8",
        CodeReaction::RejectedWith1002 | CodeReaction::NoInterface => "M-2 2L2 -2M0 8L8 0M6 10L10 6",
        CodeReaction::RejectedWith1007 => "M-2 6L2 10M0 0L8 8M6 -2L10 2",
        CodeReaction::RejectedOtherwise | CodeReaction::Panicked => "M0 0L8 8M0 8L8 0",
        CodeReaction::Dropped => "M2 0V8M6 0V8",
        CodeReaction::RefusedToWrite => "M0 4H8M4 0V8",
        CodeReaction::NotWritten => "M4 3V5",
    }
}

/// A row of the sheet: a subject, and the role or roles that the squares show.
struct SheetRow<'a> {
    row: &'a SubjectResult,
    role: Role,
    roles: &'static str,
}

/// Draws the sheet.
pub fn sheet(results: &Results<'_>) -> String {
    let shown: Vec<SheetRow<'_>> = results.rows.iter().flat_map(rows_of).collect();
    let used: Vec<CodeReaction> =
        CodeReaction::ALL.into_iter().filter(|mark| count(&shown, *mark) > 0).collect();
    let legend = 94 + 22 * (used.len() as u32).div_ceil(LEGEND_COLUMNS);
    let height = legend + 20 + ROW * shown.len() as u32 + 10;
    let mut svg = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- {GENERATED_BY} -->\n\
         <svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
         height=\"{height}\" role=\"img\" aria-labelledby=\"name about\">\n\
         <title id=\"name\">Reactions to the 65,536 close codes</title>\n<desc id=\"about\">{}</desc>\n{STYLE}",
        description(&shown)
    );
    definitions(&used, &mut svg);
    writeln!(svg, "<rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#fff\"/>").expect("a string grows");
    heading(&shown, &used, &mut svg);
    for (at, shown) in shown.iter().enumerate() {
        row(shown, legend + 20 + ROW * at as u32, &mut svg);
    }
    svg += "</svg>\n";
    svg
}

const STYLE: &str = "<style>text{font-family:system-ui,'DejaVu Sans',sans-serif;fill:#222}\
.t{font-size:20px;font-weight:600}.h{font-size:16px;font-weight:600}.s{font-size:12px;fill:#555}\
.n{font-size:8px;fill:#555;text-anchor:end}.k{font-size:7px;fill:#555;text-anchor:middle}\
.b{font-size:9px;font-weight:700;text-anchor:middle}.c{font-size:10px;fill:#333}\
.l{font-size:30px;font-weight:700;text-anchor:middle}\
.b,.l{paint-order:stroke;stroke:#fff;stroke-linejoin:round}.b{stroke-width:2px}.l{stroke-width:5px}\
.f{fill:none;stroke:#444;stroke-width:.6}.r{fill:none;stroke:#222;stroke-width:.9}.x{stroke:#444;stroke-width:.6}</style>\n";

/// One row if client and server react the same, two if they differ, none if codes were not swept.
fn rows_of(row: &SubjectResult) -> Vec<SheetRow<'_>> {
    let [client, server] = row.roles.each_ref();
    if client.codes.is_empty() || server.codes.is_empty() {
        Vec::new()
    } else if client.codes == server.codes {
        vec![SheetRow { row, role: Role::Server, roles: "as server and as client" }]
    } else {
        let shown = |(role, roles)| SheetRow { row, role, roles };
        [(Role::Server, "as server"), (Role::Client, "as client")].map(shown).into()
    }
}

fn codes<'a>(shown: &SheetRow<'a>) -> impl Iterator<Item = (CodeOrigin, &'a CodeMap)> {
    CodeOrigin::ALL.into_iter().zip(&shown.row.role_result(shown.role).codes)
}

fn count(shown: &[SheetRow<'_>], reaction: CodeReaction) -> usize {
    shown.iter().flat_map(codes).map(|(_, marks)| marks.count(reaction)).sum()
}

fn description(shown: &[SheetRow<'_>]) -> String {
    if shown.is_empty() {
        return "No codes were swept.".to_owned();
    }
    let of = |shown: &SheetRow<'_>| {
        codes(shown).map(|(way, marks)| format!("{}. ", describe(shown, way, marks))).collect::<String>()
    };
    escape(shown.iter().map(of).collect::<String>().trim_end())
}

/// A square as text.
fn describe(shown: &SheetRow<'_>, origin: CodeOrigin, code_map: &CodeMap) -> String {
    let counts = CodeReaction::ALL
        .into_iter()
        .map(|mark| (mark, code_map.count(mark)))
        .filter(|(_, count)| *count > 0);
    let counts: Vec<String> = counts.map(|(mark, count)| format!("{count} {}", mark.description())).collect();
    format!("{} {}, {}: {}", shown.row.name, shown.roles, origin.description(), counts.join("; "))
}

/// Escapes text between tags.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn definitions(used: &[CodeReaction], svg: &mut String) {
    *svg += "<defs>\n";
    for mark in used {
        let (name, color, hatch) = (mark.name(), color(*mark), hatch(*mark));
        writeln!(
            svg,
            "<pattern id=\"{name}\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\"><rect width=\"8\" \
             height=\"8\" fill=\"{color}\"/><path d=\"{hatch}\" stroke=\"#fff\" stroke-opacity=\".55\" \
             stroke-width=\"1.2\"/></pattern>"
        )
        .expect("a string grows");
    }
    *svg += "</defs>\n";
}

fn heading(shown: &[SheetRow<'_>], used: &[CodeReaction], svg: &mut String) {
    *svg += "<text class=\"t\" x=\"20\" y=\"30\">Reactions to the 65,536 close codes</text>\n";
    let about = if shown.is_empty() {
        ["No codes were swept.", ""]
    } else {
        [
            "Squares: codes 0 to 65535, 256 a line, line after line. A ring marks a range of few codes.",
            "Boxes above: 0–999, then 1000 to 1015 one by one, 1016–2999, 3000–3999, 4000–4999, 5000–65535. * mixed",
        ]
    };
    for (at, line) in about.into_iter().enumerate() {
        writeln!(svg, "<text class=\"s\" x=\"20\" y=\"{}\">{line}</text>", 50 + 17 * at)
            .expect("a string grows");
    }
    for (at, mark) in used.iter().enumerate() {
        let (x, y) = (20 + at as u32 % LEGEND_COLUMNS * 450, 82 + 22 * (at as u32 / LEGEND_COLUMNS));
        writeln!(
            svg,
            "<rect x=\"{x}\" y=\"{y}\" width=\"26\" height=\"16\" fill=\"url(#{})\"/><rect class=\"f\" x=\"{x}\" \
             y=\"{y}\" width=\"26\" height=\"16\"/><text class=\"b\" x=\"{}\" y=\"{}\">{}</text><text \
             class=\"c\" x=\"{}\" y=\"{}\">{} ({})</text>",
            mark.name(),
            x + 13,
            y + 11,
            mark.symbol(),
            x + 32,
            y + 12,
            mark.description(),
            count(shown, *mark)
        )
        .expect("a string grows");
    }
}

fn row(shown: &SheetRow<'_>, y: u32, svg: &mut String) {
    let name = escape(&shown.row.name);
    writeln!(
        svg,
        "<text class=\"h\" x=\"{GUTTER}\" y=\"{}\">{name} <tspan class=\"s\">{}</tspan></text>",
        y + 12,
        shown.roles
    )
    .expect("a string grows");
    for (column, (way, marks)) in codes(shown).enumerate() {
        let x = GUTTER + column as u32 * (SIDE + GUTTER);
        let own = comparable_codes(shown.row.role_result(shown.role).capabilities, way);
        let whose = if own { "" } else { " (its program)" };
        writeln!(svg, "<text class=\"s\" x=\"{x}\" y=\"{}\">{}{whose}</text>", y + 29, way.description())
            .expect("a string grows");
        strip(marks, x, y + STRIP, svg);
        let title = escape(&describe(shown, way, marks));
        writeln!(
            svg,
            "<g role=\"img\" class=\"codes\" transform=\"translate({x} {})\"><title>{title}</title>",
            y + SQUARE
        )
        .expect("a string grows");
        square(marks, svg);
        *svg += "</g>\n";
        caption(marks, x, y + SQUARE + SIDE + 13, svg);
        for (line, code) in
            [(4, "1000"), (12, "3000"), (20, "5000"), (64, "16384"), (128, "32768"), (192, "49152")]
        {
            writeln!(svg, "<text class=\"n\" x=\"{}\" y=\"{}\">{code}</text>", x - 4, y + SQUARE + line + 3)
                .expect("a string grows");
        }
    }
}

fn strip(code_map: &CodeMap, x: u32, y: u32, svg: &mut String) {
    let ranges: Vec<_> =
        code_map.ranges().into_iter().map(|(first, last, mark)| (first.0, last.0, mark)).collect();
    let columns = ColumnReactions::of(&ranges);
    let wide = SIDE as f32 / columns.len() as f32;
    for (at, reactions) in columns.iter().enumerate() {
        let (column, mixed) = (reactions.column, reactions.is_mixed());
        let mark = reactions.most_common().expect("a map has every code");
        let left = x as f32 + at as f32 * wide;
        let star = if mixed { "*" } else { "" };
        writeln!(
            svg,
            "<rect class=\"x\" x=\"{left:.1}\" y=\"{y}\" width=\"{wide:.1}\" height=\"16\" \
             fill=\"url(#{})\"><title>{}</title></rect><text class=\"b\" x=\"{:.1}\" y=\"{}\">{}{star}</text>",
            mark.name(),
            escape(&format!("{}: {}{star}", column.label(), mark.description())),
            left + wide / 2.0,
            y + 11,
            mark.symbol()
        )
        .expect("a string grows");
        let label = match column.first {
            1000 => "1000",
            1005 => "1005",
            1010 => "1010",
            1015 => "1015",
            3000 => "3000",
            5000 => "5000",
            _ => continue,
        };
        writeln!(svg, "<text class=\"k\" x=\"{:.2}\" y=\"{}\">{label}</text>", left + wide / 2.0, y + 25)
            .expect("a string grows");
    }
}

/// Draws the codes as ranges. A code is one unit wide and high.
fn square(code_map: &CodeMap, svg: &mut String) {
    let (mut letters, mut rings) = (String::new(), String::new());
    for (first, last, mark) in code_map.ranges() {
        let name = mark.name();
        write!(
            svg,
            "<g fill=\"url(#{name})\"><title>{}: {}</title>",
            range_label(first.0, last.0),
            escape(mark.description())
        )
        .expect("a string grows");
        for (x, y, wide, high) in rectangles(u32::from(first.0), u32::from(last.0)) {
            write!(svg, "<rect x=\"{x}\" y=\"{y}\" width=\"{wide}\" height=\"{high}\"/>")
                .expect("a string grows");
            if high >= MIN_LINES_FOR_SYMBOL {
                write!(
                    letters,
                    "<text class=\"l\" x=\"128\" y=\"{}\">{}</text>",
                    y + high / 2 + 11,
                    mark.symbol()
                )
                .expect("a string grows");
            }
        }
        *svg += "</g>\n";
        let many = u32::from(last.0 - first.0) + 1;
        let in_boxes = last.0 >= 1000 && first.0 <= 1015;
        if many < MIN_CODES_WITHOUT_RING && !in_boxes {
            let middle = u32::from(first.0) + many / 2;
            write!(
                rings,
                "<circle class=\"r\" cx=\"{}.5\" cy=\"{}.5\" r=\"4\"/>",
                middle % SIDE,
                middle / SIDE
            )
            .expect("a string grows");
        }
    }
    writeln!(svg, "<path class=\"f\" d=\"M0 0H{SIDE}V{SIDE}H0Z\"/>{rings}{letters}").expect("a string grows");
}

/// Writes the counts below a square, by letter.
fn caption(code_map: &CodeMap, x: u32, y: u32, svg: &mut String) {
    let mut counts: Vec<(usize, CodeReaction)> =
        CodeReaction::ALL.map(|mark| (code_map.count(mark), mark)).into();
    counts.retain(|(count, _)| *count > 0);
    counts.sort_by_key(|(count, mark)| (std::cmp::Reverse(*count), *mark));
    let words: Vec<String> =
        counts.iter().map(|(count, mark)| format!("{} {count}", mark.symbol())).collect();
    writeln!(svg, "<text class=\"c\" x=\"{x}\" y=\"{y}\">{}</text>", words.join(" · "))
        .expect("a string grows");
}
