//! Accepts TCP connections in a thread, so that a caller can wait for one with a time limit.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::sync::lock;

/// How long the connection may take that wakes the thread when the acceptor is dropped.
const WAKE_TIMEOUT: Duration = Duration::from_millis(200);

/// A listening socket. It stops listening when it is closed or dropped.
#[derive(Debug)]
pub struct Acceptor {
    address: SocketAddr,
    connections: Mutex<Receiver<io::Result<TcpStream>>>,
    closed: Arc<AtomicBool>,
}

impl Acceptor {
    /// Listens at `address`. Port 0 picks a free port.
    ///
    /// # Errors
    /// Returns the error of the system if it cannot listen there.
    pub fn bind(address: SocketAddr) -> io::Result<Acceptor> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        let closed = Arc::new(AtomicBool::new(false));
        // One connection waits in the channel. The others wait in the kernel, which limits their number.
        let (sender, connections) = sync_channel(1);
        let is_closed = Arc::clone(&closed);
        std::thread::spawn(move || accept(&listener, &is_closed, &sender));
        Ok(Acceptor { address, connections: Mutex::new(connections), closed })
    }

    /// The address at which it listens, with the port that was picked.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits for a connection for at most `timeout`; `None` if none arrived, or if the socket was closed.
    ///
    /// # Errors
    /// Returns the error of the system if it can accept no further connections.
    pub fn accept(&self, timeout: Duration) -> Option<io::Result<TcpStream>> {
        lock(&self.connections).recv_timeout(timeout).ok()
    }

    /// Whether it stopped listening.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    /// Stops listening.
    pub fn close(&self) {
        if self.closed.swap(true, Ordering::Relaxed) {
            return;
        }
        let loopback = match self.address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip @ (IpAddr::V4(_) | IpAddr::V6(_)) => ip,
        };
        // The thread blocks in `accept`, and a connection wakes it. If that fails, it ends with the process.
        let _ = TcpStream::connect_timeout(&SocketAddr::new(loopback, self.address.port()), WAKE_TIMEOUT);
    }
}

impl Drop for Acceptor {
    fn drop(&mut self) {
        self.close();
    }
}

fn accept(listener: &TcpListener, closed: &AtomicBool, sender: &SyncSender<io::Result<TcpStream>>) {
    loop {
        let accepted = listener.accept().map(|(tcp, _)| tcp);
        if closed.load(Ordering::Relaxed) {
            return;
        }
        // A peer may end a connection while it waits to be accepted.
        let aborted = |error: &io::Error| error.kind() == ErrorKind::ConnectionAborted;
        if accepted.as_ref().is_err_and(aborted) {
            continue;
        }
        let failed = accepted.is_err();
        if sender.send(accepted).is_err() || failed {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dropping_it_frees_the_port() {
        let acceptor = Acceptor::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).expect("a port");
        let address = acceptor.address();
        assert!(acceptor.accept(Duration::from_millis(1)).is_none());
        let _client = TcpStream::connect(address).expect("it listens");
        assert!(acceptor.accept(Duration::from_secs(10)).is_some_and(|tcp| tcp.is_ok()));
        drop(acceptor);
        let refused = (0..200).any(|_| {
            std::thread::sleep(Duration::from_millis(10));
            TcpStream::connect(address).is_err()
        });
        assert!(refused, "it still listens");
    }
}
