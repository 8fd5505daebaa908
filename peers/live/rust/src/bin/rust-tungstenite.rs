//! Echo server on tungstenite, a thread for each connection, after the example in its README.
//! Of closing, the program does only this: the text close:CODE:REASON calls `close` with them, whose error is
//! dropped; it reads on until the library returns an error, and then lets the stream go, which closes TCP. Answering
//! a Close is the library's; what to do after an error it leaves to the program.
use std::net::{TcpListener, TcpStream};

use tungstenite::protocol::CloseFrame;
use tungstenite::{Message, WebSocket};

fn echo(stream: TcpStream) {
    let Ok(mut socket) = tungstenite::accept(stream) else { return };
    while let Ok(message) = socket.read() {
        let sent = match &message {
            Message::Text(text) if text.starts_with("close:") => {
                close(&mut socket, &text["close:".len()..]);
                Ok(())
            }
            Message::Text(_) | Message::Binary(_) => socket.send(message),
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => Ok(()),
        };
        // What sending could not do shows in reading.
        drop(sent);
    }
}

fn close(socket: &mut WebSocket<TcpStream>, asked: &str) {
    let (code, reason) = asked.split_once(':').unwrap_or((asked, ""));
    let frame = code
        .parse::<u16>()
        .ok()
        .map(|code| CloseFrame { code: code.into(), reason: reason.to_owned().into() });
    if frame.is_some() || code.is_empty() {
        let _ = socket.close(frame);
    }
}

fn main() {
    let port = std::env::args().nth(1).and_then(|port| port.parse::<u16>().ok()).expect("a port");
    let listener = TcpListener::bind(("127.0.0.1", port)).expect("a free port");
    println!("listening");
    for stream in listener.incoming().flatten() {
        std::thread::spawn(|| echo(stream));
    }
}
