//! Servers for tests: the model behind a socket, and servers that do not conform.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine;
use sha1::{Digest, Sha1};

/// A process of `wsclose echo`. Dropping the value ends it.
pub struct ModelServer {
    child: Child,
    url: String,
}

impl ModelServer {
    pub fn start() -> ModelServer {
        ModelServer::start_with(&[])
    }

    pub fn start_with(options: &[&str]) -> ModelServer {
        let mut child = Command::new(env!("CARGO_BIN_EXE_wsclose"))
            .args(["echo", "--listen", "127.0.0.1:0"])
            .args(options)
            .stdout(Stdio::piped())
            .spawn()
            .expect("a started process");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
        let url = line.trim().strip_prefix("listening on ").expect("the URL on which it listens").to_owned();
        ModelServer { child, url }
    }

    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for ModelServer {
    fn drop(&mut self) {
        self.child.kill().expect("a running process");
        self.child.wait().expect("an exit status");
    }
}

/// What a server does instead of conforming. Unless stated otherwise, it first completes the opening handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadServer {
    /// Echoes the payload of every Close.
    EchoesAnyCode,
    /// Echoes the payload of the first Close with code 999. It rejects later ones by 1002, and echoes other
    /// codes.
    EchoesAnyCodeOnce,
    /// Replies to every Close, and accepts one with RSV1 if compression was negotiated.
    AcceptsRsv1WithDeflate,
    /// Echoes the payload of every Close, and writes an HTTP response after it.
    WritesHttpAfterClose,
    /// Sends nothing.
    NeverReplies,
    /// Echoes the payload of every Close, and leaves TCP open.
    LeavesTcpOpen,
    /// Replies to every Close after a moment, by an echo. To one with RSV bits it replies by 1002, unless no
    /// other connection is open.
    ConformsInCompany,
    /// Echoes the payload of every Close, but ends its process when the code is 4000.
    ExitsOn4000,
    /// Echoes the payload of every Close, and ends its process then.
    ExitsOnClose,
    /// Closes TCP when a frame arrives.
    EndsTcpOnFrame,
    /// Sends without end.
    FloodsAfterUpgrade,
    /// Sends one octet of a very long frame every 50 ms.
    SendsSlowlyAfterUpgrade,
    /// Responds with status 404.
    NotFound,
    /// Responds with text that is not HTTP.
    SendsGarbage,
    /// Sends without end in place of a response.
    Floods,
    /// Sends its response at one octet a second.
    SendsSlowly,
    /// Closes TCP at once.
    EndsTcpAtOnce,
    /// Responds with a `Sec-WebSocket-Accept` of another key.
    WrongAccept,
    /// Responds with a redirect.
    Redirects,
    /// Accepts the connection and sends no response.
    SendsNothing,
    /// Announces a frame of a gigabyte and sends it.
    SendsHugeFrame,
    /// Echoes any code on its first connection, and sends without end on the others.
    FloodsLaterConnections,
    /// Echoes any code on its first connection and from its 600th one on. It ends those in between, by FIN or a reset in
    /// turn, each one octet later in its response to the opening handshake and in its Close.
    EndsTcpEarly,
}

/// Starts such a server, which runs until the test ends, and returns its URL.
pub fn serve(bad: BadServer) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || serve_on(&listener, bad));
    format!("ws://{address}/")
}

/// Serves the connections of a listener without end.
pub fn serve_on(listener: &TcpListener, bad: BadServer) {
    for (number, tcp) in listener.incoming().enumerate() {
        // Errors are expected, because `wsclose` closes many of these connections.
        std::thread::spawn(move || tcp.and_then(|tcp| handle_connection(bad, number, tcp)));
    }
}

/// Starts a server that echoes the payload of every Close. When the code is 4000, it stops listening for `pause` instead.
pub fn serve_that_leaves(pause: Duration) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        let mut listener = Some(listener);
        let leaves = Arc::new(AtomicBool::new(false));
        loop {
            let open = listener.take().unwrap_or_else(|| TcpListener::bind(address).expect("the same port"));
            open.set_nonblocking(true).expect("an option of the socket");
            while !leaves.swap(false, Ordering::Relaxed) {
                let Ok((mut tcp, _)) = open.accept() else {
                    std::thread::sleep(Duration::from_micros(200));
                    continue;
                };
                let leaves = Arc::clone(&leaves);
                std::thread::spawn(move || -> std::io::Result<()> {
                    tcp.set_nonblocking(false)?;
                    let head = read_head(&mut tcp)?;
                    tcp.write_all(response(&head).as_bytes())?;
                    let (_, payload) = read_frame(&mut tcp)?;
                    if payload.starts_with(&4000_u16.to_be_bytes()) {
                        leaves.store(true, Ordering::Relaxed);
                        return Ok(());
                    }
                    tcp.write_all(&close_frame(&payload))
                });
            }
            drop(open);
            std::thread::sleep(pause);
        }
    });
    format!("ws://{address}/")
}

