//! The rules that bind a receiver: what the endpoint under test made of what it was sent.

use super::reaction::{Reaction, is_failure};
use super::story::{Broken, SeenClose, Story};
use super::{Actual, Bench, PATIENCE};
use crate::code::{Class, CloseCode};
use crate::flaw::Flaw;
use crate::frame::Opcode;
use crate::role::Role;
use crate::rule::{Duty, Rule};

/// The longest reason that is still "short": with it, a Close that is refused is refused for its code.
const SHORT_REASON: usize = 16;

/// Growth of memory that nobody is blamed for, in octets: buffers of a fixed size.
const FREE_MEMORY: u64 = 1 << 20;

pub(super) fn judge(bench: &mut Bench<'_>, story: &Story) {
    if let Some(broken) = &story.broken {
        flaw(bench, story, broken);
    }
    if let Some(peer) = &story.peer_close {
        accepts(bench, story, peer);
        after_close(bench, story, peer);
    }
    reads(bench, story);
    eof(bench, story);
    health(bench, story);
}

/// A frame that should fail the connection, and whether it did.
fn flaw(bench: &mut Bench<'_>, story: &Story, broken: &Broken) {
    let close = broken.opcode == Opcode::Close;
    if story.error.is_some_and(|error| error < broken.at) {
        return;
    }
    let reaction = story.reaction_to_flaw(broken);
    for flaw in broken.flaws.iter() {
        let Some(rule) = flaw.to_reject(close) else { continue };
        match reaction {
            Reaction::Rejected => bench.conforms(rule),
            Reaction::Unclear => bench.unclear(rule),
            // Until it is whole, only what its length says can have been refused.
            Reaction::Accepted if !broken.is_whole() && !flaw.shows_in_length() => bench.unclear(rule),
            Reaction::Accepted => {
                bench.breaks(rule, broken.at, "the connection failed", Actual::Took(flaw, broken.code));
            }
        }
    }
    if reaction == Reaction::Rejected {
        failed(bench, story, broken);
    }
}

/// How a connection was failed.
fn failed(bench: &mut Bench<'_>, story: &Story, broken: &Broken) {
    let rule = Rule::FailClosesTcp;
    if story.end.is_some() {
        bench.conforms(rule);
    } else {
        let patient = bench.trace.role == Role::Client || bench.trace.duties.has(Duty::KeepsTime);
        let tired = bench.trace.duties.has(Duty::KeepsTime) && story.silent_since(broken.at) >= PATIENCE;
        let due = !patient || story.peer_fin.is_some() || tired;
        if due && story.panicked.is_none() && story.spinning.is_none() {
            let actual = Actual::Words("left TCP open after failing the connection");
            bench.breaks(rule, broken.at, "TCP closed", actual);
        } else {
            bench.unclear(rule);
        }
    }
    let closed_before = story.own_close.is_some_and(|own| own.at < broken.came);
    if !closed_before && story.peer_reset.is_none() && story.panicked.is_none() {
        let answer = story.own_close.and_then(|own| own.code());
        if story.own_closes > 0 {
            bench.conforms(Rule::FailSendsClose);
            // A code that not everybody takes may be what was refused, whatever else is wrong.
            let refused_code = answer == Some(CloseCode::PROTOCOL_ERROR)
                && broken.code.is_some_and(|code| code.class() == Class::Registered);
            let fits =
                refused_code || answer.is_some_and(|code| broken.flaws.iter().any(|flaw| flaw.fits(code)));
            // What came of the frame after its header may have been worse.
            let later = !broken.is_whole()
                && (broken.flaws.contains(Flaw::MessageTooBig)
                    || story.own_close.is_some_and(|own| broken.until.is_some_and(|at| at < own.at)));
            if later && !fits {
                bench.unclear(Rule::FailCodeFits);
            } else {
                let breach = (!fits).then_some((broken.at, Actual::Failed(answer)));
                bench.rule(Rule::FailCodeFits, breach, "1002, 1007 for bad UTF-8 or 1009 for too big");
            }
        } else {
            let actual = Actual::Words("no Close before TCP was closed");
            bench.breaks(Rule::FailSendsClose, broken.at, "a Close with a fitting code", actual);
        }
    }
    // What the application asked for is not the endpoint's doing, and a Close that says why goes before failing
    // (§7.1.7), also after one that said something else. An answer to the peer's does not.
    let of_its_own = story.own_closes.saturating_sub(story.asks);
    let tells_why = story.last_close.is_some_and(|(_, code)| code.is_some_and(is_failure));
    let second = story.last_close.is_some_and(|(last, _)| last > broken.at)
        && of_its_own > if closed_before && !tells_why { 0 } else { 1 };
    let breach = if second {
        Some(Actual::Words("a second Close after failing the connection"))
    } else if story.delivered > story.messages {
        Some(Actual::Words("a message delivered after failing the connection"))
    } else if story.excess_pong {
        Some(Actual::Words("a Pong after failing the connection"))
    } else {
        None
    };
    bench.rule(Rule::NothingAfterFail, breach.map(|actual| (broken.at, actual)), "nothing more");
}

