//! What stands in front of TCP.

use wsclose::protocol::role::Role::{Client, Server};
use wsclose_capture::pcap::PcapSummary;

use crate::support::{Session, pcap_file, pcap_header, pcap_packet, read, shown};

fn session(v6: bool) -> Session {
    let mut session = Session::new();
    if v6 {
        session.client = "[2001:db8::1]:50000".parse().expect("an address");
        session.server = "[2001:db8::2]:8080".parse().expect("an address");
    }
    session.handshake();
    session.octets(Client, 0, 0, b"abc");
    session.octets(Server, 0, 3, b"def");
    session
}

/// Checks that a session is found behind a header.
fn check(link: u32, header: &[u8], v6: bool) {
    let session = session(v6);
    let packets = session.packets.iter().map(|(time, packet)| (*time, [header, packet].concat()));
    let (connections, summary) = read(&pcap_file(link, &packets.collect::<Vec<_>>()));
    assert_eq!(connections.len(), 1, "{link} {header:?}: {summary:?}");
    assert_eq!(shown(&connections[0]), ["C abc ack 0", "S def ack 3"], "{link} {header:?}");
    assert_eq!(connections[0].client, session.client.to_string());
    assert_eq!((summary.broken, summary.not_tcp), (0, 0), "{link} {header:?}");
}

#[test]
fn ethernet_with_and_without_vlan_tags() {
    for (v6, number) in [(false, [0x08, 0x00]), (true, [0x86, 0xdd])] {
        let addresses = [2; 12];
        check(1, &[&addresses[..], &number].concat(), v6);
        check(1, &[&addresses[..], &[0x81, 0, 0, 7], &number].concat(), v6);
        check(1, &[&addresses[..], &[0x88, 0xa8, 0, 7, 0x81, 0, 0, 8], &number].concat(), v6);
    }
}

#[test]
fn linux_cooked() {
    for (v6, number) in [(false, [0x08, 0x00]), (true, [0x86, 0xdd])] {
        check(113, &[&[0; 14][..], &number].concat(), v6);
        check(276, &[&number[..], &[0; 18]].concat(), v6);
        // The tag of a VLAN.
        check(276, &[&[0x81, 0][..], &[0; 18], &[0, 7], &number].concat(), v6);
    }
}

#[test]
fn bsd_loopback() {
    check(0, &[2, 0, 0, 0], false);
    check(0, &[0, 0, 0, 2], false);
    check(108, &[0, 0, 0, 2], false);
    for family in [10, 24, 28, 30] {
        check(0, &[family, 0, 0, 0], true);
        check(0, &[0, 0, 0, family], true);
        check(108, &[0, 0, 0, family], true);
    }
}

#[test]
fn raw_ip() {
    for link in [12, 14, 101, 228] {
        check(link, &[], false);
    }
    for link in [12, 14, 101, 229] {
        check(link, &[], true);
    }
    // The upper bits of the field tell the length of a frame check sequence.
    check(101 | (1 << 26) | (2 << 28), &[], false);
}

#[test]
fn octets_behind_the_ip_packet_do_not_belong_to_it() {
    let session = session(false);
    let packets = session.packets.iter().map(|(time, packet)| {
        let header = [&[2; 12][..], &[0x08, 0x00]].concat();
        (*time, [&header[..], packet, &[0xee; 20]].concat())
    });
    let (connections, _) = read(&pcap_file(1, &packets.collect::<Vec<_>>()));
    assert_eq!(shown(&connections[0]), ["C abc ack 0", "S def ack 3"]);
}

#[test]
fn a_host_may_leave_segmentation_to_its_network_card() {
    for v6 in [false, true] {
        let mut session = session(v6);
        for (_, packet) in &mut session.packets {
            let length = if v6 { 4..6 } else { 2..4 };
            packet[length].fill(0);
        }
        assert_eq!(session.shown(), ["C abc ack 0", "S def ack 3"], "{v6}");
        // The packet was cut: the file tells how long it was.
        let (_, packet) = session.packets.pop().expect("a packet");
        let mut file = session.pcap();
        pcap_packet(&mut file, 9000, packet.len() as u32, &packet[..packet.len() - 2]);
        assert_eq!(shown(&read(&file).0[0]), ["C abc ack 0", "S d ack 3", "S missing 2 ack 3"], "{v6}");
    }
}

