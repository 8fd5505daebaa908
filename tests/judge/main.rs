//! Tests of the judge: what an endpoint does in a script, and the verdict on one rule.
//!
//! The name of each test begins with the id of the rule that it tests, so `cargo test close_answered` runs the tests of
//! `close-answered`.

mod closure_subject;
mod scripted;
mod sends_only_frames;

mod accepts_close;
mod after_close;
mod api_requests;
mod app_course;
mod app_initiated_close;
mod app_reports;
mod at_once;
mod client_role;
mod close_between_fragments;
mod close_reply;
mod cross_connection;
mod deflate;
mod each_rule;
mod fail_connection;
mod habits;
mod half_close;
mod inconclusive;
mod lawful_input;
mod masking_keys;
mod peer_not_reading;
mod reads_until_answer;
mod rejects_flaws;
mod requested_close;
mod tcp_close;
mod test_names;
mod text_messages;
mod timeouts;
mod unsupported_requests;
