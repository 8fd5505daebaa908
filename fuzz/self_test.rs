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
