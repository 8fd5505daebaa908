//! The body of a Close (RFC 6455 §5.5.1): in comes an unmasked payload, out come code and reason, or what
//! is wrong with it. The other way, [`ConformingClose`] builds Closes that break no rule, and no others.

use crate::protocol::code::{CloseCode, Profile, Unsendable};
use crate::protocol::flaw::Flaw;
use crate::protocol::frame::{self, Header, MAX_CONTROL_PAYLOAD, Opcode};
use crate::protocol::role::Role;

/// The longest reason, in octets: what is left of 125 after the code.
pub const MAX_REASON: usize = MAX_CONTROL_PAYLOAD - 2;

/// What a well-formed Close says. 1005 is never in it: a Close without a code is `Empty`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CloseBody<'a> {
    /// No body.
    Empty,
    /// A code, and a reason that may be empty.
    Status {
        /// The code, whatever its class: whether it may be sent is [`CloseCode::acceptable`]'s to say.
        code: CloseCode,
        /// The reason.
        reason: &'a str,
    },
}

/// Why a payload is not a Close body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum BodyError {
    /// One octet is neither nothing nor a code.
    #[error("expected an empty body or at least two octets of code (§5.5.1), found one octet")]
    OneByte,
    /// The reason is not UTF-8.
    #[error("expected a reason in UTF-8 (§5.5.1), found octets that are not after {valid_up_to} that are")]
    ReasonNotUtf8 {
        /// The code before it.
        code: CloseCode,
        /// How many octets of the reason are valid.
        valid_up_to: usize,
    },
}

impl BodyError {
    /// The flaw that it is.
    pub const fn flaw(self) -> Flaw {
        match self {
            BodyError::OneByte => Flaw::BodyOneByte,
            BodyError::ReasonNotUtf8 { .. } => Flaw::ReasonNotUtf8,
        }
    }
}

impl<'a> CloseBody<'a> {
    /// Reads an unmasked payload of any length; a Close over 125 octets is the header's flaw, not the body's.
    #[inline]
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

    /// The reason; empty where there is none (§7.1.6).
    pub const fn reason(&self) -> &'a str {
        match self {
            CloseBody::Empty => "",
            CloseBody::Status { reason, .. } => reason,
        }
    }
}

/// The flaw of a code that a receiver should not let stand, if it has one.
#[inline]
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
    &text[..text.floor_char_boundary(limit)]
}

/// A Close that breaks no rule, ready to be framed. There is no other way to make one than to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConformingClose {
    body: [u8; MAX_CONTROL_PAYLOAD],
    len: u8,
}

/// Why a conforming Close cannot be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum BuildCloseError {
    /// The code may not be sent.
    #[error("code {code} may not be sent by a {role}: {why}; send 1000, or no code")]
    Code {
        /// The code.
        code: CloseCode,
        /// The sender.
        role: Role,
        /// Why not.
        why: Unsendable,
    },
    /// The reason does not fit.
    #[error(
        "a reason has at most 123 octets (§5.5), this one has {octets}; shorten it, or ask for it to be cut"
    )]
    ReasonTooLong {
        /// How many octets it has.
        octets: usize,
    },
}

/// What to do with a reason of more than 123 octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReasonOverflow {
    /// Refuse it.
    Reject,
    /// Cut it between two characters.
    Truncate,
}

impl ConformingClose {
    /// A Close without a body.
    pub const EMPTY: ConformingClose = ConformingClose { body: [0; MAX_CONTROL_PAYLOAD], len: 0 };

    /// A Close with this code and reason, if `role` may send it under `profile`.
    #[inline]
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

    /// The answer to a Close that was received and accepted: the same code, without the reason (§5.5.1).
    pub fn reply(received: CloseBody<'_>, role: Role, profile: Profile) -> ConformingClose {
        match received {
            CloseBody::Empty => ConformingClose::EMPTY,
            CloseBody::Status { code, .. } => match code.sendable(role, profile) {
                // Echoing 1010 is not originating it (§7.4.1).
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

    /// The Close that goes before failing the connection for this flaw (§7.1.7).
    pub fn failing(flaw: Flaw) -> ConformingClose {
        ConformingClose::of(flaw.fail_code(), "")
    }

    #[inline]
    fn of(code: CloseCode, reason: &str) -> ConformingClose {
        let mut body = [0; MAX_CONTROL_PAYLOAD];
        body[..2].copy_from_slice(&code.to_octets());
        body[2..2 + reason.len()].copy_from_slice(reason.as_bytes());
        ConformingClose { body, len: 2 + reason.len() as u8 }
    }

    /// The unmasked body: 0 or 2–125 octets.
    pub fn body(&self) -> &[u8] {
        &self.body[..usize::from(self.len)]
    }

    /// Appends the whole frame; a client gives a key (§5.3), a server none.
    pub fn write(&self, key: Option<[u8; 4]>, out: &mut Vec<u8>) {
        frame::write(&Header::conforming(Opcode::Close, u64::from(self.len), key), self.body(), out);
    }
}
