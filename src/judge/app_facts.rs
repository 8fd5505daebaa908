//! Defines what the application of the subject requested, and what it was given.

use super::at::At;
use crate::harness::Span;
use crate::protocol::code::CloseCode;

/// A report of the closure to the application.
#[derive(Clone, Copy, Debug)]
pub(super) struct CloseReport {
    pub at: At,
    pub code: Option<CloseCode>,
    pub reason: Option<Span>,
    pub clean: Option<bool>,
}

/// A request of the application to close.
#[derive(Clone, Copy, Debug)]
pub(super) struct CloseRequest {
    pub at: At,
    /// Whether a frame of the peer had begun and was not complete.
    pub during_frame: bool,
    pub code: Option<CloseCode>,
    pub reason: Span,
    /// Whether the subject accepted or refused it, if the trace shows that.
    pub accepted: bool,
    pub refused: bool,
}

/// The requests to close that the subject did not refuse before it sent a Close: its own Close fulfils one of them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct OpenRequests {
    /// The first of them, and the most recent one.
    pub first: Option<CloseRequest>,
    pub last: Option<CloseRequest>,
    pub count: u32,
}

impl OpenRequests {
    pub(super) fn add(&mut self, request: CloseRequest) {
        self.first.get_or_insert(request);
        self.last = Some(request);
        self.count += 1;
    }

    /// Notes that the subject accepted the most recent request.
    pub(super) fn accept_last(&mut self) {
        if self.count == 1 {
            self.first = self.first.map(|request| CloseRequest { accepted: true, ..request });
        }
        self.last = self.last.map(|request| CloseRequest { accepted: true, ..request });
    }

    /// Notes that the most recent request is none, because the subject refused it or it never reached the subject.
    pub(super) fn remove_last(&mut self) {
        self.count = self.count.saturating_sub(1);
        // Of three and more requests, only the first is known again.
        self.last = self.first.filter(|_| self.count > 0);
        self.first = self.last;
    }
}

/// What the application requested, and what it was given.
#[derive(Clone, Debug, Default)]
pub(super) struct AppFacts {
    /// Its first request to close.
    pub close_request: Option<CloseRequest>,
    pub close_request_count: u32,
    pub open_requests: OpenRequests,
    /// The codes, or none, of the two most recent close requests that were not refused.
    pub requested_codes: [Option<Option<CloseCode>>; 2],
    /// A message requested after the subject's own Close that has been neither accepted nor refused.
    pub pending_send: Option<At>,
    /// Whether such a message was accepted or refused, and when one was first accepted.
    pub send_requested_after_close: bool,
    pub send_accepted_after_close_at: Option<At>,
    /// The messages that the subject accepted before the first request to close and before any Close.
    pub sends_accepted: u32,
    /// The last request of any kind.
    pub last_request_at: Option<At>,
    /// The first report of the closure, and when a second one was made.
    pub report: Option<CloseReport>,
    pub second_report_at: Option<At>,
    pub error_at: Option<At>,
    pub delivered: u32,
    pub last_message_at: Option<At>,
    /// Messages delivered after the subject's own Close.
    pub delivered_between: u32,
    /// When the subject first delivered more messages than had arrived.
    pub excess_message_at: Option<At>,
    /// Whether the application does not read.
    pub paused: bool,
}
