//! What a conforming endpoint does after what a side received: whether there is a reason to end the connection.

use wsclose::harness::{Opening, Recorder, Stimulus, Subject, TraceEventKind};
use wsclose::model::endpoint::Model;
use wsclose::protocol::code::Profile;
use wsclose::protocol::frame::{Decoder, Opcode, Piece};
use wsclose::protocol::role::Role;

/// The model in place of a side. It receives what the side receives.
#[derive(Debug)]
pub struct ExpectedEndpoint {
    model: Model,
    recorder: Recorder,
    sent: Decoder,
    has_reacted: bool,
}

impl ExpectedEndpoint {
    /// A model in this role, on a new connection.
    pub fn new(role: Role, deflate: bool, profile: Profile) -> ExpectedEndpoint {
        let (mut model, mut recorder) = (Model::new(profile), Recorder::new());
        model.open(role, Opening { deflate, octets: &[] }, &mut recorder);
        recorder.clear();
        ExpectedEndpoint { model, recorder, sent: Decoder::default(), has_reacted: false }
    }

    /// The side received this.
    pub fn react(&mut self, stimulus: Stimulus<'_>) {
        self.model.react(stimulus, &mut self.recorder);
        for event in self.recorder.events() {
            if let TraceEventKind::Sent(span) = event.kind {
                let mut octets = self.recorder.octets(span);
                while let Some(piece) = self.sent.next(&mut octets) {
                    match piece {
                        Piece::Header(header) => self.has_reacted |= header.opcode == Opcode::Close,
                        Piece::Payload { .. } | Piece::End => {}
                    }
                }
            }
        }
        self.has_reacted |= self.recorder.is_closed() || self.recorder.is_write_closed();
        self.recorder.clear();
    }

    /// Whether the model has sent a Close or ended TCP: it replied, or it failed the connection.
    pub fn has_reacted(&self) -> bool {
        self.has_reacted
    }
}
