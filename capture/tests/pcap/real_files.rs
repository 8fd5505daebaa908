//! The recordings that tcpdump wrote.

use std::fs;
use std::path::Path;
use std::time::Duration;

use wsclose::protocol::role::Role;
use wsclose_capture::pcap::{FileEnd, PcapOptions};
use wsclose_capture::recording::{Beginning, End, RecordedConnection, RecordedKind};

use crate::support::{Random, pcap_header, read, read_with};

/// A file of `tests/pcap/data`.
pub fn file(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pcap/data").join(name);
    fs::read(path).expect("a recording of the project")
}

/// The kinds of events, by side: `Cn` for n octets.
fn kinds(connection: &RecordedConnection) -> String {
    let kinds = connection.events.iter().map(|event| {
        let side = if event.from == Role::Client { "C" } else { "S" };
        match &event.kind {
            RecordedKind::Octets(octets) => format!("{side}{}", octets.len()),
            RecordedKind::Missing { octets: Some(octets) } => format!("{side}?{octets}"),
            RecordedKind::Missing { octets: None } => format!("{side}?"),
            RecordedKind::Fin => format!("{side}F"),
            RecordedKind::Reset => format!("{side}R"),
            RecordedKind::TlsClosed => panic!("no TLS"),
        }
    });
    kinds.collect::<Vec<_>>().join(" ")
}

fn sent(connection: &RecordedConnection, role: Role) -> Vec<u8> {
    let events = connection.events.iter().filter(|event| event.from == role);
    let octets = events.filter_map(|event| match &event.kind {
        RecordedKind::Octets(octets) => Some(octets.as_slice()),
        RecordedKind::Missing { .. } | RecordedKind::Fin | RecordedKind::Reset | RecordedKind::TlsClosed => {
            None
        }
    });
    octets.collect::<Vec<_>>().concat()
}

#[test]
fn loopback_sessions_are_whole() {
    for (name, server, request) in
        [("loopback-ipv4.pcap", "127.0.0.1:9781", 153), ("loopback-ipv6.pcap", "[::1]:9782", 149)]
    {
        let (connections, summary) = read(&file(name));
        assert_eq!((summary.packets, summary.connections), (96, 8), "{name}");
        assert_eq!((summary.broken, summary.not_tcp, summary.end), (0, 0, FileEnd::Complete), "{name}");
        for connection in &connections {
            assert_eq!(connection.server, server);
            assert_eq!(connection.beginning, Beginning::Connection);
            assert_eq!(connection.end, End::Complete);
            assert!(connection.notes.is_empty(), "{name}: {:?}", connection.notes);
            assert!(sent(connection, Role::Client).starts_with(b"GET / HTTP/1.1\r\n"), "{name}");
            assert!(sent(connection, Role::Server).starts_with(b"HTTP/1.1 101 "), "{name}");
        }
        let first = &connections[0];
        // The request, the answer, a Close with code 3333, its echo, and the end of TCP.
        assert_eq!(kinds(first), format!("C{request} S129 C8 S4 SF CF"), "{name}");
        let close = &sent(first, Role::Server)[129..];
        assert_eq!(close, [0x88, 0x02, 0x0d, 0x05], "{name}");
        let packets: Vec<_> = first.events.iter().filter_map(|event| event.packet).collect();
        assert_eq!(packets, [4, 6, 8, 9, 10, 11], "{name}");
        let acknowledged: Vec<_> = first.events.iter().filter_map(|event| event.acknowledged).collect();
        assert_eq!(acknowledged, [0, request, 129, request + 8, request + 8, 134], "{name}");
    }
}

#[test]
fn times_count_from_the_first_packet() {
    let (connections, summary) = read(&file("loopback-ipv4.pcap"));
    let times: Vec<_> = connections[0].events.iter().filter_map(|event| event.time).collect();
    let micros = [87, 381, 488, 8013, 8048, 8145];
    assert_eq!(times, micros.map(Duration::from_micros));
    assert_eq!(summary.first_packet.map(|time| time.subsec_micros()), Some(340_884));
}

#[test]
fn a_cooked_recording_of_the_same_sessions_shows_the_same() {
    let (ethernet, _) = read(&file("loopback-ipv4.pcap"));
    let (cooked, summary) = read(&file("any-ipv4.pcap"));
    assert_eq!(summary.packets, 96);
    for (ethernet, cooked) in ethernet.into_iter().zip(cooked) {
        // Each tcpdump reads the clock on its own.
        let timeless = |mut connection: RecordedConnection| {
            connection.events.iter_mut().for_each(|event| event.time = None);
            connection
        };
        assert_eq!(timeless(ethernet), timeless(cooked));
    }
}

#[test]
fn a_short_snap_length_cuts_octets_off() {
    let (connections, summary) = read(&file("snap-length-80.pcap"));
    assert_eq!((summary.packets, summary.broken), (96, 0));
    // 80 octets less the headers of Ethernet (14), IP (20) and TCP (32) leave 14. The Close frames are shorter.
    assert_eq!(kinds(&connections[0]), "C14 C?139 S14 S?115 C8 S4 SF CF");
    assert_eq!(connections[0].end, End::Complete);
    let notes = &connections[0].notes;
    assert_eq!(
        *notes,
        [
            "The recording cut off (snap length) 139 octets that the client sent.",
            "The recording cut off (snap length) 115 octets that the server sent."
        ]
    );
    let (whole, _) = read(&file("loopback-ipv4.pcap"));
    let times = |connection: &RecordedConnection| connection.events.last().and_then(|event| event.time);
    let difference = times(&whole[0]).expect("a time").abs_diff(times(&connections[0]).expect("a time"));
    assert!(difference < Duration::from_micros(10), "nanoseconds are not microseconds: {difference:?}");
}

