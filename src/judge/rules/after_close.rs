//! Judges what the subject sends after its own Close, and how it treats what surrounds the peer's Close.

use crate::judge::facts::{At, ConnectionFacts, Reaction};
use crate::judge::observed_close::ObservedClose;
use crate::judge::reason::InconclusiveReason;
use crate::judge::sink::VerdictSink;
use crate::judge::verdict::Observed;
use crate::protocol::code::CloseCode;
use crate::rules::{Capability, Rule};

pub(super) fn judge(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts) {
    if facts.own.close_count > 0 {
        sends_after_close(sink, facts);
    }
    if let Some(peer) = &facts.peer.close {
        close_between_fragments(sink, facts, peer);
        discards_after_close(sink, facts, peer);
        simultaneous_close(sink, facts, peer);
    }
}

fn sends_after_close(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts) {
    let data = facts.own.data_after_close_at.map(|at| (at, Observed::Text("sent data after its own Close")));
    sink.check(Rule::NoDataAfterClose, data, "nothing but control frames after a Close");
    let count = Observed::Count(u64::from(facts.own.close_count), "Closes sent");
    // An endpoint that fails the connection sends a Close with the cause (§7.1.7).
    let second = facts.own.second_close_at.filter(|_| !facts.second_close_gives_cause());
    sink.check(Rule::OneClose, second.map(|at| (at, count)), "one Close");
    if facts.close_exchanged_at().is_some() {
        // A Ping in the segment of the Close came before it, and its Pong is due.
        let pong = facts.own.pong_after_both_at.filter(|_| facts.own.pongs > facts.peer.pings);
        let heartbeat = facts
            .own
            .ping_after_both_at
            .or(pong)
            .map(|at| (at, Observed::Text("sent a Ping or Pong after the handshake")));
        sink.check(Rule::QuietAfterClose, heartbeat, "silence");
    }
}

fn close_between_fragments(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts, peer: &ObservedClose) {
    if !peer.mid_message || facts.cannot_act() || facts.own.close.is_some_and(|own| own.at <= peer.at) {
        return;
    }
    let before_peer_end = |at: &At| !facts.peer_ended_before(*at);
    let ignored = facts.own.close_count == 0
        && facts.tcp.write_closed_at.filter(before_peer_end).is_none()
        && facts.app.error_at.filter(before_peer_end).is_none();
    if ignored && !facts.had_time_before_peer_end(peer.at) {
        sink.inconclusive(Rule::CloseBetweenFragments, InconclusiveReason::NoTimeToReact);
    } else {
        let violation = ignored.then_some((peer.at, Observed::Text("did not react")));
        sink.check(Rule::CloseBetweenFragments, violation, "a Close in reply");
    }
}

fn discards_after_close(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts, peer: &ObservedClose) {
    if !facts.peer.data_after_close || facts.cannot_act() {
        return;
    }
    let hides_close = |error: &At| {
        *error > peer.at
            && !facts.peer_ended_before(*error)
            && facts
                .app
                .report
                .is_none_or(|report| report.code != peer.code() && report.code != Some(CloseCode::NO_STATUS))
            && sink.trace.capabilities.has(Capability::ReportsCloseStatus)
            && facts.reaction_to_close == Some(Reaction::Accepted)
    };
    // Without deliveries and reports, nothing shows what became of the data.
    let reports = sink.trace.capabilities.has(Capability::ReportsCloseStatus)
        && (facts.app.report.is_some() || facts.app.error_at.is_some());
    let is_seen = reports || sink.trace.capabilities.has(Capability::ReportsMessages);
    let violation = if let Some(at) = facts.app.excess_message_at {
        Some((at, Observed::Text("a message delivered after the peer's Close")))
    } else {
        let actual = Observed::Text("an error to the application instead of the Close");
        facts.app.error_at.filter(hides_close).map(|at| (at, actual))
    };
    if is_seen || violation.is_some() {
        sink.check(Rule::DiscardsAfterClose, violation, "the data discarded");
    }
}

fn simultaneous_close(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts, peer: &ObservedClose) {
    let Some(own) = facts.own.close.filter(|own| own.at < peer.at) else { return };
    // A Close with the same body may be the peer's reply.
    if own.payload() != peer.payload() {
        let second = facts.own.second_close_at.filter(|second| *second > peer.at);
        let actual = Observed::Text("a second Close in reply to the one that crossed");
        sink.check(Rule::SimultaneousClose, second.map(|at| (at, actual)), "no further Close");
    }
}