/// Starts a server that echoes the payload of every Close. It stops listening for `pause` after 40 connections, and
/// again after each further 200.
pub fn serve_with_pauses(pause: Duration) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        let mut listener = Some(listener);
        for number in 0.. {
            if number % 200 == 40 {
                listener = None;
                std::thread::sleep(pause);
            }
            let open = listener.take().unwrap_or_else(|| TcpListener::bind(address).expect("the same port"));
            let accepted = open.accept();
            listener = Some(open);
            std::thread::spawn(move || {
                accepted.and_then(|(tcp, _)| handle_connection(BadServer::EchoesAnyCode, number, tcp))
            });
        }
    });
    format!("ws://{address}/")
}

fn handle_connection(bad: BadServer, number: usize, mut tcp: TcpStream) -> std::io::Result<()> {
    if matches!(bad, BadServer::EndsTcpAtOnce) {
        return Ok(());
    }
    let head = read_head(&mut tcp)?;
    let key = key_of(&head);
    match bad {
        BadServer::EndsTcpAtOnce => Ok(()),
        BadServer::NotFound => tcp.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
        BadServer::SendsGarbage => tcp.write_all(b"\x00\x01\x02 220 mail.example ESMTP\r\n\r\n"),
        BadServer::WrongAccept => tcp.write_all(open("another").as_bytes()),
        BadServer::Redirects => {
            tcp.write_all(b"HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n")
        }
        BadServer::SendsNothing => tcp.read_to_end(&mut Vec::new()).map(|_| ()),
        BadServer::SendsHugeFrame => {
            tcp.write_all(open(key).as_bytes())?;
            tcp.write_all(&[0x82, 0x7f, 0, 0, 0, 0, 0x40, 0, 0, 0])?;
            loop {
                tcp.write_all(&[0; 4096])?;
            }
        }
        BadServer::EndsTcpEarly if (1..600).contains(&number) => {
            let response = open(key).into_bytes();
            // A Close of four octets follows the response.
            let limit = number % (response.len() + 5);
            tcp.write_all(&response[..limit.min(response.len())])?;
            if let Some(octets) = limit.checked_sub(response.len()) {
                let (_, payload) = read_frame(&mut tcp)?;
                let close = [&[0x88, 2], payload.get(..2).unwrap_or(&[0x03, 0xe8])].concat();
                tcp.write_all(&close[..octets])?;
            }
            if number.is_multiple_of(2) {
                socket2::SockRef::from(&tcp).set_linger(Some(Duration::ZERO))?;
            }
            Ok(())
        }
        BadServer::Floods => loop {
            tcp.write_all(&[b'H'; 4096])?;
        },
        BadServer::SendsSlowly => send_slowly(&mut tcp, open(key).as_bytes(), Duration::from_secs(1)),
        BadServer::SendsSlowlyAfterUpgrade => {
            tcp.write_all(open(key).as_bytes())?;
            tcp.write_all(&[0x82, 0x7f, 0, 0, 0, 1, 0, 0, 0, 0])?;
            send_slowly(&mut tcp, &[0; 1000], Duration::from_millis(50))
        }
        BadServer::AcceptsRsv1WithDeflate => {
            let deflate = head.contains("permessage-deflate");
            let extension =
                if deflate { "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n" } else { "\r\n\r\n" };
            tcp.write_all((open(key).trim_end().to_owned() + extension).as_bytes())?;
            let (first, payload) = read_frame(&mut tcp)?;
            if first & 0x4f == 0x48 && !deflate {
                return tcp.write_all(&[0x88, 2, 0x03, 0xea]);
            }
            tcp.write_all(&close_frame(&payload))
        }
        BadServer::NeverReplies => {
            tcp.write_all(open(key).as_bytes())?;
            tcp.read_to_end(&mut Vec::new()).map(|_| ())
        }
        BadServer::LeavesTcpOpen => {
            tcp.write_all(open(key).as_bytes())?;
            while let Ok((first, payload)) = read_frame(&mut tcp) {
                if first == 0x88 {
                    tcp.write_all(&close_frame(&payload))?;
                }
            }
            std::thread::sleep(Duration::from_secs(600));
            Ok(())
        }
        BadServer::ConformsInCompany => {
            static OPEN: AtomicUsize = AtomicUsize::new(0);
            tcp.write_all(open(key).as_bytes())?;
            OPEN.fetch_add(1, Ordering::Relaxed);
            let frame = read_frame(&mut tcp);
            std::thread::sleep(Duration::from_millis(30));
            let is_alone = OPEN.load(Ordering::Relaxed) == 1;
            let replied = frame.and_then(|(first, payload)| {
                let accepts = first & 0x70 == 0 || is_alone;
                let rejection = 1002_u16.to_be_bytes();
                tcp.write_all(&close_frame(if accepts { &payload } else { &rejection }))
            });
            OPEN.fetch_sub(1, Ordering::Relaxed);
            replied
        }
        BadServer::EchoesAnyCodeOnce => {
            static ECHOED: AtomicBool = AtomicBool::new(false);
            tcp.write_all(open(key).as_bytes())?;
            let (_, payload) = read_frame(&mut tcp)?;
            let rejects = payload.starts_with(&999_u16.to_be_bytes()) && ECHOED.swap(true, Ordering::Relaxed);
            let rejection = 1002_u16.to_be_bytes();
            tcp.write_all(&close_frame(if rejects { &rejection } else { &payload }))
        }
        BadServer::ExitsOn4000 | BadServer::ExitsOnClose => {
            tcp.write_all(open(key).as_bytes())?;
            while let Ok((first, payload)) = read_frame(&mut tcp) {
                if first == 0x88 {
                    if bad == BadServer::ExitsOnClose || payload.starts_with(&4000_u16.to_be_bytes()) {
                        eprintln!("an error of mine");
                        std::process::exit(7);
                    }
                    return tcp.write_all(&close_frame(&payload));
                }
            }
            Ok(())
        }
        BadServer::EndsTcpOnFrame => {
            tcp.write_all(open(key).as_bytes())?;
            read_frame(&mut tcp).map(|_| ())
        }
        BadServer::FloodsAfterUpgrade | BadServer::FloodsLaterConnections
            if bad == BadServer::FloodsAfterUpgrade || number > 0 =>
        {
            tcp.write_all(open(key).as_bytes())?;
            loop {
                tcp.write_all(&[0x89, 0x00].repeat(2048))?;
            }
        }
        BadServer::EchoesAnyCode
        | BadServer::WritesHttpAfterClose
        | BadServer::FloodsAfterUpgrade
        | BadServer::FloodsLaterConnections
        | BadServer::EndsTcpEarly => {
            tcp.write_all(open(key).as_bytes())?;
            loop {
                let (first, payload) = read_frame(&mut tcp)?;
                if first == 0x88 {
                    tcp.write_all(&close_frame(&payload))?;
                    if bad == BadServer::WritesHttpAfterClose {
                        tcp.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK")?;
                    }
                    return Ok(());
                }
            }
        }
    }
}

