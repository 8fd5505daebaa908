//! Clients of bad manners, as threads of a test or as programs: the binary of a test, started again.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

/// What a client started by a test is to do, and where.
const KIND: &str = "WSCLOSE_TEST_CLIENT";
const URL: &str = "WSCLOSE_TEST_URL";

/// How a client is bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bad {
    /// It answers every Close by what it says, whatever that is, and tells the truth about it.
    EchoesAnything,
    /// It opens, and says no more until TCP ends.
    NeverAnswers,
    /// It ends TCP when a frame has come.
    Leaves,
    /// It answers like [`Bad::EchoesAnything`], in frames that are not masked.
    DoesNotMask,
    /// It answers, and tells another code.
    TellsAnother,
    /// It aborts when a Close has come.
    Aborts,
    /// It never connects.
    StaysAway,
    /// It leaves with an error before it connects.
    Fails,
    /// It connects, and says nothing.
    SaysNothing,
    /// It speaks no HTTP.
    Garbage,
    /// It sends octets for ever, from the first on.
    Floods,
    /// It writes its request an octet a second.
    Drips,
    /// It opens, and sends Pings for ever.
    FloodsOpen,
    /// It conforms on the first connection, and floods the others once they are open.
    FloodsLater,
    /// It opens, and writes a frame an octet a second.
    DripsOpen,
    /// It opens, and announces a frame of a gigabyte, which it begins to send.
    Gigabyte,
    /// It prints for ever.
    Prints,
    /// It resets the connection after so many octets of its request and of its Close.
    ResetsAfter(usize),
    /// It ends the connection there.
    EndsAfter(usize),
}

impl Bad {
    /// Those of which there is one kind.
    const SIMPLE: [Bad; 17] = [
        Bad::EchoesAnything,
        Bad::NeverAnswers,
        Bad::Leaves,
        Bad::DoesNotMask,
        Bad::TellsAnother,
        Bad::Aborts,
        Bad::StaysAway,
        Bad::Fails,
        Bad::SaysNothing,
        Bad::Garbage,
        Bad::Floods,
        Bad::Drips,
        Bad::FloodsOpen,
        Bad::FloodsLater,
        Bad::DripsOpen,
        Bad::Gigabyte,
        Bad::Prints,
    ];
}

/// The masking key of the frames of [`Bad::EchoesAnything`]: another one for every process is fresh enough.
fn key() -> [u8; 4] {
    std::process::id().wrapping_mul(0x9e37_79b1).to_be_bytes()
}

/// What the shell is to run to have such a client; `{url}` is left to be filled in. `test` is the one that calls
/// [`be`].
pub fn command(test: &str, bad: Bad) -> String {
    let program = std::env::current_exe().expect("a test has a program");
    let kind = format!("{bad:?}").replace(['(', ')'], "-");
    format!(
        "{KIND}={kind} {URL}={{url}} exec '{}' {test} --exact --nocapture --test-threads=1",
        program.display()
    )
}

