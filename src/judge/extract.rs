//! Extracts the facts of a connection from its events.

use super::app_facts::{CloseReport, CloseRequest};
use super::closing_ping::ClosingPing;
use super::facts::{At, ConnectionFacts, Frame, FrameProgress, LateMessage, LawfulFrames};
use super::frame_reader::{ForeignTextSearch, FrameEvent, FrameReader};
use super::observed_close::{CloseOctets, ObservedClose};
use super::own_codes;
use crate::harness::{Trace, TraceEventKind};
use crate::protocol::code::{CloseCode, Profile};
use crate::protocol::flaw::{Flaw, Flaws};
use crate::protocol::frame::{Header, MAX_CONTROL_PAYLOAD, Opcode};
use crate::protocol::role::Role;

/// An extractor of facts. It keeps its buffers from one connection to the next.
#[derive(Debug)]
pub(super) struct FactExtractor {
    from_peer: FrameReader,
    from_subject: FrameReader,
    /// The role of the subject, and the profile that decides which codes it may send.
    sender: (Role, Profile),
    /// The first masking keys of the subject in a trace, up to a limit.
    pub mask_keys: Vec<(At, [u8; 4])>,
}

/// The number of masking keys that are kept.
pub(super) const MAX_MASK_KEYS: usize = 16;

impl FactExtractor {
    pub(super) fn new() -> FactExtractor {
        FactExtractor {
            from_peer: FrameReader::new(ForeignTextSearch::Off),
            from_subject: FrameReader::new(ForeignTextSearch::On),
            sender: (Role::Server, Profile::Iana),
            mask_keys: Vec::with_capacity(MAX_MASK_KEYS),
        }
    }

