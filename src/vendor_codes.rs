//! Converts the close codes of Boost.Beast (`close_code`) and ws-rs (`CloseCode`) to and from [`CloseCode`].
//!
//! Tests in `implementations/` compare both enums with those of the libraries.

use crate::protocol::code::CloseCode;

macro_rules! beast {
    ($($name:ident $number:literal $text:literal)*) => {
        /// An enumerator of `websocket::close_code` of Boost.Beast.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Beast {
            $(#[doc = concat!("`", $text, "`, ", stringify!($number))] $name,)*
        }

        impl Beast {
            /// Every enumerator, by ascending number.
            pub const ALL: [Beast; [$($number),*].len()] = [$(Beast::$name),*];

            /// The code on the wire.
            pub const fn code(self) -> CloseCode {
                match self { $(Beast::$name => CloseCode($number),)* }
            }

            /// The enumerator for this code, if there is one.
            pub const fn from_code(code: CloseCode) -> Option<Beast> {
                match code.0 { $($number => Some(Beast::$name),)* _ => None }
            }

            /// The name in C++.
            pub const fn name(self) -> &'static str {
                match self { $(Beast::$name => $text,)* }
            }
        }
    };
}

beast! {
    None 0 "none"
    Normal 1000 "normal"
    GoingAway 1001 "going_away"
    ProtocolError 1002 "protocol_error"
    UnknownData 1003 "unknown_data"
    Reserved1 1004 "reserved1"
    NoStatus 1005 "no_status"
    Abnormal 1006 "abnormal"
    BadPayload 1007 "bad_payload"
    PolicyError 1008 "policy_error"
    TooBig 1009 "too_big"
    NeedsExtension 1010 "needs_extension"
    InternalError 1011 "internal_error"
    ServiceRestart 1012 "service_restart"
    TryAgainLater 1013 "try_again_later"
    Reserved2 1014 "reserved2"
    Reserved3 1015 "reserved3"
}

impl Beast {
    /// The name in the newest version of Boost.Beast, in which 1014 is `bad_gateway`.
    pub const fn newest_name(self) -> &'static str {
        match self {
            Beast::Reserved2 => "bad_gateway",
            Beast::None
            | Beast::Normal
            | Beast::GoingAway
            | Beast::ProtocolError
            | Beast::UnknownData
            | Beast::Reserved1
            | Beast::NoStatus
            | Beast::Abnormal
            | Beast::BadPayload
            | Beast::PolicyError
            | Beast::TooBig
            | Beast::NeedsExtension
            | Beast::InternalError
            | Beast::ServiceRestart
            | Beast::TryAgainLater
            | Beast::Reserved3 => self.name(),
        }
    }

    /// The enumerator with this name, in any version of Boost.Beast.
    pub fn from_name(name: &str) -> Option<Beast> {
        Beast::ALL.into_iter().find(|beast| beast.name() == name || beast.newest_name() == name)
    }
}

macro_rules! ws_rs {
    ($($name:ident $number:literal)*) => {
        /// A variant of `CloseCode` of ws-rs, including the hidden ones (`Tls`, `Empty`, `Other`).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum WsRs {
            $(#[doc = concat!("`", stringify!($name), "`, ", stringify!($number))] $name,)*
            /// `Other`: a code without a variant.
            Other(Other),
        }

        impl WsRs {
            /// Every variant for a single code, by ascending number.
            pub const NAMED: [WsRs; [$($number),*].len()] = [$(WsRs::$name),*];

            /// The code on the wire.
            pub const fn code(self) -> CloseCode {
                match self { $(WsRs::$name => CloseCode($number),)* WsRs::Other(other) => CloseCode(other.0) }
            }

            /// The variant for this code.
            pub const fn from_code(code: CloseCode) -> WsRs {
                match code.0 { $($number => WsRs::$name,)* other => WsRs::Other(Other(other)) }
            }

            /// The name in Rust.
            pub const fn name(self) -> &'static str {
                match self { $(WsRs::$name => stringify!($name),)* WsRs::Other(_) => "Other" }
            }
        }
    };
}

/// A code without a named variant in ws-rs. Only [`WsRs::from_code`] creates one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Other(u16);

ws_rs! {
    Empty 0
    Normal 1000
    Away 1001
    Protocol 1002
    Unsupported 1003
    Status 1005
    Abnormal 1006
    Invalid 1007
    Policy 1008
    Size 1009
    Extension 1010
    Error 1011
    Restart 1012
    Again 1013
    Tls 1015
}

/// The names of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeNames {
    /// The code.
    pub code: CloseCode,
    /// The enumerator of Boost.Beast, if there is one.
    pub beast: Option<Beast>,
    /// The variant of ws-rs.
    pub ws_rs: WsRs,
}

impl CodeNames {
    /// The names of this code.
    pub const fn of(code: CloseCode) -> CodeNames {
        CodeNames { code, beast: Beast::from_code(code), ws_rs: WsRs::from_code(code) }
    }
}

/// Every code with a name in RFC 6455, the IANA registry or one of the libraries, in ascending order.
pub fn table() -> impl Iterator<Item = CodeNames> {
    CloseCode::all().map(CodeNames::of).filter(|row| {
        row.code.name().is_some() || row.beast.is_some() || !matches!(row.ws_rs, WsRs::Other(_))
    })
}
