//! Wire octets as steps and back. Reading and writing without a change between gives the same octets.

use crate::generate::random::Random;
use crate::protocol::code::CloseCode;
use crate::protocol::frame::{self, Header, Length, LengthForm, Opcode, Status};
use crate::protocol::role::Role;
use crate::script::{self, FrameStep, Payload, SegmentPlacement, Step};

/// The most frames that are told apart; what follows them is kept as it is.
const MAX_FRAMES: usize = 64;

/// What kind of child is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MutationKind {
    /// One with changed steps.
    Changed,
    /// What the other end would have written.
    OtherRole,
    /// One that ends anywhere.
    Truncated,
}

impl MutationKind {
    pub(super) const fn pick(random: &mut Random) -> MutationKind {
        match random.below(16) {
            0 => MutationKind::OtherRole,
            1 => MutationKind::Truncated,
            _ => MutationKind::Changed,
        }
    }
}

/// Reads `octets`, whose payloads it unmasks, as frames and what is left over. Returns who seems to have
/// written them: whoever would have masked, or not masked, the first.
pub(super) fn read<'a>(octets: &'a mut [u8], steps: &mut Vec<Step<'a>>) -> Role {
    let mut sender = Role::Client;
    let mut rest = octets;
    while steps.len() < MAX_FRAMES {
        let Status::Complete(header, used) = Header::decode(rest) else { break };
        let there = (rest.len() - used) as u64;
        let (whole, after) = rest.split_at_mut(used + header.length.value().min(there) as usize);
        let payload = &mut whole[used..];
        frame::mask(header.mask.unwrap_or([0; 4]), 0, payload);
        if steps.is_empty() && header.mask.is_none() {
            sender = Role::Server;
        }
        steps.push(Step::Frame(step(&header, payload, sender)));
        rest = after;
    }
    if !rest.is_empty() {
        steps.push(Step::Octets { octets: rest, placement: SegmentPlacement::default() });
    }
    sender
}

fn step<'a>(header: &Header, octets: &'a [u8], sender: Role) -> FrameStep<'a> {
    let payload = match (header.opcode, octets) {
        (Opcode::Close, [high, low, tail @ ..]) => {
            let code = Some(CloseCode(u16::from_be_bytes([*high, *low])));
            Payload { code, chunk: tail, repeat: 1 }
        }
        (_, tail) => Payload { code: None, chunk: tail, repeat: 1 },
    };
    let value = header.length.value();
    FrameStep {
        fin: header.fin,
        rsv: header.rsv,
        mask_wrong: header.mask.is_some() != (sender == Role::Client),
        key: header.mask,
        length_encoding: match header.length.form() {
            _ if header.length == Length::shortest(value) => script::LengthEncoding::Shortest,
            LengthForm::Seven => script::LengthEncoding::Shortest,
            LengthForm::Sixteen => script::LengthEncoding::Sixteen,
            LengthForm::SixtyFour => script::LengthEncoding::SixtyFour,
        },
        claimed_len: (value != octets.len() as u64).then_some(value),
        ..FrameStep::of(header.opcode, payload)
    }
}

/// Writes the child: as many of the steps as there is room for, and of the first as much; at least one octet.
pub(super) fn write(
    steps: &[Step<'_>],
    child: MutationKind,
    sender: Role,
    room: usize,
    random: &mut Random,
    out: &mut Vec<u8>,
) {
    out.clear();
    let sender = match child {
        MutationKind::OtherRole => sender.peer(),
        MutationKind::Changed | MutationKind::Truncated => sender,
    };
    for step in steps {
        let before = out.len();
        // `Form::Wire` makes no steps but those that send octets, and how they are placed cannot be seen.
        step.write(sender, out);
        if out.len() > room {
            out.truncate(if before == 0 { room } else { before });
            break;
        }
    }
    if child == MutationKind::Truncated {
        out.truncate(random.below(out.len()).max(1));
    }
    if out.is_empty() {
        // A fuzzer takes no empty child.
        out.push(random.octet());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reading and writing must not change what a mutation left alone.
    #[test]
    fn octets_that_are_read_are_written_as_they_were() {
        let mut random = Random::new(7);
        for _ in 0..20_000 {
            let octets: Vec<u8> = (0..=random.below(64)).map(|_| random.octet() & random.octet()).collect();
            let mut parent = octets.clone();
            let mut steps = Vec::new();
            let sender = read(&mut parent, &mut steps);
            let mut out = Vec::new();
            write(&steps, MutationKind::Changed, sender, octets.len(), &mut random, &mut out);
            assert_eq!(out, octets);
        }
    }
}
