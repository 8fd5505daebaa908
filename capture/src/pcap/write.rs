//! Writes recorded connections as pcapng, with packets that are synthesised.
//!
//! etherparse writes the headers. The three kinds of blocks that are needed are written here: that is less than a
//! library would need to be told.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::Duration;

use etherparse::{PacketBuilder, PacketBuilderStep, TcpHeader, TcpOptionElement};
use wsclose::protocol::role::Role;

use crate::recording::{Beginning, RecordedConnection, RecordedKind};

/// The most octets of a packet: with headers, they fit in the length field of IP.
const MAX_PAYLOAD: usize = 65_000;
/// How many missing octets are written as packets that are cut off. More are a gap in the sequence numbers.
const MAX_CUT: u64 = 1 << 20;
/// The link type of packets that begin with the IP header.
const RAW_IP: u16 = 101;

/// Writes recorded connections as a pcapng file, which Wireshark opens.
///
/// The packets are synthesised: the file shows what was recorded, not how the network carried it. [`read`] of the file
/// gives the same connections, except:
///
/// - An address that is no IP address and port is replaced by `192.0.2.1` (client) or `192.0.2.2` (server).
/// - Octets of more than 65,000 become several events, a missing number of octets becomes one octet, and TLS
///   close_notify is left out.
/// - An event without `acknowledged` acknowledges what its side had acknowledged before. If a connection has no
///   acknowledgement at all, its packets behind the TCP handshake lack the flag ACK, so that they claim no order. After
///   many missing octets, the other side acknowledges these.
/// - A connection without its beginning has no TCP handshake, so that [`read`] has to guess which side is the server.
///
/// Two connections with the same addresses are told apart only if the second has its beginning.
///
/// [`read`]: super::read
#[derive(Debug)]
pub struct PcapngWriter<W> {
    out: W,
    start: Duration,
    connections: u32,
    /// The comment of the next packet.
    comment: Option<String>,
}

/// One side of the connection that is written.
struct Side {
    address: SocketAddr,
    /// The sequence number of its first octet.
    base: u32,
    /// How many octets it sent, modulo the range of sequence numbers.
    sent: u32,
    /// How many octets it sent.
    octets: u64,
    /// How much of the other side it has acknowledged, with one for a FIN.
    acknowledged: u64,
    has_fin: bool,
    /// Its packets have acknowledgements.
    acknowledges: bool,
}

impl<W: Write> PcapngWriter<W> {
    /// Writes the header of a file. Times of events count from `start`, a time since the Unix epoch.
    ///
    /// # Errors
    ///
    /// If `out` fails.
    pub fn new(out: W, start: Duration) -> io::Result<PcapngWriter<W>> {
        let mut writer = PcapngWriter { out, start, connections: 0, comment: None };
        let magic = 0x1a2b_3c4d_u32.to_le_bytes();
        // Version 1.0, of a length that is not known, with the name of the program.
        let name = concat!("wsclose ", env!("CARGO_PKG_VERSION")).as_bytes();
        let section = [&magic[..], &[1, 0, 0, 0], &[0xff; 8], &option(4, name), &[0; 4]].concat();
        writer.block(0x0a0d_0d0a, &section)?;
        // Without a snap length, with time stamps in nanoseconds.
        let interface = [&RAW_IP.to_le_bytes()[..], &[0; 6], &option(9, &[9]), &[0; 4]].concat();
        writer.block(1, &interface)?;
        Ok(writer)
    }

