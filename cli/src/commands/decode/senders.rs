//! Decides who sent the frames: the option, the opening handshake, the other direction, or the mask bit.

use std::collections::BTreeSet;

use wsclose::protocol::assembler::{FrameAssembler, FramePart, KeptPayload};
use wsclose::protocol::frame::{Header, Status};
use wsclose::protocol::role::Role;

use crate::commands::decode::http;
use crate::support::dump::Dump;

/// Who sent the frames of one direction, and what shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// The command line names it.
    Named(Role),
    /// An HTTP request or response came first.
    Handshake(Role),
    /// The mask bit of the first frame.
    MaskBit(Role),
    /// The sender of the other direction has the other role.
    Opposite(Role),
    /// The mask bit of each frame. All frames tell the same role, or the octets are of both directions.
    EachMaskBit(Option<Role>),
    /// Both directions are masked, or both are not, so that one sender violates a rule and nothing shows which.
    Unclear,
}

impl Sender {
    /// The role, if all frames have the same.
    pub const fn role(self) -> Option<Role> {
        match self {
            Sender::Named(role)
            | Sender::Handshake(role)
            | Sender::MaskBit(role)
            | Sender::Opposite(role) => Some(role),
            Sender::EachMaskBit(_) | Sender::Unclear => None,
        }
    }

    /// The role of the sender of a frame. Without other evidence the frame is assumed to be masked correctly.
    pub fn of_frame(self, header: &Header) -> Role {
        self.role().unwrap_or(by_mask_bit(header.mask.is_some()))
    }
}

const fn by_mask_bit(is_masked: bool) -> Role {
    if is_masked { Role::Client } else { Role::Server }
}

/// The sender of each direction.
pub fn senders(dump: &Dump, named: Option<Role>) -> Vec<Sender> {
    let count = dump.segments.iter().map(|segment| segment.flow + 1).max().unwrap_or(0).max(dump.flows.len());
    let octets: Vec<Vec<u8>> = (0..count)
        .map(|flow| {
            let of_flow = dump.segments.iter().filter(|segment| segment.flow == flow);
            of_flow.flat_map(|segment| segment.octets.iter().copied()).collect()
        })
        .collect();
    if let ([_], true, None) = (octets.as_slice(), dump.flows.is_empty(), named) {
        let sender = handshake(&octets[0]).map_or_else(|| each_mask_bit(&octets[0]), Sender::Handshake);
        return vec![sender];
    }
    let first_speaker = dump.segments.first().map_or(0, |segment| segment.flow);
    (0..count)
        .map(|flow| {
            let other = opposite(flow, dump, count);
            let is_first = flow == first_speaker;
            match (named, other) {
                (Some(role), _) if is_first => return Sender::Named(role),
                (Some(role), Some(other)) if other == first_speaker => return Sender::Named(role.peer()),
                (Some(_) | None, _) => {}
            }
            let of = |flow: usize| (handshake(&octets[flow]), mask_bit(&octets[flow]));
            match (of(flow), other.map(of)) {
                ((Some(role), _), _) => Sender::Handshake(role),
                (_, Some((Some(role), _))) => Sender::Opposite(role.peer()),
                ((None, Some(own)), Some((None, Some(other)))) if own == other => Sender::Unclear,
                ((None, Some(is_masked)), _) => Sender::MaskBit(by_mask_bit(is_masked)),
                ((None, None), Some((None, Some(is_masked)))) => {
                    Sender::Opposite(by_mask_bit(is_masked).peer())
                }
                ((None, None), _) => each_mask_bit(&octets[flow]),
            }
        })
        .collect()
}

/// The other direction of the same connection.
pub fn opposite(flow: usize, dump: &Dump, count: usize) -> Option<usize> {
    match dump.flows.get(flow) {
        Some((from, to)) => dump.flows.iter().position(|other| *other == (*to, *from)),
        None => (count == 2).then_some(1 - flow),
    }
}

fn handshake(octets: &[u8]) -> Option<Role> {
    http::head(octets).map(|head| head.role)
}

fn mask_bit(octets: &[u8]) -> Option<bool> {
    let after_head = http::head(octets).map_or(0, |head| head.size);
    match Header::decode(octets.get(after_head..)?) {
        Status::Complete(header, _) => Some(header.mask.is_some()),
        Status::Partial(_) => None,
    }
}

/// The sender of frames that may be of both directions.
fn each_mask_bit(octets: &[u8]) -> Sender {
    let mut frames = FrameAssembler::new(KeptPayload::UpTo(0));
    let mut rest = octets;
    let mut roles = BTreeSet::new();
    while let Some(part) = frames.next(&mut rest) {
        if let FramePart::Header(header) = part {
            roles.insert(by_mask_bit(header.mask.is_some()));
        }
    }
    let only = roles.first().copied().filter(|_| roles.len() == 1);
    Sender::EachMaskBit(only)
}

/// A line for each direction.
pub fn describe(senders: &[Sender], dump: &Dump) -> Vec<String> {
    let line = |(flow, sender): (usize, &Sender)| {
        let direction = match dump.flows.get(flow) {
            Some((from, to)) => format!("{from} to {to}: "),
            None if senders.len() > 1 => format!("direction {}: ", flow + 1),
            None => String::new(),
        };
        let evidence = match sender {
            Sender::Named(role) => format!("the {role}, as --sender names it"),
            Sender::Handshake(Role::Client) => "the client, which sent the HTTP request".to_owned(),
            Sender::Handshake(Role::Server) => "the server, which sent the HTTP response".to_owned(),
            Sender::MaskBit(Role::Client) => "the client, because the first frame is masked".to_owned(),
            Sender::MaskBit(Role::Server) => "the server, because the first frame is not masked".to_owned(),
            Sender::Opposite(role) => format!("the {role}, because the other direction is the {}", role.peer()),
            Sender::EachMaskBit(Some(Role::Client)) => "the client, because the frames are masked".to_owned(),
            Sender::EachMaskBit(Some(Role::Server)) => "the server, because the frames are not masked".to_owned(),
            Sender::EachMaskBit(None) => {
                "the client of masked frames and the server of others; --sender names one sender".to_owned()
            }
            Sender::Unclear => {
                "unclear, because both directions mask alike, so that one violates a rule; --sender names the first"
                    .to_owned()
            }
        };
        format!("{direction}sender: {evidence}")
    };
    senders.iter().enumerate().map(line).collect()
}
