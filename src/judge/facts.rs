//! Defines the facts of one connection, which the extractor collects and the rules compare.

use super::app_facts::AppFacts;
pub(super) use super::at::At;
use super::closing_ping::ClosingPing;
use super::comparison::Comparison;
use super::frame_reader::ForeignOctets;
use super::observed_close::{CloseOctets, ExtensionClose, ObservedClose, UnsendableCode, is_failure};
use super::reason::InconclusiveReason;
use super::send_path::{SendPath, UNREADABLE};
use crate::protocol::code::{CloseCode, Unsendable};
use crate::protocol::flaw::{Flaw, Flaws};
use crate::protocol::frame::{Header, MAX_CONTROL_PAYLOAD, Opcode};
use crate::rules::{self, RuleSet};

/// Flaws, each with the entry of the trace that first shows it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LocatedFlaws {
    flaws: Flaws,
    /// By flaw; meaningful for the flaws of the set.
    first_at: [At; Flaw::ALL.len()],
}

impl LocatedFlaws {
    /// Adds the flaws that the set lacks, at this position.
    pub(super) fn add(&mut self, flaws: Flaws, at: At) {
        for flaw in flaws.iter() {
            if !self.flaws.contains(flaw) {
                self.flaws.insert(flaw);
                self.first_at[flaw as usize] = at;
            }
        }
    }

    /// Makes this the set of these flaws. Those that it had keep their position, and the others get this one.
    pub(super) fn replace(&mut self, flaws: Flaws, at: At) {
        self.add(flaws, at);
        self.flaws = flaws;
    }

    /// Whether the set contains the flaw.
    pub(super) const fn contains(&self, flaw: Flaw) -> bool {
        self.flaws.contains(flaw)
    }

    /// The flaws, in the order of the enum.
    pub(super) fn iter(&self) -> impl Iterator<Item = Flaw> + use<> {
        self.flaws.iter()
    }

    /// Whether the set is empty.
    pub(super) const fn is_empty(&self) -> bool {
        self.flaws.is_empty()
    }

    /// Where the trace first shows a flaw of the set.
    pub(super) const fn first_at(&self, flaw: Flaw) -> At {
        self.first_at[flaw as usize]
    }
}

/// What a flawed frame is, as far as its header shows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub opcode: Opcode,
    pub fin: bool,
}

impl Frame {
    pub(super) fn of(header: &Header) -> Frame {
        Frame { opcode: header.opcode, fin: header.fin }
    }
}

/// How much of a frame has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FrameProgress {
    /// The beginning of its header.
    PartialHeader,
    /// Its header.
    Header,
    /// All of it.
    Complete,
}

/// The first flawed frame that the subject received, for which it should fail the connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct FlawedFrame {
    pub at: At,
    pub flaws: LocatedFlaws,
    pub opcode: Opcode,
    /// How much of it has arrived.
    pub progress: FrameProgress,
    /// When it was complete, or when the last part of it arrived.
    pub completed_at: At,
    /// The next input, which may be the cause of what the subject does from then on.
    pub next_input_at: Option<At>,
    /// Whether something else in its segment may be the cause of a rejection.
    pub ambiguous_cause: bool,
    /// The beginning of the body, if it is a complete Close.
    pub body: Option<CloseOctets>,
    /// Whether it is a complete frame that ends a message.
    pub ends_message: bool,
}

impl FlawedFrame {
    /// The code, if it is a complete Close that has one.
    pub(super) fn code(&self) -> Option<CloseCode> {
        self.body.as_ref().and_then(CloseOctets::code)
    }

    /// The reason, if it is a complete Close that has one.
    pub(super) fn reason(&self) -> &[u8] {
        self.body.as_ref().map_or(&[], CloseOctets::reason)
    }

    /// Whether all of the frame arrived.
    pub(super) fn is_complete(&self) -> bool {
        self.progress == FrameProgress::Complete
    }

