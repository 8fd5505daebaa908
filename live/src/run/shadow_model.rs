//! Runs the reference model in parallel to the endpoint under test, to know whether the endpoint should still do
//! something: only then a long wait is worth its time.
//!
//! The model decides nothing but the length of waits. The judge does not see it.

use wsclose::harness::{Opening, Recorder, Stimulus, Subject, TraceEventKind};
use wsclose::model::endpoint::Model;
use wsclose::protocol::code::Profile;
use wsclose::protocol::frame::{Decoder, Opcode, Piece};
use wsclose::protocol::role::Role;

use crate::run::timing::Awaited;

/// The actions that an endpoint must not omit: its Closes, and the end of TCP.
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

/// A conforming endpoint that receives the same input as the live one.
#[derive(Debug)]
pub struct ShadowModel {
    role: Role,
    model: Model,
    recorder: Recorder,
    expected: ObservedActions,
    observed: ObservedActions,
    /// The peer has sent FIN.
    peer_ended: bool,
    stopped_waiting: bool,
    stopped_waiting_for_frame: bool,
}

impl ShadowModel {
    /// A model for an endpoint of this role.
    pub fn new(role: Role, profile: Profile) -> ShadowModel {
        ShadowModel {
            role,
            model: Model::new(profile),
            recorder: Recorder::new(),
            expected: ObservedActions::default(),
            observed: ObservedActions::default(),
            peer_ended: false,
            stopped_waiting: false,
            stopped_waiting_for_frame: false,
        }
    }

    /// Starts a connection. `deflate` is true if it negotiated permessage-deflate.
    pub fn connect(&mut self, deflate: bool) {
        (self.expected, self.observed) = (ObservedActions::default(), ObservedActions::default());
        (self.peer_ended, self.stopped_waiting, self.stopped_waiting_for_frame) = (false, false, false);
        self.recorder.clear();
        self.model.open(self.role, Opening { deflate, octets: &[] }, &mut self.recorder);
        self.recorder.clear();
    }

    /// Passes a stimulus to the model.
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

    /// The live endpoint sent these octets.
    pub fn record_sent(&mut self, octets: &[u8]) {
        self.observed.record_sent(octets);
    }

    /// Whether the live endpoint has sent the header of a Close.
    pub fn has_sent_close(&self) -> bool {
        self.observed.close_count > 0
    }

    /// The live endpoint ended TCP.
    pub fn mark_tcp_ended(&mut self) {
        self.observed.tcp_ended = true;
    }

    /// What a conforming endpoint would have done and this one has not. A client may wait for the server to end TCP first
    /// (§7.1.1).
    pub fn awaited(&self) -> Option<Awaited> {
        let end = match self.role {
            Role::Server => self.expected.tcp_ended,
            Role::Client => self.expected.tcp_ended && self.peer_ended,
        };
        if self.observed.tcp_ended {
            None
        } else if self.expected.close_count > self.observed.close_count {
            Some(Awaited::Close)
        } else {
            end.then_some(Awaited::TcpEnd)
        }
    }

    /// Whether the live endpoint has sent a part of a frame. If it sends a header and its payload apart, Nagle's
    /// algorithm holds the payload back until the header is acknowledged. That may take longer than the usual wait.
    fn is_mid_frame(&self) -> bool {
        !self.observed.decoder.at_boundary() && !self.observed.tcp_ended
    }

    /// Whether a conforming endpoint would have done more, or the rest of a frame is missing, and the wait for it has
    /// not timed out.
    pub fn expects_more(&self) -> bool {
        self.awaited().is_some() && !self.stopped_waiting
            || self.is_mid_frame() && !self.stopped_waiting_for_frame
    }

    /// Ends the wait on this connection. What the endpoint does later is still recorded.
    pub fn stop_waiting(&mut self) {
        self.stopped_waiting |= self.awaited().is_some();
        self.stopped_waiting_for_frame |= self.is_mid_frame();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOSE: &[u8] = &[0x88, 0x02, 0x03, 0xe8];

    fn shadow_model() -> ShadowModel {
        let mut shadow = ShadowModel::new(Role::Client, Profile::default());
        shadow.connect(false);
        shadow
    }

    #[test]
    fn close_reply_is_expected_until_sent() {
        let mut shadow = shadow_model();
        assert!(!shadow.expects_more());
        shadow.on_stimulus(Stimulus::Octets(CLOSE));
        assert!(shadow.expects_more());
        shadow.record_sent(&[0x88, 0x82, 1, 2, 3]);
        assert!(shadow.expects_more(), "the header is incomplete");
        shadow.record_sent(&[4]);
        assert_eq!(shadow.awaited(), None, "a complete header counts as the frame");
        assert!(shadow.expects_more(), "the payload is missing");
        shadow.record_sent(&[2, 0xea]);
        assert!(!shadow.expects_more());
        shadow.on_stimulus(Stimulus::Fin);
        assert!(shadow.expects_more(), "the end of TCP");
        shadow.mark_tcp_ended();
        assert!(!shadow.expects_more());
    }

    #[test]
    fn wait_for_the_rest_of_a_frame_stops_alone() {
        let mut shadow = shadow_model();
        shadow.record_sent(&[0x81, 0x82]);
        assert!(shadow.expects_more());
        shadow.stop_waiting();
        assert!(!shadow.expects_more());
        shadow.on_stimulus(Stimulus::Octets(CLOSE));
        assert!(shadow.expects_more(), "a Close is a new cause");
        shadow.mark_tcp_ended();
        assert!(!shadow.expects_more());
    }

    #[test]
    fn waiting_stops_until_the_next_connection() {
        let mut shadow = shadow_model();
        shadow.on_stimulus(Stimulus::Octets(CLOSE));
        shadow.stop_waiting();
        shadow.on_stimulus(Stimulus::Fin);
        assert!(!shadow.expects_more());
        shadow.connect(false);
        shadow.on_stimulus(Stimulus::Octets(CLOSE));
        assert!(shadow.expects_more());
    }
}
