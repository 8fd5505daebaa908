//! The rules on which no recording decides, each with the reason.

use wsclose::rules::{Capabilities, Capability, Rule};

const REQUESTS: &str = "a recording does not show what the application requested";
const REPORTS: &str = "a recording does not show what the application was told";
const POLICY: &str = "the application may have closed the connection, with any code";
const REASONS: &str = "an endpoint that does not interpret reasons may accept any octets";
const REPEATED: &str = "only the same input on two connections decides it";
const WAITING: &str = "how long an endpoint waits is its own decision";
const PROCESS: &str = "a recording does not show the process of an endpoint";
const HALVES: &str = "a recording does not show whether an endpoint reads after its FIN";
const MEMORY: &str = "a recording does not show the memory of an endpoint";
const MESSAGES: &str = "a recording does not show which messages the application received";

/// Single rules. Others follow from what shows in a recording at all.
const UNDECIDED: [(Rule, &str); 10] = [
    (Rule::AcceptsLawfulFrames, POLICY),
    (Rule::RejectsBadUtf8Reason, REASONS),
    (Rule::AnySegmentation, REPEATED),
    (Rule::NextConnectionUnharmed, REPEATED),
    (Rule::GivesUpWaiting, WAITING),
    (Rule::NoHang, PROCESS),
    (Rule::NoPanic, PROCESS),
    (Rule::WaitsForAnswer, HALVES),
    (Rule::ReadsUntilAnswer, HALVES),
    (Rule::ReportsAfterTcp, REPORTS),
];

/// Why no recording decides the rule; `None` if one may.
pub fn why_undecided(rule: Rule) -> Option<&'static str> {
    let single = UNDECIDED.iter().find(|(undecided, _)| *undecided == rule).map(|(_, why)| *why);
    single.or_else(|| by_capability(rule.capability()))
}

fn by_capability(capability: Capability) -> Option<&'static str> {
    match capability {
        Capability::ReportsCloseStatus | Capability::ReportsClean => Some(REPORTS),
        Capability::ExposesCloseApi => Some(REQUESTS),
        Capability::ReportsMemory => Some(MEMORY),
        Capability::ReportsMessages => Some(MESSAGES),
        Capability::ShowsBothDirections => Some(HALVES),
        Capability::InterpretsReason => Some(REASONS),
        Capability::Framing
        | Capability::MasksFrames
        | Capability::RepliesToClose
        | Capability::ParsesCloseBody
        | Capability::SendsCloseOnFailure
        | Capability::ClosesTcp
        | Capability::HasTimeouts
        | Capability::ValidatesText => None,
    }
}

/// What a side does that shows in a recording. Its application and the program around it are part of it.
pub fn capabilities() -> Capabilities {
    let unseen: Vec<Capability> =
        Capability::ALL.into_iter().filter(|capability| by_capability(*capability).is_some()).collect();
    let undecided: Vec<Rule> = Rule::ALL.into_iter().filter(|rule| why_undecided(*rule).is_some()).collect();
    Capabilities::ALL.without(&unseen).exempting(&undecided)
}
