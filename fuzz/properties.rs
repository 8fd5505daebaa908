//! Runs the bodies of the fuzz targets as properties, under `cargo test` and under `cargo bolero test`.
//!
//! `cargo test` checks three sources of inputs, which are the same in every run:
//!
//! - the curated seeds: `__fuzz__/<test>/corpus` is a link to `../corpus/<target>`,
//! - the inputs that `cargo bolero` stored in `__fuzz__/<test>/crashes`,
//! - descendants of the seeds, which the mutators generate from fixed numbers.
//!
//! `BOLERO_RANDOM_ITERATIONS=100000` adds random inputs, and bolero prints the `BOLERO_RANDOM_SEED` of one that fails.
//! To fuzz with stable Rust:
//!
//! ```text
//! cargo bolero test close_frame -p wsclose-fuzz --rustc-bootstrap --sanitizer NONE -T 60s
//! ```

pub mod recordings;

#[cfg(test)]
#[path = "../tests/support/mod.rs"]
mod support;

#[cfg(test)]
mod scenario_seeds;
#[cfg(test)]
mod targets;

#[cfg(test)]
use std::collections::BTreeSet;

#[cfg(test)]
use wsclose::generate::mutate;
#[cfg(test)]
use wsclose::protocol::role::Role;
#[cfg(test)]
use wsclose::rules::RuleSet;
#[cfg(test)]
use wsclose::scenario::Scenario;
#[cfg(test)]
use wsclose::scenario::parameters::Parameter;
#[cfg(test)]
use wsclose::script::{Script, ScriptBuf};

/// The number of random inputs under `cargo test`, unless `BOLERO_RANDOM_ITERATIONS` sets it. It is 0 because bolero
/// draws another seed in every run.
#[cfg(test)]
const RANDOM_ITERATIONS: usize = 0;

/// The longest input, in octets: no curated seed is longer. CI passes the same limit to libFuzzer, which truncates longer
/// seeds at loading.
#[cfg(test)]
const MAX_LEN: usize = 2048;

/// The longest recording, in octets. A recording is longer than a script.
#[cfg(test)]
const MAX_RECORDING: usize = 4096;

#[cfg(test)]
type Mutator = fn(&mut [u8], usize, usize, u32) -> usize;

/// The mutator of the target, without libFuzzer's default mutator, which is not linked here.
#[cfg(test)]
fn mutate_frames(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    mutate::frames(data, size, max_size, seed, |_, size, _| size)
}

#[cfg(test)]
fn mutate_scripts(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    mutate::script(data, size, max_size, seed, |_, size, _| size)
}

#[cfg(test)]
fn mutate_scenarios(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    mutate::scenario(data, size, max_size, seed)
}

/// Changes a few octets, or removes or repeats some. libFuzzer has its own mutator for recordings.
#[cfg(test)]
fn mutate_octets(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    // A linear congruential generator, as in Numerical Recipes.
    let mut state = seed;
    let mut draw = |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize % below.max(1)
    };
    let (at, length) = (draw(size), draw(16) + 1);
    let end = (at + length).min(size);
    match draw(4) {
        0 => {
            data.copy_within(end..size, at);
            (size - (end - at)).max(1)
        }
        1 if size + (end - at) <= max_size => {
            data.copy_within(at..size, end);
            size + (end - at)
        }
        2 => {
            let octet = &mut data[at];
            *octet = [0, 0xff, 0x7f, 0x80, b'9', b'"', octet.wrapping_add(1), !*octet][draw(8)];
            size
        }
        _ => {
            data[at] ^= 1 << draw(8);
            size
        }
    }
}

/// Calls `property` with `count` descendants of every curated seed of `target`, of at most `max_len` octets.
#[cfg(test)]
fn descendants(target: &str, mutator: Mutator, max_len: usize, count: u32, mut property: impl FnMut(&[u8])) {
    for (seed, parent) in (0..).zip(support::seeds(target)) {
        let mut child = parent.octets.clone();
        for number in 0..count {
            // Each child is the next parent. The seed is the parent again before the descendants differ too much.
            if number % 8 == 0 {
                child.clone_from(&parent.octets);
            }
            let size = child.len();
            child.resize(size.max(max_len), 0);
            let size = mutator(&mut child, size, max_len, seed * count + number);
            child.truncate(size);
            property(&child);
        }
    }
}

/// The fuzz target `scenario` for octets, which libFuzzer decodes before it calls the body.
#[cfg(test)]
fn scenario_from(octets: &[u8]) -> RuleSet {
    wsclose::fuzz::scenario(&Scenario::from_fuzzer(octets))
}

