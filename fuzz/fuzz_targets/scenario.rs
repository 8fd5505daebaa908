//! Plays scenarios to the model. `arbitrary` makes a scenario of any octets.
#![no_main]
#![expect(clippy::disallowed_types, reason = "fuzz_target! opens the file that libFuzzer names")]

use libfuzzer_sys::fuzz_target;
use wsclose::scenario::Scenario;

fuzz_target!(|scenario: Scenario| {
    wsclose::fuzz::scenario(&scenario);
});
