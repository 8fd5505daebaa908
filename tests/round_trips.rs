//! Tests that headers and scripts survive encoding and decoding, and that errors in script text have a position.

mod support;

use wsclose::generate::random::Random;
use wsclose::protocol::frame::{Header, Status};
use wsclose::script::{DEFAULT_KEY, MAGIC, MAGIC_2, Script, ScriptBuf, ScriptError};

#[test]
fn headers_with_any_first_two_octets_are_encoded_as_they_were_decoded() {
    let long = [0, 1, 125, 126, 127, 0xffff, 0x1_0000, 1 << 40, 1 << 63, u64::MAX];
    for first in 0..=u8::MAX {
        for second in 0..=u8::MAX {
            let lengths: Vec<Vec<u8>> = match second & 0x7f {
                126 => long
                    .iter()
                    .filter_map(|n| u16::try_from(*n).ok())
                    .map(|n| n.to_be_bytes().to_vec())
                    .collect(),
                127 => long.iter().map(|n| n.to_be_bytes().to_vec()).collect(),
                _ => vec![Vec::new()],
            };
            let keys: &[&[u8]] =
                if second & 0x80 == 0 { &[&[]] } else { &[&[0; 4], &DEFAULT_KEY, &[0xff; 4]] };
            for length in &lengths {
                for key in keys {
                    let octets = [&[first, second], &length[..], key].concat();
                    let with_more = [&octets[..], &[0xa5]].concat();
                    let Status::Complete(header, used) = Header::decode(&with_more) else {
                        panic!("expected a complete header in {octets:02x?}");
                    };
                    assert_eq!(used, octets.len(), "{octets:02x?}");
                    assert_eq!(header.encode().as_slice(), octets, "{header:?}");
                    for len in 0..octets.len() {
                        // The second octet determines the length of the header.
                        let needed = if len < 2 { 2 } else { octets.len() };
                        assert_eq!(Header::decode(&octets[..len]), Status::Partial(needed), "{octets:02x?}");
                    }
                }
            }
        }
    }
}

#[test]
fn any_octets_decode_to_a_script_that_survives_conversion_to_text() {
    for seed in 0..300_000_u64 {
        let mut random = Random::new(seed);
        let len = random.next_u64() % 96;
        // Small octets are tags, lengths and ASCII; large ones are rarer so that strings are often UTF-8.
        let narrow = if random.next_u64().is_multiple_of(2) { 0x7f } else { 0xff };
        let mut octets = vec![if seed % 3 == 0 { MAGIC_2 } else { MAGIC }];
        octets.extend((0..len).map(|_| random.next_u64() as u8 & narrow));
        let script = Script::decode(&octets).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        let binary = script.encode();
        let again = Script::decode(&binary).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        assert!(script.role() == again.role() && script.steps().eq(again.steps()), "seed {seed}\n{script}");
        assert_eq!(script.offers_deflate(), again.offers_deflate(), "seed {seed}\n{script}");
        let text = again.to_string();
        let compiled =
            ScriptBuf::read(text.as_bytes()).unwrap_or_else(|error| panic!("seed {seed}: {error}\n{text}"));
        assert_eq!(compiled.octets(), binary, "seed {seed}\n{text}");
        assert_eq!(compiled.as_script().to_string(), text, "seed {seed}");
    }
}

#[test]
fn curated_scripts_have_the_canonical_text_form() {
    let mut differences = Vec::new();
    for target in ["closing_handshake", "implementations"] {
        for seed in support::seeds(target) {
            let text = String::from_utf8(seed.octets).expect("a curated script is text");
            let script =
                ScriptBuf::read(text.as_bytes()).unwrap_or_else(|error| panic!("{}: {error}", seed.name));
            let written = script.as_script().to_string();
            let differ = written.lines().zip(text.lines()).find(|(written, text)| written != text);
            if written != text {
                differences.push((
                    target,
                    seed.name,
                    differ.map(|(written, text)| format!("expected {written}, found {text}")),
                ));
            }
        }
    }
    assert!(differences.is_empty(), "{differences:#?}");
}

