//! Raw wire octets, read as either role's.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    wsclose::fuzz::close_frame(data);
});
