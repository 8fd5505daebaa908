//! What is checked of an endpoint's behaviour, without the judge: the part that a runner in another language implements.

use std::collections::BTreeSet;

use super::step::Action;
use crate::protocol::code::CloseCode;
use crate::protocol::frame::Opcode;
use crate::rules::{Level, Rule};
use crate::script::MessageKind;

/// Close codes that are expected or excluded. `None` stands for no code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Codes {
    /// One of these.
    OneOf(BTreeSet<Option<CloseCode>>),
    /// None of these.
    NoneOf(BTreeSet<Option<CloseCode>>),
}

impl Codes {
    /// Whether they permit a code.
    pub fn permit(&self, code: Option<CloseCode>) -> bool {
        match self {
            Codes::OneOf(codes) => codes.contains(&code),
            Codes::NoneOf(codes) => !codes.contains(&code),
        }
    }
}

/// One thing that is expected. Steps are counted from 0, and `at` are the steps that an expectation is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// The endpoint sends no Close with one of these codes in one of these steps.
    NoClose {
        /// The steps.
        at: BTreeSet<usize>,
        /// The codes.
        codes: BTreeSet<Option<CloseCode>>,
    },
    /// The endpoint refuses the request of its application in this step.
    Refused {
        /// The step.
        step: usize,
    },
    /// The endpoint has rejected the input: it has sent a Close by the end of a step, or it has ended TCP or reported a
    /// closure or an error by the end of another. What it does at the end of the peer is no rejection.
    Rejects {
        /// The step by which it has sent a Close.
        by: usize,
        /// The step by which it has done something else.
        otherwise_by: usize,
    },
    /// The first Close of the endpoint has one of these codes.
    CloseCode(Codes),
    /// The first Close of the endpoint has this reason.
    CloseReason(Vec<u8>),
    /// The endpoint has sent a Close by the end of this step.
    Close {
        /// The step.
        by: usize,
    },
    /// The endpoint does not send another Close in one of these steps.
    NoSecondClose {
        /// The steps.
        at: BTreeSet<usize>,
    },
    /// The endpoint sends no data frame in one of these steps.
    NoData {
        /// The steps.
        at: BTreeSet<usize>,
    },
    /// The endpoint has answered the Ping with this payload by the end of this step.
    Pong {
        /// The payload.
        payload: Vec<u8>,
        /// The step.
        by: usize,
    },
    /// The endpoint sends no Pong in one of these steps.
    NoPong {
        /// The steps.
        at: BTreeSet<usize>,
    },
    /// The endpoint does not end TCP in one of these steps.
    NoEnd {
        /// The steps.
        at: BTreeSet<usize>,
    },
    /// The endpoint has ended TCP by the end of this step.
    End {
        /// The step.
        by: usize,
    },
    /// The endpoint has delivered this message by the end of this step.
    Message {
        /// Text or binary.
        kind: MessageKind,
        /// The payload.
        payload: Vec<u8>,
        /// The step.
        by: usize,
    },
    /// The endpoint delivers no message in one of these steps.
    NoMessage {
        /// The steps.
        at: BTreeSet<usize>,
    },
    /// The endpoint has reported a closure or an error by the end of the last step.
    Reported,
    /// The endpoint reports one of these codes, if it reports a closure.
    ReportCode(Codes),
    /// The endpoint reports this reason, if it reports a closure with a reason.
    ReportReason(String),
    /// The endpoint reports this, if it reports whether the closure was clean. A closure can only be expected to be clean if
    /// the endpoint sent a Close before the report.
    ReportClean(bool),
}

/// An expectation, and the rule that an endpoint violates if it does otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The rule.
    pub rule: Rule,
    /// What is expected.
    pub expectation: Expectation,
}

impl Check {
    /// Whether the checks behind this one still count if it fails. The RFC leaves open what a rule of level `info` is about,
    /// so nothing follows from it.
    pub fn is_followed_by_others(&self) -> bool {
        self.rule.level() == Level::Info
    }
}

/// The checks that an endpoint fails by what it did in each step, in order. Whatever follows from the first of them is left
/// out: a Close that was rejected, for example, is rightly not reported. An endpoint that crashed or sent a flawed frame fails
/// none of them, because that is the cause of what is missing.
///
/// `closes_at` is the first step in which the model closes. An endpoint that sends a Close or ends TCP before does so for a
/// reason of its own, and only the checks that forbid this count.
pub fn failed<'a>(checks: &'a [Check], closes_at: usize, done: &[Vec<Action>]) -> Vec<&'a Check> {
    let mut failed = Vec::new();
    if is_broken(done) {
        return failed;
    }
    let is_close = |action: &Action| action.close().is_some() || *action == Action::End;
    let is_early = done[..closes_at].iter().flatten().any(is_close);
    for check in checks {
        if is_early && !matches!(check.expectation, Expectation::NoClose { .. }) {
            continue;
        }
        if !holds(&check.expectation, done) {
            failed.push(check);
            if !check.is_followed_by_others() {
                break;
            }
        }
    }
    failed
}

