//! The close-code vocabularies of other implementations, complete, to and from [`CloseCode`]: Boost.Beast's
//! `close_code` and ws-rs's `CloseCode`. Tests in `peers/` hold both against the real enums.

use crate::protocol::code::CloseCode;

macro_rules! beast {
    ($($name:ident $number:literal $text:literal)*) => {
        /// An enumerator of Boost.Beast's `websocket::close_code`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Beast {
            $(#[doc = concat!("`", $text, "`, ", stringify!($number))] $name,)*
        }

        impl Beast {
            /// Every enumerator, by number.
            pub const ALL: [Beast; [$($number),*].len()] = [$(Beast::$name),*];

            /// The wire value.
            pub const fn code(self) -> CloseCode {
                match self { $(Beast::$name => CloseCode($number),)* }
            }

            /// The enumerator of this value, if there is one.
            pub const fn from_code(code: CloseCode) -> Option<Beast> {
                match code.0 { $($number => Some(Beast::$name),)* _ => None }
            }

            /// Its name in C++.
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
    /// The name that the newest upstream gives it where that differs: 1014 became `bad_gateway`.
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

    /// The enumerator of this name, old or new.
    pub fn from_name(name: &str) -> Option<Beast> {
        Beast::ALL.into_iter().find(|beast| beast.name() == name || beast.newest_name() == name)
    }
}

macro_rules! ws_rs {
    ($($name:ident $number:literal)*) => {
        /// A variant of ws-rs's `CloseCode`, the hidden ones (`Tls`, `Empty`, `Other`) included.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum WsRs {
            $(#[doc = concat!("`", stringify!($name), "`, ", stringify!($number))] $name,)*
            /// `Other`: any value without a variant of its own.
            Other(Other),
        }

        impl WsRs {
            /// Every variant that has a value of its own, by number.
            pub const NAMED: [WsRs; [$($number),*].len()] = [$(WsRs::$name),*];

            /// The wire value.
            pub const fn code(self) -> CloseCode {
                match self { $(WsRs::$name => CloseCode($number),)* WsRs::Other(other) => CloseCode(other.0) }
            }

            /// The variant of this value.
            pub const fn from_code(code: CloseCode) -> WsRs {
                match code.0 { $($number => WsRs::$name,)* other => WsRs::Other(Other(other)) }
            }

            /// Its name in Rust.
            pub const fn name(self) -> &'static str {
                match self { $(WsRs::$name => stringify!($name),)* WsRs::Other(_) => "Other" }
            }
        }
    };
}

/// A value that none of ws-rs's named variants has; made by [`WsRs::from_code`] alone.
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

/// One code beside its names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeNames {
    /// The code.
    pub code: CloseCode,
    /// Boost.Beast's enumerator.
    pub beast: Option<Beast>,
    /// ws-rs's variant.
    pub ws_rs: WsRs,
}

impl CodeNames {
    /// The names of one code.
    pub const fn of(code: CloseCode) -> CodeNames {
        CodeNames { code, beast: Beast::from_code(code), ws_rs: WsRs::from_code(code) }
    }
}

/// Every code that any of the vocabularies names, in order.
pub fn table() -> impl Iterator<Item = CodeNames> {
    CloseCode::all().map(CodeNames::of).filter(|row| {
        row.code.name().is_some() || row.beast.is_some() || !matches!(row.ws_rs, WsRs::Other(_))
    })
}
