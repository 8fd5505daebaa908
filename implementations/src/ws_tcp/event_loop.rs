//! Runs the event loop of ws-rs in a thread, with a program that forwards every callback to the adapter.
//!
//! In addition to the connection under test, the loop serves a control connection. Its Pings show how far the loop has
//! progressed ([`EventLoop::ping_and_wait`]). ws-rs's own command queue would not work for this: the loop processes up to
//! 256 commands before it looks at its sockets again.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use ws::{CloseCode, Error, Handshake, Message, Settings};

use super::TIMEOUT;
use super::wire::PeerSocket;
use wsclose_adapter::program::panic_message;

/// A callback of ws-rs for one connection.
pub(super) enum HandlerEvent {
    /// The opening handshake is over. The sender closes and sends.
    Opened(ws::Sender),
    /// `on_message`.
    Message(Message),
    /// `on_close`.
    Closed(CloseCode, String),
    /// `on_error`.
    Failed(String),
    /// ws-rs has dropped the connection. It dropped the socket before.
    Dropped,
    /// The event loop ended with a panic or an error. Contains the message.
    Panicked(String),
}

/// A running event loop of ws-rs.
pub(super) struct EventLoop {
    address: SocketAddr,
    sender: ws::Sender,
    events: Receiver<(u32, HandlerEvent)>,
    control: TcpStream,
    pings_sent: u32,
    _thread: LoopThread,
}

/// The event loop does not reply to a Ping.
pub(super) struct Unresponsive;

impl EventLoop {
    /// Starts an event loop that listens on the loopback interface, and can also connect.
    pub(super) fn start() -> ws::Result<EventLoop> {
        let (events_sender, events) = channel();
        let (ready, started) = channel();
        let thread = thread::Builder::new().name("ws-rs".to_owned()).spawn(move || {
            let program = HandlerFactory { events: events_sender.clone() };
            // Without this, Nagle's algorithm delays a second frame.
            let settings = Settings { tcp_nodelay: true, ..Settings::default() };
            let run = || {
                let socket = ws::Builder::new().with_settings(settings).build(program)?;
                let socket = socket.bind((Ipv4Addr::LOCALHOST, 0))?;
                // Sending fails only if the adapter was dropped, here and below.
                let _ = ready.send((socket.local_addr()?, socket.broadcaster()));
                socket.run()
            };
            let message = match catch_unwind(AssertUnwindSafe(run)) {
                Ok(Ok(_)) => return,
                Ok(Err(error)) => error.to_string(),
                Err(panic) => panic_message(&*panic).to_owned(),
            };
            let _ = events_sender.send((u32::MAX, HandlerEvent::Panicked(message)));
        })?;
        let (address, sender) =
            started.recv().map_err(|_| internal_error("the event loop did not start".to_owned()))?;
        let thread = LoopThread { sender: sender.clone(), thread: Some(thread) };
        let deadline = Instant::now() + TIMEOUT;
        let control = PeerSocket::connect(address, deadline)?.into_blocking(TIMEOUT)?;
        let mut event_loop = EventLoop { address, sender, events, control, pings_sent: 0, _thread: thread };
        event_loop.wait_until_open(deadline)?;
        Ok(event_loop)
    }

    /// The address that the event loop listens on.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Connects to a server, as a client.
    pub(super) fn connect_to(&self, address: SocketAddr) -> ws::Result<()> {
        let url = format!("ws://{address}/").parse();
        self.sender.connect(url.map_err(|_| internal_error(format!("{address} does not form a URL")))?)
    }

    /// Waits for a connection to open.
    pub(super) fn wait_until_open(&mut self, deadline: Instant) -> ws::Result<ws::Sender> {
        loop {
            let timeout = deadline.saturating_duration_since(Instant::now());
            match self.events.recv_timeout(timeout) {
                Ok((_, HandlerEvent::Opened(sender))) => return Ok(sender),
                Ok(_) => {}
                Err(_) => return Err(internal_error("on_open was never called".to_owned())),
            }
        }
    }

