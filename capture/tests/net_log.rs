//! Reads net-logs that Chromium wrote, reduced to the events of its WebSocket connections.

use std::io::{self, Read};
use std::time::Duration;

use wsclose::protocol::role::Role;
use wsclose_capture::har;
use wsclose_capture::net_log::{NetLogError, NetLogSummary, detect, read};
use wsclose_capture::recording::{Beginning, End, RecordedConnection, RecordedKind};

/// Closed by the page with 1000, with raw octets.
const OCTETS: &str = include_str!("data/net_log_everything.json");
/// The same page, without raw octets.
const HEADERS: &str = include_str!("data/net_log_default.json");
/// The same page over TLS, with raw octets.
const TLS: &str = include_str!("data/net_log_tls.json");
/// Two connections over HTTP/2. The server ends the second with RST_STREAM.
const HTTP2: &str = include_str!("data/net_log_h2.json");
/// The server sets RSV2 in its Close, without raw octets.
const INVALID: &str = include_str!("data/net_log_invalid.json");
/// The server responds 404, without raw octets.
const REFUSED: &str = include_str!("data/net_log_refused.json");
/// A server that never replies to a Close, and one that resets TCP, with raw octets.
const SILENT: &str = include_str!("data/net_log_silent.json");

const ALL: [&str; 7] = [OCTETS, HEADERS, TLS, HTTP2, INVALID, REFUSED, SILENT];

fn all(text: &[u8]) -> (Result<NetLogSummary, NetLogError>, Vec<RecordedConnection>) {
    let mut connections = Vec::new();
    let result = read(text, &mut |connection| connections.push(connection));
    (result, connections)
}

fn whole(text: &str) -> (NetLogSummary, Vec<RecordedConnection>) {
    let (result, connections) = all(text.as_bytes());
    let summary = result.expect("a net-log");
    assert_eq!((summary.stopped.as_deref(), summary.broken_events), (None, 0));
    (summary, connections)
}

fn one(text: &str) -> RecordedConnection {
    let (_, mut connections) = whole(text);
    assert_eq!(connections.len(), 1);
    connections.remove(0)
}

fn stream(connection: &RecordedConnection, from: Role) -> Vec<u8> {
    let sent = connection.events.iter().filter(|event| event.from == from);
    sent.filter_map(|event| event.kind.octets()).flatten().copied().collect()
}

/// What each event is, without times and numbers.
fn kinds(connection: &RecordedConnection) -> Vec<(Role, RecordedKind)> {
    connection.events.iter().map(|event| (event.from, event.kind.clone())).collect()
}

/// The kinds of events that are not octets, with their sides.
fn ends(connection: &RecordedConnection) -> Vec<(Role, RecordedKind)> {
    connection
        .events
        .iter()
        .filter(|event| !matches!(event.kind, RecordedKind::Octets(_) | RecordedKind::Missing { .. }))
        .map(|event| (event.from, event.kind.clone()))
        .collect()
}

/// What stands behind the head of HTTP.
fn frames(stream: &[u8]) -> &[u8] {
    let end = stream.windows(4).position(|window| window == b"\r\n\r\n").expect("a head");
    &stream[end + 4..]
}

