//! A WebSocket server endpoint as one writes it in an afternoon. It works with every browser, and closes carelessly.

use std::io::{Error, ErrorKind, Result};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

const CONTINUATION: u8 = 0;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// What the endpoint received.
pub enum Event {
    Text(String),
    Binary(Vec<u8>),
    Closed { code: u16, reason: String },
}

struct Frame {
    fin: bool,
    opcode: u8,
    payload: Vec<u8>,
}

/// A connection after its opening handshake.
pub struct Endpoint<S> {
    stream: S,
    unread: Vec<u8>,
    message: Vec<u8>,
    kind: u8,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Endpoint<S> {
    pub fn new(stream: S) -> Self {
        Endpoint { stream, unread: Vec::new(), message: Vec::new(), kind: TEXT }
    }

    /// The next event; `None` at the end of the connection.
    pub async fn next(&mut self) -> Result<Option<Event>> {
        loop {
            while let Some(frame) = self.parse() {
                match frame.opcode {
                    TEXT | BINARY | CONTINUATION => {
                        if frame.opcode != CONTINUATION {
                            self.kind = frame.opcode;
                        }
                        self.message.extend(frame.payload);
                        if frame.fin {
                            let message = std::mem::take(&mut self.message);
                            return Ok(Some(match self.kind {
                                TEXT => Event::Text(String::from_utf8_lossy(&message).into_owned()),
                                _ => Event::Binary(message),
                            }));
                        }
                    }
                    PING => self.send(PONG, &frame.payload).await?,
                    PONG => {}
                    CLOSE => {
                        // Echo the Close, and tell the application.
                        self.send(CLOSE, &frame.payload).await?;
                        if frame.payload.is_empty() {
                            return Ok(Some(Event::Closed { code: 1005, reason: String::new() }));
                        }
                        let code = u16::from_be_bytes([frame.payload[0], frame.payload[1]]);
                        let reason = String::from_utf8_lossy(&frame.payload[2..]).into_owned();
                        return Ok(Some(Event::Closed { code, reason }));
                    }
                    _ => return Err(Error::new(ErrorKind::InvalidData, "unknown opcode")),
                }
            }
            if self.stream.read_buf(&mut self.unread).await? == 0 {
                return Ok(None);
            }
        }
    }

    pub async fn close(&mut self, code: u16, reason: &str) -> Result<()> {
        self.send(CLOSE, &[&code.to_be_bytes(), reason.as_bytes()].concat()).await
    }

    pub async fn send_binary(&mut self, payload: &[u8]) -> Result<()> {
        self.send(BINARY, payload).await
    }

    async fn send(&mut self, opcode: u8, payload: &[u8]) -> Result<()> {
        let mut frame = vec![0x80 | opcode];
        match payload.len() {
            len @ ..126 => frame.push(len as u8),
            len @ ..65536 => {
                frame.push(126);
                frame.extend((len as u16).to_be_bytes());
            }
            len => {
                frame.push(127);
                frame.extend((len as u64).to_be_bytes());
            }
        }
        frame.extend(payload);
        self.stream.write_all(&frame).await
    }

    /// Takes the next whole frame out of what was read.
    fn parse(&mut self) -> Option<Frame> {
        let [first, second, rest @ ..] = self.unread.as_slice() else { return None };
        let (len, rest) = match second & 0x7f {
            126 => (u16::from_be_bytes(*rest.first_chunk()?) as usize, &rest[2..]),
            127 => (u64::from_be_bytes(*rest.first_chunk()?) as usize, &rest[8..]),
            len => (len as usize, rest),
        };
        let key: [u8; 4] = *rest.first_chunk()?;
        let masked = rest.get(4..4 + len)?;
        let payload = masked.iter().zip(key.iter().cycle()).map(|(octet, key)| octet ^ key).collect();
        let frame = Frame { fin: first & 0x80 != 0, opcode: first & 0x0f, payload };
        self.unread.drain(..self.unread.len() - (rest.len() - 4 - len));
        Some(frame)
    }
}
