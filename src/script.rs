//! Scripts: the steps of the peer and the application of an endpoint under test.
//!
//! A script has two forms. The text form is for people, and [`text`] describes the whole language. The binary form is
//! for fuzzers: its first octet is [`MAGIC`] or [`MAGIC_2`], and any octets after that are a script. [`ScriptBuf::read`] reads both
//! forms, and `Display` writes the text form. The parser reads that text back to the same script.
//!
//! ```
//! use wsclose::script::ScriptBuf;
//!
//! let text = "wsclose 1\nrole server\n> close 1000 \"bye\"\n> fin\n";
//! let script = ScriptBuf::read(text.as_bytes())?;
//! assert_eq!(script.as_script().steps().count(), 2);
//! assert_eq!(script.as_script().to_string(), text);
//! # Ok::<(), wsclose::script::ScriptError>(())
//! ```

#[cfg(feature = "arbitrary")]
mod arbitrary;
mod binary;
mod buf;
pub mod corpus;
mod step;
pub mod text;

pub use binary::{MAGIC, MAGIC_2, Steps, VERSION, Writer};
pub use buf::{MAX_SCRIPT, Script, ScriptBuf, ScriptError};
pub use step::{
    DEFAULT_KEY, FrameStep, LengthEncoding, MessageKind, Payload, SegmentPlacement, Segmentation, Step,
};
