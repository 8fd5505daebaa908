//! Tests the example of the guide: its page shows this code, and the adapter conforms.

use std::path::Path;

// What docs/adding-an-implementation.md shows begins here.
use futures_util::{SinkExt, StreamExt};
use tokio_websockets::{ClientBuilder, CloseCode as Code, Message, ServerBuilder};
use wsclose::protocol::code::CloseCode;
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, Capability};
use wsclose::script::MessageKind;
use wsclose_adapter::connection::{AppHandle, Next, Request, Transport};
use wsclose_adapter::program::LibraryProgram;

/// My library, used as its documentation recommends.
pub struct Mine;

impl LibraryProgram for Mine {
    const NAME: &'static str = "mine";

    /// The library has no timeouts and reports neither whether a closure was clean nor its memory use.
    fn capabilities(_: Role) -> Capabilities {
        Capabilities::ALL.without(&[
            Capability::HasTimeouts,
            Capability::ReportsClean,
            Capability::ReportsMemory,
        ])
    }

    async fn run(role: Role, transport: Transport, app: AppHandle) {
        let mut socket = match role {
            Role::Client => ClientBuilder::new().take_over(transport),
            Role::Server => ServerBuilder::new().serve(transport),
        };
        let mut reported = false;
        loop {
            match app.next(socket.next()).await {
                Next::Request(Request::Close { code, reason }) => {
                    match code.map(|code| Code::try_from(code.0)).transpose() {
                        // `Message::close` panics on these, as its documentation says.
                        Ok(Some(code)) if code.is_reserved() => app.request_refused("a reserved code"),
                        Ok(_) if reason.len() > 123 => app.request_refused("a long reason"),
                        Ok(code) => app.request_result(&socket.send(Message::close(code, &reason)).await),
                        Err(error) => app.request_refused(&error.to_string()),
                    }
                }
                Next::Request(Request::Send { payload, .. }) => {
                    app.request_result(&socket.send(Message::binary(payload)).await);
                }
                Next::Read(Some(Ok(message))) => match message.as_close() {
                    Some((code, reason)) => {
                        reported = true;
                        app.reported(Some(CloseCode(code.into())), Some(reason), None);
                    }
                    None if message.is_ping() || message.is_pong() => {}
                    None => app.message(MessageKind::Binary, message.as_payload()),
                },
                Next::Read(Some(Err(error))) => {
                    reported = true;
                    app.error_reported(error);
                }
                Next::Read(None) if reported => return,
                Next::Read(None) => return app.reported(None, None, None),
            }
        }
    }
}
// What docs/adding-an-implementation.md shows ends here.

#[test]
#[allow(clippy::disallowed_methods, reason = "the test reads the guide")]
fn page_shows_this_code() {
    let page = "docs/adding-an-implementation.md";
    let (_, rest) = include_str!("readme_adapter.rs")
        .split_once(&format!("// What {page} shows begins here.\n"))
        .expect("a beginning");
    let (shown, _) = rest.split_once(&format!("// What {page} shows ends here.")).expect("an end");
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(page));
    assert!(text.expect("a readable page").contains(shown), "expected {page} to show the code as it is here");
}

#[test]
fn adapter_conforms_in_both_roles() {
    use wsclose::harness::Driver;
    use wsclose::judge::Judge;
    use wsclose::protocol::code::Profile;
    use wsclose::script::ScriptBuf;
    use wsclose_adapter::program::ProgramSubject;

    let (mut driver, mut judge) = (Driver::new(), Judge::new(Profile::default()));
    let mut mine = ProgramSubject::<Mine>::new();
    for role in Role::ALL {
        for steps in ["> close 3333 \"bye\"\n> fin\nagain each\n", "app close 1000\n> close 1000\n> fin\n"] {
            let script = ScriptBuf::read(format!("wsclose 1\nrole {role}\n{steps}").as_bytes());
            let trace = driver.drive(script.expect("a script").as_script(), &mut mine);
            let findings: Vec<_> =
                judge.judge(trace).iter().filter(|finding| finding.level.fails(false)).collect();
            assert!(findings.is_empty(), "{findings:?}\n{trace}");
            assert!(trace.to_string().contains("<  CLOSE"), "{trace}");
        }
    }
}