    /// Whether something that the subject did came after the frame and before the next input. Only then is it
    /// surely for the frame.
    pub(super) fn is_in_time(&self, at: At) -> bool {
        at > self.at && self.next_input_at.is_none_or(|next| at < next)
    }
}

/// The reaction of the subject to something that it received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reaction {
    /// It failed the connection for it.
    Rejected,
    /// It treated it as if nothing were wrong.
    Accepted,
    /// The trace does not show which.
    Unknown(InconclusiveReason),
}

/// What the usual replies of the subject say of its reply to a flawed Close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ComparedReaction {
    /// It is the reply to a lawful Close.
    Accepted(Comparison),
    /// It is the reply with which the subject fails the connection.
    Rejected,
    /// The frame was no Close, and the subject sends no Close for lawful frames of that kind in the named case.
    Closed(&'static str),
}

/// The frames that the subject sent.
#[derive(Clone, Debug, Default)]
pub(super) struct OwnFrames {
    /// How many frame headers it completed, and how many of them are Closes.
    pub frame_count: u32,
    pub close_count: u32,
    /// Its first complete Close.
    pub close: Option<ObservedClose>,
    /// Whether the application requested that Close, which then is no reaction to the peer.
    pub close_was_requested: bool,
    /// Whether any of its Closes has a code, and by cause the first code that it must not send.
    pub has_code: bool,
    pub unsendable_codes: [Option<UnsendableCode>; Unsendable::ALL.len()],
    /// Its first Close with 1010 that echoes none, as a client.
    pub extension_close: Option<ExtensionClose>,
    /// The complete messages that it sent before its own Close.
    pub messages: u32,
    /// When it first began a message after the peer's Close and before its own.
    pub message_before_reply: Option<LateMessage>,
    pub second_close_at: Option<At>,
    /// The last of its Closes and its code, if it sent more than one.
    pub last_close: Option<(At, Option<CloseCode>)>,
    /// The first of its Closes after the first one, with its code.
    pub further_close: Option<(At, Option<CloseCode>)>,
    /// The flaws of frames other than Closes.
    pub flaws: LocatedFlaws,
    /// The flaws of Closes.
    pub close_flaws: LocatedFlaws,
    pub has_unfinished_frame: bool,
    /// Text in place of a frame, and since when the last octets may be such text.
    pub foreign: Option<(At, ForeignOctets)>,
    pub undecided_since: Option<At>,
    pub pongs: u32,
    /// When it first sent data after its own Close.
    pub data_after_close_at: Option<At>,
    /// Whether it had begun a message, and not ended it, when the peer's Close arrived.
    pub message_in_progress: bool,
    /// When it first sent a Ping or a Pong after Closes both ways.
    pub ping_after_both_at: Option<At>,
    pub pong_after_both_at: Option<At>,
}

/// A message that the subject began after the peer's Close.
#[derive(Clone, Copy, Debug)]
pub(super) struct LateMessage {
    pub at: At,
    /// Whether it may be the reply to a message that the peer sent before its Close.
    pub may_be_reply: bool,
}

impl OwnFrames {
    /// The rules that the form of these frames violates. The codes of Closes are judged apart, by the profile.
    pub(super) fn rules_violated(&self) -> RuleSet {
        if self.close_flaws.is_empty() && self.flaws.is_empty() {
            return RuleSet::EMPTY;
        }
        let codes = [Flaw::CodeUndefined, Flaw::CodeLocalOnly, Flaw::CodeUnassigned];
        let of_closes = self.close_flaws.iter().filter(|flaw| !codes.contains(flaw));
        let of_closes = of_closes.filter_map(|flaw| rules::sender_rule(flaw, true));
        let of_others = self.flaws.iter().filter_map(|flaw| rules::sender_rule(flaw, false));
        of_closes.chain(of_others).collect()
    }
}

