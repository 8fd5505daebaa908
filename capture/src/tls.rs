//! Connections under TLS: what a capture shows of them without their keys, and how that joins what another program
//! decrypted.
//!
//! A capture of TLS has the packets, the acknowledgements and the end of TCP. Wireshark's tshark decrypts the octets and
//! knows the packet of each. Together they make a recorded connection.

use std::collections::HashMap;

use wsclose::protocol::role::Role;

use crate::recording::{RecordedConnection, RecordedEvent, RecordedKind};

/// An encrypted connection without its octets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encrypted {
    connection: RecordedConnection,
    /// The octets of each event.
    sizes: Vec<u64>,
    /// The index of the first event of each packet.
    packets: HashMap<u64, usize>,
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
        let mut packets = HashMap::new();
        for (at, event) in connection.events.iter().enumerate() {
            if let Some(packet) = event.packet {
                packets.entry(packet).or_insert(at);
            }
        }
        Some(Encrypted { connection, sizes, packets })
    }

    /// Whether the packet is one of this connection's.
    pub fn has_packet(&self, packet: u64) -> bool {
        self.packets.contains_key(&packet)
    }

    /// The connection with its octets in clear text. `plain` has the packet in which each began.
    pub fn join(&self, plain: &RecordedConnection) -> RecordedConnection {
        let mut joined = RecordedConnection { events: Vec::new(), ..self.connection.clone() };
        joined.beginning = plain.beginning;
        joined.notes.extend(plain.notes.iter().cloned());
        let arrivals = Role::ALL.map(|from| Arrivals::new(self, plain, from));
        let with_arrivals = |event: &RecordedEvent| {
            let of_peer = &arrivals[event.from.peer() as usize];
            event.acknowledged.map(|limit| of_peer.until(limit))
        };
        // A decrypted event has the time and the acknowledgement of its packet.
        let placed = |event: &RecordedEvent| match self.packet_of(event) {
            Some(packet) => {
                RecordedEvent { time: packet.time, acknowledged: with_arrivals(packet), ..event.clone() }
            }
            None => event.clone(),
        };
        let mut events: Vec<RecordedEvent> = plain.events.iter().map(placed).collect();
        let ends = self.connection.events.iter().filter(|event| event.kind.ends_tcp()).cloned();
        let alerts = Role::ALL.into_iter().filter_map(|role| self.close_notify(role, plain));
        events.extend(
            ends.chain(alerts).map(|event| RecordedEvent { acknowledged: with_arrivals(&event), ..event }),
        );
        events.sort_by_key(|event| event.packet);
        joined.events = events;
        joined
    }

    fn packet_of(&self, event: &RecordedEvent) -> Option<&RecordedEvent> {
        let packet = &self.connection.events[*self.packets.get(&event.packet?)?];
        (packet.from == event.from).then_some(packet)
    }

    /// The packet with the close_notify of a side. What a side sends behind its last octets in clear text is an alert, and
    /// only that alert is usual there. So it is assumed, in favor of the other side, which may end TCP after it.
    fn close_notify(&self, role: Role, plain: &RecordedConnection) -> Option<RecordedEvent> {
        let last =
            plain.events.iter().filter(|event| event.from == role).filter_map(|event| event.packet).max()?;
        let is_behind = |event: &&RecordedEvent| {
            event.from == role && event.packet > Some(last) && event.kind.octets().is_some()
        };
        let packet = self.connection.events.iter().rev().find(is_behind)?;
        Some(RecordedEvent { kind: RecordedKind::TlsClosed, ..packet.clone() })
    }
}

/// How many octets in clear text of a side had arrived when so many octets of its cipher text were acknowledged.
struct Arrivals {
    /// For each packet of the side: the octets of cipher text up to its end, and the highest packet number so far.
    cipher: Vec<(u64, u64)>,
    /// The octets of cipher text before the FIN.
    fin: Option<u64>,
    /// The octets in clear text up to the end of each packet, by its number.
    plain: Vec<(u64, u64)>,
}

impl Arrivals {
    fn new(encrypted: &Encrypted, plain: &RecordedConnection, from: Role) -> Arrivals {
        let (mut cipher, mut fin, mut sent, mut highest) = (Vec::new(), None, 0, 0);
        for (event, size) in encrypted.connection.events.iter().zip(&encrypted.sizes) {
            if event.from != from {
                continue;
            }
            sent += size;
            if event.kind == RecordedKind::Fin {
                fin = Some(sent);
            } else if let Some(packet) = event.packet {
                highest = highest.max(packet);
                cipher.push((sent, highest));
            }
        }
        let of_side = plain.events.iter().filter(|event| event.from == from);
        let mut octets: Vec<(u64, u64)> =
            of_side.filter_map(|event| Some((event.packet?, event.kind.octets()?.len() as u64))).collect();
        octets.sort_unstable();
        let mut total = 0;
        for (_, octets) in &mut octets {
            total += *octets;
            *octets = total;
        }
        Arrivals { cipher, fin, plain: octets }
    }

    /// The octets in clear text, and one for an acknowledged FIN.
    fn until(&self, limit: u64) -> u64 {
        let packets = self.cipher.partition_point(|(sent, _)| *sent <= limit);
        let highest = packets.checked_sub(1).map_or(0, |last| self.cipher[last].1);
        let messages = self.plain.partition_point(|(packet, _)| *packet <= highest);
        let octets = messages.checked_sub(1).map_or(0, |last| self.plain[last].1);
        octets + u64::from(self.fin.is_some_and(|fin| limit > fin))
    }
}