/// Texts with one error each. A text that does not begin with `wsclose` is tested as the third line of a script.
const MISTAKES: [&str; 50] = [
    "wsclose",
    "wsclose 2",
    "wsclose 3",
    "wsclose 2\nrole server\nextension",
    "wsclose 2\nrole server\nextension permessage-brotli",
    "wsclose 2\nrole server\n> fin\nextension permessage-deflate",
    "wsclose 1\nrole server\nextension permessage-deflate",
    "> text \"a\" deflate",
    "> close 1000 with-opening",
    "> fin glue",
    "wsclose one",
    "wsclose 1 2",
    "wsclosed 1",
    "wsclose 1\nrole",
    "wsclose 1\nrole proxy",
    "wsclose 1\nrole server client",
    "wsclose 1\n> close",
    "close 1000",
    "< close 1000",
    "> goodbye",
    ">",
    "> close 65536",
    "> close 1000 bye",
    "> close 1000 \"bye",
    "> close 1000 \"\\q\"",
    "> close 1000 \"\\u{d800}\"",
    "> close 1000 \"a\" *",
    "> close 1000 \"a\" * 0",
    "> close 1000 \"a\" * 256",
    "> close hex:0",
    "> close hex:zz",
    "> close hex: 03",
    "> text \"grüße\" fin=1",
    "> close 1000 fin",
    "> close rsv=8",
    "> close mask=right",
    "> close key=00",
    "> close form=7",
    "> close claim=-1",
    "> close cut=256",
    "> opcode=16",
    "> octets 888",
    "> octets 88 fin=0",
    "> fin now",
    "app",
    "app close hex:ff",
    "app send 1000",
    "app send text 1000 \"a\"",
    "wait for it",
    "again cut=x",
];

#[test]
fn errors_in_script_text_have_a_line_and_a_column() {
    let mut table = String::new();
    for mistake in MISTAKES {
        let text = match mistake.strip_prefix("wsclose") {
            Some(_) => mistake.to_owned(),
            None => format!("wsclose 1\nrole server\n{mistake}\n"),
        };
        let Err(ScriptError::Text(error)) = ScriptBuf::read(text.as_bytes()) else {
            panic!("expected an error in {mistake:?}");
        };
        let line = text.lines().nth(error.line - 1).unwrap_or_default();
        assert!(error.column <= line.chars().count() + 1, "column {} of {line:?}", error.column);
        assert!(!error.expected.is_empty() && !error.found.is_empty());
        table += &format!("{line}\n{}^ {error}\n\n", " ".repeat(error.column - 1));
    }
    insta::with_settings!({
        snapshot_path => "../snapshots",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!("text_mistakes", table);
    });
}

/// A script of version 1, in both forms, is read as before version 2, and written as version 1.
#[test]
fn scripts_of_version_1_stay_what_they_were() {
    // The tags 15 and 16 wrap around to a frame and octets, and the further bits of the role have no meaning.
    let octets = [MAGIC, 3, 15, 0x88, 0x80, 0x03, 0xe8, 0, 2];
    let text = "wsclose 1\nrole server\n> close 1000\n> fin\n";
    assert_eq!(Script::decode(&octets).expect("a script").to_string(), text);
    let script = ScriptBuf::read(text.as_bytes()).expect("a script");
    assert_eq!(script.octets(), [MAGIC, 1, 0, 0x88, 0x80, 0x03, 0xe8, 0, 2]);
    let as_version_2 = ScriptBuf::read(text.replace("wsclose 1", "wsclose 2").as_bytes());
    assert_eq!(as_version_2, Ok(script), "nothing in it needs version 2");
}

#[test]
fn version_2_survives_conversion() {
    let text = "wsclose 2\nrole client\nextension permessage-deflate\n> text \"a\" fin=0 deflate with-opening\n\
                > octets 8000 with-opening\n> close 1000 deflate\n> fin glue\n";
    let script = ScriptBuf::read(text.as_bytes()).expect("a script");
    assert_eq!(script.octets()[..2], [MAGIC_2, 2]);
    assert_eq!(script.as_script().to_string(), text);
    assert_eq!(ScriptBuf::read(script.octets()).as_ref(), Ok(&script));
    let mut sent = Vec::new();
    let frame = script.as_script().steps().nth(2).expect("the Close");
    frame.write(wsclose::protocol::role::Role::Server, &mut sent);
    // 88 with RSV1; the body compressed by zlib with a raw stream and a synchronous flush.
    assert_eq!(sent, [0xc8, 0x04, 0x62, 0x7e, 0x01, 0x00]);
}

#[test]
fn files_that_are_not_scripts_are_rejected() {
    assert_eq!(ScriptBuf::read(b""), Err(ScriptError::Empty));
    assert_eq!(ScriptBuf::read(&[0xc3, 0, 2]), Err(ScriptError::Version(3)));
    assert_eq!(ScriptBuf::read(&[0x88, 0x82]), Err(ScriptError::Magic(0x88)));
    assert_eq!(ScriptBuf::read(&vec![b'#'; (1 << 16) + 1]), Err(ScriptError::TooLong((1 << 16) + 1)));
    let Err(ScriptError::Text(error)) = ScriptBuf::read(b"wsclose 1\nrole server\n> text \"\xff\"\n") else {
        panic!("expected an error at the octet that is not UTF-8");
    };
    assert_eq!((error.line, error.column), (3, 9));
}
