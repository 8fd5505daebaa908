//! Where connections begin, and which side is the server.

use wsclose::protocol::role::Role::{Client, Server};
use wsclose_capture::pcap::PcapOptions;
use wsclose_capture::recording::{Beginning, End};

use crate::support::{Session, pcap_file, read, read_with, shown};

#[test]
fn a_syn_begins_another_connection_with_the_same_ports() {
    let mut session = Session::open();
    session.octets(Client, 0, 0, b"first");
    session.bases = [90_001, 70_001];
    session.handshake();
    session.octets(Client, 0, 0, b"second");
    session.packet(Client, 6, Some(0), "F", b"");
    session.packet(Server, 0, Some(7), "F", b"");
    session.bases = [190_001, 170_001];
    session.handshake();
    session.octets(Server, 0, 0, b"third");
    let (connections, summary) = read(&session.pcap());
    assert_eq!(summary.connections, 3);
    let ends: Vec<_> = connections.iter().map(|connection| connection.end).collect();
    assert_eq!(ends, [End::Cut, End::Complete, End::Cut]);
    let first: Vec<_> = connections.iter().map(|connection| shown(connection)[0].clone()).collect();
    assert_eq!(first, ["C first ack 0", "C second ack 0", "S third ack 0"]);
}

#[test]
fn an_answer_to_another_syn_begins_another_connection() {
    let mut session = Session::new();
    session.packet(Client, -1, None, "S", b"");
    session.bases[0] += 90_000;
    session.packet(Server, -1, Some(0), "S", b"");
    session.octets(Server, 0, 0, b"abc");
    let (connections, _) = read(&session.pcap());
    assert_eq!(connections.len(), 2);
    assert_eq!(shown(&connections[1]), ["S abc ack 0"]);
}

#[test]
fn a_syn_that_is_sent_again_begins_no_connection() {
    let mut session = Session::new();
    session.packet(Client, -1, None, "S", b"");
    session.packet(Client, -1, None, "S", b"");
    session.packet(Server, -1, Some(0), "S", b"");
    session.packet(Server, -1, Some(0), "S", b"");
    session.ack(Client, 0, 0);
    session.octets(Server, 0, 0, b"abc");
    let connection = session.read();
    assert_eq!(shown(&connection), ["S abc ack 0"]);
    assert_eq!(connection.server, "192.0.2.2:8080");
}

#[test]
fn the_answer_to_a_syn_suffices() {
    let mut session = Session::new();
    session.server.set_port(60_000);
    session.packet(Server, -1, Some(0), "S", b"");
    session.octets(Server, 0, 0, b"abc");
    let connection = session.read();
    assert_eq!(connection.server, "192.0.2.2:60000");
    assert_eq!(connection.beginning, Beginning::Connection);
}

#[test]
fn a_connection_whose_beginning_may_lack_octets_begins_in_the_middle() {
    let mut session = Session::new();
    session.packet(Client, -1, None, "S", b"");
    session.octets(Client, 700, 500, b"abc");
    session.octets(Server, 500, 703, b"def");
    let connection = session.read();
    assert_eq!(connection.beginning, Beginning::Middle);
    assert_eq!(shown(&connection), ["C missing 700 ack 0", "C abc ack 0", "S def ack 703"]);
}

#[test]
fn late_segments_belong_to_the_connection_for_a_minute() {
    let mut session = Session::open();
    session.packet(Client, 0, Some(0), "F", b"");
    session.packet(Server, 0, Some(1), "F", b"");
    session.time += 59_000_000;
    session.packet(Client, 1, Some(0), "R", b"");
    assert_eq!(session.shown(), ["C FIN ack 0", "S FIN ack 1", "C RST ack 0"]);
    session.time += 3_000_000;
    session.ack(Client, 1, 1);
    session.octets(Client, 1, 1, b"new");
    let (connections, _) = read(&session.pcap());
    assert_eq!(connections.len(), 2);
    assert_eq!(connections[1].beginning, Beginning::Middle);
}