#[test]
fn ipv6_extension_headers() {
    let mut session = session(true);
    for (_, packet) in &mut session.packets {
        // Hop-by-hop options and a destination option, of eight octets each, filled with PadN.
        let next = packet[6];
        packet[6] = 0;
        packet.splice(40..40, [60, 0, 1, 4, 0, 0, 0, 0, next, 0, 1, 4, 0, 0, 0, 0]);
        let length = u16::from_be_bytes([packet[4], packet[5]]) + 16;
        packet[4..6].copy_from_slice(&length.to_be_bytes());
    }
    assert_eq!(session.shown(), ["C abc ack 0", "S def ack 3"]);
}

#[test]
fn ipv4_authentication_headers() {
    let mut session = session(false);
    for (_, packet) in &mut session.packets {
        // 24 octets: the next protocol, the length in words less two, and numbers.
        packet[9] = 51;
        packet.splice(20..20, [&[6, 4][..], &[0; 22]].concat());
        packet[3] += 24;
    }
    // The declared length counts the header, if the packet was cut.
    let (_, packet) = session.packets.pop().expect("a packet");
    let mut file = session.pcap();
    pcap_packet(&mut file, 9000, packet.len() as u32, &packet[..packet.len() - 2]);
    assert_eq!(shown(&read(&file).0[0]), ["C abc ack 0", "S d ack 3", "S missing 2 ack 3"]);
}

fn summary(link: u32, packet: &[u8]) -> PcapSummary {
    let mut file = pcap_header(link);
    pcap_packet(&mut file, 0, packet.len() as u32, packet);
    let (connections, summary) = read(&file);
    assert!(connections.is_empty());
    assert_eq!(summary.packets, 1);
    summary
}

#[test]
fn fragments_are_counted() {
    let session = session(false);
    for field in [[0x20, 0x00], [0x00, 0x10]] {
        let mut packet = session.packets[3].1.clone();
        packet[6..8].copy_from_slice(&field);
        assert_eq!(summary(101, &packet).fragments, 1, "{field:x?}");
    }
    let mut packet = self::session(true).packets[3].1.clone();
    packet[6] = 44;
    packet.splice(40..40, [6, 0, 0, 1, 0, 0, 0, 7]);
    let length = u16::from_be_bytes([packet[4], packet[5]]) + 8;
    packet[4..6].copy_from_slice(&length.to_be_bytes());
    assert_eq!(summary(101, &packet).fragments, 1);
}

#[test]
fn other_protocols_are_counted() {
    let mut udp = session(false).packets[3].1.clone();
    udp[9] = 17;
    assert_eq!(summary(101, &udp).not_tcp, 1);
    let arp = [&[2; 12][..], &[0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 1], &[0; 20]].concat();
    assert_eq!(summary(1, &arp).not_tcp, 1);
    let lldp = [&[2; 12][..], &[0x88, 0xcc, 1, 2, 3]].concat();
    assert_eq!(summary(1, &lldp).not_tcp, 1);
    assert_eq!(summary(0, &[7, 0, 0, 0, 1, 2, 3]).not_tcp, 1);
}

#[test]
fn broken_headers_are_counted() {
    let packet = session(false).packets[3].1.clone();
    for (link, broken) in
        [(1, vec![1, 2, 3]), (0, vec![2, 0]), (113, vec![0; 15]), (276, vec![0; 19]), (101, vec![0x95; 40])]
    {
        assert_eq!(summary(link, &broken).broken, 1, "{link}");
    }
    let mut bad_offset = packet.clone();
    bad_offset[32] = 0x10;
    assert_eq!(summary(101, &bad_offset).broken, 1);
    let mut bad_header_length = packet.clone();
    bad_header_length[0] = 0x41;
    assert_eq!(summary(101, &bad_header_length).broken, 1);
    let mut cut_extension = self::session(true).packets[3].1[..44].to_vec();
    cut_extension[6] = 0;
    assert_eq!(summary(101, &cut_extension).broken, 1);
    let ethernet = [&[2; 12][..], &[0x08, 0x00], &packet[..15]].concat();
    assert_eq!(summary(1, &ethernet).broken, 1);
}

#[test]
fn unknown_link_types_are_counted_by_number() {
    let summary = summary(147, &[1, 2, 3]);
    assert_eq!(summary.unknown_link_types.into_iter().collect::<Vec<_>>(), [(147, 1)]);
}
