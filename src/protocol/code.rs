//! Classifies close codes (RFC 6455 §7.4 and the IANA registry): the class of a code, and which role may send it
//! under which profile.

use std::fmt;
use std::str::FromStr;

use crate::protocol::role::Role;

/// A close code: the number in the first two octets of a Close body (§5.5.1). Every 16-bit value is representable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub struct CloseCode(pub u16);

macro_rules! named {
    ($($constant:ident $number:literal $name:literal $meaning:literal)*) => {
        impl CloseCode {
            $(#[doc = concat!("`", stringify!($number), "`: ", $meaning)]
            pub const $constant: CloseCode = CloseCode($number);)*

            /// Every code that has a name, in ascending order.
            pub const NAMED: [CloseCode; [$($number),*].len()] = [$(CloseCode($number)),*];

            /// The name, if RFC 6455 or IANA assigns one.
            pub const fn name(self) -> Option<&'static str> {
                match self.0 { $($number => Some($name),)* _ => None }
            }

            /// A short description of the meaning, if the code has a name.
            pub const fn meaning(self) -> Option<&'static str> {
                match self.0 { $($number => Some($meaning),)* _ => None }
            }
        }
    };
}

named! {
    NORMAL 1000 "normal-closure" "the purpose of the connection is fulfilled"
    GOING_AWAY 1001 "going-away" "a server shuts down, or a browser leaves the page"
    PROTOCOL_ERROR 1002 "protocol-error" "the peer violated the protocol"
    UNSUPPORTED_DATA 1003 "unsupported-data" "the endpoint cannot accept this type of data"
    RESERVED_1004 1004 "reserved-1004" "reserved, without a meaning"
    NO_STATUS 1005 "no-status-received" "never sent: the Close had no code"
    ABNORMAL 1006 "abnormal-closure" "never sent: there was no Close"
    INVALID_PAYLOAD 1007 "invalid-payload" "data that does not fit its type, such as text that is not UTF-8"
    POLICY_VIOLATION 1008 "policy-violation" "the peer violated a policy that the endpoint does not name"
    TOO_BIG 1009 "message-too-big" "the message is too big to process"
    MANDATORY_EXTENSION 1010 "mandatory-extension" "the server did not negotiate an extension that the client requires"
    INTERNAL_ERROR 1011 "internal-error" "an unexpected condition at the sender"
    SERVICE_RESTART 1012 "service-restart" "the service restarts"
    TRY_AGAIN_LATER 1013 "try-again-later" "the service is overloaded"
    BAD_GATEWAY 1014 "bad-gateway" "a gateway received an invalid response from upstream"
    TLS_HANDSHAKE 1015 "tls-handshake" "never sent: the TLS handshake failed"
    UNAUTHORIZED 3000 "unauthorized" "credentials are missing or invalid"
    FORBIDDEN 3003 "forbidden" "the credentials do not grant access"
    TIMEOUT 3008 "timeout" "the peer took too long"
}

/// The class of a code under RFC 6455 §7.4 and the IANA registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// 0–999: not used.
    NotUsed,
    /// 1000–1003 and 1007–1011: defined by §7.4.1.
    Defined,
    /// 1005, 1006, 1015: an endpoint reports them to its application and never sends them.
    LocalOnly,
    /// 1004: reserved without a meaning.
    ReservedWithoutMeaning,
    /// 1012–1014: registered with IANA after the RFC.
    Registered,
    /// 1016–2999: reserved for the protocol, not assigned.
    Unassigned,
    /// 3000–3999: for libraries, frameworks and applications, which register their codes with IANA.
    Library,
    /// 4000–4999: for private use.
    Private,
    /// 5000–65535: outside the ranges of §7.4.2.
    OutOfRange,
}

impl Class {
    /// Every class, by ascending lowest code.
    pub const ALL: [Class; 9] = [
        Class::NotUsed,
        Class::Defined,
        Class::ReservedWithoutMeaning,
        Class::LocalOnly,
        Class::Registered,
        Class::Unassigned,
        Class::Library,
        Class::Private,
        Class::OutOfRange,
    ];

