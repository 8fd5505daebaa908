//! Tests what the model does where no verdict of a script depends on it.

use std::collections::BTreeSet;

use wsclose::harness::{Recorder, Stimulus, Subject, TraceEventKind};
use wsclose::model::endpoint::Model;
use wsclose::model::faults::{Fault, FaultyModel};
use wsclose::protocol::code::Profile;
use wsclose::protocol::frame::{Header, Status};
use wsclose::protocol::role::Role;
use wsclose::script::ScriptBuf;

/// The octets of the frames in this text form of steps, from the peer of a server.
fn octets(steps: &str) -> Vec<u8> {
    let script = ScriptBuf::read(format!("wsclose 1\nrole server\n{steps}").as_bytes()).expect("a script");
    let mut out = Vec::new();
    for step in script.as_script().steps() {
        step.write(Role::Client, &mut out);
    }
    out
}

fn ends_tcp(out: &Recorder) -> bool {
    out.events().iter().any(|event| event.kind == TraceEventKind::Fin)
}

/// The octets that the subject sent.
fn sent(out: &Recorder) -> Vec<u8> {
    let octets = out.events().iter().filter_map(|event| {
        let TraceEventKind::Sent(span) = event.kind else { return None };
        Some(out.octets(span))
    });
    octets.collect::<Vec<_>>().concat()
}

#[test]
fn fin_is_read_when_the_application_reads_again() {
    let (mut model, mut out) = (Model::new(Profile::default()), Recorder::new());
    model.connect(Role::Server, &mut out);
    model.react(Stimulus::Pause, &mut out);
    model.react(Stimulus::Fin, &mut out);
    assert!(!ends_tcp(&out));
    model.react(Stimulus::Resume, &mut out);
    assert!(ends_tcp(&out));
}

#[test]
fn fragments_are_checked_for_utf8_only_in_a_text() {
    let ends_after = |first: &str| {
        let (mut model, mut out) = (Model::new(Profile::default()), Recorder::new());
        model.connect(Role::Server, &mut out);
        model.react(Stimulus::Octets(&octets(first)), &mut out);
        ends_tcp(&out)
    };
    assert!(ends_after("> text hex:ff fin=0\n"));
    assert!(!ends_after("> text hex:f0 fin=0\n"), "cut in a character");
    assert!(!ends_after("> binary hex:ff fin=0\n"));
}

#[test]
fn keys_follow_from_the_seed() {
    let key = |seed| {
        let (mut model, mut out) = (Model::new(Profile::default()).with_keys(seed), Recorder::new());
        model.connect(Role::Client, &mut out);
        model.react(Stimulus::Close { code: None, reason: "" }, &mut out);
        let Status::Complete(Header { mask: Some(key), .. }, _) = Header::decode(&sent(&out)) else {
            panic!("no masked frame")
        };
        key
    };
    let keys: BTreeSet<[u8; 4]> = (0..100).map(key).collect();
    assert_eq!(keys.len(), 100);
    assert!(!keys.contains(&[0; 4]));
    assert!((0..100).map(key).all(|key| keys.contains(&key)));
}

#[test]
fn silence_ends_with_the_octets_of_the_peer() {
    let is_answered = |pings: bool| {
        let mut endpoint = FaultyModel::new(Fault::IgnoresCloseAfterSilence);
        let mut out = Recorder::new();
        endpoint.connect(Role::Server, &mut out);
        for _ in 0..3 {
            endpoint.react(Stimulus::Tick, &mut out);
            endpoint.react(Stimulus::Tick, &mut out);
            if pings {
                endpoint.react(Stimulus::Octets(&octets("> ping\n")), &mut out);
            }
        }
        endpoint.react(Stimulus::Octets(&octets("> close 1000\n")), &mut out);
        ends_tcp(&out)
    };
    assert!(is_answered(true));
    assert!(!is_answered(false));
}
