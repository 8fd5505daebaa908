//! Tests that text in place of a frame is one finding, and that no other rule is judged by it.

use crate::scripted::Act::{Accepts, Closes, ClosesTcp, Writes};
use crate::scripted::{Act, assert_verdict};
use wsclose::Harness;
use wsclose::harness::{Recorder, Stimulus, Subject};
use wsclose::judge::Verdict::{Conforms, NotExercised, Violates};
use wsclose::protocol::code::Profile;
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, Capability, Rule};
use wsclose::script::ScriptBuf;

const RULE: Rule = Rule::SendsOnlyFrames;

/// The peer answers the Close of the application, and then ends TCP.
const LOCAL_CLOSE: &str = "app close 3000 \"no\"\nwait 1\n> close 3000 \"no\"\nwait 4\n> fin\nconnect\n> close 1000\nwait 2\n> fin\n";

const CLOSE: &[u8] = &[0x88, 4, 0x0b, 0xb8, b'n', b'o'];

/// A server that writes these segments when its application closes, and then only closes TCP.
struct WritesSegments<'a>(&'a [&'a [u8]]);

impl Subject for WritesSegments<'_> {
    fn name(&self) -> &str {
        "writes-segments"
    }

    fn capabilities(&self, _role: Role) -> Capabilities {
        Capabilities::ALL.without(&[Capability::ReportsCloseStatus, Capability::ReportsClean])
    }

    fn connect(&mut self, _role: Role, _out: &mut Recorder) {}

    fn react(&mut self, stimulus: Stimulus<'_>, out: &mut Recorder) {
        match stimulus {
            Stimulus::Close { .. } => {
                self.0.iter().for_each(|segment| out.sent(segment));
                out.request_accepted();
            }
            Stimulus::Octets([0x88, 0x82, ..]) => {
                out.sent(&[0x88, 2, 3, 0xe8]);
                out.fin();
            }
            Stimulus::Octets(_) => out.fin(),
            Stimulus::Fin
            | Stimulus::Reset
            | Stimulus::PeerGone(_)
            | Stimulus::PeerPause
            | Stimulus::PeerResume
            | Stimulus::Send { .. }
            | Stimulus::Pause
            | Stimulus::Resume
            | Stimulus::Tick => {}
        }
    }
}

/// The findings on a server that writes these segments: each with its rule and what it did.
fn findings(segments: &[&[u8]]) -> Vec<String> {
    let script = ScriptBuf::read(format!("wsclose 1\nrole server\n{LOCAL_CLOSE}").as_bytes());
    let mut harness = Harness::new(Profile::default());
    let script = script.expect("a script");
    let played = harness.play(script.as_script(), &mut WritesSegments(segments));
    played.findings.iter().map(|finding| format!("{}: {}", finding.rule, finding.actual)).collect()
}

#[test]
fn sends_only_frames_is_one_finding_however_the_text_is_cut() {
    let expected = "sends-only-frames: an HTTP response was written into the WebSocket connection, \
                    0 octets after the Close";
    let http = b"HTTP/1.1 200 OK\r\nServer: \x88\x02\x03\xe8\r\nContent-Length: 2\r\n\r\nOK";
    let whole = [CLOSE, http].concat();
    assert_eq!(findings(&[&whole]), [expected]);
    assert_eq!(findings(&[CLOSE, http]), [expected]);
    for cut in 1..whole.len() {
        let (head, tail) = whole.split_at(cut);
        assert_eq!(findings(&[head, tail]), [expected], "cut after {cut} octets");
    }
    let octets: Vec<&[u8]> = whole.chunks(1).collect();
    assert_eq!(findings(&octets), [expected]);
}

#[test]
fn sends_only_frames_names_what_was_written_and_where() {
    for (octets, text) in [
        (&b"<!DOCTYPE html><html>"[..], "an HTML page"),
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "an HTTP request"),
        (b"0\r\n\r\n", "the last chunk of an HTTP body"),
        (b"Internal Server Error", "text that is no frame"),
        (b"oops\n", "text that is no frame"),
    ] {
        let found = format!("sends-only-frames: {text} was written into the WebSocket connection, ");
        assert_eq!(findings(&[CLOSE, octets]), [found.clone() + "0 octets after the Close"], "{text}");
        let behind_pong = [CLOSE, &[0x8a, 0], octets].concat();
        assert_eq!(findings(&[&behind_pong])[0], found.clone() + "2 octets after the Close", "{text}");
        let before = findings(&[&[&[0x8a, 0], octets].concat()]);
        assert_eq!(before[0], found + "2 octets after the opening handshake", "{text}");
    }
}

#[test]
fn sends_only_frames_is_not_about_frames_with_flaws() {
    // A fragmented Close with RSV1, and the beginning of a compressed fragmented text.
    let steps = "> close 1000\n";
    const FLAWED: Act = Writes(&[0x48, 2, 3, 0xe8]);
    assert_verdict(RULE, Conforms, steps, &[&[FLAWED]]);
    assert_verdict(Rule::CloseFin, Violates, steps, &[&[FLAWED]]);
    assert_verdict(RULE, Conforms, steps, &[&[Writes(b"A compressed fragment"), Closes(1000)]]);
    assert_verdict(RULE, Conforms, steps, &[&[Writes(b"\x81\x0fHTTP/1.1 200 OK"), Closes(1000)]]);
    assert_verdict(RULE, NotExercised, steps, &[&[ClosesTcp]]);
    // Too few octets at the end of the connection are judged as the header that they are.
    assert_verdict(RULE, Conforms, "app close 1000\n", &[&[Writes(b"HT"), ClosesTcp]]);
    assert_verdict(Rule::StreamWellFormed, Violates, "app close 1000\n", &[&[Writes(b"HT"), ClosesTcp]]);
}

#[test]
fn sends_only_frames_is_the_only_finding_if_text_hides_the_reply() {
    let http: Act = Writes(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    for steps in ["> close 1000\nwait 4\n", "> close 1000 rsv=4\nwait 4\n", "> text hex:ff\nwait 4\n"] {
        for acts in [&[http][..], &[http, ClosesTcp], &[http, Closes(1000), ClosesTcp]] {
            assert_verdict(RULE, Violates, steps, &[acts]);
            for rule in [
                Rule::CloseAnswered,
                Rule::AcceptsDefinedCodes,
                Rule::FailSendsClose,
                Rule::FailClosesTcp,
                Rule::RejectsRsv,
                Rule::RejectsBadUtf8Text,
            ] {
                assert_verdict(rule, NotExercised, steps, &[acts]);
            }
        }
    }
}

#[test]
fn sends_only_frames_leaves_the_rules_of_what_came_before() {
    let acts: &[&[Act]] = &[&[Accepts, Writes(&[0x88, 1, 3]), Writes(b"HTTP/1.1 200 OK\r\n"), ClosesTcp]];
    assert_verdict(Rule::BodyEmptyOrCode, Violates, "app close 1000\n", acts);
    assert_verdict(RULE, Violates, "app close 1000\n", acts);
    assert_verdict(Rule::NoDataAfterClose, Conforms, "app close 1000\n", acts);
}
