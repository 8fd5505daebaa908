//! The text form of a trace: the timeline that people read and that snapshots store.

use std::fmt;

use super::event::TraceEventKind;
use super::trace::Trace;
use crate::protocol::assembler::{FrameAssembler, FramePart, KeptPayload};
use crate::protocol::close::{BodyError, CloseBody};
use crate::protocol::frame::{Header, LengthForm, Opcode};
use crate::script::Segmentation;

impl Trace {
    /// The timeline without what only some subjects show (their states), so that two subjects that did the
    /// same can be told to have done the same.
    pub fn outline(&self) -> String {
        let mut text = String::new();
        self.write(&mut text, false).expect("writing to a String cannot fail");
        text
    }

    fn write(&self, f: &mut impl fmt::Write, states: bool) -> fmt::Result {
        let mut to = TimelineLane::new('>');
        let mut from = TimelineLane::new('<');
        let mut half_closed = false;
        for (at, entry) in self.events().iter().enumerate() {
            let tick = entry.tick;
            if !matches!(entry.kind, TraceEventKind::Received(_)) {
                to.flush(f)?;
            }
            if !matches!(entry.kind, TraceEventKind::Sent(_)) {
                from.flush(f)?;
            }
            let mut note = |text: fmt::Arguments<'_>| writeln!(f, "{tick:>3}  |  {text}");
            match entry.kind {
                TraceEventKind::Connected { repeat: again } => {
                    match again {
                        None if at == 0 => {}
                        None => note(format_args!("new connection"))?,
                        Some(Segmentation::AsWritten) => note(format_args!("repeat"))?,
                        Some(Segmentation::Coalesced) => {
                            note(format_args!("repeat, in as few segments as possible"))?
                        }
                        Some(Segmentation::Bytewise) => note(format_args!("repeat, one byte per segment"))?,
                        Some(Segmentation::SplitAt(cut)) => {
                            note(format_args!("repeat, each segment split after {cut} octets"))?
                        }
                    }
                    to = TimelineLane::new('>');
                    from = TimelineLane::new('<');
                    half_closed = false;
                }
                TraceEventKind::Received(span) => to.segment(f, tick, self.octets(span))?,
                TraceEventKind::Sent(span) => from.segment(f, tick, self.octets(span))?,
                TraceEventKind::PeerFin => writeln!(f, "{tick:>3}  >  FIN")?,
                TraceEventKind::PeerReset => writeln!(f, "{tick:>3}  >  RST")?,
                TraceEventKind::PeerGone(writes) => {
                    note(format_args!(
                        "peer vanished ({} accepted)",
                        count(usize::from(writes), "more write")
                    ))?;
                }
                TraceEventKind::PeerPaused => note(format_args!("peer stops reading"))?,
                TraceEventKind::PeerResumed => note(format_args!("peer resumes reading"))?,
                TraceEventKind::WriteShutdown => {
                    half_closed = true;
                    writeln!(f, "{tick:>3}  <  FIN (write side closed)")?;
                }
                TraceEventKind::Fin if half_closed => note(format_args!("read side closed"))?,
                TraceEventKind::Fin => writeln!(f, "{tick:>3}  <  FIN")?,
                TraceEventKind::Reset => writeln!(f, "{tick:>3}  <  RST")?,
                TraceEventKind::AppClose { code: None, .. } => note(format_args!("app closes"))?,
                TraceEventKind::AppClose { code: Some(code), reason } => {
                    note(format_args!("app closes {code} {}", Quoted(self.octets(reason))))?;
                }
                TraceEventKind::AppSend { kind, payload } => {
                    note(format_args!("app sends {} {}", kind.name(), Quoted(self.octets(payload))))?;
                }
                TraceEventKind::AppPause => note(format_args!("app stops reading"))?,
                TraceEventKind::AppResume => note(format_args!("app resumes reading"))?,
                TraceEventKind::Message { kind, payload } => {
                    note(format_args!("app received: {} {}", kind.name(), Quoted(self.octets(payload))))?;
                }
                TraceEventKind::Reported { code, reason, clean } => {
                    let code = code.map_or("without a code".to_owned(), |code| code.to_string());
                    let reason =
                        reason.map(|span| format!(" {}", Quoted(self.octets(span)))).unwrap_or_default();
                    let clean = match clean {
                        Some(true) => ", clean",
                        Some(false) => ", not clean",
                        None => "",
                    };
                    note(format_args!("app reported: closed {code}{reason}{clean}"))?;
                }
                TraceEventKind::ErrorReported(words) => {
                    note(format_args!("app reported: error: {}", self.recorder.text(words)))?;
                }
                TraceEventKind::RequestAccepted => {}
                TraceEventKind::RequestRefused(words) => {
                    note(format_args!("refused: {}", self.recorder.text(words)))?
                }
                TraceEventKind::Unsupported(words) => {
                    note(format_args!("unsupported: {}", self.recorder.text(words)))?;
                }
                TraceEventKind::Panicked(words) => {
                    note(format_args!("PANIC: {}", self.recorder.text(words)))?
                }
                TraceEventKind::Hung => note(format_args!("HANG"))?,
                TraceEventKind::Memory(_) => {}
                TraceEventKind::StateChanged(before, after) => {
                    if states {
                        note(format_args!("{} -> {}", before.name(), after.name()))?;
                    }
                }
                TraceEventKind::Undelivered(octets) => {
                    note(format_args!(
                        "not delivered because TCP is closed: {}",
                        count(octets as usize, "octet")
                    ))?;
                }
                TraceEventKind::Note(text) => note(format_args!("# {}", self.recorder.text(text)))?,
                TraceEventKind::ScriptEnded => {}
            }
        }
        to.flush(f)?;
        from.flush(f)
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, true)
    }
}

