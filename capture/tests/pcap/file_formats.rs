//! pcap and pcapng in all their forms.

use std::io::{self, Read};
use std::time::Duration;

use wsclose::protocol::role::Role::Client;
use wsclose_capture::pcap::{self, FileEnd, PcapError, PcapOptions};

use crate::real_files::file;
use crate::support::{Session, pcap_file, read, shown};

/// The packets of a session in which the client sends `abc` and `def`, each a millisecond after the other.
fn packets() -> Vec<Vec<u8>> {
    let mut session = Session::open();
    session.octets(Client, 0, 0, b"abc");
    session.octets(Client, 3, 0, b"def");
    session.packets.into_iter().map(|(_, packet)| packet).collect()
}

const SHOWN: [&str; 2] = ["C abc ack 0", "C def ack 0"];

/// Writes pcapng blocks in a byte order.
#[derive(Default)]
struct Blocks {
    big_endian: bool,
    file: Vec<u8>,
}

impl Blocks {
    fn new(big_endian: bool) -> Blocks {
        let mut blocks = Blocks { big_endian, file: Vec::new() };
        blocks.section(1);
        blocks
    }

    fn u16(&self, number: u16) -> [u8; 2] {
        if self.big_endian { number.to_be_bytes() } else { number.to_le_bytes() }
    }

    fn u32(&self, number: u32) -> [u8; 4] {
        if self.big_endian { number.to_be_bytes() } else { number.to_le_bytes() }
    }

    fn block(&mut self, kind: u32, body: &[u8]) {
        let padding = body.len().next_multiple_of(4) - body.len();
        let length = self.u32((12 + body.len() + padding) as u32);
        self.file.extend(self.u32(kind));
        self.file.extend(length);
        self.file.extend(body);
        self.file.extend(vec![0; padding]);
        self.file.extend(length);
    }

    fn section(&mut self, major: u16) {
        let body = [&self.u32(0x1a2b_3c4d)[..], &self.u16(major), &self.u16(0), &[0xff; 8]].concat();
        self.block(0x0a0d_0d0a, &body);
    }

    fn interface(&mut self, link: u16, snap_length: u32, options: &[(u16, &[u8])]) {
        let mut body = [&self.u16(link)[..], &[0, 0], &self.u32(snap_length)].concat();
        for (code, value) in options {
            body.extend(self.u16(*code));
            body.extend(self.u16(value.len() as u16));
            body.extend(*value);
            body.resize(body.len().next_multiple_of(4), 0);
        }
        self.block(1, &body);
    }

    fn enhanced(&mut self, interface: u32, stamp: u64, packet: &[u8]) {
        self.cut(interface, stamp, packet.len() as u32, packet);
    }

    fn cut(&mut self, interface: u32, stamp: u64, original: u32, packet: &[u8]) {
        let stamps = [(stamp >> 32) as u32, stamp as u32];
        let numbers = [interface, stamps[0], stamps[1], packet.len() as u32, original];
        let mut body = numbers.map(|number| self.u32(number)).concat();
        body.extend(packet);
        self.block(6, &body);
    }

    fn old(&mut self, interface: u16, stamp: u64, packet: &[u8]) {
        let length = packet.len() as u32;
        let numbers = [(stamp >> 32) as u32, stamp as u32, length, length].map(|number| self.u32(number));
        let body = [&self.u16(interface)[..], &[0, 0], &numbers.concat(), packet].concat();
        self.block(2, &body);
    }

    fn simple(&mut self, original: u32, packet: &[u8]) {
        let body = [&self.u32(original)[..], packet].concat();
        self.block(3, &body);
    }
}

fn times(file: &[u8]) -> Vec<Duration> {
    let (connections, summary) = read(file);
    assert_eq!(summary.end, FileEnd::Complete);
    assert_eq!(shown(&connections[0]), SHOWN);
    connections[0].events.iter().filter_map(|event| event.time).collect()
}

