//! A proxy that makes a server slow, in one of the ways in which servers are.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

/// How a server is slow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delay {
    /// It begins to read this long after its answer to the opening handshake.
    StartUp(Duration),
    /// It reads everything behind the opening handshake this much later.
    Reaction(Duration),
}

/// Starts a proxy in front of the server at `url`, which runs until the test ends, and returns its URL.
pub fn delay(url: &str, delay: Delay) -> String {
    let server: SocketAddr =
        url.trim_start_matches("ws://").trim_end_matches('/').parse().expect("an address");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for client in listener.incoming() {
            // Errors are expected, because both sides close their connections in every way.
            std::thread::spawn(move || client.and_then(|client| forward(client, server, delay)));
        }
    });
    format!("ws://{address}/")
}

fn forward(mut client: TcpStream, server: SocketAddr, delay: Delay) -> std::io::Result<()> {
    let mut to_server = TcpStream::connect(server)?;
    client.set_nodelay(true)?;
    to_server.set_nodelay(true)?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut octet = [0];
        client.read_exact(&mut octet)?;
        head.extend(octet);
    }
    to_server.write_all(&head)?;
    let (mut from_server, mut to_client) = (to_server.try_clone()?, client.try_clone()?);
    std::thread::spawn(move || {
        let is_whole = std::io::copy(&mut from_server, &mut to_client).is_ok();
        end(&to_client, is_whole);
    });
    // A thread reads at once, so that both sides of the delay keep the time between segments.
    let (sender, segments) = channel();
    std::thread::spawn(move || {
        let mut buffer = [0; 1 << 14];
        loop {
            let read = client.read(&mut buffer).map(|octets| buffer[..octets].to_owned());
            let is_last = read.as_ref().map_or(true, Vec::is_empty);
            if sender.send((Instant::now(), read)).is_err() || is_last {
                return;
            }
        }
    });
    let begun = Instant::now();
    for (arrived, segment) in segments {
        let due = match delay {
            Delay::StartUp(time) => begun + time,
            Delay::Reaction(time) => arrived + time,
        };
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        match segment {
            Ok(octets) if octets.is_empty() => to_server.shutdown(Shutdown::Write)?,
            Ok(octets) => to_server.write_all(&octets)?,
            Err(_) => end(&to_server, false),
        }
    }
    Ok(())
}

/// Ends a connection by FIN, or by a reset once the threads that use it have ended.
fn end(tcp: &TcpStream, gracefully: bool) {
    if !gracefully {
        // If the option cannot be set, the connection ends by FIN.
        let _ = socket2::SockRef::from(tcp).set_linger(Some(Duration::ZERO));
    }
    let _ = tcp.shutdown(if gracefully { Shutdown::Write } else { Shutdown::Read });
}
