//! Tests which masking keys of a client are fresh.

use crate::scripted::Act::Writes;
use crate::scripted::{Act, assert_verdict_as};
use wsclose::judge::Verdict::{self, Conforms, Inconclusive, NotExercised, Violates};
use wsclose::protocol::role::Role;
use wsclose::rules::Rule;

/// An empty Ping of a client with a key.
macro_rules! ping {
    ($($octet:literal)*) => { Writes(&[0x89, 0x80, $($octet),*]) };
}

#[track_caller]
fn assert_keys(verdict: Verdict, steps: &str, acts: &[&[Act]]) {
    assert_verdict_as(Role::Client, &[], Rule::FreshMaskKey, verdict, steps, acts);
}

#[test]
fn fresh_mask_key_is_violated_by_the_key_of_the_frame_before() {
    let (a, b, c, d) = (ping!(9 1 7 3), ping!(5 2 8 4), ping!(1 8 2 8), ping!(6 2 6 4));
    let steps = "> text \"x\"\n";
    assert_keys(Violates, steps, &[&[a, a]]);
    assert_keys(Violates, steps, &[&[a, b, c, c, d]]);
    assert_keys(NotExercised, steps, &[&[a, b]]);
    // Few keys without a pattern show nothing.
    assert_keys(Inconclusive, steps, &[&[a, b, c, d]]);
    assert_keys(Inconclusive, steps, &[&[a, b, a, c]]);
    // One key for each connection.
    assert_keys(NotExercised, "> text \"x\"\nconnect\n> text \"x\"\n", &[&[a]]);
    assert_keys(Violates, "> text \"x\"\nconnect\n> text \"x\"\n", &[&[a, a]]);
}

#[test]
fn fresh_mask_key_is_violated_by_zeros_and_counters() {
    let steps = "> text \"x\"\n";
    assert_keys(Violates, steps, &[&[ping!(0 0 0 0), ping!(9 1 7 3), ping!(0 0 0 0), ping!(5 2 8 4)]]);
    assert_keys(Inconclusive, steps, &[&[ping!(0 0 0 0), ping!(9 1 7 3), ping!(1 8 2 8), ping!(5 2 8 4)]]);
    assert_keys(Violates, steps, &[&[ping!(0 0 0 1), ping!(0 0 0 2), ping!(0 0 0 3), ping!(0 0 0 4)]]);
    assert_keys(NotExercised, steps, &[&[ping!(0 0 0 1), ping!(0 0 0 2), ping!(0 0 0 3)]]);
}

#[test]
fn fresh_mask_key_conforms_after_sixteen_keys_without_a_pattern() {
    let steps = "> text \"x\"\nwait 16\n";
    let acts: [&[Act]; 16] = [
        &[ping!(9 1 7 3)],
        &[ping!(5 2 8 4)],
        &[ping!(1 8 2 8)],
        &[ping!(6 2 6 4)],
        &[ping!(9 9 7 3)],
        &[ping!(5 9 8 4)],
        &[ping!(1 9 2 8)],
        &[ping!(6 9 6 4)],
        &[ping!(9 1 9 3)],
        &[ping!(5 2 9 4)],
        &[ping!(1 8 9 8)],
        &[ping!(6 2 9 4)],
        &[ping!(9 1 7 9)],
        &[ping!(5 2 8 9)],
        &[ping!(1 8 2 9)],
        &[ping!(6 2 6 9)],
    ];
    assert_keys(Conforms, steps, &acts);
    assert_keys(Inconclusive, steps, &acts[..15]);
}
