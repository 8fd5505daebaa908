//! The target `scenario`, which records the script of each scenario.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use wsclose::scenario::Scenario;
use wsclose_power::record;

// `fuzz_target!(|scenario: Scenario| …)` decodes the octets in this way.
fuzz_target!(|data: &[u8]| {
    let script = Scenario::from_fuzzer(data).script();
    record::scripts(&[script.octets()]);
    wsclose::fuzz::closing_handshake(script.octets());
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    wsclose::generate::mutate::scenario(data, size, max_size, seed)
});
