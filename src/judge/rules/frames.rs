//! Judges the form of the frames that the subject sends, the codes of its Closes and its masking keys.

use crate::harness::TraceEventKind;
use crate::judge::extract::MAX_MASK_KEYS;
use crate::judge::facts::{At, ConnectionFacts};
use crate::judge::frame_reader::ForeignOctets;
use crate::judge::reason::InconclusiveReason;
use crate::judge::sink::VerdictSink;
use crate::judge::verdict::Observed;
use crate::protocol::code::Unsendable;
use crate::protocol::flaw::Flaw;
use crate::protocol::role::Role;
use crate::rules::{self, Evidence, Rule, RuleSet};

/// The rules that every Close exercises.
const BY_CLOSE: RuleSet = RuleSet::with_evidence(Evidence::CloseHeader)
    .union(RuleSet::with_evidence(Evidence::CloseBody))
    .union(RuleSet::with_evidence(Evidence::CloseReason));

/// The rules that every frame of this role exercises.
const fn by_frame_of(role: Role) -> RuleSet {
    const BY_CLIENT: RuleSet =
        RuleSet::with_evidence(Evidence::Frame).union(RuleSet::with_evidence(Evidence::ClientFrame));
    const BY_SERVER: RuleSet =
        RuleSet::with_evidence(Evidence::Frame).union(RuleSet::with_evidence(Evidence::ServerFrame));
    match role {
        Role::Client => BY_CLIENT,
        Role::Server => BY_SERVER,
    }
}

/// The rules that a Close with a code exercises if this role sends it.
const fn by_code_of(role: Role) -> RuleSet {
    const BY_CLIENT: RuleSet = RuleSet::with_evidence(Evidence::CloseCode);
    const BY_SERVER: RuleSet = BY_CLIENT.union(RuleSet::with_evidence(Evidence::ServerCloseCode));
    match role {
        Role::Client => BY_CLIENT,
        Role::Server => BY_SERVER,
    }
}

pub(super) fn judge(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts) {
    if facts.own.frame_count > 0 {
        form(sink, facts);
    }
    foreign_text(sink, facts);
    if facts.own.has_code {
        close_codes(sink, facts);
    }
    if let Some(close) = facts.own.extension_close {
        let rule = Rule::Code1010NamesExtensions;
        match close.doubt {
            _ if close.names_extensions => sink.conforms(rule),
            Some(reason) => sink.inconclusive(rule, reason),
            None => {
                let actual = Observed::Text("sent 1010 without a reason");
                sink.violates(rule, close.at, "the extensions in the reason", actual);
            }
        }
    }
}

/// The form of each frame, and their order.
fn form(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts) {
    let mut exercised = by_frame_of(sink.trace.role);
    if facts.own.close_count > 0 {
        exercised = exercised.union(BY_CLOSE);
    }
    let mut violated = facts.own.rules_violated();
    for rule in violated.iter() {
        let shown_by = [(&facts.own.close_flaws, true), (&facts.own.flaws, false)]
            .into_iter()
            .flat_map(|(flaws, on_close)| flaws.iter().map(move |flaw| (flaws, flaw, on_close)))
            .find(|(_, flaw, on_close)| rules::sender_rule(*flaw, *on_close) == Some(rule));
        if let Some((flaws, flaw, _)) = shown_by {
            let at = flaws.first_at(flaw);
            sink.violates(rule, at, without(flaw), Observed::Sent(flaw));
        }
    }
    if let (true, Some(end)) = (facts.own.has_unfinished_frame, facts.tcp.write_closed_at)
        && facts.tcp.peer_reset.is_none()
        // A reset discards what the subject wrote before it.
        && !facts.tcp.ended_by_reset
        // An endpoint that fails the connection may close TCP by any means (§7.1.1).
        && facts.flaw.frame.is_none()
        && facts.app.error_at.is_none()
        && !facts.tcp.send_path.cannot_deliver()
        && !violated.contains(Rule::StreamWellFormed)
    {
        violated.insert(Rule::StreamWellFormed);
        let actual = Observed::Text("ended TCP in the middle of a frame");
        sink.violates(Rule::StreamWellFormed, end, "whole frames", actual);
    }
    sink.all_conform(exercised.without(violated));
}

