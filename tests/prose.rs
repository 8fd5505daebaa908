//! Rejects words that the style guide (`docs/prose.md`) rules out, and names that the project no longer uses.
//!
//! The test reads every tracked file of prose or code. It compares words, so a phrase is found across a line break and
//! a comment marker. `tests/prose_allowed.txt` lists the places where such a word is right, each with a reason.

#![allow(clippy::disallowed_methods, reason = "reads the files of the repository")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Words that hide the actor, or that technical English seldom uses, with what to write instead.
const HABITS: &[(&str, &str)] = &[
    ("anybody", "the actor: endpoint, peer, application, reader"),
    ("as can be", "as possible"),
    ("as it came", "as received"),
    ("breach", "violation"),
    ("breaches", "violations"),
    ("by itself", "on its own"),
    ("by themselves", "on their own"),
    ("everybody", "the actor: endpoint, peer, application, reader"),
    ("hangs on", "depends on"),
    ("held against", "reported as a violation of"),
    ("hold against", "report as a violation of"),
    ("in comes", "a verb: reads, receives, extracts"),
    ("in come", "a verb: reads, receives, extracts"),
    ("in doubt", "unconfirmed, or inconclusive"),
    ("in so many words", "explicitly"),
    ("it is told", "the application is told, or it receives"),
    ("lest", "so that ... not"),
    ("mended", "fixed"),
    ("nobody", "the actor, with a negated verb"),
    ("of itself", "on its own"),
    ("out come", "a verb: writes, returns, reports"),
    ("out comes", "a verb: writes, returns, reports"),
    ("out goes", "a verb: writes, sends"),
    ("patience", "timeout (time), grace (ticks) or budget (calls)"),
    ("put through", "run, test"),
    ("somebody", "the actor: endpoint, peer, application, reader"),
    ("taken for", "read as, treated as"),
    ("that which", "what, or the noun"),
    ("thereby", "a sentence of its own"),
    ("to its credit", "counted as conforming"),
    ("told of", "the application is told that"),
    ("upon", "on, when, after"),
    ("whereupon", "then"),
    ("whoever", "the actor: endpoint, peer, application, reader"),
    ("whom", "the actor: endpoint, peer, application, reader"),
    ("wish", "request"),
    ("wishes", "requests"),
];

/// Names that were renamed, with their successors.
const OLD_NAMES: &[(&str, &str)] = &[
    ("--as-known", "--baseline"),
    ("--binds", "--party"),
    ("--command-close", "--close-command"),
    ("--feed", "--exec-stdin"),
    ("--i-may-test-this-host", "--allow-remote"),
    ("--known", "--baseline"),
    ("--loop", "--exec-loop"),
    ("--no-codes", "--codes none"),
    ("--octets", "--raw-bytes"),
    ("--only-codes", "--codes only"),
    ("--patience", "--timeout"),
    ("--says-closed", "--client-reports-close"),
    ("WSCLOSE_PEER", "WSCLOSE_IMPLEMENTATION"),
    ("afterthought", "after_close, ExtraAction"),
    ("deaf", "tcp_closed_at, discards_input"),
    ("duties", "capabilities"),
    ("duty", "capability"),
    ("half_fin", "write_shutdown"),
    ("halffin", "WriteShutdown"),
    ("hall", "case server"),
    ("known.toml", "baseline.toml"),
    ("not_asked", "unsupported"),
    ("notasked", "Unsupported"),
    ("old.toml", "bugs.toml"),
    ("peers.toml", "implementations.toml"),
    ("plumbing", "adapter"),
    ("spinning", "hung"),
    ("story", "facts"),
    ("surety", "confirmation"),
    ("teller", "extractor"),
    ("wsclose-old", "wsclose-known-bugs"),
    ("wsclose-peers", "wsclose-implementations"),
    ("wsclose-plumbing", "wsclose-adapter"),
];

/// The files that hold prose: these extensions, and these paths without one.
const EXTENSIONS: [&str; 18] = [
    "c", "cpp", "css", "go", "h", "hpp", "hs", "html", "java", "js", "md", "pl", "py", "rb", "rs", "toml",
    "ws", "yml",
];
const PATHS: [&str; 2] = [".ci/run", "implementations/live/install"];

const ALLOWED: &str = "tests/prose_allowed.txt";

