//! A small power run by counts: in-process, with fixed seeds, so that every machine sees the same inputs.

use std::path::Path;

use wsclose::model::faults::Fault;
use wsclose_power::detector::Detector;
use wsclose_power::mutation::Mutations;
use wsclose_power::seeds;

fn undetected(detector: &Detector) -> Vec<&'static str> {
    let missed = detector.faults().iter().filter(|(_, found)| found.own_rule.is_none());
    missed.map(|(fault, _)| fault.slug()).collect()
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
    for seed in 1..=3 {
        let mut detector = Detector::new(&Fault::ALL);
        Mutations::new(seed, Vec::new()).take(5_000).for_each(|script| detector.execute(&[script]));
        assert!(
            2 * detector.detected() >= Fault::ALL.len(),
            "seed {seed} finds {} of {} faults",
            detector.detected(),
            Fault::ALL.len()
        );
        assert_eq!(detector.false_findings(), 0, "seed {seed}");
    }
}
