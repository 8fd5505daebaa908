//! Checks that the paths in the Markdown files exist, so that a moved file cannot leave a dead link behind.

#![allow(clippy::disallowed_methods, reason = "reads the files of the repository")]

use std::fs;
use std::path::{Path, PathBuf};

/// The files for contributors. Their paths in backticks have to exist too. Other files show paths as examples.
const LAYOUT: [&str; 2] = ["ARCHITECTURE.md", "CONTRIBUTING.md"];

#[test]
fn relative_links_lead_to_files() {
    let mut report = String::new();
    let mut count = 0;
    for path in markdown_files() {
        let text = read(&path);
        for target in links(&text) {
            count += 1;
            let base = path.parent().expect("a file has a folder");
            if !base.join(target).exists() {
                report += &format!("{}: {target}: no such file\n", path.display());
            }
        }
    }
    assert!(count > 20, "only {count} links were found");
    assert!(report.is_empty(), "{report}");
}

#[test]
fn paths_in_the_layout_exist() {
    let mut report = String::new();
    for name in LAYOUT {
        let text = read(&root().join(name));
        for path in paths(&text).filter(|path| !root().join(path).exists()) {
            report += &format!("{name}: {path}: no such file\n");
        }
    }
    assert!(report.is_empty(), "{report}");
}

#[test]
fn links_and_paths_are_found() {
    let text =
        "[a](b.md#c), [d](https://e.f), [g](#h), `src/lib.rs`, `a/b`, `src/x y`\n```\n`src/no`\n```\n`live/`";
    assert_eq!(links(text).collect::<Vec<_>>(), ["b.md"]);
    assert_eq!(paths(text).collect::<Vec<_>>(), ["src/lib.rs", "live/"]);
}

/// The targets of relative links, without their anchors.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets
        .filter(|target| !target.contains("://"))
        .filter_map(|target| target.split('#').next())
        .filter(|path| !path.is_empty())
}

/// The paths in backticks that begin with a folder of the repository, outside of code blocks.
fn paths(text: &str) -> impl Iterator<Item = &str> {
    let prose = text.split("```").step_by(2);
    let quoted = prose.flat_map(|part| part.split('`').skip(1).step_by(2));
    quoted.filter(|path| !path.contains(' ')).filter(|path| {
        path.split_once('/').is_some_and(|(folder, _)| !folder.is_empty() && root().join(folder).is_dir())
    })
}

/// The Markdown files at the root and below `docs/`.
fn markdown_files() -> Vec<PathBuf> {
    let mut folders = vec![root().join("docs")];
    let mut files = Vec::new();
    let of = |folder: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).into_iter().flatten();
        entries.map(|entry| entry.expect("a readable entry").path()).collect()
    };
    files.extend(of(root()));
    while let Some(folder) = folders.pop() {
        let (inner, rest): (Vec<_>, Vec<_>) = of(&folder).into_iter().partition(|path| path.is_dir());
        folders.extend(inner);
        files.extend(rest);
    }
    files.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    files
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).expect("a readable file")
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
