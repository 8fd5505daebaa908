//! Decodes raw wire octets as the output of either role.
#![no_main]
#![expect(clippy::disallowed_types, reason = "fuzz_target! opens the file that libFuzzer names")]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};

fuzz_target!(|data: &[u8]| {
    wsclose::fuzz::close_frame(data);
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    wsclose::generate::mutate::frames(data, size, max_size, seed, fuzzer_mutate)
});
