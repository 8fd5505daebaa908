//! Scripts on the model and the faulty endpoints.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    wsclose::fuzz::closing_handshake(data);
});
