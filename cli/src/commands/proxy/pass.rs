//! Passes a connection on: every octet, FIN and RST, in both directions.

use std::future;
use std::io::{self, ErrorKind};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncWriteExt, Interest};
use tokio::net::TcpStream;
use tokio::net::tcp::WriteHalf;
use wsclose::protocol::role::Role;
use wsclose_capture::recording::{End, RecordedKind};

use super::recorder::Recorder;

/// The most octets of one read.
const SEGMENT: usize = 1 << 14;

/// How long a side may take to read what came before a reset.
const GRACE: Duration = Duration::from_secs(1);

/// How a direction ended.
enum Ended {
    /// Its sender ended it by a FIN, which was passed on.
    Fin,
    /// A side reset TCP.
    Reset(Role),
    /// The network failed on the way to a side.
    Failed(Role, io::Error),
}

/// What both directions share.
struct Shared<'a> {
    recorder: &'a Mutex<Recorder>,
    /// The client, then the server.
    state: Mutex<[SideState; 2]>,
}

#[derive(Clone, Copy, Default)]
struct SideState {
    has_fin: bool,
    /// The error of its socket, after which nothing can be written to it.
    broken: Option<ErrorKind>,
}

/// How a connection ended, for its recording.
pub struct Outcome {
    /// Whether both directions ended.
    pub end: End,
    /// What failed, as a sentence.
    pub note: Option<String>,
}

/// Locks what only one task uses, so that no other can have panicked with it.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Passes a connection on until both directions ended, and closes it.
pub async fn pass(mut client: TcpStream, mut server: TcpStream, recorder: &Mutex<Recorder>) -> Outcome {
    let shared = Shared { recorder, state: Mutex::default() };
    let ended = both(&mut client, &mut server, &shared).await;
    let (role, end, note) = match ended {
        Ended::Fin => return Outcome { end: End::Complete, note: None },
        Ended::Reset(role) => {
            lock(recorder).received(role, RecordedKind::Reset);
            (role, End::Complete, None)
        }
        Ended::Failed(role, error) => {
            (role, End::Cut, Some(format!("The connection to the {role} failed: {error}.")))
        }
    };
    let other = match role {
        Role::Client => &server,
        Role::Server => &client,
    };
    // If the option cannot be set, the connection ends by a FIN.
    let _ = other.set_zero_linger();
    drop((client, server));
    if note.is_none() {
        lock(recorder).passed_on(role, 0);
    }
    Outcome { end, note }
}

/// Passes on both directions until both ended, or until a side reset TCP.
async fn both(client: &mut TcpStream, server: &mut TcpStream, shared: &Shared<'_>) -> Ended {
    let ((from_client, mut to_client), (from_server, mut to_server)) = (client.split(), server.split());
    let (client, server) = (from_client.as_ref(), from_server.as_ref());
    let to_server = shared.direction(Role::Client, client, &mut to_server);
    let to_client = shared.direction(Role::Server, server, &mut to_client);
    tokio::pin!(to_server, to_client);
    let (first, rest, reset) = tokio::select! {
        ended = &mut to_server => (ended, to_client, reset_after_fin(Role::Client, client)),
        ended = &mut to_client => (ended, to_server, reset_after_fin(Role::Server, server)),
    };
    match first {
        Ended::Fin => tokio::select! {
            ended = rest => ended,
            ended = reset => ended,
        },
        Ended::Reset(_) | Ended::Failed(..) => first,
    }
}

impl Shared<'_> {
    /// Passes on what one side sends.
    async fn direction(&self, from: Role, source: &TcpStream, target: &mut WriteHalf<'_>) -> Ended {
        let to = from.peer();
        loop {
            let octets = match read(source).await {
                Ok(octets) => octets,
                Err(error) => return ended(from, error),
            };
            if octets.is_empty() {
                let broken = lock(&self.state)[from as usize].broken;
                if let Some(error) = broken {
                    // Another call got the error, so that the read got none.
                    return ended(from, error.into());
                }
                lock(self.recorder).received(from, RecordedKind::Fin);
                lock(&self.state)[from as usize].has_fin = true;
                // It fails if the other side has reset TCP, which a read from there shows.
                if target.shutdown().await.is_ok() {
                    lock(self.recorder).passed_on(from, 0);
                }
                return Ended::Fin;
            }
            lock(self.recorder).received(from, RecordedKind::Octets(octets.clone()));
            let mut written = 0;
            let result = self.write(from, source, target, &octets, &mut written).await;
            if written > 0 {
                lock(self.recorder).passed_on(from, written);
            }
            let Some(result) = result else { return Ended::Reset(from) };
            if let Err(error) = result {
                let is_last = {
                    let states = &mut lock(&self.state);
                    states[to as usize].broken = Some(error.kind());
                    states[to as usize].has_fin || states[from as usize].broken.is_some()
                };
                if is_last {
                    return ended(to, error);
                }
                // The other direction reads what arrived before the reset, and the reset behind it.
                return future::pending().await;
            }
        }
    }
}

impl Shared<'_> {
    /// Writes all octets, and counts them in `written`. `None` if their sender has reset TCP and the other side reads
    /// nothing: without a proxy, the reset would have overtaken these octets.
    async fn write(
        &self,
        from: Role,
        source: &TcpStream,
        target: &mut WriteHalf<'_>,
        octets: &[u8],
        written: &mut usize,
    ) -> Option<io::Result<()>> {
        let writing = write(target, octets, written);
        tokio::pin!(writing);
        if lock(&self.state)[from as usize].broken.is_none() {
            tokio::select! {
                biased;
                result = &mut writing => return Some(result),
                error = socket_error(source) => lock(&self.state)[from as usize].broken = Some(error.kind()),
            }
        }
        tokio::time::timeout(GRACE, writing).await.ok()
    }
}

/// The end of a direction by an error of a side's socket.
fn ended(side: Role, error: io::Error) -> Ended {
    // Linux reports a reset behind a FIN as a broken pipe.
    if matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) {
        Ended::Reset(side)
    } else {
        Ended::Failed(side, error)
    }
}

/// Reads what has arrived; nothing at a FIN. An idle connection has no buffer.
async fn read(source: &TcpStream) -> io::Result<Vec<u8>> {
    loop {
        source.readable().await?;
        let mut octets = Vec::with_capacity(SEGMENT);
        match source.try_read_buf(&mut octets) {
            Ok(_) => return Ok(octets),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

/// Writes all octets, and counts them in `written`.
async fn write(target: &mut WriteHalf<'_>, octets: &[u8], written: &mut usize) -> io::Result<()> {
    while *written < octets.len() {
        *written += target.write(&octets[*written..]).await?;
    }
    Ok(())
}

/// Waits for the reset of a side that has sent a FIN, so that no read shows it.
async fn reset_after_fin(side: Role, socket: &TcpStream) -> Ended {
    ended(side, socket_error(socket).await)
}

/// Waits for an error of a socket.
async fn socket_error(socket: &TcpStream) -> io::Error {
    let error = socket.async_io(Interest::ERROR, || match socket.take_error()? {
        Some(error) => Ok(error),
        None => Err(ErrorKind::WouldBlock.into()),
    });
    match error.await {
        Ok(error) | Err(error) => error,
    }
}
