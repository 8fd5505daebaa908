//! `matrix.md`: a table of subjects and rules, the shortest script for every violation, and the distances between
//! subjects.

use std::fmt::Write as _;

use wsclose::analysis::compare::comparable_codes;
use wsclose::analysis::matrix::{Cell, SubjectResult};
use wsclose::analysis::status::FindingStatus;
use wsclose::generate::vectors::CodeOrigin;
use wsclose::protocol::role::Role;
use wsclose::rules::Rule;

use crate::libraries::{CodeRoundTrip, Libraries};

use super::results::{GENERATED_BY, Results, title};

/// The page.
pub fn page(results: &Results<'_>, libraries: &dyn Libraries) -> String {
    let mut page =
        format!("<!-- {GENERATED_BY} -->\n# WebSocket libraries and the rules of the closing handshake\n\n");
    page += &format!(
        "wsclose {}, profile `{}`. {} A library that needs sockets runs only the curated scripts.\n\n\
         [Differences](disagreements.md) · [every close code as a picture](codes.svg) · [as data](matrix.json)\n\n",
        env!("CARGO_PKG_VERSION"),
        results.profile,
        played(results),
    );
    subjects(results, &mut page);
    rules(results, &mut page);
    violations(results, &mut page);
    distances(results, &mut page);
    code_types(results, libraries, &mut page);
    page
}

/// The scripts of this run.
fn played(results: &Results<'_>) -> String {
    let plan = results.plan;
    let scripts = match results.with_scripts {
        true => format!(
            "Scripts, each in both roles: {} curated, {} systematic (local closes; reasons of 0 to 130 octets), \
             {} cuts of curated ones. Scenarios, each in its own role: {}",
            plan.curated(),
            plan.scripts().len() - plan.curated(),
            plan.segmentations().len(),
            plan.scenarios().len(),
        ),
        false => "No scripts".to_owned(),
    };
    let codes = match results.with_codes {
        true => {
            "every code from 0 to 65535 received in a first Close, received in a reply, and requested by the application"
        }
        false => "no sweep of the codes",
    };
    format!("{scripts}; {codes}.")
}

/// Escapes the text of a table cell.
pub fn escape_cell(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|").replace('\n', " ")
}

fn subjects(results: &Results<'_>, page: &mut String) {
    *page +=
        "## Subjects\n\n| subject | scripts | new | known | warn | info | |\n|---|--:|--:|--:|--:|--:|---|\n";
    for (row, notes) in results.rows.iter().zip(&results.notes) {
        let count = |status| results.count(row, status);
        writeln!(
            page,
            "| {} | {} | {} | {} | {} | {} | {} |",
            row.name,
            row.scripts(),
            count(FindingStatus::Fail),
            count(FindingStatus::Known),
            count(FindingStatus::Warn),
            count(FindingStatus::Info),
            notes.join("; ")
        )
        .expect("a string grows");
    }
    for (subject, why) in &results.untested {
        writeln!(page, "| {subject} | | | | | | could not test: {} |", escape_cell(why))
            .expect("a string grows");
    }
    for (subject, remedy) in &results.unavailable {
        writeln!(page, "| {subject} | | | | | | not built: {} |", escape_cell(remedy))
            .expect("a string grows");
    }
    *page += "\nNew: a violation of level must, interop or robust that `baseline.toml` does not list. Warn: a violation \
              of level should or lenient. Info: behavior that the RFC leaves open.\n\n";
}

fn rules(results: &Results<'_>, page: &mut String) {
    *page += "## Every rule\n\nScripts with a violation, of those that exercised the rule; a single number \
              counts scripts that conformed. `–`: the library leaves the rule to its program. Empty: no script \
              exercised the rule.\n\n| rule | level |";
    results.rows.iter().for_each(|row| *page += &format!(" {} |", row.name));
    *page += "\n|---|---|";
    results.rows.iter().for_each(|_| *page += "--:|");
    page.push('\n');
    for rule in Rule::ALL {
        *page += &format!("| {rule} | {} |", rule.level());
        for row in &results.rows {
            *page += &format!(" {} |", counts(results, row, rule, &row.cell(rule)));
        }
        page.push('\n');
    }
    page.push('\n');
}

fn counts(results: &Results<'_>, row: &SubjectResult, rule: Rule, cell: &Cell) -> String {
    let counts = format!("{}/{}", cell.violated, cell.exercised());
    match results.status(row, rule, cell) {
        Some(FindingStatus::Fail) => format!("**NEW** {counts}"),
        Some(FindingStatus::Known) => format!("known {counts}"),
        Some(FindingStatus::Warn) => format!("warn {counts}"),
        Some(FindingStatus::Info) => format!("info {counts}"),
        None if !row.covers(rule) => "–".to_owned(),
        None if cell.conformed > 0 => cell.conformed.to_string(),
        None if cell.inconclusive > 0 => "inconclusive".to_owned(),
        None => String::new(),
    }
}

