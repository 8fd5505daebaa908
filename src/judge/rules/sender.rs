//! The rules that bind a sender: what the endpoint under test put on the wire, and when it ended TCP.

use crate::judge::facts::{At, ConnectionFacts};
use crate::judge::reaction::Reaction;
use crate::judge::sink::VerdictSink;
use crate::judge::verdict::{GRACE_TICKS, Observed, TIMEOUT_TICKS};
use crate::protocol::code::{Class, Profile, Unsendable};
use crate::protocol::role::Role;
use crate::rules::{self, Evidence, Rule, RuleSet};

pub(in crate::judge) fn judge(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts, profile: Profile) {
    if facts.own.frame_count > 0 {
        frames(sink, facts);
    }
    if facts.own.close_count > 0 {
        closes(sink, facts, profile);
    }
    close_reply(sink, facts);
    tcp_close(sink, facts);
}

/// The rules that every frame exercises.
const BY_ANY_FRAME: RuleSet = RuleSet::with_evidence(Evidence::Frame);

/// The rules that every Close exercises.
const BY_CLOSE: RuleSet = RuleSet::with_evidence(Evidence::CloseHeader)
    .union(RuleSet::with_evidence(Evidence::CloseBody))
    .union(RuleSet::with_evidence(Evidence::CloseReason));

/// The rules that the frames of this role exercise.
const fn by_frame_of(role: Role) -> RuleSet {
    RuleSet::with_evidence(match role {
        Role::Client => Evidence::ClientFrame,
        Role::Server => Evidence::ServerFrame,
    })
}

/// The rules that a Close with a code exercises if this role sends it.
const fn by_code_of(role: Role) -> RuleSet {
    let any = RuleSet::with_evidence(Evidence::CloseCode);
    match role {
        Role::Client => any,
        Role::Server => any.union(RuleSet::with_evidence(Evidence::ServerCloseCode)),
    }
}

/// What single frames break.
fn frames(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts) {
    const BY_FRAMES: [RuleSet; 2] =
        [BY_ANY_FRAME.union(by_frame_of(Role::ALL[0])), BY_ANY_FRAME.union(by_frame_of(Role::ALL[1]))];
    let mut exercised = BY_FRAMES[sink.trace.role as usize];
    if facts.own.close_count > 0 {
        exercised = exercised.union(BY_CLOSE);
    }
    let mut flawed = facts.rules_violated_by_frames();
    for rule in flawed.iter() {
        let shown_by = [(&facts.own.close_flaws, true), (&facts.own.flaws, false)]
            .into_iter()
            .flat_map(|(located, on_close)| located.flaws.iter().map(move |flaw| (located, flaw, on_close)))
            .find(|(_, flaw, on_close)| rules::sender_rule(*flaw, *on_close) == Some(rule));
        if let Some((located, flaw, _)) = shown_by {
            let at = located.first_at(flaw);
            sink.violates(rule, at, "a frame that follows §5.2 and §5.5", Observed::Sent(flaw));
        }
    }
    if let (true, Some(end)) = (facts.own.has_unfinished_frame, facts.tcp.write_closed_at)
        && facts.tcp.peer_reset.is_none()
        && !facts.tcp.send_path.cannot_deliver()
        && !flawed.contains(Rule::StreamWellFormed)
    {
        flawed.insert(Rule::StreamWellFormed);
        let actual = Observed::Text("ended TCP in the middle of a frame");
        sink.violates(Rule::StreamWellFormed, end, "whole frames", actual);
    }
    sink.all_conform(exercised.without(flawed));
}

