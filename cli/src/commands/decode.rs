//! `wsclose decode`: prints the frames in pasted octets, with the flaws and the violated rules of each.

mod frames;
mod http;
mod senders;

use std::io::Write;

use wsclose::analysis::status::RunStatus;
use wsclose::harness::Hex;
use wsclose::protocol::assembler::{FrameAssembler, FramePart, KeptPayload};
use wsclose::protocol::foreign::{ForeignText, FrameStart};
use wsclose::protocol::frame::{Header, Status};
use wsclose::protocol::role::Role;
use wsclose::rules::Rule;

use crate::args;
use crate::commands::decode::frames::{Conversation, Frame, SenderState};
use crate::commands::decode::senders::{Sender, senders};
use crate::support::dump::Dump;
use crate::support::error::{CliError, ExitStatus};
use crate::support::output::Stdout;
use crate::support::pasted::{self, Pasted};

/// Decodes the octets of the command line, of a file or of standard input.
pub fn run(args: &args::Decode, out: &mut Stdout) -> Result<ExitStatus, CliError> {
    let Pasted { name, dump, is_detected } = pasted::read(&args.octets, args.format)?;
    let octets: usize = dump.segments.iter().map(|segment| segment.octets.len()).sum();
    let how = if is_detected { "detected" } else { "as named" };
    writeln!(out, "{name}: format {} ({how}), {octets} octets", dump.format)?;
    for note in &dump.notes {
        writeln!(out, "  {note}")?;
    }
    let senders = senders(&dump, args.sender);
    for line in senders::describe(&senders, &dump) {
        writeln!(out, "  {line}")?;
    }
    writeln!(out)?;
    let mut decoder = Decoder::new(args, &senders, &dump);
    decoder.decode(&dump, out)?;
    let fails = decoder.violated.iter().any(|rule| rule.level().fails(args.strict));
    Ok(RunStatus::Fail.when(fails).into())
}

/// The octets of one direction.
struct Lane {
    sender: Sender,
    /// The connection, as an index.
    connection: usize,
    octets: Vec<u8>,
    /// Where the current frame begins.
    start: usize,
    /// How many octets the assembler has read.
    read: usize,
    frames: FrameAssembler,
    /// Whether frames can follow: nothing foreign was found.
    has_frames: bool,
    /// Who sent the last frame.
    last: Option<Role>,
    /// By role. If the mask bit tells the sender of each frame, a lane has two senders.
    states: [SenderState; 2],
}

struct Decoder {
    lanes: Vec<Lane>,
    /// The connections. Both directions of one share an entry.
    conversations: Vec<Conversation>,
    violated: Vec<Rule>,
}

impl Decoder {
    fn new(args: &args::Decode, senders: &[Sender], dump: &Dump) -> Decoder {
        let lane = |(flow, sender): (usize, &Sender)| Lane {
            sender: *sender,
            connection: senders::opposite(flow, dump, senders.len()).unwrap_or(flow).min(flow),
            octets: Vec::new(),
            start: 0,
            read: 0,
            frames: FrameAssembler::new(KeptPayload::UpTo(usize::MAX)),
            has_frames: true,
            last: None,
            states: Role::ALL.map(|role| SenderState::new(role, args.profile)),
        };
        Decoder {
            lanes: senders.iter().enumerate().map(lane).collect(),
            conversations: senders.iter().map(|_| Conversation::default()).collect(),
            violated: Vec::new(),
        }
    }

    /// Prints the frames of all directions in the order of the dump.
    fn decode(&mut self, dump: &Dump, out: &mut Stdout) -> Result<(), CliError> {
        for segment in &dump.segments {
            let lane = &mut self.lanes[segment.flow];
            let conversation = &mut self.conversations[lane.connection];
            if segment.missing > 0 {
                lane.print_rest(conversation, out)?;
                writeln!(out, "       {} octets are missing here", segment.missing)?;
                lane.frames.restart();
                lane.states.iter_mut().for_each(SenderState::skip);
                lane.start = lane.octets.len();
                lane.read = lane.start;
            }
            lane.octets.extend_from_slice(&segment.octets);
            self.violated.extend(lane.print_frames(conversation, out)?);
        }
        for lane in &mut self.lanes {
            let conversation = &mut self.conversations[lane.connection];
            self.violated.extend(lane.print_rest(conversation, out)?);
        }
        Ok(())
    }
}

