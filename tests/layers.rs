//! Data goes one way: each file of `src/` imports only modules before its own in the list of `src/lib.rs`.
#![allow(clippy::disallowed_methods, reason = "tests read files")]

use std::path::{Path, PathBuf};

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder can be listed") {
        let path = entry.expect("a folder can be listed").path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

#[test]
fn modules_import_only_what_comes_before_them() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let lib = std::fs::read_to_string(src.join("lib.rs")).expect("the library has a root");
    let list = lib.split("(a test holds that): ").nth(1).and_then(|rest| rest.split(".\n").next());
    let order: Vec<&str> =
        list.expect("lib.rs lists its modules in order").split('`').skip(1).step_by(2).collect();
    let declared = lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    for module in declared {
        assert!(order.contains(&module), "{module} is not in the list of lib.rs");
    }
    let mut paths = Vec::new();
    files(&src, &mut paths);
    let mut imports = 0;
    for path in paths {
        let inside = path.strip_prefix(&src).expect("it lies in src").with_extension("");
        let module =
            inside.components().next().expect("it has a name").as_os_str().to_string_lossy().into_owned();
        let Some(own) = order.iter().position(|name| *name == module) else { continue };
        let text = std::fs::read_to_string(&path).expect("a source file can be read");
        // Tests may look at everything.
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
            for used in line.split("crate::").skip(1) {
                let name: String = used.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                let at = order.iter().position(|module| *module == name);
                let at = at.unwrap_or_else(|| panic!("{}: `{name}` is not in the list", path.display()));
                assert!(at <= own, "{}: {module} comes before {name}, and imports it", path.display());
                imports += 1;
            }
        }
    }
    assert!(imports > 50, "only {imports} imports were seen");
}
