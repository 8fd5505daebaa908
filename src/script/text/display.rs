//! Writes the text form of scripts and steps. The parser reads it back to the same script.

use std::fmt;

use crate::protocol::frame::Opcode;
use crate::script::buf::Script;
use crate::script::step::{LengthEncoding, Payload, SegmentPlacement, Segmentation, Step};

impl fmt::Display for Script<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "wsclose {}", self.version())?;
        writeln!(f, "role {}", self.role())?;
        if self.offers_deflate() {
            writeln!(f, "extension permessage-deflate")?;
        }
        self.steps().try_for_each(|step| writeln!(f, "{step}"))
    }
}

impl fmt::Display for Step<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Frame(frame) => {
                match frame.opcode {
                    Opcode::Continuation => write!(f, "> continuation")?,
                    Opcode::Text => write!(f, "> text")?,
                    Opcode::Binary => write!(f, "> binary")?,
                    Opcode::Close => write!(f, "> close")?,
                    Opcode::Ping => write!(f, "> ping")?,
                    Opcode::Pong => write!(f, "> pong")?,
                    Opcode::Reserved(_) => write!(f, "> opcode={}", frame.opcode.bits())?,
                }
                write!(f, "{}", frame.payload)?;
                if !frame.fin {
                    write!(f, " fin=0")?;
                }
                if frame.rsv != 0 {
                    write!(f, " rsv={}", frame.rsv)?;
                }
                if frame.mask_wrong {
                    write!(f, " mask=wrong")?;
                }
                if let Some([a, b, c, d]) = frame.key {
                    write!(f, " key={a:02x}{b:02x}{c:02x}{d:02x}")?;
                }
                match frame.length_encoding {
                    LengthEncoding::Shortest => {}
                    LengthEncoding::Sixteen => write!(f, " form=16")?,
                    LengthEncoding::SixtyFour => write!(f, " form=64")?,
                }
                if let Some(claim) = frame.claimed_len {
                    write!(f, " claim={claim}")?;
                }
                if frame.deflate {
                    write!(f, " deflate")?;
                }
                write!(f, "{}", frame.placement)
            }
            Step::Octets { octets, placement } => {
                write!(f, "> octets")?;
                for pair in octets.chunks(2) {
                    write!(f, " ")?;
                    pair.iter().try_for_each(|octet| write!(f, "{octet:02x}"))?;
                }
                write!(f, "{placement}")
            }
            Step::Fin { glue: false } => write!(f, "> fin"),
            Step::Fin { glue: true } => write!(f, "> fin glue"),
            Step::Reset => write!(f, "> reset"),
            Step::PeerGone(writes) => write!(f, "> gone {writes}"),
            Step::PeerPause => write!(f, "> pause"),
            Step::PeerResume => write!(f, "> resume"),
            Step::AppClose(payload) => write!(f, "app close{payload}"),
            Step::AppSend { kind, payload } => write!(f, "app send {}{payload}", kind.name()),
            Step::Pause => write!(f, "app pause"),
            Step::Resume => write!(f, "app resume"),
            Step::Wait(ticks) => write!(f, "wait {ticks}"),
            Step::Connect => write!(f, "connect"),
            Step::Repeat(Segmentation::AsWritten) => write!(f, "again"),
            Step::Repeat(Segmentation::Coalesced) => write!(f, "again whole"),
            Step::Repeat(Segmentation::Bytewise) => write!(f, "again each"),
            Step::Repeat(Segmentation::SplitAt(at)) => write!(f, "again cut={at}"),
            Step::Note("") => write!(f, "#"),
            Step::Note(text) => write!(f, "# {text}"),
        }
    }
}

impl fmt::Display for Payload<'_> {
    /// Writes a space before each part.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(code) = self.code {
            write!(f, " {code}")?;
        }
        if self.chunk.is_empty() {
            return Ok(());
        }
        match std::str::from_utf8(self.chunk) {
            // Control characters are easier to read in hexadecimal.
            Ok(text) if !text.chars().all(char::is_control) => write!(f, " \"{}\"", text.escape_debug())?,
            Ok(_) | Err(_) => {
                write!(f, " hex:")?;
                self.chunk.iter().try_for_each(|octet| write!(f, "{octet:02x}"))?;
            }
        }
        if self.repeat > 1 { write!(f, " * {}", self.repeat) } else { Ok(()) }
    }
}

impl fmt::Display for SegmentPlacement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.glue {
            write!(f, " glue")?;
        }
        if let Some(cut) = self.cut {
            write!(f, " cut={cut}")?;
        }
        if self.with_opening { write!(f, " with-opening") } else { Ok(()) }
    }
}
