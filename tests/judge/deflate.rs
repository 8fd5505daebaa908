//! Connections that negotiated permessage-deflate: RSV1 marks compressed messages, and nothing else may have it.

use wsclose::Harness;
use wsclose::harness::{Opening, Recorder, Stimulus, Subject};
use wsclose::judge::Verdict::{self, Conforms, Inconclusive, NotExercised, Violates};
use wsclose::protocol::code::Profile;
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, Rule};
use wsclose::script::ScriptBuf;

/// A server that accepts permessage-deflate if `negotiates` is set, and sends the next octets after each segment.
struct Answers<'a> {
    negotiates: bool,
    answers: &'a [&'a [u8]],
}

impl Subject for Answers<'_> {
    fn name(&self) -> &str {
        "answers"
    }

    fn capabilities(&self, _role: Role) -> Capabilities {
        Capabilities::ALL
    }

    fn connect(&mut self, _role: Role, _out: &mut Recorder) {}

    fn open(&mut self, role: Role, opening: Opening<'_>, out: &mut Recorder) {
        self.connect(role, out);
        if opening.deflate && self.negotiates {
            out.deflate_negotiated();
        }
    }

    fn react(&mut self, stimulus: Stimulus<'_>, out: &mut Recorder) {
        if let (Stimulus::Octets(_), Some((first, rest))) = (stimulus, self.answers.split_first()) {
            out.sent(first);
            self.answers = rest;
            if first.first().is_some_and(|first| first & 0x0f == 8) {
                out.fin();
            }
        }
    }
}

fn text(steps: &str) -> String {
    format!("wsclose 2\nrole server\nextension permessage-deflate\n{steps}")
}

