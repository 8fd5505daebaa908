use std::collections::BTreeSet;

use super::*;
use crate::protocol::assembler::{FrameAssembler, FramePart, KeptPayload};
use crate::protocol::close::{CloseBody, ConformingClose, ReasonOverflow};
use crate::protocol::code::{CloseCode, Profile};
use crate::protocol::frame::{Decoder, Header, Opcode, Status};
use crate::protocol::role::Role;

/// A stand-in for libFuzzer's default mutator: it changes all octets within its bounds.
fn rude(data: &mut [u8], size: usize, max_size: usize) -> usize {
    assert!(size <= max_size && max_size <= data.len());
    data[..size].reverse();
    data[size..max_size].fill(0xff);
    max_size
}

/// A default mutator that changes nothing, so that only structured mutations count.
fn idle(_: &mut [u8], size: usize, _: usize) -> usize {
    size
}

fn close(key: Option<[u8; 4]>) -> Vec<u8> {
    let mut out = Vec::new();
    ConformingClose::new(CloseCode(1000), "bye", Role::Client, Profile::Iana, ReasonOverflow::Reject)
        .expect("1000 may be sent")
        .write(key, &mut out);
    out
}

/// Children of `parent` by the structured mutator.
fn children(parent: &[u8], count: usize) -> impl Iterator<Item = Vec<u8>> {
    (0..)
        .filter_map(move |seed| {
            let mut data = parent.to_vec();
            data.resize(256, 0xaa);
            let mut structured = true;
            let size = frames(&mut data, parent.len(), 256, seed, |_, size, _| {
                structured = false;
                size
            });
            data.truncate(size);
            structured.then_some(data)
        })
        .take(count)
}

#[test]
fn any_octets_have_children_that_fit() {
    let mut random = Random::new(1);
    for seed in 0..60_000 {
        let mut data: Vec<u8> = (0..random.below(80)).map(|_| random.octet()).collect();
        let size = random.below(data.len() + 1);
        let max_size = random.below(data.len() + 1);
        if seed % 2 == 0 {
            // The beginning of a script in either form, or of a Close.
            let start: &[u8] = random.pick(&[&[MAGIC, 1], b"wsclose 1\nrole server\n> close", &[0x88, 0x82]]);
            let len = start.len().min(data.len());
            data[..len].copy_from_slice(&start[..len]);
        }
        let parent = data.clone();
        for scripts in [false, true] {
            data.copy_from_slice(&parent);
            let child = match scripts {
                false => frames(&mut data, size, max_size, seed, rude),
                true => script(&mut data, size, max_size, seed, rude),
            };
            assert!(child <= max_size, "{child} octets in {max_size}, seed {seed}");
            assert!(child > 0 || max_size == 0, "an empty child, seed {seed}");
        }
    }
}

#[test]
fn a_seed_gives_one_child() {
    let parent = close(Some([1, 2, 3, 4]));
    assert!(children(&parent, 1000).eq(children(&parent, 1000)));
    let different: BTreeSet<_> = children(&parent, 1000).collect();
    assert!(different.len() > 300, "1000 seeds give {} children", different.len());
}

#[test]
fn most_children_of_a_conforming_close_are_whole_frames() {
    for key in [None, Some([1, 2, 3, 4])] {
        let parent = close(key);
        let whole = children(&parent, 10_000).filter(|child| {
            let mut decoder = Decoder::new();
            let mut rest = &child[..];
            while decoder.next(&mut rest).is_some() {}
            decoder.at_boundary()
        });
        let whole = whole.count();
        assert!((7000..9500).contains(&whole), "{whole} of 10000 children are whole frames");
    }
}

#[test]
fn the_default_mutator_gets_a_share_of_the_inputs() {
    let parent = close(None);
    for scripts in [false, true] {
        let default_inputs = (0..1000).filter(|seed| {
            let mut called = false;
            let mut data = [0; 64];
            data[..parent.len()].copy_from_slice(&parent);
            let default_mutator = |_: &mut [u8], size: usize, _: usize| {
                called = true;
                size
            };
            match scripts {
                false => frames(&mut data, parent.len(), 64, *seed, default_mutator),
                true => script(&mut data, parent.len(), 64, *seed, default_mutator),
            };
            called
        });
        assert!((50..950).contains(&default_inputs.count()), "scripts: {scripts}");
    }
}

/// The unmasked payloads of the Closes among the frames.
fn close_payloads(octets: &[u8]) -> Vec<Vec<u8>> {
    let mut payloads = Vec::new();
    let mut frames = FrameAssembler::new(KeptPayload::UpTo(usize::MAX));
    let mut rest = octets;
    while let Some(part) = frames.next(&mut rest) {
        if matches!(part, FramePart::End(header) if header.opcode == Opcode::Close) {
            payloads.push(frames.payload().to_vec());
        }
    }
    payloads
}

