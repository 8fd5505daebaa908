//! Finds the TCP segment in a packet.
//!
//! etherparse reads the headers. Checksums are not verified: a host that leaves them to its network card records wrong
//! ones.

use std::net::{IpAddr, SocketAddr};

use etherparse::{
    EtherType, IpNumber, LaxNetSlice, LaxSlicedPacket, TcpOptionElement, TcpSlice, TransportSlice,
};

use super::file::RawPacket;

/// A TCP segment.
#[derive(Clone, Debug)]
pub(super) struct Segment<'a> {
    pub from: SocketAddr,
    pub to: SocketAddr,
    pub sequence: u32,
    /// The acknowledgement number, if the flag ACK is set.
    pub acknowledgement: Option<u32>,
    pub syn: bool,
    pub fin: bool,
    pub rst: bool,
    /// The receive window, before scaling.
    pub window: u16,
    /// The shift count of the option, which only a SYN has.
    pub window_scale: Option<u8>,
    /// The octets that were recorded.
    pub payload: &'a [u8],
    /// The number of octets that were sent: more than `payload` has if the recording cuts packets.
    pub length: usize,
}

/// What a packet contains.
pub(super) enum Decoded<'a> {
    Tcp(Segment<'a>),
    NotTcp,
    /// A fragment of an IP packet.
    Fragment,
    /// Headers that contradict themselves or are cut off.
    Broken,
    /// A link type that this reader does not support.
    UnknownLink,
}

/// Reads the headers of a packet.
pub(super) fn decode<'a>(packet: &RawPacket<'a>) -> Decoded<'a> {
    let data = packet.data;
    let cut = packet.original - data.len().min(packet.original);
    let ip = |data| match LaxSlicedPacket::from_ip(data) {
        Ok(packet) => segment(&packet, cut),
        Err(_) => Decoded::Broken,
    };
    match packet.link {
        // Ethernet.
        1 => match LaxSlicedPacket::from_ethernet(data) {
            Ok(packet) => segment(&packet, cut),
            Err(_) => Decoded::Broken,
        },
        // BSD loopback: an address family in the byte order of the recording host (0) or of the network (108).
        0 | 108 => match data.split_first_chunk::<4>() {
            // AF_INET, and AF_INET6 of the BSDs, macOS and Linux, in either byte order.
            Some(([2 | 10 | 24 | 28 | 30, 0, 0, 0] | [0, 0, 0, 2 | 10 | 24 | 28 | 30], rest)) => ip(rest),
            Some(_) => Decoded::NotTcp,
            None => Decoded::Broken,
        },
        // Raw IP. The numbers 12 and 14 are those of old BSD systems.
        12 | 14 | 101 | 228 | 229 => ip(data),
        // Linux cooked, version 1: the protocol is the last field.
        113 => match data.split_first_chunk::<16>() {
            Some((header, rest)) => ether_type([header[14], header[15]], rest, cut),
            None => Decoded::Broken,
        },
        // Linux cooked, version 2: the protocol is the first field.
        276 => match data.split_first_chunk::<20>() {
            Some((header, rest)) => ether_type([header[0], header[1]], rest, cut),
            None => Decoded::Broken,
        },
        _ => Decoded::UnknownLink,
    }
}

fn ether_type(number: [u8; 2], data: &[u8], cut: usize) -> Decoded<'_> {
    let number = EtherType(u16::from_be_bytes(number));
    segment(&LaxSlicedPacket::from_ether_type(number, data), cut)
}

/// Reads the segment of a packet of which the recording cut off `cut` octets.
fn segment<'a>(packet: &LaxSlicedPacket<'a>, cut: usize) -> Decoded<'a> {
    // The length of the TCP header and payload that IP declares.
    let (from, to, payload, declared) = match &packet.net {
        Some(LaxNetSlice::Ipv4(ip)) => {
            let header = ip.header();
            let authentication = ip.extensions().auth.map_or(0, |header| header.slice().len());
            let headers = header.slice().len() + authentication;
            let declared = usize::from(header.total_len()).checked_sub(headers);
            (
                IpAddr::from(header.source_addr()),
                IpAddr::from(header.destination_addr()),
                ip.payload().clone(),
                declared,
            )
        }
        Some(LaxNetSlice::Ipv6(ip)) => {
            let header = ip.header();
            let length = usize::from(header.payload_length());
            let declared = length.checked_sub(ip.extensions().slice().len());
            (
                IpAddr::from(header.source_addr()),
                IpAddr::from(header.destination_addr()),
                ip.payload().clone(),
                declared.filter(|_| length > 0),
            )
        }
        Some(LaxNetSlice::Arp(_)) => return Decoded::NotTcp,
        // An IP header that cannot be read stops etherparse with an error; another protocol does not.
        None if packet.stop_err.is_some() => return Decoded::Broken,
        None => return Decoded::NotTcp,
    };
    if payload.fragmented {
        return Decoded::Fragment;
    }
    if payload.ip_number != IpNumber::TCP {
        return if packet.stop_err.is_some() && packet.transport.is_none() {
            Decoded::Broken
        } else {
            Decoded::NotTcp
        };
    }
    // A host that leaves segmentation to its network card records packets whose IP length is 0.
    let declared = declared.unwrap_or(payload.payload.len() + cut);
    if let Some(TransportSlice::Tcp(tcp)) = &packet.transport {
        return Decoded::Tcp(from_header(tcp, from, to, tcp.payload(), declared));
    }
    // A short snap length may cut the TCP options, which are not needed.
    let Some(fixed) = payload.payload.first_chunk::<20>() else {
        return Decoded::Broken;
    };
    let mut padded = [0; 60];
    padded[..20].copy_from_slice(fixed);
    match TcpSlice::from_slice(&padded) {
        Ok(tcp) => Decoded::Tcp(from_header(&tcp, from, to, &[], declared)),
        Err(_) => Decoded::Broken,
    }
}

/// Makes the segment of a header and of the octets recorded behind it.
fn from_header<'a>(
    tcp: &TcpSlice<'_>,
    from: IpAddr,
    to: IpAddr,
    payload: &'a [u8],
    declared: usize,
) -> Segment<'a> {
    let window_scale = tcp.options_iterator().find_map(|option| match option {
        Ok(TcpOptionElement::WindowScale(shift)) if tcp.syn() => Some(shift.min(14)),
        _ => None,
    });
    Segment {
        from: SocketAddr::new(from, tcp.source_port()),
        to: SocketAddr::new(to, tcp.destination_port()),
        sequence: tcp.sequence_number(),
        acknowledgement: tcp.ack().then(|| tcp.acknowledgment_number()),
        syn: tcp.syn(),
        fin: tcp.fin(),
        rst: tcp.rst(),
        window: tcp.window_size(),
        window_scale,
        payload,
        length: declared.saturating_sub(tcp.header_slice().len()).max(payload.len()),
    }
}
