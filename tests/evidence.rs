//! A finding names the event of the trace that shows the violation.

#[path = "support/reacts.rs"]
mod reacts;

use reacts::{Reaction, Reacts};
use wsclose::harness::{Driver, Recorder, TraceEventKind};
use wsclose::judge::Judge;
use wsclose::protocol::code::{CloseCode, Profile};
use wsclose::protocol::role::Role;
use wsclose::rules::Rule;
use wsclose::script::{MessageKind, ScriptBuf};

/// A server's Close with 1000.
const CLOSE: &[u8] = &[0x88, 2, 3, 232];

/// The kind of the event that a finding has to name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EvidenceKind {
    Received,
    PeerFin,
    Sent,
    Fin,
    Reported,
    Error,
    Message,
    RequestAccepted,
}

impl EvidenceKind {
    fn of(kind: TraceEventKind) -> Option<EvidenceKind> {
        match kind {
            TraceEventKind::Received(_) => Some(EvidenceKind::Received),
            TraceEventKind::PeerFin => Some(EvidenceKind::PeerFin),
            TraceEventKind::Sent(_) => Some(EvidenceKind::Sent),
            TraceEventKind::Fin => Some(EvidenceKind::Fin),
            TraceEventKind::Reported { .. } => Some(EvidenceKind::Reported),
            TraceEventKind::ErrorReported(_) => Some(EvidenceKind::Error),
            TraceEventKind::Message { .. } => Some(EvidenceKind::Message),
            TraceEventKind::RequestAccepted => Some(EvidenceKind::RequestAccepted),
            TraceEventKind::Connected { .. }
            | TraceEventKind::DeflateNegotiated
            | TraceEventKind::SentWithOpening
            | TraceEventKind::PeerReset
            | TraceEventKind::PeerGone(_)
            | TraceEventKind::PeerPaused
            | TraceEventKind::PeerResumed
            | TraceEventKind::AppClose { .. }
            | TraceEventKind::AppSend { .. }
            | TraceEventKind::AppPause
            | TraceEventKind::AppResume
            | TraceEventKind::WriteShutdown
            | TraceEventKind::Reset
            | TraceEventKind::RequestRefused(_)
            | TraceEventKind::Unsupported(_)
            | TraceEventKind::Panicked(_)
            | TraceEventKind::Hung
            | TraceEventKind::Memory(_)
            | TraceEventKind::StateChanged(..)
            | TraceEventKind::Undelivered(_)
            | TraceEventKind::Note(_)
            | TraceEventKind::TlsStarted
            | TraceEventKind::TlsClosed
            | TraceEventKind::ScriptEnded => None,
        }
    }
}

/// Asserts that the finding on `rule` names the event of this kind, the `nth` of its kind in the trace from 0 on.
#[track_caller]
fn shows(role: Role, rule: Rule, steps: &str, reactions: &[Reaction], kind: EvidenceKind, nth: usize) {
    let text = format!("wsclose 1\nrole {role}\n{steps}");
    let script = ScriptBuf::read(text.as_bytes()).expect("a script");
    let (mut driver, mut judge) = (Driver::new(), Judge::new(Profile::default()));
    let trace = driver.drive(script.as_script(), &mut Reacts::new(reactions));
    let findings = judge.judge(trace);
    let finding = findings.iter().find(|finding| finding.rule == rule);
    let finding = finding.unwrap_or_else(|| panic!("no finding on {rule}: {findings:?}\n{trace}"));
    let of_kind =
        trace.events().iter().enumerate().filter(|(_, event)| EvidenceKind::of(event.kind) == Some(kind));
    let expected = of_kind.map(|(at, _)| at).nth(nth).expect("an event of this kind");
    assert_eq!(finding.at, expected, "{rule}: expected event {expected}, found {}\n{trace}", finding.at);
}

