//! Learns how an endpoint replies where there is no doubt: to lawful Closes, and to frames that every endpoint must
//! reject. The judge compares with it what a single trace leaves open.

use super::comparison::Answer;
use super::extract::FactExtractor;
use super::facts::{ConnectionFacts, Reaction};
use super::observed_close::{ObservedClose, echoes_reason, is_failure};
use crate::harness::{Trace, TraceEventKind};
use crate::protocol::code::{CloseCode, Profile};
use crate::protocol::flaw::Flaw;
use crate::protocol::frame::Opcode;
use crate::protocol::role::Role;

/// How an endpoint reacted to one frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Observation {
    case: &'static str,
    /// The code of the Close that it received, if it had one.
    received: Option<CloseCode>,
    answer: Answer,
    /// Whether its Close has a reason that echoes nothing.
    has_own_reason: bool,
    /// Whether it ended TCP before the next input.
    ends_tcp: bool,
}

/// The signs, next to the code, by which a reply may differ from the usual ones.
#[derive(Clone, Copy, Debug)]
pub(super) struct Signs {
    pub has_own_reason: bool,
    pub ends_tcp: bool,
}

/// The usual replies of one endpoint in one role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Habits {
    role: Role,
    lawful: Vec<Observation>,
    failing: Vec<Observation>,
    /// A case in which the endpoint rejected a reason because it is not UTF-8, or echoed a lawful one.
    interprets_reasons: Option<&'static str>,
    /// A case in which the endpoint received a message and a Ping, and sent its Close only after the peer's.
    reads_on: Option<&'static str>,
    /// A case in which the endpoint sent the Close that its application had requested.
    closes_on_request: Option<&'static str>,
}

impl Habits {
    /// The curated scripts from which habits are learned: lawful Closes with several codes and without one, and
    /// frames that every endpoint must reject; messages; a request to close; and Closes with reasons that are not UTF-8
    /// in several ways.
    pub const CASES: [&'static str; 13] = [
        "closing_handshake/close-after-messages",
        "closing_handshake/code-1001",
        "closing_handshake/code-3000",
        "closing_handshake/code-4000",
        "closing_handshake/close-empty",
        "closing_handshake/close-local-reason",
        "closing_handshake/opcode-3",
        "closing_handshake/opcode-11",
        "closing_handshake/text-rsv1",
        "closing_handshake/reason-cut-short",
        "closing_handshake/reason-overlong",
        "closing_handshake/reason-stray-byte",
        "closing_handshake/reason-surrogate",
    ];

    /// No habits yet.
    pub const fn new(role: Role) -> Habits {
        Habits {
            role,
            lawful: Vec::new(),
            failing: Vec::new(),
            interprets_reasons: None,
            reads_on: None,
            closes_on_request: None,
        }
    }

    /// The case of this name, if habits are learned from it.
    pub fn case(name: &str) -> Option<&'static str> {
        Habits::CASES.into_iter().find(|case| *case == name)
    }

    /// Learns from the first connection of a trace. A trace that shows no reaction in time teaches nothing.
    pub fn learn(&mut self, case: &'static str, trace: &Trace, profile: Profile) {
        let is_begin = |kind: TraceEventKind| matches!(kind, TraceEventKind::Connected { .. });
        let events = trace.events();
        let end =
            events.iter().skip(1).position(|event| is_begin(event.kind)).map_or(events.len(), |at| at + 1);
        if events.is_empty() || trace.role != self.role {
            return;
        }
        let mut facts = FactExtractor::new().extract(trace, 0, end, profile);
        facts.decide_reactions(None);
        if read_on_after_lawful_frames(&facts) {
            self.reads_on.get_or_insert(case);
        }
        if facts.app.close_request.is_some() {
            if fulfilled_a_request(&facts) {
                self.closes_on_request.get_or_insert(case);
            }
            return;
        }
        // What came before a Close may have changed the reply.
        if facts.peer.messages > 0 || facts.peer.pings > 0 {
            return;
        }
        if echoed_a_lawful_reason(&facts) || rejected_a_bad_reason(&facts) {
            self.interprets_reasons.get_or_insert(case);
        }
        if let Some(observation) = lawful_reply(case, &facts) {
            self.lawful.push(observation);
        } else if let Some(observation) = rejection(case, &facts) {
            self.failing.push(observation);
        }
    }

    /// Whether the replies to lawful Closes and the rejections are known.
    pub fn is_known(&self) -> bool {
        !self.lawful.is_empty() && !self.failing.is_empty()
    }

    /// A case that shows that the endpoint interprets reasons.
    pub(super) const fn interprets_reasons(&self) -> Option<&'static str> {
        self.interprets_reasons
    }

    /// A case that shows that the endpoint does not close for lawful messages and Pings.
    pub(super) const fn reads_on(&self) -> Option<&'static str> {
        self.reads_on
    }

    /// A case that shows that the endpoint closes if its application requests it.
    pub(super) const fn closes_on_request(&self) -> Option<&'static str> {
        self.closes_on_request
    }

    /// The role of the endpoint.
    pub const fn role(&self) -> Role {
        self.role
    }

    /// The reply to a lawful Close with this code, or without one, and a case that shows it. It is known if the
    /// endpoint echoes every code, or replies to several codes alike.
    pub(super) fn lawful_reply(&self, received: Option<CloseCode>) -> Option<(Answer, &'static str)> {
        let Some(code) = received else {
            let empty = self.lawful.iter().find(|seen| seen.received.is_none())?;
            return Some((empty.answer, empty.case));
        };
        let with_code = || self.lawful.iter().filter(|seen| seen.received.is_some());
        let first = with_code().next()?;
        if with_code().all(|seen| seen.received == first.received) {
            return None;
        }
        if with_code().all(|seen| seen.answer == Answer::of(seen.received)) {
            Some((Answer::Code(code), first.case))
        } else if with_code().all(|seen| seen.answer == first.answer) {
            Some((first.answer, first.case))
        } else {
            None
        }
    }

    /// Whether the endpoint replies to lawful Closes.
    pub(super) fn has_reply_to_lawful_close(&self) -> bool {
        !self.lawful.is_empty()
    }

    /// A rejection, and the case that shows it.
    pub(super) fn first_rejection(&self) -> Option<(Answer, &'static str)> {
        self.failing.first().map(|seen| (seen.answer, seen.case))
    }

    /// Whether the endpoint rejects with this answer.
    pub(super) fn rejects_with(&self, answer: Answer) -> bool {
        self.failing.iter().any(|seen| seen.answer == answer)
    }

    /// Whether a sign occurs in rejections and never in replies to lawful Closes.
    pub(super) fn look_like_a_rejection(&self, signs: Signs) -> bool {
        let ends = |seen: &Observation| seen.ends_tcp;
        let explains = |seen: &Observation| seen.has_own_reason;
        let by_end = signs.ends_tcp && self.failing.iter().any(ends) && !self.lawful.iter().any(ends);
        let by_reason = signs.has_own_reason && !self.lawful.iter().any(explains);
        by_end || by_reason
    }
}