#[test]
fn pcap_has_two_byte_orders_and_two_resolutions() {
    for (magic, big_endian, unit) in [
        (0xa1b2_c3d4_u32, false, 1000),
        (0xa1b2_c3d4, true, 1000),
        (0xa1b2_3c4d, false, 1),
        (0xa1b2_3c4d, true, 1),
    ] {
        let order = |number: u32| if big_endian { number.to_be_bytes() } else { number.to_le_bytes() };
        let version = if big_endian { [0, 2, 0, 4] } else { [2, 0, 4, 0] };
        let mut file = [order(magic), version, [0; 4], [0; 4], order(65_535), order(101)].concat();
        for (index, packet) in packets().into_iter().enumerate() {
            let length = order(packet.len() as u32);
            file.extend(
                [order(1_700_000_000), order(index as u32 * 1_000_000 / unit), length, length].concat(),
            );
            file.extend(packet);
        }
        assert_eq!(
            times(&file),
            [Duration::from_millis(3), Duration::from_millis(4)],
            "{magic:x} {big_endian}"
        );
        assert_eq!(read(&file).1.first_packet, Some(Duration::from_secs(1_700_000_000)));
    }
}

#[test]
fn pcapng_has_two_byte_orders_and_any_resolution() {
    let offset = |big_endian| {
        let seconds = 1_000_000_000_i64;
        if big_endian { seconds.to_be_bytes() } else { seconds.to_le_bytes() }
    };
    for big_endian in [false, true] {
        for (resolution, unit) in [(None, 1000), (Some(3_u8), 1), (Some(9), 1_000_000), (Some(0x80 | 10), 1)]
        {
            let mut blocks = Blocks::new(big_endian);
            let offset = offset(big_endian);
            let mut options: Vec<(u16, &[u8])> = vec![(14, &offset)];
            let value = resolution.map(|resolution| [resolution]);
            if let Some(value) = &value {
                options.push((9, value));
            }
            blocks.interface(101, 0, &options);
            for (index, packet) in packets().into_iter().enumerate() {
                blocks.enhanced(0, index as u64 * unit, &packet);
            }
            let expected = match resolution {
                Some(0x8a) => [3, 4].map(|index: u64| Duration::from_nanos(index * 1_000_000_000 / 1024)),
                _ => [3, 4].map(Duration::from_millis),
            };
            assert_eq!(times(&blocks.file), expected, "{big_endian} {resolution:?}");
            assert_eq!(read(&blocks.file).1.first_packet, Some(Duration::from_secs(1_000_000_000)));
        }
    }
}

#[test]
fn old_and_simple_packets() {
    for big_endian in [false, true] {
        let mut blocks = Blocks::new(big_endian);
        blocks.interface(101, 0, &[]);
        // Simple packets belong to the first interface.
        blocks.interface(147, 0, &[]);
        for (index, packet) in packets().iter().enumerate() {
            match index {
                0 | 3 => blocks.old(0, index as u64 * 1000, packet),
                _ => blocks.simple(packet.len() as u32, packet),
            }
        }
        let (connections, summary) = read(&blocks.file);
        assert_eq!(summary.packets, 5);
        assert_eq!(shown(&connections[0]), SHOWN);
        // Simple packets have no time. What a connection shows does not go back in time.
        let times: Vec<_> = connections[0].events.iter().map(|event| event.time).collect();
        assert_eq!(times, [Some(Duration::from_millis(3)); 2]);
    }
}

#[test]
fn a_simple_packet_is_cut_at_the_snap_length_of_its_interface() {
    let mut blocks = Blocks::new(false);
    blocks.interface(101, 42, &[]);
    for packet in packets() {
        blocks.simple(packet.len() as u32, &packet[..packet.len().min(42)]);
    }
    let (connections, _) = read(&blocks.file);
    assert_eq!(
        shown(&connections[0]),
        ["C ab ack 0", "C missing 1 ack 0", "C de ack 0", "C missing 1 ack 0"]
    );
}

