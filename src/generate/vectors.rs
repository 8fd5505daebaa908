//! Generates the systematic scripts: the parts of a closing handshake that are small enough to be tried completely.
//!
//! The scripts and their names are the same in every run. All of them are for a client; [`Script::for_role`]
//! converts them for a server.

use std::fmt;

use crate::protocol::close::MAX_REASON;
use crate::protocol::code::CloseCode;
use crate::protocol::frame::Opcode;
use crate::protocol::role::Role;
use crate::script::{FrameStep, Payload, Script, ScriptBuf, Segmentation, Step, Writer, corpus};

/// The longest generated reason, in octets. It is longer than a Close can carry.
pub const LONGEST_REASON: usize = 130;

/// The most octets in the repeated chunk of a payload.
const MAX_CHUNK: usize = 127;

/// A code that no endpoint sends on its own, so that an endpoint that sends it back has accepted the Close.
const UNUSUAL: CloseCode = CloseCode(3333);

/// A script and its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestVector {
    /// The group and the name within it: `reason-asked/124`.
    pub name: String,
    /// The notes of the script.
    pub note: String,
    /// The script without notes, so that its size compares with that of other scripts.
    pub script: ScriptBuf,
}

impl TestVector {
    /// A vector from a written script. Its notes are moved to [`TestVector::note`].
    pub fn curated(name: String, script: Script<'_>) -> TestVector {
        let steps: Vec<Step<'_>> = script.steps().filter(|step| step.note().is_none()).collect();
        let notes = script.steps().filter_map(|step| step.note());
        let note = notes.collect::<Vec<_>>().join(" ");
        let vector = TestVector::write(name, script.writer(Role::Client), &steps);
        TestVector { note, ..vector }
    }

    /// The curated scripts of the crate, sorted by name.
    pub fn curated_corpus() -> Vec<TestVector> {
        let vector =
            |(name, script): (&str, ScriptBuf)| TestVector::curated(name.to_owned(), script.as_script());
        corpus::curated().map(vector).collect()
    }

    fn of(name: String, steps: &[Step<'_>]) -> TestVector {
        TestVector::write(name, Writer::new(Role::Client), steps)
    }

    fn write(name: String, mut writer: Writer, steps: &[Step<'_>]) -> TestVector {
        steps.iter().for_each(|step| writer.step(step));
        let script = ScriptBuf::read(&writer.into_octets()).expect("a writer writes scripts");
        TestVector { name, note: String::new(), script }
    }
}

/// The way in which a code reaches an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CodeOrigin {
    /// In the Close with which the peer starts the handshake.
    Received,
    /// In the reply of the peer to the Close of the endpoint.
    Reply,
    /// In the close request of the application.
    Requested,
}

impl CodeOrigin {
    /// Every origin.
    pub const ALL: [CodeOrigin; 3] = [CodeOrigin::Received, CodeOrigin::Reply, CodeOrigin::Requested];

    /// The name in scripts, tables and images.
    pub const fn name(self) -> &'static str {
        match self {
            CodeOrigin::Received => "received",
            CodeOrigin::Reply => "answered",
            CodeOrigin::Requested => "asked",
        }
    }

    /// The origin and the code of a script that tries one code and does nothing else: a [`CodeScript`], or the same with
    /// other waits. `None` for every other script, such as one with a reason or with compression.
    pub fn of(script: Script<'_>) -> Option<(CodeOrigin, CloseCode)> {
        let is_end = |step: &Step<'_>| matches!(step, Step::Wait(_) | Step::Fin { .. });
        let steps: Vec<Step<'_>> =
            script.steps().filter(|step| !is_end(step) && !matches!(step, Step::Note(_))).collect();
        let plain = |payload: &Payload<'_>| payload.code.filter(|_| payload.chunk.is_empty());
        let close = |step: &Step<'_>| {
            let Step::Frame(frame) = step else { return None };
            let is_valid = *frame == FrameStep::of(Opcode::Close, frame.payload);
            plain(&frame.payload).filter(|_| is_valid)
        };
        let found = match steps.as_slice() {
            [first] => (CodeOrigin::Received, close(first)?),
            [Step::AppClose(asked), answer] => match (plain(asked)?, close(answer)?) {
                (CloseCode::NORMAL, code) if code != CloseCode::NORMAL => (CodeOrigin::Reply, code),
                (code, CloseCode::NORMAL) => (CodeOrigin::Requested, code),
                _ => return None,
            },
            _ => return None,
        };
        (!script.offers_deflate()).then_some(found)
    }

    /// The origin as a phrase.
    pub const fn description(self) -> &'static str {
        match self {
            CodeOrigin::Received => "the peer begins with this code",
            CodeOrigin::Reply => "the peer answers with this code",
            CodeOrigin::Requested => "the application closes with this code",
        }
    }
}