/// Is such a client, and ends with it, if that is what this process was started for.
pub fn be() {
    let (Ok(kind), Ok(url)) = (std::env::var(KIND), std::env::var(URL)) else { return };
    let octets = || kind.split('-').nth(1).and_then(|octets| octets.parse().ok()).expect("so many octets");
    let bad = match Bad::SIMPLE.into_iter().find(|bad| format!("{bad:?}") == kind) {
        Some(bad) => bad,
        None if kind.starts_with("Resets") => Bad::ResetsAfter(octets()),
        None => Bad::EndsAfter(octets()),
    };
    let (address, path) = url.trim_start_matches("ws://").split_once('/').expect("a path");
    // What is not written to a peer that has gone is what is asked here.
    let _ = talk(bad, address, &format!("/{path}"));
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
pub fn talk(bad: Bad, address: &str, path: &str) -> std::io::Result<()> {
    match bad {
        Bad::StaysAway => loop {
            std::thread::sleep(Duration::from_secs(9));
        },
        Bad::Fails => {
            eprintln!("the client has no wish to");
            std::process::exit(7);
        }
        Bad::Prints => loop {
            std::io::stdout().write_all(&[b'x'; 4096])?;
        },
        Bad::EchoesAnything
        | Bad::NeverAnswers
        | Bad::Leaves
        | Bad::DoesNotMask
        | Bad::TellsAnother
        | Bad::Aborts
        | Bad::SaysNothing
        | Bad::Garbage
        | Bad::Floods
        | Bad::Drips
        | Bad::FloodsOpen
        | Bad::FloodsLater
        | Bad::DripsOpen
        | Bad::Gigabyte
        | Bad::ResetsAfter(_)
        | Bad::EndsAfter(_) => {}
    }
    let mut tcp = TcpStream::connect(address)?;
    let request = request(address, path);
    match bad {
        Bad::SaysNothing => return tcp.read_to_end(&mut Vec::new()).map(|_| ()),
        Bad::Garbage => return tcp.write_all(b"\x00\x01\x02 EHLO mail.example\r\n\r\n"),
        Bad::Floods => loop {
            tcp.write_all(&[b'G'; 4096])?;
        },
        Bad::Drips => return drip(&mut tcp, &request),
        Bad::ResetsAfter(octets) | Bad::EndsAfter(octets) if octets < request.len() => {
            tcp.write_all(&request[..octets])?;
            return leave(bad, tcp);
        }
        Bad::EchoesAnything
        | Bad::NeverAnswers
        | Bad::Leaves
        | Bad::DoesNotMask
        | Bad::TellsAnother
        | Bad::Aborts
        | Bad::StaysAway
        | Bad::Fails
        | Bad::FloodsOpen
        | Bad::FloodsLater
        | Bad::DripsOpen
        | Bad::Gigabyte
        | Bad::Prints
        | Bad::ResetsAfter(_)
        | Bad::EndsAfter(_) => tcp.write_all(&request)?,
    }
    head(&mut tcp)?;
    match bad {
        Bad::NeverAnswers => tcp.read_to_end(&mut Vec::new()).map(|_| ()),
        Bad::FloodsOpen => flood(&mut tcp),
        Bad::FloodsLater if !path.ends_with("/1") => flood(&mut tcp),
        Bad::DripsOpen => drip(&mut tcp, &[0x82, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0]),
        Bad::Gigabyte => {
            tcp.write_all(&[0x82, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3, 4])?;
            loop {
                tcp.write_all(&[0; 4096])?;
            }
        }
        Bad::Leaves => frame(&mut tcp).map(|_| ()),
        Bad::EchoesAnything
        | Bad::FloodsLater
        | Bad::DoesNotMask
        | Bad::TellsAnother
        | Bad::Aborts
        | Bad::StaysAway
        | Bad::Fails
        | Bad::SaysNothing
        | Bad::Garbage
        | Bad::Floods
        | Bad::Drips
        | Bad::Prints
        | Bad::ResetsAfter(_)
        | Bad::EndsAfter(_) => converse(bad, tcp, request.len()),
    }
}

/// Reads frames until a Close has come, and answers that.
fn converse(bad: Bad, mut tcp: TcpStream, before: usize) -> std::io::Result<()> {
    loop {
        let (first, payload) = frame(&mut tcp)?;
        if first != 0x88 {
            continue;
        }
        if bad == Bad::Aborts {
            std::process::abort();
        }
        let length = u8::try_from(payload.len()).expect("a short frame");
        let mut answer = vec![0x88, length];
        if bad == Bad::DoesNotMask {
            answer.extend(&payload);
        } else {
            answer[1] |= 0x80;
            answer.extend(key());
            answer.extend(payload.iter().zip(key().iter().cycle()).map(|(octet, key)| octet ^ key));
        }
        if let Bad::ResetsAfter(octets) | Bad::EndsAfter(octets) = bad {
            tcp.write_all(&answer[..answer.len().min(octets - before)])?;
            return leave(bad, tcp);
        }
        tcp.write_all(&answer)?;
        tcp.read_to_end(&mut Vec::new())?;
        let code = match (bad, payload.as_slice()) {
            (Bad::TellsAnother, _) => 1000,
            (_, [high, low, ..]) => u16::from_be_bytes([*high, *low]),
            (_, _) => 1005,
        };
        let reason = String::from_utf8_lossy(payload.get(2..).unwrap_or_default()).into_owned();
        println!("\nclosed {code} {} clean", serde_json::Value::from(reason));
        return Ok(());
    }
}

/// Ends TCP, one way or the other.
fn leave(bad: Bad, tcp: TcpStream) -> std::io::Result<()> {
    if matches!(bad, Bad::ResetsAfter(_)) {
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

fn drip(tcp: &mut TcpStream, octets: &[u8]) -> std::io::Result<()> {
    octets.iter().try_for_each(|octet| {
        std::thread::sleep(Duration::from_secs(1));
        tcp.write_all(&[*octet])
    })
}

/// Reads the head of an answer.
pub fn head(tcp: &mut TcpStream) -> std::io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut octet = [0];
        tcp.read_exact(&mut octet)?;
        head.extend(octet);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

/// A short frame that is not masked: its first octet, and its payload.
fn frame(tcp: &mut TcpStream) -> std::io::Result<(u8, Vec<u8>)> {
    let mut start = [0; 2];
    tcp.read_exact(&mut start)?;
    let mut payload = vec![0; usize::from(start[1] & 0x7f)];
    tcp.read_exact(&mut payload)?;
    Ok((start[0], payload))
}
