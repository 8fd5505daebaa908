//! Mutators for the fuzz targets: in come an input and the fuzzer's seed, out comes a child that is mostly
//! whole and wrong in one place. [`frames`] works on raw wire octets, [`script`] on scripts.
//!
//! Both read the parent as steps, change one or a few of them, and write the steps back, so that length,
//! mask and payload stay in step unless a lie is what was asked for. A share of the inputs goes to the
//! fuzzer's own mutator, which knows what the target compares with, and the dictionary. Everything that
//! looks like chance is drawn from the seed that the fuzzer hands over: the same seed makes the same child.

mod payload;
mod steps;
mod wire;

pub use payload::{CODES, EDGES, LENGTHS};

use std::cell::RefCell;

use crate::generate::random::Random;
use crate::protocol::role::Role;
use crate::script::{MAGIC, MAX_SCRIPT, Script, ScriptBuf, Step, Writer};
use steps::InputKind;

/// One input of wire octets in this many goes to the structured mutator, the others to the fuzzer's default one.
const STRUCTURED_EVERY_N: usize = 2;

/// One script in this many goes to the fuzzer's default mutator, which does not know steps.
const DEFAULT_MUTATOR_EVERY_N: usize = 4;

/// The most steps that a child takes over: about what [`crate::harness::driver::Limits::QUICK`] plays.
const MAX_STEPS: usize = 24;

/// The most changes that are made to one parent.
const MAX_CHANGES: usize = 4;

/// What a mutation needs, kept from one to the next: a fuzzer makes a million children a second.
struct Scratch {
    parent: Vec<u8>,
    child: Vec<u8>,
    steps: Vec<Step<'static>>,
    /// What changed steps borrow, one for each change.
    buffers: [Vec<u8>; MAX_CHANGES],
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = const {
        RefCell::new(Scratch {
            parent: Vec::new(),
            child: Vec::new(),
            steps: Vec::new(),
            buffers: [const { Vec::new() }; MAX_CHANGES],
        })
    };
}

/// Mutates wire octets: `data[..size]` in place, to at most `max_size` octets. Returns the child's size,
/// which is 0 only where there is no room. `default_mutator` is the fuzzer's own mutator, `fuzzer_mutate`.
pub fn frames(
    data: &mut [u8],
    size: usize,
    max_size: usize,
    seed: u32,
    default_mutator: impl FnOnce(&mut [u8], usize, usize) -> usize,
) -> usize {
    let room = max_size.min(data.len());
    if room == 0 {
        return 0;
    }
    let mut random = Random::new(u64::from(seed));
    if !random.one_in(STRUCTURED_EVERY_N) {
        return default_mutator(data, size.min(room), room).clamp(1, room);
    }
    SCRATCH.with_borrow_mut(|Scratch { parent, child, steps, buffers: fresh }| {
        parent.clear();
        parent.extend_from_slice(&data[..size.min(data.len())]);
        let mut list = recycle(std::mem::take(steps));
        let sender = wire::read(parent, &mut list);
        let what = wire::MutationKind::pick(&mut random);
        if what == wire::MutationKind::Changed {
            for fresh in fresh.iter_mut().take(change_count(&mut random)) {
                steps::change(&mut list, InputKind::Wire, &mut random, fresh);
            }
        }
        wire::write(&list, what, sender, room, &mut random, child);
        *steps = recycle(list);
        copy_out(child, data)
    })
}

/// Mutates a script in either form: `data[..size]` in place, to at most `max_size` octets. The child is
/// always in the binary form. Returns its size, which is 0 only where there is no room.
pub fn script(
    data: &mut [u8],
    size: usize,
    max_size: usize,
    seed: u32,
    default_mutator: impl FnOnce(&mut [u8], usize, usize) -> usize,
) -> usize {
    let room = max_size.min(data.len()).min(MAX_SCRIPT);
    if room == 0 {
        return 0;
    }
    let mut random = Random::new(u64::from(seed));
    let ours = !random.one_in(DEFAULT_MUTATOR_EVERY_N);
    let size = SCRATCH.with_borrow_mut(|Scratch { parent, child, steps, buffers: fresh }| {
        compile(&data[..size.min(data.len())], parent);
        if !ours {
            parent.truncate(room);
            return copy_out(parent, data);
        }
        // What `compile` makes is a script; an empty one, if it were not, has children too.
        let script =
            Script::decode(parent).or_else(|_| Script::decode(&[MAGIC])).expect("the shortest script");
        let mut list = recycle(std::mem::take(steps));
        // Notes take room and change nothing.
        list.extend(script.steps().filter(|step| !matches!(step, Step::Note(_))).take(MAX_STEPS));
        let flipped = random.one_in(16);
        if !flipped {
            for fresh in fresh.iter_mut().take(change_count(&mut random)) {
                steps::change(&mut list, InputKind::Script, &mut random, fresh);
            }
        }
        let role = if flipped { script.role().peer() } else { script.role() };
        *child = encode_steps(&list, role, room);
        *steps = recycle(list);
        copy_out(child, data)
    });
    match &mut data[1..room] {
        // The first octet says what the others are, and stays.
        rest @ [_, ..] if !ours => 1 + default_mutator(rest, size - 1, room - 1).min(room - 1),
        _ => size,
    }
}

/// The number of changes to make: mostly one, at most [`MAX_CHANGES`].
const fn change_count(random: &mut Random) -> usize {
    let mut count = 1;
    while count < MAX_CHANGES && random.one_in(3) {
        count += 1;
    }
    count
}

/// The list without its steps, to be filled with steps that borrow something else.
fn recycle<'a>(mut steps: Vec<Step<'_>>) -> Vec<Step<'a>> {
    steps.clear();
    // What is collected from a vector in place keeps its memory.
    steps.into_iter().map(|_| unreachable!("the list is empty")).collect()
}

/// The parent in the binary form: text is compiled, and what is no script becomes one by its first octet.
fn compile(parent: &[u8], out: &mut Vec<u8>) {
    out.clear();
    let parent = &parent[..parent.len().min(MAX_SCRIPT)];
    if let [MAGIC, ..] = parent {
        return out.extend_from_slice(parent);
    }
    match ScriptBuf::read(parent) {
        Ok(script) => out.extend_from_slice(script.octets()),
        Err(_) => out.extend(std::iter::once(MAGIC).chain(parent.iter().copied().skip(1))),
    }
}

/// As many of the steps as there is room for.
fn encode_steps(steps: &[Step<'_>], role: Role, room: usize) -> Vec<u8> {
    let mut kept = steps.len();
    loop {
        let mut writer = Writer::new(role);
        steps[..kept].iter().for_each(|step| writer.step(step));
        let mut octets = writer.into_octets();
        if octets.len() <= room {
            return octets;
        }
        if kept == 0 {
            octets.truncate(room);
            return octets;
        }
        kept -= 1;
    }
}

fn copy_out(child: &[u8], data: &mut [u8]) -> usize {
    data[..child.len()].copy_from_slice(child);
    child.len()
}

#[cfg(test)]
mod tests;
