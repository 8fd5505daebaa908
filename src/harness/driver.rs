//! Plays a [`Script`] to a [`Subject`] and records a [`Trace`].
//!
//! The driver turns the steps of the peer into segments, split and joined as the script requests. It delivers each
//! segment once the subject is idle, and an end of TCP that follows at once together with the segment before it. After the subject has closed TCP, the driver records octets as not delivered;
//! requests of the application still reach the subject.

use crate::harness::{Opening, Stimulus, Subject, Trace};
use crate::protocol::role::Role;
use crate::script::{Payload, Script, SegmentPlacement, Segmentation, Step, Steps};

/// How much of a script is played. The driver leaves out the rest and reports the script as truncated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most connections, with repetitions.
    pub connections: usize,
    /// The most steps of one connection.
    pub steps: usize,
    /// The most octets delivered on one connection. A step with a longer payload is left out.
    pub octets: usize,
    /// The most octets of one segment that are delivered one by one, where a script requests that.
    pub max_bytewise: usize,
}

impl Limits {
    /// Limits that no script written by hand reaches.
    pub const DEFAULT: Limits = Limits { connections: 64, steps: 4096, octets: 1 << 20, max_bytewise: 512 };

    /// Limits for fuzzers. They leave room for a message over 64 KiB, ten Pings before a Close, and faults that show only
    /// in later connections.
    pub const FUZZING: Limits = Limits { connections: 5, steps: 16, octets: 1 << 17, max_bytewise: 24 };
}

/// Plays scripts, one after another, and records each in the same trace.
///
/// A driver reuses its buffers. After the first few scripts it allocates nothing, unless a script compresses messages.
#[derive(Debug)]
pub struct Driver {
    limits: Limits,
    trace: Trace,
    segment: Vec<u8>,
    cuts: Vec<usize>,
    buffer: Vec<u8>,
    /// The octets delivered on this connection.
    delivered: usize,
    /// Whether the peer has closed its write side of this connection.
    peer_done: bool,
    truncated: bool,
}

impl Default for Driver {
    fn default() -> Self {
        Driver::new()
    }
}

impl Driver {
    /// A driver with an empty trace and [`Limits::DEFAULT`].
    pub fn new() -> Driver {
        Driver::with_limits(Limits::DEFAULT)
    }

    /// A driver with an empty trace and these limits.
    pub fn with_limits(limits: Limits) -> Driver {
        Driver {
            limits,
            trace: Trace::new(),
            segment: Vec::new(),
            cuts: Vec::new(),
            buffer: Vec::new(),
            delivered: 0,
            peer_done: false,
            truncated: false,
        }
    }

    /// Plays `script` to `subject` on a fresh connection and returns the trace.
    pub fn drive(&mut self, script: Script<'_>, subject: &mut dyn Subject) -> &Trace {
        self.truncated = false;
        self.trace.recorder.clear();
        self.trace.role = script.role();
        self.trace.capabilities = subject.capabilities(script.role());
        let mut run = ScriptPlayback {
            driver: self,
            subject,
            role: script.role(),
            deflate: script.offers_deflate(),
            segmentation: Segmentation::AsWritten,
            in_opening: true,
        };
        run.script(script.steps());
        &self.trace
    }

    /// Whether the limits left out a part of the last script.
    pub fn truncated(&self) -> bool {
        self.truncated
    }

    /// The trace of the last script.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }
}

struct ScriptPlayback<'d, 's> {
    driver: &'d mut Driver,
    subject: &'s mut dyn Subject,
    role: Role,
    deflate: bool,
    /// How the segments of this connection are divided.
    segmentation: Segmentation,
    /// Whether all octets of this connection so far were sent with its opening handshake.
    in_opening: bool,
}