impl Lane {
    /// Prints the frames that the octets complete.
    fn print_frames(
        &mut self,
        conversation: &mut Conversation,
        out: &mut Stdout,
    ) -> Result<Vec<Rule>, CliError> {
        let mut violated = Vec::new();
        self.skip_handshake(conversation, out)?;
        while self.has_frames {
            if self.frames.at_boundary() {
                match FrameStart::of(&self.octets[self.start..]) {
                    FrameStart::Frame => {}
                    FrameStart::Undecided => break,
                    FrameStart::Foreign(text) => violated.push(self.print_foreign(text, out)?),
                }
            }
            if !self.read_frame(&mut violated, conversation, out)? {
                break;
            }
        }
        Ok(violated)
    }

    /// Reads the next part of a frame and prints the frame if it is complete. Returns whether there was one.
    fn read_frame(
        &mut self,
        violated: &mut Vec<Rule>,
        conversation: &mut Conversation,
        out: &mut Stdout,
    ) -> Result<bool, CliError> {
        let mut rest = &self.octets[self.read..];
        let size = rest.len();
        let part = if self.has_frames { self.frames.next(&mut rest) } else { None };
        self.read += size - rest.len();
        match part {
            None => return Ok(false),
            Some(FramePart::Header(_) | FramePart::Payload(_)) => {}
            Some(FramePart::End(header)) => {
                violated.extend(self.print_frame(header, true, conversation, out)?);
                self.start = self.read;
            }
        }
        Ok(true)
    }

    /// Prints the head of an opening handshake, after which frames follow.
    fn skip_handshake(&mut self, conversation: &mut Conversation, out: &mut Stdout) -> Result<(), CliError> {
        if self.start > 0 {
            return Ok(());
        }
        if let Some(head) = http::head(&self.octets) {
            let http::Head { role, size, line, has_deflate } = head;
            if role == Role::Server {
                conversation.has_deflate = Some(has_deflate);
            }
            writeln!(out, "{:>5}  {role:<6}  opening handshake of {size} octets: {line}", self.start)?;
            self.start = size;
            self.read = size;
        }
        Ok(())
    }

    /// Prints text in place of a frame, after which no frames are read.
    fn print_foreign(&mut self, text: ForeignText, out: &mut Stdout) -> Result<Rule, CliError> {
        let role = self.sender.role().or(self.last).map_or("?", Role::name);
        let rest = &self.octets[self.start..];
        let line = http::first_line(rest);
        writeln!(out, "{:>5}  {role:<6}  {text} in place of a frame: {line}", self.start)?;
        let rule = Rule::SendsOnlyFrames;
        writeln!(out, "       violates {rule}  {:<7}  {} octets are not decoded", rule.level(), rest.len())?;
        self.has_frames = false;
        Ok(rule)
    }

    fn print_frame(
        &mut self,
        header: Header,
        is_complete: bool,
        conversation: &mut Conversation,
        out: &mut Stdout,
    ) -> Result<Vec<Rule>, CliError> {
        let role = self.sender.of_frame(&header);
        self.last = Some(role);
        let payload = self.frames.payload();
        let wire = &self.octets[self.start..self.read];
        write!(out, "{:>5}  {role:<6}  ", self.start)?;
        let state = &mut self.states[usize::from(role == Role::Server)];
        state.print(&Frame { header, payload, wire, is_complete }, conversation, out)
    }

    /// Prints what is left of the octets: the beginning of a frame.
    fn print_rest(
        &mut self,
        conversation: &mut Conversation,
        out: &mut Stdout,
    ) -> Result<Vec<Rule>, CliError> {
        let mut violated = Vec::new();
        if self.start == self.octets.len() || !self.has_frames {
            return Ok(violated);
        }
        if self.frames.at_boundary() {
            if let FrameStart::Foreign(text) = FrameStart::at_end(&self.octets[self.start..]) {
                return Ok(vec![self.print_foreign(text, out)?]);
            }
            // What was undecided begins a frame.
            while self.read_frame(&mut violated, conversation, out)? {}
        }
        if let Some(header) = self.frames.header() {
            violated.extend(self.print_frame(header, false, conversation, out)?);
            let missing = header.length.value() - self.frames.payload().len() as u64;
            writeln!(out, "       incomplete: {missing} more octets of payload are needed")?;
            return Ok(violated);
        }
        let rest = &self.octets[self.start..];
        if rest.is_empty() {
            return Ok(violated);
        }
        let needed = match Header::decode(rest) {
            Status::Partial(needed) => needed - rest.len(),
            Status::Complete(..) => 0,
        };
        let role = self.sender.role().map_or("?", Role::name);
        writeln!(out, "{:>5}  {role:<6}  … {}", self.start, Hex(rest))?;
        writeln!(out, "       incomplete: at least {needed} more octets of header are needed")?;
        Ok(violated)
    }
}
