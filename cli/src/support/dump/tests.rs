//! Tests of the parsers: dumps that the tools printed, and octets printed in every format.
#![allow(clippy::disallowed_methods, reason = "reads dumps")]

use std::fs;
use std::path::Path;

use wsclose::generate::random::Random;

use super::{DumpError, Segment, detect, is_text, read};
use crate::args::dump_format::Format;

/// A masked Close with a reason that looks like a dump, and an unmasked one.
const TWO: &str = "889b37fa213d341346525e94461d06c8010e03da405f179b565c4eda5d1d599556880203e8";
/// A Close with a reason of digits, and a Pong.
const TEXT: &str = "882503e833332033332061622063642065662031322033342033333333333333333333333333338a00";
/// A message of zeros, so that tools abbreviate it, and a Close.
const ZEROS: &str = "827e0080";

fn octets(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.chars().map(|c| c.to_digit(16).expect("a digit") as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

fn dump(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dumps").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All octets, of both directions.
fn all(segments: &[Segment]) -> Vec<u8> {
    segments.iter().flat_map(|segment| segment.octets.iter().copied()).collect()
}

/// Reads text in the format that is detected.
fn detected(text: &str) -> Result<(Format, Vec<u8>), DumpError> {
    let format = detect(text);
    read(text, format).map(|dump| (format, all(&dump.segments)))
}

#[test]
fn dumps_of_tools_are_detected_and_read() {
    let zeros = [octets(ZEROS), vec![0; 128], octets("880203e8")].concat();
    for (content, expected) in [("two", octets(TWO)), ("text", octets(TEXT)), ("zeros", zeros)] {
        for (tool, format) in [
            ("xxd", Format::Xxd),
            ("xxd-a-g1", Format::Xxd),
            ("xxd-p", Format::Hex),
            ("xxd-i", Format::Array),
            ("hexdump", Format::Hexdump),
            ("hexdump-C", Format::Hexdump),
            ("od-x1", Format::Hexdump),
            ("od-x1z", Format::Hexdump),
            ("tshark-x", Format::Wireshark),
            ("base64", Format::Base64),
            ("python", Format::Python),
            ("json", Format::Array),
        ] {
            let name = format!("{tool}-{content}.txt");
            assert_eq!(detected(&dump(&name)), Ok((format, expected.clone())), "{name}");
        }
    }
    assert_eq!(detected(&dump("node-two.txt")), Ok((Format::Buffer, octets(TWO))));
    assert_eq!(detected(&dump("node-uint8array-two.txt")), Ok((Format::Array, octets(TWO))));
}

#[test]
fn headers_of_packets_are_removed() {
    // After the opening handshake, the client sends a Close with the reason "bye" and the server one without.
    for (name, packets) in [
        ("tcpdump-X-ipv4.txt", "14 of 14 packets: IP and TCP"),
        ("tcpdump-v-x.txt", "4 of 4 packets: IP and TCP"),
        ("tcpdump-xx-ipv6.txt", "6 of 6 packets: Ethernet, IP and TCP"),
        ("tcpdump-xx-cooked.txt", "packets: Linux cooked capture, IP and TCP"),
        ("tshark-x.txt", "2 of 2 packets: Ethernet, IP and TCP"),
    ] {
        let text = dump(name);
        let dump = read(&text, detect(&text)).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert!(dump.notes.iter().any(|note| note.contains(packets)), "{name}: {:?}", dump.notes);
        let by_flow = |flow| -> Vec<u8> {
            let of_flow = dump.segments.iter().filter(|segment| segment.flow == flow);
            of_flow.flat_map(|segment| segment.octets.iter().copied()).collect()
        };
        assert_eq!(dump.flows.len() % 2, 0, "{name}");
        let (client, server) = (by_flow(0), by_flow(1));
        assert!(client.ends_with(&octets("888537fa213d3412434452")), "{name}: {client:02x?}");
        assert!(server.ends_with(&octets("880203e8")), "{name}: {server:02x?}");
        assert_eq!((dump.flows[0].0, dump.flows[0].1), (dump.flows[1].1, dump.flows[1].0), "{name}");
        if name != "tshark-x.txt" {
            assert!(client.starts_with(b"GET / HTTP/1.1\r\n"), "{name}");
            assert!(server.starts_with(b"HTTP/1.1 101 Switching"), "{name}");
        }
    }
    // The octets that Wireshark unmasked were not on the wire.
    let text = dump("tshark-x.txt");
    let notes = read(&text, Format::Wireshark).expect("a dump").notes;
    assert!(
        notes.contains(&"left out: Unmasked data (5 bytes), which was not on the wire".to_owned()),
        "{notes:?}"
    );
}

#[test]
fn a_followed_stream_has_two_directions() {
    let dump = read(&dump("tshark-follow-hex.txt"), Format::Wireshark).expect("a dump");
    let flows: Vec<usize> = dump.segments.iter().map(|segment| segment.flow).collect();
    assert_eq!(flows, [0, 1, 0, 1]);
    assert_eq!(dump.segments[2].octets, octets("888537fa213d3412434452"));
    assert_eq!(dump.segments[3].octets, octets("880203e8"));
}

#[test]
fn repeated_and_missing_octets_of_a_connection_are_counted() {
    let text = dump("tcpdump-v-x.txt");
    let again = format!("{text}{text}");
    let read_again = read(&again, Format::Tcpdump).expect("a dump");
    let notes = read_again.notes.join("\n");
    assert!(notes.contains("octets were sent again and are read once"), "{notes}");
    assert_eq!(all(&read_again.segments), all(&read(&text, Format::Tcpdump).expect("a dump").segments));
    // Without the packet of the client's Close the server's answer follows; without the opening handshake 140 octets.
    let packets: Vec<&str> = text.split("10:18:13.").filter(|packet| !packet.is_empty()).collect();
    let lost = format!("10:18:13.{}10:18:13.{}", packets[0], packets[2]);
    let expected_missing = read(&lost, Format::Tcpdump).expect("a dump").segments[1].missing;
    assert_eq!(expected_missing, 0);
    let cut = packets[2].split_once(" 213d").expect("the key of the Close").0;
    let cut = read(&format!("10:18:13.{cut}\n"), Format::Tcpdump).expect("a dump");
    assert!(cut.notes.iter().any(|note| note.ends_with("because the capture was cut")), "{:?}", cut.notes);
}

#[test]
fn short_dumps_are_detected() {
    let close = octets("880203e8");
    for (text, format) in [
        ("880203e8", Format::Hex),
        ("0x88 0x02 0x03 0xe8", Format::Hex),
        ("88:02:03:e8", Format::Hex),
        ("136 2 3 232", Format::Decimal),
        ("136,2,3,232", Format::Decimal),
        ("[136, 2, 3, 232]", Format::Array),
        (r"\x88\x02\x03\xe8", Format::Escaped),
        (r#""\x88\x02\x03\xe8""#, Format::Escaped),
        ("<Buffer 88 02 03 e8>", Format::Buffer),
        (r"b'\x88\x02\x03\xe8'", Format::Python),
        ("iAID6A==", Format::Base64),
        ("0x0000:  8802 03e8", Format::Tcpdump),
        ("0x0000: 8802 03e8 ....", Format::Tcpdump),
        ("\t0x0000:  8802 03e8                                ....", Format::Tcpdump),
        ("00000000: 8802 03e8                                ....", Format::Xxd),
        ("00000000: 8802 03e8 ....", Format::Xxd),
        ("00000000  88 02 03 e8                                       |....|\n00000004\n", Format::Hexdump),
        ("0000   88 02 03 e8   ....", Format::Wireshark),
        ("0000 88 02 03 e8 ....", Format::Wireshark),
        ("0000 88 02 03 e8", Format::Wireshark),
        ("0000   88 02 03 e8", Format::Wireshark),
        ("0000000 0288 e803                              \n0000004\n", Format::Hexdump),
    ] {
        assert_eq!(detected(text), Ok((format, close.clone())), "{text}");
    }
    // Zeros at the front of hexadecimal digits are no offset.
    for (text, expected) in
        [("0000 8802", "00008802"), ("00000000 03ed", "0000000003ed"), ("0001 61", "000161")]
    {
        assert_eq!(detected(text), Ok((Format::Hex, octets(expected))), "{text}");
    }
}

#[test]
fn text_in_two_formats_is_an_error_at_the_second() {
    for (text, rest) in [
        ("88 02 \\x03\\xe8", "\\x03"),
        ("\\x88\\x02 03e8", "03e8"),
        ("88 02\n0x0000:  03e8", "0000:"),
        ("00000000: 8802                                     ..\n0x0002:  03e8\n", "0x0002"),
        ("0x0000:  8802\n00000002: 03e8", "00000002"),
        ("00000000: 8802                                     ..\n03e8\n", "03e8"),
        ("00000000: 8802                                     ..\n[3, 232]\n", "[3"),
        ("0000  88 02\n\\x03\\xe8", "\\x03"),
        ("136 2 0x03 e8", "e8"),
        ("136 2 \\x03", "\\x03"),
        ("[136, 2] 03 e8", "03"),
        ("<Buffer 88 02> 03 e8", "03"),
        ("b'\\x88\\x02' 03e8", "03e8"),
        ("iAID6A== 03e8", "03e8"),
    ] {
        let error = detected(text).expect_err(text);
        assert!(text[error.at..].starts_with(rest), "{text:?}: {error:?} at {:?}", &text[error.at..]);
    }
}

#[test]
fn offsets_count_the_octets() {
    for (text, at) in [
        // A line is missing.
        ("00000000: 8802 03e8\n00000010: 8800\n", "00000010"),
        ("0x0000:  8802\n0x0004:  03e8\n", "0004"),
        // A pair is missing.
        ("0000   88 02 03   ...\n0004   88 00   ..\n", "0004"),
        // The offsets go back.
        ("00000000: 8802\n00000002: 03e8\n00000002: 8800\n", "00000002: 8800"),
        // The end of hexdump.
        ("00000000  88 02 03 e8  |....|\n00000005\n", "00000005"),
        // od counts in octal numbers, whose digits may be read as hexadecimal ones.
        ("0000000 001210 164003\n0000004\n", "001210"),
    ] {
        let error = read(text, detect(text)).expect_err(text);
        assert!(text[error.at..].starts_with(at), "{text:?}: {error:?} at {:?}", &text[error.at..]);
    }
    // Two dumps follow each other, and a dump of a part begins elsewhere.
    assert_eq!(detected("0000  88 02 03 e8\n0000  88 00\n"), Ok((Format::Wireshark, octets("880203e88800"))));
    assert_eq!(detected("00000036: 8802 03e8  ....\n"), Ok((Format::Xxd, octets("880203e8"))));
}

#[test]
fn text_and_octets_are_told_apart() {
    for text in ["880203e8\r\n", "0000\t88", "\u{e9}"] {
        assert!(is_text(text.as_bytes()), "{text:?}");
    }
    for raw in [octets("8800"), octets("0101c3"), octets("880203e8"), b"\x81\x05hello".to_vec()] {
        assert!(!is_text(&raw), "{raw:02x?}");
    }
}

/// Prints octets with an offset, groups and a column of text a line.
fn print(
    octets: &[u8],
    offset: impl Fn(usize) -> String,
    group: usize,
    text: impl Fn(&str) -> String,
) -> String {
    let lines = octets.chunks(16).enumerate().map(|(line, octets)| {
        let groups: Vec<String> = octets
            .chunks(group)
            .map(|group| group.iter().map(|octet| format!("{octet:02x}")).collect())
            .collect();
        let shown: String = octets
            .iter()
            .map(|octet| if (0x20..0x7f).contains(octet) { char::from(*octet) } else { '.' })
            .collect();
        let width = 32 + 16 / group;
        format!("{}{:<width$}{}\n", offset(line * 16), groups.join(" "), text(&shown))
    });
    lines.collect()
}

/// Octets with every style of content: random, text that looks like digits, and zeros.
fn samples() -> Vec<Vec<u8>> {
    let mut random = Random::new(7);
    let mut samples = Vec::new();
    for index in 0..600_usize {
        let size = 1 + random.below(70);
        let alphabet: &[u8] = match index % 4 {
            0 => b"",
            1 => b"0123456789abcdef ",
            2 => b"3 ",
            _ => b"\0",
        };
        let octet =
            |random: &mut Random| if alphabet.is_empty() { random.octet() } else { random.pick(alphabet) };
        samples.push((0..size).map(|_| octet(&mut random)).collect());
    }
    samples
}

#[test]
fn any_octets_are_read_as_they_were_printed() {
    for sample in samples() {
        let joined = |separator: &str, each: &dyn Fn(u8) -> String| {
            sample.iter().map(|octet| each(*octet)).collect::<Vec<_>>().join(separator)
        };
        let hex = |octet: u8| format!("{octet:02x}");
        let escapes = joined("", &|octet| format!("\\x{octet:02x}"));
        let mixed = joined("", &|octet| match octet {
            b'"' | b'\\' => format!("\\{}", char::from(octet)),
            0x20..=0x7e => char::from(octet).to_string(),
            _ => format!("\\x{octet:02x}"),
        });
        let no_text = |_: &str| String::new();
        let plain = |text: &str| format!("  {text}");
        let printed = [
            (Format::Hex, joined("", &hex)),
            (Format::Hex, joined(":", &hex)),
            (Format::Hex, joined(", ", &|octet| format!("0x{octet:02x}"))),
            (Format::Array, format!("[{}]", joined(", ", &|octet| octet.to_string()))),
            (Format::Array, format!("char a[] = {{ {} }};", joined(", ", &|octet| format!("0x{octet:02x}")))),
            (Format::Escaped, escapes),
            (Format::Escaped, format!("\"{mixed}\"")),
            (Format::Python, format!("b\"{mixed}\"")),
            (Format::Buffer, format!("<Buffer {}>", joined(" ", &hex))),
            (Format::Tcpdump, print(&sample, |at| format!("\t0x{at:04x}:  "), 2, plain)),
            (
                Format::Tcpdump,
                print(
                    &sample,
                    |at| format!("\t0x{at:04x}:  "),
                    2,
                    |text| format!("  {}", text.replace(' ', ".")),
                ),
            ),
            (Format::Tcpdump, print(&sample, |at| format!("\t0x{at:04x}:  "), 2, no_text)),
            (Format::Xxd, print(&sample, |at| format!("{at:08x}: "), 2, |text| format!(" {text}"))),
            (Format::Xxd, print(&sample, |at| format!("{at:08x}: "), 1, |text| format!(" {text}"))),
            (Format::Hexdump, print(&sample, |at| format!("{at:08x}  "), 1, |text| format!(" |{text}|"))),
            (Format::Wireshark, print(&sample, |at| format!("{at:04x}   "), 1, plain)),
            (Format::Wireshark, print(&sample, |at| format!("{at:04x}   "), 1, no_text)),
        ];
        for (format, text) in printed {
            assert_eq!(detected(&text), Ok((format, sample.clone())), "{text}");
        }
        // Decimal numbers and base64 of any octets may be hexadecimal digits, too.
        let base64 = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &sample);
        for (format, text) in
            [(Format::Decimal, joined(" ", &|octet| octet.to_string())), (Format::Base64, base64)]
        {
            assert_eq!(read(&text, format).map(|dump| all(&dump.segments)), Ok(sample.clone()), "{text}");
        }
    }
}

#[test]
fn any_text_is_read_or_rejected() {
    let mut random = Random::new(11);
    let alphabet: Vec<char> = "0123456789abcdefx:, \n\t|*.\\'\"b[]{}<>=/é-ABZ".chars().collect();
    for _ in 0..20_000 {
        let size = random.below(40);
        let text: String = (0..size).map(|_| random.pick(&alphabet)).collect();
        for format in [detect(&text)].into_iter().chain(Format::ALL) {
            if let Err(error) = read(&text, format) {
                assert!(text.is_char_boundary(error.at), "{text:?} as {format}: {error:?}");
            }
        }
    }
}
