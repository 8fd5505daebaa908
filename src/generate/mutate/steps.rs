//! Mutates a list of steps: inserts, removes, moves or duplicates a step, or changes one of its fields.

use crate::generate::random::Random;
use crate::protocol::frame::Opcode;
use crate::script::{FrameStep, LengthEncoding, MessageKind, Payload, SegmentPlacement, Segmentation, Step};

use super::payload::{self, EDGES};

/// The kind of input that the steps become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InputKind {
    /// Wire octets, for which only frames and raw octets are meaningful.
    Wire,
    /// A script.
    Script,
}

/// Every defined opcode, and the bounds of the reserved ranges.
const OPCODES: [u8; 10] = [0, 1, 2, 3, 7, 8, 9, 10, 11, 15];

/// Waits around the timeouts of the model and of the judge, in ticks.
const TICKS: [u8; 10] = [0, 1, 2, 7, 8, 9, 15, 16, 17, 255];

/// The bound of the number of writes after which those to a vanished peer fail. A reply takes one or two writes.
const WRITES: u8 = 4;

/// Makes one change. The changed step borrows `buffer`.
pub(super) fn change<'a>(
    steps: &mut Vec<Step<'a>>,
    kind: InputKind,
    random: &mut Random,
    buffer: &'a mut Vec<u8>,
) {
    let at = random.below(steps.len());
    let chosen = steps.get(at).copied();
    match (random.below(12), chosen) {
        (0, Some(_)) if steps.len() > 1 => drop(steps.remove(at)),
        (1, Some(_)) => {
            let other = random.below(steps.len());
            steps.swap(at, other);
        }
        (2, Some(step)) => steps.insert(at, step),
        (3, Some(_)) if kind == InputKind::Script => steps.push(Step::Repeat(segmentation(random))),
        (4.., Some(step)) => steps[at] = change_step(step, kind, random, buffer),
        _ => {
            // A step can also be inserted after the last one.
            let at = random.below(steps.len() + 1);
            steps.insert(at, random_step(kind, random));
        }
    }
}

fn change_step<'a>(
    step: Step<'a>,
    kind: InputKind,
    random: &mut Random,
    buffer: &'a mut Vec<u8>,
) -> Step<'a> {
    match step {
        Step::Frame(frame) => Step::Frame(change_frame(frame, kind, random, buffer)),
        Step::Octets { octets, mut placement } => {
            if kind == InputKind::Script && random.one_in(4) {
                place(&mut placement, random);
                return Step::Octets { octets, placement };
            }
            buffer.clear();
            buffer.extend_from_slice(octets);
            payload::scramble(random, buffer);
            Step::Octets { octets: buffer, placement }
        }
        Step::Fin { glue: false } => Step::Reset,
        Step::Reset => Step::Fin { glue: true },
        Step::Fin { glue: true } => Step::Fin { glue: false },
        Step::PeerGone(writes) => Step::PeerGone(writes.wrapping_add(1) % WRITES),
        Step::PeerPause => Step::PeerResume,
        Step::PeerResume => Step::PeerPause,
        Step::AppClose(payload) => Step::AppClose(payload::change(payload, random, buffer)),
        Step::AppSend { kind, payload } if random.one_in(2) => Step::AppSend { kind: other(kind), payload },
        Step::AppSend { kind, payload } => {
            // Only a Close has a code.
            let payload = payload::change(payload, random, buffer);
            Step::AppSend { kind, payload: Payload { code: None, ..payload } }
        }
        Step::Pause => Step::Resume,
        Step::Resume => Step::Pause,
        Step::Wait(_) => Step::Wait(random.pick(&TICKS)),
        Step::Repeat(_) => Step::Repeat(segmentation(random)),
        Step::Connect | Step::Note(_) => random_step(kind, random),
    }
}

