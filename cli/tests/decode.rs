//! Tests `wsclose decode`.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests write files")]

mod support;

use std::ffi::OsStr;
use std::path::Path;

use support::{Folder, RunOutput, wsclose, wsclose_in};

#[test]
fn a_conforming_frame_is_decoded() {
    let ran = wsclose(&["decode", "88", "82", "37fa213d", "3412"]).assert_exit(0);
    assert_eq!(
        ran.out,
        "arguments: format hex (detected), 8 octets\n\
         \u{20} sender: the client, because the frames are masked\n\n\
         \u{20}   0  client  CLOSE 1000 \"\" masked\n\
         \u{20}      header 8882 | key 37fa213d | payload 3412 | unmasked 03e8\n\
         \u{20}      code 1000 normal-closure: defined; may be sent: rfc6455 both, iana both, beast both, ws-rs both\n\
         \u{20}      reason \"\" of 0 octets\n"
    );
}

#[test]
fn all_flaws_of_a_frame_are_listed() {
    // A server sends no FIN, RSV1, a mask, a 16-bit length, the code 1005 and a surrogate.
    let ran = wsclose(&["decode", "--sender", "server", "48 fe 0005 00000000 03ed eda080"]).assert_exit(1);
    for rule in [
        "close-fin",
        "close-rsv-clear",
        "server-does-not-mask",
        "shortest-length",
        "code-not-local-only",
        "reason-utf8",
    ] {
        assert!(ran.out.contains(&format!("violates {rule} ")), "{rule} in {}", ran.out);
    }
}

#[test]
fn message_sequence_is_checked() {
    let ran = wsclose(&["decode", "--sender=server", "0001 61", "8101 ff", "8800", "8800", "8101 61"])
        .assert_exit(1);
    let ran = ran
        .assert_stdout("continuation with no message to continue")
        .assert_stdout("text that is not UTF-8")
        .assert_stdout("a second Close");
    ran.assert_stdout("violates no-data-after-close  must");
    // Text may be split between the octets of a character.
    wsclose(&["decode", "--sender=server", "0101 c3", "8001 a9"]).assert_exit(0);
    wsclose(&["decode", "--sender=server", "0101 c3", "8101 61"])
        .assert_exit(1)
        .assert_stdout("new message inside a fragmented one");
}

#[test]
fn should_violations_fail_only_a_strict_decode() {
    let octets = ["decode", "--sender", "server", "880203f2"];
    wsclose(&octets).assert_exit(0).assert_stdout("violates code-1010-from-client");
    wsclose(&[&octets[..], &["--strict"]].concat()).assert_exit(1);
    let octets = ["decode", "--sender", "server", "880203f6", "--strict"];
    wsclose(&octets).assert_exit(0);
    wsclose(&[&octets[..], &["--profile", "rfc6455"]].concat())
        .assert_exit(1)
        .assert_stdout("violates code-is-assigned");
}

#[test]
fn incomplete_frames_are_reported() {
    wsclose(&["decode", "--sender=server", "88"])
        .assert_exit(0)
        .assert_stdout("incomplete: at least 1 more octets of header");
    wsclose(&["decode", "--sender=server", "8805 03e8"])
        .assert_exit(0)
        .assert_stdout("CLOSE 1000 \"\" claims 5 …")
        .assert_stdout("incomplete: 3 more octets of payload");
    wsclose(&["decode", "--sender=server", "887f ffffffffffffffff"])
        .assert_exit(1)
        .assert_stdout("length-top-bit-clear")
        .assert_stdout("incomplete: 18446744073709551615 more octets");
    wsclose(&["decode", ""]).assert_exit(2).assert_stderr("no octets; give a dump");
}

/// The output for octets on standard input.
fn decode_input(args: &[&str], input: &[u8]) -> RunOutput {
    let args = ["decode", "-"].iter().chain(args).map(|arg| arg as &dyn AsRef<OsStr>);
    wsclose_in(Path::new("."), &args.collect::<Vec<_>>(), input)
}

