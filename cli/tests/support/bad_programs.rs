//! Echo programs around a good library, tungstenite, each with one fault of its own. None is a fault of the library.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tungstenite::Message;
use tungstenite::handshake::server::{Request, Response};
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::protocol::{CloseFrame, WebSocket};

/// What a program does instead of echoing each message, and closing when it receives `close:CODE:REASON`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadProgram {
    /// Nothing: it is good.
    None,
    NeverEchoes,
    EchoesOnlyText,
    EchoesBinaryAsText,
    UpperCases,
    AddsBanner,
    AddsPrefix,
    EchoesTwice,
    SplitsMessages,
    EchoesLate,
    GreetsOnConnect,
    ClosesAfterFirstMessage,
    ClosesAtOnce,
    DropsTcpAtOnce,
    /// Closes after a second in which nothing arrived.
    ClosesWhenIdle,
    ClosesOnUnknownCommand,
    IgnoresCloseCommand,
    SwallowsCloseCommand,
    ClosesWithOtherCode,
    ClosesWithoutReason,
    DropsTcpOnCloseCommand,
    /// Crashes when its library refuses a code.
    CrashesOnRefusal,
    /// Ends TCP when the library returns the Close, before that can answer it.
    DropsTcpOnClose,
    /// Reads nothing after the opening handshake.
    NeverReads,
    /// Stops listening after its first connection.
    CrashesAtSecondConnection,
    OneConnectionAtATime,
    RefusesPath,
    NeedsHeader,
    NeedsSubprotocol,
    SelectsOtherSubprotocol,
    AnswersOk,
    Redirects,
    IsNoHttp,
    /// A proxy whose server does not answer: it answers Closes itself.
    ProxyWithoutServer,
    /// A proxy that is in front of a good program.
    ProxyInFront,
    /// Two servers answer in turn, with other names.
    TwoServers,
}

impl BadProgram {
    /// All of them, with the question whose answer shows the fault, and words of that answer.
    pub const ALL: [(BadProgram, &'static str, &'static str); 35] = [
        (BadProgram::NeverEchoes, "echoes text", "sent nothing back for a text"),
        (BadProgram::EchoesOnlyText, "echoes binary", "sent nothing back for a binary message"),
        (BadProgram::EchoesBinaryAsText, "echoes binary", "as a message of the other type"),
        (BadProgram::UpperCases, "echoes text", "with \"WSCLOSE DOCTOR 1\""),
        (BadProgram::AddsBanner, "echoes text", "sends \"banner\" with an echo"),
        (BadProgram::AddsPrefix, "echoes text", "with \"echo: wsclose Doctor 1\""),
        (BadProgram::EchoesTwice, "echoes text", "echoes a text twice"),
        (BadProgram::SplitsMessages, "echoes text", "sent a text back as 2 messages"),
        (BadProgram::EchoesLate, "echoes text", "echoes a text after 4"),
        (BadProgram::GreetsOnConnect, "leaves idle alone", "sent \"hello\" without a message before it"),
        (BadProgram::ClosesAfterFirstMessage, "echoes text", "closed with 1000 in place of an echo"),
        (BadProgram::ClosesAtOnce, "leaves idle alone", "closed a connection without messages with 1000"),
        (BadProgram::DropsTcpAtOnce, "leaves idle alone", "ended TCP of a connection without messages"),
        (BadProgram::ClosesWhenIdle, "leaves idle alone", "closed a connection without messages with 1001"),
        (
            BadProgram::ClosesOnUnknownCommand,
            "ignores other texts",
            "closed with 1008 \"unknown command\" when it received",
        ),
        (BadProgram::IgnoresCloseCommand, "obeys close:CODE:REASON", "echoed the text `close:4000:wsclose`"),
        (BadProgram::SwallowsCloseCommand, "obeys close:CODE:REASON", "did not close within 2.0 s"),
        (BadProgram::ClosesWithOtherCode, "obeys close:CODE:REASON", "closed with 1000 \"wsclose\" when"),
        (BadProgram::ClosesWithoutReason, "obeys close:CODE:REASON", "closed with 4000 when"),
        (BadProgram::DropsTcpOnCloseCommand, "obeys close:CODE:REASON", "ended TCP without a Close when"),
        (
            BadProgram::CrashesOnRefusal,
            "survives a refusal",
            "no further connection after the text `close:999:`",
        ),
        (BadProgram::DropsTcpOnClose, "answers a Close", "ended TCP without an answer to a Close"),
        (BadProgram::NeverReads, "answers a Close", "did not answer a Close within"),
        (BadProgram::CrashesAtSecondConnection, "survives", "serves no further connection after 1"),
        (BadProgram::OneConnectionAtATime, "serves several", "only when the first was over"),
        (BadProgram::RefusesPath, "upgrades", "expected status 101, found 404 Not Found"),
        (BadProgram::NeedsHeader, "upgrades", "expected status 101, found 403 Forbidden"),
        (BadProgram::NeedsSubprotocol, "upgrades", "expected status 101, found 400 Bad Request"),
        (BadProgram::SelectsOtherSubprotocol, "upgrades", "selected the subprotocol \"other\""),
        (BadProgram::AnswersOk, "upgrades", "expected status 101, found 200 OK"),
        (BadProgram::Redirects, "upgrades", "found 302 Found, which points to /ws"),
        (BadProgram::IsNoHttp, "upgrades", "expected an HTTP/1.1 answer, found \"SSH-"),
        (BadProgram::ProxyWithoutServer, "is no proxy", "answers a Close and no message"),
        (BadProgram::ProxyInFront, "is no proxy", "answers through a proxy: Via: 1.1 proxy"),
        (BadProgram::TwoServers, "is no proxy", "answered as `one` once and as `two` another time"),
    ];

