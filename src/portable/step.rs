//! The steps of a script as a runner performs them, and what an endpoint does in each.

use crate::harness::{Driver, Opening, Recorder, Stimulus, Subject, TraceEventKind};
use crate::protocol::close::CloseBody;
use crate::protocol::code::CloseCode;
use crate::protocol::frame::{self, Header, Opcode, Status};
use crate::protocol::role::Role;
use crate::rules::Capabilities;
use crate::script::{MessageKind, Script};

/// How the peer ends TCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeerEnd {
    /// By FIN: it sends no more.
    Fin,
    /// By a reset.
    Reset,
}

/// One thing that a runner does to an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The octets arrive in one segment.
    Octets(Vec<u8>),
    /// The octets arrive in one segment with the peer's part of the opening handshake.
    WithOpening(Vec<u8>),
    /// The octets arrive, and TCP ends at once after them.
    OctetsAndEnd(Vec<u8>, PeerEnd),
    /// TCP ends.
    End(PeerEnd),
    /// The application requests to close.
    Close {
        /// The code, or `None` for a Close without a body.
        code: Option<CloseCode>,
        /// The reason.
        reason: String,
    },
    /// The application sends a message.
    Send {
        /// Text or binary.
        kind: MessageKind,
        /// The payload.
        payload: Vec<u8>,
    },
    /// A tick of idle time passes.
    Idle,
}

impl Step {
    /// The step of a stimulus. `None` if vectors do not have it, because it needs a transport that blocks or fails.
    fn of(stimulus: Stimulus<'_>) -> Option<Step> {
        Some(match stimulus {
            Stimulus::Octets(octets) => Step::Octets(octets.to_vec()),
            Stimulus::Fin => Step::End(PeerEnd::Fin),
            Stimulus::Reset => Step::End(PeerEnd::Reset),
            Stimulus::Close { code, reason } => Step::Close { code, reason: reason.to_owned() },
            Stimulus::Send { kind, payload } => Step::Send { kind, payload: payload.to_vec() },
            Stimulus::Tick => Step::Idle,
            Stimulus::PeerGone(_)
            | Stimulus::PeerPause
            | Stimulus::PeerResume
            | Stimulus::Pause
            | Stimulus::Resume => return None,
        })
    }

    /// The octets of the peer in the step.
    pub fn octets(&self) -> &[u8] {
        match self {
            Step::Octets(octets) | Step::WithOpening(octets) | Step::OctetsAndEnd(octets, _) => octets,
            Step::End(_) | Step::Close { .. } | Step::Send { .. } | Step::Idle => &[],
        }
    }

    /// Whether the driver applied the stimulus for this step. An end that came at once after octets comes alone if the
    /// subject had ended TCP.
    fn is(&self, stimulus: Stimulus<'_>) -> bool {
        let Some(step) = Step::of(stimulus) else { return false };
        *self == step || matches!(self, Step::OctetsAndEnd(_, end) if step == Step::End(*end))
    }
}

/// Something that an endpoint did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// It sent a frame.
    Frame {
        /// The opcode.
        opcode: Opcode,
        /// The unmasked payload.
        payload: Vec<u8>,
        /// The octets of the frame.
        octets: Vec<u8>,
    },
    /// It ended TCP: it sends no more.
    End,
    /// It delivered a message to its application.
    Message(MessageKind, Vec<u8>),
    /// It reported the closure to its application.
    Report {
        /// The code; `None` if there was none.
        code: Option<CloseCode>,
        /// The reason; `None` if it reports none.
        reason: Option<String>,
        /// Whether the closure was clean; `None` if it does not report that.
        clean: Option<bool>,
    },
    /// It reported an error to its application.
    Error,
    /// It accepted the request of its application.
    Accepted,
    /// It refused the request of its application.
    Refused,
    /// It sent a frame with a flaw, behind which nothing is sure.
    Flawed,
    /// It crashed or hung.
    Crash,
}

impl Action {
    /// A frame of a sender with this masking key, or without a mask.
    pub(super) fn frame(opcode: Opcode, payload: &[u8], key: Option<[u8; 4]>) -> Action {
        let mut octets = Vec::new();
        frame::write(&Header::conforming(opcode, payload.len() as u64, key), payload, &mut octets);
        Action::Frame { opcode, payload: payload.to_vec(), octets }
    }

    /// The payload, if the action is to send a Close.
    pub fn close(&self) -> Option<&[u8]> {
        if let Action::Frame { opcode: Opcode::Close, payload, .. } = self { Some(payload) } else { None }
    }

