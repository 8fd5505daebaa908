//! Decides how the subject reacted to a flawed frame or to a Close: it rejected or accepted it, or the trace does
//! not show which.
//!
//! Each question has a list of policies in order. A policy looks at one kind of evidence, and the first one that
//! finds some decides.

use super::app_facts::CloseReport;
use super::comparison::{Answer, Comparison};
use super::facts::{At, ComparedReaction, ConnectionFacts, FlawedFrame, FrameProgress, Reaction};
use super::habits::{Habits, Signs};
use super::observed_close::{ObservedClose, echoes_reason, is_failure};
use super::reason::InconclusiveReason;
use crate::protocol::code::CloseCode;
use crate::protocol::flaw::Flaw;
use crate::protocol::frame::Opcode;
use crate::rules;

impl ConnectionFacts {
    /// Decides how the subject reacted to the first flawed frame and to the peer's well-formed Close. What the trace
    /// leaves open is compared with the subject's usual replies, if they are known.
    pub(super) fn decide_reactions(&mut self, habits: Option<&Habits>) {
        self.interprets_reasons = habits.and_then(Habits::interprets_reasons);
        self.closes_on_request = habits.and_then(Habits::closes_on_request);
        let to_flaw = self.flaw.frame.as_ref().map(|flawed| {
            let evidence = FlawEvidence::of(self, flawed);
            let reaction = FLAW_POLICIES
                .iter()
                .find_map(|policy| policy(&evidence))
                .unwrap_or(Reaction::Unknown(InconclusiveReason::IncompleteFrame));
            let is_open = match reaction {
                Reaction::Accepted => evidence.may_be_a_rejection(),
                Reaction::Unknown(reason) => reason.is_open_to_comparison(),
                Reaction::Rejected => false,
            };
            let (reaction, compared) = match (reaction, habits.filter(|_| is_open)) {
                (Reaction::Accepted, Some(habits)) if accepted_like_a_rejection(&evidence, habits) => {
                    (Reaction::Unknown(InconclusiveReason::LikeRejection), None)
                }
                (Reaction::Unknown(_), Some(habits)) => (reaction, replied_as_usual(&evidence, habits)),
                (Reaction::Accepted | Reaction::Rejected | Reaction::Unknown(_), _) => (reaction, None),
            };
            (reaction, compared, is_open)
        });
        if let Some((reaction, compared, is_open)) = to_flaw {
            self.reaction_to_flaw = Some(reaction);
            (self.comparison, self.is_open_to_comparison) = (compared, is_open);
        }
        self.reaction_to_close = self.peer.close.as_ref().map(|close| {
            let evidence = CloseEvidence::of(self, close);
            CLOSE_POLICIES
                .iter()
                .find_map(|policy| policy(&evidence))
                .unwrap_or(Reaction::Unknown(InconclusiveReason::NothingShown))
        });
    }
}

/// Decides the reaction to a flawed frame, or leaves it to the next policy.
type FlawPolicy = fn(&FlawEvidence<'_>) -> Option<Reaction>;

/// The policies on flawed frames, in order.
const FLAW_POLICIES: [FlawPolicy; 20] = [
    stopped_reading_before,
    processed_something_behind_it,
    reported_an_error,
    sent_a_further_failure_close,
    echoed_its_code_with_a_reason_of_its_own,
    echoed_its_code,
    replied_with_a_failure_code,
    reported_a_closure_and_an_error,
    reported_what_a_rejection_reports,
    reported_its_code,
    reported_an_ordinary_closure_for_one_byte,
    reported_a_failure,
    reported_something_else,
    replied_with_another_close,
    ended_tcp,
    had_ended_tcp_before,
    had_closed_before,
    could_not_react,
    rejected_it_later,
    did_nothing,
];

/// The facts around a flawed frame that the policies look at. A reaction is *in time* if it came before the next
/// input: only then is it surely for this frame.
struct FlawEvidence<'a> {
    facts: &'a ConnectionFacts,
    flawed: &'a FlawedFrame,
    /// Whether the subject had sent a Close before the frame was complete.
    closing_already: bool,
    /// Whether the subject had ended what it sends before the frame.
    ended_already: bool,
    /// The subject's Close, if it is in time and the application did not request it: its code or none.
    reply: Option<(At, Option<CloseCode>)>,
    /// The error report, if it is in time.
    error_at: Option<At>,
    /// The end of TCP, if it is in time and not a part of a closing that the subject had begun.
    end_at: Option<At>,
    /// The report of a closure, if it came after the frame.
    report: Option<CloseReport>,
}

