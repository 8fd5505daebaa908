//! Judges what no user would accept, whatever the subject received: panics, hangs and excessive memory.

use crate::judge::facts::ConnectionFacts;
use crate::judge::sink::VerdictSink;
use crate::judge::verdict::Observed;
use crate::rules::Rule;

/// Growth of memory in octets that is no violation: buffers of a fixed size.
const FREE_MEMORY: u64 = 1 << 20;

/// How many octets of memory each received octet may take.
const MEMORY_PER_OCTET: u64 = 8;

pub(super) fn judge(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts) {
    if facts.stimuli == 0 {
        return;
    }
    let panic = facts.health.panicked_at.map(|at| (at, Observed::Text("panicked")));
    sink.check(Rule::NoPanic, panic, "no panic");
    let hang =
        facts.health.hung_at.map(|at| (at, Observed::Text("still busy when its adapter stopped waiting")));
    sink.check(Rule::NoHang, hang, "idle after every step");
    if let Some((at, octets)) = facts.health.memory {
        let allowed = FREE_MEMORY.saturating_add(facts.peer.octets.saturating_mul(MEMORY_PER_OCTET));
        let violation = (octets > allowed).then_some((at, Observed::Count(octets, "octets of memory")));
        sink.check(Rule::BoundedMemory, violation, "memory by what was received");
    }
}
