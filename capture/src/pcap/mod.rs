//! Reads packet captures: pcap and pcapng.
//!
//! [`read`] puts the segments of each TCP connection in order. What it hands on:
//!
//! - [`Octets`](crate::recording::RecordedKind::Octets) are the octets of one segment, without those that an earlier
//!   segment had. They stand where the receiver could read them: a segment behind a hole stands behind the segment
//!   that filled the hole. Times never decrease. Packet numbers may.
//! - [`Missing`](crate::recording::RecordedKind::Missing) octets were acknowledged and are not in the recording, or a
//!   short snap length cut them off, or the recording ends without them.
//! - An event's `acknowledged` comes from the packet that carried it. For a segment that was sent again, it is at most
//!   what the segments behind it acknowledged, because these were sent later in the stream.
//!
//! IP fragments are counted, and not read. Checksums are not verified.

mod connection;
mod events;
mod file;
mod link;
mod shrink;
mod table;
mod tcp;
mod write;

use std::collections::BTreeMap;
use std::io::Read;
use std::time::Duration;

pub use file::{FileEnd, PcapError};
use file::{RawPacket, Record};
use link::Decoded;
use table::Connections;
use tcp::Stamp;
pub use write::PcapngWriter;

use crate::recording::ConnectionSink;

/// What to read of a capture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PcapOptions {
    /// Read only the connections with this port. If the recording lacks a connection's beginning, this is the server's.
    pub port: Option<u16>,
}

/// What a capture contains besides its connections.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PcapSummary {
    /// All packets.
    pub packets: u64,
    /// Packets without TCP, such as those of UDP and ARP.
    pub not_tcp: u64,
    /// Packets with headers that contradict themselves or are cut off.
    pub broken: u64,
    /// Fragments of IP packets, which are not read.
    pub fragments: u64,
    /// Packets of link types that are not supported, by the number of <https://www.tcpdump.org/linktypes.html>.
    pub unknown_link_types: BTreeMap<u32, u64>,
    /// The connections that were handed on.
    pub connections: u64,
    /// The file embeds secrets that decrypt TLS. This reader does not use them.
    pub has_tls_secrets: bool,
    /// The time of the first packet since the Unix epoch. Times of events count from it.
    pub first_packet: Option<Duration>,
    /// How the file ends.
    pub end: FileEnd,
}

/// Reads a capture, and hands on each connection a minute after it ended, or at the end of the file.
///
/// Memory depends on the connections that are open at the same time. If they occupy more than 64 MiB, or a direction more
/// than 8 MiB, the payloads of long messages on which no verdict depends become missing octets. Of what is left of each
/// direction, the first and the last 8 MiB are kept. Notes say what was left out.
///
/// # Errors
///
/// If the input is no capture of a supported version, or if reading fails. The connections read before an error are
/// handed on. A file that ends within a packet is no error: [`PcapSummary::end`] tells it.
pub fn read(
    input: impl Read,
    options: &PcapOptions,
    sink: &mut ConnectionSink<'_>,
) -> Result<PcapSummary, PcapError> {
    let mut summary = PcapSummary::default();
    let mut connections = Connections::new(options.port, sink);
    let mut first = None;
    let end = file::records(input, &mut |record| match record {
        Record::Packet(packet) => {
            summary.packets += 1;
            take(&packet, &mut first, &mut summary, &mut connections);
        }
        Record::BrokenPacket => {
            summary.packets += 1;
            summary.broken += 1;
        }
        Record::Secrets => summary.has_tls_secrets = true,
    });
    summary.connections = connections.finish();
    summary.first_packet = first.and_then(|time| u64::try_from(time).ok()).map(Duration::from_nanos);
    summary.end = end?;
    Ok(summary)
}

fn take(
    packet: &RawPacket<'_>,
    first: &mut Option<i128>,
    summary: &mut PcapSummary,
    connections: &mut Connections<'_, '_>,
) {
    let time = packet.time.map(|time| {
        let relative = time - *first.get_or_insert(time);
        i64::try_from(relative.clamp(i128::from(i64::MIN), i128::from(i64::MAX))).unwrap_or(0)
    });
    match link::decode(packet) {
        Decoded::Tcp(segment) => {
            connections.segment(&segment, Stamp { time, packet: Some(summary.packets) });
        }
        Decoded::NotTcp => summary.not_tcp += 1,
        Decoded::Fragment => summary.fragments += 1,
        Decoded::Broken => summary.broken += 1,
        Decoded::UnknownLink => *summary.unknown_link_types.entry(packet.link).or_default() += 1,
    }
}
