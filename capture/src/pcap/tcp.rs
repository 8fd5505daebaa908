//! Puts the segments of one direction of a TCP connection in order.

use std::collections::BTreeMap;

use crate::recording::RecordedKind;

/// What segments behind a hole may occupy. The hole is given up when they occupy more.
const MAX_PENDING: usize = 4 << 20;
/// What a pending segment occupies besides its octets.
const PENDING_OVERHEAD: usize = 64;
/// Segments further ahead than this do not belong to the connection: TCP allows no larger window.
const MAX_AHEAD: u64 = 1 << 30;

/// When and by which packet something was recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stamp {
    /// Nanoseconds since the first packet of the recording; negative if the packets are not in order of time.
    pub time: Option<i64>,
    pub packet: Option<u64>,
}

/// The next thing that a direction shows, in the order of its stream.
#[derive(Debug)]
pub(super) struct Piece {
    pub kind: RecordedKind,
    pub stamp: Stamp,
    /// How much of the other direction its sender had acknowledged, as an offset.
    pub acknowledged: Option<u64>,
}

/// A segment's part in one direction.
pub(super) struct Part<'a> {
    /// The offset of the first octet. Negative: before the first octet that is recorded.
    pub offset: i64,
    pub payload: &'a [u8],
    /// The octets that were sent: more than `payload` has if the recording cuts packets.
    pub length: u64,
    pub fin: bool,
    pub stamp: Stamp,
    pub acknowledged: Option<u64>,
}

impl Part<'_> {
    fn end(&self) -> i64 {
        self.offset.saturating_add_unsigned(self.length)
    }

    /// The recorded octets of the range.
    fn octets(&self, from: u64, to: u64) -> &[u8] {
        let index = |offset: u64| {
            usize::try_from(offset.cast_signed() - self.offset).unwrap_or(usize::MAX).min(self.payload.len())
        };
        &self.payload[index(from)..index(to)]
    }
}

/// Octets behind a hole.
#[derive(Debug)]
struct Pending {
    octets: Vec<u8>,
    length: u64,
    stamp: Stamp,
    acknowledged: Option<u64>,
}

/// What one side of a connection sends.
#[derive(Debug, Default)]
pub(super) struct Direction {
    /// The sequence number of its SYN.
    pub syn: Option<u32>,
    /// The sequence number of the octet with offset 0.
    pub base: Option<u32>,
    /// Offset 0 is the first octet of the stream, not only the first that was recorded.
    pub exact: bool,
    /// The first offset that was recorded. Acknowledgements count from here.
    pub origin: u64,
    /// The first offset that has not been shown.
    pub next: u64,
    /// The offset that the other side has acknowledged. It is one past the end if a FIN was acknowledged.
    pub acked: u64,
    /// The FIN was shown.
    pub finished: bool,
    /// A reset was shown.
    pub reset: bool,
    /// What this side can receive: the last window, scaled if the option was recorded.
    pub window: u32,
    pub window_scale: Option<u8>,
    /// Octets that the recording lacks.
    pub lost: u64,
    /// Octets that the recording cut off.
    pub cut: u64,
    shown: bool,
    pending: BTreeMap<u64, Pending>,
    pending_size: usize,
    fin: Option<(u64, Stamp, Option<u64>)>,
}

impl Direction {
    /// The offset of a sequence number, which wraps around. 0 if the base is not known.
    pub fn offset(&self, sequence: u32) -> i64 {
        let Some(base) = self.base else { return 0 };
        // The difference of two sequence numbers is less than half of their range, so truncation loses nothing.
        let expected = base.wrapping_add(self.next as u32);
        self.next.cast_signed() + i64::from(sequence.wrapping_sub(expected).cast_signed())
    }

    /// Nothing was shown, and octets before the first recorded one may have been sent.
    pub fn is_tentative(&self) -> bool {
        !self.exact && !self.shown
    }

    /// An acknowledgement of this offset covers octets that were not recorded so far.
    pub fn lacks(&self, acknowledged: i64) -> bool {
        acknowledged > self.next.saturating_add(u64::from(self.finished)).cast_signed()
    }

    /// Takes a segment, and shows what is in order. The first octets win where segments overlap.
    pub fn receive(&mut self, part: &Part<'_>, out: &mut Vec<Piece>) {
        let from = out.len();
        let mut end = u64::try_from(part.end()).unwrap_or(0);
        if end > self.next + MAX_AHEAD {
            return;
        }
        if let Some((fin, ..)) = self.fin {
            end = end.min(fin);
        }
        let start = u64::try_from(part.offset).unwrap_or(0).max(self.next);
        if start < end {
            if start == self.next && self.pending.is_empty() {
                let octets = part.octets(start, end).to_vec();
                self.show(octets, end - start, part.stamp, part.acknowledged, out);
            } else {
                self.keep(part, start, end);
            }
        }
        let behind = self.pending.last_key_value().map_or(self.next, |(at, last)| at + last.length);
        if part.fin && self.fin.is_none() && part.end() >= behind.cast_signed() {
            self.fin = Some((end, part.stamp, part.acknowledged));
        }
        self.drain(from, out);
        while self.pending_size > MAX_PENDING {
            let Some(first) = self.pending.first_key_value().map(|(at, _)| *at) else { break };
            self.give_up(first, part.stamp, out);
        }
    }

