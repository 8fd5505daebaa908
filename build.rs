//! Generates the list of the curated scripts of `corpus/`, which the crate contains: names and contents, sorted.
#![allow(clippy::disallowed_methods, reason = "a build script reads and writes files; the library does not")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// The folders of the corpus that hold scripts.
const FOLDERS: [&str; 2] = ["closing_handshake", "implementations"];

fn main() -> io::Result<()> {
    let corpus = Path::new(&env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("corpus");
    let mut list = String::from("[\n");
    for folder in FOLDERS {
        let path = corpus.join(folder);
        // Adding or removing a file changes the folder. Editing a file changes the file.
        println!("cargo::rerun-if-changed={}", path.display());
        let entries: io::Result<Vec<PathBuf>> =
            fs::read_dir(&path)?.map(|entry| entry.map(|entry| entry.path())).collect();
        // Files that a fuzzer adds have no extension.
        let mut scripts: Vec<PathBuf> =
            entries?.into_iter().filter(|path| path.extension().is_some_and(|it| it == "ws")).collect();
        scripts.sort();
        for script in scripts {
            let name = format!("{folder}/{}", script.file_stem().expect("a file has a name").display());
            let file = fs::canonicalize(&script)?;
            println!("cargo::rerun-if-changed={}", script.display());
            writeln!(list, "    ({name:?}, include_bytes!({:?}) as &[u8]),", file.display().to_string())
                .expect("a string grows");
        }
    }
    list += "]\n";
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("corpus.rs"), list)
}
