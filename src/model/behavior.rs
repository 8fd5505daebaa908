//! The decisions of an endpoint that a fault can change, with the conforming ones as defaults: in comes what
//! the endpoint is about to do, out goes what it does. The model takes every default.

use crate::protocol::close::{CloseBody, ConformingClose, ReasonOverflow};
use crate::protocol::code::{CloseCode, Profile};
use crate::protocol::flaw::Flaw;
use crate::protocol::frame::{Header, Opcode};
use crate::protocol::role::Role;
use crate::protocol::state_machine::{Action, Event, State};

/// How many ticks of silence the model waits for a Close or a FIN before it gives up.
pub const IDLE_TIMEOUT_TICKS: u32 = 8;

/// The decisions of an endpoint that a fault can change. The defaults are the conforming ones.
pub trait Behavior {
    /// Octets written in front of a frame.
    fn prefix_bytes(&self, _opcode: Opcode, _role: Role) -> &'static [u8] {
        &[]
    }

    /// A last change to a frame, the `count`-th, before it is written.
    fn alter_frame(&self, _header: &mut Header, _payload: &mut Vec<u8>, _count: u32) {}

    /// Whether to take a frame in spite of this flaw; the payload is there once the frame is whole.
    fn tolerates(&self, _flaw: Flaw, _header: &Header, _payload: Option<&[u8]>) -> bool {
        false
    }

    /// Whether to treat a flawless Close as an error.
    fn rejects(&self, _header: &Header, _body: &CloseBody<'_>) -> bool {
        false
    }

    /// Whether to pass over a Close as if it had not come.
    fn ignores_close(&self, _in_message: bool, _body: &CloseBody<'_>) -> bool {
        false
    }

    /// The code that answers a Close, if not the conforming one.
    fn reply_code(&self, _received: &CloseBody<'_>) -> Option<Option<CloseCode>> {
        None
    }

    /// What to do about an event, given what the table says.
    fn action(&self, _state: State, _event: Event, _role: Role, action: Action) -> Action {
        action
    }

    /// How many ticks to wait before an action; `None` is for ever.
    fn delay(&self, _action: Action, _state: State, _role: Role) -> Option<u32> {
        Some(0)
    }

    /// What else to do once its own Close is written.
    fn after_close(&self, _state: State, _role: Role) -> Option<ExtraAction> {
        None
    }

    /// The code with which to fail the connection.
    fn fail_code(&self, flaw: Flaw) -> CloseCode {
        flaw.fail_code()
    }

    /// Whether to throw away unread what comes in.
    fn discards_input(&self, state: State) -> bool {
        state.discards_input()
    }

    /// How segments of TCP are read.
    fn segment_handling(&self) -> SegmentHandling {
        SegmentHandling::AsAStream
    }

    /// Whether to end TCP by a reset.
    fn resets(&self) -> bool {
        false
    }

    /// How many ticks of silence to wait before giving up; `None` is for ever.
    fn idle_timeout(&self) -> Option<u32> {
        Some(IDLE_TIMEOUT_TICKS)
    }

    /// What the application is told.
    fn close_status<'a>(&self, told: CloseStatus<'a>, _own_code: Option<CloseCode>) -> CloseStatus<'a> {
        told
    }

    /// What the application may close with: the Close to write, or `None` to refuse.
    fn app_close(
        &self,
        code: CloseCode,
        reason: &str,
        role: Role,
        profile: Profile,
        out: &mut Vec<u8>,
    ) -> bool {
        match ConformingClose::new(code, reason, role, profile, ReasonOverflow::Reject) {
            Ok(close) => {
                out.extend_from_slice(close.body());
                true
            }
            Err(_) => false,
        }
    }

    /// How much memory to set aside for a payload that claims so many octets and of which so many came.
    fn allocates(&self, _claimed: u64, came: u64) -> u64 {
        came
    }

    /// How a Close kills the endpoint, if it does.
    fn crash_on(&self, _payload: &[u8]) -> Option<Crash> {
        None
    }

    /// Whether a new connection starts afresh after one that failed.
    fn recovers(&self) -> bool {
        true
    }
}

/// Something that no conforming endpoint does after its Close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExtraAction {
    /// Write one more frame of this kind.
    Frame(Opcode),
    /// Close TCP.
    CloseTcp,
}

/// How an endpoint reads segments of TCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentHandling {
    /// As what they are: pieces of a stream.
    AsAStream,
    /// A frame that a segment does not finish is lost.
    LosingPartialFrames,
    /// What follows the first frame of a segment is lost.
    LosingAllButTheFirstFrame,
    /// A frame that a segment does not finish fails the connection.
    FailingOnPartialFrames,
}

/// A way to die.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    /// A panic.
    Panic,
    /// A loop without end.
    Hang,
}

/// What an application is told of a closure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CloseStatus<'a> {
    /// The code.
    pub code: CloseCode,
    /// The reason.
    pub reason: &'a str,
    /// Whether the closure was clean.
    pub clean: bool,
}
