//! The names of events, which a log maps to numbers of its own.

use std::collections::BTreeMap;

use super::recording::shortened;

/// Defines the events that the reader uses, each with Chrome's name.
macro_rules! event_kinds {
    ($($kind:ident $name:literal,)*) => {
        /// What an event reports.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum EventKind {
            $($kind,)*
        }

        impl EventKind {
            pub fn of(name: &str) -> Option<EventKind> {
                match name {
                    $($name => Some(EventKind::$kind),)*
                    _ => None,
                }
            }
        }
    };
}

event_kinds! {
    RequestAlive "REQUEST_ALIVE",
    RequestHeaders "HTTP_TRANSACTION_SEND_REQUEST_HEADERS",
    Http2RequestHeaders "HTTP_TRANSACTION_HTTP2_SEND_REQUEST_HEADERS",
    ResponseHeaders "HTTP_TRANSACTION_READ_RESPONSE_HEADERS",
    BoundToJob "HTTP_STREAM_REQUEST_BOUND_TO_JOB",
    BoundToSocket "SOCKET_POOL_BOUND_TO_SOCKET",
    TcpConnect "TCP_CONNECT",
    SocketAlive "SOCKET_ALIVE",
    SocketClosed "SOCKET_CLOSED",
    OctetsSent "SOCKET_BYTES_SENT",
    OctetsReceived "SOCKET_BYTES_RECEIVED",
    ReadError "SOCKET_READ_ERROR",
    WriteError "SOCKET_WRITE_ERROR",
    TlsSent "SSL_SOCKET_BYTES_SENT",
    TlsReceived "SSL_SOCKET_BYTES_RECEIVED",
    AlertSent "SSL_ALERT_SENT",
    AlertReceived "SSL_ALERT_RECEIVED",
    FrameSent "WEBSOCKET_SENT_FRAME_HEADER",
    FrameReceived "WEBSOCKET_RECV_FRAME_HEADER",
    InvalidFrame "WEBSOCKET_INVALID_FRAME",
    CloseTimeout "WEBSOCKET_CLOSE_TIMEOUT",
    UpgradeFailure "WEBSOCKET_UPGRADE_FAILURE",
    Http2HeadersSent "HTTP2_SESSION_SEND_HEADERS",
    Http2HeadersReceived "HTTP2_SESSION_RECV_HEADERS",
    Http2DataSent "HTTP2_SESSION_SEND_DATA",
    Http2DataReceived "HTTP2_SESSION_RECV_DATA",
    Http2ResetSent "HTTP2_SESSION_SEND_RST_STREAM",
    Http2ResetReceived "HTTP2_SESSION_RECV_RST_STREAM",
}

/// Chrome has some 250 errors.
const MOST_ERRORS: usize = 2048;
const LONGEST_ERROR: usize = 80;

/// The numbers that a log gives to names.
#[derive(Debug, Default)]
pub struct Names {
    kinds: Vec<(i64, EventKind)>,
    /// The phase of the end of an event that has a duration.
    pub end: Option<i64>,
    errors: BTreeMap<i64, String>,
    pub capture_mode: Option<String>,
}

impl Names {
    pub fn add_event(&mut self, name: &str, number: i64) {
        if let Some(kind) = EventKind::of(name) {
            // A hostile file may repeat a name. The first counts, so the list stays short.
            if !self.kinds.iter().any(|(_, known)| *known == kind) {
                self.kinds.push((number, kind));
            }
        }
    }

    pub fn kind(&self, number: i64) -> Option<EventKind> {
        self.kinds.iter().find(|(known, _)| *known == number).map(|(_, kind)| *kind)
    }

    pub fn add_error(&mut self, name: &str, number: i64) {
        if self.errors.len() < MOST_ERRORS {
            self.errors.insert(number, shortened(name, LONGEST_ERROR));
        }
    }

    /// The name of an error, such as `ERR_CONNECTION_RESET`. Empty if the log does not name it.
    pub fn error(&self, number: i64) -> &str {
        self.errors.get(&number).map_or("", String::as_str)
    }

    /// Whether the log names any event that the reader uses.
    pub fn is_net_log(&self) -> bool {
        !self.kinds.is_empty()
    }
}
