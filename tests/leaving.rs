//! When a subject answers, and when and how it ends TCP.

#[path = "support/plays.rs"]
mod plays;

use plays::Act::{Closes, Delivers, Ends, Errs, HalfEnds, Panics, Resets, Spins, Tells, Writes};
use plays::{PONG, hold, hold_without};
use wsclose::judge::Verdict::{Conforms, Inconclusive, NotExercised, Violates};
use wsclose::rules::{Capability, Rule};

#[test]
fn a_close_is_answered_by_whoever_can() {
    let rule = Rule::CloseAnswered;
    hold(rule, Inconclusive, "> close 1000\n", &[]);
    hold(rule, Violates, "> close 1000\nwait 2\n", &[]);
    hold(rule, Violates, "> close 1000\nwait 2\n", &[&[Errs]]);
    hold(rule, Conforms, "> close 1000\n", &[&[Closes(1000), Closes(1000)]]);
    hold(rule, Inconclusive, "> close 1000\nwait 2\n> reset\n", &[]);
    hold(rule, NotExercised, "> close 1000\nwait 2\n", &[&[Panics]]);
    hold(rule, NotExercised, "> close 1000\nwait 2\n", &[&[Spins]]);
    hold(rule, NotExercised, "> close 1000\napp pause\nwait 2\n", &[]);
    hold(rule, NotExercised, "> ping \"x\"\n> close 1000\nwait 2\n", &[&[PONG, HalfEnds]]);
    hold(rule, NotExercised, "> ping \"x\"\n> close 1000\nwait 2\n", &[&[Errs]]);
    // What lay unread is lost to a reset.
    hold(rule, NotExercised, "app pause\n> close 1000\n> reset\napp resume\n", &[]);
    // Half an answer is another rule's.
    hold(rule, NotExercised, "> close 1000\nwait 2\n", &[&[Writes(&[0x88, 2])]]);
    // Only a code that not everybody takes may be refused in silence.
    hold(rule, Violates, "> close 1012\nwait 2\n", &[]);
    hold(rule, Inconclusive, "> close 1012\nwait 2\n", &[&[Ends]]);
}

#[test]
fn an_answer_may_wait_for_a_message_and_another_code_refuses() {
    let steps = "> close 1000\nwait 3\n";
    hold(Rule::CloseAnsweredPromptly, Violates, steps, &[&[], &[], &[], &[Closes(1000)]]);
    let message = Writes(&[0x81, 0]);
    hold(Rule::CloseAnsweredPromptly, NotExercised, steps, &[&[message], &[], &[], &[Closes(1000)]]);
    let earlier = format!("> ping \"x\"\n{steps}");
    hold(Rule::CloseAnsweredPromptly, Violates, &earlier, &[&[message], &[], &[], &[], &[Closes(1000)]]);
    hold(Rule::CloseEchoesCode, Violates, steps, &[&[Closes(1001)]]);
    hold(Rule::CloseEchoesCode, NotExercised, steps, &[&[Closes(1002)]]);
}

#[test]
fn a_server_ends_tcp_within_a_tick_of_the_handshake() {
    let (after, once) = (Rule::TcpClosedAfterHandshake, Rule::ServerClosesTcpAtOnce);
    hold(after, Inconclusive, "> close 1000\n", &[&[Closes(1000)]]);
    hold(after, Violates, "> close 1000\nwait 2\n", &[&[Closes(1000)]]);
    hold(after, NotExercised, "> close 1000\nwait 2\n", &[&[Closes(1000), Panics]]);
    hold(after, NotExercised, "> close 1000\nwait 2\n", &[&[Closes(1000), Spins]]);
    hold(after, NotExercised, "> close 1000\napp pause\nwait 2\n", &[&[Closes(1000)]]);
    hold(after, NotExercised, "> close 1000\n> fin\nwait 2\n", &[&[], &[Closes(1000)]]);
    // A Close with a local code is no Close.
    hold(after, NotExercised, "> close 1000\nwait 2\n", &[&[Closes(1005)]]);
    hold(after, NotExercised, "> close 1000\n", &[&[Ends, Closes(1000)]]);
    hold(once, Conforms, "> close 1000\n", &[&[Closes(1000), Ends]]);
    hold(once, Violates, "> close 1000\nwait 2\n", &[&[Closes(1000)]]);
}

#[test]
fn a_close_written_before_the_end_is_not_destroyed_by_it() {
    let rule = Rule::TcpClosedCleanly;
    let steps = "app close 1000\n> reset\n";
    hold(rule, Violates, steps, &[&[Closes(1000), Resets]]);
    hold(rule, Inconclusive, steps, &[&[Closes(1000)], &[Resets]]);
    hold(rule, NotExercised, "app close 1000\n", &[&[Ends, Closes(1000)]]);
}

