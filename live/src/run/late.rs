//! Tells violations that only show for a while from those that do not recur.
//!
//! An endpoint may do what a rule demands only when a timer of its own expires. A case with short waits then shows a
//! violation, and its re-run with longer waits does not. If the short waits show it again while nothing else goes on, and
//! the endpoint is otherwise much faster, load does not explain the delay.

use wsclose::rules::Family;

use crate::endpoint::under_test::EndpointUnderTest;
use crate::run::case_result::CaseResult;
use crate::run::lateness::Lateness;
use crate::run::parallel::Deadline;
use crate::run::retry::{ResultLedger, ShortWaits};
use crate::run::runner::CaseRunner;
use crate::run::timeouts::{Pace, Timeouts};

/// How often a case has to show the violation again with short waits.
const REQUIRED_RERUNS: usize = 2;

/// Re-runs, alone and with the timeouts of the first run, the cases whose violations did not recur with longer ones, if they
/// show a delay, or a frame that the endpoint should not have sent. No wait takes back a frame, so that a violation by one
/// that recurs here is confirmed: it needs a silence that is shorter than a timeout of the endpoint.
pub fn classify(
    under_test: EndpointUnderTest<'_>,
    ledger: &mut ResultLedger,
    timeouts: Timeouts,
    pace: Pace,
    deadline: &Deadline,
) {
    let mut runner = CaseRunner::new(under_test, timeouts).until(deadline);
    for (rule, at) in ledger.not_recurring() {
        if ledger.is_classified(rule) {
            continue;
        }
        let kind = if rule.family() == Family::OwnFrames {
            Some(ShortWaits::Sent)
        } else {
            let lateness = |result: &CaseResult| Lateness::of(result.latencies, pace.reaction);
            ledger.result(at).and_then(lateness).map(ShortWaits::Late)
        };
        let Some(kind) = kind else { continue };
        let case = ledger.cases()[at].clone();
        let recurs = (0..REQUIRED_RERUNS).all(|_| {
            let again = runner.run(&case);
            again.error.is_none() && again.violates(rule)
        });
        if recurs {
            ledger.classify(rule, at, kind);
        }
    }
}
