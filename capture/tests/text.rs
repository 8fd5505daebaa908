//! Reads text forms: dumps that tshark wrote, and our own plain form.

use std::time::Duration;

use wsclose::protocol::role::Role;
use wsclose_capture::recording::{Beginning, End, RecordedConnection, RecordedEvent, RecordedKind};
use wsclose_capture::text::{Plain, TextError, TextFormat, detect, read};

const HEX: &str = include_str!("data/follow_hex.txt");
const HEX_WIRESHARK: &str = include_str!("data/follow_hex_wireshark.txt");
const HEX_LOST: &str = include_str!("data/follow_hex_lost.txt");
const RAW: &str = include_str!("data/follow_raw.txt");
const YAML: &str = include_str!("data/follow.yaml");
const YAML_LOST: &str = include_str!("data/follow_lost.yaml");
const C_ARRAYS: &str = include_str!("data/follow.c");

fn all(text: &str) -> (Result<TextFormat, TextError>, Vec<RecordedConnection>) {
    let mut connections = Vec::new();
    let result = read(text, &mut |connection| connections.push(connection));
    (result, connections)
}

fn one(text: &str) -> RecordedConnection {
    let (result, mut connections) = all(text);
    assert_eq!(result.map_err(|error| error.to_string()).err(), None, "{text}");
    assert_eq!(connections.len(), 1, "{text}");
    connections.remove(0)
}

fn error(text: &str) -> String {
    all(text).0.expect_err("an error").to_string()
}

/// What each event is, without times and numbers of packets.
fn kinds(connection: &RecordedConnection) -> Vec<(Role, RecordedKind)> {
    connection.events.iter().map(|event| (event.from, event.kind.clone())).collect()
}

fn octets(from: Role, octets: &[u8]) -> (Role, RecordedKind) {
    (from, RecordedKind::Octets(octets.to_vec()))
}

#[test]
fn dumps_of_one_connection_agree() {
    let forms = [
        (HEX, TextFormat::HexDump),
        (HEX_WIRESHARK, TextFormat::HexDump),
        (RAW, TextFormat::Raw),
        (YAML, TextFormat::Yaml),
        (C_ARRAYS, TextFormat::CArrays),
    ];
    let first = one(HEX);
    let RecordedKind::Octets(request) = &first.events[0].kind else { panic!("octets") };
    assert!(request.starts_with(b"GET /chat HTTP/1.1\r\n") && request.ends_with(b"\r\n\r\n"));
    assert_eq!(first.events[0].from, Role::Client);
    assert_eq!(first.events[1].from, Role::Server);
    // Chromium compresses its text; the echo server does not.
    assert_eq!(first.events.len(), 7);
    assert_eq!(kinds(&first)[3], octets(Role::Server, b"\x81\x05hello"));
    assert_eq!(kinds(&first)[6], octets(Role::Server, &[0x88, 2, 3, 0xe8]));
    for (text, format) in forms {
        assert_eq!(detect(text.as_bytes()), Some(format));
        assert_eq!(detect(&text.as_bytes()[..200]), Some(format));
        assert_eq!(all(text).0, Ok(format));
        let connection = one(text);
        assert_eq!(kinds(&connection), kinds(&first), "{format:?}");
        assert_eq!((connection.beginning, connection.end), (Beginning::Connection, End::Cut));
        assert!(connection.notes.is_empty(), "{:?}", connection.notes);
    }
    for text in [HEX, RAW, YAML] {
        let connection = one(text);
        assert_eq!(connection.server, "127.0.0.1:9411");
        assert!(connection.client.starts_with("127.0.0.1:"));
        assert_ne!(connection.client, connection.server);
    }
    let timed = one(YAML);
    assert_eq!((timed.events[0].time, timed.events[0].packet), (Some(Duration::ZERO), Some(4)));
    assert_eq!(timed.events[6].packet, Some(13));
    let last = timed.events[6].time.expect("a time");
    assert!(last > Duration::from_millis(1) && last < Duration::from_secs(1), "{last:?}");
    assert_eq!(one(C_ARRAYS).events[2].packet, Some(8));
}

