//! What a log shows of a TCP socket.

use wsclose::protocol::role::Role;

use super::event::{Event, Params};
use super::names::{EventKind, Names};
use super::recording::{Budget, Recording, seconds, shortened};
use crate::recording::{Beginning, End, RecordedConnection, RecordedEvent, RecordedKind};

const LONGEST_ADDRESS: usize = 64;
/// The values that are looked for are `websocket` and a key.
const LONGEST_VALUE: usize = 64;
/// A TLS alert that ends what a side sends: warning, close_notify (RFC 8446 §6.1).
const CLOSE_NOTIFY: [u8; 2] = [1, 0];

/// A TCP socket, of which most belong to plain HTTP.
#[derive(Debug, Default)]
pub struct Socket {
    pub client: String,
    pub server: String,
    /// The octets from the opening handshake on, if the log has them, and how TCP ended.
    pub recording: Recording,
    /// `Sec-WebSocket-Key` of the octets.
    pub key: Option<String>,
    /// Whether a WebSocket request is about to be sent on it.
    pub expects_request: bool,
    /// Whether the log has the octets of a WebSocket connection.
    pub has_octets: bool,
    /// That the server sent something after the request, if the log has no octets.
    pub response: Option<RecordedEvent>,
    /// Whether the octets of the socket itself are TLS records.
    is_tls: bool,
    /// Whether the system reported an error other than a reset.
    has_failed: bool,
    /// Whether Chrome closed it.
    is_closed: bool,
}

impl Socket {
    /// Adds an event. Returns whether it is the last of the socket.
    pub fn add(&mut self, kind: EventKind, event: &Event, names: &Names, budget: &mut Budget) -> bool {
        let params = &event.params;
        match kind {
            EventKind::TcpConnect => {
                let address = |key| params.text(key).map(|address| shortened(address, LONGEST_ADDRESS));
                if let (Some(local), Some(remote)) = (address("local_address"), address("remote_address")) {
                    (self.client, self.server) = (local, remote);
                }
            }
            EventKind::OctetsSent if !self.is_tls => self.add_octets(event, Role::Client, budget),
            EventKind::OctetsReceived if params.number("byte_count") == Some(0) => {
                self.add_end(event, Role::Server, RecordedKind::Fin, budget);
            }
            EventKind::OctetsReceived if !self.is_tls => self.add_octets(event, Role::Server, budget),
            EventKind::OctetsSent | EventKind::OctetsReceived => {}
            EventKind::TlsSent | EventKind::TlsReceived => {
                self.is_tls = true;
                let from = if kind == EventKind::TlsSent { Role::Client } else { Role::Server };
                // The end of the records is an alert or the end of TCP, of which both have events.
                if params.number("byte_count") != Some(0) {
                    self.add_octets(event, from, budget);
                }
            }
            EventKind::AlertSent | EventKind::AlertReceived => {
                let from = if kind == EventKind::AlertSent { Role::Client } else { Role::Server };
                if params.octets().is_some_and(|alert| alert == CLOSE_NOTIFY) {
                    self.add_end(event, from, RecordedKind::TlsClosed, budget);
                }
            }
            EventKind::ReadError | EventKind::WriteError => {
                match (params.signed("net_error"), params.signed("net_error").map(|error| names.error(error)))
                {
                    (_, Some("ERR_CONNECTION_RESET")) => {
                        self.add_end(event, Role::Server, RecordedKind::Reset, budget);
                    }
                    (error, name) => self.fail(event, error.unwrap_or(0), name.unwrap_or("")),
                }
            }
            EventKind::SocketClosed | EventKind::SocketAlive => {
                // After a reset or an error there may be no TCP to end.
                let is_dead = self.has_failed || self.recording.has(Role::Server, &RecordedKind::Reset);
                if !self.is_closed && !is_dead {
                    self.add_end(event, Role::Client, RecordedKind::Fin, budget);
                }
                self.is_closed = true;
                return kind == EventKind::SocketAlive;
            }
            EventKind::RequestAlive
            | EventKind::RequestHeaders
            | EventKind::Http2RequestHeaders
            | EventKind::ResponseHeaders
            | EventKind::BoundToJob
            | EventKind::BoundToSocket
            | EventKind::FrameSent
            | EventKind::FrameReceived
            | EventKind::InvalidFrame
            | EventKind::CloseTimeout
            | EventKind::UpgradeFailure
            | EventKind::Http2HeadersSent
            | EventKind::Http2HeadersReceived
            | EventKind::Http2DataSent
            | EventKind::Http2DataReceived
            | EventKind::Http2ResetSent
            | EventKind::Http2ResetReceived => {}
        }
        false
    }

