//! Judges whether the subject still reads frames between its own Close and the peer's, and answers Pings there.

use crate::judge::closing_ping::ClosingPing;
use crate::judge::facts::{At, ConnectionFacts};
use crate::judge::reason::InconclusiveReason;
use crate::judge::sink::VerdictSink;
use crate::judge::verdict::Observed;
use crate::rules::{Capability, Rule};

pub(super) fn judge(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts) {
    if let Some(ping) = &facts.peer.closing_ping
        && facts.own.foreign.is_none()
    {
        answers_ping(sink, facts, ping);
    }
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
    let stopped = closed.or(facts.app.error_at.filter(for_that_frame));
    let violation = stopped.map(|at| (at, Observed::Text("stopped reading before the peer's Close")));
    sink.check(Rule::ReadsUntilAnswer, violation, "frames read until the peer's Close");
    if stopped.is_none() && facts.peer.messages_between > 0 {
        delivers_messages(sink, facts, between, until);
    }
}

/// Only a Close that was received excuses a Pong (§5.5.2). Of several Pings, the last one counts (§5.5.3).
fn answers_ping(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts, ping: &ClosingPing) {
    let rule = Rule::PongsWhileClosing;
    let ended = facts.tcp.write_closed_at.is_some_and(|end| end.tick == ping.at.tick);
    let had_failed = facts.app.error_at.is_some_and(|error| error < ping.at);
    if ping.is_answered {
        sink.conforms(rule);
    } else if facts.cannot_act() || facts.tcp.peer_reset.is_some() || ended || had_failed {
        // Other rules judge an end of TCP or an error because of the Ping.
    } else if facts.peer.close.is_some_and(|close| close.at == ping.at)
        || ping.next_input_at.map_or(facts.last.tick, |next| next.tick) <= ping.at.tick
    {
        sink.inconclusive(rule, InconclusiveReason::NoTimeToReact);
    } else {
        sink.violates(rule, ping.at, "a Pong with the payload of the Ping", Observed::Text("sent no Pong"));
    }
}

/// A subject that has sent a Close need not process further data (§5.5.1), so a loss is only reported.
fn delivers_messages(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts, between: At, until: At) {
    let could_deliver = sink.trace.capabilities.has(Capability::ReportsCloseStatus)
        && !facts.cannot_act()
        && facts.app.error_at.is_none()
        && facts.tcp.closed_at.is_none_or(|closed| closed > until);
    if could_deliver {
        let lost = facts.app.delivered_between < facts.peer.messages_between;
        let actual = Observed::Text("a message that came before the peer's Close was lost");
        sink.check(Rule::DeliversUntilAnswer, lost.then_some((between, actual)), "the message delivered");
    }
}