#[test]
fn mutations_reach_every_boundary() {
    let parent = close(Some([1, 2, 3, 4]));
    let payloads: Vec<Vec<u8>> = children(&parent, 15_000).flat_map(|child| close_payloads(&child)).collect();
    for code in CODES {
        let found = payloads.iter().any(|payload| payload.starts_with(&code.to_be_bytes()));
        assert!(found, "no child carries {code}");
    }
    for len in LENGTHS {
        assert!(payloads.iter().any(|payload| payload.len() == len), "no child has {len} octets");
    }
    for edge in EDGES {
        let found =
            payloads.iter().any(|payload| payload.get(2..).is_some_and(|reason| reason.ends_with(edge)));
        assert!(found, "no child's reason ends with {edge:02x?}");
    }
    let good = payloads.iter().filter(|payload| CloseBody::parse(payload).is_ok()).count();
    assert!(good * 2 > payloads.len(), "{good} of {} bodies are well formed", payloads.len());
}

#[test]
fn mutations_reach_every_field_of_a_header() {
    let parent = close(Some([1, 2, 3, 4]));
    let headers: Vec<Header> = children(&parent, 15_000)
        .filter_map(|child| match Header::decode(&child) {
            Status::Complete(header, _) => Some(header),
            Status::Partial(_) => None,
        })
        .collect();
    let some = |what: &dyn Fn(&Header) -> bool| headers.iter().any(what);
    assert!(some(&|header| !header.fin));
    assert!((1..8).all(|rsv| some(&|header| header.rsv == rsv)));
    assert!([0, 1, 2, 3, 7, 9, 10, 11, 15].iter().all(|bits| some(&|header| header.opcode.bits() == *bits)));
    assert!(some(&|header| header.mask.is_none()) && some(&|header| header.mask == Some([0; 4])));
    assert!([1 << 63, 1 << 40, u64::MAX].iter().all(|claim| some(&|header| header.length.value() == *claim)));
    let form = |octets: &Header| octets.encode().as_slice().len();
    assert!([2, 4, 6, 8, 10, 14].iter().all(|len| some(&|header| form(header) == *len)));
}

const TEXT: &[u8] = b"wsclose 1\nrole server\n# A note.\n> close 3333 \"r\" cut=2\nwait 1\n> fin\n";

#[test]
fn children_of_scripts_are_binary_scripts() {
    let mut parent = TEXT.to_vec();
    let mut steps = BTreeSet::new();
    for seed in 0..20_000 {
        let mut data = parent.clone();
        data.resize(256, 0);
        let size = script(&mut data, parent.len(), 256, seed, rude);
        data.truncate(size);
        let decoded = Script::decode(&data).expect("a child is a binary script");
        steps.extend(decoded.steps().map(|step| step.to_string()));
        // Each child is the next parent, and every sixteenth parent is the first one again.
        parent = if seed % 16 == 0 { TEXT.to_vec() } else { data };
    }
    for word in [
        "> fin",
        "> reset",
        "app close",
        "app send text",
        "app send binary",
        "app pause",
        "app resume",
        "wait 255",
        "connect",
        "again",
        "again each",
        "again whole",
        "again cut=1",
        "> octets",
        "> close",
        "> ping",
        "> text",
        "> opcode=3",
    ] {
        assert!(steps.iter().any(|step| step.starts_with(word)), "no child has `{word}`");
    }
    for option in ["fin=0", "rsv=", "mask=wrong", "key=", "form=16", "form=64", "claim=", "glue", "cut="] {
        assert!(steps.iter().any(|step| step.contains(option)), "no child has `{option}`");
    }
}

#[test]
fn mutations_reach_both_roles() {
    let roles: BTreeSet<Role> = (0..1000)
        .map(|seed| {
            let mut data = TEXT.to_vec();
            data.resize(256, 0);
            let size = script(&mut data, TEXT.len(), 256, seed, idle);
            Script::decode(&data[..size]).expect("a child is a binary script").role()
        })
        .collect();
    assert_eq!(roles.len(), 2);
}

#[test]
fn mutations_reach_whole_scenarios() {
    let (mut alone, mut after_parent) = (false, false);
    for seed in 0..5_000 {
        let mut data = TEXT.to_vec();
        data.resize(4096, 0);
        let size = script(&mut data, TEXT.len(), 4096, seed, idle);
        let child = Script::decode(&data[..size]).expect("a child is a binary script");
        let steps: Vec<String> = child.steps().map(|step| step.to_string()).collect();
        let has_ten_pings = steps.iter().filter(|step| step.starts_with("> ping")).count() == 10;
        let has_parent = steps.iter().any(|step| step.starts_with("> close 3333 \"r\" cut=2"));
        alone |= has_ten_pings && !has_parent;
        after_parent |= has_ten_pings && has_parent && steps.iter().any(|step| step == "connect");
    }
    assert!(alone, "no child is a scenario");
    assert!(after_parent, "no child has a scenario after the steps of its parent");
    let pings = |child: &Vec<u8>| {
        let (mut frames, mut rest) = (FrameAssembler::new(KeptPayload::UpTo(0)), &child[..]);
        let parts = std::iter::from_fn(|| frames.next(&mut rest));
        parts.filter(|part| matches!(part, FramePart::End(header) if header.opcode == Opcode::Ping)).count()
    };
    let parent = close(Some([1, 2, 3, 4]));
    assert!(children(&parent, 5_000).any(|child| pings(&child) == 10), "no octets are a scenario");
}
