//! The model with one fault, to test that the judge finds it.
//!
//! Every rule has at least one [`Fault`] that violates it. Each fault changes one decision of [`Behavior`]. The
//! decisions are grouped by what they are about.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "each decision names the faults that change it; every other fault uses the default"
)]

mod body;
mod closing;
mod receiving;
mod reporting;
mod role;
mod sending;
mod table;
mod utf8;

pub use table::Fault;

use super::behavior::{
    Behavior, CloseStatus, Crash, ExtraAction, IDLE_TIMEOUT_TICKS, Remnant, ReportCourse, SegmentHandling,
};
use super::endpoint::Endpoint;
use super::situation::{Past, Situation};
use crate::protocol::close::CloseBody;
use crate::protocol::code::{CloseCode, Profile};
use crate::protocol::flaw::Flaw;
use crate::protocol::frame::{Header, Opcode};
use crate::protocol::role::Role;
use crate::protocol::state_machine::{Action, Event, State};

/// The model with one fault.
pub type FaultyModel = Endpoint<Fault>;

impl FaultyModel {
    /// The model with this fault, in the default profile.
    pub fn new(fault: Fault) -> FaultyModel {
        Endpoint::with_behavior(fault.slug(), fault, Profile::default())
    }
}

impl Fault {
    /// Whether every Close of an endpoint with this fault in this role violates the rule.
    pub fn shows_in_every_close(self, role: Role) -> bool {
        match self {
            Fault::CloseWithoutFin
            | Fault::CloseOf126
            | Fault::CloseWithRsv1
            | Fault::LengthIn16Bits
            | Fault::LengthIn64Bits
            | Fault::LengthTopBit
            | Fault::WritesReservedOpcode
            | Fault::BodyOfOneByte => true,
            Fault::ClientBare => role == Role::Client,
            Fault::ServerMasks => role == Role::Server,
            _ => false,
        }
    }
}

impl Behavior for Fault {
    fn prefix_bytes(&self, opcode: Opcode, role: Role) -> &'static [u8] {
        sending::prefix_bytes(*self, opcode, role)
    }

    fn alter_frame(&self, header: &mut Header, payload: &mut Vec<u8>, count: u32, now: &Situation<'_>) {
        sending::alter_frame(*self, header, payload, count, now);
    }

    fn tolerates(&self, flaw: Flaw, header: &Header, payload: Option<&[u8]>, now: &Situation<'_>) -> bool {
        receiving::tolerates(*self, flaw, header, payload, now)
    }

    fn rejects(&self, header: &Header, body: &CloseBody<'_>, now: &Situation<'_>) -> bool {
        body::rejects(*self, header, body, now)
    }

    fn invents_flaw(&self, header: &Header, text: Option<&[u8]>, now: &Situation<'_>) -> Option<Flaw> {
        receiving::invents_flaw(*self, header, text, now)
    }

    fn ignores_close(&self, body: &CloseBody<'_>, now: &Situation<'_>) -> bool {
        body::ignores(*self, body, now)
    }

    fn reply_code(&self, received: &CloseBody<'_>, now: &Situation<'_>) -> Option<Option<CloseCode>> {
        sending::reply_code(*self, received, now)
    }

    fn reply_reason(&self, received: &CloseBody<'_>, out: &mut Vec<u8>) {
        sending::reply_reason(*self, received, out);
    }

    fn action(&self, event: Event, action: Action, now: &Situation<'_>) -> Action {
        closing::action(*self, event, action, now)
    }

    fn delay(&self, action: Action, now: &Situation<'_>) -> Option<u32> {
        closing::delay(*self, action, now)
    }

    fn after_close(&self, now: &Situation<'_>) -> Option<ExtraAction> {
        sending::after_close(*self, now)
    }

    fn fail_code(&self, flaw: Flaw) -> Option<CloseCode> {
        sending::fail_code(*self, flaw)
    }

    fn fail_reason(&self, flaw: Flaw, payload: &[u8], out: &mut Vec<u8>) {
        sending::fail_reason(*self, flaw, payload, out);
    }

    fn discards_input(&self, state: State) -> bool {
        closing::discards_input(*self, state)
    }

    fn garbles(&self, header: &Header, payload: &mut [u8], now: &Situation<'_>) {
        receiving::garbles(*self, header, payload, now);
    }

    fn loses_opening(&self, role: Role) -> bool {
        *self == Fault::LosesFramesWithTheOpening && role == Role::Client
    }

    fn keeps_between_connections(&self) -> Remnant {
        receiving::keeps_between_connections(*self)
    }

    fn segment_handling(&self) -> SegmentHandling {
        receiving::segment_handling(*self)
    }

    fn resets(&self, unread: usize, now: &Situation<'_>) -> bool {
        closing::resets(*self, unread, now)
    }

    fn closes_tls(&self) -> bool {
        *self != Fault::CutsTls
    }

    fn closes_only_writing(&self) -> bool {
        *self == Fault::StaysHalfClosed
    }

    fn idle_timeout(&self, now: &Situation<'_>) -> Option<u32> {
        (!closing::waits_for_ever(*self, now)).then_some(IDLE_TIMEOUT_TICKS)
    }

    fn close_status<'a>(
        &self,
        conforming: CloseStatus<'a>,
        own_code: Option<CloseCode>,
        now: &Situation<'_>,
    ) -> CloseStatus<'a> {
        reporting::close_status(*self, conforming, own_code, now)
    }

    fn report_course(&self, now: &Situation<'_>) -> ReportCourse {
        reporting::report_course(*self, now)
    }

    fn app_close(
        &self,
        code: CloseCode,
        reason: &str,
        profile: Profile,
        now: &Situation<'_>,
        out: &mut Vec<u8>,
    ) -> bool {
        sending::app_close(*self, code, reason, profile, now, out)
    }

    fn app_close_without_code(&self, out: &mut Vec<u8>) {
        sending::app_close_without_code(*self, out);
    }

    fn interprets_reason(&self) -> bool {
        *self != Fault::IgnoresReasons
    }

    fn allocates(&self, claimed: u64, received: u64) -> u64 {
        if *self == Fault::AllocatesTheClaim { claimed } else { received }
    }

    fn crash_on(&self, payload: &[u8], now: &Situation<'_>) -> Option<Crash> {
        body::crash_on(*self, payload, now)
    }

    fn serves(&self, past: &Past) -> bool {
        match self {
            Fault::StaysFailed => !past.failed,
            Fault::ServesThreeConnections => past.connections < 3,
            _ => true,
        }
    }
}