#[test]
fn sections_and_interfaces_may_change_within_a_file() {
    let packets = packets();
    let mut blocks = Blocks::new(false);
    blocks.interface(1, 0, &[]);
    blocks.interface(101, 0, &[]);
    blocks.block(0xbad, b"unknown");
    blocks.enhanced(1, 0, &packets[0]);
    let ethernet = [&[0; 12][..], &[0x08, 0x00], &packets[1]].concat();
    blocks.enhanced(0, 1, &ethernet);
    blocks.big_endian = true;
    blocks.section(1);
    blocks.interface(101, 0, &[]);
    blocks.enhanced(0, 2, &packets[2]);
    blocks.enhanced(1, 3, &packets[2]);
    blocks.enhanced(0, 4, &packets[3]);
    blocks.enhanced(0, 5, &packets[4]);
    blocks.block(10, b"TLSK\0\0\0\0");
    let (connections, summary) = read(&blocks.file);
    assert_eq!(shown(&connections[0]), SHOWN);
    // The second section describes one interface.
    assert_eq!((summary.packets, summary.broken, summary.has_tls_secrets), (6, 1, true));
    assert_eq!(connections[0].events[0].packet, Some(5));
}

#[test]
fn a_packet_block_that_contradicts_itself_is_broken_alone() {
    let packets = packets();
    let mut blocks = Blocks::new(false);
    blocks.interface(101, 0, &[]);
    for (index, packet) in packets.iter().enumerate() {
        let start = blocks.file.len();
        blocks.enhanced(0, 0, packet);
        if index == 3 {
            // It claims more octets than the block has.
            blocks.file[start + 20] = 0xff;
        }
    }
    let (connections, summary) = read(&blocks.file);
    assert_eq!((summary.packets, summary.broken, summary.end), (5, 1, FileEnd::Complete));
    assert_eq!(shown(&connections[0]), ["C missing 3 ack 0", "C def ack 0"]);
}

#[test]
fn truncated_and_broken_files_show_what_is_before() {
    let session = {
        let mut session = Session::open();
        session.octets(Client, 0, 0, b"abc");
        session
    };
    let whole = session.pcap();
    let (connections, summary) = read(&whole[..whole.len() - 1]);
    assert_eq!((summary.packets, summary.end, connections.len()), (3, FileEnd::Truncated, 1));
    assert_eq!(read(&whole[..20]).1.end, FileEnd::Truncated);
    // A packet of 4 GiB.
    let broken = [&whole[..], &[0xff; 16]].concat();
    let (connections, summary) = read(&broken);
    assert_eq!((summary.packets, summary.end), (4, FileEnd::Broken));
    assert_eq!(shown(&connections[0]), ["C abc ack 0"]);

    let mut blocks = Blocks::new(false);
    blocks.interface(101, 0, &[]);
    blocks.enhanced(0, 0, &packets()[0]);
    let end = |extra: &[u8]| read(&[&blocks.file[..], extra].concat()).1.end;
    assert_eq!(end(&[]), FileEnd::Complete);
    assert_eq!(end(&[6, 0, 0]), FileEnd::Truncated);
    assert_eq!(end(&[6, 0, 0, 0, 64, 0, 0, 0, 0, 0, 0, 0]), FileEnd::Truncated);
    assert_eq!(end(&[6, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0]), FileEnd::Broken);
    assert_eq!(end(&[6, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]), FileEnd::Broken);
    assert_eq!(end(&[0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0, 0, 0, 0, 0]), FileEnd::Broken);
}

fn error(file: &[u8]) -> String {
    let result = pcap::read(file, &PcapOptions::default(), &mut |_| panic!("no connection"));
    result.expect_err("no capture").to_string()
}

