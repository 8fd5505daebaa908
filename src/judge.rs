//! Judges a trace: gives a verdict on every rule and a finding for every violation. Of the subject, the judge knows
//! only what the trace contains: its role, its capabilities and the events.
//!
//! - `frame_reader` reads the frames of one direction and notes their flaws.
//! - `extract` turns the events of a connection into `facts`.
//! - `send_path` tracks whether the peer receives what the subject sends.
//! - `reaction` decides whether the subject rejected or accepted what it received.
//! - `habits` learns the usual replies of the subject from other traces, which decide what one trace leaves open.
//! - `rules` compares the facts with the rules, one module per family of rules.
//! - `cross_connection` compares the connections of a trace.
//! - `hint` explains findings about a Close by its octets.
//!
//! After its first few traces, a judge allocates nothing.

mod app_facts;
mod at;
mod closing_ping;
mod comparison;
mod cross_connection;
mod extract;
mod facts;
mod frame_reader;
mod habits;
mod hint;
mod observed_close;
mod own_codes;
mod reaction;
mod reason;
mod rules;
mod send_path;
mod sink;
mod verdict;

use crate::harness::{Trace, TraceEventKind};
use crate::protocol::code::Profile;
use crate::rules::{Capabilities, RuleSet};
use sink::VerdictSink;

pub use comparison::{Answer, Comparison};
pub use habits::Habits;
pub use hint::{hints, hints_on_received, hints_on_recording};
pub use reason::InconclusiveReason;
pub use verdict::{Finding, GRACE_TICKS, Observed, TIMEOUT_TICKS, Verdict, Verdicts};

/// A judge of traces. It keeps its buffers from one trace to the next.
#[derive(Debug)]
pub struct Judge {
    profile: Profile,
    /// The capabilities of the last trace, and the rules that apply to them.
    applicable: (Capabilities, RuleSet),
    verdicts: Verdicts,
    findings: Vec<Finding>,
    extractor: extract::FactExtractor,
    connections: Vec<cross_connection::ConnectionDigest>,
    habits: Option<Habits>,
}

impl Judge {
    /// Creates a judge that reads close codes by this profile.
    pub fn new(profile: Profile) -> Judge {
        Judge {
            profile,
            applicable: (Capabilities::ALL, Capabilities::ALL.rules()),
            verdicts: Verdicts::default(),
            findings: Vec::new(),
            extractor: extract::FactExtractor::new(),
            connections: Vec::new(),
            habits: None,
        }
    }

    /// The profile by which the judge reads close codes.
    pub const fn profile(&self) -> Profile {
        self.profile
    }

    /// Sets the usual replies of the subject, with which the judge compares what a trace leaves open.
    pub fn set_habits(&mut self, habits: Option<Habits>) {
        self.habits = habits;
    }

    /// Judges a trace. The findings are in the order of the trace, each rule at most once a connection.
    pub fn judge(&mut self, trace: &Trace) -> &[Finding] {
        self.verdicts = Verdicts::default();
        self.findings.clear();
        self.extractor.mask_keys.clear();
        self.connections.clear();
        if self.applicable.0 != trace.capabilities {
            self.applicable = (trace.capabilities, trace.capabilities.rules());
        }
        let applicable = self.applicable.1;
        let mut sink =
            VerdictSink { trace, applicable, verdicts: &mut self.verdicts, findings: &mut self.findings };
        let mut on_all_connections = applicable;
        let mut start = 0;
        while start < trace.events().len() {
            let next = trace.events()[start + 1..]
                .iter()
                .position(|entry| matches!(entry.kind, TraceEventKind::Connected { .. }))
                .map_or(trace.events().len(), |at| start + 1 + at);
            let mut facts = self.extractor.extract(trace, start, next, self.profile);
            let habits = self.habits.as_ref().filter(|habits| habits.role() == trace.role);
            facts.decide_reactions(habits);
            let judgeable = facts.applicable_rules();
            on_all_connections = on_all_connections.intersection(judgeable);
            sink.applicable = applicable.intersection(judgeable);
            rules::judge(&mut sink, &facts);
            if start > 0 || next < trace.events().len() {
                self.connections.push(cross_connection::ConnectionDigest::of(trace, start, next, &facts));
            }
            start = next;
        }
        sink.applicable = on_all_connections;
        rules::frames::judge_keys(&mut sink, &self.extractor.mask_keys);
        cross_connection::judge(&mut sink, &self.connections);
        self.findings.sort_unstable_by_key(|finding| (finding.at, finding.rule));
        &self.findings
    }

    /// The verdicts on the last trace.
    pub fn verdicts(&self) -> &Verdicts {
        &self.verdicts
    }

    /// The findings on the last trace.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }
}
