//! The commands that the README and the guide show.
//!
//! A block of shell commands is run if its lines begin with `$ `. The exit code of a command must be that of a comment
//! such as `# exit 1`, or 0. Its output must be the lines below it, if there are any. A block that cannot be run has a
//! comment `<!-- not run: REASON -->` above it. With `WSCLOSE_UPDATE_DOCS=1`, the outputs in the pages are replaced.
#![allow(clippy::disallowed_methods, reason = "tests read and write the guide")]

use std::path::{Path, PathBuf};
use std::process::Command;

/// A command of a page.
struct Shown {
    /// The line, without `$ `.
    line: String,
    /// The output below it.
    output: String,
}

/// The README and the pages of the guide. The pages on rules and findings have tests of their own.
fn pages() -> Vec<PathBuf> {
    let root = root();
    let entries = std::fs::read_dir(root.join("docs")).expect("a readable folder");
    let mut pages: Vec<PathBuf> = entries.map(|entry| entry.expect("a page").path()).collect();
    pages.push(root.join("README.md"));
    pages.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    pages.sort();
    pages
}

/// The root of the repository: the closest folder with a README and a guide.
pub fn root() -> &'static Path {
    let folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let mut roots = folders.filter(|folder| folder.join("docs/book.toml").exists());
    roots.next().expect("the root of the repository")
}

/// The blocks of shell commands of a page, each with the line above it.
fn blocks(page: &str) -> Vec<(&str, &str)> {
    let mut blocks = Vec::new();
    let mut rest = page;
    while let Some((before, inside)) = rest.split_once("```sh\n") {
        let (block, after) = inside.split_once("```").expect("the end of a block");
        blocks.push((before.lines().last().unwrap_or_default(), block));
        rest = after;
    }
    blocks
}

fn shown(block: &str) -> Vec<Shown> {
    let mut commands: Vec<Shown> = Vec::new();
    for line in block.lines() {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (Some(line), _) => commands.push(Shown { line: line.to_owned(), output: String::new() }),
            (None, Some(command)) => command.output += &format!("{line}\n"),
            (None, None) => {}
        }
    }
    commands
}

/// Runs every command of `program` in the guide, which is the binary at `path`. Returns how many there are.
///
/// # Panics
/// If a command has another exit code or output than the page shows.
pub fn run_commands(program: &str, path: &Path) -> usize {
    // A command may start another `wsclose`, so the binary must be on the path.
    let own = path.parent().expect("a folder").to_owned();
    let others = std::env::var_os("PATH").unwrap_or_default();
    let search = std::env::join_paths([own].into_iter().chain(std::env::split_paths(&others)));
    let search = search.expect("folders");
    let mut count = 0;
    for page in pages() {
        let text = std::fs::read_to_string(&page).expect("a readable page");
        let mut updated = text.clone();
        let commands = blocks(&text).into_iter().flat_map(|(_, block)| shown(block));
        for Shown { line, output } in commands {
            let Some(command) = line.strip_prefix(&format!("{program} ")) else { continue };
            count += 1;
            let (command, comment) = command.split_once("  # ").unwrap_or((command, ""));
            let expected: i32 =
                comment.trim().strip_prefix("exit ").map_or(0, |code| code.parse().expect("a number"));
            let ran = Command::new(path)
                .args(words(command))
                .current_dir(root())
                .env("PATH", &search)
                .output()
                .expect("a run of the command");
            let stdout = String::from_utf8(ran.stdout).expect("text");
            let place = format!("{}: {program} {command}", page.display());
            assert_eq!(ran.status.code(), Some(expected), "{place}\n{stdout}");
            if output.is_empty() || output == stdout {
                continue;
            }
            let update = std::env::var_os("WSCLOSE_UPDATE_DOCS").is_some();
            assert!(update, "{place}\nprints\n{stdout}\nand the page shows\n{output}");
            updated = updated.replace(&format!("$ {line}\n{output}"), &format!("$ {line}\n{stdout}"));
        }
        if updated != text {
            std::fs::write(&page, updated).expect("a writable page");
        }
    }
    count
}

/// The blocks of shell commands that are neither run nor marked, as `PAGE: BLOCK`.
pub fn unmarked_blocks() -> Vec<String> {
    let mut unmarked = Vec::new();
    for page in pages() {
        let text = std::fs::read_to_string(&page).expect("a readable page");
        // The program that generates a page tests its command.
        if text.starts_with("<!-- Generated") {
            continue;
        }
        for (above, block) in blocks(&text) {
            let is_run = block.lines().next().is_some_and(|line| line.starts_with("$ wsclose"));
            let reason = above.strip_prefix("<!-- not run: ").and_then(|rest| rest.strip_suffix(" -->"));
            let is_marked = reason.is_some_and(|reason| !reason.trim().is_empty());
            if !is_run && !is_marked && !above.starts_with("<!-- command: ") {
                unmarked.push(format!("{}: {block}", page.display()));
            }
        }
    }
    unmarked
}

/// The scripts and recordings that the pages show, each with the path of its page.
pub fn scripts() -> Vec<(String, String)> {
    let mut scripts = Vec::new();
    for page in pages() {
        let text = std::fs::read_to_string(&page).expect("a readable page");
        for block in text.split("```text\n").skip(1) {
            let block = block.split("```").next().unwrap_or_default();
            if block.starts_with("wsclose ") {
                scripts.push((page.display().to_string(), block.to_owned()));
            }
        }
    }
    scripts
}

/// The words of a command. Text between single quotes is one word.
fn words(command: &str) -> Vec<&str> {
    let parts = command.split('\'').enumerate();
    parts
        .flat_map(|(at, part)| if at % 2 == 0 { part.split_whitespace().collect() } else { vec![part] })
        .collect()
}
