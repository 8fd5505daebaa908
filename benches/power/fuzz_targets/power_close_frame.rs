//! The target `close_frame`, which records the scripts that it plays to the model, one in either role.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use wsclose::protocol::role::Role;
use wsclose_power::record;

fuzz_target!(|data: &[u8]| {
    let scripts = Role::ALL.map(|role| wsclose::fuzz::close_frame_script(data, role));
    let scripts: Vec<&[u8]> = scripts.iter().flatten().map(Vec::as_slice).collect();
    record::scripts(&scripts);
    wsclose::fuzz::close_frame(data);
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    wsclose::generate::mutate::frames(data, size, max_size, seed, fuzzer_mutate)
});