    /// The number of further questions that the fault shows in. A program that never reads answers nothing, for example.
    pub fn further_faults(self) -> usize {
        match self {
            BadProgram::NeverReads | BadProgram::DropsTcpAtOnce => 4,
            BadProgram::NeverEchoes | BadProgram::ProxyWithoutServer | BadProgram::ClosesAtOnce => 2,
            BadProgram::IgnoresCloseCommand
            | BadProgram::SwallowsCloseCommand
            | BadProgram::DropsTcpOnCloseCommand => 1,
            _ => 0,
        }
    }

    /// The rules of level must that the library seems to violate, where a peer cannot tell it from the program: both may
    /// end TCP, or change a code.
    pub fn undecidable(self) -> &'static [&'static str] {
        match self {
            BadProgram::DropsTcpOnClose | BadProgram::DropsTcpAtOnce => {
                &["close-answered", "requested-close-sent"]
            }
            BadProgram::NeverReads => &["close-answered"],
            BadProgram::DropsTcpOnCloseCommand => &["requested-close-sent"],
            BadProgram::ClosesWithOtherCode => &["requested-code-sent"],
            BadProgram::ClosesWithoutReason => &["requested-reason-sent"],
            _ => &[],
        }
    }

    /// Starts the program in threads of this process, which run until the test ends. Returns its URL.
    pub fn start(self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        std::thread::spawn(move || self.listen(listener));
        format!("ws://{address}/")
    }

    fn listen(self, listener: TcpListener) {
        let crashed = Arc::new(AtomicBool::new(false));
        for (number, tcp) in listener.incoming().enumerate() {
            let Ok(tcp) = tcp else { continue };
            let has_crashed = Arc::clone(&crashed);
            match self {
                _ if crashed.load(Ordering::SeqCst) => return,
                BadProgram::OneConnectionAtATime => self.serve(tcp, number, &crashed),
                BadProgram::CrashesAtSecondConnection => {
                    drop(listener);
                    return self.serve(tcp, number, &crashed);
                }
                _ => drop(std::thread::spawn(move || self.serve(tcp, number, &has_crashed))),
            }
        }
    }

    fn serve(self, mut tcp: TcpStream, number: usize, crashed: &AtomicBool) {
        let http = match self {
            BadProgram::RefusesPath => Some("404 Not Found\r\nContent-Length: 0"),
            BadProgram::NeedsHeader => Some("403 Forbidden\r\nContent-Length: 0"),
            BadProgram::NeedsSubprotocol => Some("400 Bad Request\r\nContent-Length: 0"),
            BadProgram::AnswersOk => Some("200 OK\r\nContent-Length: 0"),
            BadProgram::Redirects => Some("302 Found\r\nLocation: /ws\r\nContent-Length: 0"),
            _ => None,
        };
        if http.is_some() || self == BadProgram::IsNoHttp {
            let answer = http.map_or("SSH-2.0-x\r\n".to_owned(), |http| format!("HTTP/1.1 {http}\r\n\r\n"));
            let _ = tcp.read(&mut [0; 4096]);
            let _ = tcp.write_all(answer.as_bytes());
            return;
        }
        #[allow(clippy::result_large_err, reason = "the type of tungstenite")]
        let callback = |_: &Request, mut response: Response| {
            let mut field = |name: &'static str, value: &'static str| {
                response.headers_mut().insert(name, value.parse().expect("a field"));
            };
            match self {
                BadProgram::SelectsOtherSubprotocol => field("Sec-WebSocket-Protocol", "other"),
                BadProgram::ProxyInFront => field("Via", "1.1 proxy"),
                BadProgram::TwoServers => {
                    field("Server", if number.is_multiple_of(2) { "one" } else { "two" })
                }
                _ => {}
            }
            Ok(response)
        };
        // A connection that ends during the opening handshake is a look of `wsclose` at the port.
        let Ok(mut socket) = tungstenite::accept_hdr(tcp, callback) else { return };
        // Errors are expected, because `wsclose` breaks many connections.
        let _ = self.run(&mut socket, crashed);
    }

    fn run(self, socket: &mut WebSocket<TcpStream>, crashed: &AtomicBool) -> tungstenite::Result<()> {
        match self {
            BadProgram::GreetsOnConnect => socket.send(Message::text("hello"))?,
            BadProgram::ClosesAtOnce => socket.close(close(1000, ""))?,
            BadProgram::DropsTcpAtOnce => return Ok(()),
            BadProgram::NeverReads => {
                std::thread::sleep(Duration::from_secs(600));
            }
            BadProgram::ClosesWhenIdle => {
                socket.get_ref().set_read_timeout(Some(Duration::from_secs(1)))?;
            }
            _ => {}
        }
        loop {
            let message = match socket.read() {
                Err(tungstenite::Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => {
                    socket.get_ref().set_read_timeout(None)?;
                    socket.close(close(1001, "idle"))?;
                    continue;
                }
                message => message?,
            };
            match message {
                Message::Text(text) => {
                    if let Some(command) = text.strip_prefix("close:")
                        && self != BadProgram::IgnoresCloseCommand
                    {
                        match self {
                            BadProgram::SwallowsCloseCommand => continue,
                            BadProgram::DropsTcpOnCloseCommand => return Ok(()),
                            BadProgram::CrashesOnRefusal if command == "999:" => {
                                crashed.store(true, Ordering::SeqCst);
                                return Ok(());
                            }
                            _ => {}
                        }
                        let (code, reason) = command.split_once(':').unwrap_or((command, ""));
                        let (code, reason) = match self {
                            BadProgram::ClosesWithOtherCode => ("1000", reason),
                            BadProgram::ClosesWithoutReason => (code, ""),
                            _ => (code, reason),
                        };
                        socket.close(code.parse().ok().and_then(|code| close(code, reason)))?;
                        continue;
                    }
                    if self == BadProgram::ClosesOnUnknownCommand && text.contains(':') {
                        socket.close(close(1008, "unknown command"))?;
                        continue;
                    }
                    self.echo(socket, Message::Text(text))?;
                }
                Message::Binary(octets) => self.echo(socket, Message::Binary(octets))?,
                Message::Close(_) if self == BadProgram::DropsTcpOnClose => return Ok(()),
                Message::Close(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
    }

    fn echo(self, socket: &mut WebSocket<TcpStream>, message: Message) -> tungstenite::Result<()> {
        let text = |message: &Message| String::from_utf8_lossy(&message.clone().into_data()).into_owned();
        match self {
            BadProgram::NeverEchoes | BadProgram::ProxyWithoutServer => Ok(()),
            BadProgram::EchoesOnlyText if message.is_binary() => Ok(()),
            BadProgram::EchoesBinaryAsText if message.is_binary() => {
                socket.send(Message::text(text(&message)))
            }
            BadProgram::UpperCases if message.is_text() => {
                socket.send(Message::text(text(&message).to_uppercase()))
            }
            BadProgram::AddsPrefix if message.is_text() => {
                socket.send(Message::text(format!("echo: {}", text(&message))))
            }
            BadProgram::AddsBanner => {
                socket.send(Message::text("banner"))?;
                socket.send(message)
            }
            BadProgram::EchoesTwice => {
                socket.send(message.clone())?;
                socket.send(message)
            }
            BadProgram::SplitsMessages if message.is_text() => {
                let text = text(&message);
                let half = text.chars().count() / 2;
                socket.send(Message::text(text.chars().take(half).collect::<String>()))?;
                socket.send(Message::text(text.chars().skip(half).collect::<String>()))
            }
            BadProgram::EchoesLate => {
                std::thread::sleep(Duration::from_millis(400));
                socket.send(message)
            }
            BadProgram::ClosesAfterFirstMessage => socket.close(close(1000, "")),
            _ => socket.send(message),
        }
    }
}

fn close(code: u16, reason: &str) -> Option<CloseFrame> {
    Some(CloseFrame { code: CloseCode::from(code), reason: reason.into() })
}
