//! Judges one connection by the rules, one module per family of rules.

mod accepts_close;
mod after_close;
mod api_requests;
mod app_errors;
mod app_messages;
mod app_reports;
mod close_reply;
mod fail_connection;
pub(super) mod frames;
mod lawful_input;
mod peer_eof;
mod reads_until_reply;
mod rejects_flaws;
mod requested_close;
mod robustness;
mod tcp_close;
mod timeouts;

use super::facts::ConnectionFacts;
use super::sink::VerdictSink;

/// Adds the verdicts and findings on one connection to the sink.
pub(super) fn judge(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts) {
    frames::judge(sink, facts);
    after_close::judge(sink, facts);
    close_reply::judge(sink, facts);
    tcp_close::judge(sink, facts);
    accepts_close::judge(sink, facts);
    lawful_input::judge(sink, facts);
    rejects_flaws::judge(sink, facts);
    fail_connection::judge(sink, facts);
    reads_until_reply::judge(sink, facts);
    peer_eof::judge(sink, facts);
    app_messages::judge(sink, facts);
    app_errors::judge(sink, facts);
    app_reports::judge(sink, facts);
    api_requests::judge(sink, facts);
    requested_close::judge(sink, facts);
    timeouts::judge(sink, facts);
    robustness::judge(sink, facts);
}