fn violations(results: &Results<'_>, page: &mut String) {
    *page += "## The shortest script for every violation\n";
    for row in &results.rows {
        let violated: Vec<(Rule, Cell)> = Rule::ALL
            .into_iter()
            .map(|rule| (rule, row.cell(rule)))
            .filter(|(_, cell)| cell.violated > 0)
            .collect();
        if violated.is_empty() {
            continue;
        }
        *page += &format!(
            "\n### {}\n\n| rule | level | status | behavior | script |\n|---|---|---|---|---|\n",
            row.name
        );
        for (rule, cell) in violated {
            let (Some(status), Some(shown)) = (results.status(row, rule, &cell), &cell.example) else {
                continue;
            };
            writeln!(
                page,
                "| {rule} | {} | {} | {} | {} |",
                rule.level(),
                status.name(),
                escape_cell(&shown.actual),
                title(shown),
            )
            .expect("a string grows");
        }
    }
    let scripts = results.scripts(&[
        FindingStatus::Fail,
        FindingStatus::Known,
        FindingStatus::Warn,
        FindingStatus::Info,
    ]);
    if !scripts.is_empty() {
        *page += "\n## Scripts\n\nEach is a file that `wsclose replay` accepts.\n";
    }
    for (title, text) in scripts {
        writeln!(page, "\n### {title}\n\n```text\n{text}```").expect("a string grows");
    }
}

fn distances(results: &Results<'_>, page: &mut String) {
    *page += "\n## Distances\n\nThe distance compares the frames sent, how TCP ended, the reports to the \
              application and the results of its requests, as far as both libraries do these themselves.\n\n\
              | subject | nearest | scripts that differ | codes that differ |\n|---|---|--:|--:|\n";
    for (row, nearest) in results.rows.iter().zip(&results.nearest) {
        let Some((other, distance)) = nearest else { continue };
        writeln!(
            page,
            "| {} | {} | {} of {} | {} of {} |",
            row.name,
            results.rows[*other].name,
            distance.scripts,
            distance.of_scripts,
            distance.codes,
            distance.of_codes
        )
        .expect("a string grows");
    }
    page.push('\n');
    let alike = results.clusters.iter().filter(|cluster| cluster.len() > 1);
    let alike: Vec<String> =
        alike.map(|cluster| format!("- same behavior: {}\n", results.names(cluster))).collect();
    *page += &if alike.is_empty() { "No two subjects behave the same.\n".to_owned() } else { alike.concat() };
    if results.rows.iter().any(|row| row.roles.iter().any(|part| !part.codes.is_empty())) {
        let programs: Vec<String> = results
            .rows
            .iter()
            .filter(|row| {
                CodeOrigin::ALL
                    .into_iter()
                    .any(|way| !comparable_codes(row.role_result(Role::Server).capabilities, way))
            })
            .map(|row| row.name.clone())
            .collect();
        if !programs.is_empty() {
            *page += &format!(
                "\nCodes are left to the program, in some way or other, by: {}.\n",
                programs.join(", ")
            );
        }
    }
}

fn code_types(results: &Results<'_>, libraries: &dyn Libraries, page: &mut String) {
    let round_trips = |name: &str| -> Option<Vec<(u16, CodeRoundTrip)>> {
        (0..=u16::MAX).map(|code| Some((code, libraries.round_trip(name, code)?))).collect()
    };
    let known: Vec<(&str, Vec<(u16, CodeRoundTrip)>)> =
        results.rows.iter().filter_map(|row| Some((row.name.as_str(), round_trips(&row.name)?))).collect();
    if known.is_empty() {
        return;
    }
    *page += "\n## Close code types\n\nThe number of values from 0 to 65535 that the close code type of a library \
              rejects, changes, names, and allows.\n\n| subject | rejected by the type | changed | named | allowed |\n|---|--:|--:|--:|--:|\n";
    for (name, all) in known {
        let refused = all.iter().filter(|(_, spelling)| spelling.returned.is_none()).count();
        let changed =
            all.iter().filter(|(code, spelling)| spelling.returned.is_some_and(|back| back != *code));
        let changed = changed.count();
        let count = |of: fn(&CodeRoundTrip) -> Option<bool>, none: &str| {
            let answers: Vec<bool> = all.iter().filter_map(|(_, spelling)| of(spelling)).collect();
            match answers.len() {
                0 => none.to_owned(),
                _ => answers.iter().filter(|answer| **answer).count().to_string(),
            }
        };
        let named = count(|spelling| spelling.named, "plain number");
        let allowed = count(|spelling| spelling.allowed, "no check");
        writeln!(page, "| {name} | {refused} | {changed} | {named} | {allowed} |").expect("a string grows");
    }
}

#[cfg(test)]
mod tests {
    use crate::libraries::NoLibraries;
    use wsclose::analysis::baseline::Baseline;
    use wsclose::analysis::matrix::MatrixPlan;
    use wsclose::protocol::code::Profile;

    use super::super::results::Results;
    use super::page;

    #[test]
    fn missing_subjects_are_listed_with_a_reason() {
        let (plan, known) = (MatrixPlan::new(Vec::new()), Baseline::default());
        let not_built = vec![("beast", "install a|b")];
        let mut results = Results::of(&plan, Vec::new(), not_built, &known, Profile::default());
        results.untested.push(("slow".to_owned(), "it did not return".to_owned()));
        let page = page(&results, &NoLibraries);
        assert!(page.contains("| beast | | | | | | not built: install a\\|b |"), "{page}");
        assert!(page.contains("| slow | | | | | | could not test: it did not return |"), "{page}");
    }
}
