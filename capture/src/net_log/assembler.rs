//! Joins the events of requests, sockets and HTTP/2 sessions into connections.

use std::collections::BTreeMap;

use wsclose::protocol::role::Role;

use super::NetLogSummary;
use super::event::Event;
use super::names::{EventKind, Names};
use super::recording::Budget;
use super::request::Request;
use super::socket::{Socket, is_websocket};
use crate::recording::{ConnectionSink, End, RecordedConnection};

/// How many sockets, and how many requests, are open at a time. The oldest is given up first.
const MOST_OPEN: usize = 4 << 10;
/// How many jobs and streams of HTTP/2 are remembered.
const MOST_LINKS: usize = 64 << 10;

/// Takes the events in order.
pub struct Assembler<'a, 'b> {
    sink: &'a mut ConnectionSink<'b>,
    pub names: Names,
    pub summary: NetLogSummary,
    budget: Budget,
    sockets: BTreeMap<u64, Socket>,
    requests: BTreeMap<u64, Request>,
    /// The socket that a job found.
    jobs: BTreeMap<u64, u64>,
    /// The request that runs on a socket, by the socket and by `Sec-WebSocket-Key`.
    by_socket: BTreeMap<u64, u64>,
    by_key: BTreeMap<String, u64>,
    /// The request that runs on a stream of a session.
    streams: BTreeMap<(u64, u64), u64>,
}

impl<'a, 'b> Assembler<'a, 'b> {
    pub fn new(sink: &'a mut ConnectionSink<'b>) -> Assembler<'a, 'b> {
        Assembler {
            sink,
            names: Names::default(),
            summary: NetLogSummary::default(),
            budget: Budget::default(),
            sockets: BTreeMap::new(),
            requests: BTreeMap::new(),
            jobs: BTreeMap::new(),
            by_socket: BTreeMap::new(),
            by_key: BTreeMap::new(),
            streams: BTreeMap::new(),
        }
    }

    /// Adds an event. `is_end` is whether it ends something that has a duration.
    pub fn add(&mut self, kind: EventKind, is_end: bool, event: &Event) {
        match kind {
            EventKind::RequestAlive => {
                if is_websocket(&event.params) {
                    self.request(event.source).begin(&event.params);
                }
            }
            EventKind::RequestHeaders => self.send_head(event),
            EventKind::Http2RequestHeaders => {
                if event.params.headers().any(|line| line == ":protocol: websocket") {
                    self.request(event.source).is_http2 = true;
                }
            }
            EventKind::ResponseHeaders => {
                if let Some(request) = self.requests.get_mut(&event.source) {
                    request.receive_head(event, &mut self.budget);
                }
            }
            EventKind::BoundToJob => {
                if let Some(request) = self.requests.get_mut(&event.source) {
                    request.job = event.params.dependency();
                }
            }
            EventKind::BoundToSocket => {
                if let Some(socket) = event.params.dependency() {
                    insert_limited(&mut self.jobs, event.source, socket);
                }
            }
            EventKind::FrameSent | EventKind::FrameReceived => {
                let from = if kind == EventKind::FrameSent { Role::Client } else { Role::Server };
                // A log that began after the request has its frames.
                self.request(event.source);
                if let Some(request) = self.requests.get_mut(&event.source) {
                    request.add_frame(event, from, &mut self.budget);
                }
            }
            EventKind::InvalidFrame => self.with_request(event.source, |request| request.reject_frame(event)),
            EventKind::CloseTimeout => {
                self.with_request(event.source, |request| request.close_timeout(event))
            }
            EventKind::UpgradeFailure => {
                self.with_request(event.source, |request| request.fail_upgrade(event))
            }
            EventKind::Http2HeadersSent => self.bind_stream(event),
            EventKind::Http2DataSent => self.end_stream(event, Role::Client),
            EventKind::Http2DataReceived | EventKind::Http2HeadersReceived => {
                self.end_stream(event, Role::Server);
            }
            EventKind::Http2ResetSent => {
                self.with_stream(event, |request| request.reset_stream(event, Role::Client));
            }
            EventKind::Http2ResetReceived => {
                self.with_stream(event, |request| request.reset_stream(event, Role::Server));
            }
            // The begin of a socket and of a connection attempt has nothing to add.
            EventKind::SocketAlive | EventKind::TcpConnect if !is_end => {}
            EventKind::SocketAlive
            | EventKind::SocketClosed
            | EventKind::TcpConnect
            | EventKind::OctetsSent
            | EventKind::OctetsReceived
            | EventKind::ReadError
            | EventKind::WriteError
            | EventKind::TlsSent
            | EventKind::TlsReceived
            | EventKind::AlertSent
            | EventKind::AlertReceived => {
                self.open_socket(event.source);
                let Some(socket) = self.sockets.get_mut(&event.source) else { return };
                if socket.add(kind, event, &self.names, &mut self.budget) {
                    self.finish_socket(event.source);
                }
            }
        }
    }

