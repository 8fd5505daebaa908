//! Tests ws-rs through its two adapters: the frame layer in-process, and the whole library over TCP.

use wsclose::harness::{Driver, Subject};
use wsclose::protocol::code::CloseCode;
use wsclose::protocol::role::Role;
use wsclose::script::ScriptBuf;
use wsclose_adapter::codec::CodecSubject;
use wsclose_implementations::ws_frames::WsFrames;
use wsclose_implementations::ws_tcp::WsTcp;

/// The lines of the timeline, with single spaces and without ticks.
fn timeline(subject: &mut dyn Subject, role: Role, steps: &str) -> Vec<String> {
    let script = ScriptBuf::read(format!("wsclose 1\nrole {role}\n{steps}").as_bytes()).unwrap();
    let timeline = Driver::new().drive(script.as_script(), subject).outline();
    timeline.lines().map(|line| line.split_whitespace().skip(1).collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn every_code_round_trips_through_ws_rs() {
    for code in CloseCode::all() {
        let theirs = ws::CloseCode::from(code.0);
        assert_eq!(CloseCode(theirs.into()), code);
        // ws-rs uses 0 for a Close without a body, so it cannot send the code 0.
        let body = if code.0 == 0 { &[][..] } else { &code.to_octets()[..] };
        assert_eq!(ws::Frame::close(theirs, "").payload(), body);
    }
}

#[test]
fn frame_layer_builds_and_parses_a_close() {
    let mut subject = CodecSubject::<WsFrames>::new();
    assert_eq!(
        timeline(&mut subject, Role::Server, "> close 3333 \"bye\" cut=1\n"),
        [
            "> … 1 octet",
            "> CLOSE 3333 \"bye\" masked (last 10 octets)",
            "| app reported: closed 3333 \"bye\"",
            "< CLOSE 3333 \"\" 88 02 0d05",
            "< FIN",
        ]
    );
    assert_eq!(
        timeline(&mut subject, Role::Client, "app close 1001 \"away\"\n> close 1001\n> fin\n"),
        [
            "| app closes 1001 \"away\"",
            "< CLOSE 1001 \"away\" masked 88 86 <key> 03e961776179",
            "> CLOSE 1001 \"\" 88 02 03e9",
            "| app reported: closed 1001 \"\"",
            "> FIN",
            "< FIN",
        ]
    );
}

#[test]
fn frame_layer_loses_frame_boundary_on_overflowing_length() {
    for role in Role::ALL {
        let lines = timeline(
            &mut CodecSubject::<WsFrames>::new(),
            role,
            "> octets 887f ffff ffff ffff ffff\n> close 3333\n",
        );
        assert!(lines.contains(&"| app reported: closed 3333 \"\"".to_owned()), "{lines:#?}");
    }
}

#[test]
fn tcp_server_replies_to_close_then_closes_tcp() {
    assert_eq!(
        timeline(&mut WsTcp::new(), Role::Server, "> close 1000 \"bye\"\n> fin\n"),
        [
            "> CLOSE 1000 \"bye\" masked 88 85 37fa213d 03e8627965",
            "< CLOSE 1000 \"\" 88 02 03e8",
            "| app reported: closed 1000 \"bye\"",
            "< FIN",
            "> FIN",
        ]
    );
}

#[test]
fn tcp_client_sends_close_and_waits_for_the_server() {
    assert_eq!(
        timeline(
            &mut WsTcp::new(),
            Role::Client,
            "app close 3333 \"bye\"\n> text \"under way\"\n> close 3333\nwait 1\n> fin\n"
        ),
        [
            "| app closes 3333 \"bye\"",
            "< CLOSE 3333 \"bye\" masked 88 85 <key> 0d05627965",
            "> TEXT \"under way\" 81 09 756e64657220776179",
            "| app received: text \"under way\"",
            "> CLOSE 3333 \"\" 88 02 0d05",
            "| app reported: closed 3333 \"\"",
            "> FIN",
            "< FIN",
        ]
    );
}

#[test]
fn tcp_failed_connection_still_delivers() {
    for role in Role::ALL {
        let lines = timeline(&mut WsTcp::new(), role, "> opcode=3\n> text \"after\"\nwait 16\n");
        assert!(lines.contains(&"| app received: text \"after\"".to_owned()), "{lines:#?}");
        assert!(!lines.contains(&"< FIN".to_owned()), "{lines:#?}");
    }
}

#[test]
fn tcp_fin_and_reset_report_1006() {
    let mut subject = WsTcp::new();
    for role in Role::ALL {
        assert_eq!(
            timeline(&mut subject, role, "> fin\n"),
            ["> FIN", "| app reported: closed 1006 \"\"", "< FIN"]
        );
        let lines = timeline(&mut subject, role, "> reset\n");
        assert_eq!(lines[2..], ["| app reported: closed 1006 \"\"", "< FIN"]);
    }
}

#[test]
fn tcp_paused_application_receives_nothing() {
    assert_eq!(
        timeline(
            &mut WsTcp::new(),
            Role::Server,
            "app pause\n> close 1000\napp send text \"x\"\napp resume\n"
        ),
        [
            "| app stops reading",
            "> CLOSE 1000 \"\" masked 88 82 37fa213d 03e8",
            "| app sends text \"x\"",
            "< TEXT \"x\" 81 01 78",
            "| app resumes reading",
            "< CLOSE 1000 \"\" 88 02 03e8",
            "| app reported: closed 1000 \"\"",
            "< FIN",
        ]
    );
}

#[test]
fn tcp_traces_are_reproducible() {
    let scripts = [
        "> ping \"a\" glue\n> text \"b\" glue\n> close 3333 \"c\" cut=2\n> fin\n",
        "app send text \"a\"\napp close 1000\n> ping \"b\"\n> close 1005\n> text \"c\"\n> reset\n",
        "> close 3333 \"0123456789\" * 13\n> text \"late\"\n> fin\n",
        "> text \"a\" * 127 fin=0\n> close 1000 hex:ff mask=wrong\nconnect\n> close\nagain each\n",
    ];
    let mut subject = WsTcp::new();
    for role in Role::ALL {
        for steps in scripts {
            let first = timeline(&mut subject, role, steps);
            for _ in 0..4 {
                assert_eq!(timeline(&mut subject, role, steps), first);
            }
        }
    }
}
