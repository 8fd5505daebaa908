//! Judges how the subject treats the peer's FIN if no Close came before it.

use crate::judge::at::At;
use crate::judge::facts::{ConnectionFacts, Reaction};
use crate::judge::reason::InconclusiveReason;
use crate::judge::sink::VerdictSink;
use crate::judge::verdict::Observed;
use crate::protocol::code::CloseCode;
use crate::protocol::role::Role;
use crate::rules::Rule;

pub(super) fn judge(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts) {
    let Some(fin) = facts.tcp.peer_fin else { return };
    let ended_before = facts.tcp.write_closed_at.is_some_and(|end| end < fin);
    if facts.cannot_act() || facts.peer.close.is_some() || ended_before {
        return;
    }
    // After a flaw it is unknown what the subject read.
    if facts.flaw.frame.is_none() {
        reports_no_close(sink, facts);
    }
    // A subject that failed the connection has to close TCP anyway.
    if facts.reaction_to_flaw != Some(Reaction::Rejected) {
        ends_tcp(sink, facts, fin);
    }
}

fn reports_no_close(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts) {
    let Some(report) = facts.app.report else { return };
    let as_close = match report.clean {
        Some(clean) => clean,
        // With a clean flag that is false, the code is the question of `reports-1006`.
        None => report.code.is_some_and(|code| code != CloseCode::ABNORMAL) && facts.app.error_at.is_none(),
    };
    let violation = as_close.then_some((report.at, Observed::Reported(report.code)));
    sink.check(Rule::EofIsNotAClose, violation, "an abnormal closure");
}

/// A client has to fail the connection (§7.2.1). No sentence requires that of a server.
fn ends_tcp(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts, fin: At) {
    let rule = match sink.trace.role {
        Role::Client => Rule::ClientEndsOnEof,
        Role::Server => Rule::ServerEndsOnEof,
    };
    let is_open = facts.tcp.write_closed_at.is_none();
    if is_open && sink.in_grace(facts, fin) {
        sink.inconclusive(rule, InconclusiveReason::WithinGrace);
    } else {
        let open = Observed::Text("left TCP open after the peer's FIN");
        sink.check(rule, is_open.then_some((fin, open)), "TCP closed");
    }
}
