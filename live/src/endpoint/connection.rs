//! Opens connections: the opening handshake as a client, and as a server.

use std::io;
use std::time::{Duration, Instant};

use wsclose::harness::Opening;

use crate::transport::refusal::Refusal;
use crate::transport::server_target::ServerTarget;
use crate::transport::socket::{ReadOutcome, Socket};
use crate::transport::upgrade::{self, MAX_HEAD, Origin, Request, Response, UpgradeError};

/// The limit on the octets that are recorded of one connection. The harness resets a connection that exceeds it.
pub const MAX_RECEIVED: usize = 1 << 18;

/// How long the body of a response that refuses the opening handshake may take.
const BODY_TIMEOUT: Duration = Duration::from_millis(500);

/// Why a case has no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CaseError {
    /// The harness could not connect to the server.
    #[error("expected a connection, found: {0}")]
    Connect(String),
    /// The client did not connect.
    #[error("expected the client to connect, found: {0}")]
    NoClient(String),
    /// The opening handshake was malformed or refused.
    #[error("the opening handshake failed: {0}")]
    Upgrade(#[from] UpgradeError),
    /// The server did not answer the opening handshake.
    #[error("expected an answer to the opening handshake, found {0}")]
    NoResponse(&'static str),
    /// The client did not send an opening handshake.
    #[error("expected a request to open a WebSocket, found {0}")]
    NoRequest(&'static str),
    /// The endpoint sent more than the limit.
    #[error("expected at most {MAX_RECEIVED} octets on a connection, found more")]
    OutputLimit,
    /// The endpoint kept the connection busy for longer than the limit.
    #[error("expected the connection to be quiet within {0:?}, found it still busy")]
    TimeLimit(Duration),
    /// The server exits even in the simplest case; how.
    #[error("expected the server to run on after a plain Close, found that it ends each time: {0}")]
    ServerExits(String),
    /// The run ended before the case.
    #[error("expected the case to end within the time limit of the run (--timeout), found it unfinished")]
    RunTimeLimit,
}

impl CaseError {
    /// Whether the endpoint could not be reached at all, so that other cases would fail in the same way.
    pub const fn is_unreachable(&self) -> bool {
        match self {
            CaseError::Connect(_) | CaseError::NoClient(_) => true,
            CaseError::Upgrade(_)
            | CaseError::NoResponse(_)
            | CaseError::NoRequest(_)
            | CaseError::OutputLimit
            | CaseError::TimeLimit(_)
            | CaseError::ServerExits(_)
            | CaseError::RunTimeLimit => false,
        }
    }

    /// Whether no connection was established. A busy endpoint causes that too, so the case is worth a re-run.
    pub const fn is_before_connection(&self) -> bool {
        match self {
            CaseError::Connect(_)
            | CaseError::NoClient(_)
            | CaseError::Upgrade(_)
            | CaseError::NoResponse(_)
            | CaseError::NoRequest(_) => true,
            CaseError::OutputLimit
            | CaseError::TimeLimit(_)
            | CaseError::ServerExits(_)
            | CaseError::RunTimeLimit => false,
        }
    }
}

/// A connection after its opening handshake.
pub struct Connection {
    /// The socket.
    pub socket: Socket,
    /// Octets that arrived together with the opening handshake, after its end.
    pub leftover: Vec<u8>,
    /// Whether the opening handshake negotiated permessage-deflate.
    pub deflate: bool,
    /// Which programs answered the opening handshake; empty for a client.
    pub origin: Origin,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").field("leftover", &self.leftover).finish_non_exhaustive()
    }
}

/// Connects to a server, and sends the opening handshake with a key that follows from `nonce`, and the octets of `opening`
/// in the same write.
///
/// # Errors
/// Returns why there is no connection.
pub fn connect(
    target: &ServerTarget,
    nonce: u64,
    timeout: Duration,
    opening: Opening<'_>,
) -> Result<Connection, CaseError> {
    let failed = |error: io::Error| CaseError::Connect(error.to_string());
    let socket = Socket::connect(target.address, timeout).map_err(failed)?;
    let mut socket = target.secure(socket).map_err(failed)?;
    let key = upgrade::key((u128::from(nonce) << 64 | 0x7773_636c_6f73_6521).to_be_bytes());
    let mut request = target.request(key.clone(), opening.deflate).encode();
    request.extend_from_slice(opening.octets);
    socket.send(&request, timeout);
    let (response, head) =
        read_head(&mut socket, timeout, CaseError::NoResponse, |head| upgrade::parse_response(head, &key))?;
    let upgraded = match response {
        Response::Accepted(upgraded) => upgraded,
        Response::Refused(refusal) => {
            let body = read_body(&mut socket, timeout.min(BODY_TIMEOUT), &refusal, head);
            return Err(target.without_secrets(UpgradeError::refused(refusal, &body)).into());
        }
    };
    let leftover = head[upgraded.head_len..].to_owned();
    let deflate = opening.deflate && upgraded.deflate;
    Ok(Connection { socket, leftover, deflate, origin: upgraded.origin })
}

/// Reads the beginning of the body of a response, of which `head` and what came with it has been read. A body that ends
/// early or late is no error: its first line only explains one.
fn read_body(socket: &mut Socket, timeout: Duration, refusal: &Refusal, head: Vec<u8>) -> Vec<u8> {
    let begun = Instant::now();
    let (mut buffer, mut body) = ([0; 4096], head[refusal.head_len..].to_owned());
    while !refusal.is_enough(&body) {
        match socket.recv(&mut buffer, timeout.saturating_sub(begun.elapsed())) {
            Ok(ReadOutcome::Data(octets)) => body.extend_from_slice(&buffer[..octets]),
            Ok(ReadOutcome::Fin | ReadOutcome::Reset | ReadOutcome::TimedOut) | Err(_) => break,
        }
    }
    body
}

/// Accepts the request of a client, and sends the octets of `opening` in the same write.
pub fn accept(
    mut socket: Socket,
    request: &Request,
    leftover: Vec<u8>,
    timeout: Duration,
    opening: Opening<'_>,
) -> Connection {
    let mut response = request.accept_response(opening.deflate);
    response.extend_from_slice(opening.octets);
    socket.send(&response, timeout);
    let deflate = opening.deflate && request.deflate;
    Connection { socket, leftover, deflate, origin: Origin::default() }
}

/// Reads the opening handshake of a client. Returns it with the octets that arrived after it.
///
/// # Errors
/// Returns what is wrong with it.
pub fn read_request(socket: &mut Socket, timeout: Duration) -> Result<(Request, Vec<u8>), CaseError> {
    let ((request, used), head) = read_head(socket, timeout, CaseError::NoRequest, Request::decode)?;
    Ok((request, head[used..].to_owned()))
}

/// Answers a request with an HTTP error, and closes the connection.
pub fn reject(mut socket: Socket, timeout: Duration, status: &str, why: &str) {
    let length = why.len() + 1;
    let head = "Connection: close\r\nContent-Type: text/plain; charset=utf-8";
    let answer = format!("HTTP/1.1 {status}\r\n{head}\r\nContent-Length: {length}\r\n\r\n{why}\n");
    socket.send(answer.as_bytes(), timeout);
    socket.close_gracefully(timeout);
}

/// Reads until `parse` finds a complete head. Returns what it parsed, with all octets that were read.
fn read_head<T>(
    socket: &mut Socket,
    timeout: Duration,
    found: impl Fn(&'static str) -> CaseError,
    parse: impl Fn(&[u8]) -> Result<Option<T>, UpgradeError>,
) -> Result<(T, Vec<u8>), CaseError> {
    let begun = Instant::now();
    let (mut buffer, mut head) = ([0; 4096], Vec::new());
    loop {
        let left = timeout.saturating_sub(begun.elapsed());
        let read = socket.recv(&mut buffer, left).map_err(|error| CaseError::Connect(error.to_string()))?;
        match read {
            ReadOutcome::Data(octets) => head.extend_from_slice(&buffer[..octets]),
            ReadOutcome::Fin => return Err(found("the end of TCP")),
            ReadOutcome::Reset => return Err(found("a reset")),
            ReadOutcome::TimedOut if head.is_empty() => return Err(found("silence")),
            ReadOutcome::TimedOut => return Err(found("no end of one")),
        }
        if let Some(whole) = parse(&head)? {
            return Ok((whole, head));
        }
        if begun.elapsed() > timeout || head.len() > MAX_HEAD {
            return Err(found("no end of one"));
        }
    }
}
