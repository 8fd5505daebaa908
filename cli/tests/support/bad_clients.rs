//! Clients that do not conform, as threads of a test or as programs. A program is the test binary, started again.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

/// The environment variables that select the kind of a client program and its URL.
const KIND: &str = "WSCLOSE_TEST_CLIENT";
const URL: &str = "WSCLOSE_TEST_URL";

/// What a client does instead of conforming. Unless stated otherwise, it first completes the opening handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadClient {
    /// Echoes the payload of every Close, and reports the closure correctly.
    EchoesAnyCode,
    /// Sends nothing until TCP ends.
    NeverReplies,
    /// Closes TCP when a frame arrives.
    EndsTcpOnFrame,
    /// Behaves like [`BadClient::EchoesAnyCode`], but sends unmasked frames.
    DoesNotMask,
    /// Replies to a Close and reports another code.
    ReportsWrongCode,
    /// Aborts when a Close arrives.
    Aborts,
    /// Never connects.
    NeverConnects,
    /// Exits with an error before it connects.
    ExitsWithError,
    /// Connects and sends nothing.
    SendsNothing,
    /// Sends text that is not HTTP.
    SendsGarbage,
    /// Sends without end in place of a request.
    Floods,
    /// Sends its request at one octet a second.
    SendsSlowly,
    /// Sends Pings without end.
    FloodsAfterUpgrade,
    /// Echoes any code on the first connection, and sends Pings without end on the others.
    FloodsLaterConnections,
    /// Sends a frame at one octet a second.
    SendsSlowlyAfterUpgrade,
    /// Announces a frame of a gigabyte and sends it.
    SendsHugeFrame,
    /// Prints without end and never connects.
    FloodsStdout,
    /// Resets TCP after this many octets of its request and its Close.
    ResetsAfter(usize),
    /// Closes TCP after this many octets of its request and its Close.
    EndsTcpAfter(usize),
}

impl BadClient {
    /// The clients without a parameter.
    const SIMPLE: [BadClient; 17] = [
        BadClient::EchoesAnyCode,
        BadClient::NeverReplies,
        BadClient::EndsTcpOnFrame,
        BadClient::DoesNotMask,
        BadClient::ReportsWrongCode,
        BadClient::Aborts,
        BadClient::NeverConnects,
        BadClient::ExitsWithError,
        BadClient::SendsNothing,
        BadClient::SendsGarbage,
        BadClient::Floods,
        BadClient::SendsSlowly,
        BadClient::FloodsAfterUpgrade,
        BadClient::FloodsLaterConnections,
        BadClient::SendsSlowlyAfterUpgrade,
        BadClient::SendsHugeFrame,
        BadClient::FloodsStdout,
    ];
}

/// The masking key of all frames. It differs for every process, which is enough for `fresh-mask-key`.
fn key() -> [u8; 4] {
    std::process::id().wrapping_mul(0x9e37_79b1).to_be_bytes()
}

/// The shell command that starts such a client, with the placeholder `{url}`. `test` is the name of the test that calls
/// [`run_if_child`].
pub fn command(test: &str, bad: BadClient) -> String {
    let program = std::env::current_exe().expect("the path of the test binary");
    let kind = format!("{bad:?}").replace(['(', ')'], "-");
    format!(
        "{KIND}={kind} {URL}={{url}} exec '{}' {test} --exact --nocapture --test-threads=1",
        program.display()
    )
}

/// Runs the client and exits, if [`command`] started this process.
pub fn run_if_child() {
    let (Ok(kind), Ok(url)) = (std::env::var(KIND), std::env::var(URL)) else { return };
    let octets =
        || kind.split('-').nth(1).and_then(|octets| octets.parse().ok()).expect("a number of octets");
    let bad = match BadClient::SIMPLE.into_iter().find(|bad| format!("{bad:?}") == kind) {
        Some(bad) => bad,
        None if kind.starts_with("Resets") => BadClient::ResetsAfter(octets()),
        None => BadClient::EndsTcpAfter(octets()),
    };
    let (address, path) = url.trim_start_matches("ws://").split_once('/').expect("a path");
    // Errors are expected, because `wsclose` closes many of these connections.
    let _ = connect(bad, address, &format!("/{path}"));
    std::process::exit(0);
}

/// The request of an opening handshake for this path.
pub fn request(address: &str, path: &str) -> Vec<u8> {
    format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    .into_bytes()
}

