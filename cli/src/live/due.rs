//! What a live endpoint still owes. In come what happens to it and what it does, out comes whether a conforming
//! endpoint would have done more by now: only then is silence worth waiting for.
//!
//! The reference model plays along, unseen. It decides nothing but how long is waited; the judge never hears of it.

use wsclose::code::Profile;
use wsclose::frame::{Decoder, Opcode, Piece};
use wsclose::role::Role;
use wsclose::subject::{Recorder, Stimulus, Subject, TraceEventKind};
use wsclose::subjects::model::Model;

/// What of the acts of an endpoint nobody may leave out: its Closes, and the end of TCP.
#[derive(Debug, Default)]
struct Acts {
    decoder: Decoder,
    closes: u32,
    ended: bool,
}

impl Acts {
    fn wrote(&mut self, mut octets: &[u8]) {
        while let Some(piece) = self.decoder.next(&mut octets) {
            match piece {
                Piece::Header(header) => self.closes += u32::from(header.opcode == Opcode::Close),
                Piece::Payload { .. } | Piece::End => {}
            }
        }
    }
}

/// A conforming endpoint beside the live one.
#[derive(Debug)]
pub struct Due {
    role: Role,
    model: Model,
    said: Recorder,
    conforming: Acts,
    live: Acts,
    /// The peer has ended its half of TCP.
    peer_ended: bool,
    waited: bool,
}

impl Due {
    /// Beside an endpoint of this role.
    pub fn new(role: Role, profile: Profile) -> Due {
        Due {
            role,
            model: Model::new(profile),
            said: Recorder::new(),
            conforming: Acts::default(),
            live: Acts::default(),
            peer_ended: false,
            waited: false,
        }
    }

    /// A new connection begins.
    pub fn connect(&mut self) {
        (self.conforming, self.live) = (Acts::default(), Acts::default());
        (self.peer_ended, self.waited) = (false, false);
        self.said.clear();
        self.model.connect(self.role, &mut self.said);
    }

    /// Something happens to the endpoint.
    pub fn happens(&mut self, stimulus: Stimulus<'_>) {
        self.peer_ended |= stimulus == Stimulus::Fin;
        self.model.react(stimulus, &mut self.said);
        for entry in self.said.events() {
            if let TraceEventKind::Sent(span) = entry.kind {
                self.conforming.wrote(self.said.octets(span));
            }
        }
        self.conforming.ended |= self.said.is_closed();
        self.said.clear();
    }

    /// The live endpoint wrote these octets.
    pub fn wrote(&mut self, octets: &[u8]) {
        self.live.wrote(octets);
    }

    /// Whether it has begun a Close.
    pub fn has_closed(&self) -> bool {
        self.live.closes > 0
    }

    /// It ended TCP.
    pub fn ended(&mut self) {
        self.live.ended = true;
    }

    /// Whether it owes something that has not been waited for in vain. A client may leave it to the server to end
    /// TCP first (§7.1.1).
    pub fn is_owed(&self) -> bool {
        let end = match self.role {
            Role::Server => self.conforming.ended,
            Role::Client => self.conforming.ended && self.peer_ended,
        };
        (end || self.conforming.closes > self.live.closes) && !self.waited && !self.live.ended
    }

    /// It was waited for long enough: what comes late still counts, and is not waited for again.
    pub fn give_up(&mut self) {
        self.waited = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOSE: &[u8] = &[0x88, 0x02, 0x03, 0xe8];

    fn due() -> Due {
        let mut due = Due::new(Role::Client, Profile::default());
        due.connect();
        due
    }

    #[test]
    fn an_answer_is_owed_until_it_has_come() {
        let mut due = due();
        assert!(!due.is_owed());
        due.happens(Stimulus::Octets(CLOSE));
        assert!(due.is_owed());
        due.wrote(&[0x88, 0x82, 1, 2, 3]);
        assert!(due.is_owed(), "a part of its header");
        due.wrote(&[4]);
        assert!(!due.is_owed(), "the rest of a frame comes with its header");
        due.happens(Stimulus::Fin);
        assert!(due.is_owed(), "its end of TCP");
        due.ended();
        assert!(!due.is_owed());
    }

    #[test]
    fn what_was_waited_for_in_vain_is_not_waited_for_again_on_that_connection() {
        let mut due = due();
        due.happens(Stimulus::Octets(CLOSE));
        due.give_up();
        due.happens(Stimulus::Fin);
        assert!(!due.is_owed());
        due.connect();
        due.happens(Stimulus::Octets(CLOSE));
        assert!(due.is_owed());
    }
}