impl FlawEvidence<'_> {
    fn of<'a>(facts: &'a ConnectionFacts, flawed: &'a FlawedFrame) -> FlawEvidence<'a> {
        let in_time = |at: &At| flawed.is_in_time(*at);
        let closing_already = facts.own.close.is_some_and(|own| own.at < flawed.completed_at);
        FlawEvidence {
            facts,
            flawed,
            closing_already,
            ended_already: facts.tcp.write_closed_at.is_some_and(|end| end <= flawed.at),
            reply: facts
                .own
                .close
                .as_ref()
                .filter(|own| in_time(&own.at) && !facts.own.close_was_requested)
                .map(|own| (own.at, own.code())),
            error_at: facts.app.error_at.filter(in_time),
            end_at: facts
                .tcp
                .write_closed_at
                .filter(in_time)
                .filter(|end| !closing_already || facts.tcp.closed_at == Some(*end)),
            report: facts.app.report.filter(|report| report.at > flawed.at),
        }
    }

    /// The verdict on a rejection, which something else in the segment may have caused.
    fn rejected(&self) -> Reaction {
        self.unless_ambiguous(Reaction::Rejected)
    }

    fn unless_ambiguous(&self, reaction: Reaction) -> Reaction {
        if self.flawed.ambiguous_cause {
            Reaction::Unknown(InconclusiveReason::AmbiguousCause)
        } else {
            reaction
        }
    }

    /// The code of the subject's reply, if it is that of the frame.
    fn echo(&self) -> Option<CloseCode> {
        self.reply?.1.filter(|code| self.has_code(*code))
    }

    /// Whether the subject reported a closure and ended TCP, and sent no Close.
    fn reported_without_a_reply(&self) -> bool {
        self.report.is_some() && self.end_at.is_some() && self.facts.own.close.is_none()
    }

    /// Whether the acceptance rests on a code that may be the code of a rejection as well, or on a report that a
    /// rejection may make as well.
    fn may_be_a_rejection(&self) -> bool {
        self.facts.flaw.processed_at.is_none() && (self.echo().is_some() || self.reported_without_a_reply())
    }

    /// Whether the frame is a Close with this code.
    fn has_code(&self, code: CloseCode) -> bool {
        self.flawed.code() == Some(code)
    }
}

/// A subject that has closed, or ended what it sends, may be unable to answer a Ping, and may have stopped there.
fn stopped_reading_before(seen: &FlawEvidence<'_>) -> Option<Reaction> {
    let stopped =
        seen.facts.peer.pings > seen.facts.own.pongs && (seen.ended_already || seen.closing_already);
    stopped.then_some(Reaction::Unknown(InconclusiveReason::StoppedEarlier))
}

fn processed_something_behind_it(seen: &FlawEvidence<'_>) -> Option<Reaction> {
    let first = seen.reply.map(|(at, _)| at).into_iter().chain(seen.error_at).chain(seen.end_at).min();
    seen.facts
        .flaw
        .processed_at
        .filter(|processed| seen.flawed.is_in_time(*processed))
        .filter(|processed| first.is_none_or(|first| *processed < first))
        .map(|_| seen.unless_ambiguous(Reaction::Accepted))
}

fn reported_an_error(seen: &FlawEvidence<'_>) -> Option<Reaction> {
    seen.error_at.map(|_| seen.rejected())
}

fn sent_a_further_failure_close(seen: &FlawEvidence<'_>) -> Option<Reaction> {
    let own = &seen.facts.own;
    let failed = own.further_close.into_iter().chain(own.last_close).any(|(at, code)| {
        code.is_some_and(|code| is_failure(code) && !seen.has_code(code)) && seen.flawed.is_in_time(at)
    });
    failed.then(|| seen.rejected())
}

/// A reply with the same code is no echo if it gives another reason: it may be a rejection whose code happens to be
/// that of the flawed Close.
fn echoed_its_code_with_a_reason_of_its_own(seen: &FlawEvidence<'_>) -> Option<Reaction> {
    let (_, code) = seen.reply?;
    code.filter(|code| seen.has_code(*code))?;
    let own = seen.facts.own.close.as_ref()?;
    (!echoes_reason(own.reason(), seen.flawed.reason()))
        .then_some(Reaction::Unknown(InconclusiveReason::EchoWithOwnReason))
}