/// Octets as a quoted string where they are text, as hexadecimal where not; long ones are cut.
pub struct Quoted<'a>(pub &'a [u8]);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 40;
        match std::str::from_utf8(self.0) {
            Ok(text) if text.len() <= SHOWN => write!(f, "\"{}\"", text.escape_debug()),
            Ok(text) => {
                let head = crate::protocol::close::truncate_at_char_boundary(text, SHOWN);
                write!(f, "\"{}\"… ({} octets)", head.escape_debug(), text.len())
            }
            Err(_) => write!(f, "{}", Hex(self.0)),
        }
    }
}

/// Octets in hexadecimal, in one run; long ones are cut.
pub struct Hex<'a>(pub &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 16;
        self.0.iter().take(SHOWN).try_for_each(|octet| write!(f, "{octet:02x}"))?;
        if self.0.len() > SHOWN { write!(f, "… ({} octets)", self.0.len()) } else { Ok(()) }
    }
}

/// A frame in words: `CLOSE 1000 "bye" masked`, and whatever is out of the ordinary.
pub struct FrameDisplay<'a> {
    /// Its header.
    pub header: &'a Header,
    /// Its payload, unmasked, as far as it came.
    pub payload: &'a [u8],
}

impl fmt::Display for FrameDisplay<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FrameDisplay { header, payload } = self;
        f.write_str(header.opcode.name())?;
        match header.opcode {
            Opcode::Close => match CloseBody::parse(payload) {
                Ok(CloseBody::Empty) => {}
                Ok(CloseBody::Status { code, reason }) => write!(f, " {code} {}", Quoted(reason.as_bytes()))?,
                Err(BodyError::OneByte) => write!(f, " {}", Hex(payload))?,
                Err(BodyError::ReasonNotUtf8 { code, .. }) => write!(f, " {code} {}", Hex(&payload[2..]))?,
            },
            Opcode::Binary if !payload.is_empty() => write!(f, " {}", Hex(payload))?,
            Opcode::Continuation
            | Opcode::Text
            | Opcode::Binary
            | Opcode::Ping
            | Opcode::Pong
            | Opcode::Reserved(_) => {
                if !payload.is_empty() {
                    write!(f, " {}", Quoted(payload))?;
                }
            }
        }
        if !header.fin {
            write!(f, " fin=0")?;
        }
        if header.rsv != 0 {
            write!(f, " rsv={}", header.rsv)?;
        }
        let value = header.length.value();
        match header.length.form() {
            LengthForm::Seven => {}
            LengthForm::Sixteen => write!(f, " len16")?,
            LengthForm::SixtyFour => write!(f, " len64")?,
        }
        if value != payload.len() as u64 {
            write!(f, " claims {value}")?;
        }
        if header.mask.is_some() { write!(f, " masked") } else { Ok(()) }
    }
}

