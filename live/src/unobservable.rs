//! The rules that no check over sockets decides, and the faults that none shows, each with the reason.

use wsclose::model::faults::Fault;
use wsclose::protocol::role::Role;
use wsclose::rules::Rule;

const NO_MESSAGES: &str = "a socket does not show which messages the application receives";
const READ_LATE: &str = "the line of a program is read when the connection is over";
const NO_SENDING: &str = "no live case has the application send on its own";
const NO_HALF_CLOSE: &str = "a socket does not show whether an endpoint reads after its FIN";
const NO_MEMORY: &str = "a socket does not show the memory of an endpoint";

/// Each rule with the role of the endpoint.
const UNOBSERVABLE: [(Rule, Role, &str); 16] = [
    (Rule::NoHang, Role::Server, "a socket does not show whether a server is idle"),
    (Rule::TlsClosedCleanly, Role::Client, "the harness does not serve TLS"),
    (Rule::FinishesHalfClose, Role::Server, NO_HALF_CLOSE),
    (Rule::FinishesHalfClose, Role::Client, NO_HALF_CLOSE),
    (Rule::SendsBeforeClose, Role::Server, NO_SENDING),
    (Rule::SendsBeforeClose, Role::Client, NO_SENDING),
    (Rule::ApiRefusesDataAfterClose, Role::Server, NO_SENDING),
    (Rule::ApiRefusesDataAfterClose, Role::Client, NO_SENDING),
    (Rule::DeliversBeforeClose, Role::Server, NO_MESSAGES),
    (Rule::DeliversBeforeClose, Role::Client, NO_MESSAGES),
    (Rule::DeliversUntilAnswer, Role::Server, NO_MESSAGES),
    (Rule::DeliversUntilAnswer, Role::Client, NO_MESSAGES),
    (Rule::ReportsAfterTcp, Role::Server, READ_LATE),
    (Rule::ReportsAfterTcp, Role::Client, READ_LATE),
    (Rule::BoundedMemory, Role::Server, NO_MEMORY),
    (Rule::BoundedMemory, Role::Client, NO_MEMORY),
];

const NO_BOUND: &str = "the timeout of an endpoint may be longer than any run";
const NO_INTERRUPTION: &str =
    "the application is asked to close by a message, which cannot interrupt another message";
const NO_EARLY_FRAMES: &str = "a client sends no frame before the answer to its opening handshake (§4.1)";
const NO_ECHO: &str =
    "after the Close, an application that received a message can send nothing that shows it";

/// Each fault that no check shows although its rule can be decided, with the role of the endpoint.
const UNSHOWN_FAULTS: [(Fault, Role, &str); 10] = [
    (Fault::WaitsForEver, Role::Server, NO_BOUND),
    (Fault::WaitsForEver, Role::Client, NO_BOUND),
    (Fault::ClientWaitsForEverForFin, Role::Client, NO_BOUND),
    (Fault::DeliversAfterClose, Role::Server, NO_ECHO),
    (Fault::DeliversAfterClose, Role::Client, NO_ECHO),
    (Fault::DeliversAfterFailing, Role::Server, NO_ECHO),
    (Fault::DeliversAfterFailing, Role::Client, NO_ECHO),
    (Fault::EndsTcpOnRequestInMessage, Role::Server, NO_INTERRUPTION),
    (Fault::EndsTcpOnRequestInMessage, Role::Client, NO_INTERRUPTION),
    (Fault::LosesFramesWithTheOpening, Role::Server, NO_EARLY_FRAMES),
];

/// Why no check of the model with this fault in this role shows the fault; `None` if one does.
pub fn why_fault_unobservable(fault: Fault, role: Role) -> Option<&'static str> {
    let entry = UNSHOWN_FAULTS.iter().find(|(unshown, of, _)| (*unshown, *of) == (fault, role));
    entry.map(|(_, _, why)| *why).or_else(|| why_unobservable(fault.rule(), role))
}

/// Why no check of an endpoint of this role decides the rule; `None` if one does.
pub fn why_unobservable(rule: Rule, role: Role) -> Option<&'static str> {
    let entry = UNOBSERVABLE.iter().find(|(unobservable, of, _)| (*unobservable, *of) == (rule, role));
    entry.map(|(_, _, why)| *why)
}
