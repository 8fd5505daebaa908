//! One connection as the rules look at it: who did what first. The teller fills it in, the rules only compare.

use super::way::Way;
use crate::code::CloseCode;
use crate::flaw::{Flaw, Flaws};
use crate::frame::{MAX_CONTROL_PAYLOAD, Opcode};
use crate::rule::RuleSet;

/// When something happened: the entry of the trace, and the tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct At {
    pub entry: usize,
    pub tick: u32,
}

/// A Close as it stood on the wire.
#[derive(Clone, Copy, Debug)]
pub(super) struct SeenClose {
    pub at: At,
    pub flaws: Flaws,
    /// Whether a fragmented message of the same sender was under way.
    pub between_fragments: bool,
    /// Whether another frame came before it in its segment: what follows may be for that.
    pub accompanied: bool,
    payload: [u8; MAX_CONTROL_PAYLOAD],
    len: u8,
}

impl SeenClose {
    pub(super) fn new(
        at: At,
        flaws: Flaws,
        between_fragments: bool,
        accompanied: bool,
        payload: &[u8],
    ) -> SeenClose {
        let mut kept = [0; MAX_CONTROL_PAYLOAD];
        kept[..payload.len()].copy_from_slice(payload);
        SeenClose { at, flaws, between_fragments, accompanied, payload: kept, len: payload.len() as u8 }
    }

    pub(super) fn payload(&self) -> &[u8] {
        &self.payload[..usize::from(self.len)]
    }

    pub(super) fn code(&self) -> Option<CloseCode> {
        match self.payload() {
            [high, low, ..] => Some(CloseCode(u16::from_be_bytes([*high, *low]))),
            [] | [_] => None,
        }
    }

    pub(super) fn reason(&self) -> &[u8] {
        self.payload().get(2..).unwrap_or_default()
    }
}

/// How much of a frame has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// No more than the beginning of its header.
    Begun,
    /// Its header.
    Header,
    /// All of it.
    Whole,
}

/// The first thing in what the subject received that should fail the connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Broken {
    pub at: At,
    pub flaws: Flaws,
    pub opcode: Opcode,
    /// How much of it has come.
    pub stage: Stage,
    /// When it came whole, or as much of it as came.
    pub came: At,
    /// When the next thing happened to the subject: what it does from then on may be for that.
    pub until: Option<At>,
    /// Something else that may be to blame came with it, in one segment.
    pub clouded: bool,
    /// The code, where it is a Close that came whole and has one.
    pub code: Option<CloseCode>,
}

impl Broken {
    /// Whether the frame came whole.
    pub(super) fn is_whole(&self) -> bool {
        self.stage == Stage::Whole
    }
}

/// A report to the application.
#[derive(Clone, Copy, Debug)]
pub(super) struct Report {
    pub at: At,
    pub code: Option<CloseCode>,
    pub reason: Option<crate::subject::Span>,
    pub clean: Option<bool>,
}

/// The application's first wish to close.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    pub at: At,
    pub code: Option<CloseCode>,
    pub reason_len: usize,
    /// The subject refused.
    pub refused: bool,
}

/// The milestones of one connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Story {
    pub own_close: Option<SeenClose>,
    pub own_closes: u32,
    pub second_close: Option<At>,
    /// The last of its Closes, if it wrote more than one, and its code.
    pub last_close: Option<(At, Option<CloseCode>)>,
    /// What is wrong with frames that the subject wrote, Closes apart, and the first entry that shows any.
    pub own_flaws: Flaws,
    pub own_close_flaws: Flaws,
    pub own_flaw_at: Option<At>,
    pub own_frames: u32,
    pub own_data_after_close: Option<At>,
    pub own_data_before_answer: bool,
    pub own_ping_after_both: Option<At>,
    pub own_pong_after_both: Option<At>,
    pub own_unfinished: bool,
    pub pongs: u32,
    pub peer_close: Option<SeenClose>,
    /// When the next thing happened to the subject after the peer's Close.
    pub close_until: Option<At>,
    pub broken: Option<Broken>,
    /// Whole messages and Pings that came before the peer's Close or the flaw.
    pub messages: u32,
    pub pings: u32,
    /// Something came after the peer's Close, and in one segment with it.
    pub late: bool,
    pub crowded: bool,
    /// When a lawful frame last came after the subject's own Close and before the peer's.
    pub between_closes: Option<At>,
    /// When the next thing happened to the subject after that.
    pub between_until: Option<At>,
    /// How many whole messages were among them, and how many were delivered after its own Close.
    pub messages_between: u32,
    pub delivered_between: u32,
    pub peer_fin: Option<At>,
    pub peer_reset: Option<At>,
    /// When the subject ended what it sends, by FIN or reset.
    pub end: Option<At>,
    pub end_by_reset: bool,
    /// When it closed TCP in both directions: not before `end`, and with it unless it half-closed.
    pub deaf: Option<At>,
    /// It reset TCP after it had ended what it sends: how long it had read meanwhile, nobody knows.
    pub reset_late: bool,
    pub asked: Option<Asked>,
    /// How often it asked to close.
    pub asks: u32,
    /// The newest two of these wishes that were not refused, each with its code or none; and whether the subject's
    /// Close is one of them, and so says nothing about the peer.
    pub wanted: [Option<Option<CloseCode>>; 2],
    pub own_close_was_wanted: bool,
    /// The application sent after the subject's own Close, and awaits an answer; was answered; was told yes.
    pub pending_send: Option<At>,
    pub asked_to_send_after_close: bool,
    pub took_data_after_close: Option<At>,
    pub report: Option<Report>,
    pub error: Option<At>,
    pub delivered: u32,
    /// When the subject first answered or delivered something that came in the flawed frame, or later.
    pub excess: Option<At>,
    /// Whether that was a Pong.
    pub excess_pong: bool,
    /// The payload of a Ping that came in the flawed frame or behind it in its segment, and its length. A
    /// Pong with another payload may be a heartbeat (§5.5.3).
    pub late_ping: Option<([u8; MAX_CONTROL_PAYLOAD], usize)>,
    pub panicked: Option<At>,
    pub spinning: Option<At>,
    pub memory: Option<(At, u64)>,
    pub received: u64,
    /// When the last lawful frame came whole.
    pub frame_at: Option<At>,
    /// When octets came last.
    pub last_received: Option<At>,
    pub paused: bool,
    pub way: Way,
    pub last: At,
    pub stimuli: u32,
}