    /// Extracts the facts of the connection in the events from `start` to `end`.
    pub(super) fn extract(
        &mut self,
        trace: &Trace,
        start: usize,
        end: usize,
        profile: Profile,
    ) -> ConnectionFacts {
        let mut facts = ConnectionFacts::default();
        self.from_peer.restart(trace.role.peer(), profile);
        self.from_subject.restart(trace.role, profile);
        self.sender = (trace.role, profile);
        // The first event that arrived while the application did not read.
        let mut unread = None;
        // Whether the last request of the application was to close.
        let mut last_request_is_close = false;
        // Whether it was that, and came before the subject's Close.
        let mut last_request_is_open = false;
        // Whether it was to send a message, before anything began to close the connection.
        let mut is_early_send = false;
        for (entry, happened) in trace.events()[start..end].iter().enumerate() {
            let at = At::new(start + entry, happened.tick);
            facts.last = at;
            match happened.kind {
                TraceEventKind::Received(_) | TraceEventKind::PeerFin if facts.app.paused => {
                    unread.get_or_insert(start + entry);
                }
                TraceEventKind::Received(span) => self.received(&mut facts, trace.octets(span), at),
                TraceEventKind::PeerFin => {
                    facts.on_stimulus(at);
                    facts.tcp.peer_fin = Some(at);
                }
                TraceEventKind::PeerReset => {
                    facts.on_stimulus(at);
                    facts.tcp.peer_reset = Some(at);
                    let before = trace.events()[start..start + entry].last();
                    facts.tcp.peer_reset_at_once = before.is_some_and(|before| {
                        before.tick == at.tick && matches!(before.kind, TraceEventKind::Received(_))
                    });
                    unread = None;
                }
                TraceEventKind::PeerGone(_) => {
                    facts.on_stimulus(at);
                    facts.tcp.send_path.on_peer_gone();
                }
                TraceEventKind::PeerPaused => {
                    facts.on_stimulus(at);
                    facts.tcp.send_path.on_peer_pause();
                }
                TraceEventKind::PeerResumed => {
                    facts.tcp.send_path.on_peer_resume(facts.tcp.write_closed_at.is_some());
                    facts.on_stimulus(at);
                }
                TraceEventKind::AppPause => {
                    facts.on_stimulus(at);
                    facts.app.paused = true;
                }
                TraceEventKind::AppResume => {
                    facts.app.paused = false;
                    for earlier in unread.take().unwrap_or(start + entry)..start + entry {
                        let what = trace.events()[earlier].kind;
                        if let TraceEventKind::Received(span) = what {
                            self.received(&mut facts, trace.octets(span), at);
                        } else if what == TraceEventKind::PeerFin {
                            facts.on_stimulus(at);
                            facts.tcp.peer_fin = Some(at);
                        }
                    }
                }
                TraceEventKind::Sent(span) => self.sent(&mut facts, Some(trace.octets(span)), at),
                TraceEventKind::AppClose { code, reason } => {
                    facts.on_stimulus(at);
                    facts.app.pending_send = None;
                    facts.app.last_request_at = Some(at);
                    (last_request_is_close, is_early_send) = (true, false);
                    facts.app.close_request_count += 1;
                    facts.app.requested_codes = [Some(code), facts.app.requested_codes[0]];
                    let during_frame = !self.from_peer.at_boundary();
                    let request =
                        CloseRequest { at, during_frame, code, reason, accepted: false, refused: false };
                    facts.app.close_request.get_or_insert(request);
                    if facts.own.close_count == 0 {
                        facts.app.open_requests.add(request);
                    }
                    last_request_is_open = facts.own.close_count == 0;
                }
                TraceEventKind::AppSend { .. } => {
                    facts.on_stimulus(at);
                    facts.app.last_request_at = Some(at);
                    (last_request_is_close, last_request_is_open) = (false, false);
                    is_early_send = facts.app.close_request.is_none()
                        && facts.own.close_count == 0
                        && facts.causes_besides_requests().next().is_none();
                    facts.app.pending_send = facts.own.close.is_some().then_some(at);
                }
                TraceEventKind::RequestAccepted => {
                    facts.app.sends_accepted += u32::from(std::mem::take(&mut is_early_send));
                    if last_request_is_open {
                        facts.app.open_requests.accept_last();
                    }
                    if facts.app.pending_send.take().is_some() {
                        facts.app.send_requested_after_close = true;
                        facts.app.send_accepted_after_close_at.get_or_insert(at);
                    }
                }
                TraceEventKind::RequestRefused(_) => {
                    if std::mem::take(&mut last_request_is_open) && facts.own.close_count == 0 {
                        facts.app.open_requests.remove_last();
                    }
                    if last_request_is_close {
                        facts.app.requested_codes = [facts.app.requested_codes[1], None];
                        if let Some(request) =
                            facts.app.close_request.as_mut().filter(|_| facts.own.close.is_none())
                        {
                            request.refused = true;
                        }
                    }
                    facts.app.send_requested_after_close |= facts.app.pending_send.take().is_some();
                }
                TraceEventKind::Unsupported(_) => {
                    // The request never reached the subject, so it counts as not made.
                    if std::mem::take(&mut last_request_is_open) {
                        facts.app.open_requests.remove_last();
                    }
                    if last_request_is_close {
                        facts.app.close_request_count = facts.app.close_request_count.saturating_sub(1);
                        facts.app.requested_codes = [facts.app.requested_codes[1], None];
                        facts.app.close_request =
                            facts.app.close_request.filter(|_| facts.app.close_request_count > 0);
                    }
                    facts.app.pending_send = None;
                }
                TraceEventKind::TlsStarted => facts.tcp.over_tls = true,
                TraceEventKind::TlsClosed => facts.tcp.tls_closed = true,
                TraceEventKind::WriteShutdown => {
                    facts.tcp.write_closed_at = facts.tcp.write_closed_at.or(Some(at))
                }
                TraceEventKind::Fin => {
                    facts.tcp.write_closed_at = facts.tcp.write_closed_at.or(Some(at));
                    facts.tcp.closed_at = Some(at);
                }
                TraceEventKind::Reset => {
                    facts.tcp.ended_by_reset = facts.tcp.write_closed_at.is_none();
                    facts.tcp.reset_after_fin = !facts.tcp.ended_by_reset;
                    facts.tcp.write_closed_at = facts.tcp.write_closed_at.or(Some(at));
                    facts.tcp.closed_at = Some(at);
                }
                TraceEventKind::Message { .. } => {
                    facts.app.delivered += 1;
                    facts.app.last_message_at = Some(at);
                    if facts.app.delivered > facts.peer.messages {
                        facts.app.excess_message_at.get_or_insert(at);
                    }
                    facts.app.delivered_between += u32::from(facts.own.close.is_some());
                    let after_flaw = facts.flaw.frame.is_some_and(|flawed| flawed.at < at);
                    if after_flaw && facts.app.delivered > facts.peer.messages {
                        facts.flaw.processed_at.get_or_insert(at);
                    }
                }
                TraceEventKind::Reported { code, reason, clean } => {
                    if facts.app.report.is_some() {
                        facts.app.second_report_at.get_or_insert(at);
                    }
                    facts.app.report.get_or_insert(CloseReport { at, code, reason, clean });
                }
                TraceEventKind::ErrorReported(_) => facts.app.error_at = facts.app.error_at.or(Some(at)),
                TraceEventKind::Panicked(_) => {
                    facts.health.panicked_at = facts.health.panicked_at.or(Some(at))
                }
                TraceEventKind::Hung => facts.health.hung_at = facts.health.hung_at.or(Some(at)),
                TraceEventKind::Memory(octets) => {
                    if facts.health.memory.is_none_or(|(_, most)| octets > most) {
                        facts.health.memory = Some((at, octets));
                    }
                }
                TraceEventKind::DeflateNegotiated => {
                    self.from_peer.negotiate_deflate();
                    self.from_subject.negotiate_deflate();
                }
                TraceEventKind::Connected { .. }
                | TraceEventKind::SentWithOpening
                | TraceEventKind::StateChanged(..)
                | TraceEventKind::Undelivered(_)
                | TraceEventKind::Note(_)
                | TraceEventKind::ScriptEnded => {}
            }
        }
        if let Some(at) = facts.own.undecided_since {
            self.sent(&mut facts, None, at);
        }
        facts.own.has_unfinished_frame = !self.from_subject.at_boundary();
        facts
    }