#[test]
fn raw_octets_make_a_connection() {
    let (summary, _) = whole(OCTETS);
    assert_eq!((summary.with_octets, summary.without_octets, summary.over_http2), (1, 0, 0));
    assert_eq!((summary.events, summary.capture_mode.as_deref()), (42, Some("Everything")));
    let connection = one(OCTETS);
    assert_eq!(connection.server, "127.0.0.1:9411");
    assert!(connection.client.starts_with("127.0.0.1:") && connection.client != connection.server);
    let (client, server) = (stream(&connection, Role::Client), stream(&connection, Role::Server));
    assert!(client.starts_with(b"GET /chat HTTP/1.1\r\n"));
    assert!(server.starts_with(b"HTTP/1.1 101 Switching Protocols\r\n"));
    // The client sends a text, a binary message and a Close; the server echoes the text.
    assert_eq!(frames(&client)[0..2], [0xc1, 0x87]);
    assert_eq!(frames(&server), b"\x81\x05hello\x88\x02\x03\xe8");
    let close = &frames(&client)[13 + 11..];
    let unmasked: Vec<u8> = close[6..].iter().zip(close[2..6].iter().cycle()).map(|(a, b)| a ^ b).collect();
    assert_eq!((close[0], close[1], unmasked.as_slice()), (0x88, 0x86, b"\x03\xe8done".as_slice()));
    assert_eq!(ends(&connection), [(Role::Server, RecordedKind::Fin), (Role::Client, RecordedKind::Fin)]);
    assert_eq!((connection.beginning, connection.end), (Beginning::Connection, End::Complete));
    assert!(connection.notes.is_empty(), "{:?}", connection.notes);
    let numbers: Vec<_> = connection.events.iter().map(|event| event.packet.expect("a number")).collect();
    assert!(numbers.is_sorted() && numbers[0] > 1 && numbers[numbers.len() - 1] <= 42, "{numbers:?}");
    assert!(
        connection.events.iter().all(|event| event.time.is_some_and(|time| time < Duration::from_secs(1)))
    );
}

