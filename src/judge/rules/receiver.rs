//! The rules that bind a receiver: what the endpoint under test made of what it was sent.

use crate::judge::facts::{At, ConnectionFacts, FlawedFrame, ObservedClose};
use crate::judge::reaction::{Reaction, is_failure};
use crate::judge::sink::VerdictSink;
use crate::judge::verdict::{Observed, TIMEOUT_TICKS};
use crate::protocol::code::{Class, CloseCode};
use crate::protocol::flaw::Flaw;
use crate::protocol::frame::Opcode;
use crate::protocol::role::Role;
use crate::rules::{self, Capability, Rule};

/// The longest reason that is still "short": with it, a Close that is refused is refused for its code.
const SHORT_REASON: usize = 16;

/// Growth of memory that nobody is blamed for, in octets: buffers of a fixed size.
const FREE_MEMORY: u64 = 1 << 20;

pub(in crate::judge) fn judge(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts) {
    if let Some(flawed) = &facts.flaw.frame {
        flaw(sink, facts, flawed);
    }
    if let Some(peer) = &facts.peer.close {
        accepts(sink, facts, peer);
        after_close(sink, facts, peer);
    }
    reads_until_reply(sink, facts);
    peer_eof(sink, facts);
    robustness(sink, facts);
}

/// A frame that should fail the connection, and whether it did.
fn flaw(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts, flawed: &FlawedFrame) {
    let close = flawed.opcode == Opcode::Close;
    if facts.app.error_at.is_some_and(|error| error < flawed.at) {
        return;
    }
    let reaction = facts.reaction_to_flaw(flawed);
    for flaw in flawed.flaws.iter() {
        let Some(rule) = rules::receiver_rule(flaw, close) else { continue };
        match reaction {
            Reaction::Rejected => sink.conforms(rule),
            Reaction::Unknown => sink.inconclusive(rule),
            // Until it is whole, only what its length says can have been refused.
            Reaction::Accepted if !flawed.is_complete() && !flaw.shows_in_length() => sink.inconclusive(rule),
            Reaction::Accepted => {
                sink.violates(
                    rule,
                    flawed.located.first_at(flaw),
                    "the connection failed",
                    Observed::Accepted(flaw, flawed.code),
                );
            }
        }
    }
    if reaction == Reaction::Rejected {
        failed(sink, facts, flawed);
    }
}

