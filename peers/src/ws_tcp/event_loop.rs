//! ws-rs's side: its event loop in a thread of its own, and the program in it, which tells the adapter
//! everything that ws-rs tells it.
//!
//! Beside the connection under test the loop serves one more, whose Pings tell how far it has come
//! ([`EventLoop::turn`]). (A command through ws-rs's own queue would not do: the loop takes up to 256 of
//! them before it looks at its sockets again.)

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use ws::{CloseCode, Error, Handshake, Message, Settings};

use super::PATIENCE;
use super::wire::Wire;
use wsclose_plumbing::program::panic_words;

/// What ws-rs tells the program of one connection.
pub(super) enum Happening {
    /// The opening handshake is over; here is how to close and to send.
    Opened(ws::Sender),
    /// `on_message`.
    Message(Message),
    /// `on_close`.
    Closed(CloseCode, String),
    /// `on_error`.
    Failed(String),
    /// ws-rs has dropped the connection, its socket before this was said.
    Gone,
    /// The event loop panicked; there is none any more.
    Panicked(String),
}

/// A running event loop of ws-rs.
pub(super) struct EventLoop {
    address: SocketAddr,
    sender: ws::Sender,
    happenings: Receiver<(u32, Happening)>,
    control: TcpStream,
    turns: u32,
    _thread: Running,
}

/// The event loop does not answer.
pub(super) struct Stuck;

impl EventLoop {
    /// Starts one that listens on the loopback interface, and can connect too.
    pub(super) fn start() -> ws::Result<EventLoop> {
        let (teller, happenings) = channel();
        let (ready, started) = channel();
        let thread = thread::Builder::new().name("ws-rs".to_owned()).spawn(move || {
            let program = Program { teller: teller.clone() };
            // Without this, Nagle's algorithm holds a second frame back for as long as TCP likes.
            let settings = Settings { tcp_nodelay: true, ..Settings::default() };
            let run = || {
                let socket = ws::Builder::new().with_settings(settings).build(program)?;
                let socket = socket.bind((Ipv4Addr::LOCALHOST, 0))?;
                // An error means that the adapter has gone away; here and wherever something is told.
                let _ = ready.send((socket.local_addr()?, socket.broadcaster()));
                socket.run()
            };
            let end = match catch_unwind(AssertUnwindSafe(run)) {
                Ok(Ok(_)) => return,
                Ok(Err(error)) => error.to_string(),
                Err(panic) => panic_words(&*panic).to_owned(),
            };
            let _ = teller.send((u32::MAX, Happening::Panicked(end)));
        })?;
        let (address, sender) =
            started.recv().map_err(|_| internal("the event loop did not start".to_owned()))?;
        let thread = Running { sender: sender.clone(), thread: Some(thread) };
        let deadline = Instant::now() + PATIENCE;
        let control = Wire::connect(address, deadline)?.into_blocking(PATIENCE)?;
        let mut event_loop = EventLoop { address, sender, happenings, control, turns: 0, _thread: thread };
        event_loop.opened(deadline)?;
        Ok(event_loop)
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets it connect, as a client.
    pub(super) fn connect_to(&self, address: SocketAddr) -> ws::Result<()> {
        let url = format!("ws://{address}/").parse();
        self.sender.connect(url.map_err(|_| internal(format!("{address} makes no URL")))?)
    }

    /// Waits for a connection to open.
    pub(super) fn opened(&mut self, deadline: Instant) -> ws::Result<ws::Sender> {
        loop {
            let patience = deadline.saturating_duration_since(Instant::now());
            match self.happenings.recv_timeout(patience) {
                Ok((_, Happening::Opened(sender))) => return Ok(sender),
                Ok(_) => {}
                Err(_) => return Err(internal("on_open was never called".to_owned())),
            }
        }
    }

    /// Lets it look at its sockets at least once, and go on with everything that it finds there.
    pub(super) fn turn(&mut self) -> Result<(), Stuck> {
        self.turns = self.turns.wrapping_add(1);
        let number = self.turns.to_be_bytes();
        let mut ping = [0x89, 0x84, 0, 0, 0, 0, 0, 0, 0, 0];
        ping[6..].copy_from_slice(&number);
        let mut pong = [0; 6];
        let answered = self.control.write_all(&ping).and_then(|()| self.control.read_exact(&mut pong));
        if answered.is_ok() && pong[2..] == number { Ok(()) } else { Err(Stuck) }
    }

    /// What ws-rs has told so far of `connection`, oldest first.
    pub(super) fn told(&mut self, connection: &ws::Sender) -> Option<Happening> {
        std::iter::from_fn(|| self.happenings.try_recv().ok()).find_map(|told| concerns(connection, told))
    }

    /// The same, waiting for it.
    pub(super) fn wait(&mut self, connection: &ws::Sender, deadline: Instant) -> Option<Happening> {
        let next = || {
            let patience = deadline.saturating_duration_since(Instant::now());
            self.happenings.recv_timeout(patience).ok()
        };
        std::iter::from_fn(next).find_map(|told| concerns(connection, told))
    }
}

fn concerns(connection: &ws::Sender, (of, happening): (u32, Happening)) -> Option<Happening> {
    match happening {
        Happening::Panicked(_) => Some(happening),
        Happening::Opened(_)
        | Happening::Message(_)
        | Happening::Closed(..)
        | Happening::Failed(_)
        | Happening::Gone => (of == connection.connection_id()).then_some(happening),
    }
}

fn internal(words: String) -> Error {
    Error::new(ws::ErrorKind::Internal, words)
}

/// The thread, ended when this is dropped.
struct Running {
    sender: ws::Sender,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        let Some(thread) = self.thread.take() else { return };
        let _ = self.sender.shutdown();
        let deadline = Instant::now() + PATIENCE;
        while !thread.is_finished() && Instant::now() < deadline {
            thread::sleep(Duration::from_micros(50));
        }
        // One that still spins cannot be stopped, and must not stop us.
        if thread.is_finished() {
            let _ = thread.join();
        }
    }
}

struct Program {
    teller: Sender<(u32, Happening)>,
}

impl ws::Factory for Program {
    type Handler = Connection;

    fn connection_made(&mut self, sender: ws::Sender) -> Connection {
        Connection { sender, teller: self.teller.clone() }
    }
}

struct Connection {
    sender: ws::Sender,
    teller: Sender<(u32, Happening)>,
}

impl Connection {
    fn tell(&self, happening: Happening) {
        let _ = self.teller.send((self.sender.connection_id(), happening));
    }
}

impl ws::Handler for Connection {
    fn on_open(&mut self, _: Handshake) -> ws::Result<()> {
        self.tell(Happening::Opened(self.sender.clone()));
        Ok(())
    }

    fn on_message(&mut self, message: Message) -> ws::Result<()> {
        self.tell(Happening::Message(message));
        Ok(())
    }

    fn on_close(&mut self, code: CloseCode, reason: &str) {
        self.tell(Happening::Closed(code, reason.to_owned()));
    }

    fn on_error(&mut self, error: Error) {
        self.tell(Happening::Failed(error.to_string()));
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // What brought the whole loop down is told by its thread.
        if !thread::panicking() {
            self.tell(Happening::Gone);
        }
    }
}
