//! Tests the rules on the text of messages, sent and received.

use crate::scripted::Act::{Closes, ClosesTcp, Delivers};
use crate::scripted::{PONG, assert_verdict, assert_verdict_without};
use wsclose::Harness;
use wsclose::harness::{Recorder, Stimulus, Subject};
use wsclose::judge::Verdict::{self, Conforms, Inconclusive, NotExercised, Violates};
use wsclose::protocol::code::Profile;
use wsclose::protocol::frame::{self, Header, Opcode};
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, Capability, Rule};
use wsclose::script::ScriptBuf;

/// A server that answers a Ping with a text message in these fragments.
struct SendsText<'a>(&'a [Vec<u8>]);

impl Subject for SendsText<'_> {
    fn name(&self) -> &str {
        "sends-text"
    }

    fn capabilities(&self, _role: Role) -> Capabilities {
        Capabilities::ALL
    }

    fn connect(&mut self, _role: Role, _out: &mut Recorder) {}

    fn react(&mut self, _stimulus: Stimulus<'_>, out: &mut Recorder) {
        for (at, fragment) in self.0.iter().enumerate() {
            let opcode = if at == 0 { Opcode::Text } else { Opcode::Continuation };
            let fin = at + 1 == self.0.len();
            let header = Header { fin, ..Header::conforming(opcode, fragment.len() as u64, None) };
            out.sent_by(|octets| frame::write(&header, fragment, octets));
        }
    }
}

/// The verdict on `stream-well-formed` of a server that sends a text message in these fragments.
fn sent(fragments: &[Vec<u8>]) -> Verdict {
    let script = ScriptBuf::read(b"wsclose 1\nrole server\n> ping \"x\"\n").expect("a script");
    let mut harness = Harness::new(Profile::default());
    harness.play(script.as_script(), &mut SendsText(fragments)).verdicts.on(Rule::StreamWellFormed)
}

#[test]
fn stream_well_formed_allows_a_long_text_cut_inside_a_character() {
    let euros = "€".repeat(40_000);
    for cut in [1, 65_535, 65_536, 65_537, 65_540, 119_999] {
        let (head, tail) = euros.as_bytes().split_at(cut);
        assert_eq!(sent(&[head.to_vec(), tail.to_vec()]), Conforms, "cut after {cut} octets");
        assert_eq!(sent(&[head.to_vec(), Vec::new(), tail.to_vec()]), Conforms, "cut after {cut} octets");
    }
    let octets: Vec<Vec<u8>> = "a€😀é".as_bytes().chunks(1).map(<[u8]>::to_vec).collect();
    assert_eq!(sent(&octets), Conforms);
}

#[test]
fn stream_well_formed_checks_text_of_any_length() {
    let long = vec![b'a'; 70_000];
    let mut bad = long.clone();
    bad.push(0xff);
    assert_eq!(sent(&[bad.clone()]), Violates);
    assert_eq!(sent(&[long.clone(), bad]), Violates);
    assert_eq!(sent(&[long.clone(), b"\xe2\x82".to_vec()]), Violates, "the end cuts a character");
    assert_eq!(sent(&[long, b"\xe2\x82".to_vec(), b"\xac".to_vec()]), Conforms);
}

const BAD_TEXT: Rule = Rule::RejectsBadUtf8Text;

#[test]
fn rejects_bad_utf8_text_waits_until_the_message_is_complete() {
    let first = "> text hex:ff fin=0\nwait 2\n";
    assert_verdict(BAD_TEXT, Inconclusive, first, &[]);
    assert_verdict(BAD_TEXT, Conforms, first, &[&[Closes(1007)]]);
    let whole = "> text hex:ff fin=0\n> continuation \"a\"\nwait 2\n";
    assert_verdict(BAD_TEXT, Conforms, whole, &[&[Closes(1007)]]);
    assert_verdict(BAD_TEXT, Conforms, whole, &[&[], &[Closes(1007)]]);
    assert_verdict(BAD_TEXT, Violates, whole, &[]);
    assert_verdict(BAD_TEXT, Violates, whole, &[&[], &[Delivers]]);
    let with_ping = "> text hex:ff fin=0\n> ping \"x\"\n> continuation \"a\"\nwait 2\n";
    assert_verdict(BAD_TEXT, Conforms, with_ping, &[&[], &[PONG], &[Closes(1007)]]);
    assert_verdict(BAD_TEXT, Violates, with_ping, &[&[], &[PONG], &[Delivers]]);
}