impl fmt::Display for CodeOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A script for one origin with an exchangeable code. All codes share one buffer.
#[derive(Clone, Debug)]
pub struct CodeScript {
    origin: CodeOrigin,
    octets: Vec<u8>,
    /// The offset of the code in `octets`.
    at: usize,
}

impl CodeScript {
    /// Creates the script for this origin.
    pub fn new(origin: CodeOrigin) -> CodeScript {
        let [octets, other] = [0, u16::MAX].map(|code| octets_of_code(origin, CloseCode(code)));
        let differ = octets.iter().zip(&other).position(|(a, b)| a != b);
        CodeScript { origin, at: differ.expect("scripts with different codes differ"), octets }
    }

    /// The script with this code.
    pub fn with(&mut self, code: CloseCode) -> Script<'_> {
        self.octets[self.at..][..2].copy_from_slice(&code.to_octets());
        Script::decode(&self.octets).expect("any code gives a script")
    }

    /// The name of the script with this code.
    pub fn name(&self, code: CloseCode) -> String {
        format!("code-{}/{code}", self.origin)
    }
}

fn octets_of_code(origin: CodeOrigin, code: CloseCode) -> Vec<u8> {
    let payload = Payload { code: Some(code), ..Payload::EMPTY };
    let close = Step::Frame(FrameStep::of(Opcode::Close, payload));
    let normal = Payload { code: Some(CloseCode::NORMAL), ..Payload::EMPTY };
    let steps = match origin {
        // The tick gives an endpoint with timeouts the time to reply before the peer closes.
        CodeOrigin::Received => [close, Step::Wait(1), Step::Fin { glue: false }],
        CodeOrigin::Reply => [Step::AppClose(normal), close, Step::Fin { glue: false }],
        CodeOrigin::Requested => {
            let answer = Step::Frame(FrameStep::of(Opcode::Close, normal));
            [Step::AppClose(payload), answer, Step::Fin { glue: false }]
        }
    };
    let mut writer = Writer::new(Role::Client);
    steps.iter().for_each(|step| writer.step(step));
    writer.into_octets()
}

/// A character of this many octets.
const fn character(width: usize) -> &'static str {
    match width {
        2 => "é",
        3 => "€",
        _ => "😀",
    }
}

/// Reasons of every length up to [`LONGEST_REASON`], received and requested. Some have a character across the limit
/// of 123 octets, and some end in the middle of a character.
pub fn reasons() -> impl Iterator<Item = TestVector> {
    let plain = (0..=LONGEST_REASON).flat_map(|len| {
        let reason = vec![b'r'; len];
        // The unusual code shows whether the endpoint accepted a reason that is too long.
        let code = if len > MAX_REASON { UNUSUAL } else { CloseCode::NORMAL };
        [
            received(format!("reason-received/{len}"), code, &reason),
            requested(format!("reason-asked/{len}"), &reason),
        ]
    });
    let half = (1..=MAX_REASON).map(|len| {
        let mut reason = vec![b'r'; len];
        reason[len - 1] = character(2).as_bytes()[0];
        received(format!("reason-received/{len}-ends-in-half-a-character"), UNUSUAL, &reason)
    });
    let across = (2..=4).flat_map(|width| (1..width).map(move |before| (width, before)));
    let across = across.flat_map(|(width, before)| {
        let start = MAX_REASON - before;
        (start + width..=LONGEST_REASON).flat_map(move |len| {
            let mut reason = vec![b'r'; len];
            reason[start..start + width].copy_from_slice(character(width).as_bytes());
            let name = |kind: &str| format!("reason-{kind}/{len}-{before}-of-{width}-fit");
            [received(name("received"), UNUSUAL, &reason), requested(name("asked"), &reason)]
        })
    });
    plain.chain(half).chain(across)
}

