//! Scripts on the model and the faulty endpoints. Every input is checked; libFuzzer looks at the branches of
//! those that show something new.
#![no_main]
#![expect(clippy::disallowed_types, reason = "fuzz_target! opens the file that libFuzzer names")]

use libfuzzer_sys::{Corpus, fuzz_mutator, fuzz_target, fuzzer_mutate};

fuzz_target!(|data: &[u8]| -> Corpus {
    if wsclose::fuzz::closing_handshake(data).is_novel { Corpus::Keep } else { Corpus::Reject }
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    wsclose::generate::mutate::script(data, size, max_size, seed, fuzzer_mutate)
});