/// What Closes break, beyond what every frame can.
fn closes(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts, profile: Profile) {
    if let Some(own) = facts.own.close
        && let Some(code) = own.code()
    {
        let echoed = facts.peer.close.is_some_and(|peer| peer.at <= own.at && peer.code() == Some(code))
            // What came after a flaw that was let pass is not read here: it may have been this.
            || facts.flaw.frame.is_some_and(|flawed| flawed.at <= own.at);
        const BY_CODES: [RuleSet; 2] = [by_code_of(Role::ALL[0]), by_code_of(Role::ALL[1])];
        let mut kept = BY_CODES[sink.trace.role as usize];
        match code.sendable(sink.trace.role, profile) {
            // Echoing 1010 is not originating it.
            Err(Unsendable::ClientOnly) if echoed => {}
            Err(why) => {
                kept = kept.without(RuleSet::of(&[rules::code_sender_rule(why)]));
                let actual = Observed::SentCode(code);
                sink.violates(
                    rules::code_sender_rule(why),
                    own.at,
                    "a code that may be sent, or none",
                    actual,
                );
            }
            Ok(()) => {}
        }
        sink.all_conform(kept);
    }
    let data = facts.own.data_after_close_at.map(|at| (at, Observed::Text("sent data after its own Close")));
    sink.check(Rule::NoDataAfterClose, data, "nothing but control frames after a Close");
    let second = facts
        .own
        .second_close_at
        .map(|at| (at, Observed::Count(u64::from(facts.own.close_count), "Closes sent")));
    sink.check(Rule::OneClose, second, "one Close");
    if facts.close_exchanged_at().is_some() {
        // A Ping that shared a segment with the Close came before it: its Pong answers in order.
        let pong = facts.own.pong_after_both_at.filter(|_| facts.own.pongs > facts.peer.pings);
        let noise = facts
            .own
            .ping_after_both_at
            .or(pong)
            .map(|at| (at, Observed::Text("sent a Ping or Pong after the handshake")));
        sink.check(Rule::QuietAfterClose, noise, "silence");
    }
}

/// Whether, when and how a Close is answered.
fn close_reply(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts) {
    let Some(peer) = facts.peer.close else { return };
    let unable = facts.health.panicked_or_hung() || facts.app.paused;
    let cut_off = facts.tcp.write_closed_at.is_some_and(|end| end < peer.at)
        || facts.app.error_at.is_some_and(|error| error < peer.at);
    if unable || cut_off || facts.own.close.is_some_and(|own| own.at < peer.at) {
        return;
    }
    let Some(own) = facts.own.close else {
        // A code that not everybody takes may have failed the connection, and then a Close may be left out (§7.1.7).
        let refused = peer.code().is_some_and(|code| code.class() == Class::Registered)
            && facts.reaction_to_close(&peer) == Reaction::Rejected;
        // A reset may have come before an answer that takes its time could leave.
        if facts.tcp.peer_reset.is_some() || refused || sink.in_grace(facts, peer.at) {
            sink.inconclusive(Rule::CloseAnswered);
        } else if facts.own.close_count == 0 {
            let actual = Observed::Text("sent no Close");
            sink.violates(Rule::CloseAnswered, peer.at, "a Close in reply", actual);
        }
        return;
    };
    sink.conforms(Rule::CloseAnswered);
    let late = own.at.tick - peer.at.tick;
    if !facts.own.data_before_reply {
        let violation = (late > GRACE_TICKS)
            .then_some((own.at, Observed::Count(u64::from(late), "ticks until the reply")));
        sink.check(Rule::CloseAnsweredPromptly, violation, "a reply within one tick");
    }
    if facts.reaction_to_close(&peer) == Reaction::Accepted {
        let violation =
            (own.code() != peer.code()).then_some((own.at, Observed::Replied(peer.code(), own.code())));
        sink.check(Rule::CloseEchoesCode, violation, "the code of the peer's Close");
    }
}

/// When and how TCP ends.
fn tcp_close(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts) {
    let unable = facts.health.panicked_or_hung() || facts.app.paused;
    if let Some(both) = facts.close_exchanged_at()
        && !unable
        && !facts.peer_ended_before(both)
        && facts.own.close.is_some_and(|own| own.flaws.is_empty())
        && facts.tcp.closed_at.is_none_or(|deaf| deaf >= both)
    {
        after_handshake(sink, facts, both);
    }
    if let (Some(own), Some(end)) = (facts.own.close, facts.tcp.write_closed_at)
        && own.at < end
    {
        if facts.tcp.peer_reset.is_some_and(|reset| reset < end) {
            sink.inconclusive(Rule::TcpClosedCleanly);
        } else {
            let violation =
                facts.tcp.ended_by_reset.then_some((end, Observed::Text("reset TCP after its Close")));
            sink.check(Rule::TcpClosedCleanly, violation, "FIN");
        }
    }
    // Whoever has ended only what it sends still waits.
    if let (Some(own), Some(deaf)) = (facts.own.close, facts.tcp.closed_at)
        && own.at < deaf
        && facts.initiated_close()
    {
        let excused = facts.flaw.frame.is_some_and(|flawed| flawed.at < deaf)
            || facts.peer.close.is_some_and(|peer| peer.at < deaf)
            || facts.peer_ended_before(deaf)
            // Whether it read what still came is for another rule to say.
            || facts.peer.frame_between_closes_at.is_some()
            || facts.app.error_at.is_some_and(|error| error < own.at);
        if facts.tcp.reset_after_fin {
            sink.inconclusive(Rule::WaitsForAnswer);
        } else {
            let violation = (!excused && deaf.tick == own.at.tick)
                .then_some((deaf, Observed::Text("closed TCP without waiting for the peer's Close")));
            sink.check(Rule::WaitsForAnswer, violation, "the peer's Close, or a timeout");
        }
    }
}