    /// The class as a phrase.
    pub const fn name(self) -> &'static str {
        match self {
            Class::NotUsed => "not used",
            Class::Defined => "defined",
            Class::LocalOnly => "local only",
            Class::ReservedWithoutMeaning => "reserved without meaning",
            Class::Registered => "registered with IANA",
            Class::Unassigned => "unassigned",
            Class::Library => "library",
            Class::Private => "private",
            Class::OutOfRange => "out of range",
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The authority that decides which codes may be sent: a specification or a library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Profile {
    /// RFC 6455 as published in 2011: 1012–1014 are unassigned.
    Rfc6455,
    /// The current IANA registry: 1012–1014 are registered.
    #[default]
    Iana,
    /// The codes that Boost.Beast's `is_valid_close_code` accepts (Boost 1.81).
    Beast,
    /// The codes that ws-rs 0.9.2 accepts in a received Close.
    WsRs,
}

impl Profile {
    /// Every profile.
    pub const ALL: [Profile; 4] = [Profile::Rfc6455, Profile::Iana, Profile::Beast, Profile::WsRs];

    /// The profile's name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Profile::Rfc6455 => "rfc6455",
            Profile::Iana => "iana",
            Profile::Beast => "beast",
            Profile::WsRs => "ws-rs",
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The error for a word that names no profile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a profile (rfc6455, iana, beast or ws-rs), found `{0}`")]
pub struct UnknownProfile(pub String);

impl FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(word: &str) -> Result<Self, UnknownProfile> {
        Profile::ALL
            .into_iter()
            .find(|profile| profile.name() == word)
            .ok_or_else(|| UnknownProfile(word.to_owned()))
    }
}

/// The reason why a code may not be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, thiserror::Error)]
pub enum Unsendable {
    /// 0–999 or 5000–65535.
    #[error("it has neither a meaning nor a range (§7.4.2)")]
    Undefined,
    /// 1005, 1006 or 1015.
    #[error("§7.4.1 reserves it for reports to the application")]
    LocalOnly,
    /// 1004.
    #[error("§7.4.1 reserves it without a meaning")]
    ReservedWithoutMeaning,
    /// 1016–2999, and 1012–1014 under some profiles.
    #[error("no specification assigns it (§7.4.2)")]
    Unassigned,
    /// 1010 from a server.
    #[error("§7.4.1 allows it only from clients")]
    ClientOnly,
}

impl Unsendable {
    /// Every reason, in the order of the enum.
    pub const ALL: [Unsendable; 5] = [
        Unsendable::Undefined,
        Unsendable::LocalOnly,
        Unsendable::ReservedWithoutMeaning,
        Unsendable::Unassigned,
        Unsendable::ClientOnly,
    ];
}

impl CloseCode {
    /// Every code, 0 to 65535.
    pub fn all() -> impl Iterator<Item = CloseCode> {
        (0..=u16::MAX).map(CloseCode)
    }

    /// The class of the code under RFC 6455 and the current IANA registry.
    pub const fn class(self) -> Class {
        match self.0 {
            0..=999 => Class::NotUsed,
            1000..=1003 | 1007..=1011 => Class::Defined,
            1004 => Class::ReservedWithoutMeaning,
            1005 | 1006 | 1015 => Class::LocalOnly,
            1012..=1014 => Class::Registered,
            1016..=2999 => Class::Unassigned,
            3000..=3999 => Class::Library,
            4000..=4999 => Class::Private,
            5000..=u16::MAX => Class::OutOfRange,
        }
    }

    /// Whether a receiver should accept the code: a conforming sender of either role may have sent it.
    pub const fn acceptable(self, profile: Profile) -> Result<(), Unsendable> {
        match (self.class(), profile) {
            (Class::Defined | Class::Library | Class::Private, _) => Ok(()),
            (Class::LocalOnly, _) => Err(Unsendable::LocalOnly),
            (Class::ReservedWithoutMeaning, _) => Err(Unsendable::ReservedWithoutMeaning),
            (Class::Registered, Profile::Iana) => Ok(()),
            (Class::Registered, Profile::Rfc6455) => Err(Unsendable::Unassigned),
            // Both libraries predate the registration of 1014. ws-rs also rejects 1012 and 1013.
            (Class::Registered, Profile::Beast) => match self.0 {
                1014 => Err(Unsendable::Unassigned),
                _ => Ok(()),
            },
            (Class::Registered, Profile::WsRs) => Err(Unsendable::Unassigned),
            // ws-rs rejects only the four codes that the Autobahn test suite sends.
            (Class::Unassigned, Profile::WsRs) => match self.0 {
                1016 | 1100 | 2000 | 2999 => Err(Unsendable::Unassigned),
                _ => Ok(()),
            },
            (Class::Unassigned, Profile::Rfc6455 | Profile::Iana | Profile::Beast) => {
                Err(Unsendable::Unassigned)
            }
            // ws-rs maps 0 to its own `Empty` before it checks ranges.
            (Class::NotUsed, Profile::WsRs) if self.0 == 0 => Ok(()),
            (Class::NotUsed, _) => Err(Unsendable::Undefined),
            (Class::OutOfRange, Profile::Beast) => Ok(()),
            (Class::OutOfRange, Profile::Rfc6455 | Profile::Iana | Profile::WsRs) => {
                Err(Unsendable::Undefined)
            }
        }
    }

    /// Whether an endpoint of this role may originate the code under this profile.
    pub const fn sendable(self, role: Role, profile: Profile) -> Result<(), Unsendable> {
        match role {
            Role::Server if self.0 == CloseCode::MANDATORY_EXTENSION.0 => Err(Unsendable::ClientOnly),
            Role::Server | Role::Client => self.acceptable(profile),
        }
    }

    /// The two octets of the code in a Close body, in network order.
    pub const fn to_octets(self) -> [u8; 2] {
        self.0.to_be_bytes()
    }
}

impl fmt::Display for CloseCode {
    /// Writes the number, and with `#` the number and the name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) if f.alternate() => write!(f, "{} {name}", self.0),
            _ => fmt::Display::fmt(&self.0, f),
        }
    }
}

