//! Reads octets as a net-log of Chrome, and judges its connections.
#![no_main]
#![expect(clippy::disallowed_types, reason = "fuzz_target! opens the file that libFuzzer names")]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    wsclose_fuzz::recordings::net_log(data);
});
