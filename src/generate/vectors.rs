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

/// The name of each script in which the application closes first, and the steps after that.
const AFTER_LOCAL_CLOSE: [(&str, &str); 20] = [
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
    ("no-answer", "wait 32"),
    ("eof", "> fin\nwait 2"),
    ("eof-in-the-answer", "> octets 88\n> fin\nwait 2"),
    ("reset", "> reset\nwait 2"),
    ("closes-again", "app close 1001 \"again\"\n> close 3333\n> fin"),
    ("sends", "app send text \"late\"\n> close 3333\n> fin"),
    ("sends-after-the-answer", "> close 3333\napp send text \"late\"\napp close 1001\n> fin"),
];

/// The scripts in which the application closes first.
pub fn local_closes() -> impl Iterator<Item = TestVector> {
    AFTER_LOCAL_CLOSE.into_iter().map(|(name, then)| {
        let text = format!("wsclose 1\nrole client\napp close 3333 \"ours\"\n{then}\n");
        let script = ScriptBuf::read(text.as_bytes()).expect("the table holds scripts");
        TestVector::curated(format!("local-close/{name}"), script.as_script())
    })
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

    use super::{CodeOrigin, CodeScript, LONGEST_REASON, TestVector, local_closes, reasons, segmentations};
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
        }
    }

    #[test]
    fn names_are_unique() {
        let names: Vec<String> = reasons().chain(local_closes()).map(|vector| vector.name).collect();
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
