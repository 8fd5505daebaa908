//! Tells connections apart, and hands each on when it has ended.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;

use super::connection::{Connection, ServerFrom};
use super::events::Side;
use super::link::Segment;
use super::tcp::Stamp;
use crate::recording::ConnectionSink;

/// How long a connection that has ended waits for late segments, in nanoseconds of the recording.
const LINGER: i64 = 60_000_000_000;
/// How much memory connections that have ended may occupy while they wait.
const MAX_LINGERING: u64 = 32 << 20;
/// How much memory the events of all connections may occupy before octets are left out on which no verdict depends.
const MAX_KEPT: u64 = 64 << 20;
/// How many connections that were handed on before their time are remembered.
const MAX_REMEMBERED: usize = 1 << 16;
/// How many addresses are counted, to find those that several connections share.
const MAX_COUNTED: usize = 1 << 16;

/// The addresses of both sides, the smaller first.
type Key = [SocketAddr; 2];

/// What is known of a pair of addresses.
enum Entry {
    Open(Box<Connection>),
    /// A connection that was handed on. Its late segments begin no connection.
    HandedOn(u64),
}

/// A connection that has ended.
struct Ended {
    key: Key,
    id: u64,
    since: Option<i64>,
    size: u64,
}

/// The connections of a recording.
pub(super) struct Connections<'s, 'k> {
    sink: &'s mut ConnectionSink<'k>,
    /// Only connections with this port are read. It is the server's.
    port: Option<u16>,
    entries: HashMap<Key, Entry>,
    /// The connections that have ended, in order.
    ended: VecDeque<Ended>,
    lingering: u64,
    /// About how much memory the events of all connections occupy.
    kept: u64,
    /// How much they may occupy.
    max_kept: u64,
    /// The connections that are remembered, in the order of handing on.
    remembered: VecDeque<(Key, u64, Option<i64>)>,
    /// How many connections each address has.
    counted: HashMap<SocketAddr, u64>,
    /// How many connections have been found.
    found: u64,
    handed_on: u64,
    /// The time of the latest segment of any connection.
    latest: Option<i64>,
}

impl<'s, 'k> Connections<'s, 'k> {
    pub fn new(port: Option<u16>, sink: &'s mut ConnectionSink<'k>) -> Connections<'s, 'k> {
        Connections {
            sink,
            port,
            entries: HashMap::new(),
            ended: VecDeque::new(),
            lingering: 0,
            kept: 0,
            max_kept: MAX_KEPT,
            remembered: VecDeque::new(),
            counted: HashMap::new(),
            found: 0,
            handed_on: 0,
            latest: None,
        }
    }

    /// Takes a segment.
    pub fn segment(&mut self, segment: &Segment<'_>, stamp: Stamp) {
        self.latest = self.latest.max(stamp.time);
        self.hand_on_old(stamp);
        if self.port.is_some_and(|port| segment.from.port() != port && segment.to.port() != port) {
            return;
        }
        let key = [segment.from.min(segment.to), segment.from.max(segment.to)];
        let side = Side::from(segment.from != key[0]);
        let is_new = match self.entries.get(&key) {
            None => true,
            Some(Entry::HandedOn(_)) if !segment.syn => return,
            Some(Entry::HandedOn(_)) => true,
            Some(Entry::Open(connection)) => segment.syn && connection.is_begun_anew_by(side, segment),
        };
        if is_new {
            if let Some(Entry::Open(connection)) = self.entries.remove(&key) {
                self.hand_on(*connection);
            }
            self.found += 1;
            self.entries.insert(key, Entry::Open(Box::new(Connection::new(self.found, key))));
            self.count(segment);
        }
        let Some(Entry::Open(connection)) = self.entries.get_mut(&key) else { return };
        let (had_ended, size) = (connection.has_ended(), connection.size());
        connection.segment(side, segment, stamp);
        self.kept = (self.kept + connection.size()).saturating_sub(size);
        if !had_ended && connection.has_ended() {
            let ended = Ended { key, id: connection.id, since: stamp.time, size: connection.size() };
            self.lingering += ended.size;
            self.ended.push_back(ended);
        }
        if self.kept > self.max_kept {
            self.shrink();
        }
    }