fn change_frame<'a>(
    mut frame: FrameStep<'a>,
    kind: InputKind,
    random: &mut Random,
    buffer: &'a mut Vec<u8>,
) -> FrameStep<'a> {
    match random.below(20) {
        0 => frame.fin = !frame.fin,
        1 => frame.rsv = if frame.rsv == 0 { 1 + random.below(7) as u8 } else { 0 },
        2 => frame.opcode = Opcode::from_bits(random.pick(&OPCODES)),
        3 => frame.mask_wrong = !frame.mask_wrong,
        4 => {
            let key = (random.next_u64() as u32).to_be_bytes();
            frame.key = random.pick(&[None, Some([0; 4]), Some(key)]);
        }
        5 => {
            frame.length_encoding =
                random.pick(&[LengthEncoding::Shortest, LengthEncoding::Sixteen, LengthEncoding::SixtyFour]);
        }
        6 => frame.claimed_len = claim(frame.payload.len() as u64, random),
        7 | 8 if kind == InputKind::Script => place(&mut frame.placement, random),
        9 if kind == InputKind::Script => frame.deflate = !frame.deflate,
        _ => {
            frame.payload = payload::change(frame.payload, random, buffer);
            // In most children, the announced length is correct for the new payload.
            if !random.one_in(8) {
                frame.claimed_len = None;
            }
        }
    }
    frame
}

/// An announced length: correct, off by one, at a boundary of the forms, or huge.
fn claim(len: u64, random: &mut Random) -> Option<u64> {
    random.pick(&[
        None,
        Some(0),
        Some(len.saturating_sub(1)),
        Some(len + 1),
        Some(125),
        Some(126),
        Some(127),
        Some(0xffff),
        Some(0x1_0000),
        Some(1 << 40),
        Some(1 << 63),
        Some(u64::MAX),
    ])
}

fn place(placement: &mut SegmentPlacement, random: &mut Random) {
    if random.one_in(3) {
        placement.glue = !placement.glue;
    } else {
        // Most cuts are inside a header or around a code.
        let cut = if random.one_in(4) { random.octet() } else { 1 + random.below(14) as u8 };
        placement.cut = if random.one_in(8) { None } else { Some(cut) };
    }
}

fn segmentation(random: &mut Random) -> Segmentation {
    match random.below(6) {
        0 => Segmentation::AsWritten,
        1 => Segmentation::Coalesced,
        2 => Segmentation::Bytewise,
        3 => Segmentation::SplitAt(random.octet()),
        _ => Segmentation::SplitAt(1 + random.below(14) as u8),
    }
}

const fn other(kind: MessageKind) -> MessageKind {
    match kind {
        MessageKind::Text => MessageKind::Binary,
        MessageKind::Binary => MessageKind::Text,
    }
}

/// A new step.
fn random_step(kind: InputKind, random: &mut Random) -> Step<'static> {
    let chunk = if random.one_in(2) { random.pick(&EDGES) } else { b"bye" };
    let close = Payload { code: Some(payload::code(None, random)), ..Payload::EMPTY };
    let text = Payload { chunk, ..Payload::EMPTY };
    match (random.below(21), kind) {
        (0 | 1, _) => Step::Frame(FrameStep::of(Opcode::Close, close)),
        (2, _) => Step::Frame(FrameStep::of(Opcode::Close, Payload { chunk, ..close })),
        (3, _) => Step::Frame(FrameStep::of(Opcode::Close, Payload::EMPTY)),
        (4, _) => Step::Frame(FrameStep::of(Opcode::Ping, text)),
        (5, _) => Step::Frame(FrameStep::of(Opcode::Pong, text)),
        (6, _) => Step::Frame(FrameStep::of(Opcode::Text, text)),
        (7, _) => Step::Frame(FrameStep { fin: false, ..FrameStep::of(Opcode::Binary, text) }),
        (8, _) => Step::Frame(FrameStep::of(Opcode::Continuation, text)),
        (_, InputKind::Wire) => Step::Octets { octets: chunk, placement: SegmentPlacement::default() },
        (9, InputKind::Script) => Step::Octets { octets: chunk, placement: SegmentPlacement::default() },
        (10, InputKind::Script) => Step::Fin { glue: false },
        (11, InputKind::Script) => Step::AppClose(close),
        (12, InputKind::Script) => Step::AppSend { kind: MessageKind::Text, payload: text },
        (13, InputKind::Script) => Step::Wait(random.pick(&TICKS)),
        (14, InputKind::Script) => Step::Pause,
        (15, InputKind::Script) => Step::Resume,
        (16, InputKind::Script) => Step::Connect,
        (17, InputKind::Script) => Step::PeerGone(random.below(usize::from(WRITES)) as u8),
        (18, InputKind::Script) => Step::PeerPause,
        (19, InputKind::Script) => Step::PeerResume,
        (_, InputKind::Script) => Step::Reset,
    }
}
