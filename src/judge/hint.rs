//! Explains findings about a Close by its octets.

use super::verdict::{Finding, Observed};
use crate::harness::{Trace, TraceEventKind};
use crate::protocol::assembler::{FrameAssembler, FramePart, KeptPayload};
use crate::protocol::code::CloseCode;
use crate::protocol::frame::{Header, Opcode};
use crate::protocol::hint::{self, Hint};
use crate::rules::Rule;

/// The longest payload that is kept. A Close that is longer is explained by its length.
const KEPT: usize = 256;

/// How the endpoint may have come to write the Close that a finding is about, or to crash. Empty for other findings.
pub fn hints(trace: &Trace, finding: &Finding) -> Vec<Hint> {
    explain(trace, finding, requested_before(trace, finding.at))
}

/// The same for a recording, in which the requests of the application are inferred from what was sent.
pub fn hints_on_recording(trace: &Trace, finding: &Finding) -> Vec<Hint> {
    explain(trace, finding, None)
}

/// A Close that the application requested: its code and its reason.
type Request<'a> = (Option<CloseCode>, &'a [u8]);

fn explain(trace: &Trace, finding: &Finding, requested: Option<Request<'_>>) -> Vec<Hint> {
    if finding.rule == Rule::NoPanic {
        let crash = |(code, reason)| hint::of_crash_after_request(code, reason);
        return requested.and_then(crash).into_iter().collect();
    }
    let concerns_close = matches!(finding.actual, Observed::SentCode(_) | Observed::Replied(..))
        || matches!(finding.actual, Observed::Sent(flaw) if hint::explains(flaw));
    if !concerns_close {
        return Vec::new();
    }
    let received = received_before(trace, finding.at);
    let of_close = |(header, payload): (Header, Vec<u8>)| match (&received, requested) {
        (Some(received), _) => hint::of_reply(&header, &payload, received),
        (None, Some((Some(code), _))) => hint::of_requested(&header, &payload, code),
        (None, Some((None, _)) | None) => hint::of_close(&header, &payload),
    };
    closes_of_event(trace, finding.at)
        .into_iter()
        .map(of_close)
        .find(|hints| !hints.is_empty())
        .unwrap_or_default()
}

/// How the peer may have come to write the Closes that the subject received. A script that retells a recording has them.
pub fn hints_on_received(trace: &Trace) -> Vec<Hint> {
    let mut hints: Vec<Hint> = Vec::new();
    for (_, header, payload) in received_closes(trace) {
        let new: Vec<Hint> =
            hint::of_close(&header, &payload).into_iter().filter(|hint| !hints.contains(hint)).collect();
        hints.extend(new);
    }
    hints
}

/// The event with which the connection of an event begins.
fn connection_of(trace: &Trace, event: usize) -> usize {
    let begins = |index: &usize| matches!(trace.events()[*index].kind, TraceEventKind::Connected { .. });
    (0..event.min(trace.events().len())).rev().find(begins).unwrap_or(0)
}

/// The last Close that the application requested before an event, on the same connection.
fn requested_before(trace: &Trace, event: usize) -> Option<Request<'_>> {
    let events = trace.events().get(connection_of(trace, event)..event)?;
    events.iter().rev().find_map(|recorded| {
        let TraceEventKind::AppClose { code, reason } = recorded.kind else { return None };
        Some((code, trace.octets(reason)))
    })
}

/// The unmasked payload of the last Close that the subject received before an event, on the same connection.
fn received_before(trace: &Trace, event: usize) -> Option<Vec<u8>> {
    let connection = connection_of(trace, event);
    let is_before = |(index, ..): &&(usize, Header, Vec<u8>)| (connection..event).contains(index);
    received_closes(trace).iter().rev().find(is_before).map(|(_, _, payload)| payload.clone())
}

/// The Closes that the subject received, each with the event that completes it and its unmasked payload.
fn received_closes(trace: &Trace) -> Vec<(usize, Header, Vec<u8>)> {
    let mut frames = FrameAssembler::new(KeptPayload::UpTo(KEPT));
    let mut closes = Vec::new();
    for (index, recorded) in trace.events().iter().enumerate() {
        if let TraceEventKind::Connected { .. } = recorded.kind {
            frames.restart();
        }
        let TraceEventKind::Received(span) = recorded.kind else { continue };
        let mut octets = trace.octets(span);
        while let Some(part) = frames.next(&mut octets) {
            if let FramePart::End(header @ Header { opcode: Opcode::Close, .. }) = part {
                closes.push((index, header, frames.payload().to_vec()));
            }
        }
    }
    closes
}

/// The Closes of which the subject wrote a part in an event, each with its unmasked payload as far as it was written.
fn closes_of_event(trace: &Trace, event: usize) -> Vec<(Header, Vec<u8>)> {
    let mut frames = FrameAssembler::new(KeptPayload::UpTo(KEPT));
    let mut closes = Vec::new();
    // The event in which the current frame begins.
    let mut begins = None;
    for (index, recorded) in trace.events().iter().enumerate() {
        if let TraceEventKind::Connected { .. } = recorded.kind {
            if index > event {
                break;
            }
            frames.restart();
            begins = None;
        }
        let TraceEventKind::Sent(span) = recorded.kind else { continue };
        let mut octets = trace.octets(span);
        while let Some(part) = frames.next(&mut octets) {
            match part {
                FramePart::Header(_) => begins = Some(index),
                FramePart::Payload(_) => {}
                FramePart::End(header) => {
                    let begin = begins.take();
                    let is_in_event = begin.is_some_and(|begin| begin <= event) && index >= event;
                    if header.opcode == Opcode::Close && is_in_event {
                        closes.push((header, frames.payload().to_vec()));
                    }
                }
            }
        }
    }
    let unfinished = frames.header().filter(|header| header.opcode == Opcode::Close);
    if let (Some(header), true) = (unfinished, begins.is_some_and(|begin| begin <= event)) {
        closes.push((header, frames.payload().to_vec()));
    }
    closes
}