/// Whether the endpoint crashed, hung, or sent a flawed frame.
pub fn is_broken(done: &[Vec<Action>]) -> bool {
    done.iter().flatten().any(|action| matches!(action, Action::Crash | Action::Flawed))
}

fn holds(expectation: &Expectation, done: &[Vec<Action>]) -> bool {
    let by = |step: usize, is_it: &dyn Fn(&Action) -> bool| done[..=step].iter().flatten().any(is_it);
    let never = |at: &BTreeSet<usize>, is_it: &dyn Fn(&Action) -> bool| {
        !at.iter().any(|step| done[*step].iter().any(is_it))
    };
    let is_frame = |action: &Action, wanted: &[Opcode]| matches!(action, Action::Frame { opcode, .. } if wanted.contains(opcode));
    let first_close = || done.iter().flatten().find(|action| action.close().is_some());
    let report = || done.iter().flatten().find(|action| matches!(action, Action::Report { .. }));
    let closed_before_report = || {
        let mut before = done.iter().flatten().take_while(|action| !matches!(action, Action::Report { .. }));
        before.any(|action| action.close().is_some())
    };
    match expectation {
        Expectation::NoClose { at, codes } => {
            never(at, &|action| action.close_code().is_some_and(|code| codes.contains(&code)))
        }
        Expectation::Refused { step } => {
            done[*step].iter().any(|action| matches!(action, Action::Refused | Action::Error))
        }
        Expectation::Rejects { by: step, otherwise_by } => {
            by(*step, &|action| action.close().is_some())
                || by(*otherwise_by, &|action| {
                    matches!(action, Action::End | Action::Report { .. } | Action::Error)
                })
        }
        Expectation::CloseCode(codes) => sent_code(done).is_none_or(|code| codes.permit(code)),
        Expectation::CloseReason(reason) => first_close()
            .and_then(Action::close)
            .is_none_or(|body| body.get(2..).unwrap_or_default() == reason),
        Expectation::Close { by: step } => by(*step, &|action| action.close().is_some()),
        Expectation::NoSecondClose { at } => {
            let mut count = 0;
            done.iter().enumerate().all(|(step, actions)| {
                actions.iter().filter(|action| action.close().is_some()).all(|_| {
                    count += 1;
                    count == 1 || !at.contains(&step)
                })
            })
        }
        Expectation::NoData { at } => {
            never(at, &|action| is_frame(action, &[Opcode::Text, Opcode::Binary, Opcode::Continuation]))
        }
        Expectation::Pong { payload, by: step } => by(
            *step,
            &|action| matches!(action, Action::Frame { opcode: Opcode::Pong, payload: sent, .. } if sent == payload),
        ),
        Expectation::NoPong { at } => never(at, &|action| is_frame(action, &[Opcode::Pong])),
        Expectation::NoEnd { at } => {
            let end = done.iter().position(|actions| actions.contains(&Action::End));
            end.is_none_or(|step| !at.contains(&step))
        }
        Expectation::End { by: step } => by(*step, &|action| *action == Action::End),
        Expectation::Message { kind, payload, by: step } => {
            by(*step, &|action| matches!(action, Action::Message(of, with) if of == kind && with == payload))
        }
        Expectation::NoMessage { at } => never(at, &|action| matches!(action, Action::Message(..))),
        Expectation::Reported => {
            by(done.len() - 1, &|action| matches!(action, Action::Report { .. } | Action::Error))
        }
        Expectation::ReportCode(codes) => reported_code(done).is_none_or(|code| codes.permit(code)),
        Expectation::ReportReason(wanted) => {
            let Some(Action::Report { reason: Some(reason), .. }) = report() else { return true };
            reason == wanted
        }
        Expectation::ReportClean(wanted) => {
            let Some(Action::Report { clean: Some(clean), .. }) = report() else { return true };
            clean == wanted || *wanted && !closed_before_report()
        }
    }
}

/// The code of the first Close that was sent: `Some(None)` if it has none.
pub(super) fn sent_code(done: &[Vec<Action>]) -> Option<Option<CloseCode>> {
    done.iter().flatten().find_map(Action::close_code)
}

/// The code of the first report of a closure: `Some(None)` if it has none.
pub(super) fn reported_code(done: &[Vec<Action>]) -> Option<Option<CloseCode>> {
    done.iter()
        .flatten()
        .find_map(|action| if let Action::Report { code, .. } = action { Some(*code) } else { None })
}
