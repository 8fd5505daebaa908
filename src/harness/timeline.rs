//! The text form of a trace: the timeline that people read and that snapshots store.

use std::fmt;

use super::event::TraceEventKind;
use super::trace::Trace;
use crate::protocol::assembler::{FrameAssembler, FramePart, KeptPayload};
use crate::protocol::close::{self, BodyError, CloseBody};
use crate::protocol::foreign::FrameStart;
use crate::protocol::frame::{Header, LengthForm, Opcode};
use crate::rules::Rule;
use crate::script::Segmentation;

/// A mark in a timeline: the event that shows a violation, and the violated rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mark {
    /// The index of the event in [`Trace::events`].
    pub event: usize,
    /// The rule.
    pub rule: Rule,
}

/// A trace as text, with a mark on each line that shows a violation; see [`Trace::timeline`].
#[derive(Clone, Debug)]
pub struct Timeline<'a> {
    trace: &'a Trace,
    marks: Vec<Mark>,
    states: bool,
    ends: bool,
}

impl Trace {
    /// The timeline with marks: the line that shows a violation ends in `  <-- ` and the ids of the violated rules,
    /// separated by `, `. Accepts findings of the judge: `trace.timeline(findings)`.
    ///
    /// An event that has no line of its own, such as the end of the script, gets one if it is marked.
    pub fn timeline(&self, marks: impl IntoIterator<Item = impl Into<Mark>>) -> Timeline<'_> {
        let mut marks: Vec<Mark> = marks.into_iter().map(Into::into).collect();
        marks.sort_unstable();
        marks.dedup();
        Timeline { trace: self, marks, states: true, ends: false }
    }

    /// The timeline without marks and without states. Two subjects with the same outline did the same, even if only
    /// one of them exposes its state.
    pub fn outline(&self) -> String {
        self.timeline([] as [Mark; 0]).without_states().to_string()
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.timeline([] as [Mark; 0]).fmt(f)
    }
}

impl Timeline<'_> {
    /// The same timeline without the states that only some subjects expose.
    pub fn without_states(self) -> Self {
        Timeline { states: false, ..self }
    }

    /// The same timeline with a line at the end of each connection, so that the time waited in silence shows.
    pub fn with_ends(self) -> Self {
        Timeline { ends: true, ..self }
    }

    /// The rules that the event at this index violates.
    fn rules(&self, event: usize) -> impl Iterator<Item = Rule> {
        self.marks.iter().filter(move |mark| mark.event == event).map(|mark| mark.rule)
    }
}

impl fmt::Display for Timeline<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let trace = self.trace;
        let mut received = TimelineLane::new('>');
        let mut sent = TimelineLane::new('<');
        let mut write_closed = false;
        for (at, event) in trace.events().iter().enumerate() {
            let tick = event.tick;
            let rules: Vec<Rule> = self.rules(at).collect();
            if let TraceEventKind::Received(span) = event.kind {
                sent.flush(f)?;
                received.segment(f, tick, trace.octets(span), &rules)?;
                continue;
            }
            received.flush(f)?;
            if let TraceEventKind::Sent(span) = event.kind {
                sent.segment(f, tick, trace.octets(span), &rules)?;
                continue;
            }
            sent.flush(f)?;
            if let TraceEventKind::Connected { .. } = event.kind {
                (received, sent) = (TimelineLane::new('>'), TimelineLane::new('<'));
                write_closed = false;
            }
            let line = describe(trace, event.kind, write_closed);
            write_closed |= event.kind == TraceEventKind::WriteShutdown;
            let shown = match line.visibility {
                Visibility::Always => true,
                Visibility::AfterTheFirst => at > 0,
                Visibility::WithStates => self.states,
                Visibility::WithEnds => self.ends,
                Visibility::IfMarked => false,
            };
            if shown || !rules.is_empty() {
                write_line(f, tick, line.lane, &line.text, &rules)?;
            }
        }
        received.flush(f)?;
        sent.flush(f)
    }
}

/// One line of a timeline, without its tick.
struct Line {
    /// `>` to the subject, `<` from the subject, `|` for a note.
    lane: char,
    text: String,
    visibility: Visibility,
}

/// When the line of an event is printed. A marked event is always printed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Visibility {
    Always,
    /// Unless it is the first event of the trace.
    AfterTheFirst,
    /// Unless the timeline is an outline.
    WithStates,
    /// If the timeline shows the end of each connection.
    WithEnds,
    /// Only if it is marked.
    IfMarked,
}

