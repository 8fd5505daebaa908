//! Servers for the tests: the reference model, and servers that violate a rule.

mod upgrade;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use wsclose::protocol::code::Profile;
use wsclose_live::model_endpoint;

/// Starts the model as a server on a free port. It runs until the test process exits. Returns its URL.
pub fn model_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || model_endpoint::serve(&listener, Profile::default()));
    format!("ws://{address}/")
}

/// What a faulty server does with a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It sends every Close back as it is.
    EchoesAnyCode,
    /// It replies with 1000 to every Close of at most 125 octets, and with 1002 to other control frames and to RSV bits.
    RepliesNormal,
    /// It replies with 1000 to every Close and to everything that it must reject.
    RepliesNormalToAll,
    /// It never replies.
    NeverReplies,
    /// It replies to Closes, and ends TCP when it receives the text `close:`.
    EndsTcpOnRequest,
    /// It replies to Closes, and sends an empty Close when it receives the text `close:`.
    DropsRequestedCode,
    /// It replies to Closes, and closes at the text `close:` only if that has a reason.
    IgnoresRequestsWithoutReason,
    /// It replies to a Close with 1001 when a timer expires, and to others at once.
    AnswersLate,
    /// It replies to Closes at once, and ends TCP when a timer expires.
    ClosesTcpLate,
    /// It fails the connection for every other frame, and ends TCP seconds later.
    FailsAndEndsTcpLate,
    /// It fails the connection for every other frame, and never ends TCP.
    FailsAndLeavesTcpOpen,
}

/// Starts a faulty server on a free port. Returns its URL.
pub fn faulty_server(fault: Fault) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for tcp in listener.incoming() {
            // The harness ends connections as its scripts demand, so errors are expected.
            std::thread::spawn(move || tcp.and_then(|tcp| serve(fault, tcp)));
        }
    });
    format!("ws://{address}/")
}

fn serve(fault: Fault, mut tcp: TcpStream) -> std::io::Result<()> {
    upgrade::accept(&mut tcp)?;
    match fault {
        Fault::AnswersLate | Fault::ClosesTcpLate => {
            let (_, payload) = read_short_frame(&mut tcp)?;
            let is_late = payload == [0x03, 0xe9];
            if fault == Fault::AnswersLate && is_late {
                std::thread::sleep(Duration::from_millis(900));
            }
            tcp.write_all(&[&[0x88, payload.len() as u8], payload.as_slice()].concat())?;
            if fault == Fault::ClosesTcpLate {
                std::thread::sleep(Duration::from_millis(1100));
            }
            Ok(())
        }
        Fault::FailsAndEndsTcpLate | Fault::FailsAndLeavesTcpOpen => {
            let (first, payload) = read_short_frame(&mut tcp)?;
            if first == 0x88 {
                return tcp.write_all(&[&[0x88, payload.len() as u8], payload.as_slice()].concat());
            }
            tcp.write_all(&[0x88, 2, 3, 0xea])?;
            if fault == Fault::FailsAndLeavesTcpOpen {
                return tcp.read_to_end(&mut Vec::new()).map(drop);
            }
            std::thread::sleep(Duration::from_secs(3));
            Ok(())
        }
        Fault::NeverReplies => tcp.read_to_end(&mut Vec::new()).map(drop),
        Fault::RepliesNormal | Fault::RepliesNormalToAll => loop {
            let (first, _) = read_short_frame(&mut tcp)?;
            let code = match first {
                0x88 => 0xe8,
                0x00..=0x02 | 0x80..=0x82 | 0x89 | 0x8a => continue,
                _ if fault == Fault::RepliesNormalToAll => 0xe8,
                _ => 0xea,
            };
            return tcp.write_all(&[0x88, 2, 3, code]);
        },
        Fault::EchoesAnyCode
        | Fault::EndsTcpOnRequest
        | Fault::DropsRequestedCode
        | Fault::IgnoresRequestsWithoutReason => {
            let mut is_closing = false;
            loop {
                let (first, payload) = read_short_frame(&mut tcp)?;
                if first == 0x88 && is_closing {
                    return Ok(());
                } else if first == 0x88 {
                    return tcp.write_all(&[&[0x88, payload.len() as u8], payload.as_slice()].concat());
                } else if payload.starts_with(b"close:") {
                    match fault {
                        Fault::EchoesAnyCode
                        | Fault::AnswersLate
                        | Fault::ClosesTcpLate
                        | Fault::FailsAndEndsTcpLate
                        | Fault::FailsAndLeavesTcpOpen
                        | Fault::NeverReplies
                        | Fault::RepliesNormal
                        | Fault::RepliesNormalToAll => {}
                        Fault::EndsTcpOnRequest => return Ok(()),
                        Fault::IgnoresRequestsWithoutReason => {
                            let request = String::from_utf8_lossy(&payload).into_owned();
                            let mut parts = request.splitn(3, ':').skip(1);
                            let code: u16 = parts.next().and_then(|code| code.parse().ok()).unwrap_or(1000);
                            let reason = parts.next().unwrap_or_default();
                            if !reason.is_empty() {
                                let body = [&code.to_be_bytes(), reason.as_bytes()].concat();
                                tcp.write_all(&[&[0x88, body.len() as u8], body.as_slice()].concat())?;
                                is_closing = true;
                            }
                        }
                        Fault::DropsRequestedCode => {
                            tcp.write_all(&[0x88, 0])?;
                            is_closing = true;
                        }
                    }
                }
            }
        }
    }
}

/// A masked frame of at most 125 octets: its first octet, and its payload unmasked.
fn read_short_frame(tcp: &mut TcpStream) -> std::io::Result<(u8, Vec<u8>)> {
    let mut head = [0; 6];
    tcp.read_exact(&mut head)?;
    let mut payload = vec![0; usize::from(head[1] & 0x7f)];
    tcp.read_exact(&mut payload)?;
    payload.iter_mut().zip(head[2..].iter().cycle()).for_each(|(octet, key)| *octet ^= key);
    Ok((head[0], payload))
}