fn received(name: String, code: CloseCode, reason: &[u8]) -> TestVector {
    let (chunk, repeat) = chunked(reason);
    let payload = Payload { code: Some(code), chunk: &chunk, repeat };
    let close = Step::Frame(FrameStep::of(Opcode::Close, payload));
    TestVector::of(name, &[close, Step::Wait(1), Step::Fin { glue: false }])
}

fn requested(name: String, reason: &[u8]) -> TestVector {
    let (chunk, repeat) = chunked(reason);
    let payload = Payload { code: Some(CloseCode::NORMAL), chunk: &chunk, repeat };
    let answer = Payload { code: Some(CloseCode::NORMAL), ..Payload::EMPTY };
    let answer = Step::Frame(FrameStep::of(Opcode::Close, answer));
    TestVector::of(name, &[Step::AppClose(payload), answer, Step::Fin { glue: false }])
}

/// A reason as the chunk and the number of copies of a payload. A reason that is too long for one chunk becomes
/// copies of the part around the limit of 123 octets.
fn chunked(reason: &[u8]) -> (Vec<u8>, u8) {
    let len = reason.len();
    if len <= MAX_CHUNK {
        return (reason.to_vec(), 1);
    }
    let repeat = (2..=len).find(|repeat| len.is_multiple_of(*repeat) && len / repeat <= MAX_CHUNK);
    let repeat = repeat.expect("a length divides itself");
    let size = len / repeat;
    let index = MAX_REASON / size;
    (reason[index * size..][..size].to_vec(), repeat as u8)
}

/// The name of each script in which the application closes first, and the steps after that. In those whose name ends in
/// `-and-stays`, the peer keeps TCP open, so that only the endpoint can end it.
const AFTER_LOCAL_CLOSE: [(&str, &str); 34] = [
    ("answered", "> close 3333\n> fin"),
    ("answered-otherwise", "> close 1001\n> fin"),
    ("answered-without-a-code", "> close\n> fin"),
    ("answered-late", "wait 3\n> close 3333\n> fin"),
    ("data-first", "> text \"late\"\n> ping \"p\"\n> close 3333\n> fin"),
    ("fragments-first", "> text \"la\" fin=0\n> close 3333\n> fin"),
    ("data-after-the-answer", "> close 3333\n> text \"late\"\n> fin"),
    ("answered-twice", "> close 3333\n> close 3333\n> fin"),
    ("answer-of-one-byte", "> close hex:0d\n> fin"),
    ("answer-not-utf-8", "> close 3333 hex:eda080\n> fin"),
    ("answer-too-long", "> close 3333 \"x\" * 124\n> fin"),
    ("answer-in-fragments", "> close 3333 fin=0\n> fin"),
    ("answer-masked-wrong", "> close 3333 mask=wrong\n> fin"),
    ("answer-of-one-byte-and-stays", "> close hex:0d\nwait 3"),
    ("answer-not-utf-8-and-stays", "> close 3333 hex:eda080\nwait 3"),
    ("answer-too-long-and-stays", "> close 3333 \"x\" * 124\nwait 3"),
    ("answer-code-999-and-stays", "> close 999\nwait 3"),
    ("answer-code-1005-and-stays", "> close 1005\nwait 3"),
    ("answer-in-fragments-and-stays", "> close 3333 fin=0\nwait 3"),
    ("answer-with-rsv1-and-stays", "> close 3333 rsv=4\nwait 3"),
    ("answer-masked-wrong-and-stays", "> close 3333 mask=wrong\nwait 3"),
    ("unknown-opcode-and-stays", "> opcode=11\nwait 3"),
    ("text-not-utf-8-and-stays", "> text hex:c328\nwait 3"),
    ("answered-and-stays", "> close 3333\nwait 3"),
    ("answer-and-fin-at-once", "> close 3333\n> fin glue\nwait 2"),
    ("answer-and-reset-at-once", "> close 3333\n> reset\nwait 2"),
    ("data-and-answer-in-one-segment", "> text \"late\"\n> ping \"p\" glue\n> close 3333 glue\n> fin"),
    ("no-answer", "wait 32"),
    ("eof", "> fin\nwait 2"),
    ("eof-in-the-answer", "> octets 88\n> fin\nwait 2"),
    ("reset", "> reset\nwait 2"),
    ("closes-again", "app close 1001 \"again\"\n> close 3333\n> fin"),
    ("sends", "app send text \"late\"\n> close 3333\n> fin"),
    ("sends-after-the-answer", "> close 3333\napp send text \"late\"\napp close 1001\n> fin"),
];