fn echoed_its_code(seen: &FlawEvidence<'_>) -> Option<Reaction> {
    let (_, code) = seen.reply?;
    let code = code.filter(|code| seen.has_code(*code))?;
    Some(if is_failure(code) {
        Reaction::Unknown(InconclusiveReason::EchoOrFailure)
    } else {
        Reaction::Accepted
    })
}

fn replied_with_a_failure_code(seen: &FlawEvidence<'_>) -> Option<Reaction> {
    let (_, code) = seen.reply?;
    code.is_some_and(is_failure).then(|| seen.rejected())
}

fn reported_a_closure_and_an_error(seen: &FlawEvidence<'_>) -> Option<Reaction> {
    seen.report?;
    let error = seen.facts.app.error_at.filter(|error| *error > seen.flawed.at);
    error.map(|_| Reaction::Unknown(InconclusiveReason::ClosureAndError))
}

/// A rejection is reported as 1006, as a failure code, or as 1005 by an API with a clean flag, as in browsers.
fn reported_what_a_rejection_reports(seen: &FlawEvidence<'_>) -> Option<Reaction> {
    let report = seen.report?;
    let code = report.code.filter(|code| seen.has_code(*code))?;
    let ambiguous = code == CloseCode::ABNORMAL
        || code == CloseCode::NO_STATUS && report.clean.is_some()
        || is_failure(code);
    ambiguous.then_some(Reaction::Unknown(InconclusiveReason::ReportMayBeRejection))
}

fn reported_its_code(seen: &FlawEvidence<'_>) -> Option<Reaction> {
    let report = seen.report?;
    let code = report.code.filter(|code| seen.has_code(*code) && report.clean != Some(false))?;
    // After a Close of its own, some subjects report the code of that Close, whatever the peer sends.
    let own = seen.facts.own.close.as_ref().filter(|own| own.at < seen.flawed.at);
    Some(if own.is_some_and(|own| own.code() == Some(code)) {
        Reaction::Unknown(InconclusiveReason::ReportMayBeRejection)
    } else {
        Reaction::Accepted
    })
}

/// A body of one byte has no code to report, so any ordinary closure shows that it was accepted.
fn reported_an_ordinary_closure_for_one_byte(seen: &FlawEvidence<'_>) -> Option<Reaction> {
    let report = seen.report?;
    (seen.flawed.flaws.contains(Flaw::BodyOneByte) && !is_report_of_failure(&report))
        .then_some(Reaction::Accepted)
}

fn reported_a_failure(seen: &FlawEvidence<'_>) -> Option<Reaction> {
    let report = seen.report.filter(|report| seen.flawed.is_in_time(report.at))?;
    is_report_of_failure(&report).then(|| seen.rejected())
}

fn reported_something_else(seen: &FlawEvidence<'_>) -> Option<Reaction> {
    let report = seen.report.filter(|report| seen.flawed.is_in_time(report.at));
    report.map(|_| Reaction::Unknown(InconclusiveReason::UnrelatedReport))
}

fn replied_with_another_close(seen: &FlawEvidence<'_>) -> Option<Reaction> {
    seen.reply.map(|_| Reaction::Unknown(InconclusiveReason::UnrelatedReply))
}

/// After the subject's own Close, it may end TCP for any Close, flawed or not. That Close may have been sent before, or be
/// a requested one that was sent late.
fn ended_tcp(seen: &FlawEvidence<'_>) -> Option<Reaction> {
    seen.end_at?;
    let on_close = seen.flawed.opcode == Opcode::Close;
    Some(if on_close && seen.closing_already {
        Reaction::Unknown(InconclusiveReason::AlreadyClosing)
    } else if on_close && seen.facts.own.close_was_requested {
        Reaction::Unknown(InconclusiveReason::RequestedClose)
    } else {
        seen.rejected()
    })
}

fn had_ended_tcp_before(seen: &FlawEvidence<'_>) -> Option<Reaction> {
    seen.ended_already.then_some(Reaction::Unknown(InconclusiveReason::AlreadyEnded))
}

fn had_closed_before(seen: &FlawEvidence<'_>) -> Option<Reaction> {
    seen.closing_already.then_some(Reaction::Unknown(InconclusiveReason::AlreadyClosing))
}

fn could_not_react(seen: &FlawEvidence<'_>) -> Option<Reaction> {
    let flawed = seen.flawed;
    if seen.facts.health.panicked_or_hung() {
        Some(Reaction::Unknown(InconclusiveReason::PanickedOrHung))
    } else if flawed.next_input_at.is_some_and(|next| next.tick <= flawed.completed_at.tick) {
        Some(Reaction::Unknown(InconclusiveReason::NoTimeToReact))
    } else {
        None
    }
}

