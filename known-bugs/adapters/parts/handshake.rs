//! A transport for libraries that require the opening handshake.
//!
//! It plays the peer of the opening handshake before the script starts. Afterwards it forwards to the [`Transport`].

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use sha1::{Digest, Sha1};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use wsclose::protocol::role::Role;
use wsclose_adapter::connection::Transport;

/// The GUID of RFC 6455 §1.3.
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The upgrade request of the peer, as a client.
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/// The state of the peer in the opening handshake.
struct Opening {
    /// The octets that the library reads next.
    outgoing: Vec<u8>,
    /// The octets that the library has written. `None` after the end of its head.
    written: Option<Vec<u8>>,
    reader: Option<Waker>,
}

/// A transport that starts with the opening handshake.
pub struct HandshakeStream {
    transport: Transport,
    role: Role,
    opening: Opening,
}

impl HandshakeStream {
    /// Returns a transport whose user performs the opening handshake in this role.
    pub fn new(role: Role, transport: Transport) -> HandshakeStream {
        let outgoing = match role {
            Role::Client => Vec::new(),
            Role::Server => REQUEST.to_vec(),
        };
        HandshakeStream {
            transport,
            role,
            opening: Opening { outgoing, written: Some(Vec::new()), reader: None },
        }
    }
}

impl Opening {
    fn on_write(&mut self, role: Role, octets: &[u8]) {
        let Some(written) = &mut self.written else { return };
        written.extend_from_slice(octets);
        if !written.ends_with(b"\r\n\r\n") {
            return;
        }
        if role == Role::Client {
            let text = String::from_utf8_lossy(written).into_owned();
            let key = text.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("sec-websocket-key").then(|| value.trim().to_owned())
            });
            let sum = Sha1::new().chain_update(key.unwrap_or_default()).chain_update(GUID).finalize();
            self.outgoing = format!(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {}\r\n\r\n",
                base64(&sum)
            )
            .into_bytes();
        }
        self.written = None;
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }
}

impl AsyncRead for HandshakeStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let HandshakeStream { transport, opening, .. } = self.get_mut();
        if !opening.outgoing.is_empty() {
            let some = opening.outgoing.len().min(out.remaining());
            out.put_slice(&opening.outgoing[..some]);
            opening.outgoing.drain(..some);
            return Poll::Ready(Ok(()));
        }
        if opening.written.is_some() {
            opening.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        AsyncRead::poll_read(Pin::new(transport), cx, out)
    }
}

impl AsyncWrite for HandshakeStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        let HandshakeStream { transport, role, opening } = self.get_mut();
        if opening.written.is_some() {
            opening.on_write(*role, octets);
            return Poll::Ready(Ok(octets.len()));
        }
        AsyncWrite::poll_write(Pin::new(transport), cx, octets)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        AsyncWrite::poll_flush(Pin::new(&mut self.get_mut().transport), cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        AsyncWrite::poll_shutdown(Pin::new(&mut self.get_mut().transport), cx)
    }
}

fn base64(octets: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = octets.chunks(3).flat_map(|three| {
        let bits = three.iter().chain(&[0, 0]).take(3).fold(0, |bits, octet| bits << 8 | usize::from(*octet));
        let used = three.len() + 1;
        (0..4).map(move |at| if at < used { char::from(DIGITS[bits >> (18 - 6 * at) & 63]) } else { '=' })
    });
    digits.collect()
}
