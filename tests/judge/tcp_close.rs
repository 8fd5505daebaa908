//! Tests when and how an endpoint closes TCP.

use crate::scripted::Act::{Closes, ClosesTcp, Hangs, Panics, ReportsClose, ReportsError, Resets, Writes};
use crate::scripted::{assert_verdict, assert_verdict_without};
use wsclose::judge::Verdict::{Conforms, Inconclusive, NotExercised, Violates};
use wsclose::rules::{Capability, Rule};

#[test]
fn a_server_ends_tcp_within_a_tick_of_the_handshake() {
    let (after, once) = (Rule::TcpClosedAfterHandshake, Rule::ServerClosesTcpAtOnce);
    assert_verdict(after, Inconclusive, "> close 1000\n", &[&[Closes(1000)]]);
    assert_verdict(after, Violates, "> close 1000\nwait 2\n", &[&[Closes(1000)]]);
    assert_verdict(after, NotExercised, "> close 1000\nwait 2\n", &[&[Closes(1000), Panics]]);
    assert_verdict(after, NotExercised, "> close 1000\nwait 2\n", &[&[Closes(1000), Hangs]]);
    assert_verdict(after, NotExercised, "> close 1000\napp pause\nwait 2\n", &[&[Closes(1000)]]);
    assert_verdict(after, NotExercised, "> close 1000\n> fin\nwait 2\n", &[&[], &[Closes(1000)]]);
    // A Close with a local code is no Close.
    assert_verdict(after, NotExercised, "> close 1000\nwait 2\n", &[&[Closes(1005)]]);
    assert_verdict(after, NotExercised, "> close 1000\n", &[&[ClosesTcp, Closes(1000)]]);
    assert_verdict(once, Conforms, "> close 1000\n", &[&[Closes(1000), ClosesTcp]]);
    assert_verdict(once, Violates, "> close 1000\nwait 2\n", &[&[Closes(1000)]]);
}

#[test]
fn a_close_written_before_the_end_is_not_destroyed_by_it() {
    let rule = Rule::TcpClosedCleanly;
    let steps = "app close 1000\n> reset\n";
    assert_verdict(rule, Violates, steps, &[&[Closes(1000), Resets]]);
    assert_verdict(rule, Inconclusive, steps, &[&[Closes(1000)], &[Resets]]);
    assert_verdict(rule, NotExercised, "app close 1000\n", &[&[ClosesTcp, Closes(1000)]]);
}

#[test]
fn who_begins_waits_unless_something_excuses_it() {
    let rule = Rule::WaitsForAnswer;
    assert_verdict(rule, Violates, "app close 1000\n", &[&[Closes(1000), ReportsError, ClosesTcp]]);
    assert_verdict(rule, Conforms, "app close 1000\n", &[&[ReportsError, Closes(1000), ClosesTcp]]);
    assert_verdict(rule, Conforms, "app close 1000\n> text \"a\"\n", &[&[Closes(1000)], &[ClosesTcp]]);
    assert_verdict(rule, NotExercised, "app close 1000\n", &[&[ClosesTcp, Closes(1000)]]);
    assert_verdict(rule, NotExercised, "> close 1000\n", &[&[Closes(1000), ClosesTcp]]);
    assert_verdict(rule, NotExercised, "> ping \"x\" rsv=4\n", &[&[Closes(1002), ClosesTcp]]);
    // What lay unread when it left excuses nothing.
    for unread in ["> close 1000\n", "> ping \"x\" rsv=4\n"] {
        let steps = format!("app pause\n{unread}app close 1000\napp resume\n");
        assert_verdict(rule, Violates, &steps, &[&[], &[], &[Closes(1000), ClosesTcp]]);
    }
}

#[test]
fn frames_are_left_unfinished_by_who_leaves_by_himself() {
    let rule = Rule::StreamWellFormed;
    let half = Writes(&[0x81, 5]);
    assert_verdict(rule, Violates, "> ping \"x\"\n", &[&[half, ClosesTcp]]);
    assert_verdict(rule, Conforms, "> ping \"x\"\n> reset\n", &[&[half], &[ClosesTcp]]);
    assert_verdict(rule, Conforms, "> pause\n> ping \"x\"\n", &[&[], &[half, ClosesTcp]]);
}

#[test]
fn the_peers_end_without_a_close_is_the_end() {
    let rule = Rule::EofIsNotAClose;
    assert_verdict(rule, Violates, "> fin\n", &[]);
    assert_verdict(rule, Violates, "> fin\n", &[&[ReportsClose(None, Some(true)), ClosesTcp]]);
    assert_verdict(rule, Violates, "> fin\n", &[&[ReportsClose(Some(1000), None), ClosesTcp]]);
    assert_verdict(rule, Conforms, "> fin\n", &[&[ReportsError, ReportsClose(Some(1000), None), ClosesTcp]]);
    assert_verdict_without(&[Capability::ClosesTcp], rule, Conforms, "> fin\n", &[]);
    assert_verdict_without(
        &[Capability::ReportsCloseStatus],
        rule,
        Conforms,
        "> fin\n",
        &[&[ReportsClose(Some(1000), None), ClosesTcp]],
    );
    assert_verdict(rule, NotExercised, "> fin\n", &[&[Panics]]);
    assert_verdict(rule, NotExercised, "> fin\n", &[&[Hangs]]);
    assert_verdict(rule, NotExercised, "> fin\napp pause\n", &[]);
    assert_verdict(rule, NotExercised, "> ping \"x\"\n> fin\n", &[&[ClosesTcp]]);
    // After a flaw nobody knows what it read, but the peer has gone.
    assert_verdict(rule, NotExercised, "> ping \"x\" rsv=4\n> fin\n", &[&[Closes(1002)], &[ClosesTcp]]);
    assert_verdict(rule, Violates, "> ping \"x\" rsv=4\n> fin\n", &[&[Closes(1002)]]);
}