#[test]
fn frames_each_rule_names_the_frame_with_its_own_flaw() {
    let reactions: [Reaction; 2] =
        [|out| out.sent(&[0x81, 126, 0, 1, b'a']), |out| out.sent(&[0x08, 2, 3, 232])];
    let steps = "> ping \"a\"\n> close 1000\n";
    shows(Role::Server, Rule::ShortestLength, steps, &reactions, EvidenceKind::Sent, 0);
    shows(Role::Server, Rule::CloseFin, steps, &reactions, EvidenceKind::Sent, 1);
}

#[test]
fn frames_a_fixed_key_is_shown_by_the_second_frame_that_uses_it() {
    fn send(out: &mut Recorder) {
        out.sent(&[0x8a, 0x80, 1, 2, 3, 4]);
    }
    let steps = "> ping \"a\"\n> ping \"b\"\n> ping \"c\"\n> ping \"d\"\n> ping \"e\"\n";
    shows(Role::Client, Rule::FreshMaskKey, steps, &[send as Reaction; 5], EvidenceKind::Sent, 1);
}

#[test]
fn rejects_flaws_each_rule_names_the_segment_that_shows_its_own_flaw() {
    let steps = "> octets c802\n> octets 03e7\nwait 1\n";
    shows(Role::Client, Rule::RejectsRsv, steps, &[], EvidenceKind::Received, 0);
    shows(Role::Client, Rule::RejectsUndefinedCodes, steps, &[], EvidenceKind::Received, 1);
}

#[test]
fn fail_connection_is_shown_by_the_subjects_own_events() {
    let steps = "> close 1000 rsv=4\nwait 1\n> fin\n";
    let misfit: [Reaction; 1] = [|out| {
        out.sent(&[0x88, 2, 3, 243]);
        out.fin();
    }];
    shows(Role::Server, Rule::FailCodeFits, steps, &misfit, EvidenceKind::Sent, 0);
    let silent: [Reaction; 1] = [|out| out.fin()];
    shows(Role::Server, Rule::FailSendsClose, steps, &silent, EvidenceKind::Fin, 0);
    let delivers: [Reaction; 1] = [|out| {
        out.error_reported("an error");
        out.message(MessageKind::Text, b"a");
        out.fin();
    }];
    shows(Role::Server, Rule::NothingAfterFail, steps, &delivers, EvidenceKind::Message, 0);
}

#[test]
fn tcp_close_that_is_late_is_shown_by_its_fin() {
    let late: [Reaction; 4] = [|out| out.sent(CLOSE), |_| (), |_| (), |out| out.fin()];
    shows(Role::Server, Rule::ServerClosesTcpAtOnce, "> close 1000\nwait 4\n", &late, EvidenceKind::Fin, 0);
}

#[test]
fn tcp_close_that_a_client_omits_is_due_at_the_servers_fin() {
    let replies: [Reaction; 1] = [|out| out.sent(&[0x88, 0x82, 1, 2, 3, 4, 2, 234])];
    let steps = "> close 1000\n> fin\nwait 2\n";
    shows(Role::Client, Rule::TcpClosedAfterHandshake, steps, &replies, EvidenceKind::PeerFin, 0);
}

#[test]
fn accepts_close_is_shown_by_the_reply_that_rejects_it() {
    let refuses: [Reaction; 1] = [|out| out.sent(&[0x88, 2, 3, 234])];
    shows(Role::Server, Rule::AcceptsDefinedCodes, "> close 1001\n", &refuses, EvidenceKind::Sent, 0);
    let fails: [Reaction; 1] = [|out| out.error_reported("an error")];
    shows(Role::Server, Rule::AcceptsDefinedCodes, "> close 1001\n", &fails, EvidenceKind::Error, 0);
}

#[test]
fn after_close_is_shown_by_the_message_that_is_delivered() {
    let delivers: [Reaction; 1] = [|out| {
        out.sent(CLOSE);
        out.message(MessageKind::Text, b"a");
    }];
    shows(
        Role::Server,
        Rule::DiscardsAfterClose,
        "> close 1000\n> text \"a\" glue\n",
        &delivers,
        EvidenceKind::Message,
        0,
    );
}

