//! Makes the subjects of a run from their names, the model first, and reads the baseline of their accepted violations.

use std::path::Path;

use wsclose::analysis::baseline::Baseline;
use wsclose::harness::Subject;
use wsclose::model::endpoint::Model;
use wsclose::model::faults::FaultyModel;
use wsclose::protocol::code::Profile;
use wsclose::rules::Rule;

use crate::args::fault::{self, UnknownFault};
use crate::libraries::{FULL_COMMAND, Libraries, Library, NAMES};
use crate::support::files::{self, FileError};

/// The name of the model.
pub const MODEL: &str = "model";

/// The note of `matrix` on a subject that needs sockets.
pub const SOCKETS_CURATED: &str = "sockets: curated scripts only, no sweeps";

/// The note of `matrix` on a subject that needs sockets, if the run leaves out the curated scripts.
pub const SOCKETS_NOTHING: &str = "sockets: no sweeps, so nothing was run";

/// The note of `matrix` on a subject whose run a time limit ended.
pub const TIMED_OUT: &str = "TIMED OUT";

/// The prefix of the name of a faulty model.
const FAULT_PREFIX: &str = "fault:";

/// Why there is no such subject.
#[derive(Debug, thiserror::Error)]
pub enum SubjectError {
    /// No subject has that name.
    #[error("expected a subject ({}), found `{found}`", .available.join(", "))]
    Unknown {
        /// The name on the command line.
        found: String,
        /// The names of the subjects of this build.
        available: Vec<String>,
    },
    /// No fault has that name.
    #[error(transparent)]
    UnknownFault(#[from] UnknownFault),
    /// The library could not be built, because something was not installed.
    #[error("{name}: not built; {remedy} and build wsclose again")]
    Unavailable {
        /// The library.
        name: &'static str,
        /// What to install.
        remedy: &'static str,
    },
    /// The command was built without libraries.
    #[error("{0}: not built, since this command has no WebSocket libraries; {FULL_COMMAND}")]
    NoLibraries(&'static str),
}

/// The subjects of a run.
pub struct SubjectSet {
    /// The subjects of this build, the model first.
    pub subjects: Vec<Box<dyn Subject>>,
    /// Subjects that this build does not have, and what to do to have them.
    pub unavailable: Vec<(&'static str, &'static str)>,
}

impl SubjectSet {
    /// Makes the model and the subjects of these names; without names, the model and the libraries for which
    /// `is_default` holds.
    pub fn new(
        libraries: &dyn Libraries,
        names: &[String],
        profile: Profile,
        is_default: fn(&Library) -> bool,
    ) -> Result<SubjectSet, SubjectError> {
        let mut subjects = vec![by_name(libraries, MODEL, profile)?];
        if names.is_empty() {
            let list = libraries.list();
            let defaults = list.iter().filter(|library| is_default(library));
            subjects.extend(defaults.filter_map(|library| Some(library.new.ok()?())));
            return Ok(SubjectSet { subjects, unavailable: unavailable(&list) });
        }
        for name in names {
            if subjects.iter().all(|subject| subject.name() != name) {
                subjects.push(by_name(libraries, name, profile)?);
            }
        }
        Ok(SubjectSet { subjects, unavailable: Vec::new() })
    }
}

/// The libraries that this build does not have, and what to do to have them.
fn unavailable(list: &[Library]) -> Vec<(&'static str, &'static str)> {
    if list.is_empty() {
        return vec![("WebSocket libraries", FULL_COMMAND)];
    }
    list.iter().filter_map(|library| Some((library.name, library.new.err()?))).collect()
}

/// Makes the subject of this name. The model reads codes by `profile`.
pub fn by_name(
    libraries: &dyn Libraries,
    name: &str,
    profile: Profile,
) -> Result<Box<dyn Subject>, SubjectError> {
    if name == MODEL {
        return Ok(Box::new(Model::new(profile)));
    }
    if let Some(slug) = name.strip_prefix(FAULT_PREFIX) {
        return Ok(Box::new(FaultyModel::new(fault::parse(slug)?)));
    }
    let list = libraries.list();
    if let Some(library) = list.iter().find(|library| library.name == name) {
        return match library.new {
            Ok(new) => Ok(new()),
            Err(remedy) => Err(SubjectError::Unavailable { name: library.name, remedy }),
        };
    }
    if let Some(name) = NAMES.into_iter().find(|known| *known == name) {
        return Err(SubjectError::NoLibraries(name));
    }
    let mut available = vec![MODEL.to_owned()];
    available.extend(list.iter().map(|library| library.name.to_owned()));
    available.push(format!("{FAULT_PREFIX}SLUG"));
    Err(SubjectError::Unknown { found: name.to_owned(), available })
}

/// Reads the baseline at `path`, or the one of the libraries.
pub fn load_baseline(libraries: &dyn Libraries, path: Option<&Path>) -> Result<Baseline, FileError> {
    match path {
        Some(path) => read_baseline(path),
        None => Ok(Baseline::parse(libraries.baseline()).expect("a test reads the committed baseline.toml")),
    }
}

/// Reads the baseline at `path`.
pub fn read_baseline(path: &Path) -> Result<Baseline, FileError> {
    parse_baseline(path, &files::read_config(path)?)
}

/// Parses the text of the baseline at `path`.
pub fn parse_baseline(path: &Path, text: &str) -> Result<Baseline, FileError> {
    Baseline::parse(text).map_err(|error| FileError::Baseline { path: files::display_path(path), error })
}

/// Whether the baseline lists a violation of `rule` by `subject`. It never lists the model.
pub fn is_known(baseline: &Baseline, subject: &str, rule: Rule) -> bool {
    subject != MODEL && baseline.contains(subject, rule)
}