    /// Leaves out octets of all connections.
    fn shrink(&mut self) {
        self.kept = 0;
        for entry in self.entries.values_mut() {
            match entry {
                Entry::Open(connection) => {
                    connection.shrink();
                    self.kept += connection.size();
                }
                Entry::HandedOn(_) => {}
            }
        }
        // A quarter more, so that connections are not searched for every segment.
        self.max_kept = MAX_KEPT.max(self.kept + self.kept / 4);
    }

    /// Counts the addresses that may be a server's.
    fn count(&mut self, segment: &Segment<'_>) {
        let candidates: &[SocketAddr] = match (segment.syn, segment.acknowledgement) {
            (true, None) => &[segment.to],
            (true, Some(_)) => &[segment.from],
            (false, _) => &[segment.from, segment.to],
        };
        for address in candidates {
            if self.counted.len() < MAX_COUNTED || self.counted.contains_key(address) {
                *self.counted.entry(*address).or_default() += 1;
            }
        }
    }

    /// Hands on the connections that ended long ago, or that occupy too much while they wait.
    fn hand_on_old(&mut self, stamp: Stamp) {
        let is_old = |since: Option<i64>| match (since, stamp.time) {
            (Some(since), Some(now)) => now.saturating_sub(since) > LINGER,
            (None, _) | (_, None) => false,
        };
        while let Some(first) = self.ended.front() {
            let by_time = is_old(first.since);
            if !by_time && self.lingering <= MAX_LINGERING {
                break;
            }
            let Some(ended) = self.ended.pop_front() else { break };
            self.lingering -= ended.size;
            // The ports may have been used again.
            if !matches!(self.entries.get(&ended.key), Some(Entry::Open(open)) if open.id == ended.id) {
                continue;
            }
            if let Some(Entry::Open(connection)) = self.entries.remove(&ended.key) {
                self.hand_on(*connection);
            }
            if !by_time {
                self.entries.insert(ended.key, Entry::HandedOn(ended.id));
                self.remembered.push_back((ended.key, ended.id, ended.since));
            }
        }
        while let Some((key, id, since)) = self.remembered.front() {
            if !is_old(*since) && self.remembered.len() <= MAX_REMEMBERED {
                break;
            }
            if matches!(self.entries.get(key), Some(Entry::HandedOn(handed_on)) if handed_on == id) {
                self.entries.remove(key);
            }
            self.remembered.pop_front();
        }
    }

    fn hand_on(&mut self, mut connection: Connection) {
        self.kept = self.kept.saturating_sub(connection.size());
        connection.finish();
        if !connection.shows_something() {
            return;
        }
        let (server, how) = self.server(&connection);
        self.handed_on += 1;
        (self.sink)(connection.into_recorded(server, how, self.latest));
    }

    /// Which side is the server, and how that was found.
    fn server(&self, connection: &Connection) -> (Side, ServerFrom) {
        if let Some(server) = connection.server() {
            return (server, ServerFrom::Handshake);
        }
        let [first, second] = connection.addresses();
        if let Some(port) = self.port {
            return (Side::from(first.port() != port), ServerFrom::Port);
        }
        let [of_first, of_second] =
            [first, second].map(|address| self.counted.get(&address).copied().unwrap_or(0));
        if of_first != of_second {
            return (Side::from(of_first < of_second), ServerFrom::Shared);
        }
        (Side::from(first.port() > second.port()), ServerFrom::LowerPort)
    }

    /// Hands on all connections, in the order in which they were found. Returns how many the recording has.
    pub fn finish(mut self) -> u64 {
        let open = std::mem::take(&mut self.entries).into_values().filter_map(|entry| match entry {
            Entry::Open(connection) => Some(connection),
            Entry::HandedOn(_) => None,
        });
        let mut open: Vec<Box<Connection>> = open.collect();
        open.sort_by_key(|connection| connection.id);
        for connection in open {
            self.hand_on(*connection);
        }
        self.handed_on
    }
}