/// The head of a request.
fn read_head(tcp: &mut TcpStream) -> std::io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut octet = [0];
        tcp.read_exact(&mut octet)?;
        head.extend(octet);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

fn key_of(head: &str) -> &str {
    head.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).unwrap_or_default()
}

/// The response to a request.
fn response(head: &str) -> String {
    open(key_of(head))
}

/// The response to a request with this key.
fn open(key: &str) -> String {
    let digest =
        Sha1::new().chain_update(key).chain_update("258EAFA5-E914-47DA-95CA-C5AB0DC85B11").finalize();
    let accept = base64::engine::general_purpose::STANDARD.encode(digest);
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    )
}

/// A short Close with this payload.
fn close_frame(payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).expect("a short frame");
    [&[0x88, length], payload].concat()
}

fn send_slowly(tcp: &mut TcpStream, octets: &[u8], pause: Duration) -> std::io::Result<()> {
    octets.iter().try_for_each(|octet| {
        std::thread::sleep(pause);
        tcp.write_all(&[*octet])
    })
}

/// A short masked frame: its first octet, and its payload unmasked.
fn read_frame(tcp: &mut TcpStream) -> std::io::Result<(u8, Vec<u8>)> {
    let mut head = [0; 6];
    tcp.read_exact(&mut head)?;
    let mut payload = vec![0; usize::from(head[1] & 0x7f)];
    tcp.read_exact(&mut payload)?;
    payload.iter_mut().zip(head[2..].iter().cycle()).for_each(|(octet, key)| *octet ^= key);
    Ok((head[0], payload))
}
