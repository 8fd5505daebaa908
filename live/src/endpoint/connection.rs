//! A connection after its opening handshake, and how one comes about.

use std::io;
use std::time::{Duration, Instant};

use crate::transport::server_target::ServerTarget;
use crate::transport::socket::{ReadOutcome, Socket};
use crate::transport::upgrade::{self, MAX_HEAD, Request, UpgradeError};

/// The most octets that are taken down of one connection: whoever sends more is not listened to.
pub const MAX_RECEIVED: usize = 1 << 18;

/// Why a case could not be played.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CaseError {
    /// No connection.
    #[error("expected a connection, found: {0}")]
    Connect(String),
    /// No client.
    #[error("expected the client to connect, found: {0}")]
    NoClient(String),
    /// No opening handshake.
    #[error("expected an opening handshake: {0}")]
    Upgrade(#[from] UpgradeError),
    /// It ended TCP, or said nothing.
    #[error("expected an answer to the opening handshake, found {0}")]
    NoResponse(&'static str),
    /// A client ended TCP, or said nothing.
    #[error("expected a request to open a WebSocket, found {0}")]
    NoRequest(&'static str),
    /// Its program does not tell how its connection closed, though it was said to.
    #[error(
        "expected the client to print `closed CODE \"REASON\" clean|unclean|unknown` when its connection was over, \
         found no such line"
    )]
    NoCloseLine,
    /// It sent more than is listened to.
    #[error("expected at most {MAX_RECEIVED} octets on a connection, found more")]
    OutputLimit,
    /// It kept the connection busy for longer than one may.
    #[error("expected the connection to be quiet within {0:?}, found it still busy")]
    TimeLimit(Duration),
}

impl CaseError {
    /// Whether nobody was there at all, which another case would find too.
    pub const fn is_unreachable(&self) -> bool {
        match self {
            CaseError::Connect(_) | CaseError::NoClient(_) => true,
            CaseError::Upgrade(_)
            | CaseError::NoResponse(_)
            | CaseError::NoRequest(_)
            | CaseError::NoCloseLine
            | CaseError::OutputLimit
            | CaseError::TimeLimit(_) => false,
        }
    }
}

/// A connection after its opening handshake, and what had come behind that.
pub struct Connection {
    /// The connection.
    pub socket: Socket,
    /// Octets that came in one piece with the handshake.
    pub leftover: Vec<u8>,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Conn").field("early", &self.leftover).finish_non_exhaustive()
    }
}

/// Connects to a server.
///
/// # Errors
/// Why there is no connection.
pub fn connect(
    target: &ServerTarget,
    nonce: u64,
    timeout: Duration,
    deflate: bool,
) -> Result<Connection, CaseError> {
    let no = |error: io::Error| CaseError::Connect(error.to_string());
    let mut wire = Socket::connect(target.address, timeout).map_err(no)?;
    if let Some((config, name)) = &target.tls {
        wire = wire.into_tls(config, name).map_err(no)?;
    }
    let key = upgrade::key((u128::from(nonce) << 64 | 0x7773_636c_6f73_6521).to_be_bytes());
    wire.send(&target.request(key.clone(), deflate).encode(), timeout);
    let (agreed, head) =
        read_head(&mut wire, timeout, CaseError::NoResponse, |head| upgrade::parse_response(head, &key))?;
    Ok(Connection { socket: wire, leftover: head[agreed.head_len..].to_owned() })
}

/// The request with which a client opens its connection, and what came behind it.
///
/// # Errors
/// Why it is none.
pub fn read_request(socket: &mut Socket, timeout: Duration) -> Result<(Request, Vec<u8>), CaseError> {
    let ((request, used), head) = read_head(socket, timeout, CaseError::NoRequest, Request::decode)?;
    Ok((request, head[used..].to_owned()))
}

/// Answers a request that leads nowhere, and ends the connection.
pub fn reject(mut socket: Socket, timeout: Duration, status: &str, why: &str) {
    let length = why.len() + 1;
    let head = "Connection: close\r\nContent-Type: text/plain; charset=utf-8";
    let answer = format!("HTTP/1.1 {status}\r\n{head}\r\nContent-Length: {length}\r\n\r\n{why}\n");
    socket.send(answer.as_bytes(), timeout);
    socket.close_gracefully(timeout);
}

/// Reads until `read` has what it looks for; that, and all that came.
fn read_head<T>(
    socket: &mut Socket,
    timeout: Duration,
    found: impl Fn(&'static str) -> CaseError,
    read: impl Fn(&[u8]) -> Result<Option<T>, UpgradeError>,
) -> Result<(T, Vec<u8>), CaseError> {
    let begun = Instant::now();
    let (mut buffer, mut head) = ([0; 4096], Vec::new());
    loop {
        let left = timeout.saturating_sub(begun.elapsed());
        let heard = socket.recv(&mut buffer, left).map_err(|error| CaseError::Connect(error.to_string()))?;
        match heard {
            ReadOutcome::Data(octets) => head.extend_from_slice(&buffer[..octets]),
            ReadOutcome::Fin => return Err(found("the end of TCP")),
            ReadOutcome::Reset => return Err(found("a reset")),
            ReadOutcome::TimedOut if head.is_empty() => return Err(found("silence")),
            ReadOutcome::TimedOut => return Err(found("no end of one")),
        }
        if let Some(whole) = read(&head)? {
            return Ok((whole, head));
        }
        if begun.elapsed() > timeout || head.len() > MAX_HEAD {
            return Err(found("no end of one"));
        }
    }
}
