//! Judges whether the application receives an error for a closing handshake that was completed.

use crate::judge::facts::{At, ConnectionFacts, Reaction};
use crate::judge::reason::InconclusiveReason;
use crate::judge::sink::VerdictSink;
use crate::judge::verdict::{GRACE_TICKS, Observed};
use crate::protocol::code::CloseCode;
use crate::rules::Rule;

pub(super) fn judge(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts) {
    let rule = Rule::ReportsNoErrorAfterClose;
    let Some(both) = normal_handshake(facts) else { return };
    let is_over = facts.tcp.closed_at.is_some() || facts.tcp.peer_fin.is_some();
    match facts.app.error_at {
        None if is_over || facts.app.report.is_some() => sink.conforms(rule),
        None => {}
        // That error was for something else.
        Some(error) if error <= both => {}
        Some(error) => {
            let late = error.tick - both.tick > GRACE_TICKS;
            if facts.app.last_request_at.is_some_and(|request| both < request) {
                sink.inconclusive(rule, InconclusiveReason::AmbiguousCause);
            } else if late && facts.tcp.peer_fin.is_none_or(|fin| fin > error) {
                sink.inconclusive(rule, InconclusiveReason::OwnPolicy);
            } else if facts.app.report.is_some() {
                let actual = Observed::Text("reported an error besides the closure");
                sink.violates(rule, error, "a closure and no error", actual);
            } else if matches!(facts.reaction_to_close, Some(Reaction::Unknown(_))) {
                // After a certain acceptance, the rules on codes judge that the closure was not reported.
                let actual = Observed::Text("reported an error in place of the closure");
                sink.violates(rule, error, "a closure and no error", actual);
            }
        }
    }
}

/// When Closes had gone both ways, if nothing but them can be the cause of an error, and no interface reports their code
/// as one.
fn normal_handshake(facts: &ConnectionFacts) -> Option<At> {
    let (own, peer) = (facts.own.close?, facts.peer.close?);
    let both = own.at.max(peer.at);
    let normal = |code: Option<CloseCode>| {
        code.is_none_or(|code| code == CloseCode::NORMAL || code == CloseCode::GOING_AWAY)
    };
    // A subject that closes of its own accord may have an error of its own.
    let by_itself = own.at < peer.at && !facts.own.close_was_requested;
    let disturbed = facts.peer.data_after_close
        || facts.tcp.peer_reset.is_some()
        || facts.tcp.closed_at.is_some_and(|closed| closed < both);
    let rejected = facts.reaction_to_close == Some(Reaction::Rejected) || !own.flaws.is_empty();
    (normal(peer.code()) && !by_itself && !disturbed && !rejected && !facts.cannot_act()).then_some(both)
}
