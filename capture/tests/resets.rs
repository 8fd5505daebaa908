//! Tests what the reset of a peer says about the side that receives it.

use wsclose::protocol::role::Role;
use wsclose::rules::Rule;
use wsclose_capture::judgement::{Settings, judge};
use wsclose_capture::session::Session;
use wsclose_capture::text;

/// The rules that the server violates if the client sends a Close and resets TCP after so many seconds.
fn violated_by_the_server(seconds: &str) -> Vec<Rule> {
    let recording = format!("wsclose recording 1\n0.000 > 88 82 00000000 03e8\n{seconds} > RST\n");
    let mut connections = Vec::new();
    text::read(&recording, &mut |connection| connections.push(connection)).expect("a recording");
    let session = Session::of(&connections[0]).expect("a session");
    judge(&session, Settings::default()).side(Role::Server).violations.iter().map(|it| it.rule).collect()
}

#[test]
fn a_reset_after_a_long_silence_ends_the_recording() {
    assert_eq!(violated_by_the_server("30.000"), [Rule::CloseAnswered]);
}

#[test]
fn a_reset_at_once_may_have_cut_off_the_reply() {
    assert_eq!(violated_by_the_server("0.010"), []);
}