/// A subject that is slow rejects a frame only after further input. What the peer's end of TCP explains, and what
/// comes after it processed something behind the frame, is no rejection.
fn rejected_it_later(seen: &FlawEvidence<'_>) -> Option<Reaction> {
    let facts = seen.facts;
    let next = seen.flawed.next_input_at?;
    let unexplained = |at: &At| *at >= next && !facts.peer_ended_before(*at);
    let close = facts.own.close.as_ref().filter(|own| own.at >= next && !facts.own.close_was_requested);
    let failed = close.filter(|own| own.code().is_some_and(is_failure)).map(|own| own.at);
    let error = facts.app.error_at.filter(unexplained);
    let report = seen.report.filter(is_report_of_failure).map(|report| report.at).filter(unexplained);
    // The end of TCP after a Close is a part of the handshake.
    let end = facts.tcp.write_closed_at.filter(unexplained).filter(|_| facts.own.close.is_none());
    let rejected = [failed, error, report, end].into_iter().flatten().min()?;
    let processed_before = facts.flaw.processed_at.is_some_and(|processed| processed < rejected);
    (!processed_before).then_some(Reaction::Unknown(InconclusiveReason::LateRejection))
}

/// A subject that does nothing about a complete frame, or about a length that is wrong already, accepts it.
fn did_nothing(seen: &FlawEvidence<'_>) -> Option<Reaction> {
    let shown_by_header =
        seen.flawed.progress == FrameProgress::Header && seen.flawed.flaws.iter().any(Flaw::shows_in_length);
    (seen.flawed.is_complete() || shown_by_header).then_some(Reaction::Accepted)
}

/// Compares a reply that may be an echo or a failure, or is neither, with the usual replies. An answer that
/// is both the reply to a lawful Close and a rejection decides nothing. Any other sign of a rejection prevents acceptance.
fn replied_as_usual(seen: &FlawEvidence<'_>, habits: &Habits) -> Option<ComparedReaction> {
    let (_, code) = seen.reply?;
    if seen.flawed.opcode != Opcode::Close {
        return closed_for_a_message(seen, habits);
    }
    let answer = Answer::of(code);
    let (lawful, lawful_case) = habits.lawful_reply(seen.flawed.code())?;
    let (failing, failing_case) = habits.first_rejection()?;
    if seen.flawed.ambiguous_cause {
        return None;
    }
    let failed = habits.rejects_with(answer);
    // Other flaws may get other failure codes, so one of those is never the reply to a lawful Close.
    if answer == lawful && !failed && !code.is_some_and(is_failure) {
        let denied = habits.look_like_a_rejection(signs(seen)) || reported_a_problem(seen);
        let comparison = Comparison { answer, lawful_case, failing, failing_case };
        (!denied).then_some(ComparedReaction::Accepted(comparison))
    } else {
        (failed && answer != lawful).then_some(ComparedReaction::Rejected)
    }
}

/// A Close in reply to a flawed frame that is no Close has one cause if the subject does not close for lawful frames.
fn closed_for_a_message(seen: &FlawEvidence<'_>, habits: &Habits) -> Option<ComparedReaction> {
    let must_reject = seen.flawed.flaws.iter().any(|flaw| rules::receiver_rule(flaw, false).is_some());
    let case = habits.reads_on().filter(|_| must_reject && !seen.flawed.ambiguous_cause)?;
    Some(ComparedReaction::Closed(case))
}

/// Whether the subject sent or reported the code that it received, and everything else is what it does if it fails
/// the connection.
fn accepted_like_a_rejection(seen: &FlawEvidence<'_>, habits: &Habits) -> bool {
    match seen.echo() {
        Some(code) => habits.rejects_with(Answer::Code(code)) || habits.look_like_a_rejection(signs(seen)),
        None => seen.reported_without_a_reply() && habits.has_reply_to_lawful_close(),
    }
}

fn signs(seen: &FlawEvidence<'_>) -> Signs {
    let own = seen.facts.own.close.as_ref();
    Signs {
        has_own_reason: own.is_some_and(|own| !echoes_reason(own.reason(), seen.flawed.reason())),
        ends_tcp: seen.end_at.is_some(),
    }
}

fn reported_a_problem(seen: &FlawEvidence<'_>) -> bool {
    seen.facts.app.error_at.is_some_and(|error| error > seen.flawed.at)
        || seen.report.as_ref().is_some_and(is_report_of_failure)
}

