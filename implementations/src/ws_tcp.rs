//! Adapts ws-rs over loopback TCP: its event loop runs in a thread, and the adapter plays the peer.
//!
//! The settings are ws-rs's defaults, except for `tcp_nodelay`, which changes no octet. (By default ws-rs does not check that
//! clients mask. `Settings::masking_strict` enables the check.) The program records what its handler receives.
//!
//! The adapter detects idleness without a timeout. After TCP has delivered a stimulus, it sends a Ping on a second connection
//! to the same event loop. The loop replies after it has processed the stimulus (`event_loop.rs`). When further Pings bring
//! nothing new, the loop is idle. The events of a stimulus are recorded in a fixed order, because octets and callbacks arrive
//! on different paths: octets first, then reports to the application, then the end of TCP.
//!
//! ws-rs leaves these to its program:
//!
//! - [`Capability::HasTimeouts`]: it offers timers but does not use one itself, so a tick changes nothing.
//! - [`Capability::ReportsClean`], [`Capability::ReportsMemory`].
//!
//! ws-rs cannot stop reading. While the application has paused, the adapter holds the peer's octets back.

// ws-rs's handlers return ws-rs's errors, which are large.
#![allow(clippy::result_large_err)]

mod event_loop;
mod session;
mod wire;

use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

use wsclose::harness::{Recorder, Stimulus, Subject};
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, Capability};

use event_loop::EventLoop;
use session::Session;
use wire::PeerSocket;

/// The time after which a stimulus that ws-rs still processes counts as a hang.
const TIMEOUT: Duration = Duration::from_secs(1);

/// ws-rs over TCP, in either role.
#[derive(Default)]
pub struct WsTcp {
    event_loop: Option<EventLoop>,
    session: Option<Session>,
}

impl WsTcp {
    /// Returns a subject without a connection. The first connection starts the thread.
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
        // Retries with a new event loop, because the old one may be damaged.
        let opened = self.open(role).or_else(|_| {
            self.event_loop = None;
            self.open(role)
        });
        match opened {
            Ok(session) => self.session = Some(session),
            Err(error) => {
                out.error_reported(&format!("opening a connection failed: {error}"));
                out.fin();
            }
        }
    }

    fn react(&mut self, stimulus: Stimulus<'_>, out: &mut Recorder) {
        let (Some(session), Some(event_loop)) = (&mut self.session, &mut self.event_loop) else { return };
        let via_tcp = match stimulus {
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
            // The adapter cannot cause these on a socket.
            Stimulus::PeerGone(_) | Stimulus::PeerPause | Stimulus::PeerResume | Stimulus::Tick => return,
        };
        if session.run_until_idle(event_loop, via_tcp, out).is_err() {
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
        let socket = match role {
            Role::Server => PeerSocket::connect(event_loop.address(), deadline)?,
            Role::Client => {
                let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
                event_loop.connect_to(listener.local_addr()?)?;
                PeerSocket::accept(&listener, deadline)?
            }
        };
        Ok(Session::new(event_loop.wait_until_open(deadline)?, socket))
    }

    /// Ends the current connection. Discards an event loop that does not release it.
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
