//! Tests the hints about findings: how an endpoint may have come to write a wrong Close.

#[path = "support/reacts.rs"]
mod reacts;

use reacts::{Reaction, Reacts};
use wsclose::Harness;
use wsclose::harness::{Recorder, Stimulus, Subject};
use wsclose::judge::{hints, hints_on_received};
use wsclose::model::endpoint::Model;
use wsclose::protocol::code::Profile;
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, Rule};
use wsclose::script::ScriptBuf;

/// A server that answers a Close on each connection with the next of these lists of segments.
struct Answers<'a>(&'a [&'a [&'a [u8]]]);

impl Subject for Answers<'_> {
    fn name(&self) -> &str {
        "answers"
    }

    fn capabilities(&self, _role: Role) -> Capabilities {
        Capabilities::ALL
    }

    fn connect(&mut self, _role: Role, _out: &mut Recorder) {}

    fn react(&mut self, stimulus: Stimulus<'_>, out: &mut Recorder) {
        if let Stimulus::Octets([0x88, ..]) = stimulus {
            if let Some((segments, rest)) = self.0.split_first() {
                segments.iter().for_each(|segment| out.sent(segment));
                self.0 = rest;
            }
            out.fin();
        }
    }
}

/// The rules whose findings have hints, each with its first hint, and the text of the playback.
fn explained(segments: &[&[u8]]) -> (Vec<(Rule, String)>, String) {
    explained_on_each(&[segments])
}

/// The same with an answer for each connection.
fn explained_on_each(connections: &[&[&[u8]]]) -> (Vec<(Rule, String)>, String) {
    let steps = vec!["> close 1000\nwait 2\n> fin\n"; connections.len()].join("connect\n");
    let script = ScriptBuf::read(format!("wsclose 1\nrole server\n{steps}").as_bytes()).expect("a script");
    let mut harness = Harness::new(Profile::default());
    let played = harness.play(script.as_script(), &mut Answers(connections));
    let of = |finding| Some((hints(played.trace, finding).first()?.to_string(), finding.rule));
    let explained = played.findings.iter().filter_map(of).map(|(hint, rule)| (rule, hint)).collect();
    (explained, played.to_string())
}

#[test]
fn findings_about_a_close_are_explained() {
    let (found, text) = explained(&[b"\x88\x041000"]);
    let hint =
        "likely: the two octets are the ASCII digits \"10\" (12592): the code 1000 was written as text";
    assert!(found.contains(&(Rule::CodeIsDefined, hint.to_owned())), "{found:?}");
    assert!(text.contains(&format!("\n    hint, {hint}\n")), "{text}");

    let (found, _) = explained(&[b"\x88\x02\x03\xed"]);
    let is_report = |(rule, hint): &(Rule, String)| {
        *rule == Rule::CodeNotLocalOnly && hint.starts_with("likely: an API reports 1005")
    };
    assert!(found.iter().any(is_report), "{found:?}");

    let (found, _) = explained(&[b"\x88\x01\xe8"]);
    let hint = "likely: the code 1000 was cut to its low octet";
    assert!(found.contains(&(Rule::BodyEmptyOrCode, hint.to_owned())), "{found:?}");

    let mut cut = b"\x88\x7d\x03\xe8".to_vec();
    cut.extend("é".repeat(62).bytes().take(123));
    let (found, _) = explained(&[&cut]);
    let hint = "likely: the reason was cut to 123 octets inside a character";
    assert_eq!(found, [(Rule::ReasonUtf8, hint.to_owned())]);
}

#[test]
fn a_close_in_segments_and_one_that_ends_early_are_explained() {
    let (found, _) = explained(&[b"\x88", b"\x041", b"000"]);
    assert!(found.iter().any(|(rule, _)| *rule == Rule::CodeIsDefined), "{found:?}");
    // The header alone says how long the reason is.
    let (found, _) = explained(&[b"\x88\x7e\x00\x84\x03\xe8begin"]);
    let hint = "certain: the reason has 130 octets, and 123 fit";
    assert!(found.contains(&(Rule::CloseAtMost125, hint.to_owned())), "{found:?}");
}

