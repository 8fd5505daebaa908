//! A small power run by counts: in-process, with fixed seeds, so that every machine sees the same inputs.

use std::path::Path;

use wsclose::model::faults::Fault;
use wsclose_power::detector::Detector;
use wsclose_power::mutation::Mutations;
use wsclose_power::random;
use wsclose_power::seeds;

fn undetected(detector: &Detector) -> Vec<&'static str> {
    let missed = detector.faults().iter().filter(|(_, found)| found.own_rule.is_none());
    missed.map(|(fault, _)| fault.slug()).collect()
}

/// Checks that half of the faults are found, and nothing in the conforming model.
fn assert_half(detector: &Detector) {
    let (found, faults) = (detector.detected(), Fault::ALL.len());
    assert!(2 * found >= faults, "{found} of {faults} faults within {} executions", detector.executions());
    assert_eq!(detector.false_findings(), 0);
}

fn curated() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/closing_handshake");
    let seeds = seeds::compile(seeds::read(&folder).expect("the corpus")).expect("scripts");
    seeds.into_iter().map(|seed| seed.octets).collect()
}

#[test]
fn the_curated_corpus_finds_every_fault() {
    let mut detector = Detector::new(&Fault::ALL);
    curated().iter().for_each(|script| detector.execute(&[script]));
    let missed = undetected(&detector);
    assert!(missed.is_empty(), "after {} executions: {missed:?}", detector.executions());
    assert_eq!(detector.false_findings(), 0);
}

#[test]
fn mutations_from_an_empty_corpus_find_half_of_the_faults() {
    let mut detector = Detector::new(&Fault::ALL);
    Mutations::new(1, Vec::new()).take(5_000).for_each(|script| detector.execute(&[script]));
    assert_half(&detector);
}

#[test]
fn random_scenarios_find_half_of_the_faults() {
    let mut detector = Detector::new(&Fault::ALL);
    random::scenarios(1).take(5_000).for_each(|script| detector.execute(script.as_slice()));
    assert_half(&detector);
}
