//! The target `scenario` without its mutator. It records the script of each scenario.
#![no_main]

use libfuzzer_sys::arbitrary::{Arbitrary, Unstructured};
use libfuzzer_sys::{Corpus, fuzz_target};
use wsclose::scenario::Scenario;
use wsclose_power::record;

// `fuzz_target!(|scenario: Scenario| …)` decodes its type in this way. Spelled out, an input without a scenario is counted.
fuzz_target!(|data: &[u8]| -> Corpus {
    let Ok(scenario) = Scenario::arbitrary_take_rest(Unstructured::new(data)) else {
        record::scripts(&[]);
        return Corpus::Reject;
    };
    let script = scenario.script();
    record::scripts(&[script.octets()]);
    wsclose::fuzz::closing_handshake(script.octets());
    Corpus::Keep
});