#[test]
fn rejects_bad_utf8_text_finds_a_character_that_the_end_cuts() {
    let cut = "> text hex:e2 fin=0\n> continuation hex:82\nwait 2\n";
    assert_verdict(BAD_TEXT, Violates, cut, &[]);
    assert_verdict(BAD_TEXT, Conforms, cut, &[&[], &[Closes(1007)]]);
    let whole = "> text hex:e2 fin=0\n> continuation hex:82ac\nwait 2\n";
    assert_verdict(BAD_TEXT, NotExercised, whole, &[]);
    assert_verdict(BAD_TEXT, Violates, "> text hex:c3\nwait 2\n", &[]);
}

#[test]
fn rejects_bad_utf8_text_is_inconclusive_if_a_close_comes_inside_the_text() {
    let steps = "> text hex:ff fin=0\n> close 1000\nwait 2\n";
    assert_verdict(BAD_TEXT, Inconclusive, steps, &[&[], &[Closes(1000), ClosesTcp]]);
    assert_verdict(BAD_TEXT, Inconclusive, steps, &[&[], &[Closes(1007), ClosesTcp]]);
    assert_verdict(Rule::AcceptsDefinedCodes, NotExercised, steps, &[&[], &[Closes(1007), ClosesTcp]]);
    // The subject may reject the text when the next flawed frame arrives.
    let flawed = "> text hex:ff fin=0\n> ping \"x\" rsv=4\nwait 2\n";
    assert_verdict(Rule::FailCodeFits, Conforms, flawed, &[&[], &[Closes(1007), ClosesTcp]]);
    assert_verdict(BAD_TEXT, Inconclusive, flawed, &[&[], &[PONG]]);
}

#[test]
fn rejects_bad_utf8_text_is_not_exercised_if_the_program_reads_the_text() {
    let steps = "> text hex:ff\nwait 2\n";
    assert_verdict_without(&[Capability::ValidatesText], BAD_TEXT, NotExercised, steps, &[&[Delivers]]);
    assert_verdict(BAD_TEXT, Violates, steps, &[&[Delivers]]);
}

#[test]
fn rejects_bad_control_frame_is_about_pings_and_pongs() {
    let rule = Rule::RejectsBadControlFrame;
    assert_verdict(rule, Violates, "> pong \"x\" * 126\nwait 2\n", &[]);
    assert_verdict(rule, Conforms, "> pong \"x\" * 126\nwait 2\n", &[&[Closes(1002)]]);
    assert_verdict(rule, NotExercised, "> close 1000 fin=0\nwait 2\n", &[]);
}

#[test]
fn rejects_bad_fragmentation_is_about_order() {
    let rule = Rule::RejectsBadFragmentation;
    assert_verdict(rule, Violates, "> text \"a\" fin=0\n> text \"b\"\nwait 2\n", &[]);
    assert_verdict(rule, Conforms, "> text \"a\" fin=0\n> binary hex:00\nwait 2\n", &[&[], &[Closes(1002)]]);
    assert_verdict(rule, NotExercised, "> text \"a\" fin=0\n> continuation \"b\"\nwait 2\n", &[]);
}

#[test]
fn rejects_bad_utf8_text_is_inconclusive_if_the_mask_is_wrong_too() {
    let rule = Rule::RejectsBadUtf8Text;
    assert_verdict(rule, Violates, "> text hex:ff\n> ping \"x\"\n", &[&[Delivers], &[PONG]]);
    // A server that ignores the mask bit reads other octets, which may be valid.
    assert_verdict(rule, Inconclusive, "> text hex:ff mask=wrong\n> ping \"x\"\n", &[&[Delivers], &[PONG]]);
}
