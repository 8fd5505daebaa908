//! Connections under TLS: what a capture shows of them without their keys, and how that joins what another program
//! decrypted.
//!
//! A capture of TLS has the packets, the acknowledgements and the end of TCP. Wireshark's tshark decrypts the octets and
//! knows the packet of each. Together they make a recorded connection.

use wsclose::protocol::role::Role;

use crate::recording::{RecordedConnection, RecordedEvent, RecordedKind};

/// An encrypted connection without its octets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encrypted {
    connection: RecordedConnection,
    /// The octets of each event.
    sizes: Vec<u64>,
}

impl Encrypted {
    /// The connection without its octets, if it begins with a TLS handshake record (RFC 8446 §5.1).
    pub fn of(connection: &RecordedConnection) -> Option<Encrypted> {
        let first = connection.events.iter().find_map(|event| event.kind.octets())?;
        if !first.starts_with(&[0x16, 0x03]) {
            return None;
        }
        let size = |event: &RecordedEvent| match &event.kind {
            RecordedKind::Octets(octets) => octets.len() as u64,
            RecordedKind::Missing { octets } => octets.unwrap_or(0),
            RecordedKind::Fin | RecordedKind::Reset | RecordedKind::TlsClosed => 0,
        };
        let sizes = connection.events.iter().map(size).collect();
        let mut connection = connection.clone();
        for event in &mut connection.events {
            if let RecordedKind::Octets(octets) = &mut event.kind {
                *octets = Vec::new();
            }
        }
        Some(Encrypted { connection, sizes })
    }

    /// Whether the packet is one of this connection's.
    pub fn has_packet(&self, packet: u64) -> bool {
        self.connection.events.iter().any(|event| event.packet == Some(packet))
    }

    /// The connection with its octets in clear text. `plain` has the packet in which each began.
    pub fn join(&self, plain: &RecordedConnection) -> RecordedConnection {
        let mut joined = RecordedConnection { events: Vec::new(), ..self.connection.clone() };
        joined.beginning = plain.beginning;
        joined.notes.extend(plain.notes.iter().cloned());
        let ends = self.connection.events.iter().filter(|event| event.kind.ends_tcp());
        let mut events: Vec<RecordedEvent> =
            plain.events.iter().map(|event| self.placed(event, plain)).collect();
        events.extend(
            ends.map(|end| RecordedEvent { acknowledged: self.acknowledged(end, plain), ..end.clone() }),
        );
        events.extend(Role::ALL.into_iter().filter_map(|role| self.close_notify(role, plain)));
        events.sort_by_key(|event| event.packet);
        joined.events = events;
        joined
    }

    /// The packet with the close_notify of a side. What a side sends behind its last octets in clear text is an alert, and
    /// only that alert is usual there. So it is assumed, in favor of the other side, which may end TCP after it.
    fn close_notify(&self, role: Role, plain: &RecordedConnection) -> Option<RecordedEvent> {
        let last =
            plain.events.iter().filter(|event| event.from == role).filter_map(|event| event.packet).max()?;
        let is_behind = |event: &&RecordedEvent| {
            event.from == role && event.packet > Some(last) && matches!(event.kind, RecordedKind::Octets(_))
        };
        let packet = self.connection.events.iter().rev().find(is_behind)?;
        let acknowledged = self.acknowledged(packet, plain);
        Some(RecordedEvent { kind: RecordedKind::TlsClosed, acknowledged, ..packet.clone() })
    }

    /// A decrypted event with the time and the acknowledgement of its packet.
    fn placed(&self, event: &RecordedEvent, plain: &RecordedConnection) -> RecordedEvent {
        let of_packet = |packet: &&RecordedEvent| packet.packet == event.packet && packet.from == event.from;
        let Some(packet) = self.connection.events.iter().find(of_packet) else { return event.clone() };
        let acknowledged = self.acknowledged(packet, plain);
        RecordedEvent { time: packet.time, acknowledged, ..event.clone() }
    }

    /// How many octets in clear text of the other side had arrived when this packet was sent: those of packets whose
    /// cipher text it acknowledges.
    fn acknowledged(&self, packet: &RecordedEvent, plain: &RecordedConnection) -> Option<u64> {
        let limit = packet.acknowledged?;
        let peer = packet.from.peer();
        let mut sent = 0;
        let mut last = None;
        let mut fin = 0;
        for (event, size) in self.connection.events.iter().zip(&self.sizes) {
            if event.from != peer {
                continue;
            }
            sent += size;
            if event.kind == RecordedKind::Fin {
                fin = u64::from(limit > sent);
            } else if sent <= limit {
                last = event.packet.max(last);
            }
        }
        let arrived = |event: &&RecordedEvent| event.from == peer && event.packet <= last && last.is_some();
        let octets = plain.events.iter().filter(arrived).filter_map(|event| event.kind.octets());
        Some(octets.map(|octets| octets.len() as u64).sum::<u64>() + fin)
    }
}
