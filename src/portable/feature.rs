//! Defines the features that a vector needs: of a runner, to perform its steps, and of an endpoint, for a rule to apply.

use crate::rules::{Capability, Rule};

/// Something that a vector needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Feature {
    /// The opening handshake can negotiate permessage-deflate.
    Deflate,
    /// The runner can deliver octets in one segment with the opening handshake.
    OpeningOctets,
    /// The application can request a close.
    CloseApi,
    /// The application can send a message.
    SendApi,
    /// The runner can let idle time pass.
    IdleTime,
    /// The runner can reset TCP.
    Reset,
    /// The endpoint does this itself. A rule applies only to such an endpoint.
    Capability(Capability),
}

impl Feature {
    /// Every feature.
    pub fn all() -> impl Iterator<Item = Feature> {
        let of_runners = [
            Feature::Deflate,
            Feature::OpeningOctets,
            Feature::CloseApi,
            Feature::SendApi,
            Feature::IdleTime,
            Feature::Reset,
        ];
        of_runners.into_iter().chain(Capability::ALL.map(Feature::Capability))
    }

    /// The feature that an endpoint needs for a rule to apply.
    pub const fn of(rule: Rule) -> Feature {
        Feature::Capability(rule.capability())
    }

    /// The tag in files, which is permanent.
    pub const fn slug(self) -> &'static str {
        match self {
            Feature::Deflate => "permessage-deflate",
            Feature::OpeningOctets => "opening-octets",
            Feature::CloseApi => "close-api",
            Feature::SendApi => "send-api",
            Feature::IdleTime => "idle-time",
            Feature::Reset => "reset",
            Feature::Capability(Capability::Framing) => "framing",
            Feature::Capability(Capability::MasksFrames) => "masks-frames",
            Feature::Capability(Capability::RepliesToClose) => "replies-to-close",
            Feature::Capability(Capability::ParsesCloseBody) => "parses-close-body",
            Feature::Capability(Capability::InterpretsReason) => "interprets-reason",
            Feature::Capability(Capability::SendsCloseOnFailure) => "sends-close-on-failure",
            Feature::Capability(Capability::ClosesTcp) => "closes-tcp",
            Feature::Capability(Capability::HasTimeouts) => "has-timeouts",
            Feature::Capability(Capability::ReportsCloseStatus) => "reports-close-status",
            Feature::Capability(Capability::ReportsClean) => "reports-clean",
            Feature::Capability(Capability::ExposesCloseApi) => "exposes-close-api",
            Feature::Capability(Capability::ReportsMemory) => "reports-memory",
            Feature::Capability(Capability::ReportsMessages) => "reports-messages",
            Feature::Capability(Capability::ValidatesText) => "validates-text",
            Feature::Capability(Capability::ShowsBothDirections) => "shows-both-directions",
        }
    }

    /// The feature as a sentence.
    pub fn sentence(self) -> String {
        match self {
            Feature::Deflate => "The opening handshake negotiates permessage-deflate (RFC 7692).".to_owned(),
            Feature::OpeningOctets => {
                "The runner delivers octets in one segment with the opening handshake.".to_owned()
            }
            Feature::CloseApi => "The application requests to close.".to_owned(),
            Feature::SendApi => "The application sends a message.".to_owned(),
            Feature::IdleTime => "The runner lets idle time pass, a tick at a time.".to_owned(),
            Feature::Reset => "The runner resets TCP.".to_owned(),
            Feature::Capability(capability) => format!("The endpoint {}.", capability.description()),
        }
    }
}