impl ScriptPlayback<'_, '_> {
    fn script(&mut self, mut steps: Steps<'_>) {
        let mut connections = 1;
        // The steps of this connection: the first one and their number, for a repetition.
        let mut first_step = steps;
        let mut step_count = 0;
        // A repetition ends with its last step, so the next step begins a new connection.
        let mut repeated = false;
        self.connect(None, steps);
        loop {
            let here = steps;
            let Some(step) = steps.next() else { break };
            let begins = step.begins_connection() || repeated && step.note().is_none();
            if begins {
                if connections == self.driver.limits.connections {
                    self.driver.truncated = true;
                    break;
                }
                connections += 1;
                self.end();
                repeated = false;
                if let Step::Repeat(segmentation) = step {
                    self.connect(Some(segmentation), first_step);
                    for step in first_step.take(step_count) {
                        self.step(&step);
                    }
                    repeated = true;
                    continue;
                }
                step_count = 0;
                first_step = if step == Step::Connect { steps } else { here };
                self.connect(None, first_step);
            }
            if step != Step::Connect {
                if step_count == self.driver.limits.steps {
                    self.driver.truncated = true;
                    break;
                }
                step_count += usize::from(!repeated);
                self.step(&step);
            }
        }
        self.end();
    }

    /// Begins a connection with these steps.
    fn connect(&mut self, repeat: Option<Segmentation>, steps: Steps<'_>) {
        self.driver.peer_done = false;
        self.driver.delivered = 0;
        self.segmentation = repeat.unwrap_or(Segmentation::AsWritten);
        // A repetition that divides the segments divides the first one too.
        self.in_opening = match self.segmentation {
            Segmentation::AsWritten | Segmentation::Coalesced => true,
            Segmentation::Bytewise | Segmentation::SplitAt(_) => false,
        };
        let mut octets = std::mem::take(&mut self.driver.buffer);
        octets.clear();
        if self.in_opening && !steps.write_opening(self.role.peer(), self.driver.limits.octets, &mut octets) {
            self.driver.truncated = true;
        }
        self.driver.delivered = octets.len();
        self.driver.trace.recorder.connected(repeat);
        let opening = Opening { deflate: self.deflate, octets: &octets };
        self.subject.open(self.role, opening, &mut self.driver.trace.recorder);
        self.driver.buffer = octets;
    }

    fn end(&mut self) {
        self.flush();
        self.driver.trace.recorder.script_ended();
    }

    fn step(&mut self, step: &Step<'_>) {
        if self.in_opening && step.note().is_none() {
            if step.is_placed_with_opening() {
                // `connect` has sent these octets.
                return;
            }
            self.in_opening = false;
        }
        if step.payload_len() > self.driver.limits.octets {
            self.driver.truncated = true;
            return;
        }
        match step {
            Step::Frame(frame) => {
                self.begin_placement(frame.placement);
                frame.write(self.role.peer(), &mut self.driver.segment);
                self.end_placement();
            }
            Step::Octets { octets, placement } => {
                self.begin_placement(*placement);
                self.driver.segment.extend_from_slice(octets);
                self.end_placement();
            }
            Step::Fin { glue: false } => {
                self.flush();
                self.peer_ends(Stimulus::Fin);
            }
            Step::Fin { glue: true } => self.peer_ends(Stimulus::Fin),
            Step::Reset => self.peer_ends(Stimulus::Reset),
            Step::PeerGone(writes) => self.stimulate_after_segment(Stimulus::PeerGone(*writes)),
            Step::PeerPause => self.stimulate_after_segment(Stimulus::PeerPause),
            Step::PeerResume => self.stimulate_after_segment(Stimulus::PeerResume),
            Step::AppClose(payload) => {
                self.flush();
                let mut buffer = self.buffer(Payload { code: None, ..*payload });
                let reason = std::str::from_utf8(&buffer).expect("a script's reasons are UTF-8");
                // Without a code there is no reason (§5.5.1).
                let reason = if payload.code.is_some() { reason } else { "" };
                self.stimulate(Stimulus::Close { code: payload.code, reason });
                std::mem::swap(&mut self.driver.buffer, &mut buffer);
            }
            Step::AppSend { kind, payload } => {
                self.flush();
                let mut buffer = self.buffer(*payload);
                self.stimulate(Stimulus::Send { kind: *kind, payload: &buffer });
                std::mem::swap(&mut self.driver.buffer, &mut buffer);
            }
            Step::Pause => self.stimulate_after_segment(Stimulus::Pause),
            Step::Resume => self.stimulate_after_segment(Stimulus::Resume),
            Step::Wait(ticks) => {
                self.flush();
                for _ in 0..*ticks {
                    self.stimulate(Stimulus::Tick);
                }
            }
            Step::Note(text) => self.driver.trace.recorder.note(text),
            // `script` has handled these.
            Step::Connect | Step::Repeat(_) => {}
        }
    }