#[test]
fn who_begins_waits_unless_something_excuses_it() {
    let rule = Rule::WaitsForAnswer;
    hold(rule, Violates, "app close 1000\n", &[&[Closes(1000), Errs, Ends]]);
    hold(rule, Conforms, "app close 1000\n", &[&[Errs, Closes(1000), Ends]]);
    hold(rule, Conforms, "app close 1000\n> text \"a\"\n", &[&[Closes(1000)], &[Ends]]);
    hold(rule, NotExercised, "app close 1000\n", &[&[Ends, Closes(1000)]]);
    hold(rule, NotExercised, "> close 1000\n", &[&[Closes(1000), Ends]]);
    hold(rule, NotExercised, "> ping \"x\" rsv=4\n", &[&[Closes(1002), Ends]]);
    // What lay unread when it left excuses nothing.
    for unread in ["> close 1000\n", "> ping \"x\" rsv=4\n"] {
        let steps = format!("app pause\n{unread}app close 1000\napp resume\n");
        hold(rule, Violates, &steps, &[&[], &[], &[Closes(1000), Ends]]);
    }
}

#[test]
fn frames_are_left_unfinished_by_who_leaves_by_himself() {
    let rule = Rule::StreamWellFormed;
    let half = Writes(&[0x81, 5]);
    hold(rule, Violates, "> ping \"x\"\n", &[&[half, Ends]]);
    hold(rule, Conforms, "> ping \"x\"\n> reset\n", &[&[half], &[Ends]]);
    hold(rule, Conforms, "> pause\n> ping \"x\"\n", &[&[], &[half, Ends]]);
}

#[test]
fn a_server_that_says_1010_echoes_it_or_does_not() {
    let rule = Rule::Code1010FromClient;
    hold(rule, Conforms, "> close 1010\n", &[&[Closes(1010)]]);
    hold(rule, Violates, "> close 1000\n", &[&[Closes(1010)]]);
    hold(rule, Violates, "> ping \"x\"\n> close 1010\n", &[&[Closes(1010)]]);
    // What came after a flaw is not read: it may have been this.
    hold(rule, Conforms, "> ping \"x\" rsv=4\n", &[&[Closes(1010)]]);
    hold(rule, Violates, "> ping \"x\"\n> ping \"y\" rsv=4\n", &[&[Closes(1010)]]);
}

#[test]
fn after_its_close_it_reads_until_the_peers() {
    let rule = Rule::ReadsUntilAnswer;
    let steps = "app close 1000\n> text \"a\"\n> close 1000\n";
    hold(rule, Violates, steps, &[&[Closes(1000)]]);
    hold(rule, Violates, "app close 1000\n> ping \"x\"\n", &[&[Closes(1000)], &[Errs]]);
    hold(rule, Conforms, "app close 1000\n> ping \"x\"\n", &[&[Closes(1000), Errs]]);
    hold(rule, Conforms, "app close 1000\n> ping \"x\"\n> fin\n", &[&[Closes(1000)], &[], &[Ends]]);
    hold(rule, NotExercised, "app close 1000\n> close 1000\n", &[&[Closes(1000)]]);
    // What came before its Close is another matter, and a message in pieces is whole at its end.
    let earlier = "> text \"a\"\napp close 1000\n> close 1000\n";
    hold(rule, NotExercised, earlier, &[&[], &[Closes(1000)]]);
    let earlier = "> text \"a\"\napp close 1000\n> ping \"x\"\n> close 1000\n";
    hold(rule, Conforms, earlier, &[&[], &[Closes(1000)]]);
    let both = "> text \"a\"\napp close 1000\n> text \"b\"\n> close 1000\n";
    hold(rule, Violates, both, &[&[Delivers], &[Closes(1000)]]);
    let part = "app close 1000\n> text \"a\" fin=0\n> close 1000\n";
    hold(rule, Conforms, part, &[&[Closes(1000)]]);
    // A message is lost only by who could hand it over, and shows that.
    hold_without(&[Capability::ReportsCloseStatus], rule, Conforms, steps, &[&[Closes(1000)]]);
    hold_without(&[Capability::ReportsMessages], rule, Conforms, steps, &[&[Closes(1000)]]);
    hold(rule, Conforms, steps, &[&[Closes(1000)], &[], &[Panics]]);
    hold(rule, Conforms, steps, &[&[Closes(1000)], &[], &[Spins]]);
    hold(rule, Conforms, steps, &[&[Closes(1000)], &[], &[Errs]]);
    hold(rule, Conforms, &format!("{steps}app pause\n"), &[&[Closes(1000)]]);
    let left = "app close 1000\n> text \"a\"\nwait 1\n";
    hold(rule, Conforms, left, &[&[Closes(1000)], &[], &[Ends]]);
    let flaw = "app close 1000\n> text \"a\"\n> ping \"x\" rsv=4\n";
    hold(rule, NotExercised, flaw, &[&[Closes(1000)]]);
}