#[test]
fn what_is_no_capture_is_said_to_be_none() {
    assert_eq!(
        error(b"{\"constants\""),
        "expected a pcap or pcapng file, found one that begins with the octets 7b 22 63 6f; record with tcpdump or \
         Wireshark"
    );
    assert!(error(b"").contains("the file is empty"));
    assert!(error(b"\xa1").contains("octets a1"));
    assert_eq!(error(b"\x1f\x8b\x08\0"), "the file is compressed with gzip; decompress it first");
    let mut file = pcap_file(1, &[]);
    file[4] = 3;
    assert!(error(&file).starts_with("pcap version 3.4 is not supported"));
    let mut blocks = Blocks::default();
    blocks.section(2);
    assert!(error(&blocks.file).starts_with("pcapng version 2.0 is not supported"));
}

/// Reads one octet at a time, is interrupted before each, and fails at the end.
struct Trickle<'a> {
    octets: &'a [u8],
    interrupted: bool,
}

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.interrupted = !self.interrupted;
        match self.octets.split_first() {
            _ if self.interrupted => Err(io::ErrorKind::Interrupted.into()),
            Some((first, rest)) => {
                buffer[0] = *first;
                self.octets = rest;
                Ok(1)
            }
            None => Err(io::Error::other("the disk is gone")),
        }
    }
}

#[test]
fn connections_before_an_error_are_handed_on() {
    let whole = file("loopback-ipv4.pcap");
    let mut connections = Vec::new();
    let input = Trickle { octets: &whole, interrupted: false };
    let result = pcap::read(input, &PcapOptions::default(), &mut |connection| connections.push(connection));
    let error = result.expect_err("an error");
    assert!(matches!(&error, PcapError::Io(error) if error.to_string() == "the disk is gone"), "{error}");
    assert_eq!(connections, read(&whole).0);
}

#[test]
fn padding_is_no_octet_of_a_packet() {
    let mut blocks = Blocks::new(false);
    blocks.interface(101, 41, &[]);
    for packet in packets() {
        blocks.cut(0, 0, packet.len() as u32, &packet[..packet.len().min(41)]);
    }
    let (connections, _) = read(&blocks.file);
    assert_eq!(shown(&connections[0]), ["C a ack 0", "C missing 2 ack 0", "C d ack 0", "C missing 2 ack 0"]);
}

#[test]
fn the_options_of_a_block_do_not_fill_the_memory() {
    let packets = packets();
    let mut blocks = Blocks::new(false);
    blocks.interface(101, 0, &[]);
    for packet in &packets {
        blocks.enhanced(0, 0, packet);
    }
    // Options without contents, of four octets each.
    let options = vec![0; 2 << 20];
    let mut large = [0, 0, 0, 40_u32, 40].map(u32::to_le_bytes).concat();
    large.extend(&packets[0]);
    large.extend(&options);
    blocks.block(6, &large);
    blocks.block(0xbad, &options);
    let (_, summary) = read(&blocks.file);
    assert_eq!((summary.packets, summary.broken, summary.end), (6, 1, FileEnd::Complete));
    blocks.block(1, &options);
    assert_eq!(read(&blocks.file).1.end, FileEnd::Broken);
}

#[test]
fn an_old_packet_block_that_contradicts_itself_is_broken_alone() {
    let mut blocks = Blocks::new(false);
    blocks.interface(101, 0, &[]);
    blocks.old(0, 0, &packets()[0]);
    let captured = blocks.file.len() - 4 - packets()[0].len() - 8;
    assert_eq!(read(&blocks.file).1.broken, 0);
    // The trailing length of the block is no part of the packet.
    blocks.file[captured] += 4;
    let (_, summary) = read(&blocks.file);
    assert_eq!((summary.packets, summary.broken, summary.end), (1, 1, FileEnd::Complete));
}

#[test]
fn a_later_section_of_another_version_ends_what_can_be_read() {
    let mut blocks = Blocks::new(false);
    blocks.interface(101, 0, &[]);
    blocks.enhanced(0, 0, &packets()[0]);
    blocks.section(2);
    let (connections, summary) = read(&blocks.file);
    assert_eq!((connections.len(), summary.packets, summary.end), (1, 1, FileEnd::Broken));
}
