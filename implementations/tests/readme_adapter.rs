//! Tests the example adapter of README.md: the README shows this code, and the adapter conforms.

use std::path::Path;

use futures_util::{SinkExt, StreamExt};
use tokio_websockets::{ClientBuilder, CloseCode as Code, Message, ServerBuilder};
use wsclose::protocol::code::CloseCode;
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, Capability};
use wsclose::script::MessageKind;
use wsclose_adapter::connection::{AppHandle, Next, Request, Transport};
use wsclose_adapter::program::{LibraryProgram, ProgramSubject};

// What README.md shows begins here.
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
        loop {
            match app.next(socket.next()).await {
                Next::Request(Request::Close { code, reason }) => {
                    match code.map(|code| Code::try_from(code.0)).transpose() {
                        Ok(code) => app.request_result(&socket.send(Message::close(code, &reason)).await),
                        Err(error) => app.request_refused(&error.to_string()),
                    }
                }
                Next::Request(Request::Send { payload, .. }) => {
                    app.request_result(&socket.send(Message::binary(payload)).await);
                }
                Next::Read(Some(Ok(message))) => match message.as_close() {
                    Some((code, reason)) => app.reported(Some(CloseCode(code.into())), Some(reason), None),
                    None if message.is_ping() || message.is_pong() => {}
                    None => app.message(MessageKind::Binary, message.as_payload()),
                },
                Next::Read(Some(Err(error))) => app.error_reported(error),
                Next::Read(None) => return,
            }
        }
    }
}
// What README.md shows ends here.

#[test]
#[allow(clippy::disallowed_methods, reason = "the test reads the README")]
fn readme_shows_this_code() {
    let source = include_str!("readme_adapter.rs");
    let (_, rest) = source.split_once("shows begins here.\n").expect("a beginning");
    let (shown, _) = rest.split_once("// What README.md shows ends here.").expect("an end");
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md"));
    assert!(
        readme.expect("a readable README.md").contains(shown),
        "expected README.md to show the adapter as it is here"
    );
}

#[test]
fn adapter_conforms_in_both_roles() {
    use wsclose::harness::Driver;
    use wsclose::judge::Judge;
    use wsclose::protocol::code::Profile;
    use wsclose::script::ScriptBuf;

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
