//! Judges whether the messages before a Close reach the application, and those of the application reach the peer.

use crate::judge::facts::ConnectionFacts;
use crate::judge::observed_close::ObservedClose;
use crate::judge::reason::InconclusiveReason;
use crate::judge::sink::VerdictSink;
use crate::judge::verdict::Observed;
use crate::rules::Rule;

pub(super) fn judge(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts) {
    if let Some(peer) = &facts.peer.close {
        delivers_before_close(sink, facts, peer);
    }
    if let Some(own) = &facts.own.close {
        sends_before_close(sink, facts, own);
    }
}

/// A subject that has sent a Close, failed or been asked to close need not deliver what arrives afterwards.
fn delivers_before_close(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts, peer: &ObservedClose) {
    let rule = Rule::DeliversBeforeClose;
    let due = facts.peer.messages.saturating_sub(facts.peer.messages_between);
    let closing = facts.app.close_request.is_some_and(|request| request.at < peer.at)
        || facts.tcp.closed_at.is_some_and(|closed| closed < peer.at);
    if due == 0 || facts.cannot_act() || closing || facts.app.error_at.is_some() {
        return;
    }
    if facts.tcp.peer_reset.is_some() {
        return sink.inconclusive(rule, InconclusiveReason::PeerReset);
    }
    let expected = "every message delivered, and then the closure reported";
    let reported_before = facts.app.report.filter(|report| {
        facts.app.delivered <= due && facts.app.last_message_at.is_some_and(|message| report.at < message)
    });
    if facts.app.delivered < due {
        let lost = Observed::Count(
            u64::from(due - facts.app.delivered),
            "messages lost that arrived before the peer's Close",
        );
        sink.violates(rule, peer.at, expected, lost);
    } else if let Some(report) = reported_before {
        let actual =
            Observed::Text("reported the closure before a message that had arrived before the Close");
        sink.violates(rule, report.at, expected, actual);
    } else {
        sink.conforms(rule);
    }
}

/// Whether the messages that the subject accepted before a request to close precede its Close.
fn sends_before_close(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts, own: &ObservedClose) {
    let rule = Rule::SendsBeforeClose;
    let requested = facts.app.open_requests.first.is_some_and(|request| request.at < own.at);
    if facts.app.sends_accepted == 0 || !requested || facts.health.panicked_or_hung() {
        return;
    }
    // An endpoint that closes for its peer may drop what is still queued (§6.1).
    if facts.causes_besides_requests().any(|cause| cause < own.at) {
        return sink.inconclusive(rule, InconclusiveReason::RequestInterrupted);
    }
    let missing = facts.app.sends_accepted.saturating_sub(facts.own.messages);
    let actual = Observed::Count(u64::from(missing), "accepted messages missing before the Close");
    let violation = (missing > 0).then_some((own.at, actual));
    sink.check(rule, violation, "every accepted message before the Close");
}
