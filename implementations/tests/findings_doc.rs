//! Tests the pages of docs/findings/ against the corpus and the libraries.
//!
//! Each script text is that of a cited file. Each cited rule is violated there and has the cited level and sections. The
//! rules that live servers violate are only compared with the live baseline, because the servers are not installed here.
#![allow(clippy::disallowed_methods, reason = "tests read the corpus")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use wsclose::analysis::baseline::Baseline;
use wsclose::generate::vectors::TestVector;
use wsclose::harness::Driver;
use wsclose::judge::Judge;
use wsclose::protocol::code::Profile;
use wsclose::protocol::role::Role;
use wsclose::rules::Rule;
use wsclose::script::ScriptBuf;

/// One finding of a page.
struct Entry {
    title: String,
    /// The first paragraph, which cites the rules.
    rules: String,
    /// The script texts.
    scripts: Vec<String>,
    commands: Vec<Command>,
    /// The cases that the commands run on live servers.
    cases: Vec<String>,
    /// The names of all scripts in the text.
    cited_scripts: BTreeSet<String>,
}

/// A command that replays a script on a library.
struct Command {
    script: String,
    subject: String,
    /// The argument of `--role`, if any.
    role: Option<String>,
}

impl Command {
    /// Whether the command runs this script in `role` because of its option `--role`.
    fn runs_as(&self, script: &str, role: Role) -> bool {
        self.script == script
            && self.role.as_deref().is_some_and(|option| option == "both" || option == role.name())
    }
}

/// The pages, each with its title and its text.
fn pages() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/findings");
    let files =
        std::fs::read_dir(folder).expect("a readable folder").map(|file| file.expect("a file").path());
    let pages = files.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).expect("a readable page");
        (path.file_stem().expect("a name").to_string_lossy().into_owned(), text)
    };
    pages.map(read).collect()
}

fn entries() -> Vec<Entry> {
    let mut entries = Vec::new();
    for (name, page) in pages() {
        let page = page.split("\n<!-- generated: ").next().unwrap_or_default();
        for entry in page.split("\n## ").skip(1) {
            let (title, text) = entry.split_once("\n\n").expect("a title and a text");
            entries.push(entry_of(format!("{name}: {title}"), text));
        }
    }
    assert!(entries.len() > 70, "docs/findings/ has only {} findings", entries.len());
    entries
}

fn entry_of(title: String, text: &str) -> Entry {
    let rules = text.split("\n\n").next().expect("a paragraph").replace('\n', " ");
    let fences = |fence: &str| -> Vec<String> {
        let parts = text.split(fence).skip(1);
        parts.map(|part| part.split("```").next().expect("the end of a code block").to_owned()).collect()
    };
    let words = |line: &str| -> Vec<String> { line.split(' ').map(str::to_owned).collect() };
    let shell = fences("```sh\n").concat();
    let shell = shell.replace("\\\n", "");
    let (mut commands, mut cases) = (Vec::new(), Vec::new());
    for words in shell.lines().map(words) {
        let after = |word: &str| words.iter().skip_while(|other| *other != word).nth(1).cloned();
        match after("--case") {
            Some(case) => cases.push(case),
            None => commands.push(Command {
                script: script_name(&after("replay").expect("a script to replay")),
                subject: after("--subject").expect("a subject"),
                role: after("--role"),
            }),
        }
    }
    let quoted = text.split(['`', ' ', '\n']).filter(|word| word.ends_with(".ws"));
    let cited_scripts = quoted.map(script_name).collect();
    Entry { title, rules, scripts: fences("```text\n"), commands, cases, cited_scripts }
}

/// The name of the script `corpus/implementations/a.ws` is `a`.
fn script_name(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.strip_suffix(".ws").expect("a script").to_owned()
}

/// The curated scripts by name, without their notes.
fn scripts() -> BTreeMap<String, ScriptBuf> {
    let files = ["closing_handshake", "implementations"].into_iter().flat_map(support::seeds);
    files.map(|(name, octets)| (name.clone(), without_notes(&name, &octets))).collect()
}

fn without_notes(name: &str, octets: &[u8]) -> ScriptBuf {
    let script = ScriptBuf::read(octets).unwrap_or_else(|error| panic!("{name}: {error}"));
    let role = script.as_script().role();
    let vector = TestVector::curated(name.to_owned(), script.as_script());
    ScriptBuf::read(vector.script.as_script().for_role(role).to_string().as_bytes()).expect("a script")
}

