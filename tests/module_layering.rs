//! Modules import in one direction: no file and no folder of a crate depends on itself through others.
//!
//! The test reads imports as text: `use` items and the paths that begin with `crate::` or `super::`. It ignores unit
//! tests, which may use everything.

#![allow(clippy::disallowed_methods, reason = "reads the source files of the workspace")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The source folder of every crate of the workspace.
const CRATES: [&str; 8] = [
    "src",
    "live/src",
    "adapter/src",
    "capture/src",
    "implementations/src",
    "known-bugs/src",
    "cli/src",
    "benches/power/src",
];

/// The modules that each module imports.
type Imports = BTreeMap<String, BTreeSet<String>>;

#[test]
fn files_import_without_cycles() {
    for folder in CRATES {
        let cycle = cycle(&imports(folder));
        assert!(
            cycle.is_none(),
            "{folder}: modules import each other: {}",
            cycle.unwrap_or_default().join(" -> ")
        );
    }
}

#[test]
fn folders_import_without_cycles() {
    for folder in CRATES {
        let mut folders = Imports::new();
        for (module, imported) in imports(folder) {
            let top = |path: &str| path.split("::").next().unwrap_or_default().to_owned();
            let to = imported.iter().map(|path| top(path)).filter(|to| *to != top(&module));
            folders.entry(top(&module)).or_default().extend(to.collect::<Vec<_>>());
        }
        let cycle = cycle(&folders);
        assert!(
            cycle.is_none(),
            "{folder}: folders import each other: {}",
            cycle.unwrap_or_default().join(" -> ")
        );
    }
}

#[test]
fn a_cycle_is_found() {
    let imports = |pairs: &[(&str, &[&str])]| -> Imports {
        pairs
            .iter()
            .map(|(from, to)| ((*from).to_owned(), to.iter().map(|to| (*to).to_owned()).collect()))
            .collect()
    };
    assert_eq!(cycle(&imports(&[("a", &["b"]), ("b", &["c"]), ("c", &[])])), None);
    let found = cycle(&imports(&[("a", &["b"]), ("b", &["c"]), ("c", &["b"])]));
    assert_eq!(found, Some(["b", "c", "b"].map(str::to_owned).to_vec()));
    let text = "use crate::{a::{b, C}, d};\nfn f() { super::x::y(); let s = \"crate::no\"; } // crate::no\n";
    let paths: Vec<String> = paths(text);
    assert_eq!(paths, ["crate::a::b", "crate::a::C", "crate::d", "super::x::y"]);
}

/// What the files of a crate import, by module path. The crate's root file is left out: it declares the modules.
fn imports(folder: &str) -> Imports {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files = BTreeMap::new();
    collect(&root, &root, &mut files);
    assert!(files.len() > 2, "{folder} has only {} modules", files.len());
    let modules: BTreeSet<String> = files.keys().cloned().collect();
    files
        .iter()
        .map(|(module, text)| {
            let found = paths(text).into_iter().filter_map(|path| resolve(module, &path, &modules));
            // A module may name its own children in `mod` items and `use` their items; the reverse is a cycle.
            (module.clone(), found.filter(|to| to != module).collect())
        })
        .collect()
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path: PathBuf = entry.expect("a readable entry").path();
        if path.is_dir() {
            collect(root, &path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let module = path.with_extension("");
            let module = module.strip_prefix(root).expect("inside the root");
            let parts: Vec<&str> = module.iter().map(|part| part.to_str().expect("UTF-8")).collect();
            let module = parts.join("::").trim_end_matches("::mod").to_owned();
            if !["lib", "main", "tests"].contains(&parts.last().copied().unwrap_or_default()) {
                files.insert(module, fs::read_to_string(&path).expect("a readable file"));
            }
        }
    }
}

/// The paths that begin with `crate`, `super` or `self` in a file, without its unit tests, comments and strings.
fn paths(text: &str) -> Vec<String> {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let mut code = String::new();
    for line in text.lines() {
        let line = line.split("//").next().unwrap_or_default();
        // Every second part stands between quotes.
        code.extend(line.split('"').step_by(2).flat_map(|part| [part, " "]));
        code.push('\n');
    }
    let mut found = Vec::new();
    for start in ["crate::", "super::", "self::"] {
        for (at, _) in code.match_indices(start) {
            let before = code[..at].chars().next_back();
            if before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != ':' && c != '$') {
                expand("", &code[at..], &mut found);
            }
        }
    }
    found
}

/// Expands `a::{b, c::d}` at the beginning of `text` to the paths that it names; returns how long it is.
fn expand(prefix: &str, text: &str, found: &mut Vec<String>) -> usize {
    let path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let end = text.find(|c| !path(c)).unwrap_or(text.len());
    let head = format!("{prefix}{}", &text[..end]);
    if !text[end..].starts_with('{') {
        found.push(head.trim_end_matches(':').to_owned());
        return end;
    }
    let mut at = end + 1;
    while let Some(c) = text[at..].chars().next() {
        match c {
            '}' => return at + 1,
            c if path(c) => at += expand(&head, &text[at..], found).max(1),
            c => at += c.len_utf8(),
        }
    }
    at
}

/// The module that a path of `module` names something in: the longest prefix that is one.
fn resolve(module: &str, path: &str, modules: &BTreeSet<String>) -> Option<String> {
    let mut parts: Vec<&str> = path.split("::").filter(|part| !part.is_empty()).collect();
    let mut base: Vec<&str> = module.split("::").collect();
    match *parts.first()? {
        "crate" => base.clear(),
        "self" => {}
        "super" => {
            base.pop();
            while parts.get(1) == Some(&"super") {
                parts.remove(1);
                base.pop();
            }
        }
        _ => return None,
    }
    base.extend(&parts[1..]);
    (1..=base.len()).rev().map(|len| base[..len].join("::")).find(|name| modules.contains(name))
}

/// A cycle, its first module repeated at its end.
fn cycle(imports: &Imports) -> Option<Vec<String>> {
    fn visit<'a>(
        module: &'a str,
        imports: &'a Imports,
        path: &mut Vec<&'a str>,
        done: &mut BTreeSet<&'a str>,
    ) -> Option<Vec<String>> {
        if let Some(at) = path.iter().position(|earlier| *earlier == module) {
            return Some(path[at..].iter().chain([&module]).map(|module| (*module).to_owned()).collect());
        }
        if !done.insert(module) {
            return None;
        }
        path.push(module);
        let cycle =
            imports.get(module).into_iter().flatten().find_map(|next| visit(next, imports, path, done));
        path.pop();
        cycle
    }
    let mut done = BTreeSet::new();
    imports.keys().find_map(|module| visit(module, imports, &mut Vec::new(), &mut done))
}