fn after_handshake(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts, both: At) {
    let open = Observed::Text("left TCP open after the handshake");
    match sink.trace.role {
        Role::Server => {
            if facts.tcp.write_closed_at.is_none() && sink.in_grace(facts, both) {
                sink.inconclusive(Rule::TcpClosedAfterHandshake);
            } else {
                let violation = facts.tcp.write_closed_at.is_none().then_some((both, open));
                sink.check(Rule::TcpClosedAfterHandshake, violation, "TCP closed");
            }
            let late = facts
                .tcp
                .write_closed_at
                .map_or(facts.ticks_since(both), |end| end.tick.saturating_sub(both.tick));
            if facts.tcp.write_closed_at.is_some() || late > GRACE_TICKS {
                let shown_at = facts.tcp.write_closed_at.unwrap_or(both);
                let violation = (late > GRACE_TICKS)
                    .then_some((shown_at, Observed::Count(u64::from(late), "ticks with TCP left open")));
                sink.check(Rule::ServerClosesTcpAtOnce, violation, "TCP closed within a tick");
            }
        }
        Role::Client => {
            let due = facts.tcp.peer_fin.is_some()
                || sink.applies(Rule::GivesUpWaiting) && facts.idle_ticks_since(both) >= TIMEOUT_TICKS;
            if due || facts.tcp.write_closed_at.is_some() {
                // The client may wait for the server's FIN, or for its own timeout.
                let due_since = facts.tcp.peer_fin.unwrap_or(both);
                let violation = facts.tcp.write_closed_at.is_none().then_some((due_since, open));
                sink.check(Rule::TcpClosedAfterHandshake, violation, "TCP closed");
            }
            let hasty = facts.tcp.write_closed_at.filter(|end| {
                // What a program does about an error that its library reported it of is not the library's.
                !facts.peer_ended_before(*end)
                    && end.tick == both.tick
                    && facts.app.error_at.is_none_or(|error| error > *end)
            });
            let violation = hasty.map(|end| (end, Observed::Text("closed TCP before the server did")));
            sink.check(Rule::ClientLetsServerCloseFirst, violation, "a wait for the server's FIN");
        }
    }
}

/// How a client picks its masking keys, over all frames of a trace.
pub(in crate::judge) fn judge_keys(sink: &mut VerdictSink<'_>, keys: &[(At, [u8; 4])]) {
    const ENOUGH: usize = 4;
    if sink.trace.role != Role::Client || keys.len() < ENOUGH {
        return;
    }
    let numbers = || keys.iter().map(|(_, key)| u32::from_be_bytes(*key));
    let steps = || numbers().zip(numbers().skip(1)).map(|(a, b)| b.wrapping_sub(a));
    let zeros = numbers().filter(|key| *key == 0).count();
    let step = steps().next().unwrap_or(0);
    let first = numbers().next();
    // The first frame that shows it: the second with the same key, one with a zero, or the third that counts.
    let violation = if numbers().all(|key| Some(key) == first) {
        Some((keys[1].0, Observed::Text("one masking key for all frames")))
    } else if zeros * 2 >= keys.len() {
        let at = keys.iter().find(|(_, key)| *key == [0; 4]).map_or(keys[0].0, |(at, _)| *at);
        Some((at, Observed::Count(zeros as u64, "masking keys of zero")))
    } else if steps().all(|other| other == step) {
        Some((keys[2].0, Observed::Text("masking keys that count")))
    } else {
        None
    };
    sink.check(Rule::FreshMaskKey, violation, "unpredictable keys");
}
