//! What the writer writes, the reader reads.

use std::time::Duration;

use wsclose::protocol::role::Role;
use wsclose_capture::pcap::{FileEnd, PcapngWriter};
use wsclose_capture::recording::{Beginning, End, RecordedConnection, RecordedEvent, RecordedKind};

use crate::real_files::file;
use crate::support::{Random, read, shown};

const START: Duration = Duration::from_secs(1_700_000_000);

fn written(connections: &[RecordedConnection]) -> Vec<u8> {
    let mut writer = PcapngWriter::new(Vec::new(), START).expect("memory does not fail");
    for connection in connections {
        writer.write(connection).expect("memory does not fail");
    }
    writer.finish().expect("memory does not fail")
}

/// Reads what was written of connections. The packets have other numbers, and the times begin with the first event.
fn round_trip(connections: &[RecordedConnection]) -> Vec<RecordedConnection> {
    let (mut read, summary) = read(&written(connections));
    assert_eq!((summary.broken, summary.not_tcp, summary.end), (0, 0, FileEnd::Complete));
    let first = connections[0].events[0].time.unwrap_or_default();
    for event in read.iter_mut().flat_map(|connection| &mut connection.events) {
        assert!(event.packet.take().is_some());
        event.time = event.time.map(|time| time + first);
    }
    // The writer does not write how long a recording went on, and the reader knows it of open connections.
    for connection in &mut read {
        assert_eq!(connection.silent_until.take().is_some(), connection.end == End::Cut);
    }
    read
}

fn without_packets(mut connections: Vec<RecordedConnection>) -> Vec<RecordedConnection> {
    connections
        .iter_mut()
        .flat_map(|connection| &mut connection.events)
        .for_each(|event| event.packet = None);
    connections
}

#[test]
fn recordings_of_real_sessions() {
    for name in ["loopback-ipv4.pcap", "loopback-ipv6.pcap", "snap-length-80.pcap"] {
        let (connections, summary) = read(&file(name));
        assert_eq!(summary.connections, 8);
        assert_eq!(round_trip(&connections), without_packets(connections), "{name}");
    }
}

fn event(from: Role, kind: RecordedKind, millis: u64, acknowledged: u64) -> RecordedEvent {
    RecordedEvent {
        from,
        kind,
        time: Some(Duration::from_millis(millis)),
        packet: None,
        acknowledged: Some(acknowledged),
    }
}

/// A connection of random events in which neither side sends anything behind its FIN or reset.
fn random_connection(random: &mut Random, number: u64) -> RecordedConnection {
    let mut events: Vec<RecordedEvent> = Vec::new();
    let mut sent = [0_u64; 2];
    let mut acknowledged = [0_u64; 2];
    let mut ended = [false; 2];
    let mut has_reset = false;
    let mut millis = number * 100_000;
    for _ in 0..random.below(40) {
        let own = random.below(2);
        if ended[own] {
            continue;
        }
        let from = if own == 0 { Role::Client } else { Role::Server };
        millis += random.below(50) as u64;
        // What was acknowledged lies between what was acknowledged before and what was sent.
        let unacknowledged = (sent[1 - own] - acknowledged[own]) as usize;
        acknowledged[own] += random.below(unacknowledged + 1) as u64;
        let follows_missing = events.last().is_some_and(|last: &RecordedEvent| {
            last.from == from && matches!(last.kind, RecordedKind::Missing { .. })
        });
        let kind = match random.below(16) {
            0 => {
                ended[own] = true;
                RecordedKind::Fin
            }
            1 => {
                ended[own] = true;
                has_reset = true;
                RecordedKind::Reset
            }
            2 | 3 if !follows_missing => {
                RecordedKind::Missing { octets: Some(random.below(100_000) as u64 + 1) }
            }
            4 => RecordedKind::Octets(vec![b'x'; random.below(65_000) + 1]),
            _ => RecordedKind::Octets((0..=random.below(40)).map(|_| random.below(256) as u8).collect()),
        };
        sent[own] += match &kind {
            RecordedKind::Octets(octets) => octets.len() as u64,
            RecordedKind::Missing { octets } => octets.unwrap_or(0),
            RecordedKind::Fin | RecordedKind::Reset | RecordedKind::TlsClosed => 0,
        };
        events.push(event(from, kind, millis, acknowledged[own]));
    }
    let is_whole = random.below(4) > 0;
    let notes = if is_whole { 0 } else { 1 };
    RecordedConnection {
        client: format!("[2001:db8::{:x}]:50000", number + 1),
        server: "[2001:db8::ffff]:443".to_owned(),
        beginning: if is_whole { Beginning::Connection } else { Beginning::Middle },
        events,
        end: if has_reset || ended == [true; 2] { End::Complete } else { End::Cut },
        recorded_at: None,
        silent_until: None,
        notes: vec![String::new(); notes],
    }
}

