//! Mutates inputs of the fuzz targets: [`frames`] raw wire octets, [`script`] scripts, and `scenario` scenarios.
//!
//! The first two decode the parent to steps, change one or a few of them, and encode the steps again. The length and the mask
//! of a frame therefore fit its payload, unless the mutation is that they do not. A share of the children has the steps of
//! a random [`Scenario`](crate::scenario::Scenario). A share of the inputs goes to the fuzzer's default mutator, which knows
//! the dictionary and the values that the target compares with. The seed of the fuzzer decides everything: the same parent
//! and seed give the same child.

mod payload;
mod scenarios;
mod steps;
mod wire;

pub use payload::{CODES, EDGES, LENGTHS};

use std::cell::RefCell;

use crate::generate::random::Random;
#[cfg(feature = "arbitrary")]
use crate::protocol::role::Role;
use crate::script::{MAGIC, MAX_SCRIPT, Script, ScriptBuf, Step, Writer};
use steps::InputKind;

/// One input of wire octets in this many goes to the structured mutator, the others to the fuzzer's default one. From an
/// empty corpus, equal shares reach new coverage in fewer executions than one in 4, one in 16, or all.
const STRUCTURED_EVERY_N: usize = 2;

/// One script in this many goes to the fuzzer's default mutator, which does not know steps.
const DEFAULT_MUTATOR_EVERY_N: usize = 4;

/// One structured child in this many has the steps of a scenario. From an empty corpus, `closing_handshake` then finds the
/// planted faults in a quarter of the executions; one in 3 is no better, and one in 16 is worse.
const SCENARIO_EVERY_N: usize = 4;

/// The most steps of the parent in a child: about as many as [`crate::harness::Limits::FUZZING`] allows.
const MAX_STEPS: usize = 24;

/// The most changes to one parent.
const MAX_CHANGES: usize = 4;

/// The buffers of a mutation. They are reused, because a fuzzer mutates many times a second.
struct Scratch {
    parent: Vec<u8>,
    child: Vec<u8>,
    steps: Vec<Step<'static>>,
    /// The octets that changed steps borrow, a buffer for each change.
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

/// Mutates the wire octets `data[..size]` in place to at most `max_size` octets. Returns the size of the child, which
/// is 0 only if there is no room. `default_mutator` is libFuzzer's `fuzzer_mutate`.
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
    SCRATCH.with_borrow_mut(|Scratch { parent, child, steps, buffers }| {
        parent.clear();
        parent.extend_from_slice(&data[..size.min(data.len())]);
        let scenario;
        let mut list = recycle(std::mem::take(steps));
        let sender = wire::read(parent, &mut list);
        let kind = wire::MutationKind::pick(&mut random);
        if random.one_in(SCENARIO_EVERY_N) {
            scenario = scenarios::random(sender.peer(), &mut random).script();
            if random.one_in(2) {
                list.clear();
            }
            let is_on_wire = |step: &Step<'_>| matches!(step, Step::Frame(_) | Step::Octets { .. });
            list.extend(scenario.as_script().steps().filter(is_on_wire));
        } else if kind == wire::MutationKind::Changed {
            for buffer in buffers.iter_mut().take(change_count(&mut random)) {
                steps::change(&mut list, InputKind::Wire, &mut random, buffer);
            }
        }
        wire::write(&list, kind, sender, room, &mut random, child);
        *steps = recycle(list);
        copy_out(child, data)
    })
}

