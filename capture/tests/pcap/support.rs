//! Synthesises captures, and prints what the reader makes of them.

use std::net::{IpAddr, SocketAddr};

use etherparse::PacketBuilder;
use wsclose::protocol::role::Role;
use wsclose_capture::pcap::{self, PcapOptions, PcapSummary};
use wsclose_capture::recording::{RecordedConnection, RecordedKind};

/// Segments of a connection, as IP packets.
pub struct Session {
    pub client: SocketAddr,
    pub server: SocketAddr,
    /// The sequence numbers of the first octets.
    pub bases: [u32; 2],
    /// The time of the next packet, in microseconds since the first.
    pub time: u64,
    /// Time in microseconds, and packet.
    pub packets: Vec<(u64, Vec<u8>)>,
}

impl Session {
    /// A connection without a packet.
    pub fn new() -> Session {
        Session {
            client: "192.0.2.1:50000".parse().expect("an address"),
            server: "192.0.2.2:8080".parse().expect("an address"),
            bases: [1001, 5001],
            time: 0,
            packets: Vec::new(),
        }
    }

    /// A connection that begins with the TCP handshake: three packets.
    pub fn open() -> Session {
        let mut session = Session::new();
        session.handshake();
        session
    }

    /// The TCP handshake.
    pub fn handshake(&mut self) {
        self.packet(Role::Client, -1, None, "S", b"");
        self.packet(Role::Server, -1, Some(0), "S", b"");
        self.packet(Role::Client, 0, Some(0), "", b"");
    }

    /// Octets from an offset, with the offset that the sender acknowledges.
    pub fn octets(&mut self, from: Role, offset: i64, acknowledged: i64, octets: &[u8]) {
        self.packet(from, offset, Some(acknowledged), "P", octets);
    }

    /// An acknowledgement without octets.
    pub fn ack(&mut self, from: Role, offset: i64, acknowledged: i64) {
        self.packet(from, offset, Some(acknowledged), "", b"");
    }

    /// A packet a millisecond later, with the flags `S`, `P`, `F` and `R`.
    pub fn packet(&mut self, from: Role, offset: i64, ack: Option<i64>, flags: &str, octets: &[u8]) {
        let packet = self.ip(from, offset, ack, flags, octets);
        self.packets.push((self.time, packet));
        self.time += 1000;
    }

    /// An IP packet.
    pub fn ip(&self, from: Role, offset: i64, ack: Option<i64>, flags: &str, octets: &[u8]) -> Vec<u8> {
        let (from, to, own, other) = match from {
            Role::Client => (self.client, self.server, self.bases[0], self.bases[1]),
            Role::Server => (self.server, self.client, self.bases[1], self.bases[0]),
        };
        // Offsets are added to sequence numbers, which wrap around.
        let builder = match (from.ip(), to.ip()) {
            (IpAddr::V4(from), IpAddr::V4(to)) => PacketBuilder::ipv4(from.octets(), to.octets(), 64),
            (IpAddr::V6(from), IpAddr::V6(to)) => PacketBuilder::ipv6(from.octets(), to.octets(), 64),
            _ => panic!("two addresses of the same kind"),
        };
        let mut builder = builder.tcp(from.port(), to.port(), own.wrapping_add(offset as u32), 60_000);
        if let Some(ack) = ack {
            builder = builder.ack(other.wrapping_add(ack as u32));
        }
        for flag in flags.chars() {
            builder = match flag {
                'S' => builder.syn(),
                'P' => builder.psh(),
                'F' => builder.fin(),
                'R' => builder.rst(),
                other => panic!("no flag {other}"),
            };
        }
        let mut packet = Vec::new();
        builder.write(&mut packet, octets).expect("writes to memory do not fail");
        packet
    }

    /// A pcap file of raw IP packets.
    pub fn pcap(&self) -> Vec<u8> {
        pcap_file(101, &self.packets)
    }

    /// The only connection that the reader finds.
    pub fn read(&self) -> RecordedConnection {
        let (mut connections, summary) = read(&self.pcap());
        assert_eq!(connections.len(), 1, "{summary:?}");
        connections.remove(0)
    }

    /// The events of the only connection.
    pub fn shown(&self) -> Vec<String> {
        shown(&self.read())
    }
}

/// A pcap file in little-endian order with microseconds.
pub fn pcap_file(link: u32, packets: &[(u64, Vec<u8>)]) -> Vec<u8> {
    let mut file = pcap_header(link);
    for (time, packet) in packets {
        let length = packet.len() as u32;
        pcap_packet(&mut file, *time, length, packet);
    }
    file
}

/// The header of such a file.
pub fn pcap_header(link: u32) -> Vec<u8> {
    let mut file = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    file.extend(262_144_u32.to_le_bytes());
    file.extend(link.to_le_bytes());
    file
}

/// A packet of such a file.
pub fn pcap_packet(file: &mut Vec<u8>, time: u64, original: u32, packet: &[u8]) {
    for number in [(time / 1_000_000) as u32, (time % 1_000_000) as u32, packet.len() as u32, original] {
        file.extend(number.to_le_bytes());
    }
    file.extend(packet);
}

/// What the reader makes of a file.
pub fn read(file: &[u8]) -> (Vec<RecordedConnection>, PcapSummary) {
    read_with(file, &PcapOptions::default())
}

/// The same with options.
pub fn read_with(file: &[u8], options: &PcapOptions) -> (Vec<RecordedConnection>, PcapSummary) {
    let mut connections = Vec::new();
    let summary = pcap::read(file, options, &mut |connection| connections.push(connection));
    (connections, summary.expect("a capture"))
}

/// The events as text: side, what it did, and what it had acknowledged.
pub fn shown(connection: &RecordedConnection) -> Vec<String> {
    let events = connection.events.iter().map(|event| {
        let side = match event.from {
            Role::Client => "C",
            Role::Server => "S",
        };
        let kind = match &event.kind {
            RecordedKind::Octets(octets) => String::from_utf8_lossy(octets).into_owned(),
            RecordedKind::Missing { octets: Some(octets) } => format!("missing {octets}"),
            RecordedKind::Missing { octets: None } => "missing".to_owned(),
            RecordedKind::Fin => "FIN".to_owned(),
            RecordedKind::Reset => "RST".to_owned(),
            RecordedKind::TlsClosed => "close_notify".to_owned(),
        };
        match event.acknowledged {
            Some(acknowledged) => format!("{side} {kind} ack {acknowledged}"),
            None => format!("{side} {kind}"),
        }
    });
    events.collect()
}

/// SplitMix64, a generator of random numbers.
pub struct Random(pub u64);

impl Random {
    /// A number below a bound.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }
}