/// The well-formed frames that the peer sent, up to its Close or the first flaw.
#[derive(Clone, Debug, Default)]
pub(super) struct PeerFrames {
    pub close: Option<ObservedClose>,
    /// The next input after that Close.
    pub input_after_close_at: Option<At>,
    /// Whether anything followed the Close, and whether it did so in the same segment.
    pub data_after_close: bool,
    pub close_shared_segment: bool,
    /// Complete messages and Pings.
    pub messages: u32,
    pub pings: u32,
    /// When a frame last arrived between the subject's own Close and the peer's.
    pub frame_between_closes_at: Option<At>,
    /// The next input after that frame.
    pub input_after_between_at: Option<At>,
    /// Complete messages among the frames between the Closes.
    pub messages_between: u32,
    /// When the last frame was complete.
    pub last_frame_at: Option<At>,
    pub lawful: LawfulFrames,
    pub closing_ping: Option<ClosingPing>,
    /// When octets last arrived, and how many arrived in all.
    pub last_octets_at: Option<At>,
    pub octets: u64,
}

/// The frames other than Closes that arrived while the subject had not begun to close.
#[derive(Clone, Debug, Default)]
pub(super) struct LawfulFrames {
    /// When the last of them was complete.
    pub at: Option<At>,
    /// The next input after it.
    pub next_input_at: Option<At>,
    /// Whether there were frames of messages among them.
    pub has_data: bool,
}

/// The first flawed frame of the peer, and signs that the subject went on after it.
#[derive(Clone, Debug, Default)]
pub(super) struct FlawFacts {
    pub frame: Option<FlawedFrame>,
    /// When the subject first answered or delivered something from the flawed frame or after it.
    pub processed_at: Option<At>,
    /// Whether it sent a Pong for something from the flawed frame or after it.
    pub has_pong: bool,
    /// The payload, and its length, of the first Ping in the flawed frame or behind it. A Pong with another
    /// payload may be a heartbeat (§5.5.3).
    pub ping: Option<([u8; MAX_CONTROL_PAYLOAD], usize)>,
    /// The complete frames behind the flawed one, which a subject that failed the connection does not process.
    pub behind: FramesBehind,
}

/// Complete frames that arrived behind the first flawed one, while the subject had not closed TCP.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FramesBehind {
    pub has_ping: bool,
    pub has_message: bool,
    /// When the first Close arrived.
    pub close_at: Option<At>,
}

impl FramesBehind {
    /// Notes a complete frame.
    pub(super) fn record(&mut self, opcode: Opcode, fin: bool, at: At) {
        match opcode {
            Opcode::Close => self.close_at = self.close_at.or(Some(at)),
            Opcode::Ping => self.has_ping = true,
            Opcode::Text | Opcode::Binary | Opcode::Continuation => self.has_message |= fin,
            Opcode::Pong | Opcode::Reserved(_) => {}
        }
    }
}

/// The end of TCP on both sides.
#[derive(Clone, Debug, Default)]
pub(super) struct TcpFacts {
    pub peer_fin: Option<At>,
    pub peer_reset: Option<At>,
    /// Whether that reset came at once after octets, so that what the subject did with these may not show.
    pub peer_reset_at_once: bool,
    /// When the subject closed the direction in which it sends, by FIN or reset.
    pub write_closed_at: Option<At>,
    /// When it closed both directions: at the same time, or later if it shut down only writing at first.
    pub closed_at: Option<At>,
    pub ended_by_reset: bool,
    /// Whether the connection is under TLS, and whether the subject sent close_notify before it ended TCP.
    pub over_tls: bool,
    pub tls_closed: bool,
    /// Whether it reset TCP after its FIN. How long it read in between is unknown.
    pub reset_after_fin: bool,
    pub send_path: SendPath,
}

/// The state of the subject's own process.
#[derive(Clone, Debug, Default)]
pub(super) struct HealthFacts {
    pub panicked_at: Option<At>,
    pub hung_at: Option<At>,
    /// The most memory in octets that it was seen to use.
    pub memory: Option<(At, u64)>,
}