    /// Writes a connection.
    ///
    /// # Errors
    ///
    /// If the output fails.
    pub fn write(&mut self, connection: &RecordedConnection) -> io::Result<()> {
        let mut sides = self.sides(connection);
        let first = connection.events.iter().find_map(|event| event.time);
        let mut time = first.unwrap_or_default();
        match connection.beginning {
            Beginning::Connection => self.handshake(&sides, time)?,
            Beginning::Frames | Beginning::Middle => {}
        }
        let acknowledges = connection.events.iter().any(|event| event.acknowledged.is_some());
        sides.iter_mut().for_each(|side| side.acknowledges = acknowledges);
        for event in &connection.events {
            time = event.time.unwrap_or(time);
            let (own, other) = (index(event.from), index(event.from.peer()));
            let sent = sides[other].octets + u64::from(sides[other].has_fin);
            let arrived = event.acknowledged.unwrap_or(0).min(sent);
            sides[own].acknowledged = sides[own].acknowledged.max(arrived);
            match &event.kind {
                RecordedKind::Octets(octets) => {
                    for octets in octets.chunks(MAX_PAYLOAD) {
                        self.segment(&mut sides, own, time, octets, octets.len())?;
                    }
                }
                RecordedKind::Missing { octets } => {
                    let octets = octets.unwrap_or(1);
                    let mut left = usize::try_from(octets.min(MAX_CUT)).unwrap_or(0);
                    while left > 0 {
                        let length = left.min(MAX_PAYLOAD);
                        self.segment(&mut sides, own, time, &[0; MAX_PAYLOAD][..length], 0)?;
                        left -= length;
                    }
                    // Sequence numbers wrap around.
                    sides[own].sent = sides[own].sent.wrapping_add(octets.saturating_sub(MAX_CUT) as u32);
                    sides[own].octets += octets.saturating_sub(MAX_CUT);
                    if octets > MAX_CUT && !acknowledges {
                        // Without an acknowledgement, the gap would look like a packet that is still on its way.
                        sides[other].acknowledged = sides[own].octets.max(sides[other].acknowledged);
                        sides[other].acknowledges = true;
                    }
                }
                RecordedKind::Fin => {
                    self.packet(packet(&sides, own).fin(), time, &[], 0)?;
                    sides[own].has_fin = true;
                }
                RecordedKind::Reset => self.packet(packet(&sides, own).rst(), time, &[], 0)?,
                RecordedKind::TlsClosed => {}
            }
        }
        Ok(())
    }

    /// Writes a connection, of which the first packet has a comment. Wireshark shows it with the packet, and `frame.comment` in
    /// a filter finds it. A comment has at most 65,535 octets; the rest is left out.
    ///
    /// # Errors
    ///
    /// If the output fails.
    pub fn write_with_comment(&mut self, connection: &RecordedConnection, comment: &str) -> io::Result<()> {
        // `str::floor_char_boundary` is newer than the lowest Rust that the crate supports.
        let end =
            (0..=comment.len().min(usize::from(u16::MAX))).rev().find(|end| comment.is_char_boundary(*end));
        self.comment = end.map(|end| comment[..end].to_owned());
        self.write(connection)
    }

    /// Flushes the output and returns it.
    ///
    /// # Errors
    ///
    /// If the output fails.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }

    /// Where both sides begin. The client is the first.
    fn sides(&mut self, connection: &RecordedConnection) -> [Side; 2] {
        let number = self.connections;
        self.connections = number.wrapping_add(1);
        let parse = |address: &str| address.parse::<SocketAddr>().ok();
        let (client, server) = match (parse(&connection.client), parse(&connection.server)) {
            (Some(client), Some(server)) if client.is_ipv4() == server.is_ipv4() => (client, server),
            _ => {
                let port = |address: &str| address.rsplit(':').next().and_then(|port| port.parse().ok());
                // The ports that systems give to clients tell connections apart.
                let client_port = 49_152 + (number % 16_384) as u16;
                let (client, server) = ([192, 0, 2, 1], [192, 0, 2, 2]);
                (
                    SocketAddr::from((client, port(&connection.client).unwrap_or(client_port))),
                    SocketAddr::from((server, port(&connection.server).unwrap_or(80))),
                )
            }
        };
        // Far from those of the connection before, which may have the same addresses.
        let base = number.wrapping_mul(0x9e37_79b1);
        let side = |address, base| Side {
            address,
            base,
            sent: 0,
            octets: 0,
            acknowledged: 0,
            has_fin: false,
            acknowledges: true,
        };
        [side(client, base.wrapping_add(1)), side(server, base.wrapping_add(0x4000_0001))]
    }

    fn handshake(&mut self, sides: &[Side; 2], time: Duration) -> io::Result<()> {
        let options = [TcpOptionElement::MaximumSegmentSize(u16::MAX), TcpOptionElement::WindowScale(14)];
        for from in 0..2 {
            let own = &sides[from];
            let ip = ip(own.address, sides[1 - from].address);
            let ports = (own.address.port(), sides[1 - from].address.port());
            let mut syn = ip.tcp(ports.0, ports.1, own.base.wrapping_sub(1), u16::MAX).syn();
            if from == 1 {
                syn = syn.ack(sides[0].base);
            }
            let syn = syn.options(&options).map_err(|error| io::Error::other(error.to_string()))?;
            self.packet(syn, time, &[], 0)?;
        }
        self.packet(packet(sides, 0), time, &[], 0)
    }