#[test]
fn delivers_until_answer_is_shown_by_the_message_that_is_lost() {
    let loses: [Reaction; 3] = [|out| out.sent(CLOSE), |_| (), |_| ()];
    let steps = "app close 1000\n> text \"a\"\n> close 1000\n";
    shows(Role::Server, Rule::DeliversUntilAnswer, steps, &loses, EvidenceKind::Received, 0);
}

#[test]
fn peer_eof_is_shown_by_the_report_of_a_clean_closure() {
    let reports: [Reaction; 1] = [|out| {
        out.fin();
        out.reported(Some(CloseCode::NORMAL), None, Some(true));
    }];
    shows(Role::Server, Rule::EofIsNotAClose, "> fin\n", &reports, EvidenceKind::Reported, 0);
    shows(Role::Server, Rule::ServerEndsOnEof, "> fin\nwait 2\n", &[], EvidenceKind::PeerFin, 0);
}

#[test]
fn timeouts_that_are_late_are_shown_by_the_fin() {
    let mut late: [Reaction; 30] = [|_| (); 30];
    late[0] = |out| out.sent(CLOSE);
    late[25] = |out| out.fin();
    shows(Role::Server, Rule::GivesUpWaiting, "app close 1000\nwait 32\n", &late, EvidenceKind::Fin, 0);
}

#[test]
fn api_requests_are_shown_by_the_close_or_the_acceptance() {
    let sends: [Reaction; 1] = [|out| out.sent(&[0x88, 2, 3, 231])];
    shows(Role::Server, Rule::ApiRefusesUnsendableCode, "app close 999\n", &sends, EvidenceKind::Sent, 0);
    let accepts: [Reaction; 2] = [|out| out.sent(CLOSE), |out| out.request_accepted()];
    let steps = "app close 1000\napp send text \"a\"\n";
    shows(Role::Server, Rule::ApiRefusesDataAfterClose, steps, &accepts, EvidenceKind::RequestAccepted, 0);
}

#[test]
fn requested_close_is_shown_by_the_close_the_end_of_tcp_or_the_request() {
    let sends: [Reaction; 1] = [|out| out.sent(CLOSE)];
    shows(Role::Server, Rule::RequestedCodeSent, "app close 4001\n", &sends, EvidenceKind::Sent, 0);
    shows(Role::Server, Rule::RequestedReasonSent, "app close 1000 \"a\"\n", &sends, EvidenceKind::Sent, 0);
    let ends: [Reaction; 1] = [|out| out.fin()];
    shows(Role::Server, Rule::RequestedCloseSent, "app close 1000\n", &ends, EvidenceKind::Fin, 0);
}

#[test]
fn code_of_a_later_close_is_shown_by_that_close() {
    let twice: [Reaction; 2] = [|out| out.sent(CLOSE), |out| out.sent(&[0x88, 2, 3, 237])];
    let steps = "> close 1000\n> ping \"a\"\n";
    shows(Role::Server, Rule::CodeNotLocalOnly, steps, &twice, EvidenceKind::Sent, 1);
}

#[test]
fn reports_are_shown_by_the_second_report_and_by_the_error() {
    let twice: [Reaction; 1] = [|out| {
        out.sent(CLOSE);
        out.fin();
        out.reported(Some(CloseCode::NORMAL), None, None);
        out.reported(Some(CloseCode::NORMAL), None, None);
        out.error_reported("an error");
    }];
    shows(Role::Server, Rule::ReportsOnce, "> close 1000\n", &twice, EvidenceKind::Reported, 1);
    shows(Role::Server, Rule::ReportsNoErrorAfterClose, "> close 1000\n", &twice, EvidenceKind::Error, 0);
}