/// How a connection was failed.
fn failed(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts, flawed: &FlawedFrame) {
    let rule = Rule::FailClosesTcp;
    if facts.tcp.write_closed_at.is_some() {
        sink.conforms(rule);
    } else {
        let patient = sink.trace.role == Role::Client || sink.trace.capabilities.has(Capability::HasTimeouts);
        let tired = sink.trace.capabilities.has(Capability::HasTimeouts)
            && facts.idle_ticks_since(flawed.at) >= TIMEOUT_TICKS;
        let due = !patient || facts.tcp.peer_fin.is_some() || tired;
        if due && !facts.health.panicked_or_hung() {
            let actual = Observed::Text("left TCP open after failing the connection");
            // Without a FIN of the peer, the flawed frame is the last event that required it to act.
            let due_since = if patient { facts.tcp.peer_fin } else { None };
            sink.violates(rule, due_since.unwrap_or(flawed.completed_at), "TCP closed", actual);
        } else {
            sink.inconclusive(rule);
        }
    }
    let closed_before = facts.own.close.is_some_and(|own| own.at < flawed.completed_at);
    if !closed_before && facts.tcp.peer_reset.is_none() && facts.health.panicked_at.is_none() {
        let answer = facts.own.close.and_then(|own| own.code());
        if facts.own.close_count > 0 {
            sink.conforms(Rule::FailSendsClose);
            // A code that not everybody takes may be what was refused, whatever else is wrong.
            let refused_code = answer == Some(CloseCode::PROTOCOL_ERROR)
                && flawed.code.is_some_and(|code| code.class() == Class::Registered);
            let fits = refused_code
                || answer.is_some_and(|code| flawed.flaws.iter().any(|flaw| flaw.accepts_fail_code(code)));
            // What came of the frame after its header may have been worse.
            let later = !flawed.is_complete()
                && (flawed.flaws.contains(Flaw::MessageTooBig)
                    || facts.own.close.is_some_and(|own| flawed.next_input_at.is_some_and(|at| at < own.at)));
            if later && !fits {
                sink.inconclusive(Rule::FailCodeFits);
            } else {
                let shown_at = facts.own.close.map_or(flawed.completed_at, |own| own.at);
                let violation = (!fits).then_some((shown_at, Observed::FailedWith(answer)));
                sink.check(Rule::FailCodeFits, violation, "1002, 1007 for bad UTF-8 or 1009 for too big");
            }
        } else {
            let actual = Observed::Text("no Close before TCP was closed");
            let end = facts.tcp.write_closed_at.filter(|end| *end > flawed.at);
            let shown_at = end.unwrap_or(flawed.completed_at);
            sink.violates(Rule::FailSendsClose, shown_at, "a Close with a fitting code", actual);
        }
    }
    // What the application request for is not the endpoint's doing, and a Close that says why goes before failing
    // (§7.1.7), also after one that said something else. An answer to the peer's does not.
    let of_its_own = facts.own.close_count.saturating_sub(facts.app.close_request_count);
    let tells_why = facts.own.last_close.is_some_and(|(_, code)| code.is_some_and(is_failure));
    let second = facts
        .own
        .last_close
        .map(|(last, _)| last)
        .filter(|last| *last > flawed.at && of_its_own > if closed_before && !tells_why { 0 } else { 1 });
    let violation = if let Some(at) = second {
        Some((at, Observed::Text("a second Close after failing the connection")))
    } else if let Some(at) = facts.app.excess_message_at {
        Some((at, Observed::Text("a message delivered after failing the connection")))
    } else if let Some(at) = facts.flaw.processed_at.filter(|_| facts.flaw.has_pong) {
        Some((at, Observed::Text("a Pong after failing the connection")))
    } else {
        None
    };
    sink.check(Rule::NothingAfterFail, violation, "nothing further");
}

/// A Close that every conforming peer may send, and whether it was taken.
fn accepts(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts, peer: &ObservedClose) {
    let failed_before = facts.app.error_at.is_some_and(|error| error < peer.at)
        || facts.tcp.closed_at.is_some_and(|deaf| deaf < peer.at)
        || facts.tcp.peer_reset.is_some();
    // Who is closing by itself may have its own reasons not to answer.
    let closing =
        facts.own.close.is_none() && facts.app.close_request.is_some_and(|request| request.at < peer.at);
    if failed_before || closing || facts.app.paused {
        return;
    }
    let reaction = match facts.reaction_to_close(peer) {
        // What came with it, or right after it, may be what was refused; and whoever answers a Close inside a
        // message by 1002 did handle it.
        Reaction::Rejected if peer.shares_segment || facts.peer.close_shared_segment || peer.mid_message => {
            Reaction::Unknown
        }
        reaction @ (Reaction::Accepted | Reaction::Rejected | Reaction::Unknown) => reaction,
    };
    let reason = peer.reason();
    let plain = reason.iter().all(|octet| matches!(octet, b' '..=b'~'));
    let short = reason.len() <= SHORT_REASON;
    let by_code = peer.code().map(|code| match code.class() {
        Class::Registered => Rule::AcceptsRegisteredCodes,
        Class::Library | Class::Private => Rule::AcceptsLibraryAndPrivateCodes,
        // Under a profile of a library other codes can get here; what a library takes binds nobody else.
        Class::Defined
        | Class::NotUsed
        | Class::LocalOnly
        | Class::ReservedWithoutMeaning
        | Class::Unassigned
        | Class::OutOfRange => Rule::AcceptsDefinedCodes,
    });
    let normal = peer.code() == Some(CloseCode::NORMAL);
    let by_reason = match (plain, short) {
        _ if reason.is_empty() => None,
        (true, _) => Some(Rule::AcceptsLongestReason),
        (false, _) => Some(Rule::AcceptsAnyUtf8Reason),
    };
    // Where several things could be to blame, only what is sure is blamed.
    let blamed = match (by_code, by_reason) {
        (None, _) => Some(Rule::AcceptsEmptyClose),
        (Some(by_code), None) => Some(by_code),
        (Some(by_code), Some(_)) if plain && short => Some(by_code),
        (Some(_), Some(by_reason)) if normal && (plain || short) => Some(by_reason),
        (Some(_), Some(_)) => None,
    };
    let empty = peer.code().is_none().then_some(Rule::AcceptsEmptyClose);
    for rule in by_code.into_iter().chain(by_reason).chain(empty) {
        match reaction {
            Reaction::Accepted => sink.conforms(rule),
            Reaction::Rejected if blamed == Some(rule) => {
                let after = |at: &At| *at > peer.at;
                let (at, actual) = match facts.own.close.filter(|own| after(&own.at)) {
                    Some(own) => (own.at, Observed::Replied(peer.code(), own.code())),
                    None => {
                        let end = facts.tcp.write_closed_at.filter(after);
                        let at = facts.app.error_at.filter(after).or(end).unwrap_or(peer.at);
                        (at, Observed::Rejected(peer.code()))
                    }
                };
                sink.violates(rule, at, "the handshake completed", actual);
            }
            Reaction::Rejected | Reaction::Unknown => sink.inconclusive(rule),
        }
    }
}

