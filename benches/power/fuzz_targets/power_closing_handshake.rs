//! The target `closing_handshake`, which records its inputs.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use wsclose_power::record;

fuzz_target!(|data: &[u8]| {
    record::scripts(&[data]);
    wsclose::fuzz::closing_handshake(data);
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    wsclose::generate::mutate::script(data, size, max_size, seed, fuzzer_mutate)
});