/// The error for text that is neither a number from 0 to 65535 nor the name of a code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a close code, a number from 0 to 65535 or a name such as `going-away`, found `{0}`")]
pub struct ParseCloseCodeError(pub String);

impl FromStr for CloseCode {
    type Err = ParseCloseCodeError;

    /// Accepts the output of `Display`, with or without `#`, and a name alone.
    fn from_str(text: &str) -> Result<Self, ParseCloseCodeError> {
        let wrong = || ParseCloseCodeError(text.to_owned());
        let (number, name) = match text.split_once(' ') {
            Some((number, name)) => (Some(number), Some(name)),
            None if text.starts_with(|c: char| c.is_ascii_digit()) => (Some(text), None),
            None => (None, Some(text)),
        };
        let by_number = match number {
            Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => {
                Some(CloseCode(digits.parse().map_err(|_| wrong())?))
            }
            Some(_) => return Err(wrong()),
            None => None,
        };
        let by_name = match name {
            Some(name) => {
                Some(CloseCode::NAMED.into_iter().find(|code| code.name() == Some(name)).ok_or_else(wrong)?)
            }
            None => None,
        };
        match (by_number, by_name) {
            (Some(a), Some(b)) if a != b => Err(wrong()),
            (Some(code), _) | (None, Some(code)) => Ok(code),
            (None, None) => Err(wrong()),
        }
    }
}

impl From<u16> for CloseCode {
    fn from(code: u16) -> Self {
        CloseCode(code)
    }
}

impl From<CloseCode> for u16 {
    fn from(code: CloseCode) -> Self {
        code.0
    }
}