#[test]
fn standard_input_is_text_or_octets() {
    let close = "    0  server  CLOSE 1000 \"\"\n       header 8802 | payload 03e8\n";
    for (input, format) in [
        (b"\x88\x02\x03\xe8".as_slice(), "raw"),
        (b"88 02 03 e8\r\n", "hex"),
        (b"\xef\xbb\xbf880203e8", "hex"),
        (b"\xff\xfe8\x008\x000\x002\x000\x003\0e\x008\x00", "hex"),
        (b"00000000: 8802 03e8                                ....\n", "xxd"),
        (b"0x0000:  8802 03e8\n", "tcpdump"),
    ] {
        let ran = decode_input(&[], input).assert_exit(0).assert_stdout(close);
        ran.assert_stdout(&format!("standard input: format {format} (detected), 4 octets\n"));
    }
    // The format that is named is the one that is read.
    decode_input(&["--format", "raw"], b"88").assert_exit(1).assert_stdout("format raw (as named), 2 octets");
    decode_input(&["--format", "hex"], b"\x88\x02")
        .assert_exit(2)
        .assert_stderr("octet 0: expected text in UTF-8");
    decode_input(&["--format", "base64"], b"iAID6A==")
        .assert_exit(0)
        .assert_stdout("base64 (as named), 4 octets");
    decode_input(&["--format", "hexx"], b"").assert_exit(2).assert_stderr("expected a format (raw, hex,");
    for nothing in [b"".as_slice(), b" \n"] {
        decode_input(&[], nothing).assert_exit(2).assert_stderr("standard input: no octets; give a dump");
    }
    decode_input(&[], b"\xd4\xc3\xb2\xa1\x02\0")
        .assert_exit(2)
        .assert_stderr("is a capture file; print its packets");
}

#[test]
fn a_file_is_text_or_octets() {
    let folder = Folder::new();
    folder.file("dump.txt", "0000   88 02 03 e8   ....\n");
    folder.file("octets", [0x88, 0x00]);
    // A file with the name of octets is not read.
    folder.file("8a00", [0x88, 0x00]);
    let ran = folder.wsclose(&["decode", "dump.txt"]).assert_exit(0);
    ran.assert_stdout("dump.txt: format wireshark (detected), 4 octets").assert_stdout("CLOSE 1000");
    folder
        .wsclose(&["decode", "octets"])
        .assert_exit(0)
        .assert_stdout("octets: format raw (detected), 2 octets");
    folder.wsclose(&["decode", "8a00"]).assert_exit(0).assert_stdout("PONG");
    folder
        .wsclose(&["decode", "dumb.txt"])
        .assert_exit(3)
        .assert_stderr("dumb.txt: not found; expected a file, or");
    folder.file("two.txt", "88 02\n0x0002:  03e8\n");
    folder
        .wsclose(&["decode", "two.txt"])
        .assert_exit(2)
        .assert_stderr("two.txt:2:3: expected pairs of hexadecimal digits, found the offset `0002:`");
}

#[test]
fn the_mask_bit_tells_the_sender_unless_it_is_named() {
    let both = ["decode", "888000000000 8800 8800"];
    wsclose(&both)
        .assert_exit(0)
        .assert_stdout("sender: the client of masked frames and the server of others; --sender names one")
        .assert_stdout("    0  client  CLOSE masked")
        .assert_stdout("    6  server  CLOSE\n")
        .assert_stdout("    8  server  CLOSE\n       header 8800\n       violates one-close");
    wsclose(&[&both[..], &["--sender", "client"]].concat())
        .assert_exit(1)
        .assert_stdout("sender: the client, as --sender names it")
        .assert_stdout("violates client-masks");
    wsclose(&["decode", "8800"])
        .assert_exit(0)
        .assert_stdout("the server, because the frames are not masked");
}