#[test]
fn closes_that_cross_are_each_others_answer() {
    let rule = Rule::SimultaneousClose;
    hold(rule, Violates, "app close 1000\n> close 3333\n", &[&[Closes(1000)], &[Closes(3333)]]);
    hold(rule, Conforms, "app close 1000\n> close 3333\n", &[&[Closes(1000), Closes(1000)]]);
    hold(rule, NotExercised, "app close 1000\n> close 1000\n", &[&[Closes(1000)], &[Closes(1000)]]);
}

#[test]
fn the_peers_end_without_a_close_is_the_end() {
    let rule = Rule::EofIsNotAClose;
    hold(rule, Violates, "> fin\n", &[]);
    hold(rule, Violates, "> fin\n", &[&[Tells(None, Some(true)), Ends]]);
    hold(rule, Violates, "> fin\n", &[&[Tells(Some(1000), None), Ends]]);
    hold(rule, Conforms, "> fin\n", &[&[Errs, Tells(Some(1000), None), Ends]]);
    hold_without(&[Capability::ClosesTcp], rule, Conforms, "> fin\n", &[]);
    hold_without(
        &[Capability::ReportsCloseStatus],
        rule,
        Conforms,
        "> fin\n",
        &[&[Tells(Some(1000), None), Ends]],
    );
    hold(rule, NotExercised, "> fin\n", &[&[Panics]]);
    hold(rule, NotExercised, "> fin\n", &[&[Spins]]);
    hold(rule, NotExercised, "> fin\napp pause\n", &[]);
    hold(rule, NotExercised, "> ping \"x\"\n> fin\n", &[&[Ends]]);
    // After a flaw nobody knows what it read, but the peer has gone.
    hold(rule, NotExercised, "> ping \"x\" rsv=4\n> fin\n", &[&[Closes(1002)], &[Ends]]);
    hold(rule, Violates, "> ping \"x\" rsv=4\n> fin\n", &[&[Closes(1002)]]);
}

#[test]
fn nobody_waits_for_ever() {
    let rule = Rule::GivesUpWaiting;
    hold(rule, Violates, "app close 1000\nwait 16\n", &[&[Closes(1000)]]);
    hold(rule, NotExercised, "app close 1000\nwait 15\n", &[&[Closes(1000)]]);
    hold(rule, Conforms, "app close 1000\nwait 16\n", &[&[Closes(1000)], &[], &[Ends]]);
    hold(rule, NotExercised, "app close 1000\nwait 16\n", &[&[Closes(1000)], &[Ends]]);
    let mut late: [&[plays::Act]; 18] = [&[]; 18];
    (late[0], late[17]) = (&[Closes(1000)], &[Ends]);
    hold(rule, Violates, "app close 1000\nwait 17\n", &late);
    hold(rule, NotExercised, "app close 1000\nwait 8\n> ping \"x\"\nwait 8\n", &[&[Closes(1000)]]);
    for more in ["> ping \"x\" rsv=4\nwait 16\n", "> fin\nwait 16\n", "> reset\nwait 16\n"] {
        hold(rule, NotExercised, &format!("app close 1000\n{more}"), &[&[Closes(1000)]]);
    }
    hold(rule, NotExercised, "app close 1000\nwait 16\n", &[&[Closes(1000), Panics]]);
    hold(rule, NotExercised, "app close 1000\nwait 16\n", &[&[Closes(1000), Spins]]);
}

#[test]
fn after_both_closes_there_is_silence() {
    let rule = Rule::QuietAfterClose;
    for noise in [PONG, Writes(&[0x89, 0])] {
        hold(rule, Violates, "> close 1000\n", &[&[Closes(1000), noise]]);
        hold(rule, Conforms, "> close 1000\n", &[&[noise, Closes(1000)]]);
        hold(rule, Conforms, "app close 1000\n> close 1000\n", &[&[Closes(1000), noise]]);
    }
    hold(rule, Conforms, "> ping \"x\"\n> close 1000\n", &[&[], &[Closes(1000), PONG]]);
}

#[test]
fn reading_ends_upon_a_frame_or_upon_what_follows_it() {
    let steps = "app close 1000\n> ping \"x\"\n> close 1000 cut=1\n";
    hold(Rule::ReadsUntilAnswer, Violates, steps, &[&[Closes(1000)], &[Errs], &[], &[]]);
    // A Close that is begun, and refused at that, is none of the frames between.
    hold(Rule::ReadsUntilAnswer, Conforms, steps, &[&[Closes(1000)], &[], &[Errs], &[]]);
}
