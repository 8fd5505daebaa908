//! Echo server on the WebSocket extractor of axum.
//! Closing behavior of the program: on the text close:CODE:REASON it sends `Message::Close` with this code and reason
//! and ignores errors. It continues to read until the library has no more messages. Then it drops the socket, which
//! closes TCP. The library replies to a Close.
use axum::Router;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::routing::any;

async fn echo(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        match message {
            Message::Text(text) if text.starts_with("close:") => {
                let command = &text.as_str()["close:".len()..];
                let (code, reason) = command.split_once(':').unwrap_or((command, ""));
                let code = code.parse::<u16>().ok();
                let frame = code.map(|code| CloseFrame { code, reason: reason.to_owned().into() });
                let _ = socket.send(Message::Close(frame)).await;
            }
            Message::Text(_) | Message::Binary(_) => {
                let _ = socket.send(message).await;
            }
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) => {}
        }
    }
}

#[tokio::main]
async fn main() {
    let port = std::env::args().nth(1).and_then(|port| port.parse::<u16>().ok()).expect("a port");
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.expect("a free port");
    let app = Router::new().route("/", any(|upgrade: WebSocketUpgrade| async { upgrade.on_upgrade(echo) }));
    println!("listening");
    axum::serve(listener, app).await.expect("serves until it is killed");
}
