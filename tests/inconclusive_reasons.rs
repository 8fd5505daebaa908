//! An inconclusive verdict names its reason, and no other verdict does.

mod support;

#[path = "support/reacts.rs"]
mod reacts;

use reacts::{Reaction, Reacts};
use wsclose::harness::{Driver, Recorder};
use wsclose::judge::{InconclusiveReason, Judge, Verdict};
use wsclose::model::faults::{Fault, FaultyModel};
use wsclose::protocol::code::{CloseCode, Profile};
use wsclose::rules::Rule;
use wsclose::script::ScriptBuf;

/// Asserts that a server that reacts like this has an inconclusive verdict on `rule` for this reason.
#[track_caller]
fn inconclusive(rule: Rule, reason: InconclusiveReason, steps: &str, reactions: &[Reaction]) {
    let script = ScriptBuf::read(format!("wsclose 1\nrole server\n{steps}").as_bytes()).expect("a script");
    let (mut driver, mut judge) = (Driver::new(), Judge::new(Profile::default()));
    let trace = driver.drive(script.as_script(), &mut Reacts::new(reactions));
    judge.judge(trace);
    assert_eq!(judge.verdicts().inconclusive_reason(rule), Some(reason), "{rule}\n{trace}");
}

fn close(code: u16, out: &mut Recorder) {
    let [high, low] = code.to_be_bytes();
    out.sent(&[0x88, 2, high, low]);
}

#[test]
fn exactly_the_inconclusive_verdicts_have_a_reason() {
    let (mut driver, mut judge) = (Driver::new(), Judge::new(Profile::default()));
    let mut inconclusive = 0;
    for (name, script) in support::scripts() {
        for fault in Fault::ALL {
            judge.judge(driver.drive(script.as_script(), &mut FaultyModel::new(fault)));
            for rule in Rule::ALL {
                let has_reason = judge.verdicts().inconclusive_reason(rule).is_some();
                let is_inconclusive = judge.verdicts().on(rule) == Verdict::Inconclusive;
                assert_eq!(has_reason, is_inconclusive, "{rule}, {name}, {}", fault.slug());
                inconclusive += usize::from(is_inconclusive);
            }
        }
    }
    assert!(inconclusive > 0, "no verdict is inconclusive");
}

#[test]
fn rejects_flaws_name_what_hides_the_reaction() {
    let rule = Rule::RejectsRsv;
    let flawed = "> close 1000 rsv=4\nwait 1\n";
    inconclusive(rule, InconclusiveReason::UnrelatedReply, flawed, &[|out| close(1001, out)]);
    let both: [Reaction; 2] =
        [|out| out.reported(Some(CloseCode(1000)), None, None), |out| out.error_reported("an error")];
    inconclusive(rule, InconclusiveReason::ClosureAndError, "> close 1000 rsv=4\n> fin\n", &both);
    let failure = "> close 1002 rsv=4\nwait 1\n";
    inconclusive(rule, InconclusiveReason::EchoOrFailure, failure, &[|out| close(1002, out)]);
    let glued = "> close 1000 rsv=4\n> close 1000 rsv=2 glue\nwait 1\n";
    inconclusive(rule, InconclusiveReason::AmbiguousCause, glued, &[|out| out.error_reported("an error")]);
    inconclusive(rule, InconclusiveReason::PanickedOrHung, flawed, &[|out| out.hung()]);
    inconclusive(rule, InconclusiveReason::NoTimeToReact, "> close 1000 rsv=4\n> fin\n", &[]);
    let closing = "app close 1000\n> close 1000 rsv=4\nwait 1\n";
    inconclusive(rule, InconclusiveReason::AlreadyClosing, closing, &[|out| close(1000, out)]);
    let refuses: [Reaction; 1] = [|out| out.sent(&[0x88, 3, 3, 0xe8, b'!'])];
    inconclusive(rule, InconclusiveReason::EchoWithOwnReason, flawed, &refuses);
    let late = "> close 1000 rsv=4\nwait 1\n> ping \"x\"\n";
    let error_after_ping: [Reaction; 3] = [|_| {}, |_| {}, |out| out.error_reported("an error")];
    inconclusive(rule, InconclusiveReason::LateRejection, late, &error_after_ping);
    let ends: [Reaction; 1] = [|out| out.fin()];
    inconclusive(Rule::FailSendsClose, InconclusiveReason::MaskFlaw, "> ping \"x\" mask=wrong\n", &ends);
}