#[test]
fn frame_headers_stand_in_for_octets() {
    let (summary, connections) = whole(HEADERS);
    assert_eq!((summary.with_octets, summary.without_octets, summary.over_http2), (0, 1, 0));
    assert_eq!(summary.capture_mode.as_deref(), Some("Default"));
    let connection = &connections[0];
    let (client, server) = (stream(connection, Role::Client), stream(connection, Role::Server));
    assert!(client.starts_with(b"GET /chat HTTP/1.1\r\nHost: 127.0.0.1:9411\r\n"));
    assert!(server.starts_with(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"));
    assert_eq!(frames(&client), [0xc1, 0x87, 0xc2, 0x85, 0x88, 0x86]);
    assert_eq!(frames(&server), [0x81, 5, 0x82, 3, 0x88, 2]);
    let missing = |from| -> Vec<Option<u64>> {
        let events = connection.events.iter().filter(|event| event.from == from);
        events
            .filter_map(|event| match event.kind {
                RecordedKind::Missing { octets } => Some(octets),
                RecordedKind::Octets(_)
                | RecordedKind::Fin
                | RecordedKind::Reset
                | RecordedKind::TlsClosed => None,
            })
            .collect()
    };
    // The four octets of the masking key are missing too.
    assert_eq!(missing(Role::Client), [Some(11), Some(9), Some(10)]);
    assert_eq!(missing(Role::Server), [Some(5), Some(3), Some(2)]);
    assert_eq!(ends(connection), [(Role::Server, RecordedKind::Fin), (Role::Client, RecordedKind::Fin)]);
    assert_eq!((connection.beginning, connection.end), (Beginning::Connection, End::Complete));
    assert_eq!(connection.server, "127.0.0.1:9411");
    assert_eq!(connection.notes.len(), 1);
    assert!(connection.notes[0].starts_with("The log has no octets"));
    assert!(connection.events.is_sorted_by_key(|event| event.packet));
}

#[test]
fn tls_is_read_in_clear_text() {
    let (summary, connections) = whole(TLS);
    assert_eq!((summary.with_octets, connections.len()), (1, 1));
    let connection = &connections[0];
    assert!(stream(connection, Role::Client).starts_with(b"GET /chat HTTP/1.1\r\n"));
    let server = stream(connection, Role::Server);
    assert_eq!(frames(&server), b"\x81\x05hello\x82\x03\x01\x02\x03\x88\x02\x03\xe8");
    assert_eq!(
        ends(connection),
        [(Role::Server, RecordedKind::TlsClosed), (Role::Client, RecordedKind::Fin)]
    );
    // Chrome did not read as far as the FIN of the server.
    assert_eq!(connection.end, End::Cut);
    assert!(connection.notes[0].starts_with("Chrome closed its socket before"));
}

#[test]
fn http2_is_told_apart() {
    let (summary, connections) = whole(HTTP2);
    assert_eq!((summary.with_octets, summary.without_octets, summary.over_http2), (0, 0, 2));
    for connection in &connections {
        assert_eq!((connection.beginning, connection.end), (Beginning::Frames, End::Cut));
        assert_eq!(stream(connection, Role::Client), [0x81, 0x85, 0x88, 0x86]);
        assert_eq!(stream(connection, Role::Server), [0x81, 5, 0x88, 6]);
        assert!(ends(connection).is_empty());
        assert_eq!((connection.client.as_str(), connection.server.as_str()), ("", "localhost:9414"));
        assert!(connection.notes[0].contains("RFC 8441"));
        assert!(connection.notes[1].ends_with("the client ended its direction (END_STREAM)."));
    }
    let last = |index: usize| connections[index].notes.last().expect("a note");
    assert!(last(0).ends_with("the server ended its direction (END_STREAM)."), "{}", last(0));
    assert!(last(1).ends_with("the server reset the stream (RST_STREAM 2 (INTERNAL_ERROR))."), "{}", last(1));
}

#[test]
fn what_chrome_rejects_is_noted() {
    let invalid = one(INVALID);
    // RSV2 of the Close is in its header.
    assert!(stream(&invalid, Role::Server).ends_with(&[0xa8, 2]));
    let reason = "Chrome rejected a frame: One or more reserved bits are on: reserved1 = 0, reserved2 = 1";
    assert!(invalid.notes.iter().any(|note| note.contains(reason)), "{:?}", invalid.notes);
    // Chrome closed its socket at once, so the log does not show the end of the server.
    assert_eq!((ends(&invalid), invalid.end), (vec![(Role::Client, RecordedKind::Fin)], End::Cut));

    let refused = one(REFUSED);
    // The log has no head of a response that Chrome rejects. That there was one shows.
    let server: Vec<_> = refused.events.iter().filter(|event| event.from == Role::Server).collect();
    assert_eq!((server.len(), &server[0].kind), (1, &RecordedKind::Missing { octets: Some(520) }));
    assert!(stream(&refused, Role::Client).starts_with(b"GET /chat HTTP/1.1\r\n"));
    let reason =
        "the opening handshake failed: Error during WebSocket handshake: Unexpected response code: 404";
    assert!(refused.notes.iter().any(|note| note.ends_with(reason)), "{:?}", refused.notes);
}

#[test]
fn resets_and_timeouts_are_read() {
    let (_, connections) = whole(SILENT);
    assert_eq!(connections.len(), 2);
    let reset = &connections[0];
    assert!(stream(reset, Role::Client).starts_with(b"GET /reset "));
    assert_eq!((ends(reset), reset.end), (vec![(Role::Server, RecordedKind::Reset)], End::Complete));
    // Another error of the socket is a note: the server did nothing.
    let (_, refused) =
        whole(&SILENT.replace("\"net_error\":-101,\"os_error\"", "\"net_error\":-102,\"os_error\""));
    assert_eq!((ends(&refused[0]), refused[0].end), (vec![], End::Cut));
    assert!(refused[0].notes[0].ends_with("the socket of Chrome failed: ERR_CONNECTION_REFUSED (-102)."));
    let silent = &connections[1];
    assert!(stream(silent, Role::Client).starts_with(b"GET /chat "));
    assert_eq!((ends(silent), silent.end), (vec![(Role::Client, RecordedKind::Fin)], End::Cut));
    assert!(silent.notes.iter().any(|note| note.contains("Chrome timed out")), "{:?}", silent.notes);
    let last = silent.events.last().and_then(|event| event.time).expect("a time");
    // The timeout is a minute.
    assert_eq!(last.as_secs(), 60, "{last:?}");
}

/// The log without the lines that contain any of the texts.
fn without(log: &str, texts: &[&str]) -> String {
    let lines = log.lines().filter(|line| !texts.iter().any(|text| line.contains(text)));
    let log = lines.collect::<Vec<_>>().join("\n");
    // The last event may have been left out.
    log.replace("},\n\"polledData\"", "}],\n\"polledData\"")
}

/// The number that a log gives to an event, as it stands in the event.
fn event_type(log: &str, name: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(log).expect("JSON");
    format!("\"type\":{}}}", value["constants"]["logEventTypes"][name])
}

#[test]
fn requests_and_sockets_are_joined() {
    let request = "\"source\":{\"id\":11,";
    let bound = event_type(OCTETS, "HTTP_STREAM_REQUEST_BOUND_TO_JOB");
    assert!(OCTETS.contains(request) && OCTETS.contains(&bound));
    // A log that began after the request has the socket. One that does not name the job has the key on both.
    for log in [without(OCTETS, &[request]), without(OCTETS, &[&bound])] {
        let (summary, connections) = whole(&log);
        assert_eq!((summary.with_octets, summary.without_octets), (1, 0));
        assert_eq!(kinds(&connections[0]), kinds(&one(OCTETS)));
    }
    // The base64 of `GET / HTTP/1.1`, without headers: a request of WebSocket only if the log says so.
    let sent = OCTETS.lines().find(|line| line.contains("R0VUIC9jaGF0")).expect("the request");
    let start = sent.find("R0VUIC9jaGF0").expect("the request");
    let size = sent[start..].find('"').expect("its end");
    let plain = OCTETS.replace(&sent[start..start + size], "R0VUIC8gSFRUUC8xLjENCg0K");
    assert!(stream(&one(&plain), Role::Client).starts_with(b"GET / HTTP/1.1\r\n"));
    assert!(whole(&without(&plain, &[request])).1.is_empty());
    // Frames alone show a connection, of which the beginning is missing.
    let socket = "\"source\":{\"id\":18,";
    let head = event_type(HEADERS, "HTTP_TRANSACTION_SEND_REQUEST_HEADERS");
    let connection = one(&without(HEADERS, &[socket, &head]));
    assert_eq!((connection.beginning, connection.end), (Beginning::Middle, End::Cut));
}

#[test]
fn lengths_of_frames_have_three_forms() {
    let header = |length: &str| {
        let log = INVALID.replace(
            "\"opcode\":8,\"payload_length\":2,",
            &format!("\"opcode\":8,\"payload_length\":{length},"),
        );
        let connection = one(&log);
        let server = stream(&connection, Role::Server);
        let end = server.windows(2).rposition(|window| window[0] == 0xa8).expect("a Close");
        server[end..].to_vec()
    };
    assert_eq!(header("125"), [0xa8, 125]);
    assert_eq!(header("126"), [0xa8, 126, 0, 126]);
    assert_eq!(header("65535"), [0xa8, 126, 255, 255]);
    assert_eq!(header("65536"), [0xa8, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
}

#[test]
fn a_truncated_log_is_read_as_far_as_it_goes() {
    let end =
        OCTETS.find("\"iAID6A==\"").or_else(|| OCTETS.rfind("SOCKET_BYTES_RECEIVED")).expect("an event");
    let (result, connections) = all(&OCTETS.as_bytes()[..OCTETS.len() / 2 + end / 2]);
    let summary = result.expect("a net-log");
    assert_eq!(summary.stopped.as_deref(), Some("the log is truncated: it ends within its events"));
    assert_eq!((connections.len(), connections[0].end), (1, End::Cut));
    // A log that was not ended has a comma at its end.
    let last_event = OCTETS.find("],\n\"polledData\"").expect("the end of the list");
    let (result, connections) = all(format!("{},\n", &OCTETS[..last_event]).as_bytes());
    assert!(result.expect("a net-log").stopped.is_some());
    assert_eq!(connections, [one(OCTETS)]);
    // A torn line ends reading, and what stands in front of it is passed on.
    let torn = format!("{},\n{{\"phase\":0,{{\"phase\":0}}]}}", &OCTETS[..last_event]);
    let (result, connections) = all(torn.as_bytes());
    let stopped = result.expect("a net-log").stopped.expect("a reason");
    assert!(stopped.contains("line 45"), "{stopped}");
    assert_eq!(connections, [one(OCTETS)]);
}

#[test]
fn any_layout_of_the_json_is_read() {
    let value: serde_json::Value = serde_json::from_str(OCTETS).expect("JSON");
    for text in [serde_json::to_string(&value), serde_json::to_string_pretty(&value)] {
        let text = text.expect("JSON");
        assert!(detect(text.as_bytes()));
        assert_eq!(one(&text), one(OCTETS));
    }
    // An event without a time is skipped.
    let broken = OCTETS.replacen("\"events\": [", "\"events\": [{\"type\":1,\"source\":{\"id\":1}},7,", 1);
    let (result, connections) = all(broken.as_bytes());
    let summary = result.expect("a net-log");
    assert_eq!((summary.broken_events, summary.events), (2, 44));
    assert_eq!(connections.len(), 1);
}

#[test]
fn other_files_are_rejected() {
    let reason = |text: &str| all(text.as_bytes()).0.expect_err("an error").to_string();
    for text in [
        "",
        "{}",
        "[]",
        "{\"constants\":{}}",
        "{\"events\":[],\"constants\":{}}",
        "GET / HTTP/1.1",
        "{\"constants\":7",
    ] {
        assert!(reason(text).starts_with("expected a net-log of Chrome"), "{text}: {}", reason(text));
    }
    assert!(reason("{\"events\":[]}").contains("in front of the constants"));
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    let error = read(OCTETS.as_bytes()[..3000].chain(Broken), &mut |_| {}).expect_err("an error");
    assert!(matches!(error, NetLogError::Io(_)) && error.to_string().contains("the disk is gone"), "{error}");
    for text in ALL {
        assert!(detect(text.as_bytes()) && !har::detect(text.as_bytes()));
    }
    assert!(!detect(b"{\"log\":{\"version\":\"1.2\"") && !detect(b"") && !detect(b"{\"constants\""));
    assert!(har::LACKS_CONTROL_FRAMES.contains("chrome://net-export"));
}

#[test]
fn memory_is_bounded() {
    let last_event = OCTETS.find("],\n\"polledData\"").expect("the end of the list");
    let received = OCTETS.lines().find(|line| line.contains("gQVoZWxsbw")).expect("the echoed text");
    // More than 2 MiB of octets in an event, again and again on a socket that is open.
    let long = "A".repeat(3 << 20);
    let event = received.replace("gQVoZWxsbw==", &long);
    let closed = OCTETS[..last_event].rfind(",\n").expect("the last event");
    let closed = OCTETS[..closed].rfind(",\n").expect("the event before");
    let start = format!("{},\n", &OCTETS[..closed]);
    let repeated = (0..40).fold(Box::new(start.as_bytes()) as Box<dyn Read>, |before, _| {
        Box::new(before.chain(event.as_bytes()).chain(b"\n".as_slice()))
    });
    let mut connections = Vec::new();
    let summary = read(repeated, &mut |connection| connections.push(connection)).expect("a net-log");
    assert!(summary.events > 75 && connections.len() == 1);
    let octets = stream(&connections[0], Role::Server).len();
    assert!(octets > 48 << 20 && octets <= 64 << 20, "{octets} octets");
    assert_eq!(connections[0].end, End::Cut);
    assert!(connections[0].notes.iter().any(|note| note.contains("memory limit")));

    // What was passed on is not held any longer.
    let list = OCTETS.find("[\n").expect("the list") + 2;
    let (head, events) = OCTETS[..last_event].split_at(list);
    let (events, last) = events.split_at(events.rfind(",\n").expect("the last event") + 2);
    let log = (0..40).fold(Box::new(head.as_bytes()) as Box<dyn Read>, |before, _| {
        let parts = [events, event.as_str(), "\n", last, ",\n"];
        parts.into_iter().fold(before, |before, part| Box::new(before.chain(part.as_bytes())))
    });
    let mut notes = Vec::new();
    let summary = read(log, &mut |connection| notes.push(connection.notes)).expect("a net-log");
    assert_eq!((summary.with_octets, notes), (40, vec![Vec::<String>::new(); 40]));

    let too_long =
        format!("{},\n{}", &OCTETS[..last_event], received.replace("gQVoZWxsbw==", &"A".repeat(5 << 20)));
    let (result, connections) = all(too_long.as_bytes());
    assert!(result.expect("a net-log").stopped.expect("a reason").contains("longer than"));
    assert_eq!(connections.len(), 1);
}

#[test]
fn open_connections_and_notes_are_few() {
    let line = INVALID.lines().find(|line| line.contains("internal_reason")).expect("a rejected frame");
    let reason = "One or more reserved bits are on";
    let long = line.replace(reason, &reason.repeat(1000));
    let connection = one(&INVALID.replace(line, &format!("{long}\n").repeat(100)));
    let notes: usize = connection.notes.iter().map(String::len).sum();
    assert!(
        connection.notes.len() <= 20 && notes < 10_000,
        "{} notes, {notes} octets",
        connection.notes.len()
    );

    // Requests without an end are passed on when there are too many.
    let frame = HEADERS.lines().find(|line| line.contains("\"opcode\":8,")).expect("a Close");
    let before = HEADERS.find(frame).expect("a Close");
    let frames = (1000..10_000).map(|id| frame.replace("\"id\":11,", &format!("\"id\":{id},")) + "\n");
    let log = format!("{}{}", &HEADERS[..before], frames.collect::<String>());
    let (mut passed_on, mut at_most) = (0_usize, 0);
    let log = log.as_bytes();
    let position = std::cell::Cell::new(0_usize);
    let counted = Counted { inner: log, position: &position };
    let line = frame.len() + 1;
    read(counted, &mut |_| {
        passed_on += 1;
        let read = (position.get() - before) / line;
        if position.get() < log.len() {
            at_most = at_most.max(read.saturating_sub(passed_on));
        }
    })
    .expect("a net-log");
    assert!((9000..9010).contains(&passed_on), "{passed_on}");
    assert!((2000..5000).contains(&at_most), "{at_most} were open");
}

/// Counts the octets that were read.
struct Counted<'a> {
    inner: &'a [u8],
    position: &'a std::cell::Cell<usize>,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.position.set(self.position.get() + read);
        Ok(read)
    }
}

#[test]
fn broken_logs_do_not_panic() {
    for text in ALL {
        let events = text.find("\"events\"").expect("events");
        let mut stopped = 0;
        // Every prefix of one log. Of the others, one in eleven is enough to cut each kind of event somewhere.
        let step = if text == OCTETS { 1 } else { 11 };
        for end in (0..text.len()).step_by(step) {
            if let (Ok(summary), connections) = all(&text.as_bytes()[..end]) {
                stopped += usize::from(summary.stopped.is_some());
                assert!(connections.len() <= 2);
            }
        }
        assert!(stopped * step > (text.len() - events) / 2);
        let mut state = 1_u64;
        let mut next = |limit: usize| {
            // A step of a linear congruential generator (Knuth), of which the high bits are used.
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % limit
        };
        let lines: Vec<&str> = text.lines().collect();
        for _ in 0..1500 {
            let mut lines = lines.clone();
            for _ in 0..next(4) {
                let (to, from) = (1 + next(lines.len() - 1), 1 + next(lines.len() - 1));
                match next(3) {
                    0 => lines.swap(to, from),
                    1 => lines.insert(to, lines[from]),
                    _ => {
                        lines.remove(to);
                    }
                }
            }
            let mut mutated = lines.join("\n").into_bytes();
            for _ in 0..next(4) {
                let (to, from) = (next(mutated.len()), next(mutated.len()));
                match next(3) {
                    0 => mutated[to] = b"0123456789-\"{}[],:.eE\\ntfA\0\xff"[next(27)],
                    1 => mutated[to] = mutated[from],
                    _ => {
                        mutated.remove(to);
                    }
                }
            }
            let (result, connections) = all(&mutated);
            if let Ok(summary) = result {
                let counted = summary.with_octets + summary.without_octets + summary.over_http2;
                assert_eq!(counted, connections.len() as u64);
            }
        }
    }
}