    fn received(&mut self, facts: &mut ConnectionFacts, octets: &[u8], at: At) {
        facts.peer.octets += octets.len() as u64;
        facts.peer.last_octets_at = Some(at);
        facts.note_input_between(at);
        match &mut facts.flaw.frame {
            // Segments that waited until the application resumed reading are read as one.
            Some(flawed) if flawed.is_complete() && flawed.completed_at == at => {
                flawed.ambiguous_cause = true;
                return self.received_behind(facts, octets, at);
            }
            Some(flawed) if flawed.is_complete() => {
                facts.on_input(at);
                return self.received_behind(facts, octets, at);
            }
            // A subject that rejects a length does not wait for the rest of the frame.
            Some(flawed)
                if flawed.progress == FrameProgress::Header
                    && flawed.flaws.iter().any(Flaw::shows_in_length) =>
            {
                return facts.on_input(at);
            }
            // The rest of a frame is no new input.
            Some(_) | None => facts.stimuli += 1,
        }
        if facts.peer.close.is_some() {
            facts.peer.input_after_close_at.get_or_insert(at);
            // After it closed TCP, the subject receives nothing.
            facts.peer.data_after_close |= facts.tcp.closed_at.is_none();
            return;
        }
        let mut in_message = self.from_peer.in_message();
        let own_in_progress = self.from_subject.in_message() || !self.from_subject.at_boundary();
        self.from_peer.read(octets, |event| {
            if facts.peer.close.is_some() {
                facts.peer.data_after_close = true;
                facts.peer.close_shared_segment = true;
                return false;
            }
            match (event, &mut facts.flaw.frame) {
                (_, Some(flawed)) if flawed.is_complete() => {
                    // Another flaw or a Close in the segment may be the cause of a rejection as well.
                    flawed.ambiguous_cause |= match event {
                        FrameEvent::PartialHeader(_, flaws)
                        | FrameEvent::Header(_, flaws)
                        | FrameEvent::PayloadFlaw(_, flaws) => !flaws.is_empty(),
                        FrameEvent::Complete(header, flaws, _) => {
                            !flaws.is_empty() || header.opcode == Opcode::Close
                        }
                    };
                    if let FrameEvent::Complete(header, _, payload) = event {
                        remember_ping(&mut facts.flaw.ping, &header, payload);
                        facts.flaw.behind.record(header.opcode, header.fin, at);
                    }
                    true
                }
                // A subject may fail the connection here, but need not before the header is complete.
                (FrameEvent::PartialHeader(opcode, flaws), _) => {
                    let frame = Frame { opcode, fin: false };
                    facts.record_flaw(at, flaws, frame, FrameProgress::PartialHeader, None);
                    true
                }
                // A flaw of the header counts from the header on, as the frame may never be complete.
                (FrameEvent::Header(header, flaws) | FrameEvent::PayloadFlaw(header, flaws), _)
                    if !flaws.is_empty() =>
                {
                    facts.record_flaw(at, flaws, Frame::of(&header), FrameProgress::Header, None);
                    true
                }
                (FrameEvent::Header(..) | FrameEvent::PayloadFlaw(..), _) => true,
                (FrameEvent::Complete(header, flaws, payload), _) if !flaws.is_empty() => {
                    let body = (header.opcode == Opcode::Close).then(|| CloseOctets::new(payload));
                    // Until its text is complete, an endpoint may wait with the rejection.
                    let only_text = flaws == Flaws::NONE.with(Flaw::TextNotUtf8);
                    let progress = if only_text && !header.fin {
                        FrameProgress::Header
                    } else {
                        FrameProgress::Complete
                    };
                    facts.record_flaw(at, flaws, Frame::of(&header), progress, body);
                    remember_ping(&mut facts.flaw.ping, &header, payload);
                    true
                }
                (FrameEvent::Complete(header, flaws, payload), _) => {
                    let between = facts.own.close.is_some() && facts.tcp.closed_at.is_none();
                    if between && header.opcode != Opcode::Close {
                        (facts.peer.frame_between_closes_at, facts.peer.input_after_between_at) =
                            (Some(at), None);
                    }
                    // A text that is not UTF-8 may be in progress.
                    let is_lawful = facts.flaw.frame.is_none() && !facts.has_begun_to_close();
                    if header.opcode != Opcode::Close && is_lawful {
                        let has_data = facts.peer.lawful.has_data || !header.opcode.is_control();
                        facts.peer.lawful = LawfulFrames { at: Some(at), next_input_at: None, has_data };
                    }
                    let accompanied = facts.peer.last_frame_at.replace(at) == Some(at);
                    match header.opcode {
                        Opcode::Close => match &mut facts.flaw.frame {
                            // It comes inside a text that is not UTF-8.
                            Some(flawed) => {
                                flawed.next_input_at.get_or_insert(at);
                                flawed.ambiguous_cause = true;
                            }
                            None => {
                                let mut close =
                                    ObservedClose::new(at, flaws, in_message, accompanied, payload);
                                close.has_uniform_key = header.mask.is_some_and(|key| key == [key[0]; 4]);
                                facts.peer.close = Some(close);
                                facts.own.message_in_progress = own_in_progress;
                            }
                        },
                        Opcode::Ping => {
                            facts.peer.pings += 1;
                            if between && facts.tcp.write_closed_at.is_none() {
                                let payload = CloseOctets::new(payload);
                                let (next_input_at, is_answered) = (None, false);
                                facts.peer.closing_ping =
                                    Some(ClosingPing { at, payload, next_input_at, is_answered });
                            }
                        }
                        Opcode::Pong => {}
                        Opcode::Text | Opcode::Binary | Opcode::Continuation | Opcode::Reserved(_) => {
                            in_message = !header.fin;
                            facts.peer.messages += u32::from(header.fin);
                            if facts.app.delivered <= facts.peer.messages {
                                facts.app.excess_message_at = None;
                            }
                            facts.peer.messages_between += u32::from(header.fin && between);
                        }
                    }
                    true
                }
            }
        });
    }

