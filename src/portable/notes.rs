//! What follows from a violation, for the notes of the vectors.

use crate::rules::{Family, Rule};

/// What goes wrong for users if an endpoint violates the rule, in one sentence.
pub const fn effect(rule: Rule) -> &'static str {
    match rule.family() {
        Family::OwnFrames => {
            "A peer that checks frames fails the connection, and its application receives an error in place of the close."
        }
        Family::CloseReply => "The peer waits for the reply until it times out, and reports 1006.",
        Family::OwnClose => {
            "What the application requested does not reach the peer, or the connection stays open."
        }
        Family::TcpEnd => {
            "One side waits for the other until a timeout, or a reset destroys a Close that was sent."
        }
        Family::LawfulInput => "A connection that both sides use correctly ends with an error.",
        Family::FaultyInput => {
            "The endpoint processes input that other endpoints and proxies reject or read in another way."
        }
        Family::Failing => {
            "The peer does not learn why the connection ended, or the endpoint processes a stream that it rejected."
        }
        Family::Reports => {
            "The application mistakes a failure for a close, or a close for a failure, and retries or logs wrongly."
        }
        Family::Robustness => "One peer can crash, block or exhaust the endpoint for all.",
    }
}