/// The reply to a lawful Close that came alone.
fn lawful_reply(case: &'static str, facts: &ConnectionFacts) -> Option<Observation> {
    let peer = facts.peer.close?;
    let next = facts.peer.input_after_close_at;
    let alone = !peer.mid_message && !peer.shares_segment && !facts.peer.close_shared_segment;
    let plain =
        facts.flaw.frame.is_none() && facts.app.close_request.is_none() && facts.app.error_at.is_none();
    if !alone || !plain || facts.cannot_act() || facts.reaction_to_close != Some(Reaction::Accepted) {
        return None;
    }
    let in_time = |at| at > peer.at && next.is_none_or(|next| at < next);
    let own = facts.own.close.filter(|own| in_time(own.at))?;
    Some(Observation {
        case,
        received: peer.code(),
        answer: Answer::of(own.code()),
        has_own_reason: !echoes_reason(own.reason(), peer.reason()),
        ends_tcp: facts.tcp.write_closed_at.is_some_and(in_time),
    })
}

/// The reaction to a frame with a reserved opcode or bit, which every endpoint must reject.
fn rejection(case: &'static str, facts: &ConnectionFacts) -> Option<Observation> {
    let flawed = facts.flaw.frame.as_ref()?;
    let beyond_doubt = flawed.opcode != Opcode::Close
        && flawed.is_complete()
        && !flawed.ambiguous_cause
        && flawed.flaws.iter().all(|flaw| matches!(flaw, Flaw::RsvSet | Flaw::OpcodeReserved));
    let untouched = facts.app.close_request.is_none() && facts.flaw.processed_at.is_none();
    if !beyond_doubt || !untouched || facts.cannot_act() {
        return None;
    }
    let own: Option<ObservedClose> = facts.own.close.filter(|own| flawed.is_in_time(own.at));
    let ends_tcp = facts.tcp.write_closed_at.is_some_and(|at| flawed.is_in_time(at));
    let answer = match own {
        Some(own) => Answer::of(own.code()),
        // An endpoint that neither sends a Close nor ends TCP has accepted the frame.
        None if ends_tcp => Answer::NoClose,
        None => return None,
    };
    let has_own_reason = own.is_some_and(|own| !own.reason().is_empty());
    Some(Observation { case, received: None, answer, has_own_reason, ends_tcp })
}

/// Whether the endpoint accepted a Close with a reason and sent the reason back.
fn echoed_a_lawful_reason(facts: &ConnectionFacts) -> bool {
    let own = facts.own.close.filter(|_| facts.reaction_to_close == Some(Reaction::Accepted));
    own.zip(facts.peer.close).is_some_and(|(own, peer)| {
        own.at > peer.at && !own.reason().is_empty() && echoes_reason(own.reason(), peer.reason())
    })
}

/// Whether the endpoint rejected a Close whose only flaw is its reason, by a failure code.
fn rejected_a_bad_reason(facts: &ConnectionFacts) -> bool {
    let by_reason =
        facts.flaw.frame.as_ref().is_some_and(|flawed| {
            flawed.flaws.contains(Flaw::ReasonNotUtf8) && flawed.flaws.iter().count() == 1
        });
    let fails = facts.own.close.and_then(|own| own.code()).is_some_and(is_failure);
    by_reason && fails && facts.reaction_to_flaw == Some(Reaction::Rejected)
}

/// Whether the endpoint took a message and a Ping before the peer's Close, and closed only then.
/// Whether the subject's Close has the requested code and can have no other cause.
fn fulfilled_a_request(facts: &ConnectionFacts) -> bool {
    let (Some(request), Some(own)) = (facts.app.open_requests.first, facts.own.close) else { return false };
    request.code.is_some()
        && own.code() == request.code
        && own.at > request.at
        && facts.causes_besides_requests().all(|cause| cause > own.at)
}

fn read_on_after_lawful_frames(facts: &ConnectionFacts) -> bool {
    let Some((own, peer)) = facts.own.close.zip(facts.peer.close) else { return false };
    facts.peer.messages > 0
        && facts.peer.pings > 0
        && facts.flaw.frame.is_none()
        && !peer.shares_segment
        && own.at > peer.at
        && facts.app.close_request.is_none()
}