#[test]
fn random_connections() {
    let mut random = Random(7);
    let mut seen = 0;
    for _ in 0..200 {
        // The first begins at zero, as a recording does.
        let mut connections: Vec<_> = (0..8).map(|number| random_connection(&mut random, number)).collect();
        connections.retain(|connection| !connection.events.is_empty());
        if connections.is_empty() {
            continue;
        }
        let mut read = round_trip(&connections);
        // The reader hands on in the order of the ends. Its notes count what is missing.
        read.sort_by_key(|connection| connection.client.clone());
        for (written, read) in connections.iter().zip(&mut read) {
            let is_guess = |note: &String| note.contains("lower port") || note.contains("connections share");
            read.notes.retain(is_guess);
            assert_eq!(written.notes.len(), read.notes.len(), "{:?}", read.notes);
            read.notes.clone_from(&written.notes);
            assert_eq!(shown(written), shown(read));
        }
        assert_eq!(connections, read);
        seen += connections.len();
    }
    assert!(seen > 1000, "{seen}");
}

#[test]
fn connections_with_the_same_addresses() {
    let mut connection = RecordedConnection {
        client: "127.0.0.1:50000".to_owned(),
        server: "127.0.0.1:80".to_owned(),
        events: vec![event(Role::Client, RecordedKind::Octets(b"first".to_vec()), 0, 0)],
        ..RecordedConnection::default()
    };
    let first = connection.clone();
    connection.events = vec![event(Role::Server, RecordedKind::Octets(b"second".to_vec()), 1, 0)];
    let connections = [first, connection];
    assert_eq!(round_trip(&connections), connections);
}

#[test]
fn what_the_format_cannot_tell() {
    let connection = RecordedConnection {
        client: String::new(),
        server: "example.org:8443".to_owned(),
        events: vec![
            RecordedEvent::new(Role::Client, RecordedKind::Octets(vec![b'x'; 65_001])),
            RecordedEvent::new(Role::Client, RecordedKind::Octets(Vec::new())),
            RecordedEvent::new(Role::Client, RecordedKind::TlsClosed),
            event(Role::Server, RecordedKind::Missing { octets: None }, 0, 70_000),
            // It cannot take back what it acknowledged.
            event(Role::Server, RecordedKind::Octets(b"abc".to_vec()), 0, 5),
            RecordedEvent::new(Role::Server, RecordedKind::Fin),
            RecordedEvent::new(Role::Server, RecordedKind::Fin),
        ],
        ..RecordedConnection::default()
    };
    let (read, _) = read(&written(&[connection.clone(), connection]));
    let clients: Vec<_> = read.iter().map(|connection| connection.client.as_str()).collect();
    assert_eq!(clients, ["192.0.2.1:49152", "192.0.2.1:49153"]);
    assert_eq!(read[0].server, "192.0.2.2:8443");
    let shown = shown(&read[0]);
    let lengths: Vec<_> = shown.iter().map(String::len).collect();
    assert_eq!(lengths[..2], ["C  ack 0".len() + 65_000, "C x ack 0".len()]);
    assert_eq!(shown[2..], ["S missing 1 ack 65001", "S abc ack 65001", "S FIN ack 65001"]);
}

#[test]
fn many_missing_octets_need_no_packets() {
    let octets = 900_000_000;
    let connection = RecordedConnection {
        client: "127.0.0.1:50000".to_owned(),
        server: "127.0.0.1:80".to_owned(),
        events: vec![
            event(Role::Client, RecordedKind::Missing { octets: Some(octets) }, 0, 0),
            event(Role::Server, RecordedKind::Octets(b"abc".to_vec()), 1, octets),
            event(Role::Client, RecordedKind::Octets(b"def".to_vec()), 2, 3),
        ],
        ..RecordedConnection::default()
    };
    let file = written(std::slice::from_ref(&connection));
    assert!(file.len() < 10_000, "{}", file.len());
    let mut read = round_trip(std::slice::from_ref(&connection));
    assert_eq!(read[0].notes.len(), 2);
    read[0].notes.clear();
    assert_eq!(shown(&read[0]), shown(&connection));
}

#[test]
fn connections_without_acknowledgements_get_none() {
    let mut random = Random(11);
    let mut seen = 0;
    for number in 0..200 {
        let mut connection = random_connection(&mut random, number);
        connection.beginning = Beginning::Connection;
        connection.notes.clear();
        // The end of what a side sent shows that octets before it are missing, and nothing else does.
        connection.events.retain(|event| !matches!(event.kind, RecordedKind::Missing { .. }));
        connection.events.iter_mut().for_each(|event| event.acknowledged = None);
        if connection.events.is_empty() {
            continue;
        }
        let connections = [connection];
        assert_eq!(round_trip(&connections), connections);
        seen += 1;
    }
    assert!(seen > 150, "{seen}");
}

