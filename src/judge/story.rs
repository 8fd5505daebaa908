//! One connection as the rules look at it: who did what first. In come the entries of a trace, out come
//! milestones. What happened is gathered here once; the rules only compare.

use super::reader::{Reader, Seen};
use crate::code::{CloseCode, Profile};
use crate::flaw::{Flaw, Flaws};
use crate::frame::{Header, MAX_CONTROL_PAYLOAD, Opcode};
use crate::role::Role;
use crate::rule::{Rule, RuleSet};
use crate::subject::What;
use crate::trace::Trace;

/// When something happened: the entry of the trace, and the tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
    fn new(at: At, flaws: Flaws, between_fragments: bool, accompanied: bool, payload: &[u8]) -> SeenClose {
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

/// The first thing in what the subject received that should fail the connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Broken {
    pub at: At,
    pub flaws: Flaws,
    pub opcode: Opcode,
    /// Whether no more than the beginning of its header has come.
    pub begun: bool,
    /// Whether the frame came whole.
    pub whole: bool,
    /// When it came whole, or as much of it as came.
    pub came: At,
    /// When the next thing happened to the subject: what it does from then on may be for that.
    pub until: Option<At>,
    /// Something else that may be to blame came with it, in one segment.
    pub clouded: bool,
    /// The code, where it is a Close that came whole and has one.
    pub code: Option<CloseCode>,
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

/// Whether what the subject writes can reach its peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    /// It always could.
    Clear,
    /// For a time it could not, because the peer did not read.
    Slow,
    /// It cannot, because the peer does not read.
    Full,
    /// It cannot, because the peer is gone.
    Cut,
}

/// The milestones of one connection.
#[derive(Clone, Debug)]
pub(super) struct Story {
    pub role: Role,
    pub own_close: Option<SeenClose>,
    pub own_closes: u32,
    pub second_close: Option<At>,
    /// The code of that, if it has one.
    pub second_code: Option<CloseCode>,
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
    /// Lawful frames came after the subject's own Close and before the peer's.
    pub between_closes: bool,
    /// How many whole messages were among them, and how many were delivered after its own Close.
    pub messages_between: u32,
    pub delivered_between: u32,
    pub peer_fin: Option<At>,
    pub peer_reset: Option<At>,
    pub end: Option<At>,
    pub end_by_reset: bool,
    pub asked: Option<Asked>,
    /// How often it asked to close.
    pub asks: u32,
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
    late_ping: Option<([u8; MAX_CONTROL_PAYLOAD], usize)>,
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
    gone: bool,
    /// Whether anything but octets came since the way became full.
    disturbed: bool,
    pub last: At,
    pub stimuli: u32,
}

impl Story {
    pub(super) fn new(role: Role) -> Story {
        Story {
            role,
            own_close: None,
            own_closes: 0,
            second_close: None,
            second_code: None,
            own_flaws: Flaws::NONE,
            own_close_flaws: Flaws::NONE,
            own_flaw_at: None,
            own_frames: 0,
            own_data_after_close: None,
            own_data_before_answer: false,
            own_ping_after_both: None,
            own_pong_after_both: None,
            own_unfinished: false,
            pongs: 0,
            peer_close: None,
            close_until: None,
            broken: None,
            messages: 0,
            pings: 0,
            late: false,
            crowded: false,
            between_closes: false,
            messages_between: 0,
            delivered_between: 0,
            peer_fin: None,
            peer_reset: None,
            end: None,
            end_by_reset: false,
            asked: None,
            asks: 0,
            pending_send: None,
            asked_to_send_after_close: false,
            took_data_after_close: None,
            report: None,
            error: None,
            delivered: 0,
            excess: None,
            excess_pong: false,
            late_ping: None,
            panicked: None,
            spinning: None,
            memory: None,
            received: 0,
            frame_at: None,
            last_received: None,
            paused: false,
            way: Way::Clear,
            gone: false,
            disturbed: false,
            last: At { entry: 0, tick: 0 },
            stimuli: 0,
        }
    }

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

    /// The rules that may be held against a subject whose writes fare like this.
    pub(super) const fn askable(&self) -> RuleSet {
        match self.way {
            Way::Clear => RuleSet::ALL,
            Way::Slow => WITHOUT_A_PEER.without(OF_REPORTS).union(DONE_LATE),
            // Who waits for ever to write his answer may not have come to telling anybody.
            Way::Full => WITHOUT_A_PEER.without(OF_REPORTS),
            Way::Cut => WITHOUT_A_PEER,
        }
    }