    /// Writes a segment with octets, of which the file has the first `captured`.
    fn segment(
        &mut self,
        sides: &mut [Side; 2],
        from: usize,
        time: Duration,
        octets: &[u8],
        captured: usize,
    ) -> io::Result<()> {
        self.packet(packet(sides, from).psh(), time, octets, captured)?;
        // Sequence numbers wrap around.
        sides[from].sent = sides[from].sent.wrapping_add(octets.len() as u32);
        sides[from].octets += octets.len() as u64;
        Ok(())
    }

    /// Writes a packet at a time since the start.
    fn packet(
        &mut self,
        builder: PacketBuilderStep<TcpHeader>,
        time: Duration,
        octets: &[u8],
        captured: usize,
    ) -> io::Result<()> {
        let mut packet = Vec::with_capacity(builder.size(octets.len()));
        builder.write(&mut packet, octets).map_err(|error| io::Error::other(error.to_string()))?;
        let original = packet.len();
        packet.truncate(original - (octets.len() - captured));
        let nanos = u64::try_from(self.start.saturating_add(time).as_nanos()).unwrap_or(u64::MAX);
        // An enhanced packet block: interface, time, lengths. A packet has less than 64 KiB.
        let numbers =
            [0, (nanos >> 32) as u32, (nanos & 0xffff_ffff) as u32, packet.len() as u32, original as u32];
        let mut block = [&numbers.map(u32::to_le_bytes).concat()[..], &packet].concat();
        if let Some(comment) = self.comment.take() {
            block.resize(block.len().next_multiple_of(4), 0);
            block.extend([&option(1, comment.as_bytes())[..], &[0; 4]].concat());
        }
        self.block(6, &block)
    }

    /// Writes a block of the file, whose contents are padded to a multiple of four octets.
    fn block(&mut self, kind: u32, contents: &[u8]) -> io::Result<()> {
        let padded = contents.len().next_multiple_of(4);
        let length = (padded + 12) as u32;
        self.out.write_all(&kind.to_le_bytes())?;
        self.out.write_all(&length.to_le_bytes())?;
        self.out.write_all(contents)?;
        self.out.write_all(&[0; 3][..padded - contents.len()])?;
        self.out.write_all(&length.to_le_bytes())
    }
}

const fn index(role: Role) -> usize {
    match role {
        Role::Client => 0,
        Role::Server => 1,
    }
}

/// An option of a block, padded to a multiple of four octets.
fn option(code: u16, value: &[u8]) -> Vec<u8> {
    let mut option = [&code.to_le_bytes()[..], &(value.len() as u16).to_le_bytes(), value].concat();
    option.resize(option.len().next_multiple_of(4), 0);
    option
}

fn ip(from: SocketAddr, to: SocketAddr) -> PacketBuilderStep<etherparse::IpHeaders> {
    match (from, to) {
        (SocketAddr::V4(from), SocketAddr::V4(to)) => {
            PacketBuilder::ipv4(from.ip().octets(), to.ip().octets(), 64)
        }
        (from, to) => {
            let v6 = |address: SocketAddr| match address {
                SocketAddr::V4(address) => address.ip().to_ipv6_mapped().octets(),
                SocketAddr::V6(address) => address.ip().octets(),
            };
            PacketBuilder::ipv6(v6(from), v6(to), 64)
        }
    }
}

/// The headers of the next packet of a side.
fn packet(sides: &[Side; 2], from: usize) -> PacketBuilderStep<TcpHeader> {
    let (own, other) = (&sides[from], &sides[1 - from]);
    // Sequence numbers wrap around. A FIN counts as an octet.
    let sequence = own.base.wrapping_add(own.sent).wrapping_add(u32::from(own.has_fin));
    let acknowledged = other.base.wrapping_add(own.acknowledged as u32);
    let packet =
        ip(own.address, other.address).tcp(own.address.port(), other.address.port(), sequence, u16::MAX);
    if own.acknowledges { packet.ack(acknowledged) } else { packet }
}
