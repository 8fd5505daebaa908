//! Writes files atomically: a file is complete or absent, also after an error.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::support::files::{FileError, display_path};

/// Writes new files: all, or none if one of them exists. All contents are on disk before the first file gets its name,
/// so only a kill between two renames can leave some of them.
pub fn write_new(files: &[(PathBuf, Vec<u8>)]) -> Result<(), FileError> {
    let mut written: Vec<&PathBuf> = Vec::new();
    for (path, file) in write_temporary(files)? {
        if let Err(error) = file.persist_noclobber(path) {
            for path in written {
                // A file that cannot be removed is at least complete.
                let _ = fs::remove_file(path);
            }
            return Err(FileError::writing(path, error.error));
        }
        written.push(path);
    }
    Ok(())
}

/// Writes files and replaces those that exist. All contents are on disk before the first file gets its name.
pub fn overwrite(files: &[(PathBuf, Vec<u8>)]) -> Result<(), FileError> {
    for (path, file) in write_temporary(files)? {
        file.persist(path).map_err(|error| FileError::writing(path, error.error))?;
    }
    Ok(())
}

/// A file that gets its name when it is complete, for contents that do not fit in memory.
#[derive(Debug)]
pub struct PendingFile {
    path: PathBuf,
    file: tempfile::NamedTempFile,
}

impl PendingFile {
    /// A file without contents, which will have this path.
    ///
    /// # Errors
    /// If its folder is not writable.
    pub fn new(path: &Path) -> Result<PendingFile, FileError> {
        let path = target(path);
        let file = temporary(folder_of(&path)).map_err(|error| FileError::writing(&path, error))?;
        Ok(PendingFile { path, file })
    }

    /// Gives the file its name, and replaces a file that exists.
    ///
    /// # Errors
    /// If that fails.
    pub fn persist(self) -> Result<(), FileError> {
        let PendingFile { path, file } = self;
        file.as_file().sync_all().map_err(|error| FileError::writing(&path, error))?;
        file.persist(&path).map(|_| ()).map_err(|error| FileError::writing(&path, error.error))
    }
}

impl Write for PendingFile {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.file.write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// The file that a path names, links followed, so that replacing it keeps the links.
pub fn target(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// Creates the folder if it does not exist, and checks that it is writable.
pub fn ensure_writable(folder: &Path) -> Result<(), FileError> {
    let no_place = |source| FileError::FolderNotWritable { path: display_path(folder), source };
    fs::create_dir_all(folder).map_err(no_place)?;
    temporary(folder).map(|_| ()).map_err(no_place)
}

/// Writes every content to a temporary file next to its path.
fn write_temporary(
    files: &[(PathBuf, Vec<u8>)],
) -> Result<Vec<(&PathBuf, tempfile::NamedTempFile)>, FileError> {
    let mut ready = Vec::new();
    for (path, content) in files {
        let writing = |error| FileError::writing(path, error);
        let folder = folder_of(path);
        fs::create_dir_all(folder).map_err(writing)?;
        let mut file = temporary(folder).map_err(writing)?;
        file.write_all(content).and_then(|()| file.as_file().sync_all()).map_err(writing)?;
        ready.push((path, file));
    }
    Ok(ready)
}

/// The folder that contains a file; `.` for a bare name.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn temporary(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".wsclose-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{FileError, write_new};

    #[test]
    fn new_files_are_written_all_or_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        fs::write(path("old"), "old").expect("a file");
        let files = [(path("new"), b"new".to_vec()), (path("old"), b"other".to_vec())];
        assert!(matches!(write_new(&files), Err(FileError::Unwritable { .. })));
        assert_eq!(fs::read(path("old")).expect("still there"), b"old");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
        write_new(&files[..1]).expect("written");
        assert_eq!(fs::read(path("new")).expect("there"), b"new");
    }
}