/// A Close that every conforming peer may send, and whether it was taken.
fn accepts(bench: &mut Bench<'_>, story: &Story, peer: &SeenClose) {
    let failed_before = story.error.is_some_and(|error| error < peer.at)
        || story.deaf.is_some_and(|deaf| deaf < peer.at)
        || story.peer_reset.is_some();
    // Who is closing by itself may have its own reasons not to answer.
    let closing = story.own_close.is_none() && story.asked.is_some_and(|asked| asked.at < peer.at);
    if failed_before || closing || story.paused {
        return;
    }
    let reaction = match story.reaction_to_close(peer) {
        // What came with it, or right after it, may be what was refused; and whoever answers a Close inside a
        // message by 1002 did handle it.
        Reaction::Rejected if peer.accompanied || story.crowded || peer.between_fragments => {
            Reaction::Unclear
        }
        reaction @ (Reaction::Accepted | Reaction::Rejected | Reaction::Unclear) => reaction,
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
        | Class::BeyondEveryRange => Rule::AcceptsDefinedCodes,
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
            Reaction::Accepted => bench.conforms(rule),
            Reaction::Rejected if blamed == Some(rule) => {
                let answer = story.own_close.filter(|own| own.at > peer.at);
                let actual = match answer {
                    Some(own) => Actual::Answered(peer.code(), own.code()),
                    None => Actual::Refused(peer.code()),
                };
                bench.breaks(rule, peer.at, "the handshake completed", actual);
            }
            Reaction::Rejected | Reaction::Unclear => bench.unclear(rule),
        }
    }
}

/// What surrounds a Close that was received.
fn after_close(bench: &mut Bench<'_>, story: &Story, peer: &SeenClose) {
    let unable = story.panicked.is_some() || story.spinning.is_some() || story.paused;
    if peer.between_fragments && !unable && story.own_close.is_none_or(|own| own.at > peer.at) {
        let before_peer = |at: &super::story::At| !story.peer_ended_before(*at);
        let ignored = story.own_closes == 0
            && story.end.filter(before_peer).is_none()
            && story.error.filter(before_peer).is_none();
        if ignored && !story.idle_before_peer_ended(peer.at) {
            bench.unclear(Rule::CloseBetweenFragments);
        } else {
            let breach = ignored.then_some((peer.at, Actual::Words("did nothing about it")));
            bench.rule(Rule::CloseBetweenFragments, breach, "a Close in answer");
        }
    }
    if story.late && !unable {
        let hidden = story.error.is_some_and(|error| error > peer.at && !story.peer_ended_before(error))
            && story
                .report
                .is_none_or(|report| report.code != peer.code() && report.code != Some(CloseCode::NO_STATUS))
            && bench.trace.duties.has(Duty::Reports)
            && story.reaction_to_close(peer) == Reaction::Accepted;
        let breach = if story.delivered > story.messages {
            Some(Actual::Words("a message delivered after the peer's Close"))
        } else if hidden {
            Some(Actual::Words("an error to the application instead of the Close"))
        } else {
            None
        };
        bench.rule(Rule::DiscardsAfterClose, breach.map(|actual| (peer.at, actual)), "it discarded");
    }
    let Some(own) = story.own_close.filter(|own| own.at < peer.at) else { return };
    if own.payload() != peer.payload() {
        let second = story.second_close.filter(|second| *second > peer.at);
        let breach = second.map(|at| (at, Actual::Words("a second Close in answer to the one that crossed")));
        bench.rule(Rule::SimultaneousClose, breach, "no further Close");
    }
}