    fn buffer(&mut self, payload: Payload<'_>) -> Vec<u8> {
        let mut buffer = std::mem::take(&mut self.driver.buffer);
        buffer.clear();
        payload.write(&mut buffer);
        buffer
    }

    fn begin_placement(&mut self, placement: SegmentPlacement) {
        if !placement.glue && self.segmentation != Segmentation::Coalesced {
            self.flush();
        }
        if let Some(cut) = placement.cut {
            self.driver.cuts.push(self.driver.segment.len() + usize::from(cut));
        }
    }

    fn end_placement(&mut self) {
        let over =
            self.driver.segment.len().saturating_sub(self.driver.limits.octets - self.driver.delivered);
        if over > 0 {
            self.driver.truncated = true;
            self.driver.segment.truncate(self.driver.segment.len() - over);
            self.flush();
        }
    }

    /// Delivers the pending segment, split as the script requests.
    fn flush(&mut self) {
        self.flush_with(None);
    }

    /// Delivers the pending segment, split as the script requests, and the end of TCP at once after its last part.
    /// Returns whether it delivered the end: without a pending segment it does not.
    fn flush_with(&mut self, end: Option<Stimulus<'_>>) -> bool {
        if self.driver.segment.is_empty() {
            self.driver.cuts.clear();
            return false;
        }
        let segment = std::mem::take(&mut self.driver.segment);
        let cuts = std::mem::take(&mut self.driver.cuts);
        self.driver.delivered += segment.len();
        let mut from = 0;
        match self.segmentation {
            Segmentation::AsWritten => {
                for &cut in &cuts {
                    if cut > from && cut < segment.len() {
                        self.deliver(&segment[from..cut]);
                        from = cut;
                    }
                }
            }
            Segmentation::Coalesced => {}
            Segmentation::Bytewise => {
                while from + 1 < segment.len().min(self.driver.limits.max_bytewise) {
                    self.deliver(&segment[from..=from]);
                    from += 1;
                }
            }
            Segmentation::SplitAt(at) => {
                let at = usize::from(at);
                if at > 0 && at < segment.len() {
                    self.deliver(&segment[..at]);
                    from = at;
                }
            }
        }
        let end = end.filter(|_| !self.driver.trace.recorder.is_closed());
        match end {
            Some(end) => self.subject.react_at_once(&segment[from..], end, &mut self.driver.trace.recorder),
            None => self.deliver(&segment[from..]),
        }
        self.driver.segment = segment;
        self.driver.segment.clear();
        self.driver.cuts = cuts;
        self.driver.cuts.clear();
        end.is_some()
    }

    fn deliver(&mut self, octets: &[u8]) {
        if self.driver.trace.recorder.is_closed() || self.driver.peer_done {
            self.driver.trace.recorder.undelivered(octets.len());
        } else {
            self.stimulate(Stimulus::Octets(octets));
        }
    }

    /// Ends TCP at once after the pending segment, if there is one.
    fn peer_ends(&mut self, stimulus: Stimulus<'_>) {
        if self.driver.peer_done {
            return self.flush();
        }
        let has_ended = self.flush_with(Some(stimulus));
        self.driver.peer_done = true;
        if !has_ended {
            self.stimulate(stimulus);
        }
    }

    /// Delivers the pending segment, then applies a stimulus.
    fn stimulate_after_segment(&mut self, stimulus: Stimulus<'_>) {
        self.flush();
        self.stimulate(stimulus);
    }

    fn stimulate(&mut self, stimulus: Stimulus<'_>) {
        self.driver.trace.recorder.record_stimulus(stimulus);
        self.subject.react(stimulus, &mut self.driver.trace.recorder);
    }
}