#[test]
fn lost_octets_are_missing() {
    for text in [HEX_LOST, YAML_LOST] {
        let connection = one(text);
        let missing: Vec<_> = connection
            .events
            .iter()
            .filter(|event| matches!(event.kind, RecordedKind::Missing { .. }))
            .collect();
        assert_eq!(missing.len(), 1);
        assert_eq!(missing[0].kind, RecordedKind::Missing { octets: Some(13) });
        assert_eq!((missing[0].from, missing[0].time), (Role::Client, None));
        assert!(connection.events.iter().all(|event| match &event.kind {
            RecordedKind::Octets(octets) => !octets.starts_with(b"["),
            RecordedKind::Missing { .. }
            | RecordedKind::Fin
            | RecordedKind::Reset
            | RecordedKind::TlsClosed => true,
        }));
    }
    // The offset of a line counts octets that the dump leaves out.
    let gap = "00000000  81 00\n00000005  88 00\n";
    let kinds = kinds(&one(gap));
    assert_eq!(kinds[1].1, RecordedKind::Missing { octets: Some(3) });
}

#[test]
fn the_client_is_found_by_its_request_or_its_masks() {
    let reversed: String = HEX_WIRESHARK
        .lines()
        .map(|line| match line.strip_prefix("    ") {
            Some(line) => format!("{line}\n"),
            None => format!("    {line}\n"),
        })
        .collect();
    assert_eq!(kinds(&one(&reversed)), kinds(&one(HEX)));

    let masked_second = "00000000  88 02 03 e8\n    00000000  88 82 37 fa 21 3d 34 12\n";
    let connection = one(masked_second);
    assert_eq!(kinds(&connection)[0], octets(Role::Server, &[0x88, 2, 3, 0xe8]));
    assert_eq!((connection.beginning, connection.notes.len()), (Beginning::Frames, 0));
    // Nothing but the request shows the sides.
    let asked = one("00000000  07 07\n    00000000  47 45 54 20\n");
    assert_eq!((asked.events[0].from, asked.beginning), (Role::Server, Beginning::Connection));
    // Only the server sent something.
    assert_eq!(kinds(&one("00000000  88 02 03 e8\n"))[0].0, Role::Server);

    let unknown = one("00000000  07 07\n    00000000  07 07\n");
    assert_eq!((unknown.events[0].from, unknown.beginning), (Role::Client, Beginning::Middle));
    assert_eq!(unknown.notes.len(), 1);
}

#[test]
fn several_dumps_are_several_connections() {
    for text in [HEX, HEX_WIRESHARK, RAW, YAML, C_ARRAYS] {
        let (result, connections) = all(&format!("{text}\n{text}"));
        assert!(result.is_ok(), "{result:?}");
        assert_eq!(connections.len(), 2);
        assert_eq!(connections[0], connections[1]);
    }
}

#[test]
fn the_plain_form_is_read() {
    let text = "\u{feff}wsclose recording 1\n\
                # by hand\n\
                > \"GET / HTTP/1.1\\r\\nHost: \\x41\\r\\n\\r\\n\" 88 # behind the request\n\
                \n\
                0.003 < 88 02 03e8\n\
                1 packet 7 acknowledged 40 > missing 12\n\
                < missing\n\
                < close_notify\n\
                > FIN\n\
                < RST\n\
                note It was reset.\n";
    assert_eq!(detect(text.as_bytes()), Some(TextFormat::Plain));
    let connection = one(text);
    assert_eq!(
        kinds(&connection),
        [
            octets(Role::Client, b"GET / HTTP/1.1\r\nHost: A\r\n\r\n\x88"),
            octets(Role::Server, &[0x88, 2, 3, 0xe8]),
            (Role::Client, RecordedKind::Missing { octets: Some(12) }),
            (Role::Server, RecordedKind::Missing { octets: None }),
            (Role::Server, RecordedKind::TlsClosed),
            (Role::Client, RecordedKind::Fin),
            (Role::Server, RecordedKind::Reset),
        ]
    );
    assert_eq!(connection.events[1].time, Some(Duration::from_millis(3)));
    let third = &connection.events[2];
    assert_eq!(
        (third.time, third.packet, third.acknowledged),
        (Some(Duration::from_secs(1)), Some(7), Some(40))
    );
    assert_eq!((connection.beginning, connection.end), (Beginning::Connection, End::Complete));
    assert_eq!(connection.notes, ["It was reset."]);
}

