//! What a run reports while it is under way.

use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use wsclose::rules::RuleSet;

use crate::endpoint::connection::CaseError;
use crate::run::case_result::CaseResult;
use crate::run::results::RunVerdict;

/// A step of a run. Events of cases that run in parallel interleave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The run starts.
    RunStarted {
        /// The number of cases with the liveness case, without retries and generated cases.
        cases: usize,
    },
    /// A case starts.
    CaseStarted {
        /// The name of the case.
        name: String,
    },
    /// A case has run.
    CaseFinished {
        /// The name of the case.
        name: String,
        /// The rules that the endpoint violated in it, before any retry.
        violations: RuleSet,
        /// Why the case has no result, if it has none.
        error: Option<CaseError>,
        /// The duration of the case.
        elapsed: Duration,
    },
    /// A case was re-run alone, to confirm a violation or that there is none.
    CaseRetried {
        /// The name of the case.
        name: String,
        /// The rules that the endpoint violated this time.
        violations: RuleSet,
    },
    /// The run is over.
    RunFinished {
        /// The verdict of its report.
        verdict: RunVerdict,
    },
    /// A client connected to the case server.
    ClientConnected,
    /// The case server rejected a client.
    ClientRejected {
        /// Why.
        reason: String,
    },
    /// A client requested the reports of its agent from the case server.
    ReportsRequested {
        /// The name of the agent.
        agent: String,
    },
    /// The case server closed the connection of a client that had requested reports.
    ReportsDelivered {
        /// The name of the agent.
        agent: String,
    },
}

type Listener = Arc<dyn Fn(&Event) + Send + Sync>;

/// The listeners of a run.
#[derive(Clone, Default)]
pub struct EventSink(Vec<Listener>);

impl EventSink {
    /// Adds a callback. It runs in the thread that emits the event.
    pub fn add_callback(&mut self, callback: impl Fn(&Event) + Send + Sync + 'static) {
        self.0.push(Arc::new(callback));
    }

    /// Adds a channel. A receiver that was dropped is ignored.
    pub fn add_sender(&mut self, sender: Sender<Event>) {
        self.add_callback(move |event| {
            let _ = sender.send(event.clone());
        });
    }

    /// Passes an event to every listener.
    pub fn emit(&self, event: Event) {
        self.0.iter().for_each(|listener| listener(&event));
    }

    /// Emits the start of a case.
    pub fn case_started(&self, name: &str) {
        self.emit(Event::CaseStarted { name: name.to_owned() });
    }

    /// Emits the end of a case.
    pub fn case_finished(&self, result: &CaseResult) {
        self.emit(Event::CaseFinished {
            name: result.name.clone(),
            violations: result.violated_rules(),
            error: result.error.clone(),
            elapsed: result.elapsed,
        });
    }

    /// Emits the retry of a case.
    pub fn case_retried(&self, result: &CaseResult) {
        self.emit(Event::CaseRetried { name: result.name.clone(), violations: result.violated_rules() });
    }
}

impl fmt::Debug for EventSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EventSink({} listeners)", self.0.len())
    }
}
