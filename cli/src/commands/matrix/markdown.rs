//! `matrix.md`: peers × rules. In come results, out comes a page with every cell, the shortest script that was
//! played of each breach, and who behaves alike.

use std::fmt::Write as _;

use wsclose::analysis::compare::comparable_codes;
use wsclose::analysis::matrix::{Cell, SubjectResult};
use wsclose::analysis::report::FindingStatus;
use wsclose::generate::vectors::CodeOrigin;
use wsclose::protocol::role::Role;
use wsclose::rules::Rule;

use crate::libraries::{CodeRoundTrip, Libraries};

use super::report_dir::GENERATED_BY;
use super::results::{Results, title};

/// The page.
pub fn page(results: &Results<'_>, libraries: &dyn Libraries) -> String {
    let mut page = format!("<!-- {GENERATED_BY} -->\n# Peers and the rules of closing a WebSocket\n\n");
    page += &format!(
        "wsclose {}, profile `{}`. {} A peer that needs sockets gets the curated scripts alone.\n\n\
         [Where peers differ](disagreements.md) · [a picture of every code](codes.svg) · [as data](matrix.json)\n\n",
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

/// What was played in this run.
fn played(results: &Results<'_>) -> String {
    let plan = results.plan;
    let scripts = match results.with_scripts {
        true => format!(
            "Scripts, each in both roles: {} curated, {} systematic (local closes; reasons of 0 to 130 octets), \
             {} cuts of curated ones",
            plan.curated(),
            plan.scripts().len() - plan.curated(),
            plan.segmentations().len(),
        ),
        false => "No scripts".to_owned(),
    };
    let codes = match results.with_codes {
        true => "every code from 0 to 65535 received, in an answer, and asked for by the application",
        false => "no sweep of the codes",
    };
    format!("{scripts}; {codes}.")
}

/// Text in a cell of a table.
pub fn escape_cell(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|").replace('\n', " ")
}

fn subjects(results: &Results<'_>, page: &mut String) {
    *page +=
        "## Subjects\n\n| subject | scripts | new | known | warn | info | |\n|---|--:|--:|--:|--:|--:|---|\n";
    for (row, notes) in results.rows.iter().zip(&results.notes) {
        let count = |standing| results.count(row, standing);
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
    *page += "\nNew: a breach of level must, interop or robust that `baseline.toml` does not list. Warn: the same of \
              level should or lenient. Info: what the RFC leaves open.\n\n";
}

fn rules(results: &Results<'_>, page: &mut String) {
    *page += "## Every rule\n\nScripts in which it was broken of those in which it was kept or broken, or only \
              the latter. `–`: the peer leaves it to its program. Empty: no script could decide it \
              for this peer.\n\n| rule | level |";
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
    *page += "## The shortest script that was played for every breach\n";
    for row in &results.rows {
        let broken: Vec<(Rule, Cell)> = Rule::ALL
            .into_iter()
            .map(|rule| (rule, row.cell(rule)))
            .filter(|(_, cell)| cell.violated > 0)
            .collect();
        if broken.is_empty() {
            continue;
        }
        *page += &format!(
            "\n### {}\n\n| rule | level | | what it did | script |\n|---|---|---|---|---|\n",
            row.name
        );
        for (rule, broken) in broken {
            let (Some(standing), Some(shown)) = (results.status(row, rule, &broken), &broken.example) else {
                continue;
            };
            writeln!(
                page,
                "| {rule} | {} | {} | {} | {} |",
                rule.level(),
                standing.name(),
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
        *page += "\n## These scripts\n\nEach is a file that `wsclose replay` takes.\n";
    }
    for (title, text) in scripts {
        writeln!(page, "\n### {title}\n\n```text\n{text}```").expect("a string grows");
    }
}

fn distances(results: &Results<'_>, page: &mut String) {
    *page += "\n## Who behaves alike\n\nCompared are the frames written, how TCP ended, what the application was \
              told and whether it got what it asked for, as far as both peers do that themselves.\n\n\
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
        alike.map(|cluster| format!("- alike in everything: {}\n", results.names(cluster))).collect();
    *page += &if alike.is_empty() { "No two are alike in everything.\n".to_owned() } else { alike.concat() };
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
    *page += "\n## Its own type of codes\n\nEvery value there and back, through the type that a peer has for close \
              codes.\n\n| subject | refused by the type | come back changed | with a name of their own | allowed, \
              it says |\n|---|--:|--:|--:|--:|\n";
    for (name, all) in known {
        let refused = all.iter().filter(|(_, spelling)| spelling.returned.is_none()).count();
        let changed =
            all.iter().filter(|(code, spelling)| spelling.returned.is_some_and(|back| back != *code));
        let changed = changed.count();
        let count = |of: fn(&CodeRoundTrip) -> Option<bool>, none: &str| {
            let said: Vec<bool> = all.iter().filter_map(|(_, spelling)| of(spelling)).collect();
            match said.len() {
                0 => none.to_owned(),
                _ => said.iter().filter(|said| **said).count().to_string(),
            }
        };
        let named = count(|spelling| spelling.named, "a bare number");
        let allowed = count(|spelling| spelling.allowed, "does not say");
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
        results.untested.push(("slow".to_owned(), "it did not come back".to_owned()));
        let page = page(&results, &NoLibraries);
        assert!(page.contains("| beast | | | | | | not built: install a\\|b |"), "{page}");
        assert!(page.contains("| slow | | | | | | could not test: it did not come back |"), "{page}");
    }
}