/// What a conforming endpoint sends instead of a frame with this flaw.
const fn without(flaw: Flaw) -> &'static str {
    match flaw {
        Flaw::ControlFragmented => "a control frame with FIN (§5.5)",
        Flaw::ControlTooLong => "a control frame with a payload of at most 125 bytes (§5.5)",
        Flaw::RsvSet => "a frame whose RSV bits are 0, unless an extension defines them (§5.2)",
        Flaw::OpcodeReserved => "a frame with an opcode that is defined: 0, 1, 2, 8, 9 or 10 (§5.2)",
        Flaw::LengthNotShortest => "a frame with its length in the shortest form (§5.2)",
        Flaw::LengthTopBit => "a frame with a length below 2^63 (§5.2)",
        Flaw::MaskMissing => "a masked frame, because a client sends it (§5.1)",
        Flaw::MaskPresent => "a frame without a mask, because a server sends it (§5.1)",
        Flaw::ContinuationUnexpected => "a text or binary frame at the beginning of a message (§5.4)",
        Flaw::ContinuationMissing => "the rest of the message before a new one begins (§5.4)",
        Flaw::BodyOneByte => "a Close whose body is empty or has at least the 2 bytes of a code (§5.5.1)",
        Flaw::CodeUndefined => "a Close with a code from 1000 to 4999 (§7.4.2)",
        Flaw::CodeLocalOnly => "a Close without 1005, 1006 and 1015, which are for local use (§7.4.1)",
        Flaw::CodeUnassigned => "a Close with a code that is registered or from 3000 to 4999 (§7.4.2)",
        Flaw::ReasonNotUtf8 => "a Close with a reason of valid UTF-8 (§5.5.1)",
        Flaw::TextNotUtf8 => "a text message of valid UTF-8 (§5.6)",
        Flaw::MessageTooBig => "a message within the limit of the receiver",
        Flaw::NotDeflate => "a compressed message that inflates (RFC 7692 §7.2.1)",
    }
}

/// Text in place of a frame. Nothing behind it was read, so it is one finding whatever it contains.
fn foreign_text(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts) {
    if let Some((at, foreign)) = facts.own.foreign {
        let ForeignOctets { text, distance, after_close } = foreign;
        let actual = Observed::WroteText { text, distance, after_close };
        sink.violates(Rule::SendsOnlyFrames, at, "frames, or nothing", actual);
    } else if facts.own.frame_count > 0 {
        sink.conforms(Rule::SendsOnlyFrames);
    }
}

/// The codes of all Closes of the subject.
fn close_codes(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts) {
    let mut conforming = by_code_of(sink.trace.role);
    for why in Unsendable::ALL {
        let Some(sent) = facts.own.unsendable_codes[why as usize] else { continue };
        let rule = rules::code_sender_rule(why);
        conforming = conforming.without(RuleSet::of(&[rule]));
        match sent.doubt {
            Some(reason) => sink.inconclusive(rule, reason),
            None => {
                sink.violates(
                    rule,
                    sent.at,
                    "a code that may be sent, or none",
                    Observed::SentCode(sent.code),
                );
            }
        }
    }
    sink.all_conform(conforming);
}

/// How a client picks its masking keys, over all frames of a trace.
pub(in crate::judge) fn judge_keys(sink: &mut VerdictSink<'_>, keys: &[(At, [u8; 4])]) {
    if sink.trace.role != Role::Client {
        return;
    }
    match bad_keys(sink, keys) {
        Some((at, actual)) => sink.violates(Rule::FreshMaskKey, at, "unpredictable keys", actual),
        None if keys.len() >= MAX_MASK_KEYS => sink.conforms(Rule::FreshMaskKey),
        None if keys.len() >= FEW_KEYS => {
            sink.inconclusive(Rule::FreshMaskKey, InconclusiveReason::FewKeys);
        }
        None => {}
    }
}

/// The number of keys that can show a pattern.
const FEW_KEYS: usize = 4;

/// The first frame that shows that keys are not fresh: one with the key of the frame before it, one with zero, or the
/// third that counts.
fn bad_keys(sink: &VerdictSink<'_>, keys: &[(At, [u8; 4])]) -> Option<(At, Observed)> {
    let connects_between = |from: At, to: At| {
        let between = &sink.trace.events()[from.entry as usize..to.entry as usize];
        between.iter().any(|event| matches!(event.kind, TraceEventKind::Connected { .. }))
    };
    let pairs = || keys.iter().zip(keys.iter().skip(1));
    // By chance two keys are equal once in 2^32 times.
    let reused = pairs().find(|((from, key), (to, next))| key == next && !connects_between(*from, *to));
    let numbers = || keys.iter().map(|(_, key)| u32::from_be_bytes(*key));
    let steps = || numbers().zip(numbers().skip(1)).map(|(a, b)| b.wrapping_sub(a));
    let zeros = numbers().filter(|key| *key == 0).count();
    let enough = keys.len() >= FEW_KEYS;
    if enough && zeros * 2 >= keys.len() {
        let at = keys.iter().find(|(_, key)| *key == [0; 4]).map_or(keys[0].0, |(at, _)| *at);
        Some((at, Observed::Count(zeros as u64, "masking keys of zero")))
    } else if let Some((_, (at, _))) = reused {
        Some((*at, Observed::Text("the masking key of the frame before")))
    } else if enough && steps().all(|step| Some(step) == steps().next()) {
        Some((keys[2].0, Observed::Text("masking keys that count")))
    } else {
        None
    }
}