#[test]
fn a_connection_is_handed_on_a_minute_after_its_end() {
    let mut session = Session::open();
    session.packet(Client, 0, Some(0), "R", b"");
    session.time += 61_000_000;
    session.client.set_port(50_001);
    session.handshake();
    let mut file = session.pcap();
    // The reader has nothing left to read when the connection arrives, except the rest of the file.
    file.extend([0; 7]);
    let (connections, _) = read(&file);
    assert_eq!(connections.len(), 2);
    // The order shows it: the other connection was found earlier, and is still open.
    let mut open = Session::new();
    open.client.set_port(49_999);
    open.handshake();
    let packets: Vec<_> = open.packets.into_iter().chain(session.packets).collect();
    let (connections, _) = read(&pcap_file(101, &packets));
    let clients: Vec<_> = connections.iter().map(|connection| connection.client.as_str()).collect();
    assert_eq!(clients, ["192.0.2.1:50000", "192.0.2.1:49999", "192.0.2.1:50001"]);
}

#[test]
fn connections_that_ended_do_not_fill_the_memory() {
    let mut session = Session::new();
    let chunk = vec![b'x'; 60_000];
    let mut packets = Vec::new();
    for port in 1..=10 {
        session.client.set_port(50_000 + port);
        session.packets.clear();
        session.handshake();
        for index in 0..100 {
            session.octets(Client, index * 60_000, 0, &chunk);
        }
        session.packet(Client, 6_000_000, Some(0), "R", b"");
        packets.append(&mut session.packets);
    }
    // Late segments of a connection that was handed on begin none.
    session.client.set_port(50_001);
    session.octets(Client, 6_000_000, 0, b"late");
    packets.append(&mut session.packets);
    // A SYN does.
    session.bases = [90_001, 70_001];
    session.handshake();
    packets.append(&mut session.packets);
    // Another connection, found first and open to the end, shows that the others were handed on before.
    let mut open = Session::open();
    open.packets.append(&mut packets);
    let (connections, _) = read(&open.pcap());
    let ports: Vec<_> = connections.iter().map(|connection| connection.client.clone()).collect();
    // 32 MiB are five connections of 6 MB.
    assert_eq!(ports[..5], (1..=5).map(|port| format!("192.0.2.1:{}", 50_000 + port)).collect::<Vec<_>>());
    assert_eq!((ports[5].as_str(), ports.len()), ("192.0.2.1:50000", 12));
    assert_eq!(ports[11], "192.0.2.1:50001");
}

#[test]
fn events_occupy_memory_as_well() {
    let mut open = Session::open();
    for port in 1..=3 {
        let mut session = Session::new();
        session.client.set_port(50_000 + port);
        session.handshake();
        for index in 0..100_000 {
            session.octets(Client, index, 0, b"x");
        }
        session.packet(Client, 100_000, Some(0), "R", b"");
        // At once, so that no connection is handed on because of its age.
        open.packets.extend(session.packets.into_iter().map(|(_, packet)| (0, packet)));
    }
    open.octets(Client, 0, 0, b"later");
    let (connections, _) = read(&open.pcap());
    assert_eq!(connections[0].client, "192.0.2.1:50001");
    assert_eq!(connections[1].client, "192.0.2.1:50000");
}

#[test]
fn a_request_without_an_answer_of_http_shows_nothing() {
    let mut session = Session::new();
    session.octets(Client, 0, 0, b"GET / HTTP/1.1\r\n\r\n");
    session.octets(Server, 0, 18, b"\x81\x00");
    assert_eq!(session.read().beginning, Beginning::Middle);
}

#[test]
fn a_request_shows_the_client() {
    let mut session = Session::new();
    session.client.set_port(80);
    session.octets(Client, 0, 0, b"GET / HTTP/1.1\r\n\r\n");
    session.octets(Server, 0, 18, b"HTTP/1.1 101 Switching Protocols\r\n\r\n");
    let connection = session.read();
    assert_eq!(connection.client, "192.0.2.1:80");
    assert_eq!(connection.beginning, Beginning::Connection);
    assert_eq!(connection.notes, [""; 0]);
}