/// The line of an event without octets on the wire.
fn describe(trace: &Trace, kind: TraceEventKind, write_closed: bool) -> Line {
    let text = |span| trace.recorder.text(span);
    let quoted = |span| Quoted(trace.octets(span));
    let note = |text: String| Line { lane: '|', text, visibility: Visibility::Always };
    let if_marked = |text: String| Line { lane: '|', text, visibility: Visibility::IfMarked };
    let wire = |lane: char, text: &str| Line { lane, text: text.to_owned(), visibility: Visibility::Always };
    match kind {
        // The lanes print these.
        TraceEventKind::Received(_) | TraceEventKind::Sent(_) => if_marked(String::new()),
        TraceEventKind::Connected { repeat: None } => {
            Line { lane: '|', text: "new connection".to_owned(), visibility: Visibility::AfterTheFirst }
        }
        TraceEventKind::Connected { repeat: Some(segmentation) } => note(match segmentation {
            Segmentation::AsWritten => "repeat".to_owned(),
            Segmentation::Coalesced => "repeat, in as few segments as possible".to_owned(),
            Segmentation::Bytewise => "repeat, one byte per segment".to_owned(),
            Segmentation::SplitAt(cut) => format!("repeat, each segment split after {cut} octets"),
        }),
        TraceEventKind::DeflateNegotiated => note("permessage-deflate negotiated".to_owned()),
        TraceEventKind::SentWithOpening => note("in one write with the opening handshake:".to_owned()),
        TraceEventKind::PeerFin => wire('>', "FIN"),
        TraceEventKind::PeerReset => wire('>', "RST"),
        TraceEventKind::PeerGone(writes) => {
            note(format!("peer vanished ({} accepted)", count(usize::from(writes), "more write")))
        }
        TraceEventKind::PeerPaused => note("peer stops reading".to_owned()),
        TraceEventKind::PeerResumed => note("peer resumes reading".to_owned()),
        TraceEventKind::TlsStarted => if_marked("under TLS".to_owned()),
        TraceEventKind::TlsClosed => if_marked("close_notify".to_owned()),
        TraceEventKind::WriteShutdown if trace.recorder.is_over_socket() => wire('<', "FIN"),
        TraceEventKind::WriteShutdown => wire('<', "FIN (write side closed)"),
        // Over a socket, that is the end of the harness's own side.
        TraceEventKind::Fin if write_closed && trace.recorder.is_over_socket() => if_marked("FIN".to_owned()),
        TraceEventKind::Fin if write_closed => note("read side closed".to_owned()),
        TraceEventKind::Fin => wire('<', "FIN"),
        TraceEventKind::Reset => wire('<', "RST"),
        TraceEventKind::AppClose { code: None, .. } => note("app closes".to_owned()),
        TraceEventKind::AppClose { code: Some(code), reason } => {
            note(format!("app closes {code} {}", quoted(reason)))
        }
        TraceEventKind::AppSend { kind, payload } => {
            note(format!("app sends {} {}", kind.name(), quoted(payload)))
        }
        TraceEventKind::AppPause => note("app stops reading".to_owned()),
        TraceEventKind::AppResume => note("app resumes reading".to_owned()),
        TraceEventKind::Message { kind, payload } => {
            note(format!("app received: {} {}", kind.name(), quoted(payload)))
        }
        TraceEventKind::Reported { code, reason, clean } => {
            let code = code.map_or("without a code".to_owned(), |code| code.to_string());
            let reason = reason.map(|span| format!(" {}", quoted(span))).unwrap_or_default();
            let clean = match clean {
                Some(true) => ", clean",
                Some(false) => ", not clean",
                None => "",
            };
            note(format!("app reported: closed {code}{reason}{clean}"))
        }
        TraceEventKind::ErrorReported(message) => note(format!("app reported: error: {}", text(message))),
        TraceEventKind::RequestAccepted => if_marked("request accepted".to_owned()),
        TraceEventKind::RequestRefused(message) => note(format!("refused: {}", text(message))),
        TraceEventKind::Unsupported(message) => note(format!("unsupported: {}", text(message))),
        TraceEventKind::Panicked(message) => note(format!("PANIC: {}", text(message))),
        TraceEventKind::Hung => note("HANG".to_owned()),
        TraceEventKind::Memory(octets) => if_marked(format!("memory grew by {octets} octets")),
        TraceEventKind::StateChanged(before, after) => Line {
            lane: '|',
            text: format!("{} -> {}", before.name(), after.name()),
            visibility: Visibility::WithStates,
        },
        TraceEventKind::Undelivered(octets) => {
            note(format!("not delivered because TCP is closed: {}", count(octets as usize, "octet")))
        }
        TraceEventKind::Note(message) => note(format!("# {}", text(message))),
        TraceEventKind::ScriptEnded => {
            Line { lane: '|', text: "end of the script".to_owned(), visibility: Visibility::WithEnds }
        }
    }
}

/// Writes a line, with a mark if there are rules.
fn write_line(f: &mut impl fmt::Write, tick: u32, lane: char, text: &str, rules: &[Rule]) -> fmt::Result {
    write!(f, "{tick:>3}  {lane}  {text}")?;
    for (at, rule) in rules.iter().enumerate() {
        write!(f, "{}{rule}", if at == 0 { "  <-- " } else { ", " })?;
    }
    writeln!(f)
}

/// Octets as a quoted string if they are text, else in hexadecimal; long ones are truncated.
pub struct Quoted<'a>(pub &'a [u8]);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 40;
        match std::str::from_utf8(self.0) {
            Ok(text) if text.len() <= SHOWN => write!(f, "\"{}\"", text.escape_debug()),
            Ok(text) => {
                let head = close::truncate_at_char_boundary(text, SHOWN);
                write!(f, "\"{}\"… ({} octets)", head.escape_debug(), text.len())
            }
            Err(_) => write!(f, "{}", Hex(self.0)),
        }
    }
}