    /// Passes on what is still open: the log has ended.
    pub fn finish(mut self) -> NetLogSummary {
        while let Some(id) = self.sockets.keys().next().copied() {
            self.finish_socket(id);
        }
        while let Some((_, request)) = self.requests.pop_first() {
            self.finish_request(request, None);
        }
        self.summary
    }

    /// Makes sure that there is a socket of this id.
    fn open_socket(&mut self, id: u64) {
        if !self.sockets.contains_key(&id)
            && self.sockets.len() >= MOST_OPEN
            && let Some(oldest) = self.sockets.keys().next().copied()
        {
            self.finish_socket(oldest);
        }
        self.sockets.entry(id).or_default();
    }

    /// The request of this id, which is new if it is not open.
    fn request(&mut self, id: u64) -> &mut Request {
        if !self.requests.contains_key(&id)
            && self.requests.len() >= MOST_OPEN
            && let Some((_, oldest)) = self.requests.pop_first()
        {
            self.finish_request(oldest, None);
        }
        self.requests.entry(id).or_default()
    }

    fn with_request(&mut self, id: u64, change: impl FnOnce(&mut Request)) {
        if let Some(request) = self.requests.get_mut(&id) {
            change(request);
        }
    }

    fn send_head(&mut self, event: &Event) {
        if !self.requests.contains_key(&event.source) {
            if !is_websocket(&event.params) {
                return;
            }
            self.request(event.source);
        }
        let Some(request) = self.requests.get_mut(&event.source) else { return };
        request.send_head(event, &mut self.budget);
        if let Some(key) = request.key.clone() {
            insert_limited(&mut self.by_key, key, event.source);
        }
        let Some(id) = request.job.and_then(|job| self.jobs.get(&job).copied()) else { return };
        request.socket = Some(id);
        insert_limited(&mut self.by_socket, id, event.source);
        if let Some(socket) = self.sockets.get_mut(&id) {
            socket.expects_request = true;
        }
    }

    fn bind_stream(&mut self, event: &Event) {
        let (Some(request), Some(stream)) = (event.params.dependency(), event.params.number("stream_id"))
        else {
            return;
        };
        if self.requests.contains_key(&request) {
            insert_limited(&mut self.streams, (event.source, stream), request);
        }
    }

    fn with_stream(&mut self, event: &Event, change: impl FnOnce(&mut Request)) {
        let stream = event.params.number("stream_id").unwrap_or(0);
        if let Some(request) = self.streams.get(&(event.source, stream)) {
            self.with_request(*request, change);
        }
    }

    fn end_stream(&mut self, event: &Event, from: Role) {
        if event.params.is("fin") {
            self.with_stream(event, |request| request.end_stream(event, from));
        }
    }

    /// Passes on the connection of a socket, if it was one of WebSocket.
    fn finish_socket(&mut self, id: u64) {
        let Some(socket) = self.sockets.remove(&id) else { return };
        let by_key = socket.key.as_ref().and_then(|key| self.by_key.remove(key));
        let request = self.by_socket.remove(&id).or(by_key).filter(|request| {
            // The link may be older than the request: another may have had its id.
            self.requests.get(request).is_some_and(|request| {
                request.socket == Some(id) || (socket.key.is_some() && request.key == socket.key)
            })
        });
        match request.and_then(|id| self.requests.remove(&id)) {
            Some(request) => self.finish_request(request, Some(socket)),
            None if socket.has_octets => {
                let connection = socket.into_connection(&mut self.budget);
                self.summary.with_octets += 1;
                (self.sink)(connection);
            }
            None => {
                socket.into_connection(&mut self.budget);
            }
        }
    }

    fn finish_request(&mut self, request: Request, socket: Option<Socket>) {
        let is_http2 = request.is_http2;
        let has_octets = socket.as_ref().is_some_and(|socket| socket.has_octets);
        let mut connection = RecordedConnection::default();
        let own_notes = request.recording.notes.clone();
        let response = socket.as_ref().and_then(|socket| socket.response.clone());
        let response = response.filter(|_| !request.has_response);
        let frames = request.into_connection(&mut self.budget);
        if let Some(socket) = socket {
            connection = socket.into_connection(&mut self.budget);
        }
        if has_octets {
            connection.notes.extend(own_notes);
            self.summary.with_octets += 1;
        } else {
            if frames.events.is_empty() && own_notes.is_empty() {
                // A request that found no server.
                return;
            }
            connection.beginning = frames.beginning;
            if connection.server.is_empty() {
                connection.server = frames.server;
            }
            connection.events.extend(frames.events);
            connection.events.extend(response);
            connection.events.sort_by_key(|event| event.packet);
            connection.notes.splice(0..0, frames.notes);
            if is_http2 {
                connection.end = End::Cut;
                self.summary.over_http2 += 1;
            } else {
                self.summary.without_octets += 1;
            }
        }
        (self.sink)(connection);
    }
}

/// Inserts an entry, and removes the lowest key if there are too many.
fn insert_limited<K: Ord>(map: &mut BTreeMap<K, u64>, key: K, value: u64) {
    map.insert(key, value);
    if map.len() > MOST_LINKS {
        map.pop_first();
    }
}
