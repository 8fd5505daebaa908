//! Judges whether the subject still reads frames between its own Close and the peer's.

use crate::judge::facts::{At, ConnectionFacts};
use crate::judge::sink::VerdictSink;
use crate::judge::verdict::Observed;
use crate::rules::{Capability, Rule};

pub(super) fn judge(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts) {
    if facts.own.close.is_none() || facts.flaw.frame.is_some() {
        return;
    }
    let Some(between) = facts.peer.frame_between_closes_at else { return };
    let until = facts.peer.close.map_or(facts.last, |peer| peer.at);
    // Only what it does before the next input is surely for that frame.
    let for_that_frame = |at: &At| {
        *at > between
            && *at < until
            && at.tick == between.tick
            && !facts.peer_ended_before(*at)
            && facts.peer.input_after_between_at.is_none_or(|next| *at < next)
    };
    let closed = facts.tcp.closed_at.filter(for_that_frame);
    let violation = if let Some(at) = closed.or(facts.app.error_at.filter(for_that_frame)) {
        Some((at, Observed::Text("stopped reading before the peer's Close")))
    } else {
        let actual = Observed::Text("a message that came before the peer's Close was lost");
        lost_a_message(sink, facts, until).then_some((between, actual))
    };
    sink.check(Rule::ReadsUntilAnswer, violation, "frames read until the peer's Close");
}

/// Whether the subject discarded a message before the peer's Close. Afterwards it may (§1.4).
fn lost_a_message(sink: &VerdictSink<'_>, facts: &ConnectionFacts, until: At) -> bool {
    facts.app.delivered_between < facts.peer.messages_between
        && sink.trace.capabilities.has(Capability::ReportsCloseStatus)
        && sink.trace.capabilities.has(Capability::ReportsMessages)
        && !facts.cannot_act()
        && facts.app.error_at.is_none()
        && facts.tcp.closed_at.is_none_or(|closed| closed > until)
}