/// Checks that both forms of a script are read back as they were written.
#[cfg(test)]
fn round_trip(octets: &[u8]) {
    let Ok(script) = ScriptBuf::read(octets) else { return };
    let binary = script.octets();
    let decoded = Script::decode(binary).expect("an encoded script is decodable");
    assert_eq!(decoded.encode(), binary);
    let text = decoded.to_string();
    let compiled = ScriptBuf::read(text.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(compiled.octets(), binary, "{text}");
    assert_eq!(compiled.as_script().to_string(), text);
}

/// Checks that the child of any input fits, is the same in every call, and is a script if the mutator is that of
/// scripts.
#[cfg(test)]
fn check_mutators(octets: &[u8]) {
    // The input determines the seed and the room, so that different inputs use different ones.
    let seed = octets.iter().fold(0_u32, |sum, octet| sum.wrapping_mul(31).wrapping_add(u32::from(*octet)));
    let max_size = seed as usize % (MAX_LEN + 1);
    let child = |mutator: Mutator| {
        let mut data = octets.to_vec();
        data.resize(octets.len().max(max_size), 0);
        let size = mutator(&mut data, octets.len(), max_size, seed);
        assert!(size <= max_size && (size > 0 || max_size == 0), "{size} octets in {max_size}");
        data.truncate(size);
        data
    };
    assert_eq!(child(mutate_frames), child(mutate_frames));
    assert_eq!(child(mutate_scenarios), child(mutate_scenarios));
    let script = child(mutate_scripts);
    assert_eq!(script, child(mutate_scripts));
    assert!(max_size == 0 || Script::decode(&script).is_ok(), "{script:02x?} is no script");
}

#[test]
fn close_frame() {
    bolero::check!().with_iterations(RANDOM_ITERATIONS).with_max_len(MAX_LEN).for_each(|octets: &[u8]| {
        wsclose::fuzz::close_frame(octets);
    });
}

#[test]
fn closing_handshake() {
    bolero::check!().with_iterations(RANDOM_ITERATIONS).with_max_len(MAX_LEN).for_each(|octets: &[u8]| {
        wsclose::fuzz::closing_handshake(octets);
    });
}

#[test]
fn implementations() {
    bolero::check!().with_iterations(RANDOM_ITERATIONS).with_max_len(MAX_LEN).for_each(|octets: &[u8]| {
        wsclose_implementations::fuzz::implementations(octets);
    });
}

#[test]
fn scenario() {
    bolero::check!().with_iterations(RANDOM_ITERATIONS).with_max_len(MAX_LEN).for_each(|octets: &[u8]| {
        scenario_from(octets);
    });
}

#[test]
fn pcap() {
    bolero::check!().with_iterations(RANDOM_ITERATIONS).with_max_len(MAX_RECORDING).for_each(
        |octets: &[u8]| {
            recordings::pcap(octets);
        },
    );
}

#[test]
fn net_log() {
    bolero::check!().with_iterations(RANDOM_ITERATIONS).with_max_len(MAX_RECORDING).for_each(
        |octets: &[u8]| {
            recordings::net_log(octets);
        },
    );
}

#[test]
fn recording_text() {
    bolero::check!().with_iterations(RANDOM_ITERATIONS).with_max_len(MAX_RECORDING).for_each(
        |octets: &[u8]| {
            recordings::recording_text(octets);
        },
    );
}

#[test]
fn script_round_trip() {
    bolero::check!().with_iterations(RANDOM_ITERATIONS).with_max_len(MAX_LEN).for_each(round_trip);
}

#[test]
fn mutators() {
    bolero::check!().with_iterations(RANDOM_ITERATIONS).with_max_len(MAX_LEN).for_each(check_mutators);
}

#[test]
fn descendants_of_frames_pass() {
    descendants("close_frame", mutate_frames, MAX_LEN, 2_000, |octets| {
        wsclose::fuzz::close_frame(octets);
    });
}

#[test]
fn descendants_of_scripts_pass() {
    descendants("closing_handshake", mutate_scripts, MAX_LEN, 250, |octets| {
        wsclose::fuzz::closing_handshake(octets);
    });
}

#[test]
fn descendants_of_scenarios_pass_and_have_every_value() {
    let mut values = BTreeSet::new();
    descendants("scenario", mutate_scenarios, MAX_LEN, 50, |octets| {
        scenario_from(octets);
        let scenario = Scenario::from_fuzzer(octets);
        let of_role = |(parameter, level): (usize, u8)| (scenario.role(), parameter, level);
        values.extend(scenario.parameters().levels().into_iter().enumerate().map(of_role));
    });
    let each_role = Parameter::ALL.into_iter().map(Parameter::levels).sum::<usize>() * Role::ALL.len();
    // No frame of a client can leave with its request.
    assert_eq!(values.len(), each_role - 1);
}

#[test]
fn descendants_of_scripts_violate_only_baseline_rules() {
    descendants("implementations", mutate_scripts, MAX_LEN, 250, |octets| {
        wsclose_implementations::fuzz::implementations(octets);
    });
}

#[test]
fn descendants_of_recordings_pass() {
    descendants("pcap", mutate_octets, MAX_RECORDING, 300, |octets| {
        recordings::pcap(octets);
    });
    descendants("net_log", mutate_octets, MAX_RECORDING, 300, |octets| {
        recordings::net_log(octets);
    });
    descendants("recording_text", mutate_octets, MAX_RECORDING, 300, |octets| {
        recordings::recording_text(octets);
    });
}

#[test]
fn descendants_of_scripts_round_trip() {
    descendants("closing_handshake", mutate_scripts, MAX_LEN, 500, round_trip);
}

#[test]
fn descendants_can_be_mutated() {
    descendants("closing_handshake", mutate_scripts, MAX_LEN, 100, check_mutators);
    descendants("close_frame", mutate_frames, MAX_LEN, 100, check_mutators);
}
