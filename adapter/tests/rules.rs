//! A test for each rule, on the model.

use wsclose::model::endpoint::Model;
use wsclose_adapter::prelude::*;

fn main() -> std::process::ExitCode {
    let suite = Suite::new(|| Model::new(Profile::default())).strict(true);
    let has_test = |rule| suite.rules().is_ok_and(|rules| rules.contains(rule));
    assert!(has_test(Rule::CloseAnswered) && !has_test(Rule::QuietAfterClose), "info rules have no test");
    wsclose_adapter::libtest::main(&suite)
}
