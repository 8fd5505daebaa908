//! Recorded connections: what a recording shows of a TCP connection, in the order in which it was recorded.
//!
//! The readers of all formats make these. Times, packet numbers and acknowledgements are there if the format has them.

use std::time::Duration;

use wsclose::protocol::role::Role;

/// A TCP connection as recorded at one place of the network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordedConnection {
    /// The address and port of the client, such as `127.0.0.1:51514`. Empty if the format does not tell.
    pub client: String,
    /// The address and port of the server. Empty if the format does not tell.
    pub server: String,
    /// How the recording begins.
    pub beginning: Beginning,
    /// What was recorded, in order.
    pub events: Vec<RecordedEvent>,
    /// How the recording ends.
    pub end: End,
    /// Nothing happened on the connection from its last event until this time, in a recording that went on. `None` if the
    /// recording ended with the last event, or if the format does not tell.
    pub silent_until: Option<Duration>,
    /// The side on whose machine it was recorded, if the format tells.
    pub recorded_at: Option<Role>,
    /// What the reader noticed, each a sentence: lost segments, broken packets.
    pub notes: Vec<String>,
}

/// How the recording of a connection begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Beginning {
    /// With the TCP handshake, or with the first octet of the opening handshake.
    #[default]
    Connection,
    /// With the first frame behind the opening handshake, which the format leaves out.
    Frames,
    /// Somewhere within the connection.
    Middle,
}

/// How the recording of a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum End {
    /// The recording stopped, or its format does not show how TCP ended. What is missing at the end may have happened.
    #[default]
    Cut,
    /// Both directions of TCP ended in the recording.
    Complete,
}

/// Something that one side did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedEvent {
    /// The side that did it.
    pub from: Role,
    /// What it did.
    pub kind: RecordedKind,
    /// The time since the first packet of the recording.
    pub time: Option<Duration>,
    /// The number of the packet in the recording, from 1.
    pub packet: Option<u64>,
    /// How many octets of the other side's stream this side had acknowledged, from the first octet that is recorded. Its FIN
    /// counts as one more.
    ///
    /// An acknowledgement shows that these octets had arrived. It does not show that the program had read them.
    pub acknowledged: Option<u64>,
}

/// What a side did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordedKind {
    /// It sent these octets. The first of a connection are its part of the opening handshake, if the recording has it.
    Octets(Vec<u8>),
    /// It sent octets that are missing: the packet was lost, not recorded, or cut off.
    Missing {
        /// The number of octets, if it is known.
        octets: Option<u64>,
    },
    /// It ended what it sends, by a FIN.
    Fin,
    /// It reset TCP.
    Reset,
    /// It ended what it sends under TLS, by close_notify.
    TlsClosed,
}

impl RecordedKind {
    /// The octets that were sent, if any were recorded.
    pub fn octets(&self) -> Option<&[u8]> {
        match self {
            RecordedKind::Octets(octets) => Some(octets),
            RecordedKind::Missing { .. }
            | RecordedKind::Fin
            | RecordedKind::Reset
            | RecordedKind::TlsClosed => None,
        }
    }

    /// Whether the side ended TCP, or its direction of it.
    pub const fn ends_tcp(&self) -> bool {
        match self {
            RecordedKind::Fin | RecordedKind::Reset => true,
            RecordedKind::Octets(_) | RecordedKind::Missing { .. } | RecordedKind::TlsClosed => false,
        }
    }
}

impl RecordedEvent {
    /// An event without time, packet number or acknowledgement.
    pub const fn new(from: Role, kind: RecordedKind) -> RecordedEvent {
        RecordedEvent { from, kind, time: None, packet: None, acknowledged: None }
    }
}

/// Takes each connection when its recording is complete, so that a reader holds few of them at a time.
pub type ConnectionSink<'a> = dyn FnMut(RecordedConnection) + 'a;
