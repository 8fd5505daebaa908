//! Checks that every fuzz target of the model fails on a curated seed if a fault is planted (`--cfg wsclose_planted_fault`).

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::support;

fn fails(target: &str, body: impl Fn(&[u8])) {
    let seeds = support::seeds(target);
    let found = seeds.iter().any(|seed| catch_unwind(AssertUnwindSafe(|| body(&seed.octets))).is_err());
    assert!(found, "{target} finds no fault in any of {} seeds", seeds.len());
}

#[test]
fn close_frame_detects_planted_fault() {
    fails("close_frame", |octets| {
        wsclose::fuzz::close_frame(octets);
    });
}

#[test]
fn closing_handshake_detects_planted_fault() {
    fails("closing_handshake", |octets| {
        wsclose::fuzz::closing_handshake(octets);
    });
}

#[test]
fn scenario_detects_planted_fault() {
    fails("scenario", |octets| {
        crate::scenario_from(octets);
    });
}

#[test]
fn implementations_detects_planted_fault() {
    fails("implementations", |octets| {
        wsclose_implementations::fuzz::implementations(octets);
    });
}

#[test]
fn a_suite_whose_model_is_at_fault_accuses_no_endpoint() {
    use wsclose::model::endpoint::Model;
    use wsclose::protocol::code::Profile;
    use wsclose::suite::Suite;

    let mut fuzzer = Suite::new(|| Model::new(Profile::default())).fuzzer().expect("a valid suite");
    let mut message_of = |octets: &[u8]| {
        let panic = catch_unwind(AssertUnwindSafe(|| fuzzer.check(octets))).err()?;
        panic.downcast_ref::<String>().cloned()
    };
    let message = support::seeds("closing_handshake").iter().find_map(|seed| message_of(&seed.octets));
    assert!(message.is_some_and(|message| message.contains("so the judge is at fault")));
}
