//! Judges how the subject fails the connection, if it rejected a flawed frame.

use crate::judge::facts::{ComparedReaction, ConnectionFacts, FlawedFrame, Reaction};
use crate::judge::reason::InconclusiveReason;
use crate::judge::sink::VerdictSink;
use crate::judge::verdict::{Observed, TIMEOUT_TICKS};
use crate::protocol::code::{Class, CloseCode};
use crate::protocol::flaw::Flaw;
use crate::protocol::frame::Opcode;
use crate::protocol::role::Role;
use crate::rules::{Capability, Rule};

/// What a conforming endpoint sends.
const FITTING_CODE: &str = "1002, 1007 for bad UTF-8 or 1009 for too big";

pub(super) fn judge(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts) {
    let Some(flawed) = facts.flaw_to_judge() else { return };
    if facts.is_open_to_comparison && flawed.opcode != Opcode::Close {
        closes_unlike(sink, facts, flawed);
    }
    if facts.reaction_to_flaw != Some(Reaction::Rejected) {
        return;
    }
    closes_tcp(sink, facts, flawed);
    if !had_closed_before(facts, flawed)
        && facts.tcp.peer_reset.is_none()
        && facts.health.panicked_at.is_none()
    {
        sends_close(sink, facts, flawed);
    }
    nothing_after(sink, facts, flawed);
}

fn had_closed_before(facts: &ConnectionFacts, flawed: &FlawedFrame) -> bool {
    facts.own.close.is_some_and(|own| own.at < flawed.completed_at)
}

fn closes_tcp(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts, flawed: &FlawedFrame) {
    let rule = Rule::FailClosesTcp;
    if facts.tcp.write_closed_at.is_some() {
        return sink.conforms(rule);
    }
    let has_timeouts = sink.trace.capabilities.has(Capability::HasTimeouts);
    let may_wait = sink.trace.role == Role::Client || has_timeouts;
    let timed_out = has_timeouts && facts.idle_ticks_since(flawed.at) >= TIMEOUT_TICKS;
    if facts.health.panicked_or_hung() {
        sink.inconclusive(rule, InconclusiveReason::PanickedOrHung);
    } else if may_wait && facts.tcp.peer_fin.is_none() && !timed_out {
        sink.inconclusive(rule, InconclusiveReason::MayStillWait);
    } else {
        // A subject that may wait had to act at the peer's FIN, if there is one, and any other at the flaw.
        let due_since = if may_wait { facts.tcp.peer_fin } else { None };
        let actual = Observed::Text("left TCP open after failing the connection");
        sink.violates(rule, due_since.unwrap_or(flawed.completed_at), "TCP closed", actual);
    }
}

fn sends_close(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts, flawed: &FlawedFrame) {
    // A server "MAY send a Close frame with a status code of 1002" for a missing mask, and a client for a mask (§5.1).
    let optional = flawed.flaws.iter().all(Flaw::is_of_mask);
    if facts.own.close_count == 0 && optional {
        return sink.inconclusive(Rule::FailSendsClose, InconclusiveReason::MaskFlaw);
    }
    if facts.own.close_count == 0 {
        let end = facts.tcp.write_closed_at.filter(|end| *end > flawed.at);
        let actual = Observed::Text("no Close before TCP was closed");
        let shown_at = end.unwrap_or(flawed.completed_at);
        return sink.violates(Rule::FailSendsClose, shown_at, "a Close with a fitting code", actual);
    }
    sink.conforms(Rule::FailSendsClose);
    let code = facts.own.close.and_then(|own| own.code());
    // An endpoint need not know a registered code, so that may be what it rejected, whatever else is wrong.
    let rejected_code = code == Some(CloseCode::PROTOCOL_ERROR)
        && flawed.code().is_some_and(|code| code.class() == Class::Registered);
    let fits = rejected_code
        || code.is_some_and(|code| flawed.flaws.iter().any(|flaw| flaw.accepts_fail_code(code)));
    // What arrived of the frame after its header may have been worse.
    let incomplete = !flawed.is_complete()
        && (flawed.flaws.contains(Flaw::MessageTooBig)
            || facts.own.close.is_some_and(|own| flawed.next_input_at.is_some_and(|at| at < own.at)));
    if incomplete && !fits {
        sink.inconclusive(Rule::FailCodeFits, InconclusiveReason::IncompleteFrame);
    } else if optional && !fits {
        sink.inconclusive(Rule::FailCodeFits, InconclusiveReason::MaskFlaw);
    } else if facts.own.close_was_requested && !fits {
        sink.inconclusive(Rule::FailCodeFits, InconclusiveReason::RequestedClose);
    } else {
        let shown_at = facts.own.close.map_or(flawed.completed_at, |own| own.at);
        let violation = (!fits).then_some((shown_at, Observed::FailedWith(code)));
        sink.check(Rule::FailCodeFits, violation, FITTING_CODE);
    }
}

/// The subject sent a Close that is neither an echo nor a failure for a flawed frame that is no Close. Other cases may
/// show that it failed the connection.
fn closes_unlike(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts, flawed: &FlawedFrame) {
    sink.open_to_comparison(Rule::FailSendsClose);
    sink.open_to_comparison(Rule::FailCodeFits);
    let (Some(ComparedReaction::Closed(case)), Some(own)) = (facts.comparison, facts.own.close) else {
        return;
    };
    sink.conforms(Rule::FailSendsClose);
    if !flawed.is_complete() {
        sink.inconclusive(Rule::FailCodeFits, InconclusiveReason::IncompleteFrame);
    } else if flawed.flaws.iter().all(Flaw::is_of_mask) {
        sink.inconclusive(Rule::FailCodeFits, InconclusiveReason::MaskFlaw);
    } else {
        let actual = Observed::ClosedUnlike(own.code(), case);
        sink.violates(Rule::FailCodeFits, own.at, FITTING_CODE, actual);
    }
}

/// A subject that failed the connection processes no further input (§7.1.7). A Close is a reply only if the peer's
/// came behind the flaw. Any other further Close is the question of `one-close`.
fn nothing_after(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts, flawed: &FlawedFrame) {
    let behind = &facts.flaw.behind;
    let own_initiative = facts.own.close_count.saturating_sub(facts.app.close_request_count);
    let allowed = if had_closed_before(facts, flawed) { 0 } else { 1 };
    let reply = facts
        .own
        .last_close
        .filter(|_| !facts.second_close_gives_cause())
        .map(|(last, _)| last)
        .filter(|last| behind.close_at.is_some_and(|close| close < *last) && own_initiative > allowed);
    let pong = facts.flaw.processed_at.filter(|_| facts.flaw.has_pong);
    let violation = if let Some(at) = reply {
        Some((at, Observed::Text("a Close in reply after failing the connection")))
    } else if let Some(at) = facts.app.excess_message_at {
        Some((at, Observed::Text("a message delivered after failing the connection")))
    } else {
        pong.map(|at| (at, Observed::Text("a Pong after failing the connection")))
    };
    let sees_messages = sink.trace.capabilities.has(Capability::ReportsMessages);
    let exercised = behind.close_at.is_some() || behind.has_ping || behind.has_message && sees_messages;
    if exercised || violation.is_some() {
        sink.check(Rule::NothingAfterFail, violation, "nothing further");
    }
}