/// Mutates the script `data[..size]`, in either form, in place to at most `max_size` octets. The child is in the binary
/// form. Returns the size of the child, which is 0 only if there is no room.
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
    let structured = !random.one_in(DEFAULT_MUTATOR_EVERY_N);
    let size = SCRATCH.with_borrow_mut(|Scratch { parent, child, steps, buffers }| {
        compile(&data[..size.min(data.len())], parent);
        if !structured {
            parent.truncate(room);
            return copy_out(parent, data);
        }
        // `compile` returns a script. If it did not, the shortest script would be the parent.
        let script =
            Script::decode(parent).or_else(|_| Script::decode(&[MAGIC])).expect("the shortest script");
        let scenario;
        let mut list = recycle(std::mem::take(steps));
        // Notes take room and have no effect.
        list.extend(script.steps().filter(|step| !matches!(step, Step::Note(_))).take(MAX_STEPS));
        // The child negotiates what the script `connections` negotiates.
        let (mut role, mut connections) = (script.role(), script);
        if random.one_in(16) {
            role = role.peer();
        } else if random.one_in(SCENARIO_EVERY_N) {
            scenario = scenarios::random(role, &mut random).script();
            if random.one_in(2) {
                list.push(Step::Connect);
            } else {
                list.clear();
                connections = scenario.as_script();
            }
            list.extend(scenario.as_script().steps());
        } else {
            for buffer in buffers.iter_mut().take(change_count(&mut random)) {
                steps::change(&mut list, InputKind::Script, &mut random, buffer);
            }
        }
        *child = encode_steps(&list, || connections.writer(role), room);
        *steps = recycle(list);
        copy_out(child, data)
    });
    match &mut data[1..room] {
        // The first octet marks the binary form and stays.
        rest @ [_, ..] if !structured => 1 + default_mutator(rest, size - 1, room - 1).min(room - 1),
        _ => size,
    }
}

/// Mutates the scenario `data[..size]`, as [`Scenario::from_fuzzer`] reads it, in place to at most `max_size` octets. Returns
/// the size of the child, which is 0 only if there is no room.
///
/// [`Scenario::from_fuzzer`]: crate::scenario::Scenario::from_fuzzer
#[cfg(feature = "arbitrary")]
pub fn scenario(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let room = max_size.min(data.len());
    let mut random = Random::new(u64::from(seed));
    let parent = crate::scenario::Scenario::from_fuzzer(&data[..size.min(data.len())]);
    let child = if random.one_in(SCENARIO_EVERY_N) {
        scenarios::random(random.pick(&Role::ALL), &mut random)
    } else {
        scenarios::changed(parent, change_count(&mut random), &mut random)
    };
    let mut octets = child.to_fuzzer();
    // The values that do not fit are left out.
    octets.truncate(room);
    copy_out(&octets, data)
}

/// The number of changes to make: mostly one, at most [`MAX_CHANGES`].
const fn change_count(random: &mut Random) -> usize {
    let mut count = 1;
    while count < MAX_CHANGES && random.one_in(3) {
        count += 1;
    }
    count
}

/// Empties the list, so that it can hold steps with another lifetime. Keeps its memory.
fn recycle<'a>(mut steps: Vec<Step<'_>>) -> Vec<Step<'a>> {
    steps.clear();
    // Collecting a vector from its own iterator reuses the allocation.
    steps.into_iter().map(|_| unreachable!("the list is empty")).collect()
}

/// Converts the parent to the binary form. Text is compiled. Other octets become a script by a new first octet.
fn compile(parent: &[u8], out: &mut Vec<u8>) {
    out.clear();
    let parent = &parent[..parent.len().min(MAX_SCRIPT)];
    if Script::decode(parent).is_ok() {
        return out.extend_from_slice(parent);
    }
    match ScriptBuf::read(parent) {
        Ok(script) => out.extend_from_slice(script.octets()),
        Err(_) => out.extend(std::iter::once(MAGIC).chain(parent.iter().copied().skip(1))),
    }
}

/// Encodes as many of the steps as there is room for.
fn encode_steps(steps: &[Step<'_>], new_writer: impl Fn() -> Writer, room: usize) -> Vec<u8> {
    let mut count = steps.len();
    loop {
        let mut writer = new_writer();
        steps[..count].iter().for_each(|step| writer.step(step));
        let mut octets = writer.into_octets();
        if octets.len() <= room {
            return octets;
        }
        if count == 0 {
            octets.truncate(room);
            return octets;
        }
        count -= 1;
    }
}

/// Copies the child to the front of `data`. Returns its size.
fn copy_out(child: &[u8], data: &mut [u8]) -> usize {
    data[..child.len()].copy_from_slice(child);
    child.len()
}

#[cfg(test)]
mod tests;
