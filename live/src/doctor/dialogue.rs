//! A connection with the server that is examined, on which whole messages are sent and received.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use wsclose::harness::Opening;
use wsclose::protocol::assembler::{FrameAssembler, FramePart, KeptPayload};
use wsclose::protocol::frame::{self, Header, Opcode};

use crate::endpoint::connection::{self, CaseError};
use crate::transport::server_target::ServerTarget;
use crate::transport::socket::{ReadOutcome, Socket};
use crate::transport::upgrade::Origin;

/// The most octets of a message that are kept.
const MAX_MESSAGE: usize = 1 << 12;

/// The most octets that are received on a connection.
const MAX_RECEIVED: usize = 1 << 16;

/// The masking key of every frame. The server is trusted, so it need not be random.
const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// The limit on sending a message.
const SEND_TIMEOUT: Duration = Duration::from_secs(2);

/// What the server did next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It sent a message.
    Message(Message),
    /// It sent a Close with this body.
    Close(Vec<u8>),
    /// It ended TCP.
    TcpEnd,
    /// It sent more than the examination reads.
    TooMuch,
    /// It did nothing in time.
    Silence,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Whether it is a text message.
    pub is_text: bool,
    /// Its payload.
    pub octets: Vec<u8>,
}

/// A connection after its opening handshake.
pub struct Dialogue {
    socket: Socket,
    /// Which programs answered the opening handshake.
    pub origin: Origin,
    assembler: FrameAssembler,
    /// The message that has begun, with fragments missing.
    begun: Option<Message>,
    heard: VecDeque<Heard>,
    received: usize,
    ended: bool,
}

impl Dialogue {
    /// Connects, with a key that follows from `nonce`.
    ///
    /// # Errors
    /// Returns why there is no connection.
    pub fn open(target: &ServerTarget, nonce: u64, timeout: Duration) -> Result<Dialogue, CaseError> {
        let connection = connection::connect(target, nonce, timeout, Opening::default())?;
        let mut dialogue = Dialogue {
            socket: connection.socket,
            origin: connection.origin,
            assembler: FrameAssembler::new(KeptPayload::UpTo(MAX_MESSAGE)),
            begun: None,
            heard: VecDeque::new(),
            received: 0,
            ended: false,
        };
        dialogue.receive(&connection.leftover);
        Ok(dialogue)
    }

    /// Sends a message. If the server has ended TCP, [`Dialogue::next`] shows it.
    pub fn send(&mut self, message: &Message) {
        let opcode = if message.is_text { Opcode::Text } else { Opcode::Binary };
        self.send_frame(opcode, &message.octets);
    }

    /// Sends a Close with this code and no reason.
    pub fn send_close(&mut self, code: u16) {
        self.send_frame(Opcode::Close, &code.to_be_bytes());
    }

    fn send_frame(&mut self, opcode: Opcode, payload: &[u8]) {
        let mut octets = Vec::new();
        frame::write(&Header::conforming(opcode, payload.len() as u64, Some(KEY)), payload, &mut octets);
        self.socket.send(&octets, SEND_TIMEOUT);
    }

    /// What the server does next, after a wait of at most `wait`. A Ping is answered.
    pub fn next(&mut self, wait: Duration) -> Heard {
        let begun = Instant::now();
        let mut buffer = [0; 4096];
        loop {
            if let Some(heard) = self.heard.pop_front() {
                return heard;
            }
            if self.ended {
                return Heard::TcpEnd;
            }
            if self.received > MAX_RECEIVED {
                return Heard::TooMuch;
            }
            match self.socket.recv(&mut buffer, wait.saturating_sub(begun.elapsed())) {
                Ok(ReadOutcome::Data(octets)) => self.receive(&buffer[..octets]),
                Ok(ReadOutcome::Fin | ReadOutcome::Reset) | Err(_) => self.ended = true,
                Ok(ReadOutcome::TimedOut) => return Heard::Silence,
            }
        }
    }

    fn receive(&mut self, mut octets: &[u8]) {
        self.received += octets.len();
        while let Some(part) = self.assembler.next(&mut octets) {
            if let FramePart::End(header) = part {
                self.take_frame(&header);
            }
        }
    }

    fn take_frame(&mut self, header: &Header) {
        let payload = self.assembler.payload().to_vec();
        match header.opcode {
            Opcode::Close => self.heard.push_back(Heard::Close(payload)),
            Opcode::Ping => self.send_frame(Opcode::Pong, &payload),
            Opcode::Text | Opcode::Binary => {
                self.begun = Some(Message { is_text: header.opcode == Opcode::Text, octets: payload });
            }
            Opcode::Continuation => {
                if let Some(message) = &mut self.begun {
                    message.octets.extend(payload);
                }
            }
            // What the library does wrong is left to the check.
            Opcode::Pong | Opcode::Reserved(_) => {}
        }
        if header.fin && !header.opcode.is_control() {
            self.heard.extend(self.begun.take().map(Heard::Message));
        }
    }
}
