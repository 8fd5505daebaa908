//! Worker crates: in comes a version and its adapter, out comes a program, built by cargo.
//!
//! A crate is a `Cargo.toml` of a dozen lines, written under `target/known-bugs`. What its dependencies were
//! resolved to is kept in `locks/`, so that the same program is built next year.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use semver::Version;

use crate::manifest::Adapter;

/// The folder of this package.
pub const PACKAGE_DIR: &str = env!("CARGO_MANIFEST_DIR");

/// Why a worker could not be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A file or cargo could not be used.
    #[error("expected to write and build a crate in {folder}: {source}")]
    Io {
        /// The crate's folder.
        folder: PathBuf,
        /// What went wrong.
        source: std::io::Error,
    },
    /// cargo says no.
    #[error("{name} does not build; cargo printed:\n{output}")]
    Cargo {
        /// The crate's name.
        name: String,
        /// The end of what cargo said.
        output: String,
    },
}

/// Builds the worker for a version and says where it is; keeps its lock, if it is one to `keep`.
///
/// # Errors
/// When cargo cannot, or the files for it cannot be written.
pub fn build(adapter: &Adapter, version: &Version, keep_lock: bool) -> Result<PathBuf, BuildError> {
    let name = name(adapter, version);
    let target = Path::new(PACKAGE_DIR).join("../target/known-bugs");
    let folder = target.join("crates").join(&name);
    let lock = Path::new(PACKAGE_DIR).join("locks").join(format!("{name}.lock"));
    let io = |source| BuildError::Io { folder: folder.clone(), source };
    std::fs::create_dir_all(&folder).map_err(io)?;
    write_if_changed(&folder.join("Cargo.toml"), &manifest_text(adapter, version)).map_err(io)?;
    if lock.exists() {
        std::fs::copy(&lock, folder.join("Cargo.lock")).map_err(io)?;
    }
    let built = Command::new("cargo")
        .args(["build", "--quiet", "--target-dir"])
        .arg(&target)
        .arg("--manifest-path")
        .arg(folder.join("Cargo.toml"))
        // Warnings of old libraries and lints of this workspace are nobody's concern here.
        .env("RUSTFLAGS", "--cap-lints=warn")
        .output()
        .map_err(io)?;
    if !built.status.success() {
        let said = String::from_utf8_lossy(&built.stderr);
        let from = said.char_indices().rev().nth(4000).map_or(0, |(at, _)| at);
        return Err(BuildError::Cargo { name, output: said[from..].to_owned() });
    }
    if keep_lock {
        std::fs::copy(folder.join("Cargo.lock"), &lock).map_err(io)?;
    }
    Ok(target.join("debug").join(name))
}

/// The name of a version's worker crate, and of its lock.
pub fn name(adapter: &Adapter, version: &Version) -> String {
    format!("{}-{version}", adapter.package).replace(['.', '+'], "-")
}

/// The worker's `Cargo.toml`.
fn manifest_text(adapter: &Adapter, version: &Version) -> String {
    let Adapter { file, package, versions: _, features, with } = adapter;
    let name = name(adapter, version);
    let root = Path::new(PACKAGE_DIR).join("..");
    let root = root.display();
    let mut text = format!(
        r#"[package]
name = "{name}"
version = "0.0.0"
edition = "2024"

[[bin]]
name = "{name}"
path = "{PACKAGE_DIR}/adapters/{file}.rs"

[dependencies]
wsclose = {{ path = "{root}" }}
wsclose-adapter = {{ path = "{root}/adapter" }}
{package} = {{ version = "={version}", default-features = false, features = {features:?} }}
"#
    );
    for line in with {
        writeln!(text, "{line}").expect("a String takes everything");
    }
    // Checks stay on: what they catch would otherwise pass in silence.
    text.push_str("\n[profile.dev]\nopt-level = 1\ndebug = 0\ndebug-assertions = true\noverflow-checks = true\n\n[workspace]\n");
    text
}

/// Leaves the file alone where it says so already: cargo builds anew what is newer than before.
fn write_if_changed(file: &Path, text: &str) -> std::io::Result<()> {
    match std::fs::read_to_string(file) {
        Ok(found) if found == text => Ok(()),
        Ok(_) | Err(_) => std::fs::write(file, text),
    }
}