    /// The code of the Close that was sent: `Some(None)` if it has none.
    pub fn close_code(&self) -> Option<Option<CloseCode>> {
        let payload = self.close()?;
        Some(payload.first_chunk().map(|code| CloseCode(u16::from_be_bytes(*code))))
    }
}

/// Takes the complete frames off the front of `pending`. Each has its header, its unmasked payload and its octets.
pub(super) fn take_frames(pending: &mut Vec<u8>, mut each: impl FnMut(&Header, Vec<u8>, Vec<u8>)) {
    while let Status::Complete(header, size) = Header::decode(pending) {
        let end = usize::try_from(header.length.value()).ok().and_then(|length| size.checked_add(length));
        let Some(end) = end.filter(|end| *end <= pending.len()) else { return };
        let rest = pending.split_off(end);
        let octets = std::mem::replace(pending, rest);
        let mut payload = octets[size..].to_vec();
        if let Some(key) = header.mask {
            frame::mask(key, 0, &mut payload);
        }
        each(&header, payload, octets);
    }
}

/// The steps of a script for an endpoint of this role. `None` if it has several connections, or a step that vectors do not
/// have.
pub fn steps(script: Script<'_>, role: Role) -> Option<Vec<Step>> {
    if script.steps().any(|step| step.begins_connection()) {
        return None;
    }
    let mut listener = Listener { steps: Vec::new(), is_complete: true };
    Driver::new().drive(script.for_role(role), &mut listener);
    listener.is_complete.then_some(listener.steps)
}

/// A subject that does nothing, so that the driver plays the whole script.
struct Listener {
    steps: Vec<Step>,
    is_complete: bool,
}

impl Subject for Listener {
    fn name(&self) -> &str {
        "listener"
    }

    fn capabilities(&self, _role: Role) -> Capabilities {
        Capabilities::ALL
    }

    fn connect(&mut self, _role: Role, _out: &mut Recorder) {}

    fn open(&mut self, _role: Role, opening: Opening<'_>, _out: &mut Recorder) {
        if !opening.octets.is_empty() {
            self.steps.push(Step::WithOpening(opening.octets.to_vec()));
        }
    }

    fn react(&mut self, stimulus: Stimulus<'_>, _out: &mut Recorder) {
        match Step::of(stimulus) {
            Some(step) => self.steps.push(step),
            None => self.is_complete = false,
        }
    }

    fn react_at_once(&mut self, octets: &[u8], end: Stimulus<'_>, _out: &mut Recorder) {
        if let Some(Step::End(end)) = Step::of(end) {
            self.steps.push(Step::OctetsAndEnd(octets.to_vec(), end));
        } else {
            self.is_complete = false;
        }
    }
}

/// Finds the step of each stimulus. The driver leaves out octets after the subject ended TCP.
#[derive(Debug)]
pub(super) struct Cursor<'a> {
    steps: &'a [Step],
    next: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(steps: &'a [Step]) -> Cursor<'a> {
        Cursor { steps, next: 0 }
    }

    fn advance(&mut self, is_it: impl Fn(&Step) -> bool) -> usize {
        let found = self.steps[self.next..].iter().position(is_it);
        let at = self.next + found.expect("the driver plays the steps in order");
        self.next = at + 1;
        at
    }

    pub(super) fn opening(&mut self) -> usize {
        self.advance(|step| matches!(step, Step::WithOpening(_)))
    }

    pub(super) fn stimulus(&mut self, stimulus: Stimulus<'_>) -> usize {
        self.advance(|step| step.is(stimulus))
    }

    pub(super) fn at_once(&mut self) -> usize {
        self.advance(|step| matches!(step, Step::OctetsAndEnd(..)))
    }
}

/// Watches what a subject does in each step.
pub struct Observer<'a> {
    inner: &'a mut dyn Subject,
    cursor: Cursor<'a>,
    /// What the subject did in each step.
    actions: Vec<Vec<Action>>,
    /// Octets that the subject sent after its last complete frame.
    pending: Vec<u8>,
    role: Role,
    capabilities: Capabilities,
}