/// Runs the client on one connection.
pub fn connect(bad: BadClient, address: &str, path: &str) -> std::io::Result<()> {
    match bad {
        BadClient::NeverConnects => loop {
            std::thread::sleep(Duration::from_secs(9));
        },
        BadClient::ExitsWithError => {
            eprintln!("the client fails");
            std::process::exit(7);
        }
        BadClient::FloodsStdout => loop {
            std::io::stdout().write_all(&[b'x'; 4096])?;
        },
        BadClient::EchoesAnyCode
        | BadClient::NeverReplies
        | BadClient::EndsTcpOnFrame
        | BadClient::DoesNotMask
        | BadClient::ReportsWrongCode
        | BadClient::Aborts
        | BadClient::SendsNothing
        | BadClient::SendsGarbage
        | BadClient::Floods
        | BadClient::SendsSlowly
        | BadClient::FloodsAfterUpgrade
        | BadClient::FloodsLaterConnections
        | BadClient::SendsSlowlyAfterUpgrade
        | BadClient::SendsHugeFrame
        | BadClient::ResetsAfter(_)
        | BadClient::EndsTcpAfter(_) => {}
    }
    let mut tcp = TcpStream::connect(address)?;
    let request = request(address, path);
    match bad {
        BadClient::SendsNothing => return tcp.read_to_end(&mut Vec::new()).map(|_| ()),
        BadClient::SendsGarbage => return tcp.write_all(b"\x00\x01\x02 EHLO mail.example\r\n\r\n"),
        BadClient::Floods => loop {
            tcp.write_all(&[b'G'; 4096])?;
        },
        BadClient::SendsSlowly => return send_slowly(&mut tcp, &request),
        BadClient::ResetsAfter(octets) | BadClient::EndsTcpAfter(octets) if octets < request.len() => {
            tcp.write_all(&request[..octets])?;
            return end_tcp(bad, tcp);
        }
        BadClient::EchoesAnyCode
        | BadClient::NeverReplies
        | BadClient::EndsTcpOnFrame
        | BadClient::DoesNotMask
        | BadClient::ReportsWrongCode
        | BadClient::Aborts
        | BadClient::NeverConnects
        | BadClient::ExitsWithError
        | BadClient::FloodsAfterUpgrade
        | BadClient::FloodsLaterConnections
        | BadClient::SendsSlowlyAfterUpgrade
        | BadClient::SendsHugeFrame
        | BadClient::FloodsStdout
        | BadClient::ResetsAfter(_)
        | BadClient::EndsTcpAfter(_) => tcp.write_all(&request)?,
    }
    read_head(&mut tcp)?;
    match bad {
        BadClient::NeverReplies => tcp.read_to_end(&mut Vec::new()).map(|_| ()),
        BadClient::FloodsAfterUpgrade => flood(&mut tcp),
        BadClient::FloodsLaterConnections if !path.ends_with("/1") => flood(&mut tcp),
        BadClient::SendsSlowlyAfterUpgrade => {
            send_slowly(&mut tcp, &[0x82, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0])
        }
        BadClient::SendsHugeFrame => {
            tcp.write_all(&[0x82, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3, 4])?;
            loop {
                tcp.write_all(&[0; 4096])?;
            }
        }
        BadClient::EndsTcpOnFrame => read_frame(&mut tcp).map(|_| ()),
        BadClient::EchoesAnyCode
        | BadClient::FloodsLaterConnections
        | BadClient::DoesNotMask
        | BadClient::ReportsWrongCode
        | BadClient::Aborts
        | BadClient::NeverConnects
        | BadClient::ExitsWithError
        | BadClient::SendsNothing
        | BadClient::SendsGarbage
        | BadClient::Floods
        | BadClient::SendsSlowly
        | BadClient::FloodsStdout
        | BadClient::ResetsAfter(_)
        | BadClient::EndsTcpAfter(_) => read_until_close(bad, tcp, request.len()),
    }
}

/// Reads frames until a Close arrives, and replies to it.
fn read_until_close(bad: BadClient, mut tcp: TcpStream, before: usize) -> std::io::Result<()> {
    loop {
        let (first, payload) = read_frame(&mut tcp)?;
        if first != 0x88 {
            continue;
        }
        if bad == BadClient::Aborts {
            std::process::abort();
        }
        let length = u8::try_from(payload.len()).expect("a short frame");
        let mut reply = vec![0x88, length];
        if bad == BadClient::DoesNotMask {
            reply.extend(&payload);
        } else {
            reply[1] |= 0x80;
            reply.extend(key());
            reply.extend(payload.iter().zip(key().iter().cycle()).map(|(octet, key)| octet ^ key));
        }
        if let BadClient::ResetsAfter(octets) | BadClient::EndsTcpAfter(octets) = bad {
            tcp.write_all(&reply[..reply.len().min(octets - before)])?;
            return end_tcp(bad, tcp);
        }
        tcp.write_all(&reply)?;
        tcp.read_to_end(&mut Vec::new())?;
        let code = match (bad, payload.as_slice()) {
            (BadClient::ReportsWrongCode, _) => 1000,
            (_, [high, low, ..]) => u16::from_be_bytes([*high, *low]),
            (_, _) => 1005,
        };
        let reason = String::from_utf8_lossy(payload.get(2..).unwrap_or_default()).into_owned();
        println!("\nclosed {code} {} clean", serde_json::Value::from(reason));
        return Ok(());
    }
}

/// Closes or resets TCP, as the client requires.
fn end_tcp(bad: BadClient, tcp: TcpStream) -> std::io::Result<()> {
    if matches!(bad, BadClient::ResetsAfter(_)) {
        return socket2::SockRef::from(&tcp).set_linger(Some(Duration::ZERO));
    }
    tcp.shutdown(Shutdown::Both)
}

/// Sends Pings until a write fails.
fn flood(tcp: &mut TcpStream) -> std::io::Result<()> {
    loop {
        tcp.write_all(&[0x89, 0x80, 1, 2, 3, 4].repeat(600))?;
    }
}

fn send_slowly(tcp: &mut TcpStream, octets: &[u8]) -> std::io::Result<()> {
    octets.iter().try_for_each(|octet| {
        std::thread::sleep(Duration::from_secs(1));
        tcp.write_all(&[*octet])
    })
}

/// Reads the head of an HTTP response.
pub fn read_head(tcp: &mut TcpStream) -> std::io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut octet = [0];
        tcp.read_exact(&mut octet)?;
        head.extend(octet);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

/// Reads a short unmasked frame and returns its first octet and its payload.
fn read_frame(tcp: &mut TcpStream) -> std::io::Result<(u8, Vec<u8>)> {
    let mut start = [0; 2];
    tcp.read_exact(&mut start)?;
    let mut payload = vec![0; usize::from(start[1] & 0x7f)];
    tcp.read_exact(&mut payload)?;
    Ok((start[0], payload))
}
