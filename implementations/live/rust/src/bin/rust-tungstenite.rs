//! Echo server on tungstenite, one thread per connection, based on the example in its README.
//! Closing behavior of the program: on the text close:CODE:REASON it calls `close` with this code and reason and
//! ignores errors. It continues to read until the library returns an error. Then it drops the stream, which closes
//! TCP. The library replies to a Close and leaves the reaction to an error to the program.
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
        // If sending failed, reading reports the error.
        drop(sent);
    }
}

fn close(socket: &mut WebSocket<TcpStream>, command: &str) {
    let (code, reason) = command.split_once(':').unwrap_or((command, ""));
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
