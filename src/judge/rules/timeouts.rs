//! Judges whether the subject gives up waiting for a peer that stays silent.

use crate::judge::facts::{At, ConnectionFacts};
use crate::judge::sink::VerdictSink;
use crate::judge::verdict::{Observed, TIMEOUT_TICKS};
use crate::rules::Rule;

pub(super) fn judge(sink: &mut VerdictSink<'_>, facts: &ConnectionFacts) {
    let Some(own) = &facts.own.close else { return };
    let peer_silent =
        facts.flaw.frame.is_none() && facts.tcp.peer_fin.is_none() && facts.tcp.peer_reset.is_none();
    if facts.stimuli == 0 || facts.health.panicked_or_hung() || !peer_silent {
        return;
    }
    let before_end = |both: &At| facts.tcp.write_closed_at.is_none_or(|end| *both <= end);
    let since = facts.close_exchanged_at().filter(before_end).unwrap_or(own.at);
    let ticks = facts.idle_ticks_since(since);
    if ticks >= TIMEOUT_TICKS || facts.tcp.write_closed_at.is_some() && ticks > 1 {
        // A late end of TCP shows it. Without one, the silence began with the last event before it.
        let silent_since = facts.peer.last_octets_at.map_or(since, |last| last.max(since));
        let shown_at = facts.tcp.write_closed_at.unwrap_or(silent_since);
        let violation = facts
            .tcp
            .write_closed_at
            .is_none_or(|_| ticks > TIMEOUT_TICKS)
            .then_some((shown_at, Observed::Count(u64::from(ticks), "ticks of silence, and still open")));
        sink.check(Rule::GivesUpWaiting, violation, "TCP closed after a timeout");
    }
}
