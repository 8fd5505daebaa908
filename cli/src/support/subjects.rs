//! Who is tested. In come names, out come subjects, the model always first; and what they are known to
//! break.

use std::borrow::Cow;
use std::path::Path;

use wsclose::harness::subject::Subject;
use wsclose::model::endpoint::Model;
use wsclose::model::faults::{Fault, FaultyModel};
use wsclose::protocol::code::Profile;
use wsclose::rules::Rule;
use wsclose_implementations::baseline::Baseline;

use crate::support::files::{self, FileError};

/// The name of the reference endpoint.
pub const MODEL: &str = "model";

/// What comes before the name of a fault.
const FAULT_PREFIX: &str = "fault:";

/// Why there is no such subject.
#[derive(Debug, thiserror::Error)]
pub enum SubjectError {
    /// Nobody has that name.
    #[error("expected a subject ({}), found `{found}`", .available.join(", "))]
    Unknown {
        /// What was given.
        found: String,
        /// What there is.
        available: Vec<String>,
    },
    /// No fault has that name.
    #[error("expected a fault of the model, for example `{example}`, found `{found}`")]
    UnknownFault {
        /// What was given.
        found: String,
        /// One that there is.
        example: String,
    },
    /// It exists, and is not part of this build.
    #[error("{name}: expected it to be built, found that it is not; {remedy} and build wsclose again")]
    Unavailable {
        /// Which.
        name: &'static str,
        /// What to do.
        remedy: &'static str,
    },
}

/// The subjects of a run.
pub struct SubjectSet {
    /// Those that there are.
    pub subjects: Vec<Box<dyn Subject>>,
    /// Those that are not built, and what to do about it.
    pub unavailable: Vec<(&'static str, &'static str)>,
}

impl SubjectSet {
    /// The model and those named; without names the model and `default`.
    pub fn new(
        names: &[String],
        profile: Profile,
        default: impl FnOnce() -> Vec<Box<dyn Subject>>,
    ) -> Result<SubjectSet, SubjectError> {
        let mut subjects = vec![by_name(MODEL, profile)?];
        if names.is_empty() {
            subjects.extend(default());
            return Ok(SubjectSet { subjects, unavailable: wsclose_implementations::unavailable() });
        }
        for name in names {
            if subjects.iter().all(|subject| subject.name() != name) {
                subjects.push(by_name(name, profile)?);
            }
        }
        Ok(SubjectSet { subjects, unavailable: Vec::new() })
    }
}

/// The subject of this name; the model reads codes by `profile`.
pub fn by_name(name: &str, profile: Profile) -> Result<Box<dyn Subject>, SubjectError> {
    if name == MODEL {
        return Ok(Box::new(Model::new(profile)));
    }
    if let Some(slug) = name.strip_prefix(FAULT_PREFIX) {
        let fault = Fault::ALL.into_iter().find(|fault| fault.slug() == slug);
        return match fault {
            Some(fault) => Ok(Box::new(FaultyModel::new(fault))),
            None => Err(SubjectError::UnknownFault {
                found: name.to_owned(),
                example: format!("{FAULT_PREFIX}{}", Fault::ALL[0].slug()),
            }),
        };
    }
    if let Some(subject) = wsclose_implementations::by_name(name) {
        return Ok(subject);
    }
    let not_built = wsclose_implementations::unavailable();
    if let Some((name, remedy)) = not_built.iter().find(|(missing, _)| *missing == name) {
        return Err(SubjectError::Unavailable { name, remedy });
    }
    let mut known = vec![MODEL.to_owned()];
    known.extend(wsclose_implementations::all().iter().map(|subject| subject.name().to_owned()));
    known.extend(not_built.iter().map(|(name, _)| (*name).to_owned()));
    known.push(format!("{FAULT_PREFIX}SLUG"));
    Err(SubjectError::Unknown { found: name.to_owned(), available: known })
}

/// What the peers are known to break: what `path` says, or what was built in.
pub fn load_baseline(path: Option<&Path>) -> Result<Cow<'static, Baseline>, FileError> {
    let Some(path) = path else { return Ok(Cow::Borrowed(Baseline::builtin())) };
    let text = files::read_config(path)?;
    Baseline::load(&text)
        .map(Cow::Owned)
        .map_err(|error| FileError::ImplementationBaseline { path: files::display_path(path), error })
}

/// Whether a breach of `rule` by `subject` is known. The model has no excuse.
pub fn is_known(baseline: &Baseline, subject: &str, rule: Rule) -> bool {
    subject != MODEL && baseline.contains(subject, rule)
}
