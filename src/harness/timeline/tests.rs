//! Tests the text of timelines and their marks.

use super::Mark;
use crate::harness::{Driver, Stimulus, Trace, TraceEventKind};
use crate::model::endpoint::Model;
use crate::model::faults::{Fault, FaultyModel};
use crate::protocol::code::Profile;
use crate::rules::Rule;
use crate::script::ScriptBuf;

/// What the model, as a server, does with these steps.
fn trace(steps: &str) -> Trace {
    let text = format!("wsclose 1\nrole server\n{steps}");
    let script = ScriptBuf::read(text.as_bytes()).expect("a script");
    Driver::new().drive(script.as_script(), &mut Model::new(Profile::default())).clone()
}

/// The timeline with a mark on the first event of this kind.
fn marked(trace: &Trace, is: impl Fn(TraceEventKind) -> bool) -> String {
    let event = trace.events().iter().position(|event| is(event.kind)).expect("such an event");
    let mark = |rule| Mark { event, rule };
    trace.timeline([mark(Rule::CloseAnswered), mark(Rule::CloseFin)]).without_states().to_string()
}

#[test]
fn no_marks_give_the_plain_text() {
    let trace = trace("> ping \"x\"\n> close\n> fin\n");
    assert_eq!(trace.timeline([] as [Mark; 0]).to_string(), trace.to_string());
    assert!(!trace.to_string().contains("<--"), "{trace}");
    assert!(!trace.outline().contains("->"), "{trace}");
}

#[test]
fn marked_event_ends_in_its_rules_in_order() {
    let text = marked(&trace("> close\n> fin\n"), |kind| kind == TraceEventKind::PeerFin);
    assert!(text.contains("\n  0  >  FIN  <-- close-fin, close-answered\n"), "{text}");
    assert_eq!(text.matches("<--").count(), 1, "{text}");
}

#[test]
fn event_with_two_frames_is_marked_at_the_second() {
    let trace = trace("> ping \"x\"\n> close 1000 glue\n> fin\n");
    let text = marked(&trace, |kind| matches!(kind, TraceEventKind::Received(_)));
    let line = text.lines().find(|line| line.contains("<--")).expect("a mark");
    assert!(line.contains("CLOSE 1000"), "{text}");
}

#[test]
fn segments_that_complete_no_frame_share_a_marked_line() {
    let trace = trace("> octets 88\n> octets 8201020304\n> octets 02ea\n");
    let text = marked(&trace, |kind| matches!(kind, TraceEventKind::Received(_)));
    assert!(text.starts_with("  0  >  … 6 octets in 2 segments  <-- close-fin, close-answered\n"), "{text}");
}

#[test]
fn text_in_place_of_a_frame_is_printed_as_text() {
    let fault = Fault::WritesHttpAfterClose;
    let script = ScriptBuf::read(b"wsclose 1\nrole server\n> close 1000\n").expect("a script");
    let trace = Driver::new().drive(script.as_script(), &mut FaultyModel::new(fault)).clone();
    let text = trace.to_string();
    assert!(text.contains("\n  0  <  not a frame: \"HTTP/1.1 200 OK\\r\\n"), "{text}");
    assert!(text.contains("CLOSE 1000"), "{text}");
}

#[test]
fn end_of_each_connection_is_shown_on_request() {
    let trace = trace("> close\nwait 3\nconnect\nwait 2\n");
    let text = trace.timeline([] as [Mark; 0]).with_ends().to_string();
    let ends: Vec<&str> = text.lines().filter(|line| line.ends_with("end of the script")).collect();
    assert_eq!(ends, ["  3  |  end of the script", "  2  |  end of the script"], "{text}");
    assert!(!trace.to_string().contains("end of the script"), "{trace}");
}

#[test]
fn socket_shows_a_fin_and_not_whether_the_subject_still_reads() {
    let mut trace = Trace::new();
    let mut record = |over_socket: bool| {
        trace.recorder.clear();
        if over_socket {
            trace.recorder.set_over_socket();
        }
        trace.recorder.connected(None);
        trace.recorder.write_shutdown();
        trace.recorder.record_stimulus(Stimulus::Fin);
        trace.recorder.fin();
        trace.to_string()
    };
    assert_eq!(record(true), "  0  <  FIN\n  0  >  FIN\n");
    let in_process = "  0  <  FIN (write side closed)\n  0  >  FIN\n  0  |  read side closed\n";
    assert_eq!(record(false), in_process);
}

#[test]
fn event_without_a_line_gets_one_if_marked() {
    let trace = trace("app close 1000\n");
    for (kind, line) in [
        (TraceEventKind::RequestAccepted, "  0  |  request accepted  <-- close-fin, close-answered\n"),
        (TraceEventKind::ScriptEnded, "  0  |  end of the script  <-- close-fin, close-answered\n"),
    ] {
        let text = marked(&trace, |other| other == kind);
        assert!(text.contains(line), "{text}");
        assert!(!trace.outline().contains(line.split("  <--").next().expect("text")), "{trace}");
    }
}
