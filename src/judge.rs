//! The judge: in comes a trace, out comes a verdict on every rule and a finding for every violation. It knows
//! nothing of who made the trace but what the trace says: the role, and the duties that the subject took on.
//!
//! `extract` gathers what happened on each connection into a `facts`, and `reaction` says what the subject made of
//! it; `sender`, `receiver` and `app` compare that with the rules that bind these; `across` compares connections.
//! After its first few traces a judge allocates nothing.

mod cross_connection;
mod extract;
mod facts;
mod frame_reader;
mod reaction;
mod reason;
mod rules;
mod send_path;
mod sink;
mod verdict;

use crate::harness::subject::TraceEventKind;
use crate::harness::trace::Trace;
use crate::protocol::code::Profile;
use crate::rules::{Capabilities, RuleSet};
use sink::VerdictSink;

pub use reason::InconclusiveReason;
pub use verdict::{Finding, GRACE_TICKS, Observed, TIMEOUT_TICKS, Verdict, Verdicts};

/// The judge.
#[derive(Debug)]
pub struct Judge {
    profile: Profile,
    /// The rules that the duties seen last ask for.
    applicable: (Capabilities, RuleSet),
    verdicts: Verdicts,
    findings: Vec<Finding>,
    extractor: extract::FactExtractor,
    connections: Vec<cross_connection::ConnectionDigest>,
}

impl Judge {
    /// A judge that reads codes by this profile.
    pub fn new(profile: Profile) -> Judge {
        Judge {
            profile,
            applicable: (Capabilities::ALL, Capabilities::ALL.rules()),
            verdicts: Verdicts::default(),
            findings: Vec::new(),
            extractor: extract::FactExtractor::new(),
            connections: Vec::new(),
        }
    }

    /// Judges a trace. The findings come in the order of the trace, each rule at most once a connection.
    pub fn judge(&mut self, trace: &Trace) -> &[Finding] {
        self.verdicts = Verdicts::default();
        self.findings.clear();
        self.extractor.mask_keys.clear();
        self.connections.clear();
        if self.applicable.0 != trace.capabilities {
            self.applicable = (trace.capabilities, trace.capabilities.rules());
        }
        let request = self.applicable.1;
        let mut sink = VerdictSink {
            trace,
            applicable: request,
            verdicts: &mut self.verdicts,
            findings: &mut self.findings,
        };
        let mut across_all = request;
        let mut start = 0;
        while start < trace.events().len() {
            let next = trace.events()[start + 1..]
                .iter()
                .position(|entry| matches!(entry.kind, TraceEventKind::Connected { .. }))
                .map_or(trace.events().len(), |at| start + 1 + at);
            let mut facts = self.extractor.extract(trace, start, next, self.profile);
            facts.decide_reactions();
            let askable = facts.tcp.send_path.applicable_rules();
            across_all = across_all.intersection(askable);
            sink.applicable = request.intersection(askable);
            rules::judge(&mut sink, &facts, self.profile);
            if start > 0 || next < trace.events().len() {
                self.connections.push(cross_connection::ConnectionDigest::of(trace, start, next, &facts));
            }
            start = next;
        }
        sink.applicable = across_all;
        rules::frames::judge_keys(&mut sink, &self.extractor.mask_keys);
        cross_connection::judge(&mut sink, &self.connections);
        self.findings.sort_unstable_by_key(|finding| (finding.at, finding.rule));
        &self.findings
    }

    /// The verdicts on the trace judged last.
    pub fn verdicts(&self) -> &Verdicts {
        &self.verdicts
    }

    /// The findings of the trace judged last.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }
}
