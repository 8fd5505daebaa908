//! When a subject answers, and when and how it ends TCP.

use crate::scripted::Act::{
    Closes, ClosesTcp, Delivers, Hangs, Panics, ReportsClose, ReportsError, Resets, ShutsDownWrite, Writes,
};
use crate::scripted::{PONG, assert_verdict, assert_verdict_without};
use wsclose::judge::Verdict::{Conforms, Inconclusive, NotExercised, Violates};
use wsclose::rules::{Capability, Rule};

#[test]
fn a_close_is_answered_by_whoever_can() {
    let rule = Rule::CloseAnswered;
    assert_verdict(rule, Inconclusive, "> close 1000\n", &[]);
    assert_verdict(rule, Violates, "> close 1000\nwait 2\n", &[]);
    assert_verdict(rule, Violates, "> close 1000\nwait 2\n", &[&[ReportsError]]);
    assert_verdict(rule, Conforms, "> close 1000\n", &[&[Closes(1000), Closes(1000)]]);
    assert_verdict(rule, Inconclusive, "> close 1000\nwait 2\n> reset\n", &[]);
    assert_verdict(rule, NotExercised, "> close 1000\nwait 2\n", &[&[Panics]]);
    assert_verdict(rule, NotExercised, "> close 1000\nwait 2\n", &[&[Hangs]]);
    assert_verdict(rule, NotExercised, "> close 1000\napp pause\nwait 2\n", &[]);
    assert_verdict(rule, NotExercised, "> ping \"x\"\n> close 1000\nwait 2\n", &[&[PONG, ShutsDownWrite]]);
    assert_verdict(rule, NotExercised, "> ping \"x\"\n> close 1000\nwait 2\n", &[&[ReportsError]]);
    // What lay unread is lost to a reset.
    assert_verdict(rule, NotExercised, "app pause\n> close 1000\n> reset\napp resume\n", &[]);
    // Half an answer is another rule's.
    assert_verdict(rule, NotExercised, "> close 1000\nwait 2\n", &[&[Writes(&[0x88, 2])]]);
    // Only a code that not everybody takes may be refused in silence.
    assert_verdict(rule, Violates, "> close 1012\nwait 2\n", &[]);
    assert_verdict(rule, Inconclusive, "> close 1012\nwait 2\n", &[&[ClosesTcp]]);
}

#[test]
fn an_answer_may_wait_for_a_message_and_another_code_refuses() {
    let steps = "> close 1000\nwait 3\n";
    assert_verdict(Rule::CloseAnsweredPromptly, Violates, steps, &[&[], &[], &[], &[Closes(1000)]]);
    let message = Writes(&[0x81, 0]);
    assert_verdict(
        Rule::CloseAnsweredPromptly,
        NotExercised,
        steps,
        &[&[message], &[], &[], &[Closes(1000)]],
    );
    let earlier = format!("> ping \"x\"\n{steps}");
    assert_verdict(
        Rule::CloseAnsweredPromptly,
        Violates,
        &earlier,
        &[&[message], &[], &[], &[], &[Closes(1000)]],
    );
    assert_verdict(Rule::CloseEchoesCode, Violates, steps, &[&[Closes(1001)]]);
    assert_verdict(Rule::CloseEchoesCode, NotExercised, steps, &[&[Closes(1002)]]);
}

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
fn a_server_that_says_1010_echoes_it_or_does_not() {
    let rule = Rule::Code1010FromClient;
    assert_verdict(rule, Conforms, "> close 1010\n", &[&[Closes(1010)]]);
    assert_verdict(rule, Violates, "> close 1000\n", &[&[Closes(1010)]]);
    assert_verdict(rule, Violates, "> ping \"x\"\n> close 1010\n", &[&[Closes(1010)]]);
    // What came after a flaw is not read: it may have been this.
    assert_verdict(rule, Conforms, "> ping \"x\" rsv=4\n", &[&[Closes(1010)]]);
    assert_verdict(rule, Violates, "> ping \"x\"\n> ping \"y\" rsv=4\n", &[&[Closes(1010)]]);
}

