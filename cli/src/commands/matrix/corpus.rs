//! Reads the curated scripts of a folder, sorted by name.

use std::path::Path;

use wsclose::generate::vectors::TestVector;

use crate::support::files::{self, FileError};
use crate::support::scripts;

/// Reads every script of a folder.
///
/// # Errors
/// If one of them cannot be read: a report without it would look complete.
pub fn from_folder(folder: &Path) -> Result<Vec<TestVector>, FileError> {
    if !files::is_folder(folder, "a folder")? {
        return Err(FileError::NotAFolder(files::display_path(folder)));
    }
    let (paths, errors) = scripts::scripts_in(folder);
    if let Some(error) = errors.into_iter().next() {
        return Err(error);
    }
    let mut scripts = Vec::new();
    for path in paths {
        let case = scripts::load(&path, false)?;
        let name = files::display_path(&path.strip_prefix(folder).unwrap_or(&path).with_extension(""));
        scripts.push(TestVector::curated(name, case.script.as_script()));
    }
    Ok(scripts)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use wsclose::generate::vectors::TestVector;

    use super::from_folder;

    #[test]
    fn built_in_scripts_match_the_corpus() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus");
        let mut there = Vec::new();
        for folder in ["closing_handshake", "implementations"] {
            let vectors = from_folder(&corpus.join(folder)).expect("a corpus").into_iter();
            there.extend(vectors.map(|vector| (format!("{folder}/{}", vector.name), vector.script)));
        }
        // A fuzzer names its files by a hash.
        there.retain(|(name, _)| {
            !name.rsplit('/').next().expect("a name").chars().all(|c| c.is_ascii_hexdigit())
        });
        let here: Vec<_> =
            TestVector::curated_corpus().into_iter().map(|vector| (vector.name, vector.script)).collect();
        for (built, found) in here.iter().zip(&there) {
            assert_eq!(built, found);
        }
        assert_eq!(here.len(), there.len());
        assert!(here.len() > 150, "{}", here.len());
    }
}
