//! What a log shows of a WebSocket request and of its frames without their octets.

use wsclose::protocol::role::Role;

use super::event::{Event, Params};
use super::recording::{Budget, Recording, seconds, shortened};
use crate::recording::{Beginning, RecordedConnection, RecordedKind};

const LONGEST_KEY: usize = 64;
/// The longest name of the DNS, with a port.
const LONGEST_HOST: usize = 260;
const HEADERS_ONLY: &str = "The log has no octets: it was recorded without \"Include raw bytes\". Known are kind, FIN, RSV bits, mask bit and \
     length of each frame. Unknown are payloads, close codes and reasons, masking keys, how a length was encoded, and \
     octets outside of frames. The opening handshake is rebuilt from the header lists of the log.";
const HTTP2: &str = "The connection ran over HTTP/2 (RFC 8441). END_STREAM and RST_STREAM stand for the end of TCP. The events of TCP \
     belong to all streams, so they are left out. Only the frame headers of the log are read: payloads, close codes and \
     reasons are unknown.";

/// A request for a WebSocket connection, on which the log reports frames too.
#[derive(Debug, Default)]
pub struct Request {
    /// The opening handshake and the frame headers.
    pub recording: Recording,
    /// The job that looks for a socket.
    pub job: Option<u64>,
    pub socket: Option<u64>,
    /// `Sec-WebSocket-Key`, which is in the octets of the socket too.
    pub key: Option<String>,
    /// The host of the URL, with its port if it has one.
    host: String,
    pub is_http2: bool,
    has_head: bool,
    /// Whether the log has the head of the response. It does not if Chrome rejected it.
    pub has_response: bool,
}

impl Request {
    /// Takes the host from the URL.
    pub fn begin(&mut self, params: &Params) {
        if let Some((_, behind)) = params.text("url").and_then(|url| url.split_once("://")) {
            let host = behind.split(['/', '?', '#']).next().unwrap_or("");
            self.host = shortened(host, LONGEST_HOST);
        }
    }

    /// Adds the head of the request.
    pub fn send_head(&mut self, event: &Event, budget: &mut Budget) {
        self.key = event.params.header("sec-websocket-key").map(|key| shortened(key, LONGEST_KEY));
        if let Some(line) = event.params.text("line") {
            self.has_head = true;
            self.push_head(event, Role::Client, line.trim_end(), budget);
        }
    }

    /// Adds the head of the response.
    pub fn receive_head(&mut self, event: &Event, budget: &mut Budget) {
        self.has_response = true;
        if !self.is_http2 {
            self.push_head(event, Role::Server, "", budget);
        } else if let Some(extensions) = event.params.header("sec-websocket-extensions") {
            self.recording.note(&format!("The server accepted the extensions `{extensions}`."));
        }
    }

    /// Adds a head of HTTP: the first line, if the headers do not have it, and the headers.
    fn push_head(&mut self, event: &Event, from: Role, line: &str, budget: &mut Budget) {
        let mut head = String::new();
        for line in Some(line).filter(|line| !line.is_empty()).into_iter().chain(event.params.headers()) {
            head.push_str(line);
            head.push_str("\r\n");
        }
        head.push_str("\r\n");
        self.recording.push(event, from, RecordedKind::Octets(head.into_bytes()), budget);
    }

    /// Adds a frame: its header without the masking key, and the rest as missing.
    pub fn add_frame(&mut self, event: &Event, from: Role, budget: &mut Budget) {
        let Some((header, missing)) = frame_header(&event.params) else { return };
        self.recording.push(event, from, RecordedKind::Octets(header), budget);
        if missing > 0 {
            self.recording.push(event, from, RecordedKind::Missing { octets: Some(missing) }, budget);
        }
    }

    /// Notes that Chrome rejected a frame. The parameters have had two forms.
    pub fn reject_frame(&mut self, event: &Event) {
        let reason = event.params.text("internal_reason").or_else(|| event.params.text("message"));
        let reason = reason.unwrap_or("the log gives no reason");
        self.recording.note(&format!("At {} Chrome rejected a frame: {reason}", seconds(event.time)));
    }

    /// Notes that Chrome stopped waiting for the closing handshake.
    pub fn close_timeout(&mut self, event: &Event) {
        self.recording.note(&format!(
            "At {} Chrome timed out: it had waited for the end of the closing handshake, or of TCP after it.",
            seconds(event.time)
        ));
    }

    /// Notes that the opening handshake failed.
    pub fn fail_upgrade(&mut self, event: &Event) {
        let message = event.params.text("message").unwrap_or("the log gives no reason");
        self.recording.note(&format!("At {} the opening handshake failed: {message}", seconds(event.time)));
    }

    /// Notes that one side ended its direction of a stream of HTTP/2.
    pub fn end_stream(&mut self, event: &Event, from: Role) {
        self.recording
            .note(&format!("At {} the {from} ended its direction (END_STREAM).", seconds(event.time)));
    }

    /// Notes that one side reset a stream of HTTP/2.
    pub fn reset_stream(&mut self, event: &Event, from: Role) {
        let code = event.params.text("error_code").map(str::to_owned);
        let code = code.or_else(|| event.params.number("error_code").map(|code| code.to_string()));
        let code = code.unwrap_or_else(|| "without a code".to_owned());
        self.recording
            .note(&format!("At {} the {from} reset the stream (RST_STREAM {code}).", seconds(event.time)));
    }

    /// The connection as the frame headers show it. The server is the host of the URL: its socket has the addresses and the
    /// end of TCP.
    pub fn into_connection(mut self, budget: &mut Budget) -> RecordedConnection {
        let beginning = match (self.has_head, self.is_http2) {
            (true, _) => Beginning::Connection,
            (false, true) => Beginning::Frames,
            (false, false) => Beginning::Middle,
        };
        if self.recording.is_full {
            self.recording
                .note("The connection exceeds the memory limit of the reader. The rest is left out.");
        }
        self.recording.release(budget);
        let Recording { events, notes: own, .. } = self.recording;
        let mut notes = vec![if self.is_http2 { HTTP2 } else { HEADERS_ONLY }.to_owned()];
        notes.extend(own);
        RecordedConnection { server: self.host, beginning, events, notes, ..RecordedConnection::default() }
    }
}

/// The octets of a frame header up to its length, and how many octets follow: masking key and payload (RFC 6455 §5.2).
fn frame_header(params: &Params) -> Option<(Vec<u8>, u64)> {
    // Four bits: the log of a hostile file may have any number.
    let opcode =
        params.number("opcode").and_then(|opcode| u8::try_from(opcode).ok()).filter(|code| *code < 16)?;
    let length = params.number("payload_length")?;
    let bit = |key, value: u8| if params.is(key) { value } else { 0 };
    let first = bit("final", 0x80)
        | bit("reserved1", 0x40)
        | bit("reserved2", 0x20)
        | bit("reserved3", 0x10)
        | opcode;
    let mask = bit("masked", 0x80);
    let mut header = vec![first];
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short), _) if short < 126 => header.push(mask | short),
        (_, Ok(medium)) => {
            header.push(mask | 126);
            header.extend(medium.to_be_bytes());
        }
        (_, Err(_)) => {
            header.push(mask | 127);
            header.extend(length.to_be_bytes());
        }
    }
    let key = if mask == 0 { 0 } else { 4 };
    Some((header, length.saturating_add(key)))
}
