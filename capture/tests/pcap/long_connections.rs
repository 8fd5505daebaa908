//! Connections that are too long to be kept as a whole.

use std::time::Duration;

use wsclose::protocol::frame::{self, Header, Opcode};
use wsclose::protocol::role::Role;
use wsclose_capture::judgement::{RecordedViolation, Settings, judge};
use wsclose_capture::pcap::PcapngWriter;
use wsclose_capture::recording::{RecordedConnection, RecordedEvent, RecordedKind};
use wsclose_capture::session::Session;

use crate::support::read;

fn event(from: Role, octets: Vec<u8>) -> RecordedEvent {
    RecordedEvent::new(from, RecordedKind::Octets(octets))
}

fn frame(opcode: Opcode, payload: &[u8], mask: Option<[u8; 4]>) -> Vec<u8> {
    let mut octets = Vec::new();
    frame::write(&Header::conforming(opcode, payload.len() as u64, mask), payload, &mut octets);
    octets
}

/// A connection on which the server sends messages of these payloads, and then a Close that has no answer.
fn connection(opening: [&str; 2], payloads: &[Vec<u8>]) -> RecordedConnection {
    let mut events = vec![event(Role::Client, opening[0].into()), event(Role::Server, opening[1].into())];
    for (number, payload) in payloads.iter().enumerate() {
        let opcode = if number % 2 == 0 { Opcode::Text } else { Opcode::Binary };
        events.push(event(Role::Server, frame(opcode, payload, None)));
    }
    events.push(event(Role::Server, frame(Opcode::Close, &[3, 0xe8], None)));
    // Packets of both sides show that the client had received everything.
    let received = events.iter().filter(|event| event.from == Role::Server).map(|event| match &event.kind {
        RecordedKind::Octets(octets) => octets.len() as u64,
        RecordedKind::Missing { .. } | RecordedKind::Fin | RecordedKind::Reset | RecordedKind::TlsClosed => 0,
    });
    let acknowledged = Some(received.sum());
    let ping = event(Role::Client, frame(Opcode::Ping, b"", Some([9, 8, 7, 6])));
    events.push(RecordedEvent { acknowledged, ..ping });
    for event in &mut events {
        event.time = Some(Duration::ZERO);
    }
    RecordedConnection {
        client: "10.0.0.1:50000".to_owned(),
        server: "10.0.0.2:80".to_owned(),
        events,
        ..RecordedConnection::default()
    }
}

fn recorded(connection: &RecordedConnection) -> RecordedConnection {
    let mut writer = PcapngWriter::new(Vec::new(), Duration::ZERO).expect("a file");
    writer.write(connection).expect("a connection");
    let (mut connections, _) = read(&writer.finish().expect("a file"));
    assert_eq!(connections.len(), 1);
    connections.remove(0)
}

/// The octets of a connection, those that are missing, and the violations of both sides.
fn judged(connection: &RecordedConnection) -> (usize, u64, [Vec<RecordedViolation>; 2]) {
    let (mut octets, mut missing) = (0, 0);
    for event in &connection.events {
        match &event.kind {
            RecordedKind::Octets(some) => octets += some.len(),
            RecordedKind::Missing { octets } => missing += octets.expect("a number of octets"),
            RecordedKind::Fin | RecordedKind::Reset | RecordedKind::TlsClosed => {}
        }
    }
    let session = Session::of(connection).expect("a session");
    assert!(!session.is_cut && !session.has_headers_only, "{:?}", session.notes);
    assert_eq!(session.closes.len(), 1);
    let violations = judge(&session, Settings::default()).sides.map(|side| side.violations);
    (
        octets,
        missing,
        violations.map(|violations| {
            // The same rules for the same reasons. The indexes of events differ.
            violations.into_iter().map(|violation| RecordedViolation { event: None, ..violation }).collect()
        }),
    )
}

const OPENING: [&str; 2] = [
    "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n",
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
];

#[test]
fn payloads_on_which_nothing_depends_are_left_out() {
    // Characters of two octets, so that some of the cuts would be within one.
    let payloads: Vec<Vec<u8>> = (0..9000).map(|number| "xé".repeat(350 + number % 7).into_bytes()).collect();
    let whole = connection(OPENING, &payloads);
    let read_back = recorded(&whole);
    let (octets, missing, violations) = judged(&whole);
    let (octets_left, left_out, also) = judged(&read_back);
    assert_eq!((octets, missing), (octets_left + usize::try_from(left_out).expect("a number"), 0));
    assert!(octets > 8 << 20 && octets_left < 2 << 20, "{octets_left} octets of {octets}");
    assert_eq!(violations, also);
    let notes = read_back.notes;
    assert!(notes.iter().any(|note| note.starts_with("To save memory")), "{notes:?}");
}

#[test]
fn payloads_on_which_a_verdict_depends_are_kept() {
    let mut payloads: Vec<Vec<u8>> = (0..9000).map(|_| vec![b'x'; 1000]).collect();
    // Invalid UTF-8 in the second text.
    payloads[2][999] = 0xff;
    let whole = connection(OPENING, &payloads);
    let read_back = recorded(&whole);
    let (_, left_out, violations) = judged(&read_back);
    assert!(left_out > 0);
    assert_eq!(violations, judged(&whole).2);
    let is_kept = |event: &RecordedEvent| match &event.kind {
        RecordedKind::Octets(octets) => octets.len() > 1000 && octets.ends_with(&[0xff]),
        RecordedKind::Missing { .. } | RecordedKind::Fin | RecordedKind::Reset | RecordedKind::TlsClosed => {
            false
        }
    };
    assert_eq!(read_back.events.iter().filter(|event| is_kept(event)).count(), 1);
}
