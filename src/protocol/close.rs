//! Parses and builds the body of a Close (RFC 6455 §5.5.1).
//!
//! [`CloseBody::parse`] reads code and reason from an unmasked payload. [`ConformingClose`] builds only Closes that
//! violate no rule.

use crate::protocol::code::{CloseCode, Profile, Unsendable};
use crate::protocol::flaw::Flaw;
use crate::protocol::frame::{self, Header, MAX_CONTROL_PAYLOAD, Opcode};
use crate::protocol::role::Role;

/// The longest reason, in octets: 125 without the two octets of the code.
pub const MAX_REASON: usize = MAX_CONTROL_PAYLOAD - 2;

/// The body of a well-formed Close. A Close without a code is `Empty`, and 1005 does not stand for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CloseBody<'a> {
    /// No body.
    Empty,
    /// A code and a reason.
    Status {
        /// The code, of any class. [`CloseCode::acceptable`] decides whether it may be sent.
        code: CloseCode,
        /// The reason, which may be empty.
        reason: &'a str,
    },
}

/// The reason why a payload is not a Close body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum BodyError {
    /// The payload has one octet, which is neither an empty body nor a code.
    #[error("expected an empty body or at least two octets of code (§5.5.1), found one octet")]
    OneByte,
    /// The reason is not UTF-8.
    #[error("expected a reason in UTF-8 (§5.5.1), found an invalid octet after {valid_up_to} valid ones")]
    ReasonNotUtf8 {
        /// The code before the reason.
        code: CloseCode,
        /// The number of valid octets at the front of the reason.
        valid_up_to: usize,
    },
}

impl BodyError {
    /// The flaw of the payload.
    pub const fn flaw(self) -> Flaw {
        match self {
            BodyError::OneByte => Flaw::BodyOneByte,
            BodyError::ReasonNotUtf8 { .. } => Flaw::ReasonNotUtf8,
        }
    }
}

impl<'a> CloseBody<'a> {
    /// Parses an unmasked payload of any size. More than 125 octets are a flaw of the header and are accepted here.
    ///
    /// # Errors
    /// If the payload has one octet, or if the reason is not UTF-8.
    pub fn parse(payload: &'a [u8]) -> Result<CloseBody<'a>, BodyError> {
        match payload {
            [] => Ok(CloseBody::Empty),
            [_] => Err(BodyError::OneByte),
            [high, low, reason @ ..] => {
                let code = CloseCode(u16::from_be_bytes([*high, *low]));
                match std::str::from_utf8(reason) {
                    Ok(reason) => Ok(CloseBody::Status { code, reason }),
                    Err(error) => Err(BodyError::ReasonNotUtf8 { code, valid_up_to: error.valid_up_to() }),
                }
            }
        }
    }

    /// The code, if the body has one.
    pub const fn code(&self) -> Option<CloseCode> {
        match self {
            CloseBody::Empty => None,
            CloseBody::Status { code, .. } => Some(*code),
        }
    }

    /// The reason, empty if there is none (§7.1.6).
    pub const fn reason(&self) -> &'a str {
        match self {
            CloseBody::Empty => "",
            CloseBody::Status { reason, .. } => reason,
        }
    }
}

/// The flaw for which a receiver should reject the code, if there is one.
pub const fn code_flaw(code: CloseCode, profile: Profile) -> Option<Flaw> {
    match code.acceptable(profile) {
        Ok(()) | Err(Unsendable::ClientOnly) => None,
        Err(Unsendable::Undefined) => Some(Flaw::CodeUndefined),
        Err(Unsendable::LocalOnly) => Some(Flaw::CodeLocalOnly),
        Err(Unsendable::ReservedWithoutMeaning | Unsendable::Unassigned) => Some(Flaw::CodeUnassigned),
    }
}

/// The longest prefix of `text` that has at most `limit` octets and ends between characters.
pub fn truncate_at_char_boundary(text: &str, limit: usize) -> &str {
    // `str::floor_char_boundary` is newer than the lowest Rust that the crate supports.
    let end = (0..=limit.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or(0)]
}

