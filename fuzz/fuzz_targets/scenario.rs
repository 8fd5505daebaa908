//! Plays scenarios to the model. `arbitrary` makes a scenario of any octets.
#![no_main]
#![expect(clippy::disallowed_types, reason = "fuzz_target! opens the file that libFuzzer names")]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use wsclose::scenario::Scenario;

fuzz_target!(|scenario: Scenario| {
    wsclose::fuzz::scenario(&scenario);
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    wsclose::generate::mutate::scenario(data, size, max_size, seed)
});