#[test]
fn after_its_close_it_reads_until_the_peers() {
    let rule = Rule::ReadsUntilAnswer;
    let steps = "app close 1000\n> text \"a\"\n> close 1000\n";
    assert_verdict(rule, Violates, steps, &[&[Closes(1000)]]);
    assert_verdict(rule, Violates, "app close 1000\n> ping \"x\"\n", &[&[Closes(1000)], &[ReportsError]]);
    assert_verdict(rule, Conforms, "app close 1000\n> ping \"x\"\n", &[&[Closes(1000), ReportsError]]);
    assert_verdict(
        rule,
        Conforms,
        "app close 1000\n> ping \"x\"\n> fin\n",
        &[&[Closes(1000)], &[], &[ClosesTcp]],
    );
    assert_verdict(rule, NotExercised, "app close 1000\n> close 1000\n", &[&[Closes(1000)]]);
    // What came before its Close is another matter, and a message in pieces is whole at its end.
    let earlier = "> text \"a\"\napp close 1000\n> close 1000\n";
    assert_verdict(rule, NotExercised, earlier, &[&[], &[Closes(1000)]]);
    let earlier = "> text \"a\"\napp close 1000\n> ping \"x\"\n> close 1000\n";
    assert_verdict(rule, Conforms, earlier, &[&[], &[Closes(1000)]]);
    let both = "> text \"a\"\napp close 1000\n> text \"b\"\n> close 1000\n";
    assert_verdict(rule, Violates, both, &[&[Delivers], &[Closes(1000)]]);
    let part = "app close 1000\n> text \"a\" fin=0\n> close 1000\n";
    assert_verdict(rule, Conforms, part, &[&[Closes(1000)]]);
    // A message is lost only by who could hand it over, and shows that.
    assert_verdict_without(&[Capability::ReportsCloseStatus], rule, Conforms, steps, &[&[Closes(1000)]]);
    assert_verdict_without(&[Capability::ReportsMessages], rule, Conforms, steps, &[&[Closes(1000)]]);
    assert_verdict(rule, Conforms, steps, &[&[Closes(1000)], &[], &[Panics]]);
    assert_verdict(rule, Conforms, steps, &[&[Closes(1000)], &[], &[Hangs]]);
    assert_verdict(rule, Conforms, steps, &[&[Closes(1000)], &[], &[ReportsError]]);
    assert_verdict(rule, Conforms, &format!("{steps}app pause\n"), &[&[Closes(1000)]]);
    let left = "app close 1000\n> text \"a\"\nwait 1\n";
    assert_verdict(rule, Conforms, left, &[&[Closes(1000)], &[], &[ClosesTcp]]);
    let flaw = "app close 1000\n> text \"a\"\n> ping \"x\" rsv=4\n";
    assert_verdict(rule, NotExercised, flaw, &[&[Closes(1000)]]);
}

#[test]
fn closes_that_cross_are_each_others_answer() {
    let rule = Rule::SimultaneousClose;
    assert_verdict(rule, Violates, "app close 1000\n> close 3333\n", &[&[Closes(1000)], &[Closes(3333)]]);
    assert_verdict(rule, Conforms, "app close 1000\n> close 3333\n", &[&[Closes(1000), Closes(1000)]]);
    assert_verdict(rule, NotExercised, "app close 1000\n> close 1000\n", &[&[Closes(1000)], &[Closes(1000)]]);
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

#[test]
fn nobody_waits_for_ever() {
    let rule = Rule::GivesUpWaiting;
    assert_verdict(rule, Violates, "app close 1000\nwait 16\n", &[&[Closes(1000)]]);
    assert_verdict(rule, NotExercised, "app close 1000\nwait 15\n", &[&[Closes(1000)]]);
    assert_verdict(rule, Conforms, "app close 1000\nwait 16\n", &[&[Closes(1000)], &[], &[ClosesTcp]]);
    assert_verdict(rule, NotExercised, "app close 1000\nwait 16\n", &[&[Closes(1000)], &[ClosesTcp]]);
    let mut late: [&[crate::scripted::Act]; 18] = [&[]; 18];
    (late[0], late[17]) = (&[Closes(1000)], &[ClosesTcp]);
    assert_verdict(rule, Violates, "app close 1000\nwait 17\n", &late);
    assert_verdict(rule, NotExercised, "app close 1000\nwait 8\n> ping \"x\"\nwait 8\n", &[&[Closes(1000)]]);
    for more in ["> ping \"x\" rsv=4\nwait 16\n", "> fin\nwait 16\n", "> reset\nwait 16\n"] {
        assert_verdict(rule, NotExercised, &format!("app close 1000\n{more}"), &[&[Closes(1000)]]);
    }
    assert_verdict(rule, NotExercised, "app close 1000\nwait 16\n", &[&[Closes(1000), Panics]]);
    assert_verdict(rule, NotExercised, "app close 1000\nwait 16\n", &[&[Closes(1000), Hangs]]);
}

#[test]
fn after_both_closes_there_is_silence() {
    let rule = Rule::QuietAfterClose;
    for noise in [PONG, Writes(&[0x89, 0])] {
        assert_verdict(rule, Violates, "> close 1000\n", &[&[Closes(1000), noise]]);
        assert_verdict(rule, Conforms, "> close 1000\n", &[&[noise, Closes(1000)]]);
        assert_verdict(rule, Conforms, "app close 1000\n> close 1000\n", &[&[Closes(1000), noise]]);
    }
    assert_verdict(rule, Conforms, "> ping \"x\"\n> close 1000\n", &[&[], &[Closes(1000), PONG]]);
}

#[test]
fn reading_ends_upon_a_frame_or_upon_what_follows_it() {
    let steps = "app close 1000\n> ping \"x\"\n> close 1000 cut=1\n";
    assert_verdict(Rule::ReadsUntilAnswer, Violates, steps, &[&[Closes(1000)], &[ReportsError], &[], &[]]);
    // A Close that is begun, and refused at that, is none of the frames between.
    assert_verdict(Rule::ReadsUntilAnswer, Conforms, steps, &[&[Closes(1000)], &[], &[ReportsError], &[]]);
}
