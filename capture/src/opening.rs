//! The opening handshake at the beginning of a recorded connection (§4.1, §4.2).

use wsclose::protocol::role::Role;

use crate::recording::{Beginning, RecordedConnection, RecordedEvent, RecordedKind};

/// The most octets of a head that are searched for its end.
const MAX_HEAD: usize = 1 << 16;

/// The most fields of a head.
const MAX_FIELDS: usize = 128;

/// The opening handshake of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opening {
    /// The client asked for WebSocket, and the server agreed (101).
    Accepted(Accepted),
    /// The client asked for WebSocket, and the server answered with another status.
    Refused {
        /// The request.
        request: RequestHead,
        /// The status, such as 403.
        status: u16,
        /// The fields of the response.
        fields: Vec<Field>,
    },
    /// The client asked for WebSocket, and the recording has no answer.
    Unanswered(RequestHead),
    /// The recording begins behind the opening handshake.
    Unseen,
}

/// An opening handshake that succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The request.
    pub request: RequestHead,
    /// The fields of the response.
    pub fields: Vec<Field>,
    /// Both sides agreed on permessage-deflate (RFC 7692).
    pub deflate: bool,
}

/// The head of the client's request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestHead {
    /// The request target, such as `/chat`.
    pub target: String,
    /// The fields.
    pub fields: Vec<Field>,
}

/// A header field. A value that is not UTF-8 has replacement characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The name, as it was sent.
    pub name: String,
    /// The value.
    pub value: String,
}

/// The value of the first field of this name, in any case.
pub fn field<'a>(fields: &'a [Field], name: &str) -> Option<&'a str> {
    fields.iter().find(|field| field.name.eq_ignore_ascii_case(name)).map(|field| field.value.as_str())
}

/// Splits a connection: its opening handshake, and the events behind it. `None` if it is no WebSocket connection.
pub fn split(connection: &RecordedConnection) -> Option<(Opening, Vec<RecordedEvent>)> {
    match connection.beginning {
        Beginning::Frames | Beginning::Middle => return Some((Opening::Unseen, connection.events.clone())),
        Beginning::Connection => {}
    }
    let sent = stream_head(connection, Role::Client);
    let (request, request_len) = request(&sent)?;
    let answered = stream_head(connection, Role::Server);
    let Some((status, fields, response_len)) = response(&answered) else {
        return Some((Opening::Unanswered(request), Vec::new()));
    };
    if status != 101 {
        return Some((Opening::Refused { request, status, fields }, Vec::new()));
    }
    let extensions = field(&fields, "Sec-WebSocket-Extensions").unwrap_or_default();
    let deflate = extensions.to_ascii_lowercase().contains("permessage-deflate");
    let rest = behind(&connection.events, request_len, response_len);
    Some((Opening::Accepted(Accepted { request, fields, deflate }), rest))
}

/// The first octets of one direction, up to the first that are missing.
fn stream_head(connection: &RecordedConnection, from: Role) -> Vec<u8> {
    let mut head = Vec::new();
    for event in connection.events.iter().filter(|event| event.from == from) {
        match event.kind.octets() {
            Some(octets) if head.len() < MAX_HEAD => head.extend_from_slice(octets),
            Some(_) | None => break,
        }
    }
    head
}

/// The head of a request for WebSocket, and its length.
fn request(octets: &[u8]) -> Option<(RequestHead, usize)> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut request = httparse::Request::new(&mut fields);
    let httparse::Status::Complete(len) = request.parse(octets).ok()? else { return None };
    let head = RequestHead { target: request.path?.to_owned(), fields: owned(request.headers) };
    let upgrade = field(&head.fields, "Upgrade")?;
    (request.method == Some("GET") && upgrade.to_ascii_lowercase().contains("websocket"))
        .then_some((head, len))
}

/// The status, the fields and the length of the head of a response.
fn response(octets: &[u8]) -> Option<(u16, Vec<Field>, usize)> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut response = httparse::Response::new(&mut fields);
    let httparse::Status::Complete(len) = response.parse(octets).ok()? else { return None };
    Some((response.code?, owned(response.headers), len))
}

fn owned(fields: &[httparse::Header<'_>]) -> Vec<Field> {
    let owned = |field: &httparse::Header<'_>| Field {
        name: field.name.to_owned(),
        value: String::from_utf8_lossy(field.value).into_owned(),
    };
    fields.iter().map(owned).collect()
}

/// The events without the octets of the two heads. Acknowledgements count from the first octet behind them.
fn behind(events: &[RecordedEvent], request: usize, response: usize) -> Vec<RecordedEvent> {
    let mut left = [request, response];
    let mut rest = Vec::new();
    for event in events {
        let (own, of_peer) = match event.from {
            Role::Client => (0, response),
            Role::Server => (1, request),
        };
        let acknowledged = event.acknowledged.map(|count| count.saturating_sub(of_peer as u64));
        let mut event = RecordedEvent { acknowledged, ..event.clone() };
        if let RecordedKind::Octets(octets) = &mut event.kind {
            let skipped = octets.len().min(left[own]);
            left[own] -= skipped;
            if skipped == octets.len() {
                continue;
            }
            octets.drain(..skipped);
        }
        rest.push(event);
    }
    rest
}
