//! What a live endpoint still owes. In come what happens to it and what it does, out comes whether a conforming
//! endpoint would have done more by now: only then is silence worth waiting for.
//!
//! The reference model plays along, unseen. It decides nothing but how long is waited; the judge never hears of it.

use wsclose::harness::subject::{Recorder, Stimulus, Subject, TraceEventKind};
use wsclose::model::endpoint::Model;
use wsclose::protocol::code::Profile;
use wsclose::protocol::frame::{Decoder, Opcode, Piece};
use wsclose::protocol::role::Role;

/// What of the acts of an endpoint nobody may leave out: its Closes, and the end of TCP.
#[derive(Debug, Default)]
struct ObservedActions {
    decoder: Decoder,
    close_count: u32,
    tcp_ended: bool,
}

impl ObservedActions {
    fn record_sent(&mut self, mut octets: &[u8]) {
        while let Some(piece) = self.decoder.next(&mut octets) {
            match piece {
                Piece::Header(header) => self.close_count += u32::from(header.opcode == Opcode::Close),
                Piece::Payload { .. } | Piece::End => {}
            }
        }
    }
}

/// A conforming endpoint beside the live one.
#[derive(Debug)]
pub struct ShadowModel {
    role: Role,
    model: Model,
    recorder: Recorder,
    expected: ObservedActions,
    observed: ObservedActions,
    /// The peer has ended its half of TCP.
    peer_ended: bool,
    stopped_waiting: bool,
}

impl ShadowModel {
    /// Beside an endpoint of this role.
    pub fn new(role: Role, profile: Profile) -> ShadowModel {
        ShadowModel {
            role,
            model: Model::new(profile),
            recorder: Recorder::new(),
            expected: ObservedActions::default(),
            observed: ObservedActions::default(),
            peer_ended: false,
            stopped_waiting: false,
        }
    }

    /// A new connection begins.
    pub fn connect(&mut self) {
        (self.expected, self.observed) = (ObservedActions::default(), ObservedActions::default());
        (self.peer_ended, self.stopped_waiting) = (false, false);
        self.recorder.clear();
        self.model.connect(self.role, &mut self.recorder);
    }

    /// Something happens to the endpoint.
    pub fn on_stimulus(&mut self, stimulus: Stimulus<'_>) {
        self.peer_ended |= stimulus == Stimulus::Fin;
        self.model.react(stimulus, &mut self.recorder);
        for entry in self.recorder.events() {
            if let TraceEventKind::Sent(span) = entry.kind {
                self.expected.record_sent(self.recorder.octets(span));
            }
        }
        self.expected.tcp_ended |= self.recorder.is_closed();
        self.recorder.clear();
    }

    /// The live endpoint wrote these octets.
    pub fn record_sent(&mut self, octets: &[u8]) {
        self.observed.record_sent(octets);
    }

    /// Whether it has begun a Close.
    pub fn has_sent_close(&self) -> bool {
        self.observed.close_count > 0
    }

    /// It ended TCP.
    pub fn mark_tcp_ended(&mut self) {
        self.observed.tcp_ended = true;
    }

    /// Whether it owes something that has not been waited for in vain. A client may leave it to the server to end
    /// TCP first (§7.1.1).
    pub fn expects_more(&self) -> bool {
        let end = match self.role {
            Role::Server => self.expected.tcp_ended,
            Role::Client => self.expected.tcp_ended && self.peer_ended,
        };
        (end || self.expected.close_count > self.observed.close_count)
            && !self.stopped_waiting
            && !self.observed.tcp_ended
    }

    /// It was waited for long enough: what comes late still counts, and is not waited for again.
    pub fn stop_waiting(&mut self) {
        self.stopped_waiting = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOSE: &[u8] = &[0x88, 0x02, 0x03, 0xe8];

    fn shadow_model() -> ShadowModel {
        let mut due = ShadowModel::new(Role::Client, Profile::default());
        due.connect();
        due
    }

    #[test]
    fn close_reply_is_expected_until_sent() {
        let mut due = shadow_model();
        assert!(!due.expects_more());
        due.on_stimulus(Stimulus::Octets(CLOSE));
        assert!(due.expects_more());
        due.record_sent(&[0x88, 0x82, 1, 2, 3]);
        assert!(due.expects_more(), "a part of its header");
        due.record_sent(&[4]);
        assert!(!due.expects_more(), "the rest of a frame comes with its header");
        due.on_stimulus(Stimulus::Fin);
        assert!(due.expects_more(), "its end of TCP");
        due.mark_tcp_ended();
        assert!(!due.expects_more());
    }

    #[test]
    fn waiting_stops_until_the_next_connection() {
        let mut due = shadow_model();
        due.on_stimulus(Stimulus::Octets(CLOSE));
        due.stop_waiting();
        due.on_stimulus(Stimulus::Fin);
        assert!(!due.expects_more());
        due.connect();
        due.on_stimulus(Stimulus::Octets(CLOSE));
        assert!(due.expects_more());
    }
}
