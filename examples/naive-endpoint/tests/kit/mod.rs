//! The adapter: connects the endpoint to wsclose.

use naive_endpoint::{Endpoint, Event};
use wsclose_adapter::prelude::*;

pub struct Naive;

impl LibraryProgram for Naive {
    const NAME: &'static str = "naive";

    /// The endpoint has no timeouts, and reports neither whether a closure was clean nor its memory use.
    fn capabilities(_: Role) -> Capabilities {
        use Capability::{HasTimeouts, ReportsClean, ReportsMemory};
        Capabilities::ALL.without(&[HasTimeouts, ReportsClean, ReportsMemory])
    }

    async fn run(_: Role, transport: Transport, app: AppHandle) {
        let mut endpoint = Endpoint::new(transport);
        loop {
            match app.next(endpoint.next()).await {
                Next::Request(Request::Close { code, reason }) => {
                    let code = code.map_or(1000, |code| code.0);
                    app.request_result(&endpoint.close(code, &reason).await);
                }
                Next::Request(Request::Send { payload, .. }) => {
                    app.request_result(&endpoint.send_binary(&payload).await);
                }
                Next::Read(Ok(Some(Event::Text(text)))) => app.message(MessageKind::Text, text.as_bytes()),
                Next::Read(Ok(Some(Event::Binary(data)))) => app.message(MessageKind::Binary, &data),
                Next::Read(Ok(Some(Event::Closed { code, reason }))) => {
                    app.reported(Some(CloseCode(code)), Some(&reason), None);
                    return; // Drops the transport, which closes TCP.
                }
                Next::Read(Ok(None)) => return app.reported(None, None, None),
                Next::Read(Err(error)) => return app.error_reported(error),
            }
        }
    }
}

pub fn suite() -> Suite {
    Naive::suite().role(Role::Server)
}
