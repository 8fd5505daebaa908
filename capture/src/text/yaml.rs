//! Parses "YAML" of Wireshark and tshark, which has packet numbers and times.
//!
//! Two layouts exist: a list of `packets`, and from older versions a key `peer0_0` for each piece. Both have fixed keys
//! in a fixed order, so this parses lines. Any other YAML is an error.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::TextError;
use super::dump::{Dump, Segment};
use super::lines::{Cursor, is_blank};
use crate::recording::ConnectionSink;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
const LINE: &str = "`- packet: N`, `peer: N`, `timestamp: SECONDS`, `data: !!binary |` or base64";

/// Whether a line is the first of such a text.
pub fn begins(line: &str) -> bool {
    line.trim_end() == "peers:" || old_key(line).is_some()
}

/// The peer of `peer0_12: !!binary |`.
fn old_key(line: &str) -> Option<usize> {
    let (key, kind) = line.split_once(": ")?;
    let (peer, number) = key.strip_prefix("peer")?.split_once('_')?;
    number.parse::<u64>().ok()?;
    let is_binary = kind.trim_end().starts_with("!!binary");
    peer.parse().ok().filter(|peer| *peer < 2 && is_binary)
}

pub fn read(text: &str, sink: &mut ConnectionSink<'_>) -> Result<(), TextError> {
    let mut open = Open::default();
    let mut last = 0;
    let mut result = text.lines().enumerate().try_for_each(|(index, line)| {
        last = index;
        open.line(line, Cursor::new(line, index + 1), sink)
    });
    result = result.and(open.finish_piece(&Cursor::new("", last + 1)));
    open.dump.finish(sink);
    result
}

#[derive(Default)]
struct Open {
    dump: Dump,
    /// Whether the lines are those of `peers`, and which of them.
    node: Option<usize>,
    is_in_peers: bool,
    piece: Option<Segment>,
    /// The base64 of the piece. `None` before `data`.
    data: Option<String>,
    /// A comment of the older layout has the number of the packet.
    packet: Option<u64>,
}

impl Open {
    fn line(
        &mut self,
        line: &str,
        mut cursor: Cursor<'_>,
        sink: &mut ConnectionSink<'_>,
    ) -> Result<(), TextError> {
        if is_blank(line) {
            self.packet = line.trim().strip_prefix("# Packet ").and_then(|number| number.parse().ok());
            return Ok(());
        }
        if let Some(peer) = old_key(line) {
            self.finish_piece(&cursor)?;
            self.piece = Some(Segment { packet: self.packet.take(), ..Segment::new(peer, Vec::new()) });
            self.data = Some(String::new());
            return Ok(());
        }
        if line.trim_end() == "peers:" {
            self.finish_piece(&cursor)?;
            std::mem::take(self).dump.finish(sink);
            self.is_in_peers = true;
            return Ok(());
        }
        if line.trim_end() == "packets:" {
            self.is_in_peers = false;
            return Ok(());
        }
        cursor.skip_spaces();
        let start = cursor;
        let begins_item = cursor.accept("-");
        if self.is_in_peers {
            return self.peer_line(cursor);
        }
        if begins_item && cursor.accept("packet:") {
            self.finish_piece(&start)?;
            let packet = Some(cursor.number("the number of a packet")?);
            self.piece = Some(Segment { packet, ..Segment::new(0, Vec::new()) });
            return Ok(());
        }
        let Some(piece) = &mut self.piece else { return Err(start.error(LINE)) };
        if let Some(data) = &mut self.data {
            data.push_str(line.trim());
        } else if cursor.accept("peer:") {
            piece.peer = peer(&mut cursor)?;
        } else if cursor.accept("timestamp:") {
            cursor.skip_spaces();
            let Some(time) = super::plain::time(cursor.peek_word()) else {
                return Err(cursor.error("seconds since the epoch, with at most nine decimals"));
            };
            // tshark writes 0 for the sentence that stands in the place of lost octets.
            piece.time = Some(time).filter(|time| !time.is_zero());
        } else if cursor.accept("data:") {
            if !cursor.accept("!!binary") {
                return Err(cursor.error("`!!binary |`"));
            }
            self.data = Some(String::new());
        } else {
            return Err(start.error(LINE));
        }
        Ok(())
    }

    /// `- peer: 0`, `host: 127.0.0.1` or `port: 9001`.
    fn peer_line(&mut self, mut cursor: Cursor<'_>) -> Result<(), TextError> {
        if cursor.accept("peer:") {
            self.node = Some(peer(&mut cursor)?);
            return Ok(());
        }
        let Some(address) = self.node.and_then(|node| self.dump.addresses.get_mut(node)) else {
            return Err(cursor.error("`- peer: N`"));
        };
        if cursor.accept("host:") {
            let host = cursor.word();
            *address = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        } else if cursor.accept("port:") {
            address.push_str(&format!(":{}", cursor.number("a port")?));
        } else {
            return Err(cursor.error("`- peer: N`, `host: ADDRESS` or `port: N`"));
        }
        Ok(())
    }

    fn finish_piece(&mut self, end: &Cursor<'_>) -> Result<(), TextError> {
        let (Some(mut piece), data) = (self.piece.take(), self.data.take()) else { return Ok(()) };
        let decoded = data.and_then(|data| BASE64.decode(data).ok());
        let Some(octets) = decoded else {
            return Err(end.error("whole base64 in front of this line"));
        };
        piece.octets = octets;
        self.dump.segments.push(piece);
        Ok(())
    }
}

fn peer(cursor: &mut Cursor<'_>) -> Result<usize, TextError> {
    cursor.skip_spaces();
    match cursor.peek_word() {
        "0" => Ok(0),
        "1" => Ok(1),
        _ => Err(cursor.error("`0` or `1`")),
    }
}
