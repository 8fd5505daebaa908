//! Plays a script to a subject: in come a [`Script`] and a [`Subject`], out comes a [`Trace`].
//!
//! The peer's steps become segments, cut and joined as the script says; each is delivered once the subject
//! is idle. Once the subject has closed TCP, nothing more is delivered to it, and the trace says so; its
//! application can still act.

use crate::role::Role;
use crate::script::{Payload, Placing, Recut, Script, Step, Steps};
use crate::subject::{Stimulus, Subject};
use crate::trace::Trace;

/// How much of a script is played; the rest of it is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most connections, repetitions included.
    pub connections: usize,
    /// The most steps of one connection.
    pub steps: usize,
    /// The most octets delivered on one connection, and of one payload: a step with a longer one is left out.
    pub octets: usize,
    /// How many octets of one segment are delivered one by one when a script asks for that.
    pub each: usize,
}

impl Limits {
    /// Enough for anything a person writes.
    pub const GENEROUS: Limits = Limits { connections: 64, steps: 4096, octets: 1 << 20, each: 512 };

    /// What a fuzzer is given: executions are what it is paid in, and a long script shows little that a
    /// short one does not.
    pub const QUICK: Limits = Limits { connections: 3, steps: 8, octets: 512, each: 24 };
}

/// Plays scripts, one after another, into one trace that it owns and reuses: after the first few scripts
/// nothing is allocated.
#[derive(Debug)]
pub struct Driver {
    limits: Limits,
    trace: Trace,
    segment: Vec<u8>,
    cuts: Vec<usize>,
    words: Vec<u8>,
    delivered: usize,
    /// Whether the peer has ended its half of TCP on this connection.
    peer_done: bool,
    left_out: bool,
}

impl Default for Driver {
    fn default() -> Self {
        Driver::new()
    }
}

impl Driver {
    /// A driver with an empty trace, that plays scripts to their end.
    pub fn new() -> Driver {
        Driver::with_limits(Limits::GENEROUS)
    }

    /// A driver that plays only so much of a script.
    pub fn with_limits(limits: Limits) -> Driver {
        Driver {
            limits,
            trace: Trace::new(),
            segment: Vec::new(),
            cuts: Vec::new(),
            words: Vec::new(),
            delivered: 0,
            peer_done: false,
            left_out: false,
        }
    }

    /// Plays `script` to `subject` from a fresh connection on, and gives the trace of it.
    pub fn drive(&mut self, script: Script<'_>, subject: &mut dyn Subject) -> &Trace {
        self.left_out = false;
        self.trace.output.clear();
        self.trace.role = script.role();
        self.trace.duties = subject.duties(script.role());
        let mut run = Run { driver: self, subject, role: script.role(), recut: Recut::AsWritten };
        run.script(script.steps());
        &self.trace
    }

    /// Whether a part of the last script was left out, because it is longer than the limits.
    pub fn left_out(&self) -> bool {
        self.left_out
    }

    /// The trace of the last script.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }
}

struct Run<'d, 's> {
    driver: &'d mut Driver,
    subject: &'s mut dyn Subject,
    role: Role,
    /// How the connection that is being played is cut.
    recut: Recut,
}

impl Run<'_, '_> {
    fn script(&mut self, mut steps: Steps<'_>) {
        let mut connections = 1;
        // Where the steps of the present connection begin, and how many they are.
        let mut beginning = steps;
        let mut own = 0;
        // A repetition is over when it has been played: what follows it begins a new connection.
        let mut repeated = false;
        self.connect(None);
        loop {
            let here = steps;
            let Some(step) = steps.next() else { break };
            let begins = step.begins_connection() || repeated && step.note().is_none();
            if begins {
                if connections == self.driver.limits.connections {
                    self.driver.left_out = true;
                    break;
                }
                connections += 1;
                self.end();
                repeated = false;
                if let Step::Again(recut) = step {
                    self.connect(Some(recut));
                    for step in beginning.take(own) {
                        self.step(&step);
                    }
                    repeated = true;
                    continue;
                }
                self.connect(None);
                own = 0;
                beginning = if step == Step::Connect { steps } else { here };
            }
            if step != Step::Connect {
                if own == self.driver.limits.steps {
                    self.driver.left_out = true;
                    break;
                }
                own += usize::from(!repeated);
                self.step(&step);
            }
        }
        self.end();
    }

    fn connect(&mut self, again: Option<Recut>) {
        self.driver.peer_done = false;
        self.driver.delivered = 0;
        self.recut = again.unwrap_or(Recut::AsWritten);
        self.driver.trace.output.connected(again);
        self.subject.connect(self.role, &mut self.driver.trace.output);
    }

    fn end(&mut self) {
        self.flush();
        self.driver.trace.output.ended();
    }

