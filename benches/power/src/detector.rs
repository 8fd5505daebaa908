//! Plays scripts to the model with every fault that is not yet detected, and notes which execution detects a fault.

use wsclose::Harness;
use wsclose::harness::Limits;
use wsclose::model::endpoint::Model;
use wsclose::model::faults::{Fault, FaultyModel};
use wsclose::protocol::code::Profile;
use wsclose::rules::{Rule, RuleSet};
use wsclose::script::{Script, ScriptBuf};

/// The rules that a harness checks which looks only for crashes.
const CRASH_RULES: RuleSet = RuleSet::of(&[Rule::NoPanic, Rule::NoHang]);

/// The first executions, counted from 1, in which a fault shows. `None` stands for a fault that does not show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Detection {
    /// The judge reports the rule that the fault violates.
    pub own_rule: Option<u64>,
    /// The judge reports any rule.
    pub any_rule: Option<u64>,
    /// The endpoint panics or hangs. Counted up to the execution that reports the fault's own rule.
    pub crash: Option<u64>,
}

/// Counts executions and watches for the faults.
pub struct Detector {
    harness: Harness,
    executions: u64,
    false_findings: u64,
    faults: Vec<(Fault, Detection)>,
    /// The indices of the faults that are not yet detected by their own rule.
    undetected: Vec<usize>,
}

impl Detector {
    /// A detector of these faults. It plays scripts with the limits of the fuzz targets.
    pub fn new(faults: &[Fault]) -> Detector {
        Detector {
            harness: Harness::new(Profile::default()).with_limits(Limits::FUZZING),
            executions: 0,
            false_findings: 0,
            faults: faults.iter().map(|fault| (*fault, Detection::default())).collect(),
            undetected: (0..faults.len()).collect(),
        }
    }

    /// Counts one execution and plays its scripts. Octets that are no script are counted and not played.
    pub fn execute<S: AsRef<[u8]>>(&mut self, scripts: &[S]) {
        self.executions += 1;
        for octets in scripts {
            let octets = octets.as_ref();
            if octets.first().is_some_and(u8::is_ascii) {
                if let Ok(script) = ScriptBuf::read(octets) {
                    self.play(script.as_script());
                }
            } else if let Ok(script) = Script::decode(octets) {
                self.play(script);
            }
        }
    }

    fn play(&mut self, script: Script<'_>) {
        let Detector { harness, executions, false_findings, faults, undetected } = self;
        let played = harness.play(script, &mut Model::new(Profile::default()));
        *false_findings += u64::from(!played.findings.is_empty());
        undetected.retain(|index| {
            let (fault, detection) = &mut faults[*index];
            // A new endpoint for each script: the script alone has to show the fault.
            let findings = harness.play(script, &mut FaultyModel::new(*fault)).findings;
            let rules: RuleSet = findings.iter().map(|finding| finding.rule).collect();
            if !rules.is_empty() {
                detection.any_rule.get_or_insert(*executions);
            }
            if !rules.intersection(CRASH_RULES).is_empty() {
                detection.crash.get_or_insert(*executions);
            }
            let is_detected = rules.contains(fault.rule());
            if is_detected {
                detection.own_rule = Some(*executions);
            }
            !is_detected
        });
    }

    /// The executions so far.
    pub fn executions(&self) -> u64 {
        self.executions
    }

    /// The scripts in which the judge reported a violation of the conforming model.
    pub fn false_findings(&self) -> u64 {
        self.false_findings
    }

    /// Every fault with the executions that detect it.
    pub fn faults(&self) -> &[(Fault, Detection)] {
        &self.faults
    }

    /// The number of faults that are detected by their own rule.
    pub fn detected(&self) -> usize {
        self.faults.len() - self.undetected.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detection(detector: &Detector, fault: Fault) -> Detection {
        let found = detector.faults().iter().find(|(listed, _)| *listed == fault);
        found.expect("a fault of the detector").1
    }

    #[test]
    fn each_fault_is_noted_once_with_its_execution() {
        let faults = [Fault::NeverAnswers, Fault::SpinsOnEmptyClose, Fault::SendsCode0];
        let mut detector = Detector::new(&faults);
        detector.execute(&["wsclose 1\nrole server\n> close 1000\nwait 2\n"]);
        detector.execute::<Vec<u8>>(&[]);
        detector.execute(&[b"no script".as_slice(), b"wsclose 1\nrole server\n> close\nwait 2\n"]);
        detector.execute(&[b"wsclose 1\nrole server\n> close 1000\nwait 2\n"]);
        assert_eq!((detector.executions(), detector.detected(), detector.false_findings()), (4, 3, 0));
        let never = Detection { own_rule: Some(1), any_rule: Some(1), crash: None };
        assert_eq!(detection(&detector, Fault::NeverAnswers), never);
        let hang = Detection { own_rule: Some(3), any_rule: Some(3), crash: Some(3) };
        assert_eq!(detection(&detector, Fault::SpinsOnEmptyClose), hang);
        assert_eq!(detection(&detector, Fault::SendsCode0).own_rule, Some(3));
    }

    #[test]
    fn a_fault_that_does_not_show_stays_undetected() {
        let mut detector = Detector::new(&[Fault::NeverAnswers]);
        detector.execute(&[b"wsclose 1\nrole server\n> ping\n"]);
        assert_eq!(detection(&detector, Fault::NeverAnswers), Detection::default());
        assert_eq!(detector.detected(), 0);
    }

    #[test]
    fn another_rule_does_not_detect_a_fault() {
        // The reply leaves out the code that was received, and is no violation of the rule about the code 1004.
        let mut detector = Detector::new(&[Fault::ReasonInLatin1, Fault::CloseWithRsv1]);
        detector.execute(&[b"wsclose 1\nrole server\n> close 1000\nwait 2\n"]);
        assert_eq!(detector.detected(), 1);
    }
}
