//! The body of a fuzz target for the subject of a suite.

use std::fmt;

use super::player::Player;
use crate::analysis::matrix::{Cell, Example};
use crate::analysis::status::FindingStatus;
use crate::fuzz::with_script;
use crate::harness::Subject;
use crate::judge::Finding;
use crate::model::endpoint::Model;
use crate::playback::Harness;
use crate::protocol::role::Role;
use crate::rules::RuleSet;
use crate::scenario::Scenario;
use crate::script::Script;

/// Plays the inputs of a fuzzer to the subject of a [`Suite`](super::Suite), and panics on a violation that fails it.
///
/// Each script is judged alone: the usual replies of the subject, which the suite learns, play no part.
pub struct SuiteFuzzer {
    player: Player,
    roles: Vec<Role>,
    failing: RuleSet,
}

impl fmt::Debug for SuiteFuzzer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SuiteFuzzer").field("roles", &self.roles).finish_non_exhaustive()
    }
}

impl SuiteFuzzer {
    pub(super) const fn new(player: Player, roles: Vec<Role>, failing: RuleSet) -> SuiteFuzzer {
        SuiteFuzzer { player, roles, failing }
    }

    /// Plays a script in its text or binary form. Returns the rules that it exercised; the empty set for bytes that are no
    /// script. A script for a role that the suite leaves out is played in the other role.
    ///
    /// # Panics
    /// If the subject violates a rule that fails the suite. The message has the shortest script. Also if the model of
    /// wsclose violates that rule in the same script, because the judge is at fault then.
    pub fn check(&mut self, octets: &[u8]) -> RuleSet {
        with_script(octets, |script| self.check_script(script))
    }

    /// Plays the script of a scenario, like [`SuiteFuzzer::check`].
    ///
    /// # Panics
    /// As [`SuiteFuzzer::check`] does.
    pub fn check_scenario(&mut self, scenario: &Scenario) -> RuleSet {
        self.check_script(scenario.script().as_script())
    }

    fn check_script(&mut self, script: Script<'_>) -> RuleSet {
        let role = script.role();
        let script = if self.roles.contains(&role) { script } else { script.for_role(role.peer()) };
        let playback = self.player.play(script);
        let Some(finding) = playback.findings.iter().find(|finding| self.failing.contains(finding.rule))
        else {
            return playback.exercised();
        };
        let finding = *finding;
        let mut model = Model::new(self.player.profile());
        self.fail(script, &finding, &mut model)
    }

    /// Panics because of this finding, or because the model shows it too.
    fn fail(&mut self, script: Script<'_>, finding: &Finding, model: &mut dyn Subject) -> ! {
        let rule = finding.rule;
        let mut harness = Harness::new(self.player.profile());
        let playback = harness.play(script, model);
        assert!(
            playback.findings.iter().all(|finding| finding.rule != rule),
            "wsclose's own model violates {rule} too, so the judge is at fault; please report this script\n{script}"
        );
        let example = Example {
            name: "an input of the fuzzer".to_owned(),
            role: script.role(),
            text: script.to_string(),
            actual: finding.actual.to_string(),
            timeline: String::new(),
        };
        let mut cell = Cell::new(rule);
        cell.violated = 1;
        cell.offer(example);
        let violation = self.player.violation(cell, FindingStatus::Fail, None);
        let violation = violation.expect("the cell has an example");
        panic!("{} violates {rule}\n{violation}", self.player.subject_name());
    }
}

#[cfg(test)]
mod tests {
    use crate::model::faults::{Fault, FaultyModel};
    use crate::script::ScriptBuf;
    use crate::suite::Suite;

    #[test]
    #[should_panic(expected = "wsclose's own model violates close-fin too, so the judge is at fault")]
    fn a_violation_of_the_model_too_accuses_no_subject() {
        let faulty = || FaultyModel::new(Fault::CloseWithoutFin);
        let mut fuzzer = Suite::new(faulty).fuzzer().expect("a valid suite");
        let script = ScriptBuf::read(b"wsclose 1\nrole server\n> close 1000\n").expect("a script");
        let finding = fuzzer.player.play(script.as_script()).findings[0];
        fuzzer.fail(script.as_script(), &finding, &mut faulty());
    }
}
