//! The target `scenario` without its mutator. It records the script of each scenario.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wsclose::scenario::Scenario;
use wsclose_power::record;

// `fuzz_target!(|scenario: Scenario| …)` decodes the octets in this way.
fuzz_target!(|data: &[u8]| {
    let script = Scenario::from_fuzzer(data).script();
    record::scripts(&[script.octets()]);
    wsclose::fuzz::closing_handshake(script.octets());
});
