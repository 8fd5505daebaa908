//! Accepts clients, and connects each to the server.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc, watch};
use wsclose_capture::recording::End;

use super::pass::{self, Outcome};
use super::recorder::{Memory, Recorder, Recording};
use crate::args::ServerAddress;

/// The most connections at a time. Further clients wait in the queue of the system.
const MAX_CONNECTIONS: u32 = 10_000;
/// The open files that no connection needs: standard streams, the listener, reports.
#[cfg(unix)]
const OTHER_FILES: u64 = 64;
/// How long the server may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// The pause after the system refused to accept a connection.
const PAUSE: Duration = Duration::from_millis(100);

/// What happens in the proxy.
#[derive(Debug)]
pub enum Event {
    /// A client connected.
    Opened,
    /// A connection ended.
    Ended {
        /// Its number, from 1.
        number: usize,
        /// What passed.
        recording: Recording,
    },
    /// The server could not be reached, so the client's connection was reset.
    Unreachable {
        /// The number of the connection, from 1.
        number: usize,
        /// The reason.
        why: String,
    },
    /// The proxy cannot do all that it should.
    Warning(String),
}

/// Where a proxy stands.
#[derive(Debug)]
pub struct Proxy {
    /// The server.
    pub server: ServerAddress,
    /// When it started.
    pub started: Instant,
    /// Takes the events.
    pub events: mpsc::Sender<Event>,
    /// Becomes true when the proxy has to stop.
    pub stop: watch::Receiver<bool>,
}

/// Runs the proxy until it is stopped. Connections that are open then are cut in the recording.
///
/// # Errors
/// If the listener cannot be used.
pub fn run(proxy: Proxy, listener: std::net::TcpListener) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        listener.set_nonblocking(true)?;
        proxy.accept_all(TcpListener::from_std(listener)?).await;
        Ok(())
    })
}

impl Proxy {
    async fn accept_all(self, listener: TcpListener) {
        let most = max_connections();
        let (proxy, free) = (Arc::new(self), Arc::new(Semaphore::new(most as usize)));
        let mut stop = proxy.stop.clone();
        let memory = Memory::default();
        let (mut number, mut has_warned, mut is_full) = (0, false, false);
        loop {
            if free.available_permits() == 0 && !std::mem::replace(&mut is_full, true) {
                proxy
                    .warn(format!("{most} connections are open, the most at a time; further clients wait"))
                    .await;
            }
            let next = async {
                // The semaphore is never closed.
                let permit = Arc::clone(&free).acquire_owned().await.map_err(io::Error::other)?;
                Ok((permit, listener.accept().await?))
            };
            let accepted: io::Result<_> = tokio::select! {
                accepted = next => accepted,
                _ = stop.wait_for(|stop| *stop) => break,
            };
            match accepted {
                Ok((permit, (client, address))) => {
                    number += 1;
                    let (proxy, recorder) =
                        (Arc::clone(&proxy), Recorder::new(proxy.started, memory.clone()));
                    tokio::spawn(async move {
                        proxy.connection(number, client, address, recorder).await;
                        drop(permit);
                    });
                }
                // A client may end a connection before it is accepted.
                Err(error) if error.kind() == ErrorKind::ConnectionAborted => {}
                Err(error) => {
                    if !std::mem::replace(&mut has_warned, true) {
                        let why =
                            format!("cannot accept a connection: {error}; raise the limit with `ulimit -n`");
                        proxy.warn(why).await;
                    }
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
        // Every connection gives back its permit when its recording is handed on.
        let _ = free.acquire_many(most).await;
    }

    async fn warn(&self, warning: String) {
        self.send(Event::Warning(warning)).await;
    }

    async fn send(&self, event: Event) {
        // The receiver is gone if the output failed; then the process ends.
        let _ = self.events.send(event).await;
    }

    async fn connection(&self, number: usize, client: TcpStream, address: SocketAddr, recorder: Recorder) {
        self.send(Event::Opened).await;
        let mut stop = self.stop.clone();
        let server = tokio::select! {
            server = self.connect() => server,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        let (server, server_address) = match server {
            Ok(connected) => connected,
            Err(error) => {
                // As if the client had reached no server. If the option cannot be set, it gets a FIN.
                let _ = client.set_zero_linger();
                drop(client);
                self.send(Event::Unreachable { number, why: error.to_string() }).await;
                return;
            }
        };
        // A delay by Nagle's algorithm would be one that the sender did not choose. Without the option, it is passed on late.
        let _ = client.set_nodelay(true).and_then(|()| server.set_nodelay(true));
        let recorder = Mutex::new(recorder);
        let outcome = tokio::select! {
            outcome = pass::pass(client, server, &recorder) => Some(outcome),
            _ = stop.wait_for(|stop| *stop) => None,
        };
        let is_open = outcome.is_none();
        let Outcome { end, note } = outcome.unwrap_or(Outcome { end: End::Cut, note: None });
        let recorder = recorder.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut recording = recorder.finish(address.to_string(), server_address.to_string(), end, is_open);
        recording.connection.notes.extend(note);
        self.send(Event::Ended { number, recording }).await;
    }

    async fn connect(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let ServerAddress { host, port } = &self.server;
        let connect = TcpStream::connect((host.as_str(), *port));
        let server = tokio::time::timeout(CONNECT_TIMEOUT, connect)
            .await
            .map_err(|_| io::Error::from(ErrorKind::TimedOut))??;
        let address = server.peer_addr()?;
        Ok((server, address))
    }
}

/// How many connections the limit of open files allows, which is raised as far as the user may.
fn max_connections() -> u32 {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit, setrlimit};
        let limit = getrlimit(Resource::Nofile);
        // If it cannot be raised, fewer clients are served at a time.
        let _ = setrlimit(Resource::Nofile, rustix::process::Rlimit { current: limit.maximum, ..limit });
        if let Some(files) = getrlimit(Resource::Nofile).current {
            let connections = files.saturating_sub(OTHER_FILES).max(2) / 2;
            return MAX_CONNECTIONS.min(u32::try_from(connections).unwrap_or(u32::MAX));
        }
    }
    MAX_CONNECTIONS
}