#[test]
fn the_close_of_the_finding_is_explained() {
    // The Closes before and after it are of other connections.
    let (found, _) = explained_on_each(&[&[b"\x88\x041000"], &[b"\x88\x02\xe8\x03"], &[b"\x88\x02\x03\xed"]]);
    let hint = "likely: the octets are those of 1000 in the wrong order: little-endian";
    assert!(found.contains(&(Rule::CodeIsDefined, hint.to_owned())), "{found:?}");
}

#[test]
fn other_findings_have_no_hint() {
    // A second Close and a missing FIN say nothing about the codes.
    let (found, text) = explained(&[b"\x08\x02\x03\xe8", b"\x88\x02\x03\xe8"]);
    assert!(text.contains("close-fin") && found.is_empty(), "{found:?}\n{text}");
    let (found, _) = explained(&[b"\x88\x02\x03\xe8"]);
    assert!(found.is_empty(), "{found:?}");
}

/// The hints on the violation of a rule by a server that reacts in this way to the first step.
fn hints_on(rule: Rule, steps: &str, react: Reaction) -> Vec<String> {
    let script = ScriptBuf::read(format!("wsclose 1\nrole server\n{steps}wait 2\n> fin\n").as_bytes());
    let mut harness = Harness::new(Profile::default());
    let played = harness.play(script.expect("a script").as_script(), &mut Reacts::new(&[react]));
    let finding = played.findings.iter().find(|finding| finding.rule == rule).expect("a finding");
    hints(played.trace, finding).iter().map(ToString::to_string).collect()
}

#[test]
fn what_was_received_or_requested_is_no_mistake_of_its_own() {
    let echoed = "likely: the code of the received Close was echoed";
    let send_1005 = |out: &mut Recorder| out.sent(b"\x88\x02\x03\xed");
    assert_eq!(hints_on(Rule::CodeNotLocalOnly, "> close 1005\n", send_1005), [echoed]);
    let bad_reason = |out: &mut Recorder| out.sent(b"\x88\x03\x03\xe8\xff");
    let echoed = "likely: the reason of the received Close was echoed";
    assert_eq!(hints_on(Rule::ReasonUtf8, "> close 1000 hex:ff\n", bad_reason), [echoed]);
    let one_octet = |out: &mut Recorder| out.sent(b"\x88\x01\x03");
    let echoed = "likely: the body of the received Close was echoed";
    assert_eq!(hints_on(Rule::BodyEmptyOrCode, "> close hex:03\n", one_octet), [echoed]);
    let requested = "likely: the application requested this code";
    assert_eq!(hints_on(Rule::CodeNotLocalOnly, "app close 1005\n", send_1005), [requested]);
    let another = hints_on(Rule::CodeNotLocalOnly, "app close 1000\n", send_1005);
    assert!(another[0].starts_with("likely: an API reports 1005"), "{another:?}");
}

#[test]
fn a_crash_after_a_request_may_be_a_refusal_that_nobody_caught() {
    let crash = |out: &mut Recorder| out.panicked("refused");
    let hints = |steps| hints_on(Rule::NoPanic, steps, crash);
    for request in ["app close 999\n", "app close 1000 \"x\" * 124\n"] {
        let found = hints(request);
        assert!(found[0].starts_with("possible: the library refused the request"), "{found:?}");
    }
    assert!(hints("app close 1000\n").is_empty());
    assert!(hints("> close 999\n").is_empty());
}

#[test]
fn closes_of_the_peer_are_explained() {
    let script = b"wsclose 1\nrole client\napp close 1000\n> close hex:31303030\nwait 2\n> fin\n";
    let script = ScriptBuf::read(script).expect("a script");
    let mut harness = Harness::new(Profile::default());
    let played = harness.play(script.as_script(), &mut Model::new(Profile::default()));
    let hints: Vec<String> = hints_on_received(played.trace).iter().map(ToString::to_string).collect();
    let hint =
        "likely: the two octets are the ASCII digits \"10\" (12592): the code 1000 was written as text";
    assert_eq!(hints, [hint]);
}
