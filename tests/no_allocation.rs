//! Tests that parsing, the state machine, the driver and the judge reuse their buffers, because allocation would slow
//! down every iteration of a fuzzer.

mod support;

use std::alloc::System;
use std::hint::black_box;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use wsclose::Harness;
use wsclose::model::endpoint::Model;
use wsclose::protocol::code::Profile;
use wsclose::script::ScriptBuf;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

// The file has one test because the allocator counts for the whole process.
#[test]
fn repeated_runs_allocate_nothing() {
    // A compressor is created for each compressed frame of a script.
    let is_plain = |script: &ScriptBuf| !script.as_script().offers_deflate();
    let scripts: Vec<_> = support::scripts().into_iter().filter(|(_, script)| is_plain(script)).collect();
    let frames = support::seeds("close_frame");
    let mut harness = Harness::new(Profile::default());
    let mut model = Model::new(Profile::default());
    let mut all = || {
        for (_, script) in &scripts {
            black_box(harness.play(script.as_script(), &mut model).findings.len());
        }
        for seed in &frames {
            black_box(wsclose::fuzz::close_frame(&seed.octets));
        }
    };
    all();
    let region = Region::new(ALLOCATOR);
    all();
    let change = region.change();
    assert_eq!((change.allocations, change.reallocations), (0, 0), "{change:?}");
    // An allocation is counted.
    black_box(vec![0_u8; 64]);
    assert_eq!(region.change().allocations, 1);
}
