//! A test binary with a test for each rule, for `cargo test` and nextest.
//!
//! In `Cargo.toml`, the test has a table `[[test]]` with `harness = false`. Its file is a suite and this function:
//!
//! ```no_run
//! use wsclose_adapter::prelude::*;
//! # use wsclose_adapter::wsclose::model::endpoint::Model;
//!
//! fn main() -> std::process::ExitCode {
//!     wsclose_adapter::libtest::main(&Suite::new(|| Model::new(Profile::default())))
//! }
//! ```

use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use wsclose::rules::Rule;
use wsclose::suite::{Suite, SuiteError, SuiteReport};

use crate::panic::install_filtered_hook;

/// Runs a test for each rule that can fail the suite, as the arguments of the process select and print them.
///
/// A test has the name of its rule. It fails if the subject violates the rule, or if an accepted violation of the rule does
/// not occur. It is ignored if no script exercised the rule. A suite that is not valid ends with its error on standard
/// error and a failure. Panics of the subject, which are findings, are not printed.
pub fn main(suite: &Suite) -> ExitCode {
    let args = Arguments::from_args();
    install_filtered_hook();
    match trials(suite) {
        Ok(trials) => libtest_mimic::run(&args, trials).exit_code(),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// The tests. The first one that runs plays the scripts, and the others wait for it.
fn trials(suite: &Suite) -> Result<Vec<Trial>, SuiteError> {
    let rules = suite.rules()?;
    let shared = Arc::new((suite.clone(), OnceLock::new()));
    let trial = |rule: Rule| {
        let shared = Arc::clone(&shared);
        Trial::ignorable_test(rule.id(), move || {
            let (suite, report): &(Suite, OnceLock<_>) = &shared;
            result_of(rule, report.get_or_init(|| suite.run()))
        })
    };
    Ok(rules.iter().map(trial).collect())
}

fn result_of(rule: Rule, report: &Result<SuiteReport, SuiteError>) -> Result<Completion, Failed> {
    let report = report.as_ref()?;
    if let Some(failure) = report.failure_of(rule) {
        return Err(format!("{} {failure}\n  run again: cargo test -- --exact {rule}", report.subject).into());
    }
    if report.exercised.contains(rule) {
        Ok(Completion::Completed)
    } else {
        Ok(Completion::ignored_with("no script exercised the rule"))
    }
}