/// One direction of the wire, as it is being shown.
struct TimelineLane {
    arrow: char,
    frames: FrameAssembler,
    /// Segments that ended no frame and have not been shown yet: their tick, their octets, their number.
    unfinished: Option<(u32, usize, usize)>,
}

/// `1 octet`, `2 octets`.
fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

impl TimelineLane {
    fn new(arrow: char) -> TimelineLane {
        TimelineLane { arrow, frames: FrameAssembler::new(KeptPayload::UpTo(usize::MAX)), unfinished: None }
    }

    /// Shows the segments that ended no frame, as one line.
    fn flush(&mut self, f: &mut impl fmt::Write) -> fmt::Result {
        let Some((tick, octets, segments)) = self.unfinished.take() else { return Ok(()) };
        let octets = count(octets, "octet");
        let words = if segments == 1 {
            format!("… {octets}")
        } else {
            format!("… {octets} in {segments} segments")
        };
        self.line(f, tick, &words, "")
    }

    /// Shows a segment: a line for each frame that it ends, and one for what is left unfinished.
    fn segment(&mut self, f: &mut impl fmt::Write, tick: u32, segment: &[u8]) -> fmt::Result {
        let mut left = segment;
        let mut before = segment.len();
        let mut whole = self.frames.at_boundary();
        while let Some(part) = self.frames.next(&mut left) {
            match part {
                FramePart::Header(_) | FramePart::Payload(_) => {}
                FramePart::End(header) => {
                    self.flush(f)?;
                    let words = FrameDisplay { header: &header, payload: self.frames.payload() };
                    let octets = if whole {
                        self.header_hex(&header)
                    } else {
                        format!("(last {})", count(before - left.len(), "octet"))
                    };
                    self.line(f, tick, &words.to_string(), &octets)?;
                    before = left.len();
                    whole = true;
                }
            }
        }
        if before == 0 {
            return Ok(());
        }
        match self.frames.header() {
            // The header is here and some of the payload is not.
            Some(header) if whole => {
                self.flush(f)?;
                let words = format!("{} …", FrameDisplay { header: &header, payload: self.frames.payload() });
                let octets = self.header_hex(&header);
                self.line(f, tick, &words, &octets)
            }
            Some(_) | None => {
                let (tick, octets, segments) = self.unfinished.unwrap_or((tick, 0, 0));
                self.unfinished = Some((tick, octets + before, segments + 1));
                Ok(())
            }
        }
    }

    /// Header, key and unmasked payload. A key that the subject chose is not shown: it is different each time.
    fn header_hex(&self, header: &Header) -> String {
        let bare = Header { mask: None, ..*header };
        let mut octets = bare.encode().as_slice().to_vec();
        if header.mask.is_some() {
            octets[1] |= 0x80;
        }
        let mut text = String::new();
        for (at, octet) in octets.iter().enumerate() {
            text += &format!("{}{octet:02x}", if at == 1 || at == 2 { " " } else { "" });
        }
        match header.mask {
            Some(key) if self.arrow == '>' => text += &format!(" {}", Hex(&key)),
            Some(_) => text += " <key>",
            None => {}
        }
        if !self.frames.payload().is_empty() {
            text += &format!(" {}", Hex(self.frames.payload()));
        }
        text
    }

    fn line(&self, f: &mut impl fmt::Write, tick: u32, words: &str, octets: &str) -> fmt::Result {
        let line = format!("{tick:>3}  {}  {words:<40} {octets}", self.arrow);
        writeln!(f, "{}", line.trim_end())
    }
}