/// Whether frames were still read after the subject's own Close.
fn reads(bench: &mut Bench<'_>, story: &Story) {
    let Some(own) = story.own_close else { return };
    let Some(between) = story.between_closes.filter(|_| story.broken.is_none()) else {
        return;
    };
    let until = story.peer_close.map_or(story.last, |peer| peer.at);
    let before = |at: &super::story::At| {
        let upon_it = story.between_until.is_none_or(|next| *at < next) && at.tick == between.tick;
        *at > between && *at < until && !story.peer_ended_before(*at) && upon_it
    };
    let breach = story
        .deaf
        .filter(before)
        .or(story.error.filter(before))
        .map(|at| (at, Actual::Words("stopped reading before the peer's Close")));
    // Only after the peer's Close is data discarded (§1.4).
    let lost = story.delivered_between < story.messages_between
        && bench.trace.duties.has(Duty::Reports)
        && bench.trace.duties.has(Duty::ShowsMessages)
        && story.panicked.is_none()
        && story.spinning.is_none()
        && !story.paused
        && story.error.is_none()
        && story.deaf.is_none_or(|deaf| deaf > until);
    let lost =
        lost.then_some((own.at, Actual::Words("a message that came before the peer's Close was lost")));
    let breach = breach.or(lost);
    bench.rule(Rule::ReadsUntilAnswer, breach, "frames read until the peer's Close");
}

/// The peer's end of TCP without a Close.
fn eof(bench: &mut Bench<'_>, story: &Story) {
    let Some(fin) = story.peer_fin else { return };
    let dead = story.panicked.is_some() || story.spinning.is_some();
    if dead || story.paused || story.peer_close.is_some() || story.end.is_some_and(|end| end < fin) {
        return;
    }
    let left_open = story.end.is_none() && bench.trace.duties.has(Duty::ClosesTcp);
    let rule = Rule::EofIsNotAClose;
    // After a flaw, who knows what the subject read: but whatever it was, the peer has gone.
    if story.broken.is_some() && !left_open {
        return;
    }
    let clean = story.report.is_some_and(|report| {
        report.clean == Some(true)
            // Told that it was not clean, an application need not go by the code: that is for reports-1006.
            || report.clean.is_none()
                && report.code.is_some_and(|code| code != CloseCode::ABNORMAL)
                && story.error.is_none()
    });
    if clean && story.broken.is_none() && bench.trace.duties.has(Duty::Reports) {
        let code = story.report.and_then(|report| report.code);
        bench.breaks(rule, fin, "an abnormal closure", Actual::Told(code));
    } else if left_open {
        bench.breaks(rule, fin, "TCP closed", Actual::Words("left TCP open after the peer's FIN"));
    } else {
        bench.conforms(rule);
    }
}

/// What no user would accept, whatever was received.
fn health(bench: &mut Bench<'_>, story: &Story) {
    if story.stimuli == 0 {
        return;
    }
    let panic = story.panicked.map(|at| (at, Actual::Words("panicked")));
    bench.rule(Rule::NoPanic, panic, "no panic");
    let hang = story.spinning.map(|at| (at, Actual::Words("still busy when its adapter lost patience")));
    bench.rule(Rule::NoHang, hang, "idle after every step");
    if let Some((at, octets)) = story.memory {
        let grown = octets > FREE_MEMORY.saturating_add(story.received.saturating_mul(8));
        let breach = grown.then_some((at, Actual::Count(octets, "octets of memory")));
        bench.rule(Rule::BoundedMemory, breach, "memory by what was received");
    }
    let in_time = |both: &super::story::At| story.end.is_none_or(|end| *both <= end);
    let waiting = story.own_close.map(|own| story.exchanged().filter(in_time).unwrap_or(own.at));
    if let Some(since) = waiting
        && story.panicked.is_none()
        && story.spinning.is_none()
    {
        let alone = story.broken.is_none() && story.peer_fin.is_none() && story.peer_reset.is_none();
        let silent = story.silent_since(since);
        if alone && (silent >= PATIENCE || story.end.is_some() && silent > 1) {
            let breach = story
                .end
                .is_none_or(|_| silent > PATIENCE)
                .then_some((since, Actual::Count(u64::from(silent), "ticks of silence, and still open")));
            bench.rule(Rule::GivesUpWaiting, breach, "TCP closed after a while");
        }
    }
}
