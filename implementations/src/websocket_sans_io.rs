//! Adapts websocket-sans-io: [`WebsocketFrameDecoder`] and [`WebsocketFrameEncoder`], a frame layer.
//!
//! The library splits input into frames, unmasks, and writes headers and masked payloads. Its documentation states that it
//! does no validation, and that Pings, masking and Closes are its user's task. Its `mirror_client` example checks
//! `FrameInfo::is_reasonable` and the mask at the start of a frame. The adapter does the same, and also checks the length. The
//! library does not report which of the three length forms a frame used. The adapter generates the mask keys.
//!
//! Hence the only capability is [`Capability::Framing`], without the rules that the program fulfills.

use websocket_sans_io::{
    FrameInfo, Opcode as LibraryOpcode, WebsocketFrameDecoder, WebsocketFrameEncoder, WebsocketFrameEvent,
};
use wsclose::protocol::frame::{MAX_CONTROL_PAYLOAD, Opcode};
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, Capability, Rule};
use wsclose::script::MessageKind;
use wsclose_adapter::codec::{FrameCodec, Incoming, Outgoing};

/// websocket-sans-io's decoder and encoder, in either role.
#[derive(Debug)]
pub struct WebSocketSansIo {
    role: Role,
    decoder: WebsocketFrameDecoder,
    encoder: WebsocketFrameEncoder,
    incoming: Vec<u8>,
    consumed: usize,
    payload: Vec<u8>,
}

impl WebSocketSansIo {
    /// Rejects a header as a program does that follows the library's example.
    fn check_header(&self, info: &FrameInfo) -> Result<(), String> {
        if !info.is_reasonable() {
            return Err("unreasonable frame".to_owned());
        }
        if info.mask.is_some() != (self.role == Role::Server) {
            return Err("the mask bit is wrong for the role of the sender".to_owned());
        }
        if info.opcode.is_control() && info.payload_length > MAX_CONTROL_PAYLOAD as u64 {
            return Err("a control frame is too long".to_owned());
        }
        if info.payload_length >> 63 == 1 {
            return Err("the top bit of a length is set".to_owned());
        }
        Ok(())
    }
}

impl FrameCodec for WebSocketSansIo {
    const NAME: &'static str = "websocket-sans-io";

    fn capabilities(role: Role) -> Capabilities {
        match role {
            Role::Client | Role::Server => Capabilities::of(&[Capability::Framing]).exempting(&[
                Rule::BodyEmptyOrCode,
                Rule::RejectsLongClose,
                Rule::RejectsLongCloseAtOnce,
                Rule::RejectsBadControlFrame,
                Rule::RejectsBadFragmentation,
                Rule::RejectsLengthTopBit,
                Rule::ServerRejectsUnmasked,
                Rule::ClientRejectsMasked,
            ]),
        }
    }

    fn new(role: Role) -> WebSocketSansIo {
        WebSocketSansIo {
            role,
            decoder: WebsocketFrameDecoder::new(),
            encoder: WebsocketFrameEncoder::new(),
            incoming: Vec::new(),
            consumed: 0,
            payload: Vec::new(),
        }
    }

    fn receive(&mut self, octets: &[u8]) {
        self.incoming.drain(..self.consumed);
        self.consumed = 0;
        self.incoming.extend_from_slice(octets);
    }

    fn next(&mut self) -> Result<Option<Incoming>, String> {
        loop {
            let chunk = &mut self.incoming[self.consumed..];
            let added = match self.decoder.add_data(chunk) {
                Ok(added) => added,
                Err(impossible) => match impossible {},
            };
            let chunk = &chunk[..added.consumed_bytes];
            self.consumed += added.consumed_bytes;
            match added.event {
                None if added.consumed_bytes == 0 => return Ok(None),
                None => {}
                Some(WebsocketFrameEvent::Start { frame_info, original_opcode: _ }) => {
                    self.check_header(&frame_info)?;
                    self.payload.clear();
                }
                Some(WebsocketFrameEvent::PayloadChunk { original_opcode: _ }) => {
                    self.payload.extend_from_slice(chunk);
                }
                Some(WebsocketFrameEvent::End { frame_info, original_opcode: _ }) => {
                    return Ok(Some(Incoming::Frame {
                        fin: frame_info.fin,
                        rsv: frame_info.reserved != 0,
                        masked: frame_info.mask.is_some(),
                        opcode: Opcode::from_bits(frame_info.opcode as u8),
                        payload: std::mem::take(&mut self.payload),
                    }));
                }
            }
        }
    }

    fn write(&mut self, outgoing: Outgoing<'_>, out: &mut Vec<u8>) -> Result<(), String> {
        let (opcode, mut payload) = match outgoing {
            Outgoing::Message { kind: MessageKind::Text, payload } => (LibraryOpcode::Text, payload.to_vec()),
            Outgoing::Message { kind: MessageKind::Binary, payload } => {
                (LibraryOpcode::Binary, payload.to_vec())
            }
            Outgoing::Pong(payload) => (LibraryOpcode::Pong, payload.to_vec()),
            Outgoing::Close { code, reason } => {
                let code = code.map(|code| code.to_octets().to_vec()).unwrap_or_default();
                (LibraryOpcode::ConnectionClose, [&code, reason.as_bytes()].concat())
            }
        };
        let header = self.encoder.start_frame(&FrameInfo {
            opcode,
            payload_length: payload.len() as u64,
            mask: (self.role == Role::Client).then(rand::random),
            fin: true,
            reserved: 0,
        });
        self.encoder.transform_frame_payload(&mut payload);
        out.extend_from_slice(&header);
        out.extend_from_slice(&payload);
        Ok(())
    }
}
