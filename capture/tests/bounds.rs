//! Recordings of which a few octets stand for much time or many octets: judging them stays bounded.

use wsclose::rules::Rule;
use wsclose_capture::judgement::{Settings, judge};
use wsclose_capture::recording::{RecordedConnection, RecordedKind};
use wsclose_capture::session::Session;
use wsclose_capture::text;

const OPENING: &str = "wsclose recording 1\n0.0 > \"GET / HTTP/1.1\\r\\nUpgrade: websocket\\r\\n\\r\\n\"\n\
                       0.0 < \"HTTP/1.1 101 Switching Protocols\\r\\n\\r\\n\"\n";

fn recording(events: &str) -> RecordedConnection {
    let mut connections = Vec::new();
    text::read(&format!("{OPENING}{events}"), &mut |connection| connections.push(connection))
        .expect("a recording");
    connections.remove(0)
}

#[test]
fn a_pause_of_centuries_is_one_long_pause() {
    // More seconds than 32 bits count.
    let connection = recording(
        "0.0 > 88 82 00000000 03e8\n9000000000.0 < 89 00\n18000000000.0 < 89 00\nuntil 18400000000.0\n",
    );
    let session = Session::of(&connection).expect("a session");
    let judgement = judge(&session, Settings::default());
    let rules: Vec<Rule> = judgement.sides[1].violations.iter().map(|violation| violation.rule).collect();
    assert!(rules.contains(&Rule::CloseAnswered), "{rules:?}");
    assert!(judgement.sides[0].violations.is_empty(), "{:?}", judgement.sides[0].violations);
}

/// The octets that a session has, and whether it ends before the recording does.
fn filled(megabytes: usize) -> (usize, bool) {
    let holes = "< missing 1048576\n".repeat(megabytes);
    let session = Session::of(&recording(&format!("< 82 7f 0000000100000000\n{holes}"))).expect("a session");
    let octets = session.events.iter().map(|event| match &event.kind {
        RecordedKind::Octets(octets) => octets.len(),
        RecordedKind::Missing { .. } | RecordedKind::Fin | RecordedKind::Reset | RecordedKind::TlsClosed => 0,
    });
    (octets.sum(), session.is_cut)
}

#[test]
fn missing_octets_are_filled_in_up_to_a_limit() {
    assert_eq!(filled(16), (10 + (16 << 20), false));
    assert_eq!(filled(17), (10 + (16 << 20), true));
    // What is behind the gap is read instead, and there is nothing.
    assert_eq!(filled(1000), (0, true));
}

#[test]
fn what_is_behind_the_last_of_many_gaps_is_judged() {
    let gaps = "< 82 7d 61\n< missing\n".repeat(200);
    let session = Session::of(&recording(&format!("{gaps}< 88 02 03e8\n"))).expect("a session");
    assert_eq!(session.closes.len(), 1);
    assert!(session.notes.len() < 100, "{:?}", session.notes);
}