#[test]
fn prose_avoids_the_listed_words() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // A package from crates.io is no repository.
    if !root.join(".git").exists() {
        return;
    }
    let allowed =
        allowed(&fs::read_to_string(root.join(ALLOWED)).expect("there is an allow-list")).expect("it reads");
    let mut used = BTreeSet::new();
    let mut report = String::new();
    for path in tracked_files(root) {
        // Git lists a file that was deleted and not committed.
        let Ok(text) = fs::read_to_string(root.join(&path)) else { continue };
        for Hit { line, phrase, instead } in hits(&text) {
            let entries = [(path.clone(), "*".to_owned()), (path.clone(), phrase.to_owned())];
            match entries.into_iter().find(|entry| allowed.contains(entry)) {
                Some(entry) => {
                    used.insert(entry);
                }
                None => report += &format!("{path}:{line}: `{phrase}`: write {instead}\n"),
            }
        }
    }
    for entry in allowed.iter().filter(|entry| !used.contains(*entry)) {
        report += &format!("{ALLOWED}: {} | {}: no longer occurs; delete the line\n", entry.0, entry.1);
    }
    let count = report.lines().count();
    assert!(report.is_empty(), "{count} places break docs/prose.md:\n{report}");
}

#[test]
fn phrases_are_found_across_lines_and_not_across_sentences() {
    let found =
        |text: &str| -> Vec<(usize, &str)> { hits(text).iter().map(|hit| (hit.line, hit.phrase)).collect() };
    assert_eq!(
        found("/// It ends\n/// Upon a frame that was told\n/// of it.\n"),
        [(2, "upon"), (2, "told of")]
    );
    assert_eq!(found("The bytes go in. Come what may, out. Comes to 3.\n"), []);
    assert_eq!(found("thereupon, groupon, coupon\n"), []);
    assert_eq!(found("pass `--known=FILE`, not known\n"), [(1, "--known")]);
    assert_eq!(found("let out = self.not_asked(known.toml);\n"), [(1, "not_asked"), (1, "known.toml")]);
}

#[test]
fn an_allow_list_entry_needs_a_reason() {
    assert_eq!(allowed("# a comment\n\na.md | upon | a quote\n").expect("an entry").len(), 1);
    assert!(allowed("a.md | upon |  \n").is_err());
    assert!(allowed("a.md | upon\n").is_err());
}

/// A listed phrase in a text.
struct Hit {
    line: usize,
    phrase: &'static str,
    instead: &'static str,
}

/// Finds the listed phrases of a text, in order.
fn hits(text: &str) -> Vec<Hit> {
    let tokens = tokens(text);
    let mut hits = Vec::new();
    let phrases: Vec<_> =
        HABITS.iter().chain(OLD_NAMES).map(|(phrase, instead)| (words(phrase), *phrase, *instead)).collect();
    for at in 0..tokens.len() {
        for (words, phrase, instead) in &phrases {
            let window = tokens.get(at..at + words.len());
            if window.is_some_and(|window| window.iter().map(|(_, word)| word).eq(words)) {
                hits.push(Hit { line: tokens[at].0, phrase, instead });
            }
        }
    }
    hits
}

/// The words of a phrase.
fn words(phrase: &str) -> Vec<String> {
    tokens(phrase).into_iter().map(|(_, word)| word).collect()
}

/// Splits a text into words in lower case, each with its line. Punctuation that ends a clause is a token too, so that
/// no phrase spans it. Spaces, comment markers and markup are dropped.
fn tokens(text: &str) -> Vec<(usize, String)> {
    let mut tokens = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let mut word = String::new();
        for c in line.chars().chain([' ']) {
            if c.is_alphanumeric() || c == '_' || c == '-' {
                word.extend(c.to_lowercase());
                continue;
            }
            if word.contains(char::is_alphanumeric) {
                tokens.push((number + 1, std::mem::take(&mut word)));
            }
            word.clear();
            if ".,:;!?()".contains(c) {
                tokens.push((number + 1, c.to_string()));
            }
        }
    }
    tokens
}

/// Reads an allow-list: lines of `path | phrase | reason`, where the phrase `*` stands for all.
fn allowed(text: &str) -> Result<BTreeSet<(String, String)>, String> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| match line.split(" | ").collect::<Vec<_>>()[..] {
            [path, phrase, reason] if !reason.trim().is_empty() => Ok((path.to_owned(), phrase.to_owned())),
            _ => Err(format!("{ALLOWED}: expected `path | phrase | reason`, found `{line}`")),
        })
        .collect()
}

/// The paths of the files to read, relative to the root.
fn tracked_files(root: &Path) -> Vec<String> {
    let output = Command::new("git").args(["ls-files", "-z"]).current_dir(root).output();
    let output = output.expect("git runs");
    assert!(output.status.success(), "git ls-files: {}", String::from_utf8_lossy(&output.stderr));
    let listed = String::from_utf8(output.stdout).expect("paths in UTF-8");
    let paths = listed.split('\0').filter(|path| {
        let extension = Path::new(path).extension().and_then(|extension| extension.to_str());
        PATHS.contains(path) || extension.is_some_and(|extension| EXTENSIONS.contains(&extension))
    });
    paths.map(str::to_owned).collect()
}