#[test]
fn the_server_is_a_guess_without_a_beginning() {
    let mut session = Session::new();
    session.octets(Client, 700, 500, b"\x81\x00");
    let connection = session.read();
    assert_eq!((connection.server.as_str(), connection.beginning), ("192.0.2.2:8080", Beginning::Middle));
    assert!(connection.notes[0].contains("lower port, 8080"), "{:?}", connection.notes);

    // A port that another connection shares decides first.
    let mut other = Session::new();
    other.client.set_port(60_000);
    other.server = session.client;
    other.handshake();
    let packets: Vec<_> = other.packets.into_iter().chain(session.packets.clone()).collect();
    let (connections, _) = read(&pcap_file(101, &packets));
    assert_eq!(connections[1].server, "192.0.2.1:50000");
    assert!(connections[1].notes[0].contains("50000, which other"), "{:?}", connections[1].notes);

    // The option decides before.
    let (connections, _) = read_with(&session.pcap(), &PcapOptions { port: Some(50_000) });
    assert_eq!(connections[0].server, "192.0.2.1:50000");
    assert!(connections[0].notes[0].contains("as requested"), "{:?}", connections[0].notes);
}

#[test]
fn a_keep_alive_probe_may_come_first() {
    let mut session = Session::new();
    session.ack(Client, 699, 500);
    session.ack(Server, 500, 700);
    session.octets(Client, 700, 500, b"abc");
    assert_eq!(session.shown(), ["C abc ack 0"]);
}

#[test]
fn packets_before_the_first_one_in_time_keep_their_distances() {
    let mut session = Session::open();
    session.octets(Client, 0, 0, b"abc");
    session.octets(Server, 0, 3, b"def");
    let mut packets = vec![(1_000_000, vec![0x45])];
    packets.append(&mut session.packets);
    let (connections, summary) = read(&pcap_file(101, &packets));
    assert_eq!(summary.broken, 1);
    let times: Vec<_> = connections[0].events.iter().filter_map(|event| event.time).collect();
    assert_eq!(times[1] - times[0], std::time::Duration::from_millis(1));
}

#[test]
fn ports_that_are_used_again_belong_to_the_new_connection() {
    let mut session = Session::open();
    session.packet(Client, 0, Some(0), "R", b"");
    session.bases = [90_001, 70_001];
    session.handshake();
    session.time += 61_000_000;
    session.octets(Client, 0, 0, b"abc");
    session.octets(Server, 0, 3, b"def");
    let (connections, _) = read(&session.pcap());
    assert_eq!(connections.len(), 2);
    assert_eq!(shown(&connections[1]), ["C abc ack 0", "S def ack 3"]);
}

#[test]
fn acknowledgements_alone_are_no_connection() {
    let mut session = Session::new();
    session.ack(Client, 700, 500);
    session.ack(Server, 500, 700);
    assert_eq!(read(&session.pcap()).1.connections, 0);
}

#[test]
fn the_port_of_a_client_is_not_shared() {
    let mut session = Session::new();
    for host in 3..6 {
        session.server = format!("192.0.2.{host}:8080").parse().expect("an address");
        session.handshake();
    }
    session.server = "192.0.2.9:8080".parse().expect("an address");
    session.octets(Client, 700, 500, b"abc");
    let (connections, _) = read(&session.pcap());
    assert_eq!(connections[3].server, "192.0.2.9:8080");
    assert!(connections[3].notes[0].contains("lower port"), "{:?}", connections[3].notes);
}

#[test]
fn a_recording_of_one_direction_has_missing_octets_in_the_other() {
    let mut session = Session::new();
    session.packet(Client, -1, None, "S", b"");
    session.ack(Client, 0, 0);
    session.octets(Client, 0, 0, b"abc");
    session.octets(Client, 3, 5, b"def");
    session.packet(Client, 6, Some(9), "F", b"");
    let connection = session.read();
    assert_eq!(
        shown(&connection),
        ["C abc ack 0", "S missing 5", "C def ack 5", "S missing 4", "C FIN ack 9"]
    );
    assert_eq!((connection.beginning, connection.end), (Beginning::Connection, End::Cut));
}
