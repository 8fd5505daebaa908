//! Tests `wsclose vectors`, the files that it wrote to `vectors/`, and the C header.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests write files")]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use support::{schema, wsclose};

/// The command that writes the files again.
const AGAIN: &str = "run `cargo run -p wsclose-cli -- vectors --out vectors`";

fn checked_in() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors")
}

/// The files that the command wrote, by their names.
fn files(folder: &Path) -> BTreeSet<String> {
    let list = |folder: &Path| -> Vec<PathBuf> {
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect()
    };
    let all = list(folder).into_iter().chain(list(&folder.join("schema"))).filter(|path| path.is_file());
    all.map(|path| path.strip_prefix(folder).expect("inside").display().to_string()).collect()
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).expect("a readable file")).expect("JSON")
}

#[test]
fn the_files_of_the_repository_are_those_that_the_command_writes() {
    let scratch = tempfile::tempdir().expect("a folder");
    let written = scratch.path().join("new/vectors");
    let path = written.to_str().expect("a path");
    let ran = wsclose(&["vectors", "--out", path]).assert_exit(0).assert_stdout("scenarios.json");
    assert_eq!(files(&written), files(&checked_in()), "{AGAIN}");
    for name in files(&written) {
        let are_equal = fs::read(written.join(&name)).expect("it was written")
            == fs::read(checked_in().join(&name)).expect("it is checked in");
        assert!(are_equal, "vectors/{name} differs from what this version writes; {AGAIN}");
        assert!(ran.out.contains(&name), "{name}");
    }

    // The files conform to their schemas, and refer to notes and features that they have.
    for (name, schema_name) in [("close_frames", "close_frames"), ("scenarios", "scenarios")] {
        let file = json(&written.join(format!("{name}.json")));
        schema::assert_fits(&file, &json(&written.join(format!("schema/{schema_name}.schema.json"))));
        assert_refers(&file);
    }

    // A second run replaces the files. Other files are refused, and nothing is written.
    fs::write(written.join("scenarios.json"), "").expect("writable");
    wsclose(&["vectors", "--out", path]).assert_exit(0);
    assert!(fs::metadata(written.join("scenarios.json")).expect("it is there").len() > 0);
    fs::write(written.join("mine.txt"), "mine").expect("writable");
    fs::write(written.join("scenarios.json"), "").expect("writable");
    let refused = format!("{path}: contains other files, such as mine.txt; name a new or empty folder");
    wsclose(&["vectors", "--out", path]).assert_exit(2).assert_stderr(&refused);
    assert_eq!(fs::read(written.join("scenarios.json")).expect("readable"), b"");
    let file = written.join("mine.txt");
    let file = file.to_str().expect("a path");
    wsclose(&["vectors", "--out", file]).assert_exit(2).assert_stderr("is a file; name a folder");
    wsclose(&["vectors"]).assert_exit(2).assert_stderr("--out");

    c_header(&written, scratch.path());
}

/// Every name in a vector is that of an entry of the lists in front of it.
fn assert_refers(file: &Value) {
    let names = |list: &str, key: &str| -> BTreeSet<String> {
        let entries = file[list].as_array().into_iter().flatten();
        entries.map(|entry| entry[key].as_str().expect("a name").to_owned()).collect()
    };
    let (notes, features, reasons) =
        (names("notes", "rule"), names("features", "name"), names("reasons", "name"));
    let strings = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().map(|it| it.as_str().expect("a string").to_owned()).collect()
    };
    for vector in file["vectors"].as_array().expect("a list") {
        let of_checks = vector["checks"].as_array().into_iter().flatten();
        let of_checks = of_checks.map(|check| check["rule"].as_str().expect("a rule").to_owned());
        assert!(
            strings(&vector["rules"]).into_iter().chain(of_checks).all(|rule| notes.contains(&rule)),
            "{vector}"
        );
        assert!(strings(&vector["features"]).iter().all(|feature| features.contains(feature)), "{vector}");
        assert!(vector["open"].as_str().is_none_or(|reason| reasons.contains(reason)), "{vector}");
        assert!(!strings(&vector["shows"]).is_empty(), "{vector}");
    }
    for note in file["notes"].as_array().expect("a list") {
        assert!(features.contains(note["feature"].as_str().expect("a feature")), "{note}");
    }
    let bugs = file["notes"].as_array().into_iter().flatten().flat_map(|note| note["bugs"].as_array());
    assert!(bugs.flatten().count() > 5);
}

/// Counts the vectors of the header in C and in C++, if there is a compiler.
fn c_header(folder: &Path, scratch: &Path) {
    let program = "#include \"close_frames.h\"
#include <stdio.h>
int main(void) {
    size_t i, accepted = 0, octets = 0;
    for (i = 0; i < WSCLOSE_CLOSE_FRAME_COUNT; i++) {
        const struct wsclose_close_frame *it = &WSCLOSE_CLOSE_FRAMES[i];
        accepted += (size_t)it->accept;
        octets += it->size;
        /* The first two octets are the header of a Close, with any flags. */
        if (it->size < 2 || ((unsigned char)it->octets[0] & 15) != 8) return 1;
    }
    printf(\"%lu %lu %lu\\n\", (unsigned long)i, (unsigned long)accepted, (unsigned long)octets);
    return 0;
}
";
    let file = json(&folder.join("close_frames.json"));
    let vectors = file["vectors"].as_array().expect("a list");
    let accepted = vectors.iter().filter(|vector| vector["expected"] == "accept").count();
    let octets: usize =
        vectors.iter().map(|vector| vector["octets"].as_str().expect("digits").len() / 2).sum();
    let expected = format!("{} {accepted} {octets}\n", vectors.len());
    for (compiler, source, standard) in [("cc", "count.c", "-std=c99"), ("c++", "count.cpp", "-std=c++11")] {
        if Command::new(compiler).arg("--version").output().is_err() {
            println!("skipped: {compiler} is not installed");
            continue;
        }
        let (source, binary) = (scratch.join(source), scratch.join(compiler));
        fs::write(&source, program).expect("writable");
        let mut command = Command::new(compiler);
        command.args([standard, "-Wall", "-Wextra", "-pedantic", "-Werror", "-I"]).arg(folder);
        let built = command.arg("-o").arg(&binary).arg(&source).output().expect("the compiler runs");
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        let ran = Command::new(&binary).output().expect("the program runs");
        assert_eq!(String::from_utf8_lossy(&ran.stdout), expected, "{compiler}");
    }
}