impl HealthFacts {
    pub(super) fn panicked_or_hung(&self) -> bool {
        self.panicked_at.is_some() || self.hung_at.is_some()
    }
}

/// The facts of one connection.
#[derive(Clone, Debug, Default)]
pub(super) struct ConnectionFacts {
    pub own: OwnFrames,
    pub peer: PeerFrames,
    pub flaw: FlawFacts,
    pub tcp: TcpFacts,
    pub app: AppFacts,
    pub health: HealthFacts,
    /// How the subject reacted to the first flawed frame, and to the peer's well-formed Close.
    pub reaction_to_flaw: Option<Reaction>,
    pub reaction_to_close: Option<Reaction>,
    /// What the usual replies of the subject say of its reply to the first flawed frame, if they decide.
    pub comparison: Option<ComparedReaction>,
    /// Whether the subject reacted to the first flawed frame by a reply that its usual replies may explain.
    pub is_open_to_comparison: bool,
    /// Another case, which shows that the subject interprets the reasons of Closes.
    pub interprets_reasons: Option<&'static str>,
    /// A case that shows that the subject closes if its application requests it.
    pub closes_on_request: Option<&'static str>,
    /// The last event of the connection.
    pub last: At,
    /// How many things, other than idle time, happened to the subject.
    pub stimuli: u32,
}

impl ConnectionFacts {
    /// When Closes had gone both ways, if they have and the peer's is well-formed.
    pub(super) fn close_exchanged_at(&self) -> Option<At> {
        Some(self.own.close?.at.max(self.peer.close?.at))
    }

    /// Whether the subject started the closing handshake, before a Close or a flawed frame of the peer.
    pub(super) fn initiated_close(&self) -> bool {
        self.own.close.is_some_and(|own| {
            self.peer.close.is_none_or(|peer| own.at < peer.at)
                && self.flaw.frame.is_none_or(|flawed| own.at < flawed.at)
        })
    }

    /// The rules that can be judged, by what of the subject's frames the peer receives and can read. Text in place of a
    /// frame hides the frames behind it, and with them the reply to a Close or to a flawed frame.
    pub(super) fn applicable_rules(&self) -> RuleSet {
        let hides_reply = self.own.foreign.is_some() && self.own.close.is_none();
        let readable = if hides_reply { UNREADABLE } else { RuleSet::ALL };
        self.tcp.send_path.applicable_rules().intersection(readable)
    }

    /// The ticks since then, until the end of the connection.
    pub(super) fn ticks_since(&self, at: At) -> u32 {
        self.last.tick - at.tick
    }

    /// The ticks without data since then, until the subject ended TCP or the script ended.
    pub(super) fn idle_ticks_since(&self, at: At) -> u32 {
        let from = self.peer.last_octets_at.map_or(at.tick, |last| last.tick.max(at.tick));
        self.tcp.write_closed_at.map_or(self.last.tick, |end| end.tick).saturating_sub(from)
    }

    /// Notes something that happened to the subject, other than data.
    pub(super) fn on_stimulus(&mut self, at: At) {
        self.tcp.send_path.mark_interrupted();
        self.on_input(at);
    }

    /// Notes a new input.
    pub(super) fn on_input(&mut self, at: At) {
        self.stimuli += 1;
        self.note_input_between(at);
        if let Some(flawed) = &mut self.flaw.frame {
            flawed.next_input_at.get_or_insert(at);
        }
        if self.peer.close.is_some() {
            self.peer.input_after_close_at.get_or_insert(at);
        }
    }

    /// Notes that another input followed a frame between the Closes, or a lawful one before them.
    pub(super) fn note_input_between(&mut self, at: At) {
        if self.peer.frame_between_closes_at.is_some_and(|between| between < at) {
            self.peer.input_after_between_at.get_or_insert(at);
        }
        if self.peer.lawful.at.is_some_and(|lawful| lawful < at) {
            self.peer.lawful.next_input_at.get_or_insert(at);
        }
        if let Some(ping) = self.peer.closing_ping.as_mut().filter(|ping| ping.at < at) {
            ping.next_input_at.get_or_insert(at);
        }
    }

