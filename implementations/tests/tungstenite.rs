//! Tests whole sessions of tungstenite through its adapter.

use wsclose::harness::{Driver, Subject};
use wsclose::protocol::role::Role;
use wsclose::rules::Capability;
use wsclose::script::ScriptBuf;
use wsclose_implementations::tungstenite::Tungstenite;

/// The lines of the timeline, with single spaces and without ticks.
fn timeline(role: Role, steps: &str) -> Vec<String> {
    timeline_of(&mut Tungstenite::new(), role, steps)
}

fn timeline_of(subject: &mut dyn Subject, role: Role, steps: &str) -> Vec<String> {
    let script = ScriptBuf::read(format!("wsclose 1\nrole {role}\n{steps}").as_bytes()).unwrap();
    let timeline = Driver::new().drive(script.as_script(), subject).outline();
    timeline.lines().map(|line| line.split_whitespace().skip(1).collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn server_replies_to_close_then_closes_tcp() {
    assert_eq!(
        timeline(Role::Server, "> close 1000 \"bye\"\n> fin\n"),
        [
            "> CLOSE 1000 \"bye\" masked 88 85 37fa213d 03e8627965",
            "| app reported: closed 1000 \"bye\"",
            "< CLOSE 1000 \"bye\" 88 05 03e8627965",
            "< FIN",
            "> FIN",
        ]
    );
}

#[test]
fn client_replies_to_close_and_waits_for_server() {
    assert_eq!(
        timeline(Role::Client, "> close 1000 \"bye\"\nwait 1\n> fin\n"),
        [
            "> CLOSE 1000 \"bye\" 88 05 03e8627965",
            "| app reported: closed 1000 \"bye\"",
            "< CLOSE 1000 \"bye\" masked 88 85 <key> 03e8627965",
            "> FIN",
            "< FIN",
        ]
    );
}

#[test]
fn application_closes_and_reads_until_reply() {
    assert_eq!(
        timeline(
            Role::Server,
            "app close 3333 \"bye\"\napp send text \"late\"\n> text \"under way\"\n> close 3333\n"
        ),
        [
            "| app closes 3333 \"bye\"",
            "< CLOSE 3333 \"bye\" 88 05 0d05627965",
            "| app sends text \"late\"",
            "| refused: WebSocket protocol error: Sending after closing is not allowed",
            "> TEXT \"under way\" masked 81 89 37fa213d 756e64657220776179",
            "| app received: text \"under way\"",
            "> CLOSE 3333 \"\" masked 88 82 37fa213d 0d05",
            "| app reported: closed 3333 \"\"",
            "< FIN",
        ]
    );
}

#[test]
fn error_drops_tcp_without_a_close() {
    for role in Role::ALL {
        let lines = timeline(role, "> close hex:03\n");
        assert_eq!(
            lines[1..],
            ["| app reported: error: WebSocket protocol error: Invalid close sequence", "< FIN"]
        );
        assert!(!Tungstenite::new().capabilities(role).has(Capability::SendsCloseOnFailure));
    }
}

#[test]
fn eof_and_reset_are_distinct_errors() {
    for role in Role::ALL {
        assert_eq!(
            timeline(role, "> fin\n"),
            [
                "> FIN",
                "| app reported: error: WebSocket protocol error: Connection reset without closing handshake",
                "< FIN",
            ]
        );
        assert_eq!(
            timeline(role, "> reset\n"),
            ["> RST", "| app reported: error: IO error: connection reset by peer", "< FIN"]
        );
    }
}

#[test]
fn paused_application_reads_nothing_and_still_writes() {
    assert_eq!(
        timeline(Role::Server, "app pause\n> close 1000\napp send text \"x\"\napp resume\n"),
        [
            "| app stops reading",
            "> CLOSE 1000 \"\" masked 88 82 37fa213d 03e8",
            "| app sends text \"x\"",
            "< TEXT \"x\" 81 01 78",
            "| app resumes reading",
            "| app reported: closed 1000 \"\"",
            "< CLOSE 1000 \"\" 88 02 03e8",
            "< FIN",
        ]
    );
}

#[test]
fn connections_share_no_state() {
    let mut subject = Tungstenite::new();
    let steps = "> text \"a\" fin=0\n> close 3333 cut=3\n";
    for role in Role::ALL {
        timeline_of(&mut subject, role, "> close 1000 claim=100\napp pause\n> text \"unread\"\n");
        assert_eq!(timeline_of(&mut subject, role, steps), timeline(role, steps));
    }
}