#[test]
fn the_end_of_the_plain_form_follows_from_tcp() {
    let end = |text: &str| one(text).end;
    assert_eq!(end("> 88 80 00000000\n"), End::Cut);
    assert_eq!(end("> 88 80 00000000\n< FIN\n"), End::Cut);
    assert_eq!(end("< FIN\n> FIN\n"), End::Complete);
    assert_eq!(end("> RST\n"), End::Complete);
    assert_eq!(end("> 88 80 00000000\nend\n"), End::Complete);
    assert_eq!(one("> 88 80 00000000\n").beginning, Beginning::Frames);
    assert_eq!(one("connection middle\n> 88 80 00000000\n").beginning, Beginning::Middle);
    let (_, connections) =
        all("connection client 1.2.3.4:5\n> FIN\nend\nconnection server [::1]:80\n< FIN\n");
    assert_eq!(connections.len(), 2);
    assert_eq!((connections[0].client.as_str(), connections[1].server.as_str()), ("1.2.3.4:5", "[::1]:80"));
    assert_eq!((connections[0].end, connections[1].end), (End::Complete, End::Cut));
}

#[test]
fn what_the_plain_form_writes_is_read_back() {
    let event = |from, kind, packet| RecordedEvent {
        time: Some(Duration::new(3, 5_000_001)),
        packet: Some(packet),
        acknowledged: Some(9),
        ..RecordedEvent::new(from, kind)
    };
    let request = b"GET /'\"\\ HTTP/1.1\r\nX: \xff\t\0\r\n\r\n\x88\x80".to_vec();
    let connection = RecordedConnection {
        client: "127.0.0.1:51514".to_owned(),
        server: "[::1]:9001".to_owned(),
        beginning: Beginning::Connection,
        events: vec![
            event(Role::Client, RecordedKind::Octets(request), 4),
            event(Role::Server, RecordedKind::Octets(Vec::new()), 5),
            event(Role::Server, RecordedKind::Missing { octets: Some(u64::MAX) }, u64::MAX),
            RecordedEvent::new(Role::Client, RecordedKind::Missing { octets: None }),
            RecordedEvent::new(Role::Client, RecordedKind::TlsClosed),
            RecordedEvent::new(Role::Client, RecordedKind::Fin),
        ],
        end: End::Complete,
        recorded_at: None,
        silent_until: Some(std::time::Duration::from_millis(60_500)),
        notes: vec!["Two segments were lost.".to_owned(), "end".to_owned()],
    };
    let mut others = vec![connection.clone(), RecordedConnection::default()];
    others[1].beginning = Beginning::Middle;
    others.extend([HEX, RAW, YAML, C_ARRAYS, HEX_LOST, YAML_LOST].map(one));
    others.push(RecordedConnection {
        events: vec![
            RecordedEvent::new(Role::Server, RecordedKind::Fin),
            RecordedEvent::new(Role::Client, RecordedKind::Reset),
        ],
        end: End::Complete,
        beginning: Beginning::Frames,
        ..RecordedConnection::default()
    });
    let file: String = others.iter().map(|connection| Plain(connection).to_string()).collect();
    let (result, connections) = all(&format!("wsclose recording 1\n{file}"));
    assert_eq!(result, Ok(TextFormat::Plain));
    assert_eq!(connections, others);
}

