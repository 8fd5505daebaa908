//! Builds worker programs with cargo: one crate for each version of a library.
//!
//! A crate is a short `Cargo.toml`, written under `target/known-bugs`, and an adapter. `locks/` contains its lock file, so that
//! later builds produce the same program.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use semver::Version;

use crate::manifest::Adapter;

/// The folder of this package.
pub const PACKAGE_DIR: &str = env!("CARGO_MANIFEST_DIR");

/// Why building a worker failed.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A file operation, or starting cargo, failed.
    #[error("{folder}: writing or building the crate failed: {source}")]
    Io {
        /// The crate's folder.
        folder: PathBuf,
        /// The I/O error.
        source: std::io::Error,
    },
    /// cargo failed.
    #[error("{name}: cargo build failed, with this output:\n{output}")]
    Cargo {
        /// The crate's name.
        name: String,
        /// The end of cargo's output.
        output: String,
    },
}

/// Builds the worker for a version, and returns its path. With `keep_lock`, saves its lock file in `locks/`.
///
/// # Errors
/// If cargo fails, or the files of the crate cannot be written.
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
        // Old libraries cause warnings, and the lints of this workspace do not apply to them.
        .env("RUSTFLAGS", "--cap-lints=warn")
        .output()
        .map_err(io)?;
    if !built.status.success() {
        let text = String::from_utf8_lossy(&built.stderr);
        let start = text.char_indices().rev().nth(4000).map_or(0, |(at, _)| at);
        return Err(BuildError::Cargo { name, output: text[start..].to_owned() });
    }
    if keep_lock {
        std::fs::copy(folder.join("Cargo.lock"), &lock).map_err(io)?;
    }
    Ok(target.join("debug").join(name))
}

/// The name of the worker crate for a version, and of its lock file.
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
        writeln!(text, "{line}").expect("writing to a String never fails");
    }
    // The checks stay on, because they turn silent errors into panics.
    text.push_str("\n[profile.dev]\nopt-level = 1\ndebug = 0\ndebug-assertions = true\noverflow-checks = true\n\n[workspace]\n");
    text
}

/// Writes a file unless its content is unchanged, because cargo rebuilds a crate whose files are newer.
fn write_if_changed(file: &Path, text: &str) -> std::io::Result<()> {
    match std::fs::read_to_string(file) {
        Ok(found) if found == text => Ok(()),
        Ok(_) | Err(_) => std::fs::write(file, text),
    }
}
