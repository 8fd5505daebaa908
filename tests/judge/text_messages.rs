//! Tests the rules on the text of messages, sent and received.

use wsclose::Harness;
use wsclose::harness::{Recorder, Stimulus, Subject};
use wsclose::judge::Verdict::{self, Conforms, Violates};
use wsclose::protocol::code::Profile;
use wsclose::protocol::frame::{self, Header, Opcode};
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, Rule};
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