/// The name of each script in which something happens before the application closes, and its steps.
const BEFORE_LOCAL_CLOSE: [(&str, &str); 3] = [
    ("echo-first", "> text \"hi\"\nwait 1\napp close 3333 \"ours\"\n> close 3333\n> fin"),
    ("ping-first", "> ping \"p\"\nwait 1\napp close 3333 \"ours\"\n> close 3333\n> fin"),
    (
        "fragments-first-and-a-ping",
        "> text \"a\" fin=0\n> ping \"p\"\n> continuation \"b\"\nwait 1\napp close 3333\n> close 3333\n> fin",
    ),
];

/// The scripts in which the application closes first.
pub fn local_closes() -> impl Iterator<Item = TestVector> {
    let after =
        AFTER_LOCAL_CLOSE.into_iter().map(|(name, then)| (name, format!("app close 3333 \"ours\"\n{then}")));
    let before = BEFORE_LOCAL_CLOSE.into_iter().map(|(name, steps)| (name, steps.to_owned()));
    after.chain(before).map(|(name, steps)| written(format!("local-close/{name}"), &steps))
}

/// A vector with these steps, in text form.
fn written(name: String, steps: &str) -> TestVector {
    let text = format!("wsclose 2\nrole client\n{steps}\n");
    let script = ScriptBuf::read(text.as_bytes()).expect("the tables hold scripts");
    TestVector::curated(name, script.as_script())
}

/// The name of each script in which much leaves in one write or right behind another, and its steps.
const BURSTS: [(&str, &str); 17] = [
    ("at-once/close-and-fin", "> close 3333 \"bye\"\n> fin glue\nwait 2"),
    ("at-once/close-and-reset", "> close 3333 \"bye\"\n> reset\nwait 2"),
    ("at-once/empty-close-and-fin", "> close\n> fin glue\nwait 2"),
    ("at-once/message-and-close", "> text \"a\"\n> close 3333 glue\nwait 2\n> fin"),
    ("at-once/message-close-and-fin", "> text \"a\"\n> close 3333 glue\n> fin glue\nwait 2"),
    ("at-once/message-and-fin", "> text \"a\"\n> fin glue\nwait 2"),
    ("at-once/fragment-close-and-fin", "> text \"a\" fin=0\n> close 3333 glue\n> fin glue\nwait 2"),
    ("at-once/flaw-and-fin", "> opcode=11\n> fin glue\nwait 2"),
    ("at-once/flaw-and-reset", "> opcode=11\n> reset\nwait 2"),
    ("at-once/half-a-close-and-fin", "> octets 88\n> fin glue\nwait 2"),
    ("opening/close", "> close 4401 \"no\" with-opening\nwait 2\n> fin"),
    ("opening/empty-close", "> close with-opening\nwait 2\n> fin"),
    ("opening/message-then-close", "> text \"a\" with-opening\nwait 1\n> close 3333\nwait 1\n> fin"),
    ("opening/message-and-close", "> text \"a\" with-opening\n> close 4401 with-opening\nwait 2\n> fin"),
    ("opening/close-and-fin", "> close 4401 \"no\" with-opening\n> fin\nwait 2"),
    (
        "length/top-bit-with-the-true-length",
        "> close 3333 \"bye\" form=64 claim=9223372036854775813\nwait 2\n> fin",
    ),
    ("length/64-bits-with-the-true-length", "> close 3333 \"bye\" form=64\nwait 2\n> fin"),
];