    /// Keeps octets behind a hole, except those that are kept already.
    fn keep(&mut self, part: &Part<'_>, start: u64, end: u64) {
        let before = self.pending.range(..=start).next_back();
        let mut at = before.map_or(start, |(from, kept)| start.max(from + kept.length));
        while at < end {
            let kept = self.pending.range(at..end).next().map(|(from, kept)| (*from, from + kept.length));
            let (stop, resume) = kept.unwrap_or((end, end));
            if at < stop {
                let octets = part.octets(at, stop).to_vec();
                self.pending_size += octets.len() + PENDING_OVERHEAD;
                let (stamp, acknowledged) = (part.stamp, part.acknowledged);
                self.pending.insert(at, Pending { octets, length: stop - at, stamp, acknowledged });
            }
            at = resume;
        }
    }

    /// Shows what follows without a hole, for the pieces of `out` from an index.
    fn drain(&mut self, from: usize, out: &mut Vec<Piece>) {
        while let Some(entry) = self.pending.first_entry() {
            if *entry.key() != self.next {
                break;
            }
            let piece = entry.remove();
            self.pending_size -= piece.octets.len() + PENDING_OVERHEAD;
            self.show(piece.octets, piece.length, piece.stamp, piece.acknowledged, out);
        }
        if let Some((offset, stamp, acknowledged)) = self.fin
            && offset == self.next
            && !self.finished
        {
            self.finished = true;
            out.push(Piece { kind: RecordedKind::Fin, stamp, acknowledged });
        }
        // A segment that is sent again acknowledges more than it did the first time. Octets that were sent behind it
        // earlier show what had been acknowledged at most.
        let fin = self.fin.filter(|_| !self.finished).and_then(|(.., acknowledged)| acknowledged);
        let mut least = self.pending.first_key_value().map_or(fin, |(_, piece)| piece.acknowledged);
        for piece in out[from..].iter_mut().rev() {
            if let (Some(own), Some(later)) = (piece.acknowledged, least) {
                piece.acknowledged = Some(own.min(later));
            }
            least = piece.acknowledged.or(least);
        }
    }

    fn show(
        &mut self,
        octets: Vec<u8>,
        length: u64,
        stamp: Stamp,
        acknowledged: Option<u64>,
        out: &mut Vec<Piece>,
    ) {
        self.shown = true;
        self.next += length;
        let cut = length - octets.len() as u64;
        let mut push = |kind| out.push(Piece { kind, stamp, acknowledged });
        if !octets.is_empty() {
            push(RecordedKind::Octets(octets));
        }
        if cut > 0 {
            self.cut += cut;
            push(RecordedKind::Missing { octets: Some(cut) });
        }
    }

    /// Gives up holes up to an offset: they become missing octets, and what is behind them is shown.
    pub fn give_up(&mut self, limit: u64, stamp: Stamp, out: &mut Vec<Piece>) {
        let limit = self.fin.map_or(limit, |(fin, ..)| limit.min(fin));
        while self.next < limit {
            let from = out.len();
            let behind = self.pending.first_key_value();
            let target = behind.map_or(limit, |(at, _)| limit.min(*at));
            let gap = target - self.next;
            // One octet at the end that nothing explains may be a FIN as well.
            let is_known = gap > 1 || behind.is_some() || self.fin.is_some();
            let fin = self.fin.and_then(|(.., acknowledged)| acknowledged);
            let acknowledged = behind.map_or(fin, |(_, piece)| piece.acknowledged);
            // What was sent before the recording began: a keep-alive probe repeats the last octet.
            if self.is_tentative() {
                self.origin = target;
            } else {
                self.lost += gap;
                let kind = RecordedKind::Missing { octets: is_known.then_some(gap) };
                out.push(Piece { kind, stamp: Stamp { packet: None, ..stamp }, acknowledged });
            }
            self.next = target;
            self.shown = true;
            self.drain(from, out);
        }
    }

    /// Gives up all holes at the end of a recording.
    pub fn finish(&mut self, stamp: Stamp, out: &mut Vec<Piece>) {
        let pending = self.pending.last_key_value().map_or(0, |(at, last)| at + last.length);
        let fin = self.fin.map_or(0, |(fin, ..)| fin);
        self.give_up(pending.max(fin), stamp, out);
    }
}
