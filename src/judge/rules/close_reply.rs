//! Judges whether, when and with which code the subject replies to the peer's Close.

use crate::judge::facts::{ConnectionFacts, Reaction};
use crate::judge::observed_close::ObservedClose;
use crate::judge::reason::InconclusiveReason;
use crate::judge::sink::VerdictSink;
use crate::judge::verdict::{GRACE_TICKS, Observed};
use crate::protocol::code::Class;
use crate::rules::Rule;

pub(super) fn judge(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts) {
    let Some(peer) = &facts.peer.close else { return };
    let ended_before = facts.tcp.write_closed_at.is_some_and(|end| end < peer.at)
        || facts.app.error_at.is_some_and(|error| error < peer.at);
    if facts.cannot_act() || ended_before {
        return;
    }
    match &facts.own.close {
        Some(own) if own.at < peer.at => {}
        Some(own) => replied(sink, facts, peer, own),
        None => not_replied(sink, facts, peer),
    }
}

fn not_replied(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts, peer: &ObservedClose) {
    let rule = Rule::CloseAnswered;
    // An endpoint that fails the connection for a code may leave out the Close (§7.1.7).
    let rejected_code = peer.code().is_some_and(|code| code.class() == Class::Registered)
        && facts.reaction_to_close == Some(Reaction::Rejected);
    if facts.tcp.peer_reset.is_some() {
        sink.inconclusive(rule, InconclusiveReason::PeerReset);
    } else if rejected_code {
        sink.inconclusive(rule, InconclusiveReason::RegisteredCode);
    } else if peer.shares_segment && facts.tcp.write_closed_at.is_some() && facts.own.close_count == 0 {
        // The frames before it may be what ended the connection, such as more Pings than a limit allows.
        sink.inconclusive(rule, InconclusiveReason::AmbiguousCause);
    } else if facts.tcp.write_closed_at.is_none() && sink.in_grace(facts, peer.at) {
        sink.inconclusive(rule, InconclusiveReason::WithinGrace);
    } else if facts.own.close_count == 0 {
        sink.violates(rule, peer.at, "a Close in reply", Observed::Text("sent no Close"));
    }
}

fn replied(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts, peer: &ObservedClose, own: &ObservedClose) {
    sink.conforms(Rule::CloseAnswered);
    let ticks = own.at.tick - peer.at.tick;
    // The reply may wait until the current message is sent (§5.5.1).
    if !facts.own.message_in_progress {
        let late = Observed::Count(u64::from(ticks), "ticks until the reply");
        let violation = (ticks > GRACE_TICKS).then_some((own.at, late));
        sink.check(Rule::CloseAnsweredPromptly, violation, "a reply within one tick");
    }
    let rule = Rule::NoNewMessageAfterPeerClose;
    match facts.own.message_before_reply {
        None => sink.conforms(rule),
        Some(message) if message.may_be_reply => sink.inconclusive(rule, InconclusiveReason::AmbiguousCause),
        Some(message) if message.at.tick == peer.at.tick && sink.trace.recorder.may_cross() => {
            sink.inconclusive(rule, InconclusiveReason::MayHaveCrossed);
        }
        Some(message) => {
            let actual = Observed::Text("began a message after the peer's Close");
            sink.violates(rule, message.at, "the reply, after at most the message in progress", actual);
        }
    }
    if facts.reaction_to_close == Some(Reaction::Accepted) {
        let violation =
            (own.code() != peer.code()).then_some((own.at, Observed::Replied(peer.code(), own.code())));
        sink.check(Rule::CloseEchoesCode, violation, "the code of the peer's Close");
    }
}
