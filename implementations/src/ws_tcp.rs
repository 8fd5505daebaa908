//! ws-rs as a whole, over loopback TCP: its own event loop in a thread, our end of the socket here.
//!
//! The settings are ws-rs's defaults, apart from `tcp_nodelay`, which changes no octet. (By default ws-rs
//! does not check that clients mask; `Settings::masking_strict` would.) The program round ws-rs does
//! nothing but pass on what its handler is told.
//!
//! Quiet is not guessed from time: a Ping on a second connection to the same event loop, sent after what
//! TCP has delivered, is answered after it has been dealt with (`event_loop.rs`); once that brings nothing
//! new, nothing is left to do. What a stimulus led to is written down in a fixed order, since wire and
//! callbacks reach us by different ways: octets, then what the application was told, then the end of TCP.
//!
//! Left to the program, and so not held against ws-rs: [`Duty::KeepsTime`] (it offers a timer and uses none
//! itself), [`Duty::ReportsClean`], [`Duty::ShowsMemory`]. A tick therefore changes nothing. ws-rs cannot
//! stop reading: while the application has paused, the adapter keeps the peer's octets to itself.

// ws-rs's handlers return ws-rs's errors, and those are large.
#![allow(clippy::result_large_err)]

mod event_loop;
mod session;
mod wire;

use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

use wsclose::harness::subject::{Recorder, Stimulus, Subject};
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, Capability};

use event_loop::EventLoop;
use session::Session;
use wire::PeerSocket;

/// How long one stimulus may take before ws-rs counts as spinning. Only reached if it does.
const TIMEOUT: Duration = Duration::from_secs(1);

/// ws-rs over TCP, in either role.
#[derive(Default)]
pub struct WsTcp {
    event_loop: Option<EventLoop>,
    session: Option<Session>,
}

impl WsTcp {
    /// Without a connection, and without a thread until there is one.
    pub fn new() -> WsTcp {
        WsTcp::default()
    }
}

impl Subject for WsTcp {
    fn name(&self) -> &str {
        "ws-rs"
    }

    fn capabilities(&self, role: Role) -> Capabilities {
        match role {
            Role::Client | Role::Server => Capabilities::ALL.without(&[
                Capability::HasTimeouts,
                Capability::ReportsClean,
                Capability::ReportsMemory,
            ]),
        }
    }

    fn connect(&mut self, role: Role, out: &mut Recorder) {
        self.end_session();
        // Once more with a fresh event loop: the old one may have been harmed without showing it.
        let opened = self.open(role).or_else(|_| {
            self.event_loop = None;
            self.open(role)
        });
        match opened {
            Ok(session) => self.session = Some(session),
            Err(error) => {
                out.error_reported(&format!("no connection could be opened: {error}"));
                out.fin();
            }
        }
    }

    fn react(&mut self, stimulus: Stimulus<'_>, out: &mut Recorder) {
        let (Some(session), Some(event_loop)) = (&mut self.session, &mut self.event_loop) else { return };
        let touched = match stimulus {
            Stimulus::Octets(octets) => session.deliver(octets),
            Stimulus::Fin => {
                session.queue_fin();
                session.deliver(&[])
            }
            Stimulus::Reset => {
                session.reset();
                true
            }
            Stimulus::Close { code, reason } => {
                record_request_result(session.close(code, reason), out);
                false
            }
            Stimulus::Send { kind, payload } => {
                record_request_result(session.send(kind, payload), out);
                false
            }
            Stimulus::Pause => {
                session.pause(true);
                return;
            }
            Stimulus::Resume => {
                session.pause(false);
                session.deliver(&[])
            }
            // A socket cannot be told to.
            Stimulus::PeerGone(_) | Stimulus::PeerPause | Stimulus::PeerResume | Stimulus::Tick => return,
        };
        if session.run_until_idle(event_loop, touched, out).is_err() {
            out.hung();
            self.event_loop = None;
        }
    }
}

impl WsTcp {
    fn open(&mut self, role: Role) -> ws::Result<Session> {
        let event_loop = match &mut self.event_loop {
            Some(running) => running,
            none => none.insert(EventLoop::start()?),
        };
        let deadline = Instant::now() + TIMEOUT;
        let wire = match role {
            Role::Server => PeerSocket::connect(event_loop.address(), deadline)?,
            Role::Client => {
                let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
                event_loop.connect_to(listener.local_addr()?)?;
                PeerSocket::accept(&listener, deadline)?
            }
        };
        Ok(Session::new(event_loop.wait_until_open(deadline)?, wire))
    }

    /// Ends the connection that there is; a loop that does not let go of it is not used again.
    fn end_session(&mut self) {
        if let (Some(session), Some(event_loop)) = (self.session.take(), &mut self.event_loop)
            && !session.reset_and_wait(event_loop)
        {
            self.event_loop = None;
        }
    }
}

impl Drop for WsTcp {
    fn drop(&mut self) {
        self.end_session();
    }
}

fn record_request_result(result: ws::Result<()>, out: &mut Recorder) {
    match result {
        Ok(()) => out.request_accepted(),
        Err(error) => out.request_refused(&error.to_string()),
    }
}