#[test]
fn the_port_selects_connections() {
    let port = |port| read_with(&file("loopback-ipv4.pcap"), &PcapOptions { port: Some(port) });
    assert_eq!(port(9781).0.len(), 8);
    assert_eq!(port(42184).0.len(), 1);
    assert_eq!(port(9782).0.len(), 0);
}

/// The packets of a file, each with its header.
fn packets(file: &[u8]) -> Vec<&[u8]> {
    let mut packets = Vec::new();
    let mut rest = &file[24..];
    while let Some(length) = rest.get(8..12) {
        let captured = u32::from_le_bytes([length[0], length[1], length[2], length[3]]);
        let (packet, behind) = rest.split_at(16 + captured as usize);
        packets.push(packet);
        rest = behind;
    }
    packets
}

#[test]
fn packets_that_are_reordered_and_sent_again_show_the_same_octets() {
    let whole = file("loopback-ipv4.pcap");
    let (connections, _) = read(&whole);
    // The first session, whose TCP handshake keeps its place.
    let session = &packets(&whole)[..12];
    let mut random = Random(3);
    for run in 0..2000 {
        let mut places: Vec<(usize, &[u8])> = Vec::new();
        for (index, packet) in session.iter().enumerate() {
            let is_handshake = index < 3;
            // Up to three places away, and again up to five places later.
            let place = if is_handshake { index } else { index * 10 + 30 + random.below(40) };
            places.push((place, packet));
            if !is_handshake && random.below(3) == 0 {
                places.push((place + random.below(50), packet));
            }
        }
        places.sort_by_key(|(place, _)| *place);
        let (shown, _) = read(&of_packets(places.iter().map(|(_, packet)| packet)));
        assert_eq!(shown.len(), 1, "{run}");
        for role in [Role::Client, Role::Server] {
            assert_eq!(sent(&shown[0], role), sent(&connections[0], role), "{run}: {}", kinds(&shown[0]));
        }
        assert_eq!(shown[0].end, End::Complete, "{run}: {}", kinds(&shown[0]));
        assert!(!kinds(&shown[0]).contains('?'), "{run}: {}", kinds(&shown[0]));
    }
}

/// A file of Ethernet packets.
fn of_packets<'a>(packets: impl IntoIterator<Item = &'a &'a [u8]>) -> Vec<u8> {
    let mut file = pcap_header(1);
    packets.into_iter().for_each(|packet| file.extend(*packet));
    file
}

#[test]
fn a_recording_may_begin_at_any_packet() {
    let whole = file("loopback-ipv4.pcap");
    let session = &packets(&whole)[..12];
    let expected = [
        // With the TCP handshake.
        "C153 S129 C8 S4 SF CF",
        "C153 S129 C8 S4 SF CF",
        "C153 S129 C8 S4 SF CF",
        // With the request, and behind it.
        "C153 S129 C8 S4 SF CF",
        "S129 C8 S4 SF CF",
        "S129 C8 S4 SF CF",
        // With the Close frame, and behind it.
        "C8 S4 SF CF",
        "C8 S4 SF CF",
        "S4 SF CF",
        "SF CF",
        // With the FIN of the client. That of the server cannot be told from an octet.
        "CF",
    ];
    for (skipped, expected) in expected.into_iter().enumerate() {
        let options = PcapOptions { port: Some(9781) };
        let (connections, _) = read_with(&of_packets(&session[skipped..]), &options);
        assert_eq!(kinds(&connections[0]), expected, "{skipped}");
        let beginning = if skipped < 4 { Beginning::Connection } else { Beginning::Middle };
        assert_eq!(connections[0].beginning, beginning, "{skipped}");
        let end = if skipped < 10 { End::Complete } else { End::Cut };
        assert_eq!(connections[0].end, end, "{skipped}");
    }
}

#[test]
fn any_packet_may_be_lost() {
    let whole = file("loopback-ipv4.pcap");
    let session = &packets(&whole)[..12];
    let all = "C153 S129 C8 S4 SF CF";
    for lost in 0..12 {
        let kept = session.iter().enumerate().filter(|(index, _)| *index != lost).map(|(_, packet)| packet);
        let (connections, _) = read(&of_packets(kept));
        let expected = match lost {
            3 => all.replace("C153", "C?153"),
            5 => all.replace("S129", "S?129"),
            7 => all.replace("C8", "C?8"),
            8 => all.replace("S4", "S?4"),
            // Both acknowledge it: it may have been an octet.
            9 => all.replace("SF", "S?"),
            10 => all.replace("CF", "C?"),
            _ => all.to_owned(),
        };
        assert_eq!(kinds(&connections[0]), expected, "{lost}");
        assert_eq!(connections[0].beginning, Beginning::Connection, "{lost}");
    }
}