fn play(rule: Rule, negotiates: bool, steps: &str, answers: &[&[u8]]) -> (Verdict, String) {
    let text = text(steps);
    let script = ScriptBuf::read(text.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let mut harness = Harness::new(Profile::default());
    let played = harness.play(script.as_script(), &mut Answers { negotiates, answers });
    (played.verdicts.on(rule), played.to_string())
}

#[track_caller]
fn assert_verdict(rule: Rule, verdict: Verdict, steps: &str, answers: &[&[u8]]) {
    let (found, played) = play(rule, true, steps, answers);
    assert_eq!(found, verdict, "{rule} in\n{steps}\n{played}");
}

const CLOSE_1000: &[u8] = &[0x88, 2, 3, 0xe8];
const CLOSE_1002: &[u8] = &[0x88, 2, 3, 0xea];
const CLOSE_1007: &[u8] = &[0x88, 2, 3, 0xef];

/// "hi" compressed, as a whole message and as the first fragment.
const HI: &[u8] = &[0xc1, 4, 0xca, 0xc8, 4, 0];
const HI_BEGINS: &[u8] = &[0x41, 4, 0xca, 0xc8, 4, 0];

#[test]
fn rejects_rsv_allows_rsv1_on_data_only_if_deflate_was_negotiated() {
    let steps = "> text \"hi\" deflate\n> close 1000\n> fin\n";
    let answers: &[&[u8]] = &[HI, CLOSE_1000];
    assert_verdict(Rule::RejectsRsv, NotExercised, steps, answers);
    let (verdict, played) = play(Rule::RejectsRsv, false, "> text \"hi\" deflate\n", &[]);
    assert_eq!(verdict, Violates, "{played}");
    let (verdict, played) = play(Rule::RejectsRsv, false, steps, &[CLOSE_1002]);
    assert_eq!(verdict, Conforms, "{played}");
}

#[test]
fn rejects_rsv_holds_for_what_cannot_be_compressed() {
    for steps in [
        "> close 3333 deflate\n> fin\n",
        "> ping \"p\" deflate\n> fin\n",
        "> text \"a\" fin=0 deflate\n> continuation \"b\" rsv=4 deflate\n> fin\n",
        "> text \"hi\" rsv=2 deflate\n> fin\n",
    ] {
        let pause: &[u8] = &[];
        let fails: &[&[u8]] =
            if steps.contains("continuation") { &[pause, CLOSE_1002] } else { &[CLOSE_1002] };
        assert_verdict(Rule::RejectsRsv, Conforms, steps, fails);
    }
    // It inflated the Close and echoed its code.
    assert_verdict(Rule::RejectsRsv, Violates, "> close 3333 deflate\n> fin\n", &[&[0x88, 2, 0x0d, 5]]);
}

#[test]
fn close_rsv_clear_is_the_only_rule_that_a_compressed_close_violates() {
    // 03e8 and nothing, compressed.
    for (close, code) in [
        (&[0xc8, 4, 0x62, 0x7e, 1, 0][..], "inflates to the code 1000"),
        (&[0xc8, 1, 0], "inflates to an empty body"),
    ] {
        let (verdict, played) = play(Rule::CloseRsvClear, true, "> close 1000\n> fin\n", &[close]);
        assert_eq!(verdict, Violates, "{played}");
        let script = ScriptBuf::read(text("> close 1000\n> fin\n").as_bytes()).expect("a script");
        let mut harness = Harness::new(Profile::default());
        let played = harness.play(script.as_script(), &mut Answers { negotiates: true, answers: &[close] });
        let finding = played.findings.iter().find(|finding| finding.rule == Rule::CloseRsvClear);
        let hints = wsclose::judge::hints(played.trace, finding.expect("a finding"));
        assert!(hints.iter().any(|hint| hint.text.contains(code)), "{hints:?}");
        // The code of the compressed octets is none that the endpoint sent.
        for rule in [Rule::CodeIsDefined, Rule::BodyEmptyOrCode, Rule::ReasonUtf8] {
            assert_ne!(play(rule, true, "> close 1000\n> fin\n", &[close]).0, Violates, "{played}");
        }
    }
}

#[test]
fn stream_well_formed_allows_compressed_messages_of_text() {
    let rule = Rule::StreamWellFormed;
    let steps = "> text \"a\"\n> text \"b\"\n> close 1000\n> fin\n";
    assert_verdict(rule, Conforms, steps, &[HI, HI, CLOSE_1000]);
    // The second message refers to the first (RFC 7692 §7.2.3.2).
    let hello: &[u8] = &[0xc1, 7, 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 7, 0];
    assert_verdict(rule, Conforms, steps, &[hello, &[0xc1, 5, 0xf2, 0, 0x11, 0, 0], CLOSE_1000]);
    assert_verdict(rule, Violates, steps, &[HI_BEGINS, &[0xc0, 1, 0], CLOSE_1000]);
    // 0xff alone, compressed: no UTF-8.
    assert_verdict(rule, Violates, steps, &[&[0xc1, 4, 0xfa, 0x0f, 0, 0], CLOSE_1000]);
    let (verdict, played) = play(rule, false, steps, &[HI, CLOSE_1000]);
    assert_eq!(verdict, Violates, "{played}");
}

#[test]
fn fail_code_fits_any_code_if_a_message_does_not_inflate() {
    let steps = "> text hex:ff rsv=4\n> fin\n";
    for close in [CLOSE_1000, CLOSE_1002, CLOSE_1007] {
        assert_ne!(play(Rule::FailCodeFits, true, steps, &[close]).0, Violates);
    }
    assert_ne!(play(Rule::StreamWellFormed, true, steps, &[CLOSE_1007]).0, Inconclusive);
}

#[test]
fn accepts_lawful_frames_is_violated_by_failing_a_compressed_message() {
    let rule = Rule::AcceptsLawfulFrames;
    let steps = "> pong\n> text \"hi\" deflate\nwait 1\n> close 1000\n> fin\n";
    assert_verdict(rule, Violates, steps, &[&[], CLOSE_1002]);
    assert_verdict(rule, Conforms, steps, &[&[], HI, CLOSE_1000]);
    let fragments = "> text \"h\" fin=0 deflate\n> ping \"p\"\n> continuation \"i\" deflate\nwait 1\n";
    assert_verdict(rule, Violates, fragments, &[&[], &[0x8a, 1, b'p'], CLOSE_1002]);
    // RSV1 on a control frame stays a flaw.
    assert_verdict(rule, NotExercised, "> ping \"p\" rsv=4\n", &[CLOSE_1002]);
}
