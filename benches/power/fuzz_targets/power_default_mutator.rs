//! The target `closing_handshake` without its mutator. It records its inputs.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wsclose_power::record;

fuzz_target!(|data: &[u8]| {
    record::scripts(&[data]);
    wsclose::fuzz::closing_handshake(data);
});
