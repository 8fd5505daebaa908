//! Tells a connection from its entries: in come the entries of a trace, out comes a [`Story`].

use super::reader::{Reader, Seen};
use super::story::{Asked, At, Report, SeenClose, Stage, Story};
use crate::code::{CloseCode, Profile};
use crate::flaw::{Flaw, Flaws};
use crate::frame::{Header, MAX_CONTROL_PAYLOAD, Opcode};
use crate::subject::What;
use crate::trace::Trace;

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
        let mut story = Story::default();
        self.to.restart(trace.role.peer(), profile);
        self.from.restart(trace.role, profile);
        // Where the first entry is that reached a subject whose application did not read.
        let mut unread = None;
        // Whether that is what the application asked for last.
        let mut wants_to_close = false;
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
                    story.way.peer_gone();
                }
                What::PeerPaused => {
                    story.stimulated(at);
                    story.way.peer_pauses();
                }
                What::PeerResumed => {
                    story.way.peer_resumes(story.end.is_some());
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
                    wants_to_close = true;
                    story.asks += 1;
                    story.wanted = [Some(code), story.wanted[0]];
                    story.asked.get_or_insert(Asked { at, code, reason_len: reason.len(), refused: false });
                }
                What::AppSend { .. } => {
                    story.stimulated(at);
                    wants_to_close = false;
                    story.pending_send = story.own_close.is_some().then_some(at);
                }
                What::Accepted => {
                    let sent = story.pending_send.take();
                    story.took_data_after_close = story.took_data_after_close.or(sent);
                    story.asked_to_send_after_close |= sent.is_some();
                }
                What::Refused(_) => {
                    if wants_to_close {
                        story.wanted = [story.wanted[1], None];
                        if let Some(asked) = story.asked.as_mut().filter(|_| story.own_close.is_none()) {
                            asked.refused = true;
                        }
                    }
                    story.asked_to_send_after_close |= story.pending_send.take().is_some();
                }
                What::NotAsked(_) => {
                    // Nobody asked it: as if the application had not wanted it.
                    if wants_to_close {
                        story.asks = story.asks.saturating_sub(1);
                        story.wanted = [story.wanted[1], None];
                        story.asked = story.asked.filter(|_| story.asks > 0);
                    }
                    story.pending_send = None;
                }
                What::HalfFin => story.end = story.end.or(Some(at)),
                What::Fin => {
                    story.end = story.end.or(Some(at));
                    story.deaf = Some(at);
                }
                What::Reset => {
                    story.end_by_reset = story.end.is_none();
                    story.reset_late = !story.end_by_reset;
                    story.end = story.end.or(Some(at));
                    story.deaf = Some(at);
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
        story.passes_between(at);
        match &mut story.broken {
            // Segments that waited unread are read as one.
            Some(broken) if broken.is_whole() && broken.came == at => {
                broken.clouded = true;
                return;
            }
            // A frame that is refused for its length is not waited for.
            Some(broken)
                if broken.is_whole()
                    || broken.stage == Stage::Header && broken.flaws.iter().any(Flaw::shows_in_length) =>
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
                (_, Some(broken)) if broken.is_whole() => {
                    // What shares the segment shares the blame, if there is something to blame it for.
                    broken.clouded |= match seen {
                        Seen::Begun(_, flaws) | Seen::Header(_, flaws) | Seen::Spoiled(_, flaws) => {
                            !flaws.is_empty()
                        }
                        Seen::Frame(header, flaws, _) => !flaws.is_empty() || header.opcode == Opcode::Close,
                    };
                    if let Seen::Frame(header, _, payload) = seen {
                        keep_ping(&mut story.late_ping, &header, payload);
                    }
                    true
                }
                // A subject may fail here, and need not before the header is complete.
                (Seen::Begun(opcode, flaws), _) => {
                    story.breaks(at, flaws, opcode, Stage::Begun, None);
                    true
                }
                // What the header alone shows counts from the header on; the frame may never come whole.
                (Seen::Header(header, flaws) | Seen::Spoiled(header, flaws), _) if !flaws.is_empty() => {
                    story.breaks(at, flaws, header.opcode, Stage::Header, None);
                    true
                }
                (Seen::Header(..) | Seen::Spoiled(..), _) => true,
                (Seen::Frame(header, flaws, payload), _) if !flaws.is_empty() => {
                    let code = match (header.opcode, payload) {
                        (Opcode::Close, [high, low, ..]) => {
                            Some(CloseCode(u16::from_be_bytes([*high, *low])))
                        }
                        _ => None,
                    };
                    story.breaks(at, flaws, header.opcode, Stage::Whole, code);
                    keep_ping(&mut story.late_ping, &header, payload);
                    true
                }
                (Seen::Frame(header, flaws, payload), _) => {
                    let between = story.own_close.is_some() && story.deaf.is_none();
                    if between && header.opcode != Opcode::Close {
                        (story.between_closes, story.between_until) = (Some(at), None);
                    }
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
                            if story.own_closes > 1 {
                                story.last_close = Some((at, close.code()));
                            }
                            if story.own_close.is_none() {
                                let is_it = |wish: &Option<CloseCode>| match wish {
                                    Some(code) => close.code() == Some(*code),
                                    // Many say 1000 where they were not told what to say.
                                    None => close.code().is_none_or(|code| code == CloseCode::NORMAL),
                                };
                                story.own_close_was_wanted = story.wanted.iter().flatten().any(is_it);
                                story.own_close = Some(close);
                            }
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
