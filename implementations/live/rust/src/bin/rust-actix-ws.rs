//! Echo server on actix-ws.
//! actix-ws leaves control messages to the program.
//! Closing behavior of the program, as in the library's example: after a received Close it calls `close` with the
//! same reason, and after an error with none. This call also ends the response and, with it, TCP. It replies to a
//! Ping. On the text close:CODE:REASON it calls `close` with this code and reason and ignores errors. It continues to
//! read until the messages end.
use actix_web::{App, Error, HttpRequest, HttpResponse, HttpServer, web};
use actix_ws::{AggregatedMessage, CloseReason, MessageStream, Session};

async fn opened(request: HttpRequest, body: web::Payload) -> Result<HttpResponse, Error> {
    let (response, session, messages) = actix_ws::handle(&request, body)?;
    actix_web::rt::spawn(echo(session, messages));
    Ok(response)
}

async fn echo(mut session: Session, messages: MessageStream) {
    let mut messages = messages.aggregate_continuations();
    let mut received = None;
    while let Some(Ok(message)) = messages.recv().await {
        let sent = match message {
            AggregatedMessage::Text(text) if text.starts_with("close:") => {
                let command = &text["close:".len()..];
                let (code, reason) = command.split_once(':').unwrap_or((command, ""));
                let code = code.parse::<u16>().ok();
                let why =
                    code.map(|code| CloseReason { code: code.into(), description: Some(reason.to_owned()) });
                session.clone().close(why).await
            }
            AggregatedMessage::Text(text) => session.text(text).await,
            AggregatedMessage::Binary(octets) => session.binary(octets).await,
            AggregatedMessage::Ping(octets) => session.pong(&octets).await,
            AggregatedMessage::Pong(_) => Ok(()),
            AggregatedMessage::Close(why) => {
                received = why;
                break;
            }
        };
        drop(sent);
    }
    let _ = session.close(received).await;
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let port = std::env::args().nth(1).and_then(|port| port.parse::<u16>().ok()).expect("a port");
    let server = HttpServer::new(|| App::new().route("/", web::get().to(opened))).workers(1);
    let server = server.disable_signals().bind(("127.0.0.1", port))?;
    println!("listening");
    server.run().await
}
