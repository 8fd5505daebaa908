//! Tells violations that only show for a while from those that do not recur.
//!
//! An endpoint may do what a rule demands only when a timer of its own expires. A case with short waits then shows a
//! violation, and its re-run with longer waits does not. If the short waits show it again while nothing else goes on, and
//! the endpoint is otherwise much faster, load does not explain the delay.

use crate::endpoint::under_test::EndpointUnderTest;
use crate::run::lateness::Lateness;
use crate::run::parallel::Deadline;
use crate::run::retry::ResultLedger;
use crate::run::runner::CaseRunner;
use crate::run::timeouts::{Pace, Timeouts};

/// How often a case has to show the violation again with short waits.
const REQUIRED_RERUNS: usize = 2;

/// Re-runs, alone and with the timeouts of the first run, the cases whose violations did not recur with longer ones and
/// that show a delay.
pub fn classify(
    under_test: EndpointUnderTest<'_>,
    ledger: &mut ResultLedger,
    timeouts: Timeouts,
    pace: Pace,
    deadline: &Deadline,
) {
    let mut runner = CaseRunner::new(under_test, timeouts).until(deadline);
    for (rule, at) in ledger.not_recurring() {
        if ledger.is_late(rule) {
            continue;
        }
        let lateness = ledger.result(at).and_then(|result| Lateness::of(result.latencies, pace.reaction));
        let Some(lateness) = lateness else { continue };
        let case = ledger.cases()[at].clone();
        let recurs = (0..REQUIRED_RERUNS).all(|_| {
            let again = runner.run(&case);
            again.error.is_none() && again.violates(rule)
        });
        if recurs {
            ledger.mark_late(rule, at, lateness);
        }
    }
}
