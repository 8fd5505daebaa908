//! The rules that bind a sender: what the endpoint under test put on the wire, and when it ended TCP.

use super::reaction::Reaction;
use super::story::{At, Story};
use super::{Actual, Bench, PATIENCE, PROMPT};
use crate::code::{Class, Profile, Unsendable};
use crate::flaw::Flaw;
use crate::role::Role;
use crate::rule::{Rule, RuleSet};

pub(super) fn judge(bench: &mut Bench<'_>, story: &Story, profile: Profile) {
    if story.own_frames > 0 {
        frames(bench, story);
    }
    if story.own_closes > 0 {
        closes(bench, story, profile);
    }
    answers(bench, story);
    tcp(bench, story);
}

/// What every frame can break, and what only Closes can.
const BY_EVERY_FRAME: RuleSet =
    RuleSet::of(&[Rule::ShortestLength, Rule::LengthTopBitClear, Rule::StreamWellFormed]);
const BY_CLOSES: RuleSet = RuleSet::of(&[
    Rule::CloseFin,
    Rule::CloseAtMost125,
    Rule::CloseRsvClear,
    Rule::BodyEmptyOrCode,
    Rule::ReasonUtf8,
]);
const BY_CODES: RuleSet =
    RuleSet::of(&[Rule::CodeIsDefined, Rule::CodeNotLocalOnly, Rule::CodeNot1004, Rule::CodeIsAssigned]);

/// What single frames break.
fn frames(bench: &mut Bench<'_>, story: &Story) {
    let mut exercised = BY_EVERY_FRAME;
    exercised.insert(match bench.trace.role {
        Role::Client => Rule::ClientMasks,
        Role::Server => Rule::ServerDoesNotMask,
    });
    if story.own_closes > 0 {
        exercised = exercised.union(BY_CLOSES);
    }
    let mut broken = story.rules_broken_by_frames();
    for rule in broken.iter() {
        let closes = story.own_close_flaws.iter().map(|flaw| (flaw, true));
        let flaw = closes
            .chain(story.own_flaws.iter().map(|flaw| (flaw, false)))
            .find(|(flaw, close)| flaw.breaks(*close) == Some(rule))
            .map_or(Flaw::OpcodeReserved, |(flaw, _)| flaw);
        let at = story.own_flaw_at.unwrap_or(story.last);
        bench.breaks(rule, at, "a frame as §5.2 and §5.5 have it", Actual::Wrote(flaw));
    }
    if let (true, Some(end)) = (story.own_unfinished, story.end)
        && story.peer_reset.is_none()
        && !story.way.is_mute()
        && !broken.contains(Rule::StreamWellFormed)
    {
        broken.insert(Rule::StreamWellFormed);
        let actual = Actual::Words("ended TCP in the middle of a frame");
        bench.breaks(Rule::StreamWellFormed, end, "whole frames", actual);
    }
    bench.all_conform(exercised.without(broken));
}

/// What Closes break, beyond what every frame can.
fn closes(bench: &mut Bench<'_>, story: &Story, profile: Profile) {
    if let Some(own) = story.own_close
        && let Some(code) = own.code()
    {
        let echoed = story.peer_close.is_some_and(|peer| peer.at <= own.at && peer.code() == Some(code))
            // What came after a flaw that was let pass is not read here: it may have been this.
            || story.broken.is_some_and(|broken| broken.at <= own.at);
        let mut kept = BY_CODES;
        if bench.trace.role == Role::Server {
            kept.insert(Rule::Code1010FromClient);
        }
        match code.sendable(bench.trace.role, profile) {
            // Echoing 1010 is not originating it.
            Err(Unsendable::ClientOnly) if echoed => {}
            Err(why) => {
                kept = kept.without(RuleSet::of(&[why.breaks()]));
                let actual = Actual::WroteCode(code);
                bench.breaks(why.breaks(), own.at, "a code that may be sent, or none", actual);
            }
            Ok(()) => {}
        }
        bench.all_conform(kept);
    }
    let data = story.own_data_after_close.map(|at| (at, Actual::Words("wrote data after its own Close")));
    bench.rule(Rule::NoDataAfterClose, data, "nothing but control frames after a Close");
    let second =
        story.second_close.map(|at| (at, Actual::Count(u64::from(story.own_closes), "Closes written")));
    bench.rule(Rule::OneClose, second, "one Close");
    if story.exchanged().is_some() {
        // A Ping that shared a segment with the Close came before it: its Pong answers in order.
        let pong = story.own_pong_after_both.filter(|_| story.pongs > story.pings);
        let noise = story
            .own_ping_after_both
            .or(pong)
            .map(|at| (at, Actual::Words("wrote a Ping or Pong after the handshake")));
        bench.rule(Rule::QuietAfterClose, noise, "silence");
    }
}

