//! The errors of a suite.

use crate::rules::Rule;
use crate::script::ScriptError;

#[cfg(feature = "baseline")]
use crate::analysis::baseline::BaselineError;

/// Why a suite cannot be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SuiteError {
    /// The subject claims no capability in the roles of the suite.
    #[error(
        "{subject}: claims no capability, so no rule applies to it; return from `capabilities` what the endpoint does \
         itself, for example `Capabilities::ALL`"
    )]
    NoCapabilities {
        /// The name of the subject.
        subject: String,
    },
    /// The capabilities of the subject cover none of the selected rules.
    #[error("{subject}: none of the selected rules applies to it; select a rule that its capabilities cover")]
    NoRules {
        /// The name of the subject.
        subject: String,
    },
    /// No script exercised a selected rule.
    #[error(
        "{subject}: none of {scripts} scripts exercised a rule; check that the adapter passes what it reads to the \
         endpoint, and writes what the endpoint sends"
    )]
    NothingExercised {
        /// The name of the subject.
        subject: String,
        /// The number of scripts played.
        scripts: usize,
    },
    /// The text of the baseline is not valid.
    #[cfg(feature = "baseline")]
    #[error("the baseline of {subject}, {source}")]
    Baseline {
        /// The name of the subject.
        subject: String,
        /// What is wrong, with the line.
        source: BaselineError,
    },
    /// A script of [`Suite::script`](super::Suite::script) or
    /// [`Suite::assert_script`](super::Suite::assert_script) is not valid.
    #[error("the script `{name}` of {subject}: {source}")]
    Script {
        /// The name of the subject.
        subject: String,
        /// The name of the script.
        name: String,
        /// What is wrong.
        source: ScriptError,
    },
    /// The violations of a rule are accepted twice.
    #[error("{subject}: {rule} is accepted twice, by `allow` or by the baseline; keep one of the two")]
    AcceptedTwice {
        /// The name of the subject.
        subject: String,
        /// The rule.
        rule: Rule,
    },
    /// The reason of [`Suite::allow`](super::Suite::allow) contains only white space.
    #[error("{subject}: `allow` accepts {rule} without a reason; give one")]
    NoReason {
        /// The name of the subject.
        subject: String,
        /// The rule.
        rule: Rule,
    },
}
