//! Judges how the subject treats the peer's FIN if no Close came before it.

use crate::judge::facts::ConnectionFacts;
use crate::judge::sink::VerdictSink;
use crate::judge::verdict::Observed;
use crate::protocol::code::CloseCode;
use crate::rules::{Capability, Rule};

pub(super) fn judge(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts) {
    let Some(fin) = facts.tcp.peer_fin else { return };
    let ended_before = facts.tcp.write_closed_at.is_some_and(|end| end < fin);
    if facts.cannot_act() || facts.peer.close.is_some() || ended_before {
        return;
    }
    let left_open = facts.tcp.write_closed_at.is_none() && sink.trace.capabilities.has(Capability::ClosesTcp);
    let flawed = facts.flaw.frame.is_some();
    // After a flaw it is unknown what the subject read, but TCP has ended either way.
    if flawed && !left_open {
        return;
    }
    let rule = Rule::EofIsNotAClose;
    let judges_report = !flawed && sink.trace.capabilities.has(Capability::ReportsCloseStatus);
    let report_of_close = facts.app.report.filter(|report| match report.clean {
        Some(clean) => clean,
        // With a clean flag that is false, the code is the question of `reports-1006`.
        None => report.code.is_some_and(|code| code != CloseCode::ABNORMAL) && facts.app.error_at.is_none(),
    });
    match report_of_close {
        Some(report) if judges_report => {
            sink.violates(rule, report.at, "an abnormal closure", Observed::Reported(report.code));
        }
        Some(_) | None if left_open => {
            sink.violates(rule, fin, "TCP closed", Observed::Text("left TCP open after the peer's FIN"));
        }
        Some(_) | None => sink.conforms(rule),
    }
}