    fn step(&mut self, step: &Step<'_>) {
        if step.payload_len() > self.driver.limits.octets {
            self.driver.left_out = true;
            return;
        }
        match step {
            Step::Frame(frame) => {
                self.place(frame.placing);
                frame.write(self.role.peer(), &mut self.driver.segment);
                self.placed();
            }
            Step::Octets { octets, placing } => {
                self.place(*placing);
                self.driver.segment.extend_from_slice(octets);
                self.placed();
            }
            Step::Fin => self.peer_ends(Stimulus::Fin),
            Step::Reset => self.peer_ends(Stimulus::Reset),
            Step::PeerGone(writes) => self.alone(Stimulus::PeerGone(*writes)),
            Step::PeerPause => self.alone(Stimulus::PeerPause),
            Step::PeerResume => self.alone(Stimulus::PeerResume),
            Step::AppClose(payload) => {
                self.flush();
                let mut words = self.words(Payload { code: None, ..*payload });
                let reason = std::str::from_utf8(&words).expect("a script's reasons are UTF-8");
                // Without a code there is no reason (§5.5.1).
                let reason = if payload.code.is_some() { reason } else { "" };
                self.stimulate(Stimulus::Close { code: payload.code, reason });
                std::mem::swap(&mut self.driver.words, &mut words);
            }
            Step::AppSend { kind, payload } => {
                self.flush();
                let mut words = self.words(*payload);
                self.stimulate(Stimulus::Send { kind: *kind, payload: &words });
                std::mem::swap(&mut self.driver.words, &mut words);
            }
            Step::Pause => self.alone(Stimulus::Pause),
            Step::Resume => self.alone(Stimulus::Resume),
            Step::Wait(ticks) => {
                self.flush();
                for _ in 0..*ticks {
                    self.stimulate(Stimulus::Tick);
                }
            }
            Step::Note(text) => self.driver.trace.output.note(text),
            // `script` plays these.
            Step::Connect | Step::Again(_) => {}
        }
    }

    fn words(&mut self, payload: Payload<'_>) -> Vec<u8> {
        let mut words = std::mem::take(&mut self.driver.words);
        words.clear();
        payload.write(&mut words);
        words
    }

    fn place(&mut self, placing: Placing) {
        if !placing.glue && self.recut != Recut::Whole {
            self.flush();
        }
        if let Some(cut) = placing.cut {
            self.driver.cuts.push(self.driver.segment.len() + usize::from(cut));
        }
    }

    fn placed(&mut self) {
        let over =
            self.driver.segment.len().saturating_sub(self.driver.limits.octets - self.driver.delivered);
        if over > 0 {
            self.driver.left_out = true;
            self.driver.segment.truncate(self.driver.segment.len() - over);
            self.flush();
        }
    }

    /// Delivers the segment that is waiting, in the cuts that were asked for.
    fn flush(&mut self) {
        if self.driver.segment.is_empty() {
            self.driver.cuts.clear();
            return;
        }
        let segment = std::mem::take(&mut self.driver.segment);
        let cuts = std::mem::take(&mut self.driver.cuts);
        self.driver.delivered += segment.len();
        let mut from = 0;
        match self.recut {
            Recut::AsWritten => {
                for &cut in &cuts {
                    if cut > from && cut < segment.len() {
                        self.deliver(&segment[from..cut]);
                        from = cut;
                    }
                }
            }
            Recut::Whole => {}
            Recut::Each => {
                while from + 1 < segment.len().min(self.driver.limits.each) {
                    self.deliver(&segment[from..=from]);
                    from += 1;
                }
            }
            Recut::At(at) => {
                let at = usize::from(at);
                if at > 0 && at < segment.len() {
                    self.deliver(&segment[..at]);
                    from = at;
                }
            }
        }
        self.deliver(&segment[from..]);
        self.driver.segment = segment;
        self.driver.segment.clear();
        self.driver.cuts = cuts;
        self.driver.cuts.clear();
    }

    fn deliver(&mut self, octets: &[u8]) {
        if self.driver.trace.output.is_closed() || self.driver.peer_done {
            self.driver.trace.output.undelivered(octets.len());
        } else {
            self.stimulate(Stimulus::Octets(octets));
        }
    }

    fn peer_ends(&mut self, stimulus: Stimulus<'_>) {
        self.flush();
        if !self.driver.peer_done {
            self.driver.peer_done = true;
            self.stimulate(stimulus);
        }
    }

    /// Something that happens after the octets that are under way.
    fn alone(&mut self, stimulus: Stimulus<'_>) {
        self.flush();
        self.stimulate(stimulus);
    }

    fn stimulate(&mut self, stimulus: Stimulus<'_>) {
        self.driver.trace.output.stimulated(stimulus);
        self.subject.react(stimulus, &mut self.driver.trace.output);
    }
}