/// What surrounds a Close that was received.
fn after_close(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts, peer: &ObservedClose) {
    let unable = facts.health.panicked_or_hung() || facts.app.paused;
    if peer.mid_message && !unable && facts.own.close.is_none_or(|own| own.at > peer.at) {
        let before_peer = |at: &At| !facts.peer_ended_before(*at);
        let ignored = facts.own.close_count == 0
            && facts.tcp.write_closed_at.filter(before_peer).is_none()
            && facts.app.error_at.filter(before_peer).is_none();
        if ignored && !facts.had_time_before_peer_end(peer.at) {
            sink.inconclusive(Rule::CloseBetweenFragments);
        } else {
            let violation = ignored.then_some((peer.at, Observed::Text("did not react")));
            sink.check(Rule::CloseBetweenFragments, violation, "a Close in reply");
        }
    }
    if facts.peer.data_after_close && !unable {
        let hidden = facts.app.error_at.filter(|error| {
            *error > peer.at
                && !facts.peer_ended_before(*error)
                && facts.app.report.is_none_or(|report| {
                    report.code != peer.code() && report.code != Some(CloseCode::NO_STATUS)
                })
                && sink.trace.capabilities.has(Capability::ReportsCloseStatus)
                && facts.reaction_to_close(peer) == Reaction::Accepted
        });
        let violation = if let Some(at) = facts.app.excess_message_at {
            Some((at, Observed::Text("a message delivered after the peer's Close")))
        } else {
            hidden.map(|at| (at, Observed::Text("an error to the application instead of the Close")))
        };
        sink.check(Rule::DiscardsAfterClose, violation, "the data discarded");
    }
    let Some(own) = facts.own.close.filter(|own| own.at < peer.at) else { return };
    if own.payload() != peer.payload() {
        let second = facts.own.second_close_at.filter(|second| *second > peer.at);
        let violation =
            second.map(|at| (at, Observed::Text("a second Close in reply to the one that crossed")));
        sink.check(Rule::SimultaneousClose, violation, "no further Close");
    }
}

/// Whether frames were still read after the subject's own Close.
fn reads_until_reply(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts) {
    if facts.own.close.is_none() {
        return;
    }
    let Some(between) = facts.peer.frame_between_closes_at.filter(|_| facts.flaw.frame.is_none()) else {
        return;
    };
    let until = facts.peer.close.map_or(facts.last, |peer| peer.at);
    let before = |at: &At| {
        let upon_it =
            facts.peer.input_after_between_at.is_none_or(|next| *at < next) && at.tick == between.tick;
        *at > between && *at < until && !facts.peer_ended_before(*at) && upon_it
    };
    let violation = facts
        .tcp
        .closed_at
        .filter(before)
        .or(facts.app.error_at.filter(before))
        .map(|at| (at, Observed::Text("stopped reading before the peer's Close")));
    // Only after the peer's Close is data discarded (§1.4).
    let lost = facts.app.delivered_between < facts.peer.messages_between
        && sink.trace.capabilities.has(Capability::ReportsCloseStatus)
        && sink.trace.capabilities.has(Capability::ReportsMessages)
        && !facts.health.panicked_or_hung()
        && !facts.app.paused
        && facts.app.error_at.is_none()
        && facts.tcp.closed_at.is_none_or(|deaf| deaf > until);
    let lost =
        lost.then_some((between, Observed::Text("a message that came before the peer's Close was lost")));
    let violation = violation.or(lost);
    sink.check(Rule::ReadsUntilAnswer, violation, "frames read until the peer's Close");
}