#[test]
fn accepts_close_names_what_hides_the_reaction() {
    let refuses: [Reaction; 1] = [|out| close(1002, out)];
    let long = format!("> close 3000 \"{}\"\n", "a".repeat(20));
    inconclusive(Rule::AcceptsLongestReason, InconclusiveReason::AmbiguousProperty, &long, &refuses);
    let after_a_message = "> text \"a\"\n> close 1001 glue\n";
    inconclusive(Rule::AcceptsDefinedCodes, InconclusiveReason::AmbiguousCause, after_a_message, &refuses);
    inconclusive(Rule::AcceptsDefinedCodes, InconclusiveReason::NothingShown, "> close 1001\n", &[]);
}

#[test]
fn close_answered_and_tcp_name_the_reset_or_the_grace() {
    let rule = Rule::CloseAnswered;
    inconclusive(rule, InconclusiveReason::PeerReset, "> close 1000\n> reset\nwait 2\n", &[]);
    inconclusive(rule, InconclusiveReason::WithinGrace, "> close 1000\n", &[]);
    let rejects: [Reaction; 1] = [|out| out.error_reported("an error")];
    inconclusive(rule, InconclusiveReason::RegisteredCode, "> close 1012\nwait 4\n", &rejects);
    let fails: [Reaction; 1] = [|out| close(1002, out)];
    inconclusive(Rule::FailClosesTcp, InconclusiveReason::MayStillWait, "> close 1000 rsv=4\n", &fails);
}

#[test]
fn reports_name_the_absence_of_a_report() {
    let fails: [Reaction; 2] = [|out| out.sent(&[0x88, 0]), |out| out.error_reported("an error")];
    inconclusive(Rule::Reports1005, InconclusiveReason::NothingReported, "> close\n> fin\n", &fails);
    inconclusive(Rule::Reports1006, InconclusiveReason::NothingReported, "> reset\nwait 1\n", &[]);
    let resets: [Reaction; 2] =
        [|out| close(3333, out), |out| out.reported(Some(CloseCode(3333)), None, Some(false))];
    let steps = "> close 3333\n> reset\n";
    inconclusive(Rule::ReportsClean, InconclusiveReason::RightlyUnclean, steps, &resets);
}

#[test]
fn requests_name_what_hides_their_result() {
    let nothing: [Reaction; 0] = [];
    let unanswered = InconclusiveReason::RequestUnanswered;
    inconclusive(Rule::RequestedCloseSent, unanswered, "app close 1000\nwait 2\n", &nothing);
    inconclusive(Rule::ApiRefusesUnsendableCode, unanswered, "app close 999\nwait 2\n", &nothing);
    let interrupted = InconclusiveReason::RequestInterrupted;
    let late: [Reaction; 2] = [|_| (), |out| close(1000, out)];
    inconclusive(Rule::RequestedCodeSent, interrupted, "app close 4001\n> close 1000\n", &late);
    let sends: [Reaction; 1] = [|out| close(1000, out)];
    inconclusive(
        Rule::ApiRefusesUnsendableCode,
        InconclusiveReason::ReplacedRequest,
        "app close 999\n",
        &sends,
    );
    let fails: [Reaction; 1] = [|out| close(1011, out)];
    inconclusive(Rule::RequestedCodeSent, InconclusiveReason::MayBeRefusal, "app close 1001\n", &fails);
    inconclusive(Rule::RequestedCodeSent, InconclusiveReason::NoCodeRequested, "app close\n", &fails);
    let twice = "app close 4001\napp close 4002\n";
    inconclusive(Rule::RequestedCodeSent, InconclusiveReason::RepeatedRequest, twice, &late);
}

#[test]
fn a_conclusive_part_of_the_trace_leaves_no_reason() {
    let script = ScriptBuf::read(b"wsclose 1\nrole server\n> close 1000\nconnect\n> close 1000\nwait 4\n");
    let script = script.expect("a script");
    let (mut driver, mut judge) = (Driver::new(), Judge::new(Profile::default()));
    judge.judge(driver.drive(script.as_script(), &mut Reacts::new(&[])));
    assert_eq!(judge.verdicts().on(Rule::CloseAnswered), Verdict::Violates);
    assert_eq!(judge.verdicts().inconclusive_reason(Rule::CloseAnswered), None);
}