impl Story {
    /// When Closes had gone both ways, if they have and the peer's was not flawed.
    pub(super) fn exchanged(&self) -> Option<At> {
        Some(self.own_close?.at.max(self.peer_close?.at))
    }

    /// Whether the subject began the closing handshake, rather than answering or failing.
    pub(super) fn began(&self) -> bool {
        self.own_close.is_some_and(|own| {
            self.peer_close.is_none_or(|peer| own.at < peer.at)
                && self.broken.is_none_or(|broken| own.at < broken.at)
        })
    }

    /// How many ticks passed since then.
    pub(super) fn since(&self, at: At) -> u32 {
        self.last.tick - at.tick
    }

    /// How many ticks of silence passed since then, until TCP ended or the script did.
    pub(super) fn silent_since(&self, at: At) -> u32 {
        let from = self.last_received.map_or(at.tick, |last| last.tick.max(at.tick));
        self.end.map_or(self.last.tick, |end| end.tick).saturating_sub(from)
    }

    /// Something new happens to the subject.
    pub(super) fn stimulated(&mut self, at: At) {
        self.way.disturb();
        self.came(at);
    }

    /// Something new comes to the subject.
    pub(super) fn came(&mut self, at: At) {
        self.stimuli += 1;
        self.passes_between(at);
        if let Some(broken) = &mut self.broken {
            broken.until.get_or_insert(at);
        }
        if self.peer_close.is_some() {
            self.close_until.get_or_insert(at);
        }
    }

    /// What came between the Closes has been followed by something else.
    pub(super) fn passes_between(&mut self, at: At) {
        if self.between_closes.is_some_and(|between| between < at) {
            self.between_until.get_or_insert(at);
        }
    }

    /// Something wrong came, or more of what was found wrong before.
    pub(super) fn breaks(
        &mut self,
        at: At,
        flaws: Flaws,
        opcode: Opcode,
        stage: Stage,
        code: Option<CloseCode>,
    ) {
        self.broken = Some(Broken {
            at: self.broken.map_or(at, |broken| broken.at),
            flaws,
            opcode,
            stage,
            came: at,
            until: None,
            // Something else happened since its first octets came.
            clouded: self.broken.is_some_and(|broken| broken.until.is_some()),
            code,
        });
    }

    /// The rules of the flaws of frames that the subject wrote; the codes of its Closes are judged apart.
    pub(super) fn rules_broken_by_frames(&self) -> RuleSet {
        if self.own_close_flaws.is_empty() && self.own_flaws.is_empty() {
            return RuleSet::EMPTY;
        }
        let codes = [Flaw::CodeUndefined, Flaw::CodeLocalOnly, Flaw::CodeUnassigned];
        let closes = self.own_close_flaws.iter().filter(|flaw| !codes.contains(flaw));
        let closes = closes.filter_map(|flaw| flaw.breaks(true));
        let others = self.own_flaws.iter().filter_map(|flaw| flaw.breaks(false));
        closes.chain(others).collect()
    }

    /// Whether the peer ended its half of TCP, one way or another, before `at`.
    pub(super) fn peer_ended_before(&self, at: At) -> bool {
        self.peer_fin.into_iter().chain(self.peer_reset).any(|end| end < at)
    }
}