/// Octets in hexadecimal without separators; long ones are truncated.
pub struct Hex<'a>(pub &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 16;
        self.0.iter().take(SHOWN).try_for_each(|octet| write!(f, "{octet:02x}"))?;
        if self.0.len() > SHOWN { write!(f, "… ({} octets)", self.0.len()) } else { Ok(()) }
    }
}

/// A frame as text: `CLOSE 1000 "bye" masked`, and every property that differs from a usual frame.
pub struct FrameDisplay<'a> {
    /// The header.
    pub header: &'a Header,
    /// The unmasked payload, as far as it was received.
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

/// `1 octet`, `2 octets`.
fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// One direction of the wire: turns segments into lines.
struct TimelineLane {
    arrow: char,
    frames: FrameAssembler,
    unfinished: Option<Unfinished>,
    /// Whether text stood in place of a frame. What follows it is printed as text.
    foreign: bool,
}

/// Segments that completed no frame and are not printed yet. They share a line.
struct Unfinished {
    /// The tick of the first segment.
    tick: u32,
    octets: usize,
    segments: usize,
    /// The rules that these segments violate.
    rules: Vec<Rule>,
}

impl TimelineLane {
    fn new(arrow: char) -> TimelineLane {
        let frames = FrameAssembler::new(KeptPayload::UpTo(usize::MAX));
        TimelineLane { arrow, frames, unfinished: None, foreign: false }
    }

    /// Prints the segments that completed no frame.
    fn flush(&mut self, f: &mut impl fmt::Write) -> fmt::Result {
        let Some(Unfinished { tick, octets, segments, rules }) = self.unfinished.take() else {
            return Ok(());
        };
        let octets = count(octets, "octet");
        let text = if segments == 1 {
            format!("… {octets}")
        } else {
            format!("… {octets} in {segments} segments")
        };
        write_line(f, tick, self.arrow, &text, &rules)
    }

    /// Prints a segment: a line for each frame that it completes, and one for the rest.
    ///
    /// `rules` mark the line of the last frame that the segment completes, or else the line of the rest.
    fn segment(&mut self, f: &mut impl fmt::Write, tick: u32, segment: &[u8], rules: &[Rule]) -> fmt::Result {
        let mut left = segment;
        let mut before = segment.len();
        // Whether the frame began in this segment.
        let mut whole = self.frames.at_boundary();
        let mut completed: Vec<String> = Vec::new();
        loop {
            // Only text that one segment shows is printed as such; the judge also joins segments.
            let is_start = self.arrow == '<' && self.frames.at_boundary();
            self.foreign |= is_start && matches!(FrameStart::at_end(left), FrameStart::Foreign(_));
            if self.foreign {
                break;
            }
            let Some(part) = self.frames.next(&mut left) else { break };
            match part {
                FramePart::Header(_) | FramePart::Payload(_) => {}
                FramePart::End(header) => {
                    self.flush(f)?;
                    let text = FrameDisplay { header: &header, payload: self.frames.payload() }.to_string();
                    let octets = if whole {
                        self.header_hex(&header)
                    } else {
                        format!("(last {})", count(before - left.len(), "octet"))
                    };
                    completed.push(columns(&text, &octets));
                    before = left.len();
                    whole = true;
                }
            }
        }
        let last = completed.len().wrapping_sub(1);
        for (at, text) in completed.iter().enumerate() {
            let is_marked = at == last && (!self.foreign || left.is_empty());
            write_line(f, tick, self.arrow, text, if is_marked { rules } else { &[] })?;
        }
        if self.foreign && !left.is_empty() {
            self.flush(f)?;
            return write_line(f, tick, self.arrow, &format!("not a frame: {}", Quoted(left)), rules);
        }
        if before == 0 {
            return Ok(());
        }
        let rules = if completed.is_empty() { rules } else { &[] };
        match self.frames.header() {
            // The header is complete and the payload is not.
            Some(header) if whole => {
                self.flush(f)?;
                let text = format!("{} …", FrameDisplay { header: &header, payload: self.frames.payload() });
                write_line(f, tick, self.arrow, &columns(&text, &self.header_hex(&header)), rules)
            }
            Some(_) | None => {
                let unfinished = self.unfinished.get_or_insert(Unfinished {
                    tick,
                    octets: 0,
                    segments: 0,
                    rules: Vec::new(),
                });
                unfinished.octets += before;
                unfinished.segments += 1;
                for rule in rules {
                    if !unfinished.rules.contains(rule) {
                        unfinished.rules.push(*rule);
                    }
                }
                Ok(())
            }
        }
    }

    /// The header, the key and the unmasked payload. The key of the subject is left out: it differs in each run.
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
}

/// The two columns of a frame: its text and its octets.
fn columns(text: &str, octets: &str) -> String {
    format!("{text:<40} {octets}").trim_end().to_owned()
}

#[cfg(test)]
mod tests;
