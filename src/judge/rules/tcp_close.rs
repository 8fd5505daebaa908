//! Judges when and how the subject ends TCP after the closing handshake, or while it waits for it.

use crate::judge::facts::{At, ConnectionFacts, Reaction};
use crate::judge::reason::InconclusiveReason;
use crate::judge::sink::VerdictSink;
use crate::judge::verdict::{GRACE_TICKS, Observed, TIMEOUT_TICKS};
use crate::protocol::role::Role;
use crate::rules::{Capability, Rule};

pub(super) fn judge(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts) {
    if let Some(both) = facts.close_exchanged_at()
        && !facts.cannot_act()
        && facts.tcp.peer_reset.is_none_or(|reset| reset > both)
        // A reset leaves no TCP connection to end.
        && !(facts.tcp.peer_reset_at_once && facts.tcp.write_closed_at.is_none())
        && facts.own.close.is_some_and(|own| own.flaws.is_empty())
        && facts.tcp.closed_at.is_none_or(|closed| closed >= both)
    {
        match sink.trace.role {
            Role::Server => server_closes(sink, facts, both),
            Role::Client => client_closes(sink, facts, both),
        }
    }
    if sink.trace.role == Role::Server {
        server_fails_at_once(sink, facts);
    }
    finishes_half_close(sink, facts);
    closes_cleanly(sink, facts);
    waits_for_answer(sink, facts);
}

/// A server closes TCP once Closes went both ways, which was at `both`.
fn server_closes(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts, both: At) {
    let end = facts.tcp.write_closed_at;
    if end.is_none() && sink.in_grace(facts, both) {
        sink.inconclusive(Rule::TcpClosedAfterHandshake, InconclusiveReason::WithinGrace);
    } else {
        let open = Observed::Text("left TCP open after the handshake");
        sink.check(Rule::TcpClosedAfterHandshake, end.is_none().then_some((both, open)), "TCP closed");
    }
    let ticks = end.map_or(facts.ticks_since(both), |end| end.tick.saturating_sub(both.tick));
    if end.is_some() || ticks > GRACE_TICKS {
        let late = Observed::Count(u64::from(ticks), "ticks with TCP left open");
        let violation = (ticks > GRACE_TICKS).then_some((end.unwrap_or(both), late));
        sink.check(Rule::ServerClosesTcpAtOnce, violation, "TCP closed within a tick");
    }
}

/// A client waits for the server's FIN, or for its own timeout, before it closes TCP.
fn client_closes(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts, both: At) {
    let end = facts.tcp.write_closed_at;
    let due = facts.tcp.peer_fin.is_some()
        || sink.applies(Rule::GivesUpWaiting) && facts.idle_ticks_since(both) >= TIMEOUT_TICKS;
    if due || end.is_some() {
        let due_since = facts.tcp.peer_fin.unwrap_or(both);
        let open = Observed::Text("left TCP open after the handshake");
        sink.check(Rule::TcpClosedAfterHandshake, end.is_none().then_some((due_since, open)), "TCP closed");
    }
    // After an error report, the program around the library may have closed TCP.
    let hasty = end.filter(|end| {
        !facts.peer_ended_before(*end)
            && end.tick == both.tick
            && facts.app.error_at.is_none_or(|error| error > *end)
    });
    let violation = hasty.map(|end| (end, Observed::Text("closed TCP before the server did")));
    sink.check(Rule::ClientLetsServerCloseFirst, violation, "a wait for the server's FIN");
}

/// A server that fails the connection closes TCP at once, and does not wait for the client (§7.1.1).
fn server_fails_at_once(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts) {
    let Some(flawed) = facts.flaw_to_judge() else { return };
    if facts.reaction_to_flaw != Some(Reaction::Rejected)
        || facts.cannot_act()
        || facts.tcp.peer_reset.is_some()
    {
        return;
    }
    // A Close that the application requested does not fail the connection.
    let close = facts.own.close.filter(|_| !facts.own.close_was_requested).map(|own| own.at);
    let failed = close.into_iter().chain(facts.app.error_at).filter(|at| *at > flawed.at).min();
    let Some(failed) = failed else { return };
    let end = facts.tcp.write_closed_at;
    let ticks = end.map_or(facts.ticks_since(failed), |end| end.tick.saturating_sub(failed.tick));
    if end.is_some() || ticks > GRACE_TICKS {
        let late = Observed::Count(u64::from(ticks), "ticks with TCP left open");
        let violation = (ticks > GRACE_TICKS).then_some((end.unwrap_or(failed), late));
        sink.check(Rule::ServerFailsAtOnce, violation, "TCP closed within a tick");
    }
}