/// The rules of a paragraph, in groups with the text in the parentheses after each group.
fn cited_rules(paragraph: &str) -> Vec<(Vec<Rule>, String)> {
    let mut all = Vec::new();
    for group in paragraph.split_inclusive(')') {
        let Some((names, place)) = group.split_once('(') else { continue };
        let rules = names.split('`').filter_map(|word| word.parse().ok()).collect();
        all.push((rules, place.trim_end_matches(')').to_owned()));
    }
    all
}

#[test]
fn script_texts_match_the_replayed_files() {
    let files = scripts();
    for entry in entries() {
        for text in &entry.scripts {
            let script = without_notes(&entry.title, text.as_bytes());
            let curated = entry.cases.iter().filter_map(|case| case.rsplit('/').next());
            let curated = curated.filter(|case| files.contains_key(*case));
            let names: Vec<&str> =
                entry.commands.iter().map(|command| command.script.as_str()).chain(curated).collect();
            // Systematic cases such as `reason-asked/129` have no file.
            if names.is_empty() && !entry.cases.is_empty() {
                continue;
            }
            let cited = names.iter().map(|name| &files[*name]);
            assert!(
                cited.clone().any(|file| *file == script),
                "{}: expected the text of one of {names:?}, found\n{text}\nthe first of them is\n{}",
                entry.title,
                cited.clone().next().expect("a command").as_script()
            );
        }
        assert!(!entry.scripts.is_empty(), "{}: expected a script", entry.title);
    }
}

#[test]
fn cited_rules_have_their_level_and_sections() {
    for entry in entries() {
        for (rules, place) in cited_rules(&entry.rules) {
            for rule in &rules {
                assert!(
                    place.contains(rule.level().name()),
                    "{}: {rule} is of level {}",
                    entry.title,
                    rule.level()
                );
            }
            let sections: Vec<&str> =
                rules.iter().flat_map(|rule| rule.sections().split([',', ';', ' '])).collect();
            for section in place.split('§').skip(1) {
                let section = section.split([',', ' ']).next().expect("a number");
                assert!(
                    rules.is_empty() || sections.contains(&section),
                    "{}: expected a section of {rules:?}, found §{section}",
                    entry.title
                );
            }
        }
    }
}

#[test]
fn cited_rules_are_violated_by_cited_scripts() {
    let files = scripts();
    let (mut driver, mut judge) = (Driver::new(), Judge::new(Profile::default()));
    for entry in entries().into_iter().filter(|entry| entry.cases.is_empty()) {
        let subjects: BTreeSet<&str> =
            entry.commands.iter().map(|command| command.subject.as_str()).collect();
        let mut violated: BTreeSet<Rule> = BTreeSet::new();
        let mut all_built = true;
        for name in subjects {
            let Some(mut subject) = wsclose_implementations::by_name(name) else {
                println!("skipped: {name} was not built");
                all_built = false;
                continue;
            };
            for script in &entry.cited_scripts {
                let file =
                    files.get(script).unwrap_or_else(|| panic!("{}: found no script {script}", entry.title));
                for role in Role::ALL {
                    let runs = entry.commands.iter().any(|command| command.runs_as(script, role));
                    if runs || role == file.as_script().role() {
                        let trace = driver.drive(file.as_script().for_role(role), subject.as_mut());
                        violated.extend(judge.judge(trace).iter().map(|finding| finding.rule));
                    }
                }
            }
        }
        for (rules, _) in cited_rules(&entry.rules) {
            for rule in rules {
                assert!(
                    !all_built || violated.contains(&rule),
                    "{}: expected a violation of {rule}",
                    entry.title
                );
            }
        }
    }
}

#[test]
fn rules_cited_for_live_servers_are_in_the_baseline() {
    let listed = Baseline::parse(include_str!("../live/baseline.toml")).expect("the committed list is sound");
    for entry in entries().iter().filter(|entry| !entry.cases.is_empty()) {
        for rule in cited_rules(&entry.rules).into_iter().flat_map(|(rules, _)| rules) {
            assert!(
                listed.iter().any(|violation| violation.rule == rule),
                "{}: expected {rule} in implementations/live/baseline.toml, found it nowhere there",
                entry.title
            );
        }
    }
}