fn is_report_of_failure(report: &CloseReport) -> bool {
    report.clean == Some(false)
        || report.code.is_some_and(|code| code == CloseCode::ABNORMAL || is_failure(code))
}

/// Decides the reaction to a Close, or leaves it to the next policy.
type ClosePolicy = fn(&CloseEvidence<'_>) -> Option<Reaction>;

/// The policies on well-formed Closes, in order.
const CLOSE_POLICIES: [ClosePolicy; 9] = [
    panicked_or_hung,
    reply_was_requested,
    replied_with_another_failure_code,
    echoed_a_failure_code_and_reported_an_error,
    replied,
    reported_an_error_instead,
    reported_the_close,
    had_sent_its_close_before,
    ended_tcp_first,
];

/// The facts around a well-formed Close that the policies look at.
struct CloseEvidence<'a> {
    facts: &'a ConnectionFacts,
    close: &'a ObservedClose,
    /// The subject's Close, if it came after the peer's: its code or none.
    reply: Option<Option<CloseCode>>,
    /// Whether the application received a report of this Close.
    is_reported: bool,
}

impl CloseEvidence<'_> {
    fn of<'a>(facts: &'a ConnectionFacts, close: &'a ObservedClose) -> CloseEvidence<'a> {
        CloseEvidence {
            facts,
            close,
            reply: facts.own.close.as_ref().filter(|own| own.at > close.at).map(ObservedClose::code),
            is_reported: facts.app.report.is_some_and(|report| {
                report.code == close.code() && report.clean != Some(false)
                    || report.code == Some(CloseCode::NO_STATUS) && close.code().is_none()
            }),
        }
    }
}

fn panicked_or_hung(seen: &CloseEvidence<'_>) -> Option<Reaction> {
    seen.facts.health.panicked_or_hung().then_some(Reaction::Unknown(InconclusiveReason::PanickedOrHung))
}

/// A Close that the application requested before is no rejection, whatever its code.
fn reply_was_requested(seen: &CloseEvidence<'_>) -> Option<Reaction> {
    seen.reply??;
    seen.facts.own.close_was_requested.then_some(Reaction::Unknown(InconclusiveReason::RequestedClose))
}

/// A subject may refuse a request of its application by failing the connection, also after the peer's Close has arrived.
fn replied_with_another_failure_code(seen: &CloseEvidence<'_>) -> Option<Reaction> {
    let code = seen.reply??;
    let request = seen.facts.app.open_requests.first.as_ref();
    let is_pending = request.is_some_and(|request| request.at < seen.close.at && !request.accepted);
    (is_failure(code) && seen.close.code() != Some(code)).then_some(if is_pending {
        Reaction::Unknown(InconclusiveReason::MayBeRefusal)
    } else {
        Reaction::Rejected
    })
}

/// The subject echoed the code, or failed with a code that happens to be the same.
fn echoed_a_failure_code_and_reported_an_error(seen: &CloseEvidence<'_>) -> Option<Reaction> {
    let code = seen.reply??;
    let error = seen.facts.app.error_at.is_some_and(|error| error > seen.close.at);
    (is_failure(code) && error).then_some(Reaction::Unknown(InconclusiveReason::EchoOrFailure))
}

fn replied(seen: &CloseEvidence<'_>) -> Option<Reaction> {
    seen.reply.map(|_| Reaction::Accepted)
}

fn reported_an_error_instead(seen: &CloseEvidence<'_>) -> Option<Reaction> {
    let error = seen.facts.app.error_at.filter(|error| *error > seen.close.at)?;
    let before_next_input = seen.facts.peer.input_after_close_at.is_none_or(|next| error < next);
    (before_next_input && !seen.is_reported).then_some(Reaction::Rejected)
}

fn reported_the_close(seen: &CloseEvidence<'_>) -> Option<Reaction> {
    (seen.facts.own.close.is_some() && seen.is_reported).then_some(Reaction::Accepted)
}

fn had_sent_its_close_before(seen: &CloseEvidence<'_>) -> Option<Reaction> {
    seen.facts.own.close.map(|_| Reaction::Unknown(InconclusiveReason::AlreadyClosing))
}

fn ended_tcp_first(seen: &CloseEvidence<'_>) -> Option<Reaction> {
    let end = seen.facts.tcp.write_closed_at?;
    (end > seen.close.at && !seen.facts.peer_ended_before(end)).then_some(Reaction::Rejected)
}