/// The peer's end of TCP without a Close.
fn peer_eof(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts) {
    let Some(fin) = facts.tcp.peer_fin else { return };
    let dead = facts.health.panicked_or_hung();
    if dead
        || facts.app.paused
        || facts.peer.close.is_some()
        || facts.tcp.write_closed_at.is_some_and(|end| end < fin)
    {
        return;
    }
    let left_open = facts.tcp.write_closed_at.is_none() && sink.trace.capabilities.has(Capability::ClosesTcp);
    let rule = Rule::EofIsNotAClose;
    // After a flaw, who knows what the subject read: but whatever it was, the peer has gone.
    if facts.flaw.frame.is_some() && !left_open {
        return;
    }
    let clean = facts.app.report.is_some_and(|report| {
        report.clean == Some(true)
            // Told that it was not clean, an application need not go by the code: that is for reports-1006.
            || report.clean.is_none()
                && report.code.is_some_and(|code| code != CloseCode::ABNORMAL)
                && facts.app.error_at.is_none()
    });
    if clean && facts.flaw.frame.is_none() && sink.trace.capabilities.has(Capability::ReportsCloseStatus) {
        let code = facts.app.report.and_then(|report| report.code);
        let shown_at = facts.app.report.map_or(fin, |report| report.at);
        sink.violates(rule, shown_at, "an abnormal closure", Observed::Reported(code));
    } else if left_open {
        sink.violates(rule, fin, "TCP closed", Observed::Text("left TCP open after the peer's FIN"));
    } else {
        sink.conforms(rule);
    }
}

/// What no user would accept, whatever was received.
fn robustness(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts) {
    if facts.stimuli == 0 {
        return;
    }
    let panic = facts.health.panicked_at.map(|at| (at, Observed::Text("panicked")));
    sink.check(Rule::NoPanic, panic, "no panic");
    let hang =
        facts.health.hung_at.map(|at| (at, Observed::Text("still busy when its adapter stopped waiting")));
    sink.check(Rule::NoHang, hang, "idle after every step");
    if let Some((at, octets)) = facts.health.memory {
        let grown = octets > FREE_MEMORY.saturating_add(facts.peer.octets.saturating_mul(8));
        let violation = grown.then_some((at, Observed::Count(octets, "octets of memory")));
        sink.check(Rule::BoundedMemory, violation, "memory by what was received");
    }
    let in_time = |both: &At| facts.tcp.write_closed_at.is_none_or(|end| *both <= end);
    let waiting = facts.own.close.map(|own| facts.close_exchanged_at().filter(in_time).unwrap_or(own.at));
    if let Some(since) = waiting
        && !facts.health.panicked_or_hung()
    {
        let alone =
            facts.flaw.frame.is_none() && facts.tcp.peer_fin.is_none() && facts.tcp.peer_reset.is_none();
        let silent = facts.idle_ticks_since(since);
        if alone && (silent >= TIMEOUT_TICKS || facts.tcp.write_closed_at.is_some() && silent > 1) {
            // A late end of TCP shows it; without one, the silence began with the last event before it.
            let silent_since = facts.peer.last_octets_at.map_or(since, |last| last.max(since));
            let shown_at = facts.tcp.write_closed_at.unwrap_or(silent_since);
            let violation = facts.tcp.write_closed_at.is_none_or(|_| silent > TIMEOUT_TICKS).then_some((
                shown_at,
                Observed::Count(u64::from(silent), "ticks of silence, and still open"),
            ));
            sink.check(Rule::GivesUpWaiting, violation, "TCP closed after a timeout");
        }
    }
}