    /// Whether what the subject may have wanted to write last cannot be seen.
    pub(super) const fn is_mute(&self) -> bool {
        match self.way {
            Way::Clear | Way::Slow => false,
            Way::Full | Way::Cut => true,
        }
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
    fn stimulated(&mut self, at: At) {
        self.disturbed = true;
        self.came(at);
    }

    /// Something new comes to the subject.
    fn came(&mut self, at: At) {
        self.stimuli += 1;
        if let Some(broken) = &mut self.broken {
            broken.until.get_or_insert(at);
        }
        if self.peer_close.is_some() {
            self.close_until.get_or_insert(at);
        }
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

/// What is done late rather than not at all by an endpoint that had to wait for its peer to read.
const DONE_LATE: RuleSet = RuleSet::of(&[
    Rule::CloseAnswered,
    Rule::TcpClosedAfterHandshake,
    Rule::FailClosesTcp,
    Rule::NoDataAfterClose,
    Rule::OneClose,
]);

/// What the application is told.
const OF_REPORTS: RuleSet = RuleSet::of(&[Rule::ReportsFirstCode, Rule::Reports1005, Rule::ReportsReason]);

/// The rules that can be kept whether or not what is written arrives. Nothing else can be asked of a subject
/// that may have failed to write, or ended the connection because of that.
const WITHOUT_A_PEER: RuleSet = RuleSet::of(&[
    Rule::CloseFin,
    Rule::CloseAtMost125,
    Rule::CloseRsvClear,
    Rule::ShortestLength,
    Rule::LengthTopBitClear,
    Rule::StreamWellFormed,
    Rule::ClientMasks,
    Rule::ServerDoesNotMask,
    Rule::FreshMaskKey,
    Rule::BodyEmptyOrCode,
    Rule::CodeIsDefined,
    Rule::CodeNotLocalOnly,
    Rule::CodeNot1004,
    Rule::CodeIsAssigned,
    Rule::Code1010FromClient,
    Rule::ReportsFirstCode,
    Rule::Reports1005,
    Rule::ReportsReason,
    Rule::NoPanic,
    Rule::NoHang,
    Rule::BoundedMemory,
    Rule::NextConnectionUnharmed,
]);

/// The buffers that reading stories takes, reused from one to the next.
#[derive(Debug)]
pub(super) struct Teller {
    to: Reader,
    from: Reader,
    /// The masking keys that the subject used, the first few.
    pub keys: Vec<[u8; 4]>,
}

/// How many masking keys are kept for judging them.
const KEYS_KEPT: usize = 16;

impl Teller {
    pub(super) fn new() -> Teller {
        Teller { to: Reader::new(), from: Reader::new(), keys: Vec::with_capacity(KEYS_KEPT) }
    }

    /// The story of the entries from `start` to `end`, one connection.
    pub(super) fn tell(&mut self, trace: &Trace, start: usize, end: usize, profile: Profile) -> Story {
        let mut story = Story::new(trace.role);
        self.to.restart(trace.role.peer(), profile);
        self.from.restart(trace.role, profile);
        // Where the first entry is that reached a subject whose application did not read.
        let mut unread = None;
        for (entry, happened) in trace.entries()[start..end].iter().enumerate() {
            let at = At { entry: start + entry, tick: happened.tick };
            story.last = at;
            match happened.what {
                What::Received(_) | What::PeerFin if story.paused => {
                    unread.get_or_insert(at.entry);
                }
                What::Received(span) => self.received(&mut story, trace.octets(span), at),
                What::PeerFin => {
                    story.stimulated(at);
                    story.peer_fin = Some(at);
                }
                What::PeerReset => {
                    story.stimulated(at);
                    story.peer_reset = Some(at);
                    unread = None;
                }
                What::PeerGone(_) => {
                    story.stimulated(at);
                    story.gone = true;
                    // Whoever was stuck in writing stays so.
                    if story.way != Way::Full {
                        story.way = Way::Cut;
                    }
                }
                What::PeerPaused => {
                    story.stimulated(at);
                    story.way = Way::Full;
                    story.disturbed = false;
                }
                What::PeerResumed => {
                    // Whoever ended TCP before this never saw the way clear; and whoever was asked for something
                    // else while stuck in writing may have had to give one of the two up.
                    if story.way == Way::Full && story.end.is_none() && !story.disturbed && !story.gone {
                        story.way = Way::Slow;
                    }
                    story.stimulated(at);
                }
                What::AppPause => {
                    story.stimulated(at);
                    story.paused = true;
                }
                What::AppResume => {
                    story.paused = false;
                    for earlier in unread.take().unwrap_or(at.entry)..at.entry {
                        let what = trace.entries()[earlier].what;
                        if let What::Received(span) = what {
                            self.received(&mut story, trace.octets(span), at);
                        } else if what == What::PeerFin {
                            story.stimulated(at);
                            story.peer_fin = Some(at);
                        }
                    }
                }
                What::Sent(span) => self.sent(&mut story, trace.octets(span), at),
                What::AppClose { code, reason } => {
                    story.stimulated(at);
                    story.pending_send = None;
                    story.asks += 1;
                    story.asked.get_or_insert(Asked { at, code, reason_len: reason.len(), refused: false });
                }
                What::AppSend { .. } => {
                    story.stimulated(at);
                    story.pending_send = story.own_close.is_some().then_some(at);
                }
                What::Accepted => {
                    let sent = story.pending_send.take();
                    story.took_data_after_close = story.took_data_after_close.or(sent);
                    story.asked_to_send_after_close |= sent.is_some();
                }
                What::Refused(_) => {
                    if let Some(asked) = &mut story.asked
                        && story.pending_send.is_none()
                        && story.own_close.is_none()
                    {
                        asked.refused = true;
                    }
                    story.asked_to_send_after_close |= story.pending_send.take().is_some();
                }
                What::Fin => story.end = story.end.or(Some(at)),
                What::Reset => {
                    story.end_by_reset = story.end.is_none();
                    story.end = story.end.or(Some(at));
                }
                What::Message { .. } => {
                    story.delivered += 1;
                    story.delivered_between += u32::from(story.own_close.is_some());
                    let after_flaw = story.broken.is_some_and(|broken| broken.at < at);
                    if after_flaw && story.delivered > story.messages {
                        story.excess.get_or_insert(at);
                    }
                }
                What::Reported { code, reason, clean } => {
                    story.report.get_or_insert(Report { at, code, reason, clean });
                }
                What::Errored(_) => story.error = story.error.or(Some(at)),
                What::Panicked(_) => story.panicked = story.panicked.or(Some(at)),
                What::Spinning => story.spinning = story.spinning.or(Some(at)),
                What::Memory(octets) => {
                    if story.memory.is_none_or(|(_, most)| octets > most) {
                        story.memory = Some((at, octets));
                    }
                }
                What::Connected { .. }
                | What::Moved(..)
                | What::Undelivered(_)
                | What::Note(_)
                | What::Ended => {}
            }
        }
        story.own_unfinished = !self.from.at_boundary();
        story
    }

    fn received(&mut self, story: &mut Story, octets: &[u8], at: At) {
        story.received += octets.len() as u64;
        story.last_received = Some(at);
        match &mut story.broken {
            // Segments that waited unread are read as one.
            Some(broken) if broken.whole && broken.came == at => {
                broken.clouded = true;
                return;
            }
            // A frame that is refused for its length is not waited for.
            Some(broken)
                if broken.whole || !broken.begun && broken.flaws.iter().any(Flaw::shows_in_length) =>
            {
                return story.came(at);
            }
            // The rest of a frame is no new thing.
            Some(_) | None => story.stimuli += 1,
        }
        if story.peer_close.is_some() {
            story.close_until.get_or_insert(at);
            story.late = true;
            return;
        }
        let mut in_message = self.to.in_message();
        self.to.read(octets, |seen| {
            if story.peer_close.is_some() {
                story.late = true;
                story.crowded = true;
                return false;
            }
            match (seen, &mut story.broken) {
                (_, Some(broken)) if broken.whole => {
                    // What shares the segment shares the blame, if there is something to blame it for.
                    broken.clouded |= match seen {
                        Seen::Begun(_, flaws) | Seen::Header(_, flaws) | Seen::Spoiled(_, flaws) => {
                            !flaws.is_empty()
                        }
                        Seen::Frame(header, ..) => header.opcode == Opcode::Close,
                    };
                    if let Seen::Frame(header, _, payload) = seen {
                        keep_ping(&mut story.late_ping, &header, payload);
                    }
                    true
                }
                (Seen::Begun(opcode, flaws), broken) => {
                    // A subject may fail here, and need not before the header is complete.
                    *broken = Some(Broken {
                        at: broken.map_or(at, |broken| broken.at),
                        flaws,
                        opcode,
                        begun: true,
                        whole: false,
                        came: at,
                        until: None,
                        clouded: broken.is_some_and(|broken| broken.until.is_some()),
                        code: None,
                    });
                    true
                }
                (Seen::Header(header, flaws) | Seen::Spoiled(header, flaws), broken) if !flaws.is_empty() => {
                    // What the header alone shows counts from the header on; the frame may never come whole.
                    *broken = Some(Broken {
                        at: broken.map_or(at, |broken| broken.at),
                        flaws,
                        opcode: header.opcode,
                        begun: false,
                        whole: false,
                        came: at,
                        until: None,
                        // Something else happened since its first octets came.
                        clouded: broken.is_some_and(|broken| broken.until.is_some()),
                        code: None,
                    });
                    true
                }
                (Seen::Header(..) | Seen::Spoiled(..), _) => true,
                (Seen::Frame(header, flaws, payload), broken) if !flaws.is_empty() => {
                    let code = match (header.opcode, payload) {
                        (Opcode::Close, [high, low, ..]) => {
                            Some(CloseCode(u16::from_be_bytes([*high, *low])))
                        }
                        _ => None,
                    };
                    *broken = Some(Broken {
                        at: broken.map_or(at, |broken| broken.at),
                        flaws,
                        opcode: header.opcode,
                        begun: false,
                        whole: true,
                        came: at,
                        until: None,
                        // Something else happened before the frame came whole.
                        clouded: broken.is_some_and(|broken| broken.until.is_some()),
                        code,
                    });
                    keep_ping(&mut story.late_ping, &header, payload);
                    true
                }
                (Seen::Frame(header, flaws, payload), _) => {
                    // What is read after TCP was ended is no longer waited for.
                    let between = story.own_close.is_some() && story.end.is_none();
                    story.between_closes |= between && header.opcode != Opcode::Close;
                    let accompanied = story.frame_at.replace(at) == Some(at);
                    match header.opcode {
                        Opcode::Close => {
                            let close = SeenClose::new(at, flaws, in_message, accompanied, payload);
                            story.peer_close = Some(close);
                        }
                        Opcode::Ping => story.pings += 1,
                        Opcode::Pong => {}
                        Opcode::Text | Opcode::Binary | Opcode::Continuation | Opcode::Reserved(_) => {
                            in_message = !header.fin;
                            story.messages += u32::from(header.fin);
                            story.messages_between += u32::from(header.fin && between);
                        }
                    }
                    true
                }
            }
        });
    }

    fn sent(&mut self, story: &mut Story, octets: &[u8], at: At) {
        let keys = &mut self.keys;
        self.from.read(octets, |seen| {
            match seen {
                // Its own frames are judged once their headers are there.
                Seen::Begun(..) => {}
                Seen::Header(header, flaws) => {
                    story.own_frames += 1;
                    own_flaws(story, flaws, header.opcode, at);
                    if let Some(key) = header.mask
                        && keys.len() < KEYS_KEPT
                    {
                        keys.push(key);
                    }
                    match header.opcode {
                        Opcode::Close => {
                            story.own_closes += 1;
                            if story.own_closes == 2 {
                                story.second_close = Some(at);
                            }
                        }
                        Opcode::Text | Opcode::Binary | Opcode::Continuation => {
                            if story.own_closes > 0 {
                                story.own_data_after_close.get_or_insert(at);
                            } else if story.peer_close.is_some() {
                                story.own_data_before_answer = true;
                            }
                        }
                        Opcode::Ping if story.own_closes > 0 && story.peer_close.is_some() => {
                            story.own_ping_after_both.get_or_insert(at);
                        }
                        Opcode::Pong if story.own_closes > 0 && story.peer_close.is_some() => {
                            story.own_pong_after_both.get_or_insert(at);
                        }
                        Opcode::Ping | Opcode::Pong => {}
                        Opcode::Reserved(_) => {}
                    }
                }
                Seen::Spoiled(header, flaws) => own_flaws(story, flaws, header.opcode, at),
                Seen::Frame(header, flaws, payload) => {
                    own_flaws(story, flaws, header.opcode, at);
                    match header.opcode {
                        Opcode::Close => {
                            let close = SeenClose::new(at, flaws, false, false, payload);
                            if story.own_closes == 2 {
                                story.second_code = close.code();
                            }
                            story.own_close.get_or_insert(close);
                        }
                        Opcode::Pong => {
                            story.pongs += 1;
                            let after_flaw = story.broken.is_some_and(|broken| broken.at < at);
                            let answers = story.late_ping.is_some_and(|(ping, len)| &ping[..len] == payload);
                            if after_flaw && answers && story.pongs > story.pings {
                                story.excess.get_or_insert(at);
                                story.excess_pong = true;
                            }
                        }
                        Opcode::Continuation
                        | Opcode::Text
                        | Opcode::Binary
                        | Opcode::Ping
                        | Opcode::Reserved(_) => {}
                    }
                }
            }
            true
        });
    }
}

fn keep_ping(kept: &mut Option<([u8; MAX_CONTROL_PAYLOAD], usize)>, header: &Header, payload: &[u8]) {
    if header.opcode == Opcode::Ping && kept.is_none() {
        let mut ping = [0; MAX_CONTROL_PAYLOAD];
        ping[..payload.len()].copy_from_slice(payload);
        *kept = Some((ping, payload.len()));
    }
}

fn own_flaws(story: &mut Story, flaws: Flaws, opcode: Opcode, at: At) {
    let set = if opcode == Opcode::Close { &mut story.own_close_flaws } else { &mut story.own_flaws };
    for flaw in flaws.iter() {
        if !set.contains(flaw) {
            set.insert(flaw);
            story.own_flaw_at.get_or_insert(at);
        }
    }
}