/// The number of Pings or messages before the Close: more than endpoints keep for a program that does not read.
const MANY: usize = 64;

/// Where a Close with the longest reason is cut: after its header, deep inside its reason, and before its last octet.
const DEEP_CUTS: [u8; 6] = [7, 33, 65, 97, 126, 128];

/// The lengths in octets of the long reasons that are not ASCII.
const LONG_REASONS: [usize; 6] = [18, 24, 36, 60, 96, 120];

/// The scripts in which much leaves in one write or right behind another: frames and the end of TCP, frames and the
/// opening handshake, many frames before a Close, and Closes with long reasons, whole and cut.
pub fn bursts() -> impl Iterator<Item = TestVector> {
    let tables = BURSTS.into_iter().map(|(name, steps)| written(name.to_owned(), steps));
    let many = ["ping \"p\"", "text \"a\"", "pong \"p\""].into_iter().map(|frame| {
        let kind = frame.split(' ').next().unwrap_or_default();
        let frames = format!("> {frame} glue\n").repeat(MANY);
        written(format!("before-close/{MANY}-{kind}s"), &format!("{frames}> close 3333 glue\nwait 2\n> fin"))
    });
    let cuts = DEEP_CUTS.into_iter().map(|cut| {
        let steps = format!("> close 3333 \"r\" * 123 cut={cut}\nwait 1\n> fin");
        written(format!("cut-reason/{cut}"), &steps)
    });
    let long = LONG_REASONS.into_iter().flat_map(|len| {
        (2..=4).filter(move |width| len.is_multiple_of(*width)).map(move |width| {
            let reason = character(width).repeat(len / width);
            received(
                format!("reason-received/{len}-of-{width}-octets-each"),
                CloseCode::NORMAL,
                reason.as_bytes(),
            )
        })
    });
    tables.chain(many).chain(cuts).chain(long)
}

/// Every cut of every connection of a script. Each vector runs one connection as it is, and repeats it with its
/// segments cut after some octets.
pub fn segmentations(vector: &TestVector) -> Vec<TestVector> {
    let mut connections: Vec<Vec<Step<'_>>> = vec![Vec::new()];
    for step in vector.script.as_script().steps() {
        if step.begins_connection() {
            connections.push(Vec::new());
        } else if step.note().is_none() {
            connections.last_mut().expect("there is one").push(step);
        }
    }
    let mut all = Vec::new();
    for (index, steps) in connections.iter().enumerate() {
        let which = if index == 0 { String::new() } else { format!(".{}", index + 1) };
        for cut in 1..longest_segment(steps).min(usize::from(u8::MAX) + 1) {
            let mut steps = steps.clone();
            steps.push(Step::Repeat(Segmentation::SplitAt(cut as u8)));
            let writer = vector.script.as_script().writer(Role::Client);
            all.push(TestVector::write(format!("cut/{}{which}/{cut}", vector.name), writer, &steps));
        }
    }
    all
}