#[test]
fn a_capture_of_tcpdump_is_a_conversation() {
    let dump = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dumps/tcpdump-X-ipv4.txt");
    let ran = wsclose(&["decode", dump.to_str().expect("UTF-8")]).assert_exit(0);
    let (_, output) = ran.out.split_once(": format ").expect("the format");
    insta::assert_snapshot!(output, @r#"
    tcpdump (detected), 284 octets
      removed the headers of 14 of 14 packets: IP and TCP
      127.0.0.1:60900 to 127.0.0.1:37241: sender: the client, which sent the HTTP request
      127.0.0.1:37241 to 127.0.0.1:60900: sender: the server, which sent the HTTP response

        0  client  opening handshake of 140 octets: GET / HTTP/1.1
        0  server  opening handshake of 129 octets: HTTP/1.1 101 Switching Protocols
      140  client  CLOSE 1000 "bye" masked
           header 8885 | key 37fa213d | payload 3412434452 | unmasked 03e8627965
           code 1000 normal-closure: defined; may be sent: rfc6455 both, iana both, beast both, ws-rs both
           reason "bye" of 3 octets
      129  server  CLOSE 1000 ""
           header 8802 | payload 03e8
           code 1000 normal-closure: defined; may be sent: rfc6455 both, iana both, beast both, ws-rs both
           reason "" of 0 octets
    "#);
}

#[test]
fn senders_of_a_conversation() {
    let dump = |first: &str, second: &str| {
        let octets =
            |text: &str| text.split(' ').map(|octet| format!("0x{octet}")).collect::<Vec<_>>().join(", ");
        format!("char peer0_0[] = {{ {} }};\nchar peer1_0[] = {{ {} }};\n", octets(first), octets(second))
    };
    let masked = "88 80 00 00 00 00";
    let decode = |first: &str, second: &str, args: &[&str]| {
        wsclose(&[&["decode", &dump(first, second)], args].concat())
    };
    decode(masked, "88 00", &[])
        .assert_exit(0)
        .assert_stdout("direction 1: sender: the client, because the first frame is masked")
        .assert_stdout("direction 2: sender: the server, because the first frame is not masked");
    // A second Close of the client without a mask is still the client's.
    decode(&format!("{masked} 88 00"), "88 00", &[]).assert_exit(1).assert_stdout("violates client-masks");
    decode("88 00", "88 00", &[])
        .assert_exit(0)
        .assert_stdout("direction 1: sender: unclear, because both directions mask alike");
    decode("88 00", "88 00", &["--sender", "client"])
        .assert_exit(1)
        .assert_stdout("direction 2: sender: the server, as --sender names it")
        .assert_stdout("    0  client  CLOSE\n       header 8800\n       violates client-masks");
}

#[test]
fn http_in_place_of_a_frame_is_not_decoded() {
    let octets = b"\x88\x02\x0b\xb8HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    let ran = decode_input(&[], octets).assert_exit(1);
    let ran = ran.assert_stdout("    4  server  an HTTP response in place of a frame: HTTP/1.1 200 OK\n");
    ran.assert_stdout("       violates sends-only-frames  must     38 octets are not decoded\n");
    // Short text counts at the end, and one octet of it does not.
    decode_input(&[], b"\x88\x02\x0b\xb8OOPS").assert_exit(1).assert_stdout("in place of a frame: OOPS");
    decode_input(&[], b"\x88\x02\x0b\xb8O").assert_exit(0).assert_stdout("incomplete: at least 1 more");
}

#[test]
fn invalid_digits_have_a_position() {
    wsclose(&["decode", "88", "0g"])
        .assert_exit(2)
        .assert_stderr("argument 2, column 2: expected pairs of hexadecimal digits, found `g`");
    wsclose(&["decode", "88 0"])
        .assert_exit(2)
        .assert_stderr("argument 1, column 4")
        .assert_stderr("found a single digit");
    wsclose(&["decode", "hello"]).assert_exit(2).assert_stderr(
        "argument 1, column 1: expected pairs of hexadecimal digits, found `h` (no format was detected;",
    );
    wsclose(&["decode"]).assert_exit(2);
}

#[test]
fn a_wrong_close_has_a_hint() {
    let too_long = format!("887e0082 03e8 {}", "78".repeat(128));
    for (octets, hint) in [
        (
            "888b00000000576520617265 20646f6e65",
            "likely: a reason without a code in front of it: the octets of the code, 22373",
        ),
        (
            "8804 31303030",
            "likely: the two octets are the ASCII digits \"10\" (12592): the code 1000 was written as text",
        ),
        ("8882 37fa213d 37fa", "likely: the octets of the code were allocated and not filled in"),
        (&too_long, "certain: the reason has 128 octets, and 123 fit"),
        ("8802 03ed", "likely: an API reports 1005 for a Close without a code"),
        ("8802 e803", "likely: the octets are those of 1000 in the wrong order"),
    ] {
        wsclose(&["decode", octets]).assert_stdout(&format!("       hint, {hint}"));
    }
    for (conversation, hint) in [
        (
            "8880 00000000 8802 03ed",
            "likely: the received Close had no code, and 1005 is what an API reports for that",
        ),
        ("8882 00000000 03ee 8802 03ee", "likely: the code of the received Close was echoed"),
    ] {
        wsclose(&["decode", conversation]).assert_exit(1).assert_stdout(&format!("       hint, {hint}"));
    }
    for octets in ["8802 03e8", "8800", "8802 03ec"] {
        let ran = wsclose(&["decode", octets]);
        assert!(!ran.out.contains("hint"), "{ran:?}");
    }
}

#[test]
fn compressed_messages_are_no_violation_if_compression_may_be_negotiated() {
    // "Hello", compressed as in RFC 7692 §7.2.3.1, whole and in two frames.
    let whole = b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00".as_slice();
    let fragments = b"\x41\x03\xf2\x48\xcd\x80\x04\xc9\xc9\x07\x00".as_slice();
    for octets in [whole, fragments] {
        let ran = decode_input(&[], octets).assert_exit(0);
        ran.assert_stdout(
            "RSV1: the message is compressed, if permessage-deflate was negotiated, which the octets do not",
        );
    }
    let response = |extension: &str| {
        format!("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n{extension}\r\n").into_bytes()
    };
    let agreed = response("Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10\r\n");
    decode_input(&[], &[&agreed, whole].concat())
        .assert_exit(0)
        .assert_stdout("RSV1: the message is compressed\n");
    decode_input(&[], &[&response(""), whole].concat())
        .assert_exit(1)
        .assert_stdout("violates stream-well-formed  must     frame with an RSV bit set");
    // "Hello" again, which refers to the first one (RFC 7692 §7.2.3.2).
    let again = b"\xc1\x05\xf2\x00\x11\x00\x00".as_slice();
    let ran = decode_input(&[], &[&agreed, whole, again].concat()).assert_exit(0);
    assert_eq!(ran.out.matches("       inflates to \"Hello\"\n").count(), 2, "{ran:?}");
    // A text that is not UTF-8 is a violation only if it is certain what it inflates to.
    let bad = b"\xc1\x03\xfa\x0f\x00".as_slice();
    decode_input(&[], &[&agreed, bad].concat()).assert_exit(1).assert_stdout("text that is not UTF-8");
    decode_input(&[], bad).assert_exit(0).assert_stdout("depends on messages that are not here");
    // A control frame is never compressed, and other bits are not defined.
    decode_input(&[], &[&agreed, b"\xc8\x00".as_slice()].concat())
        .assert_exit(1)
        .assert_stdout("close-rsv-clear");
    decode_input(&[], b"\xa1\x00").assert_exit(1).assert_stdout("stream-well-formed");
}