#[test]
fn missing_octets_stay_in_their_place_without_acknowledgements() {
    for octets in [70_000, 900_000_000] {
        let plain = |from, text: &[u8]| RecordedEvent::new(from, RecordedKind::Octets(text.to_vec()));
        let missing = RecordedKind::Missing { octets: Some(octets) };
        let connection = RecordedConnection {
            client: "127.0.0.1:50000".to_owned(),
            server: "127.0.0.1:80".to_owned(),
            events: vec![
                plain(Role::Server, b"abc"),
                RecordedEvent::new(Role::Server, missing),
                plain(Role::Server, b"def"),
                plain(Role::Client, b"ghi"),
            ],
            ..RecordedConnection::default()
        };
        let (read, _) = read(&written(std::slice::from_ref(&connection)));
        let order: Vec<Role> = read[0].events.iter().map(|event| event.from).collect();
        assert_eq!(order.last(), Some(&Role::Client), "{:?}", shown(&read[0]));
        assert!(read[0].events.iter().all(|event| event.acknowledged.is_none_or(|count| count > octets)));
    }
}

/// The flags, sequence number and acknowledgement number of the packets of a file with IPv4.
fn headers(file: &[u8]) -> Vec<(u8, u32, u32)> {
    let word = |at: usize| [file[at], file[at + 1], file[at + 2], file[at + 3]];
    let mut headers = Vec::new();
    let mut at = 0;
    while at < file.len() {
        if u32::from_le_bytes(word(at)) == 6 {
            // 28 octets of the block, 20 of the IP header.
            let tcp = at + 48;
            headers.push((
                file[tcp + 13],
                u32::from_be_bytes(word(tcp + 4)),
                u32::from_be_bytes(word(tcp + 8)),
            ));
        }
        at += u32::from_le_bytes(word(at + 4)) as usize;
    }
    headers
}

#[test]
fn sequence_numbers_count_the_syn_and_the_fin() {
    let connection = RecordedConnection {
        client: "127.0.0.1:50000".to_owned(),
        server: "127.0.0.1:80".to_owned(),
        events: vec![
            event(Role::Client, RecordedKind::Octets(b"abc".to_vec()), 0, 0),
            event(Role::Client, RecordedKind::Fin, 0, 0),
            event(Role::Server, RecordedKind::Octets(b"x".to_vec()), 0, 3),
            event(Role::Client, RecordedKind::Reset, 0, 1),
        ],
        ..RecordedConnection::default()
    };
    let headers = headers(&written(&[connection]));
    let (client, server) = (headers[2].1, headers[1].1 + 1);
    // FIN 1, SYN 2, RST 4, PSH 8, ACK 16.
    assert_eq!(
        headers,
        [
            (2, client.wrapping_sub(1), 0),
            (18, server - 1, client),
            (16, client, server),
            (24, client, server),
            (17, client + 3, server),
            (24, server, client + 3),
            (20, client + 4, server + 1),
        ]
    );
}

#[test]
fn addresses_of_two_kinds_are_replaced() {
    let connection = RecordedConnection {
        client: "[::1]:50000".to_owned(),
        server: "127.0.0.1:80".to_owned(),
        events: vec![event(Role::Client, RecordedKind::Octets(b"abc".to_vec()), 0, 0)],
        ..RecordedConnection::default()
    };
    let (read, _) = read(&written(&[connection]));
    assert_eq!([&read[0].client, &read[0].server], ["192.0.2.1:50000", "192.0.2.2:80"]);
}

#[test]
fn a_comment_stands_with_the_first_packet() {
    let mut connection = RecordedConnection {
        client: "127.0.0.1:50000".to_owned(),
        server: "127.0.0.1:80".to_owned(),
        events: vec![event(Role::Client, RecordedKind::Octets(b"abc".to_vec()), 0, 0)],
        ..RecordedConnection::default()
    };
    let write = |comment: &str| {
        let mut writer = PcapngWriter::new(Vec::new(), Duration::ZERO).expect("a header");
        writer.write_with_comment(&connection, comment).expect("packets");
        writer.write(&connection).expect("packets");
        writer.finish().expect("a file")
    };
    let file = write("case one");
    // opt_comment has code 1.
    let option = [&[1, 0, 8, 0][..], b"case one"].concat();
    let places: Vec<usize> = (0..file.len()).filter(|at| file[*at..].starts_with(&option)).collect();
    // The header of the file and the description of the interface come first, and then the SYN.
    assert_eq!(places.len(), 1);
    assert!(places[0] < 200, "{places:?}");
    for file in [file, write(&"é".repeat(40_000))] {
        let (read, _) = read(&file);
        connection.events[0].packet = read[0].events[0].packet;
        assert_eq!(shown(&read[0]), shown(&connection));
    }
}