impl<'a> Observer<'a> {
    /// Watches a subject while a script with these steps is played to it.
    pub fn new(steps: &'a [Step], role: Role, inner: &'a mut dyn Subject) -> Observer<'a> {
        let actions = vec![Vec::new(); steps.len()];
        let capabilities = inner.capabilities(role);
        Observer { inner, cursor: Cursor::new(steps), actions, pending: Vec::new(), role, capabilities }
    }

    /// The same with other capabilities than those that the subject claims.
    #[must_use]
    pub fn with_capabilities(self, capabilities: Capabilities) -> Observer<'a> {
        Observer { capabilities, ..self }
    }

    /// What the subject did in each step. A frame that is not complete at the end is a flawed one.
    pub fn into_actions(mut self) -> Vec<Vec<Action>> {
        if let Some(last) = self.actions.last_mut().filter(|_| !self.pending.is_empty()) {
            last.push(Action::Flawed);
        }
        self.actions
    }

    fn collect(&mut self, step: usize, from: usize, out: &Recorder) {
        let Observer { actions, pending, role, .. } = self;
        let done = &mut actions[step];
        for event in &out.events()[from..] {
            match event.kind {
                TraceEventKind::Sent(span) => {
                    pending.extend_from_slice(out.octets(span));
                    take_frames(pending, |header, payload, octets| {
                        let is_body = header.opcode != Opcode::Close || CloseBody::parse(&payload).is_ok();
                        done.push(match header.flaws(*role).is_empty() && is_body {
                            true => Action::Frame { opcode: header.opcode, payload, octets },
                            false => Action::Flawed,
                        });
                    });
                }
                TraceEventKind::WriteShutdown | TraceEventKind::Fin | TraceEventKind::Reset => {
                    done.push(Action::End);
                }
                TraceEventKind::Message { kind, payload } => {
                    done.push(Action::Message(kind, out.octets(payload).to_vec()));
                }
                TraceEventKind::Reported { code, reason, clean } => {
                    let reason = reason.map(|reason| out.text(reason).into_owned());
                    done.push(Action::Report { code, reason, clean });
                }
                TraceEventKind::ErrorReported(_) => done.push(Action::Error),
                TraceEventKind::RequestAccepted => done.push(Action::Accepted),
                TraceEventKind::RequestRefused(_) => done.push(Action::Refused),
                TraceEventKind::Panicked(_) | TraceEventKind::Hung => done.push(Action::Crash),
                TraceEventKind::Connected { .. }
                | TraceEventKind::DeflateNegotiated
                | TraceEventKind::SentWithOpening
                | TraceEventKind::Received(_)
                | TraceEventKind::PeerFin
                | TraceEventKind::PeerReset
                | TraceEventKind::PeerGone(_)
                | TraceEventKind::PeerPaused
                | TraceEventKind::PeerResumed
                | TraceEventKind::AppClose { .. }
                | TraceEventKind::AppSend { .. }
                | TraceEventKind::AppPause
                | TraceEventKind::AppResume
                | TraceEventKind::TlsStarted
                | TraceEventKind::TlsClosed
                | TraceEventKind::Unsupported(_)
                | TraceEventKind::Memory(_)
                | TraceEventKind::StateChanged(..)
                | TraceEventKind::Undelivered(_)
                | TraceEventKind::Note(_)
                | TraceEventKind::ScriptEnded => {}
            }
        }
    }
}

impl Subject for Observer<'_> {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn capabilities(&self, _role: Role) -> Capabilities {
        self.capabilities
    }

    fn connect(&mut self, role: Role, out: &mut Recorder) {
        self.inner.connect(role, out);
    }

    fn open(&mut self, role: Role, opening: Opening<'_>, out: &mut Recorder) {
        let from = out.events().len();
        self.inner.open(role, opening, out);
        if !opening.octets.is_empty() {
            let step = self.cursor.opening();
            self.collect(step, from, out);
        }
    }

    fn react(&mut self, stimulus: Stimulus<'_>, out: &mut Recorder) {
        let step = self.cursor.stimulus(stimulus);
        let from = out.events().len();
        self.inner.react(stimulus, out);
        self.collect(step, from, out);
    }

    fn react_at_once(&mut self, octets: &[u8], end: Stimulus<'_>, out: &mut Recorder) {
        let step = self.cursor.at_once();
        let from = out.events().len();
        self.inner.react_at_once(octets, end, out);
        self.collect(step, from, out);
    }
}

/// What a subject does in each step of a script.
pub fn observe(
    script: Script<'_>,
    role: Role,
    steps: &[Step],
    subject: &mut dyn Subject,
) -> Vec<Vec<Action>> {
    let mut observer = Observer::new(steps, role, subject);
    Driver::new().drive(script.for_role(role), &mut observer);
    observer.into_actions()
}
