//! Runs scripts against every in-process implementation and compares the results with the model.
#![no_main]
#![expect(clippy::disallowed_types, reason = "fuzz_target! opens the file that libFuzzer names")]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};

fuzz_target!(|data: &[u8]| {
    wsclose_implementations::fuzz::implementations(data);
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    wsclose::generate::mutate::script(data, size, max_size, seed, fuzzer_mutate)
});
