//! Waits for what arrives on a TCP connection.
//!
//! The limit on a read is a number of scheduler ticks on Linux, mostly of four milliseconds each, and is rounded up. A run
//! waits thousands of times for about as long, so `poll`, which has a finer timer, waits before the read.

use std::io;
use std::net::TcpStream;
use std::time::Duration;

/// Waits for at most `limit` until there is something to read, an end or an error included. False if nothing is there.
///
/// # Errors
/// Returns an error of the local system.
#[cfg(unix)]
pub fn for_octets(tcp: &TcpStream, limit: Duration) -> io::Result<bool> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    // A limit that the system cannot count is as good as none.
    let limit = Timespec::try_from(limit).ok();
    match poll(&mut [PollFd::new(tcp, PollFlags::IN)], limit.as_ref()) {
        Ok(ready) => Ok(ready > 0),
        // A signal ended the wait.
        Err(rustix::io::Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Leaves the wait to the read: the standard library has no `poll`.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub fn for_octets(_tcp: &TcpStream, _limit: Duration) -> io::Result<bool> {
    Ok(true)
}
