//! Scripts through every in-process peer at once, the model as referee.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    wsclose_peers::fuzz::peers(data);
});