/// Whether, when and how a Close is answered.
fn answers(bench: &mut Bench<'_>, story: &Story) {
    let Some(peer) = story.peer_close else { return };
    let unable = story.panicked.is_some() || story.spinning.is_some() || story.paused;
    let cut_off =
        story.end.is_some_and(|end| end < peer.at) || story.error.is_some_and(|error| error < peer.at);
    if unable || cut_off || story.own_close.is_some_and(|own| own.at < peer.at) {
        return;
    }
    let Some(own) = story.own_close else {
        // A code that not everybody takes may have failed the connection, and then a Close may be left out (§7.1.7).
        let refused = peer.code().is_some_and(|code| code.class() == Class::Registered)
            && story.reaction_to_close(&peer) == Reaction::Rejected;
        // A reset may have come before an answer that takes its time could leave.
        if story.peer_reset.is_some() || refused || bench.in_grace(story, peer.at) {
            bench.unclear(Rule::CloseAnswered);
        } else if story.own_closes == 0 {
            let actual = Actual::Words("wrote no Close");
            bench.breaks(Rule::CloseAnswered, peer.at, "a Close in answer", actual);
        }
        return;
    };
    bench.conforms(Rule::CloseAnswered);
    let late = own.at.tick - peer.at.tick;
    if !story.own_data_before_answer {
        let breach =
            (late > PROMPT).then_some((own.at, Actual::Count(u64::from(late), "ticks until the answer")));
        bench.rule(Rule::CloseAnsweredPromptly, breach, "an answer within a tick");
    }
    if story.reaction_to_close(&peer) == Reaction::Accepted {
        let breach =
            (own.code() != peer.code()).then_some((own.at, Actual::Answered(peer.code(), own.code())));
        bench.rule(Rule::CloseEchoesCode, breach, "the code that it answers");
    }
}

/// When and how TCP ends.
fn tcp(bench: &mut Bench<'_>, story: &Story) {
    let unable = story.panicked.is_some() || story.spinning.is_some() || story.paused;
    if let Some(both) = story.exchanged()
        && !unable
        && !story.peer_ended_before(both)
        && story.own_close.is_some_and(|own| own.flaws.is_empty())
        && story.deaf.is_none_or(|deaf| deaf >= both)
    {
        after_handshake(bench, story, both);
    }
    if let (Some(own), Some(end)) = (story.own_close, story.end)
        && own.at < end
    {
        if story.peer_reset.is_some_and(|reset| reset < end) {
            bench.unclear(Rule::TcpClosedCleanly);
        } else {
            let breach = story.end_by_reset.then_some((end, Actual::Words("reset TCP after its Close")));
            bench.rule(Rule::TcpClosedCleanly, breach, "FIN");
        }
    }
    // Whoever has ended only what it sends still waits.
    if let (Some(own), Some(deaf)) = (story.own_close, story.deaf)
        && own.at < deaf
        && story.began()
    {
        let excused = story.broken.is_some_and(|broken| broken.at < deaf)
            || story.peer_close.is_some_and(|peer| peer.at < deaf)
            || story.peer_ended_before(deaf)
            // Whether it read what still came is for another rule to say.
            || story.between_closes.is_some()
            || story.error.is_some_and(|error| error < own.at);
        if story.reset_late {
            bench.unclear(Rule::WaitsForAnswer);
        } else {
            let breach = (!excused && deaf.tick == own.at.tick)
                .then_some((deaf, Actual::Words("closed TCP without waiting for an answer")));
            bench.rule(Rule::WaitsForAnswer, breach, "the peer's Close, or patience at its end");
        }
    }
}

fn after_handshake(bench: &mut Bench<'_>, story: &Story, both: At) {
    let open = Actual::Words("left TCP open after the handshake");
    match bench.trace.role {
        Role::Server => {
            if story.end.is_none() && bench.in_grace(story, both) {
                bench.unclear(Rule::TcpClosedAfterHandshake);
            } else {
                let breach = story.end.is_none().then_some((both, open));
                bench.rule(Rule::TcpClosedAfterHandshake, breach, "TCP closed");
            }
            let late = story.end.map_or(story.since(both), |end| end.tick.saturating_sub(both.tick));
            if story.end.is_some() || late > PROMPT {
                let breach = (late > PROMPT)
                    .then_some((both, Actual::Count(u64::from(late), "ticks with TCP left open")));
                bench.rule(Rule::ServerClosesTcpAtOnce, breach, "TCP closed within a tick");
            }
        }
        Role::Client => {
            let due = story.peer_fin.is_some()
                || bench.asks(Rule::GivesUpWaiting) && story.silent_since(both) >= PATIENCE;
            if due || story.end.is_some() {
                let breach = story.end.is_none().then_some((both, open));
                bench.rule(Rule::TcpClosedAfterHandshake, breach, "TCP closed");
            }
            let hasty = story.end.filter(|end| {
                // What a program does about an error that its library told it of is not the library's.
                !story.peer_ended_before(*end)
                    && end.tick == both.tick
                    && story.error.is_none_or(|error| error > *end)
            });
            let breach = hasty.map(|end| (end, Actual::Words("closed TCP before the server did")));
            bench.rule(Rule::ClientLetsServerCloseFirst, breach, "a wait for the server's FIN");
        }
    }
}

/// How a client picks its masking keys, over all frames of a trace.
pub(super) fn judge_keys(bench: &mut Bench<'_>, keys: &[[u8; 4]]) {
    const ENOUGH: usize = 4;
    if bench.trace.role != Role::Client || keys.len() < ENOUGH {
        return;
    }
    let numbers = || keys.iter().map(|key| u32::from_be_bytes(*key));
    let steps = || numbers().zip(numbers().skip(1)).map(|(a, b)| b.wrapping_sub(a));
    let zeros = numbers().filter(|key| *key == 0).count();
    let step = steps().next().unwrap_or(0);
    let actual = if numbers().all(|key| key == keys.first().map_or(0, |key| u32::from_be_bytes(*key))) {
        Some(Actual::Words("one masking key for all frames"))
    } else if zeros * 2 >= keys.len() {
        Some(Actual::Count(zeros as u64, "masking keys of zero"))
    } else if steps().all(|other| other == step) {
        Some(Actual::Words("masking keys that count"))
    } else {
        None
    };
    let at = At { entry: bench.trace.entries().len().saturating_sub(1), tick: 0 };
    bench.rule(Rule::FreshMaskKey, actual.map(|actual| (at, actual)), "keys that cannot be foretold");
}