    /// Notes an error of the system that is no reset, such as a timeout of TCP.
    fn fail(&mut self, event: &Event, error: i64, name: &str) {
        if !self.has_failed {
            self.has_failed = true;
            self.recording
                .note(&format!("At {} the socket of Chrome failed: {name} ({error}).", seconds(event.time)));
        }
    }

    /// Adds an end of TCP or of TLS, if it is the first of its kind.
    fn add_end(&mut self, event: &Event, from: Role, kind: RecordedKind, budget: &mut Budget) {
        if !self.recording.has(from, &kind) {
            self.recording.push(event, from, kind, budget);
        }
    }

    fn add_octets(&mut self, event: &Event, from: Role, budget: &mut Budget) {
        let octets = event.params.octets();
        if !self.has_octets {
            // What stands in front of the opening handshake belongs to a proxy, or to an earlier request.
            let begins = from == Role::Client
                && octets.as_deref().is_some_and(|octets| {
                    octets.starts_with(b"GET ") && (self.expects_request || asks_for_websocket(octets))
                });
            if !begins {
                if from == Role::Server && self.expects_request {
                    self.count_response(event);
                }
                return;
            }
            self.has_octets = true;
            self.key =
                octets.as_deref().and_then(|octets| header(octets, b"sec-websocket-key")).map(str::to_owned);
        }
        let kind = match octets {
            Some(octets) => RecordedKind::Octets(octets),
            None => RecordedKind::Missing { octets: event.params.number("byte_count") },
        };
        self.recording.push(event, from, kind, budget);
    }

    /// Counts the octets that the server sent after the request.
    fn count_response(&mut self, event: &Event) {
        let count = event.params.number("byte_count").unwrap_or(0);
        let counted = self.response.as_ref().map_or(0, |response| match response.kind {
            RecordedKind::Missing { octets } => octets.unwrap_or(0),
            RecordedKind::Octets(_) | RecordedKind::Fin | RecordedKind::Reset | RecordedKind::TlsClosed => 0,
        });
        let kind = RecordedKind::Missing { octets: Some(count.saturating_add(counted)) };
        let (time, packet) = (Some(event.time), Some(event.number));
        let first = RecordedEvent { time, packet, ..RecordedEvent::new(Role::Server, kind.clone()) };
        self.response.get_or_insert(first).kind = kind;
    }

    /// How the recording of the socket ends.
    pub fn end(&self) -> End {
        let has = |from, kind| self.recording.has(from, &kind);
        let is_reset = has(Role::Server, RecordedKind::Reset);
        if is_reset || (has(Role::Server, RecordedKind::Fin) && has(Role::Client, RecordedKind::Fin)) {
            End::Complete
        } else {
            End::Cut
        }
    }

    /// The connection, with the events of its socket.
    pub fn into_connection(mut self, budget: &mut Budget) -> RecordedConnection {
        let end = self.end();
        let is_unclear = self.recording.has(Role::Client, &RecordedKind::Fin)
            && !self.recording.has(Role::Server, &RecordedKind::Fin);
        if is_unclear {
            self.recording.note(
                "Chrome closed its socket before it had read the end of TCP. The log does not show whether TCP sent a \
                 FIN or a reset, nor what the server sent after that.",
            );
        }
        if self.recording.is_full {
            self.recording
                .note("The connection exceeds the memory limit of the reader. The rest is left out.");
        }
        self.recording.release(budget);
        let Recording { events, notes, .. } = self.recording;
        RecordedConnection {
            client: self.client,
            server: self.server,
            beginning: Beginning::Connection,
            events,
            end,
            silent_until: None,
            recorded_at: Some(Role::Client),
            notes,
        }
    }
}

/// Whether a request asks to upgrade to WebSocket (RFC 6455 §4.1).
fn asks_for_websocket(octets: &[u8]) -> bool {
    header(octets, b"upgrade").is_some_and(|value| value.eq_ignore_ascii_case("websocket"))
}

/// The value of a header, if it is short.
fn header<'a>(octets: &'a [u8], name: &[u8]) -> Option<&'a str> {
    octets.split(|octet| *octet == b'\n').find_map(|line| {
        let colon = line.iter().position(|octet| *octet == b':')?;
        let value = std::str::from_utf8(line[colon + 1..].trim_ascii()).ok()?;
        (line[..colon].eq_ignore_ascii_case(name) && value.len() <= LONGEST_VALUE).then_some(value)
    })
}

/// Whether the parameters of a request name a WebSocket URL or header.
pub fn is_websocket(params: &Params) -> bool {
    let has_scheme = |url: &str| url.starts_with("ws://") || url.starts_with("wss://");
    params.text("url").is_some_and(has_scheme)
        || params.header("upgrade").is_some_and(|value| value.eq_ignore_ascii_case("websocket"))
}
