//! Clients of bad manners, as threads of a test or as programs: the binary of a test, started again.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

/// What a client started by a test is to do, and where.
const KIND: &str = "WSCLOSE_TEST_CLIENT";
const URL: &str = "WSCLOSE_TEST_URL";

/// How a client is bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadClient {
    /// It answers every Close by what it says, whatever that is, and tells the truth about it.
    EchoesAnyCode,
    /// It opens, and says no more until TCP ends.
    NeverReplies,
    /// It ends TCP when a frame has come.
    EndsTcpOnFrame,
    /// It answers like [`BadClient::EchoesAnyCode`], in frames that are not masked.
    DoesNotMask,
    /// It answers, and tells another code.
    ReportsWrongCode,
    /// It aborts when a Close has come.
    Aborts,
    /// It never connects.
    NeverConnects,
    /// It leaves with an error before it connects.
    ExitsWithError,
    /// It connects, and says nothing.
    SendsNothing,
    /// It speaks no HTTP.
    SendsGarbage,
    /// It sends octets for ever, from the first on.
    Floods,
    /// It writes its request an octet a second.
    SendsSlowly,
    /// It opens, and sends Pings for ever.
    FloodsAfterUpgrade,
    /// It conforms on the first connection, and floods the others once they are open.
    FloodsLaterConnections,
    /// It opens, and writes a frame an octet a second.
    SendsSlowlyAfterUpgrade,
    /// It opens, and announces a frame of a gigabyte, which it begins to send.
    SendsHugeFrame,
    /// It prints for ever.
    FloodsStdout,
    /// It resets the connection after so many octets of its request and of its Close.
    ResetsAfter(usize),
    /// It ends the connection there.
    EndsTcpAfter(usize),
}

impl BadClient {
    /// Those of which there is one kind.
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

/// The masking key of the frames of [`BadClient::EchoesAnyCode`]: another one for every process is fresh enough.
fn key() -> [u8; 4] {
    std::process::id().wrapping_mul(0x9e37_79b1).to_be_bytes()
}

/// What the shell is to run to have such a client; `{url}` is left to be filled in. `test` is the one that calls
/// [`run_if_child`].
pub fn command(test: &str, bad: BadClient) -> String {
    let program = std::env::current_exe().expect("a test has a program");
    let kind = format!("{bad:?}").replace(['(', ')'], "-");
    format!(
        "{KIND}={kind} {URL}={{url}} exec '{}' {test} --exact --nocapture --test-threads=1",
        program.display()
    )
}

/// Is such a client, and ends with it, if that is what this process was started for.
pub fn run_if_child() {
    let (Ok(kind), Ok(url)) = (std::env::var(KIND), std::env::var(URL)) else { return };
    let octets = || kind.split('-').nth(1).and_then(|octets| octets.parse().ok()).expect("so many octets");
    let bad = match BadClient::SIMPLE.into_iter().find(|bad| format!("{bad:?}") == kind) {
        Some(bad) => bad,
        None if kind.starts_with("Resets") => BadClient::ResetsAfter(octets()),
        None => BadClient::EndsTcpAfter(octets()),
    };
    let (address, path) = url.trim_start_matches("ws://").split_once('/').expect("a path");
    // What is not written to a peer that has gone is what is asked here.
    let _ = connect(bad, address, &format!("/{path}"));
    std::process::exit(0);
}

/// The octets of a request for this path.
pub fn request(address: &str, path: &str) -> Vec<u8> {
    format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    .into_bytes()
}

/// Behaves like this on one connection.
pub fn connect(bad: BadClient, address: &str, path: &str) -> std::io::Result<()> {
    match bad {
        BadClient::NeverConnects => loop {
            std::thread::sleep(Duration::from_secs(9));
        },
        BadClient::ExitsWithError => {
            eprintln!("the client has no wish to");
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

/// Reads frames until a Close has come, and answers that.
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
        let mut answer = vec![0x88, length];
        if bad == BadClient::DoesNotMask {
            answer.extend(&payload);
        } else {
            answer[1] |= 0x80;
            answer.extend(key());
            answer.extend(payload.iter().zip(key().iter().cycle()).map(|(octet, key)| octet ^ key));
        }
        if let BadClient::ResetsAfter(octets) | BadClient::EndsTcpAfter(octets) = bad {
            tcp.write_all(&answer[..answer.len().min(octets - before)])?;
            return end_tcp(bad, tcp);
        }
        tcp.write_all(&answer)?;
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

/// Ends TCP, one way or the other.
fn end_tcp(bad: BadClient, tcp: TcpStream) -> std::io::Result<()> {
    if matches!(bad, BadClient::ResetsAfter(_)) {
        return socket2::SockRef::from(&tcp).set_linger(Some(Duration::ZERO));
    }
    tcp.shutdown(Shutdown::Both)
}

/// Sends Pings until the other side has had enough.
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

/// Reads the head of an answer.
pub fn read_head(tcp: &mut TcpStream) -> std::io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut octet = [0];
        tcp.read_exact(&mut octet)?;
        head.extend(octet);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

/// A short frame that is not masked: its first octet, and its payload.
fn read_frame(tcp: &mut TcpStream) -> std::io::Result<(u8, Vec<u8>)> {
    let mut start = [0; 2];
    tcp.read_exact(&mut start)?;
    let mut payload = vec![0; usize::from(start[1] & 0x7f)];
    tcp.read_exact(&mut payload)?;
    Ok((start[0], payload))
}
