//! Removes the headers of IP and TCP from dumped packets, and assembles what each endpoint sent.

use std::net::{IpAddr, SocketAddr};

use etherparse::{EtherType, LaxNetSlice, LaxSlicedPacket, TransportSlice, ether_type};

use super::part::Part;

/// Consecutive octets of one direction, after the headers were removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The octets.
    pub octets: Vec<u8>,
    /// The direction, as an index into [`Packets::flows`].
    pub flow: usize,
    /// How many octets are missing before these.
    pub missing: usize,
}

/// What packets contain.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Packets {
    /// The payloads, in order.
    pub segments: Vec<Segment>,
    /// Sender and receiver of each direction.
    pub flows: Vec<(SocketAddr, SocketAddr)>,
    /// The headers that were removed from the first packet, such as `Ethernet, IPv4 and TCP`.
    pub headers: &'static str,
    /// Packets that are not TCP over IP.
    pub others: usize,
    /// Octets that were sent again.
    pub repeated: usize,
    /// Octets that the dump cuts off at the end of packets.
    pub cut: usize,
}

/// Removes the headers of every part. Returns `None` if no part is a packet of TCP over IP.
pub fn remove_headers(parts: &[Part]) -> Option<Packets> {
    let mut packets = Packets::default();
    // By direction: the sequence number that follows.
    let mut next: Vec<u32> = Vec::new();
    for part in parts {
        let Some(packet) = TcpPacket::parse(&part.octets) else {
            packets.others += 1;
            continue;
        };
        if packets.flows.is_empty() {
            packets.headers = packet.headers;
        }
        let addresses = (packet.from, packet.to);
        let flow = packets.flows.iter().position(|flow| *flow == addresses).unwrap_or_else(|| {
            packets.flows.push(addresses);
            next.push(packet.sequence);
            packets.flows.len() - 1
        });
        // A SYN takes a sequence number.
        if packet.is_syn {
            next[flow] = packet.sequence.wrapping_add(1);
            continue;
        }
        if packet.payload.is_empty() {
            continue;
        }
        let distance = packet.sequence.wrapping_sub(next[flow]).cast_signed();
        let known = usize::try_from(distance.wrapping_neg()).unwrap_or(0).min(packet.payload.len());
        let missing = usize::try_from(distance).unwrap_or(0);
        packets.repeated += known;
        if known < packet.payload.len() {
            let octets = packet.payload[known..].to_vec();
            next[flow] =
                packet.sequence.wrapping_add(packet.payload.len() as u32).wrapping_add(packet.cut as u32);
            packets.segments.push(Segment { octets, flow, missing });
        }
        packets.cut += packet.cut;
    }
    (!packets.flows.is_empty()).then_some(packets)
}

struct TcpPacket<'a> {
    headers: &'static str,
    from: SocketAddr,
    to: SocketAddr,
    sequence: u32,
    is_syn: bool,
    payload: &'a [u8],
    /// Octets of the payload that the dump does not show.
    cut: usize,
}

impl<'a> TcpPacket<'a> {
    /// Parses a packet that begins with the header of IP, Ethernet or the Linux cooked capture.
    ///
    /// No WebSocket stream is read as one: its first octet would be a frame with RSV bits, or a continuation with
    /// nothing to continue, and the lengths of the headers must fit as well.
    fn parse(octets: &'a [u8]) -> Option<TcpPacket<'a>> {
        const COOKED: usize = 16;
        const COOKED_2: usize = 20;
        let protocol = |at: usize| octets.get(at..at + 2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
        let is_ip = |at: usize| {
            protocol(at)
                .map(EtherType)
                .is_some_and(|found| found == ether_type::IPV4 || found == ether_type::IPV6)
        };
        let ip = |slice: &'a [u8]| LaxSlicedPacket::from_ip(slice).ok();
        match octets.first()? >> 4 {
            4 | 6 => {
                let packet = TcpPacket::of(ip(octets)?, "IP and TCP");
                if packet.is_some() {
                    return packet;
                }
            }
            _ => {}
        }
        let ethernet = LaxSlicedPacket::from_ethernet(octets).ok();
        if let Some(packet) = ethernet.and_then(|packet| TcpPacket::of(packet, "Ethernet, IP and TCP")) {
            return Some(packet);
        }
        if is_ip(0) && octets.len() > COOKED_2 {
            return TcpPacket::of(ip(&octets[COOKED_2..])?, "Linux cooked capture, IP and TCP");
        }
        if is_ip(COOKED - 2) && octets.len() > COOKED {
            return TcpPacket::of(ip(&octets[COOKED..])?, "Linux cooked capture, IP and TCP");
        }
        None
    }

    fn of(packet: LaxSlicedPacket<'a>, headers: &'static str) -> Option<TcpPacket<'a>> {
        // The claimed length is that of the packet without the header. With segmentation offload it is 0.
        let (from, to, claimed): (IpAddr, IpAddr, usize) = match packet.net.as_ref()? {
            LaxNetSlice::Ipv4(ip) => {
                let header = ip.header();
                let claimed = usize::from(header.total_len()).saturating_sub(header.slice().len());
                (header.source_addr().into(), header.destination_addr().into(), claimed)
            }
            LaxNetSlice::Ipv6(ip) => {
                let header = ip.header();
                let claimed = usize::from(header.payload_length());
                (header.source_addr().into(), header.destination_addr().into(), claimed)
            }
            LaxNetSlice::Arp(_) => return None,
        };
        let Some(TransportSlice::Tcp(tcp)) = packet.transport.as_ref() else { return None };
        let ip_payload = packet.ip_payload()?.payload;
        let payload = ip_payload.get(tcp.header_slice().len()..)?;
        Some(TcpPacket {
            headers,
            from: SocketAddr::new(from, tcp.source_port()),
            to: SocketAddr::new(to, tcp.destination_port()),
            sequence: tcp.sequence_number(),
            is_syn: tcp.syn(),
            payload,
            cut: claimed.saturating_sub(ip_payload.len()),
        })
    }
}
