//! The body of the fuzz target `scenario`: plays the script of a scenario to the model.

use std::cell::RefCell;

use crate::harness::Limits;
use crate::rules::RuleSet;
use crate::scenario::Scenario;

use super::ConformingModel;

thread_local! {
    // No scenario is longer than scripts written by hand, so that the limits of fuzzers, which bound what they invent,
    // would only leave out a part of it.
    static MODEL: RefCell<ConformingModel> = RefCell::new(ConformingModel::new(Limits::DEFAULT));
}

/// Plays a scenario to the model in the scenario's role. Returns the rules to which the model conformed.
///
/// # Panics
///
/// Panics if the judge finds a violation in the model, or if the limits of the driver leave out a part of the scenario.
pub fn scenario(scenario: &Scenario) -> RuleSet {
    MODEL.with_borrow_mut(|model| {
        let exercised = model.play(scenario.script().as_script());
        assert!(!model.harness.last().truncated, "the limits of the driver cut {scenario}");
        exercised
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::faults::{Fault, FaultyModel};
    use crate::protocol::role::Role;
    use crate::rules::Rule;

    #[test]
    fn a_scenario_exercises_the_rules_of_its_values() {
        let play = |name| scenario(&Scenario::named(Role::Server, name).expect("a scenario"));
        assert!(play("plain").contains(Rule::CloseAnswered));
        assert!(!play("plain").contains(Rule::RejectsRsv));
        assert!(play("rsv1").contains(Rule::RejectsRsv));
    }

    #[test]
    #[should_panic(expected = "the judge finds violations in the model")]
    fn a_fault_of_the_model_is_found() {
        let scenario = Scenario::named(Role::Server, "plain").expect("a scenario");
        let mut model = ConformingModel::of(FaultyModel::new(Fault::CloseWithoutFin), Limits::DEFAULT);
        model.play(scenario.script().as_script());
    }
}