/// A Close that violates no rule. The constructors guarantee it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConformingClose {
    body: [u8; MAX_CONTROL_PAYLOAD],
    len: u8,
}

/// The reason why a conforming Close cannot be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum BuildCloseError {
    /// The code may not be sent.
    #[error("code {code} may not be sent by a {role}: {why}; send 1000, or no code")]
    Code {
        /// The code.
        code: CloseCode,
        /// The sender.
        role: Role,
        /// The reason.
        why: Unsendable,
    },
    /// The reason is too long.
    #[error(
        "expected a reason of at most 123 octets (§5.5), found {octets}; shorten it, or have it truncated"
    )]
    ReasonTooLong {
        /// The size of the reason, in octets.
        octets: usize,
    },
}

/// The treatment of a reason of more than 123 octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReasonOverflow {
    /// Return an error.
    Reject,
    /// Truncate the reason between two characters.
    Truncate,
}

impl ConformingClose {
    /// The Close without a body.
    pub const EMPTY: ConformingClose = ConformingClose { body: [0; MAX_CONTROL_PAYLOAD], len: 0 };

    /// Builds a Close with this code and reason.
    ///
    /// # Errors
    /// If `role` may not send the code under `profile`, or if the reason is too long and is not to be truncated.
    pub fn new(
        code: CloseCode,
        reason: &str,
        role: Role,
        profile: Profile,
        long: ReasonOverflow,
    ) -> Result<ConformingClose, BuildCloseError> {
        code.sendable(role, profile).map_err(|why| BuildCloseError::Code { code, role, why })?;
        let reason = match long {
            ReasonOverflow::Truncate => truncate_at_char_boundary(reason, MAX_REASON),
            ReasonOverflow::Reject if reason.len() > MAX_REASON => {
                return Err(BuildCloseError::ReasonTooLong { octets: reason.len() });
            }
            ReasonOverflow::Reject => reason,
        };
        Ok(ConformingClose::of(code, reason))
    }

    /// The reply to an accepted Close: the same code without the reason (§5.5.1).
    pub fn reply(received: CloseBody<'_>, role: Role, profile: Profile) -> ConformingClose {
        match received {
            CloseBody::Empty => ConformingClose::EMPTY,
            CloseBody::Status { code, .. } => match code.sendable(role, profile) {
                // §7.4.1 forbids a server to originate 1010. It may echo it.
                Ok(()) | Err(Unsendable::ClientOnly) => ConformingClose::of(code, ""),
                Err(
                    Unsendable::Undefined
                    | Unsendable::LocalOnly
                    | Unsendable::ReservedWithoutMeaning
                    | Unsendable::Unassigned,
                ) => ConformingClose::of(CloseCode::PROTOCOL_ERROR, ""),
            },
        }
    }

    /// The Close that an endpoint sends before it fails the connection for this flaw (§7.1.7).
    pub fn failing(flaw: Flaw) -> ConformingClose {
        ConformingClose::of(flaw.fail_code(), "")
    }

    fn of(code: CloseCode, reason: &str) -> ConformingClose {
        let mut body = [0; MAX_CONTROL_PAYLOAD];
        body[..2].copy_from_slice(&code.to_octets());
        body[2..2 + reason.len()].copy_from_slice(reason.as_bytes());
        ConformingClose { body, len: 2 + reason.len() as u8 }
    }

    /// The unmasked body: 0 octets or 2 to 125.
    pub fn body(&self) -> &[u8] {
        &self.body[..usize::from(self.len)]
    }

    /// Appends the frame to `out`. A client passes a key (§5.3), and a server passes none.
    pub fn write(&self, key: Option<[u8; 4]>, out: &mut Vec<u8>) {
        frame::write(&Header::conforming(Opcode::Close, u64::from(self.len), key), self.body(), out);
    }
}
