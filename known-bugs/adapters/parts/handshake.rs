//! A pipe for libraries that cannot do without the opening handshake: it plays the other end of that by
//! itself, out of sight of scripts, and then is the pipe.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use sha1::{Digest, Sha1};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use wsclose::protocol::role::Role;
use wsclose_adapter::connection::Transport;

/// RFC 6455, section 1.3.
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// What a client asks for.
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/// What the other end of the opening handshake still has to say and hear.
struct Opening {
    /// What the library reads next.
    says: Vec<u8>,
    /// What the library has written so far; `None` once that is complete.
    heard: Option<Vec<u8>>,
    reader: Option<Waker>,
}

/// The pipe.
pub struct Door {
    pipe: Transport,
    role: Role,
    opening: Opening,
}

impl Door {
    /// A pipe whose user, in this role, begins with the opening handshake.
    pub fn new(role: Role, pipe: Transport) -> Door {
        let says = match role {
            Role::Client => Vec::new(),
            Role::Server => REQUEST.to_vec(),
        };
        Door { pipe, role, opening: Opening { says, heard: Some(Vec::new()), reader: None } }
    }
}

impl Opening {
    fn hear(&mut self, role: Role, octets: &[u8]) {
        let Some(heard) = &mut self.heard else { return };
        heard.extend_from_slice(octets);
        if !heard.ends_with(b"\r\n\r\n") {
            return;
        }
        if role == Role::Client {
            let text = String::from_utf8_lossy(heard).into_owned();
            let key = text.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("sec-websocket-key").then(|| value.trim().to_owned())
            });
            let sum = Sha1::new().chain_update(key.unwrap_or_default()).chain_update(GUID).finalize();
            self.says = format!(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {}\r\n\r\n",
                base64(&sum)
            )
            .into_bytes();
        }
        self.heard = None;
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }
}

impl AsyncRead for Door {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let Door { pipe, opening, .. } = self.get_mut();
        if !opening.says.is_empty() {
            let some = opening.says.len().min(out.remaining());
            out.put_slice(&opening.says[..some]);
            opening.says.drain(..some);
            return Poll::Ready(Ok(()));
        }
        if opening.heard.is_some() {
            opening.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        AsyncRead::poll_read(Pin::new(pipe), cx, out)
    }
}

impl AsyncWrite for Door {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        let Door { pipe, role, opening } = self.get_mut();
        if opening.heard.is_some() {
            opening.hear(*role, octets);
            return Poll::Ready(Ok(octets.len()));
        }
        AsyncWrite::poll_write(Pin::new(pipe), cx, octets)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        AsyncWrite::poll_flush(Pin::new(&mut self.get_mut().pipe), cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        AsyncWrite::poll_shutdown(Pin::new(&mut self.get_mut().pipe), cx)
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
