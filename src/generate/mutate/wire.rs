//! Converts wire octets to steps and back. Without a change in between, the octets are the same.

use crate::generate::random::Random;
use crate::protocol::code::CloseCode;
use crate::protocol::frame::{self, Header, Length, LengthForm, Opcode, Status};
use crate::protocol::role::Role;
use crate::script::{FrameStep, LengthEncoding, Payload, SegmentPlacement, Step};

/// The most frames that become steps. The octets after them stay as they are.
const MAX_FRAMES_PER_INPUT: usize = 64;

/// The kind of a mutation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MutationKind {
    /// Steps are changed.
    Changed,
    /// The frames become those of the other role.
    OtherRole,
    /// The octets end anywhere.
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

/// Converts `octets` to frames and a rest, and unmasks the payloads in place. Returns the role of the sender: a client
/// if the first frame is masked.
pub(super) fn read<'a>(octets: &'a mut [u8], steps: &mut Vec<Step<'a>>) -> Role {
    let mut sender = Role::Client;
    let mut rest = octets;
    while steps.len() < MAX_FRAMES_PER_INPUT {
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
        (Opcode::Close, [high, low, chunk @ ..]) => {
            let code = Some(CloseCode(u16::from_be_bytes([*high, *low])));
            Payload { code, chunk, repeat: 1 }
        }
        (_, chunk) => Payload { code: None, chunk, repeat: 1 },
    };
    let value = header.length.value();
    FrameStep {
        fin: header.fin,
        rsv: header.rsv,
        mask_wrong: header.mask.is_some() != (sender == Role::Client),
        key: header.mask,
        length_encoding: match header.length.form() {
            _ if header.length == Length::shortest(value) => LengthEncoding::Shortest,
            LengthForm::Seven => LengthEncoding::Shortest,
            LengthForm::Sixteen => LengthEncoding::Sixteen,
            LengthForm::SixtyFour => LengthEncoding::SixtyFour,
        },
        claimed_len: (value != octets.len() as u64).then_some(value),
        ..FrameStep::of(header.opcode, payload)
    }
}

/// Writes the child, at least one octet. It has as many of the steps as there is room for. A first step that is too
/// long is truncated.
pub(super) fn write(
    steps: &[Step<'_>],
    kind: MutationKind,
    sender: Role,
    room: usize,
    random: &mut Random,
    out: &mut Vec<u8>,
) {
    out.clear();
    let sender = match kind {
        MutationKind::OtherRole => sender.peer(),
        MutationKind::Changed | MutationKind::Truncated => sender,
    };
    for step in steps {
        let before = out.len();
        // The steps of wire octets are frames and raw octets, and segments have no meaning for them.
        step.write(sender, out);
        if out.len() > room {
            out.truncate(if before == 0 { room } else { before });
            break;
        }
    }
    if kind == MutationKind::Truncated {
        out.truncate(random.below(out.len()).max(1));
    }
    if out.is_empty() {
        // A fuzzer requires at least one octet.
        out.push(random.octet());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_that_are_not_mutated_stay_the_same() {
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
