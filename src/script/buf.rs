//! Scripts as byte strings: [`Script`] borrows the binary form, and [`ScriptBuf`] owns it.

use std::fmt;

use crate::protocol::role::Role;
use crate::script::binary::{self, MAGIC, MAGIC_2, Steps, VERSION, Writer};
use crate::script::text::parse::{self, ScriptParseError};

/// The largest script, in octets, in either form.
pub const MAX_SCRIPT: usize = 1 << 16;

/// The reason why a byte string is not a script.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScriptError {
    /// The byte string is empty.
    #[error(
        "expected a script, found an empty file; the shortest script is the two lines `wsclose 1` and `role server`"
    )]
    Empty,
    /// The script is in the binary form of another version.
    #[error(
        "expected version 1 or {VERSION} of the script codec, found version {0}; replay it with the release that wrote it, and save it as text"
    )]
    Version(u8),
    /// The first octet is neither that of a binary script nor ASCII.
    #[error(
        "expected a script that begins with `wsclose 1`, with `wsclose {VERSION}` or with the octet {MAGIC:#04x} or {MAGIC_2:#04x}, found {0:#04x}"
    )]
    Magic(u8),
    /// The script has more than [`MAX_SCRIPT`] octets. The field is its size.
    #[error("expected a script of at most {MAX_SCRIPT} octets, found {0}")]
    TooLong(usize),
    /// The text form has an error.
    #[error(transparent)]
    Text(#[from] ScriptParseError),
}

/// A script in its binary form.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Script<'a> {
    role: Role,
    version: u8,
    deflate: bool,
    steps: &'a [u8],
}

impl<'a> Script<'a> {
    /// Reads the binary form. Any octets may follow the first one.
    ///
    /// # Errors
    /// If the byte string is empty or too long, or if the first octet is neither [`MAGIC`] nor [`MAGIC_2`].
    pub fn decode(octets: &'a [u8]) -> Result<Script<'a>, ScriptError> {
        match octets {
            [] => Err(ScriptError::Empty),
            _ if octets.len() > MAX_SCRIPT => Err(ScriptError::TooLong(octets.len())),
            [magic @ (MAGIC | MAGIC_2), rest @ ..] => {
                let version = magic & 0x0f;
                let (first, steps) = rest.split_first().unwrap_or((&0, &[]));
                let role = if first & 1 == 0 { Role::Client } else { Role::Server };
                let deflate = version > 1 && binary::offers_deflate(*first);
                Ok(Script { role, version, deflate, steps })
            }
            [other, ..] if other & 0xf0 == 0xc0 => Err(ScriptError::Version(other & 0x0f)),
            [other, ..] => Err(ScriptError::Magic(*other)),
        }
    }

    /// The role of the endpoint under test. The peer has the other role.
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Whether the opening handshakes negotiate permessage-deflate (RFC 7692). A client under test need not offer it, and
    /// a server under test need not accept it.
    pub const fn offers_deflate(&self) -> bool {
        self.deflate
    }

    /// The version of the form in which the script is written.
    pub(super) const fn version(&self) -> u8 {
        self.version
    }

    /// The steps, in order.
    pub const fn steps(&self) -> Steps<'a> {
        Steps::of(self.steps, self.version)
    }

    /// The same steps for an endpoint of this role.
    pub const fn for_role(self, role: Role) -> Script<'a> {
        Script { role, ..self }
    }

    /// A writer of a script that negotiates the same extensions, for an endpoint of this role. It has no steps.
    pub fn writer(&self, role: Role) -> Writer {
        let mut writer = Writer::new(role);
        if self.deflate {
            writer.offer_deflate();
        }
        writer
    }

    /// The canonical binary form: the one to which the text of `Display` compiles.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = self.writer(self.role);
        self.steps().for_each(|step| out.step(&step));
        out.into_octets()
    }
}

impl fmt::Debug for Script<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A script in its canonical binary form, owned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptBuf(Vec<u8>);

impl ScriptBuf {
    /// Reads either form. The first octet distinguishes them.
    ///
    /// # Errors
    /// If the byte string is not a script.
    pub fn read(octets: &[u8]) -> Result<ScriptBuf, ScriptError> {
        if octets.len() > MAX_SCRIPT {
            return Err(ScriptError::TooLong(octets.len()));
        }
        if parse::is_text(octets) {
            return Ok(ScriptBuf(parse::parse(octets)?));
        }
        Script::decode(octets).map(|script| ScriptBuf(script.encode()))
    }

    /// Borrows the script.
    pub fn as_script(&self) -> Script<'_> {
        Script::decode(&self.0).expect("a ScriptBuf holds a decodable script")
    }

    /// The binary form.
    pub fn octets(&self) -> &[u8] {
        &self.0
    }
}