#[test]
fn errors_name_the_place_and_what_was_expected() {
    let kind = "pairs of hexadecimal digits, text in quotes, `FIN`, `RST`, `close_notify` or `missing`";
    assert_eq!(error("> 88 8z\n"), format!("line 1, column 6: expected {kind}, found `8z`"));
    assert_eq!(error("# é\n  > é\n"), format!("line 2, column 5: expected {kind}, found `é`"));
    assert_eq!(error("> \"é\" 8z\n"), format!("line 1, column 7: expected {kind}, found `8z`"));
    assert_eq!(error("> 88\n<\n"), format!("line 2, column 2: expected {kind}, found the end of the line"));
    assert_eq!(
        error("> 88\n= 88\n"),
        "line 2, column 1: expected a time in seconds, `packet N`, `acknowledged N`, `>` or `<`, found `=`"
    );
    assert_eq!(error("> missing +1\n"), "line 1, column 11: expected a number of octets, found `+1`");
    assert_eq!(error("> FIN 88\n"), "line 1, column 7: expected the end of the line, found `88`");
    assert_eq!(
        error("> \"GET\n"),
        "line 1, column 7: expected `\"` at the end of the text, found the end of the line"
    );
    assert!(error("> \"\\q\"\n").starts_with("line 1, column 4: expected an escape"));
    assert!(error("> FIN\nend\n> FIN\n").starts_with("line 3, column 1: expected `connection`, `note`"));
    assert!(error("").ends_with("found the end of the line"));
    assert!(error("hello\n").starts_with("line 1, column 1: expected `wsclose recording 1`"));
    assert!(
        error("00000000  88 02\n00000001  03 e8\n").contains("expected the offset 00000002 or a higher one")
    );
    assert!(error("char peer0_0[] = {\n0x88, 0x0").contains("line 2, column 7: expected an octet"));
    assert!(error("char peer0_0[] = {\n0x88").contains("expected `};` at the end of the array"));
    // The connections in front of an error are passed on.
    assert_eq!(all("> FIN\n> ?\n").1[0].events.len(), 1);
    assert_eq!(all("char peer1_0[] = {\n0x88, 0x00").1[0].events.len(), 1);
}

#[test]
fn other_files_are_not_detected() {
    let others: [&[u8]; 8] = [
        b"",
        b"\x0a\x0d\x0d\x0a",
        b"{\"constants\":{}}",
        b"<html><body>",
        b"<?xml version=\"1.0\"?>",
        b"hello > 88",
        b"1234",
        b"\n=====\nFollow: udp\n",
    ];
    for other in others {
        assert_eq!(detect(other), None, "{}", other.escape_ascii());
    }
}

#[test]
fn broken_text_is_an_error_and_not_a_panic() {
    let plain = Plain(&one(YAML_LOST)).to_string();
    for text in [HEX, HEX_WIRESHARK, HEX_LOST, RAW, YAML, YAML_LOST, C_ARRAYS, &plain] {
        for end in 0..text.len() {
            // A prefix has no connection that the whole does not have.
            let (_, connections) = all(&text[..end]);
            assert!(connections.len() <= 1);
            let _ = detect(&text.as_bytes()[..end]);
        }
        let mut state = 1_u64;
        let mut next = |limit: usize| {
            // A step of a linear congruential generator (Knuth), of which the high bits are used.
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % limit
        };
        let mut errors = 0;
        for _ in 0..2000 {
            let mut mutated = text.as_bytes().to_vec();
            for _ in 0..=next(3) {
                let (at, from) = (next(mutated.len()), next(mutated.len()));
                match next(4) {
                    0 => mutated[at] = b"\0 \t\n\"'\\:-[]{}0123456789abcdefxpXFIN<>#"[next(38)],
                    1 => mutated.insert(at, mutated[from]),
                    2 => {
                        mutated.remove(at);
                    }
                    _ => mutated.copy_within(from.min(at)..from.max(at), 0),
                }
            }
            errors += usize::from(all(&String::from_utf8_lossy(&mutated)).0.is_err());
        }
        assert!(errors > 100, "{errors} errors of 2000 mutations");
    }
}
