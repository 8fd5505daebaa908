//! The target `close_frame`, which records its inputs as the stream of a peer in either role.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use wsclose::protocol::role::Role;
use wsclose_power::record;
use wsclose_power::seeds::stream;

fuzz_target!(|data: &[u8]| {
    let scripts = Role::ALL.map(|role| stream(role, data));
    record::scripts(&[&scripts[0], &scripts[1]]);
    wsclose::fuzz::close_frame(data);
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    wsclose::generate::mutate::frames(data, size, max_size, seed, fuzzer_mutate)
});
