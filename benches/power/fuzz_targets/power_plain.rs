//! Plain libFuzzer: `arbitrary` turns octets into a list of typed steps. No mutator, no dictionary, no seeds.
#![no_main]

use arbitrary::{Arbitrary, Unstructured};
use libfuzzer_sys::{Corpus, fuzz_target};
use wsclose_power::plain::PlainScript;
use wsclose_power::record;

// `fuzz_target!(|script: PlainScript| …)` decodes its type in this way. Spelled out, an input without a script is counted.
fuzz_target!(|data: &[u8]| -> Corpus {
    let Ok(script) = PlainScript::arbitrary_take_rest(Unstructured::new(data)) else {
        record::scripts(&[]);
        return Corpus::Reject;
    };
    let octets = script.compile();
    record::scripts(&[&octets]);
    wsclose::fuzz::closing_handshake(&octets);
    Corpus::Keep
});
