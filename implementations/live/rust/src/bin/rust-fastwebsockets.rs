//! Echo server on fastwebsockets, based on its example echo_server.
//! Closing behavior of the program: on the text close:CODE:REASON it writes the library's close frame with this code
//! and reason and ignores errors. It continues to read. As in the example, it drops the socket after a Close or an
//! error, which closes TCP. The library replies to a Close.
use fastwebsockets::{FragmentCollector, Frame, OpCode, Payload, WebSocketError, upgrade};
use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;

async fn echo(upgraded: upgrade::UpgradeFut) -> Result<(), WebSocketError> {
    let mut socket = FragmentCollector::new(upgraded.await?);
    loop {
        let frame = socket.read_frame().await?;
        match frame.opcode {
            OpCode::Close => return Ok(()),
            OpCode::Text if frame.payload.starts_with(b"close:") => {
                let command = String::from_utf8_lossy(&frame.payload[b"close:".len()..]).into_owned();
                let (code, reason) = command.split_once(':').unwrap_or((&command, ""));
                let close = match code.parse::<u16>() {
                    Ok(code) => Frame::close(code, reason.as_bytes()),
                    Err(_) => Frame::close_raw(Payload::Borrowed(&[])),
                };
                let _ = socket.write_frame(close).await;
            }
            OpCode::Text | OpCode::Binary => socket.write_frame(frame).await?,
            OpCode::Continuation | OpCode::Ping | OpCode::Pong => {}
        }
    }
}

async fn opened(mut request: Request<Incoming>) -> Result<Response<Empty<Bytes>>, WebSocketError> {
    let (response, upgraded) = upgrade::upgrade(&mut request)?;
    tokio::spawn(tokio::task::unconstrained(echo(upgraded)));
    Ok(response)
}

#[tokio::main]
async fn main() {
    let port = std::env::args().nth(1).and_then(|port| port.parse::<u16>().ok()).expect("a port");
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.expect("a free port");
    println!("listening");
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        tokio::spawn(
            http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(opened)).with_upgrades(),
        );
    }
}
