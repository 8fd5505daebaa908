//! Compares what the readers make of recordings of the same connection: packets, net-log and dumps.

use wsclose::protocol::role::Role;
use wsclose_capture::recording::{End, RecordedConnection, RecordedKind};
use wsclose_capture::{net_log, pcap, text};

const PACKETS: &[u8] = include_bytes!("data/packets_everything.pcap");
const NET_LOG: &str = include_str!("data/net_log_everything.json");
const DUMP: &str = include_str!("data/follow_hex.txt");
/// The net-log of this one has frame headers only.
const PACKETS_INVALID: &[u8] = include_bytes!("data/packets_invalid.pcap");
const NET_LOG_INVALID: &str = include_str!("data/net_log_invalid.json");

fn packets(octets: &[u8]) -> RecordedConnection {
    let mut connections = Vec::new();
    let mut sink = |connection| connections.push(connection);
    pcap::read(octets, &pcap::PcapOptions::default(), &mut sink).expect("a capture");
    assert_eq!(connections.len(), 1);
    connections.remove(0)
}

fn chrome(log: &str) -> RecordedConnection {
    let mut connections = Vec::new();
    net_log::read(log.as_bytes(), &mut |connection| connections.push(connection)).expect("a net-log");
    assert_eq!(connections.len(), 1);
    connections.remove(0)
}

fn dump(text: &str) -> RecordedConnection {
    let mut connections = Vec::new();
    text::read(text, &mut |connection| connections.push(connection)).expect("a dump");
    assert_eq!(connections.len(), 1);
    connections.remove(0)
}

fn stream(connection: &RecordedConnection, from: Role) -> Vec<u8> {
    let sent = connection.events.iter().filter(|event| event.from == from);
    sent.filter_map(|event| event.kind.octets()).flatten().copied().collect()
}

/// The first octet and the second of each frame behind the head of HTTP. No payload is longer than 125 octets.
fn frame_starts(stream: &[u8], has_payloads: bool) -> Vec<[u8; 2]> {
    let head = stream.windows(4).position(|window| window == b"\r\n\r\n").expect("a head") + 4;
    let mut starts = Vec::new();
    let mut rest = &stream[head..];
    while let [first, second, more @ ..] = rest {
        starts.push([*first, *second]);
        let key = if second & 0x80 == 0 { 0 } else { 4 };
        rest = if has_payloads { &more[key + usize::from(second & 0x7f)..] } else { more };
    }
    starts
}

#[test]
fn readers_agree_about_octets_and_addresses() {
    let (packets, chrome, dump) = (packets(PACKETS), chrome(NET_LOG), dump(DUMP));
    for role in Role::ALL {
        assert_eq!(stream(&packets, role), stream(&chrome, role), "{role}");
        assert_eq!(stream(&packets, role), stream(&dump, role), "{role}");
        assert!(stream(&packets, role).len() > 100);
    }
    for other in [&chrome, &dump] {
        assert_eq!((&packets.client, &packets.server), (&other.client, &other.server));
        assert_eq!(packets.beginning, other.beginning);
    }
    // A dump does not show how TCP ended.
    assert_eq!([packets.end, chrome.end, dump.end], [End::Complete, End::Complete, End::Cut]);
}

#[test]
fn frame_headers_of_a_net_log_are_those_on_the_wire() {
    let (packets, chrome) = (packets(PACKETS_INVALID), chrome(NET_LOG_INVALID));
    for role in Role::ALL {
        let wire = frame_starts(&stream(&packets, role), true);
        assert_eq!(wire, frame_starts(&stream(&chrome, role), false), "{role}");
        assert_eq!(wire.len(), 3);
    }
    let head = |connection: &RecordedConnection, role| {
        let stream = stream(connection, role);
        let end = stream.windows(4).position(|window| window == b"\r\n\r\n").expect("a head");
        String::from_utf8(stream[..end].to_vec()).expect("text")
    };
    for role in Role::ALL {
        assert_eq!(head(&packets, role), head(&chrome, role));
    }
    // The server's FIN was on the wire. Chrome closed its socket without reading it, so the log cannot show it.
    let has_fin = |connection: &RecordedConnection| {
        connection.events.iter().any(|event| event.from == Role::Server && event.kind == RecordedKind::Fin)
    };
    assert_eq!((has_fin(&packets), has_fin(&chrome)), (true, false));
    assert_eq!((packets.end, chrome.end), (End::Complete, End::Cut));
}