    /// Reads a segment behind the one with the first flawed frame.
    fn received_behind(&mut self, facts: &mut ConnectionFacts, octets: &[u8], at: At) {
        if facts.tcp.closed_at.is_some() {
            return;
        }
        self.from_peer.read(octets, |event| {
            if let FrameEvent::Complete(header, _, payload) = event {
                remember_ping(&mut facts.flaw.ping, &header, payload);
                facts.flaw.behind.record(header.opcode, header.fin, at);
            }
            true
        });
    }

    /// Reads what the subject sent. `None` stands for the end of the connection.
    fn sent(&mut self, facts: &mut ConnectionFacts, octets: Option<&[u8]>, at: At) {
        let keys = &mut self.mask_keys;
        let sender = self.sender;
        let peer_is_mid_frame = !self.from_peer.at_boundary();
        let on_event = |event: FrameEvent<'_>| {
            match event {
                // The subject's own frames are judged once their headers are complete.
                FrameEvent::PartialHeader(..) => {}
                FrameEvent::Header(header, flaws) => {
                    facts.own.frame_count += 1;
                    record_own_flaws(facts, flaws, header.opcode, at);
                    if let Some(key) = header.mask
                        && keys.len() < MAX_MASK_KEYS
                    {
                        keys.push((at, key));
                    }
                    match header.opcode {
                        Opcode::Close => {
                            facts.own.close_count += 1;
                            if facts.own.close_count == 2 {
                                facts.own.second_close_at = Some(at);
                            }
                        }
                        Opcode::Text | Opcode::Binary | Opcode::Continuation => {
                            if facts.own.close_count > 0 {
                                facts.own.data_after_close_at.get_or_insert(at);
                            } else if header.opcode != Opcode::Continuation
                                && facts.peer.close.is_some_and(|peer| !peer.shares_segment)
                            {
                                let may_be_reply = facts.own.messages < facts.peer.messages;
                                facts
                                    .own
                                    .message_before_reply
                                    .get_or_insert(LateMessage { at, may_be_reply });
                            }
                        }
                        Opcode::Ping if facts.own.close_count > 0 && facts.peer.close.is_some() => {
                            facts.own.ping_after_both_at.get_or_insert(at);
                        }
                        Opcode::Pong if facts.own.close_count > 0 && facts.peer.close.is_some() => {
                            facts.own.pong_after_both_at.get_or_insert(at);
                        }
                        Opcode::Ping | Opcode::Pong => {}
                        Opcode::Reserved(_) => {}
                    }
                }
                FrameEvent::PayloadFlaw(header, flaws) => record_own_flaws(facts, flaws, header.opcode, at),
                FrameEvent::Complete(header, flaws, payload) => {
                    record_own_flaws(facts, flaws, header.opcode, at);
                    match header.opcode {
                        Opcode::Close => {
                            let close = ObservedClose::new(at, flaws, false, false, payload);
                            own_codes::record(facts, &close, sender, peer_is_mid_frame);
                            if facts.own.close_count > 1 {
                                facts.own.last_close = Some((at, close.code()));
                                facts.own.further_close.get_or_insert((at, close.code()));
                            }
                            if facts.own.close.is_none() {
                                let matches = |requested: &Option<CloseCode>| close.has_requested(*requested);
                                facts.own.close_was_requested =
                                    facts.app.requested_codes.iter().flatten().any(matches);
                                facts.own.close = Some(close);
                            }
                        }
                        Opcode::Pong => {
                            facts.own.pongs += 1;
                            if let Some(ping) = &mut facts.peer.closing_ping {
                                ping.is_answered |= ping.payload.octets() == payload;
                            }
                            let after_flaw = facts.flaw.frame.is_some_and(|flawed| flawed.at < at);
                            let answers = facts.flaw.ping.is_some_and(|(ping, len)| &ping[..len] == payload);
                            if after_flaw && answers && facts.own.pongs > facts.peer.pings {
                                facts.flaw.processed_at.get_or_insert(at);
                                facts.flaw.has_pong = true;
                            }
                        }
                        Opcode::Continuation | Opcode::Text | Opcode::Binary => {
                            facts.own.messages += u32::from(header.fin && facts.own.close_count == 0);
                        }
                        Opcode::Ping | Opcode::Reserved(_) => {}
                    }
                }
            }
            true
        };
        match octets {
            Some(octets) => self.from_subject.read(octets, on_event),
            None => self.from_subject.finish(on_event),
        }
        // Text counts from its first octet on, even if a later segment decides that it is text.
        let since = facts.own.undecided_since.take().unwrap_or(at);
        facts.own.undecided_since = self.from_subject.is_undecided().then_some(since);
        if let Some(foreign) = self.from_subject.foreign() {
            facts.own.foreign.get_or_insert((since, foreign));
        }
    }
}

fn remember_ping(kept: &mut Option<([u8; MAX_CONTROL_PAYLOAD], usize)>, header: &Header, payload: &[u8]) {
    if header.opcode == Opcode::Ping && kept.is_none() {
        let mut ping = [0; MAX_CONTROL_PAYLOAD];
        ping[..payload.len()].copy_from_slice(payload);
        *kept = Some((ping, payload.len()));
    }
}

fn record_own_flaws(facts: &mut ConnectionFacts, flaws: Flaws, opcode: Opcode, at: At) {
    let set = if opcode == Opcode::Close { &mut facts.own.close_flaws } else { &mut facts.own.flaws };
    set.add(flaws, at);
}
