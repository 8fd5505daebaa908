//! Changes to a list of steps: one is put in, taken out, moved, doubled, or has one field changed.

use crate::generate::random::Random;
use crate::protocol::frame::Opcode;
use crate::script::{self, FrameStep, MessageKind, Payload, Segmentation, Step};

use super::payload::{self, EDGES};

/// What the steps will be written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InputKind {
    /// Bare frames: only frames and octets have a meaning.
    Wire,
    /// A script.
    Script,
}

/// Every opcode that means something, and the ends of those that do not.
const OPCODES: [u8; 10] = [0, 1, 2, 3, 7, 8, 9, 10, 11, 15];

/// Waits around the patience of the model and of the judge.
const TICKS: [u8; 10] = [0, 1, 2, 7, 8, 9, 15, 16, 17, 255];

/// An answer is one write or two, and what comes after it another.
const WRITES: u8 = 4;

/// Makes one change. What the changed step borrows is put into `fresh`.
pub(super) fn change<'a>(
    steps: &mut Vec<Step<'a>>,
    form: InputKind,
    random: &mut Random,
    fresh: &'a mut Vec<u8>,
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
        (3, Some(_)) if form == InputKind::Script => steps.push(Step::Repeat(recut(random))),
        (4.., Some(step)) => steps[at] = change_step(step, form, random, fresh),
        _ => {
            // Behind the last one as well as before each.
            let at = random.below(steps.len() + 1);
            steps.insert(at, random_step(form, random));
        }
    }
}

fn change_step<'a>(step: Step<'a>, form: InputKind, random: &mut Random, fresh: &'a mut Vec<u8>) -> Step<'a> {
    match step {
        Step::Frame(frame) => Step::Frame(change_frame(frame, form, random, fresh)),
        Step::Octets { octets, mut placement } => {
            if form == InputKind::Script && random.one_in(4) {
                place(&mut placement, random);
                return Step::Octets { octets, placement };
            }
            fresh.clear();
            fresh.extend_from_slice(octets);
            payload::scramble(random, fresh);
            Step::Octets { octets: fresh, placement }
        }
        Step::Fin => Step::Reset,
        Step::Reset => Step::Fin,
        Step::PeerGone(writes) => Step::PeerGone(writes.wrapping_add(1) % WRITES),
        Step::PeerPause => Step::PeerResume,
        Step::PeerResume => Step::PeerPause,
        Step::AppClose(payload) => Step::AppClose(payload::change(payload, random, fresh)),
        Step::AppSend { kind, payload } if random.one_in(2) => Step::AppSend { kind: other(kind), payload },
        Step::AppSend { kind, payload } => {
            // A message has no code.
            let payload = payload::change(payload, random, fresh);
            Step::AppSend { kind, payload: Payload { code: None, ..payload } }
        }
        Step::Pause => Step::Resume,
        Step::Resume => Step::Pause,
        Step::Wait(_) => Step::Wait(random.pick(&TICKS)),
        Step::Repeat(_) => Step::Repeat(recut(random)),
        Step::Connect | Step::Note(_) => random_step(form, random),
    }
}

fn change_frame<'a>(
    mut frame: FrameStep<'a>,
    form: InputKind,
    random: &mut Random,
    fresh: &'a mut Vec<u8>,
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
            frame.length_encoding = random.pick(&[
                script::LengthEncoding::Shortest,
                script::LengthEncoding::Sixteen,
                script::LengthEncoding::SixtyFour,
            ]);
        }
        6 => frame.claimed_len = claim(frame.payload.len() as u64, random),
        7 | 8 if form == InputKind::Script => place(&mut frame.placement, random),
        _ => {
            frame.payload = payload::change(frame.payload, random, fresh);
            // A length that lied about the old payload mostly says the truth about the new one.
            if !random.one_in(8) {
                frame.claimed_len = None;
            }
        }
    }
    frame
}

/// A length to claim: the truth, one off it, at a boundary of the forms, or beyond all measure.
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

fn place(placement: &mut script::SegmentPlacement, random: &mut Random) {
    if random.one_in(3) {
        placement.glue = !placement.glue;
    } else {
        // Cuts within headers and in front of, inside and behind a code, or anywhere.
        let cut = if random.one_in(4) { random.octet() } else { 1 + random.below(14) as u8 };
        placement.cut = if random.one_in(8) { None } else { Some(cut) };
    }
}

fn recut(random: &mut Random) -> Segmentation {
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

/// A step that was not there before.
fn random_step(form: InputKind, random: &mut Random) -> Step<'static> {
    let tail = if random.one_in(2) { random.pick(&EDGES) } else { b"bye" };
    let close = Payload { code: Some(payload::code(None, random)), ..Payload::EMPTY };
    let text = Payload { chunk: tail, ..Payload::EMPTY };
    match (random.below(21), form) {
        (0 | 1, _) => Step::Frame(FrameStep::of(Opcode::Close, close)),
        (2, _) => Step::Frame(FrameStep::of(Opcode::Close, Payload { chunk: tail, ..close })),
        (3, _) => Step::Frame(FrameStep::of(Opcode::Close, Payload::EMPTY)),
        (4, _) => Step::Frame(FrameStep::of(Opcode::Ping, text)),
        (5, _) => Step::Frame(FrameStep::of(Opcode::Pong, text)),
        (6, _) => Step::Frame(FrameStep::of(Opcode::Text, text)),
        (7, _) => Step::Frame(FrameStep { fin: false, ..FrameStep::of(Opcode::Binary, text) }),
        (8, _) => Step::Frame(FrameStep::of(Opcode::Continuation, text)),
        (_, InputKind::Wire) => Step::Octets { octets: tail, placement: script::SegmentPlacement::default() },
        (9, InputKind::Script) => {
            Step::Octets { octets: tail, placement: script::SegmentPlacement::default() }
        }
        (10, InputKind::Script) => Step::Fin,
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
