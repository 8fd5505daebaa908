//! Adapts tungstenite: a [`WebSocket`] over a [`Stream`], without the opening handshake.
//!
//! The program follows tungstenite's documentation. After every stimulus it calls `read` until that would block, also after
//! `Message::Close`, which sends the replies that tungstenite queued. On `Error::ConnectionClosed` it drops TCP. tungstenite
//! documents that this is the time to do so (`WebSocket::close`), so [`Capability::ClosesTcp`] is the library's. While the
//! application has paused, the program does not call `read`.
//!
//! tungstenite leaves these to its program:
//!
//! - [`Capability::SendsCloseOnFailure`]: an error of `read` changes no state and queues no frame. A program could still call
//!   `close`. This one drops TCP.
//! - [`Capability::HasTimeouts`]: it has no clock.
//! - [`Capability::ReportsClean`]: it reports only the Close and the end of the handshake.
//! - [`Capability::ReportsMemory`]: the sizes of its buffers are not observable.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tungstenite::protocol::frame::coding::CloseCode as Code;
use tungstenite::protocol::{CloseFrame, Role as Side, WebSocketConfig};
use tungstenite::{Error, Message, WebSocket};
use wsclose::harness::{Recorder, Stimulus, Subject};
use wsclose::protocol::code::CloseCode;
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, Capability};
use wsclose::script::MessageKind;

use wsclose_adapter::program::panic_message;
use wsclose_adapter::stream::Stream;

/// The budget of reads for each octet. A read consumes at least two octets, so this is ten times what is needed.
const READS_PER_OCTET: usize = 5;

/// The buffer sizes in octets. The default of 128 KiB is allocated and zeroed for every connection, which is slow. The
/// size does not change the behavior.
const BUFFER: usize = 4096;

/// tungstenite in either role.
#[derive(Debug, Default)]
pub struct Tungstenite {
    socket: Option<WebSocket<Stream>>,
    paused: bool,
    /// The program has dropped TCP.
    tcp_closed: bool,
    reported: bool,
}

impl Tungstenite {
    /// Returns a subject without a connection.
    pub fn new() -> Tungstenite {
        Tungstenite::default()
    }
}

impl Subject for Tungstenite {
    fn name(&self) -> &str {
        "tungstenite"
    }

    fn capabilities(&self, role: Role) -> Capabilities {
        match role {
            Role::Client | Role::Server => Capabilities::ALL.without(&[
                Capability::SendsCloseOnFailure,
                Capability::HasTimeouts,
                Capability::ReportsClean,
                Capability::ReportsMemory,
            ]),
        }
    }

    fn connect(&mut self, role: Role, _out: &mut Recorder) {
        let stream = self.socket.take().map(|old| old.into_inner().into_fresh()).unwrap_or_default();
        let side = match role {
            Role::Client => Side::Client,
            Role::Server => Side::Server,
        };
        let config = WebSocketConfig::default().read_buffer_size(BUFFER).write_buffer_size(BUFFER);
        *self = Tungstenite {
            socket: Some(WebSocket::from_raw_socket(stream, side, Some(config))),
            ..Tungstenite::new()
        };
    }

    fn react(&mut self, stimulus: Stimulus<'_>, out: &mut Recorder) {
        let Some(mut socket) = self.socket.take() else { return };
        match catch_unwind(AssertUnwindSafe(|| self.step(&mut socket, stimulus, out))) {
            Ok(()) => self.socket = Some(socket),
            Err(panic) => {
                socket.get_mut().drain_into(out);
                out.panicked(panic_message(&*panic));
                out.fin();
            }
        }
    }
}

impl Tungstenite {
    fn step(&mut self, socket: &mut WebSocket<Stream>, stimulus: Stimulus<'_>, out: &mut Recorder) {
        match stimulus {
            Stimulus::Octets(octets) => socket.get_mut().receive(octets),
            Stimulus::Fin => socket.get_mut().peer_fin(),
            Stimulus::Reset => socket.get_mut().peer_reset(),
            Stimulus::PeerGone(writes) => socket.get_mut().peer_gone(writes),
            Stimulus::PeerPause => socket.get_mut().set_peer_reads(false),
            Stimulus::PeerResume => {
                socket.get_mut().set_peer_reads(true);
                // Writes what was blocked. `read` returns any other error again.
                let flushed = socket.flush();
                socket.get_mut().drain_into(out);
                if matches!(flushed, Err(Error::ConnectionClosed)) {
                    self.drop_tcp(socket, out);
                }
            }
            Stimulus::Close { code, reason } => {
                let frame = code.map(|code| CloseFrame { code: Code::from(code.0), reason: reason.into() });
                let result = socket.close(frame);
                self.record_request_result(socket, result, out);
            }
            Stimulus::Send { kind, payload } => {
                let message = match kind {
                    MessageKind::Text => Message::text(String::from_utf8_lossy(payload).into_owned()),
                    MessageKind::Binary => Message::binary(payload.to_vec()),
                };
                let result = socket.send(message);
                self.record_request_result(socket, result, out);
            }
            Stimulus::Pause => self.paused = true,
            Stimulus::Resume => self.paused = false,
            Stimulus::Tick => return,
        }
        if !self.paused {
            self.read(socket, out);
        }
    }

    /// Records the result of a request.
    fn record_request_result(
        &mut self,
        socket: &mut WebSocket<Stream>,
        result: Result<(), Error>,
        out: &mut Recorder,
    ) {
        socket.get_mut().drain_into(out);
        match result {
            // The frame is queued, and `flush` writes it later.
            Err(Error::Io(error)) if error.kind() == std::io::ErrorKind::WouldBlock => out.request_accepted(),
            Ok(()) => out.request_accepted(),
            Err(error) => {
                out.request_refused(&error.to_string());
                // Any other error concerns only the request.
                if matches!(error, Error::ConnectionClosed) {
                    self.drop_tcp(socket, out);
                }
            }
        }
    }

    fn read(&mut self, socket: &mut WebSocket<Stream>, out: &mut Recorder) {
        let mut reads_left = 16 + READS_PER_OCTET * socket.get_ref().unread();
        while !self.tcp_closed {
            let result = socket.read();
            socket.get_mut().drain_into(out);
            match result {
                Ok(Message::Text(text)) => out.message(MessageKind::Text, text.as_bytes()),
                Ok(Message::Binary(octets)) => out.message(MessageKind::Binary, &octets),
                Ok(Message::Close(frame)) => self.report(frame, out),
                Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => {}
                Err(Error::Io(error)) if error.kind() == std::io::ErrorKind::WouldBlock => return,
                Err(Error::AlreadyClosed) => return,
                Err(Error::ConnectionClosed) => self.drop_tcp(socket, out),
                Err(error) => {
                    out.error_reported(&error.to_string());
                    self.drop_tcp(socket, out);
                }
            }
            reads_left -= 1;
            if reads_left == 0 {
                out.hung();
                self.drop_tcp(socket, out);
            }
        }
    }

    /// Records the closure that the first received Close reports. tungstenite may deliver later ones too.
    fn report(&mut self, frame: Option<CloseFrame>, out: &mut Recorder) {
        if std::mem::replace(&mut self.reported, true) {
            return;
        }
        match &frame {
            Some(frame) => out.reported(Some(CloseCode(frame.code.into())), Some(&frame.reason), None),
            None => out.reported(None, Some(""), None),
        }
    }

    fn drop_tcp(&mut self, socket: &mut WebSocket<Stream>, out: &mut Recorder) {
        self.tcp_closed = true;
        socket.get_mut().close();
        out.fin();
    }
}