    /// Waits until the event loop has looked at its sockets at least once and has processed what it found.
    pub(super) fn ping_and_wait(&mut self) -> Result<(), Unresponsive> {
        self.pings_sent = self.pings_sent.wrapping_add(1);
        let number = self.pings_sent.to_be_bytes();
        let mut ping = [0x89, 0x84, 0, 0, 0, 0, 0, 0, 0, 0];
        ping[6..].copy_from_slice(&number);
        let mut pong = [0; 6];
        let replied = self.control.write_all(&ping).and_then(|()| self.control.read_exact(&mut pong));
        if replied.is_ok() && pong[2..] == number { Ok(()) } else { Err(Unresponsive) }
    }

    /// Takes the oldest event of `connection`, if there is one.
    pub(super) fn try_next_event(&mut self, connection: &ws::Sender) -> Option<HandlerEvent> {
        std::iter::from_fn(|| self.events.try_recv().ok()).find_map(|event| event_of(connection, event))
    }

    /// Waits for the next event of `connection`.
    pub(super) fn next_event(&mut self, connection: &ws::Sender, deadline: Instant) -> Option<HandlerEvent> {
        let next = || {
            let timeout = deadline.saturating_duration_since(Instant::now());
            self.events.recv_timeout(timeout).ok()
        };
        std::iter::from_fn(next).find_map(|event| event_of(connection, event))
    }
}

fn event_of(connection: &ws::Sender, (id, event): (u32, HandlerEvent)) -> Option<HandlerEvent> {
    match event {
        HandlerEvent::Panicked(_) => Some(event),
        HandlerEvent::Opened(_)
        | HandlerEvent::Message(_)
        | HandlerEvent::Closed(..)
        | HandlerEvent::Failed(_)
        | HandlerEvent::Dropped => (id == connection.connection_id()).then_some(event),
    }
}

fn internal_error(message: String) -> Error {
    Error::new(ws::ErrorKind::Internal, message)
}

/// The thread of the event loop. Dropping this ends it.
struct LoopThread {
    sender: ws::Sender,
    thread: Option<JoinHandle<()>>,
}

impl Drop for LoopThread {
    fn drop(&mut self) {
        let Some(thread) = self.thread.take() else { return };
        let _ = self.sender.shutdown();
        let deadline = Instant::now() + TIMEOUT;
        while !thread.is_finished() && Instant::now() < deadline {
            thread::sleep(Duration::from_micros(50));
        }
        // A thread that hangs cannot be stopped, so it is not joined.
        if thread.is_finished() {
            let _ = thread.join();
        }
    }
}

struct HandlerFactory {
    events: Sender<(u32, HandlerEvent)>,
}

impl ws::Factory for HandlerFactory {
    type Handler = ConnectionHandler;

    fn connection_made(&mut self, sender: ws::Sender) -> ConnectionHandler {
        ConnectionHandler { sender, events: self.events.clone() }
    }
}

struct ConnectionHandler {
    sender: ws::Sender,
    events: Sender<(u32, HandlerEvent)>,
}

impl ConnectionHandler {
    fn emit(&self, event: HandlerEvent) {
        let _ = self.events.send((self.sender.connection_id(), event));
    }
}

impl ws::Handler for ConnectionHandler {
    fn on_open(&mut self, _: Handshake) -> ws::Result<()> {
        self.emit(HandlerEvent::Opened(self.sender.clone()));
        Ok(())
    }

    fn on_message(&mut self, message: Message) -> ws::Result<()> {
        self.emit(HandlerEvent::Message(message));
        Ok(())
    }

    fn on_close(&mut self, code: CloseCode, reason: &str) {
        self.emit(HandlerEvent::Closed(code, reason.to_owned()));
    }

    fn on_error(&mut self, error: Error) {
        self.emit(HandlerEvent::Failed(error.to_string()));
    }
}

impl Drop for ConnectionHandler {
    fn drop(&mut self) {
        // The thread reports a panic of the whole loop.
        if !thread::panicking() {
            self.emit(HandlerEvent::Dropped);
        }
    }
}