    /// Notes the first flawed frame, or a further part of it.
    pub(super) fn record_flaw(
        &mut self,
        at: At,
        flaws: Flaws,
        Frame { opcode, fin }: Frame,
        progress: FrameProgress,
        body: Option<CloseOctets>,
    ) {
        let ends_message = fin && !opcode.is_control() && progress == FrameProgress::Complete;
        // A header that is still incomplete may seem to have a flaw that its further octets remove.
        match &mut self.flaw.frame {
            Some(flawed) => {
                // A text that is not UTF-8 stays so, whatever frame comes next.
                let of_text = Flaws::NONE.with(Flaw::TextNotUtf8);
                let bad_text = flawed.flaws.contains(Flaw::TextNotUtf8);
                flawed.flaws.replace(if bad_text { flaws.union(of_text) } else { flaws }, at);
                // Something else happened since its first octets arrived.
                flawed.ambiguous_cause = flawed.next_input_at.take().is_some();
                (flawed.opcode, flawed.progress, flawed.completed_at) = (opcode, progress, at);
                (flawed.body, flawed.ends_message) = (body, ends_message);
            }
            none => {
                let mut located = LocatedFlaws::default();
                located.add(flaws, at);
                *none = Some(FlawedFrame {
                    at,
                    flaws: located,
                    opcode,
                    progress,
                    completed_at: at,
                    next_input_at: None,
                    ambiguous_cause: false,
                    body,
                    ends_message,
                });
            }
        }
    }

    /// Whether the subject has sent a Close, reported an error, or ended TCP.
    pub(super) fn has_begun_to_close(&self) -> bool {
        self.own.close_count > 0 || self.app.error_at.is_some() || self.tcp.write_closed_at.is_some()
    }

    /// When the first of each thing happened that can make the subject close or end TCP without a request of its
    /// application.
    pub(super) fn causes_besides_requests(&self) -> impl Iterator<Item = At> {
        let peer_close = self.peer.close.map(|close| close.at);
        let flaw = self.flaw.frame.map(|flawed| flawed.at);
        [peer_close, flaw, self.tcp.peer_fin, self.tcp.peer_reset, self.app.error_at].into_iter().flatten()
    }

    /// Whether the subject panicked or hung, or its application does not read.
    pub(super) fn cannot_act(&self) -> bool {
        self.health.panicked_or_hung() || self.app.paused
    }

    /// Whether the subject's second and last Close gives the cause of failing the connection (§7.1.7), after a
    /// Close that it had sent before the flaw.
    pub(super) fn second_close_gives_cause(&self) -> bool {
        let (Some(own), Some((second, code)), Some(flawed)) =
            (self.own.close, self.own.last_close, self.flaw.frame)
        else {
            return false;
        };
        self.own.close_count == 2
            && own.at < flawed.completed_at
            && second > flawed.at
            && code.is_some_and(is_failure)
    }

    /// The first flawed frame, unless an error was reported before it.
    pub(super) fn flaw_to_judge(&self) -> Option<&FlawedFrame> {
        self.flaw.frame.as_ref().filter(|flawed| self.app.error_at.is_none_or(|error| error >= flawed.at))
    }

    /// Whether the subject had a tick, or the rest of the script, to react to an input at `at` before the peer
    /// ended TCP.
    pub(super) fn had_time_before_peer_end(&self, at: At) -> bool {
        self.tcp.peer_fin.into_iter().chain(self.tcp.peer_reset).all(|end| end.tick > at.tick)
    }

    /// Whether the peer ended TCP, by FIN or reset, before `at`.
    pub(super) fn peer_ended_before(&self, at: At) -> bool {
        self.tcp.peer_fin.into_iter().chain(self.tcp.peer_reset).any(|end| end < at)
    }
}