/// A subject closes both directions of TCP at once. If it has only ended what it sends, it closes the rest once the
/// peer has closed TCP, or after a timeout.
fn finishes_half_close(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts) {
    let rule = Rule::FinishesHalfClose;
    let Some(half) = facts.tcp.write_closed_at else { return };
    if facts.tcp.ended_by_reset
        || facts.cannot_act()
        || facts.tcp.peer_reset.is_some()
        || !sink.trace.capabilities.has(Capability::ClosesTcp)
    {
        return;
    }
    let silent_since = facts.peer.last_octets_at.map_or(half, |last| last.max(half));
    let timed_out = sink.trace.capabilities.has(Capability::HasTimeouts)
        && facts.ticks_since(silent_since) >= TIMEOUT_TICKS;
    match (facts.tcp.closed_at, facts.tcp.peer_fin) {
        (Some(_), _) => sink.conforms(rule),
        (None, Some(fin)) if sink.in_grace(facts, fin.max(half)) => {
            sink.inconclusive(rule, InconclusiveReason::WithinGrace);
        }
        (None, None) if !timed_out => sink.inconclusive(rule, InconclusiveReason::MayStillWait),
        (None, fin) => {
            let at = fin.map_or(half, |fin| fin.max(half));
            sink.violates(rule, at, "both directions closed", Observed::Text("closed only one direction"));
        }
    }
}

fn closes_cleanly(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts) {
    let (Some(own), Some(end)) = (&facts.own.close, facts.tcp.write_closed_at) else { return };
    if own.at >= end {
        return;
    }
    if facts.tcp.peer_reset.is_some_and(|reset| reset < end) {
        sink.inconclusive(Rule::TcpClosedCleanly, InconclusiveReason::PeerReset);
    } else {
        // After a reset there is no FIN before which close_notify belongs. An endpoint that fails the connection may
        // close TCP by any means.
        if facts.tcp.over_tls && !facts.tcp.ended_by_reset && facts.flaw.frame.is_none() {
            let cut = Observed::Text("sent FIN without close_notify");
            let violation = (!facts.tcp.tls_closed).then_some((end, cut));
            sink.check(Rule::TlsClosedCleanly, violation, "close_notify before FIN");
        }
        let reset = Observed::Text("reset TCP after its Close");
        sink.check(Rule::TcpClosedCleanly, facts.tcp.ended_by_reset.then_some((end, reset)), "FIN");
    }
}

/// A subject that shut down only writing still waits.
fn waits_for_answer(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts) {
    let (Some(own), Some(closed)) = (&facts.own.close, facts.tcp.closed_at) else { return };
    if own.at >= closed || !facts.initiated_close() {
        return;
    }
    if facts.tcp.reset_after_fin {
        return sink.inconclusive(Rule::WaitsForAnswer, InconclusiveReason::ResetAfterFin);
    }
    let excused = facts.flaw.frame.is_some_and(|flawed| flawed.at < closed)
        || facts.peer.close.is_some_and(|peer| peer.at < closed)
        || facts.peer_ended_before(closed)
        // Whether it read those frames is the question of `reads-until-answer`.
        || facts.peer.frame_between_closes_at.is_some()
        || facts.app.error_at.is_some_and(|error| error < own.at);
    let hasty = Observed::Text("closed TCP without waiting for the peer's Close");
    let violation = (!excused && closed.tick == own.at.tick).then_some((closed, hasty));
    sink.check(Rule::WaitsForAnswer, violation, "the peer's Close, or a timeout");
}