/// The size of the longest segment if the peer is a client, whose frames are longer because they are masked.
fn longest_segment(steps: &[Step<'_>]) -> usize {
    let (mut longest, mut segment) = (0, Vec::new());
    for step in steps {
        let before = segment.len();
        let goes_on = match step.write(Role::Client, &mut segment) {
            Some(placement) => placement.glue,
            None => step.note().is_some(),
        };
        if !goes_on {
            segment.drain(..before);
        }
        longest = longest.max(segment.len());
    }
    longest
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{
        CodeOrigin, CodeScript, LONGEST_REASON, TestVector, bursts, local_closes, reasons, segmentations,
    };
    use crate::protocol::code::CloseCode;
    use crate::script::{ScriptBuf, Step};

    #[test]
    fn every_code_has_a_script_that_contains_it_once() {
        for origin in CodeOrigin::ALL {
            let mut script = CodeScript::new(origin);
            for code in CloseCode::all() {
                let codes = script.with(code).steps().filter_map(|step| step.payload()?.code);
                assert!(codes.filter(|found| *found != CloseCode::NORMAL).all(|found| found == code));
            }
            assert_eq!(script.name(CloseCode(3000)), format!("code-{origin}/3000"));
            let text = script.with(CloseCode(65535)).to_string();
            assert!(text.contains("65535"), "{text}");
            assert_eq!(CodeOrigin::of(script.with(CloseCode(3000))), Some((origin, CloseCode(3000))));
        }
    }

    #[test]
    fn script_that_does_more_than_to_try_a_code_has_no_origin() {
        let of = |steps: &str| {
            let text = format!("wsclose 1\nrole server\n{steps}\nwait 2\n");
            CodeOrigin::of(ScriptBuf::read(text.as_bytes()).expect("a script").as_script())
        };
        assert_eq!(of("# note\n> close 999\nwait 1\n> fin"), Some((CodeOrigin::Received, CloseCode(999))));
        assert_eq!(of("app close 1005\n> close 1000"), Some((CodeOrigin::Requested, CloseCode(1005))));
        for other in [
            "> close",
            "> close 999 \"r\"",
            "> close 999 rsv=1",
            "> close 999 mask=wrong",
            "> ping\n> close 999",
            "> close 999\nconnect\n> close 999",
            "app close 1001\n> close 1001",
            "app close 1000 \"r\"\n> close 1001",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }

    #[test]
    fn names_are_unique() {
        let names: Vec<String> =
            reasons().chain(local_closes()).chain(bursts()).map(|vector| vector.name).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
    }

    #[test]
    fn reasons_have_the_length_of_their_names_and_their_character_across_the_limit() {
        let mut lengths = [BTreeSet::new(), BTreeSet::new()];
        let mut across = 0;
        for vector in reasons() {
            let first = vector.script.as_script().steps().next().expect("a step");
            let payload = first.payload().expect("it sends or requests the reason");
            let way = usize::from(matches!(first, Step::AppClose(_)));
            let mut octets = Vec::new();
            payload.write(&mut octets);
            let reason = &octets[2..];
            let numbers: Vec<usize> =
                vector.name.split(['/', '-']).filter_map(|word| word.parse().ok()).collect();
            assert_eq!(reason.len(), numbers[0], "{}", vector.name);
            lengths[way].insert(reason.len());
            if let [_, before, width] = numbers[..] {
                let text = std::str::from_utf8(reason).expect("whole characters");
                assert_eq!(text.floor_char_boundary(123), 123 - before, "{}", vector.name);
                assert_eq!(text.ceil_char_boundary(123), 123 - before + width, "{}", vector.name);
                across += 1;
            }
        }
        assert!(lengths.iter().all(|lengths| lengths.iter().copied().eq(0..=LONGEST_REASON)));
        assert!(across > 50, "{across}");
    }

    #[test]
    fn a_frame_is_cut_everywhere() {
        let text = "wsclose 1\nrole server\n# note\n> close 3333 \"ab\"\n> fin\nconnect\n> ping glue\n";
        let script = ScriptBuf::read(text.as_bytes()).expect("a script");
        let vector = TestVector::curated("two".to_owned(), script.as_script());
        assert_eq!(vector.note, "note");
        let names: Vec<String> = segmentations(&vector).into_iter().map(|vector| vector.name).collect();
        // Ten octets in the first connection (two of header, four of key, four of body), six in the second.
        let expected: Vec<String> = (1..10)
            .map(|cut| format!("cut/two/{cut}"))
            .chain((1..6).map(|cut| format!("cut/two.2/{cut}")))
            .collect();
        assert_eq!(names, expected);
        let first = &segmentations(&vector)[0];
        let text = "wsclose 1\nrole client\n> close 3333 \"ab\"\n> fin\nagain cut=1\n";
        assert_eq!(first.script.as_script().to_string(), text);
    }
}
