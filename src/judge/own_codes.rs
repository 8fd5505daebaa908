//! Notes the codes of the Closes that the subject sends.

use super::facts::{At, ConnectionFacts};
use super::observed_close::{ExtensionClose, ObservedClose, UnsendableCode};
use super::reason::InconclusiveReason;
use crate::protocol::code::{CloseCode, Profile, Unsendable};
use crate::protocol::role::Role;

/// Notes the code of a Close of the subject, which has this role. The profile decides which codes it may send.
/// `peer_is_mid_frame`: a frame of the peer has begun and is not complete, so the subject may echo its code.
pub(super) fn record(
    facts: &mut ConnectionFacts,
    close: &ObservedClose,
    (role, profile): (Role, Profile),
    peer_is_mid_frame: bool,
) {
    let Some(code) = close.code() else { return };
    facts.own.has_code = true;
    unsendable(facts, code, close.at, (role, profile), peer_is_mid_frame);
    extension_close(facts, close, role, peer_is_mid_frame);
}

/// Notes a code that the subject must not send.
fn unsendable(
    facts: &mut ConnectionFacts,
    code: CloseCode,
    at: At,
    (role, profile): (Role, Profile),
    peer_is_mid_frame: bool,
) {
    let Err(why) = code.sendable(role, profile) else { return };
    let mut doubt = None;
    // A server may echo 1010 and must not originate it.
    if why == Unsendable::ClientOnly {
        if facts.peer.close.is_some_and(|peer| peer.code() == Some(code)) {
            return;
        }
        if facts.flaw.frame.is_some() || peer_is_mid_frame {
            // Frames behind a flaw are not read here, and the peer's Close may be one of them.
            doubt = Some(InconclusiveReason::AmbiguousCause);
        } else if facts.app.requested_codes.contains(&Some(Some(code))) {
            doubt = Some(InconclusiveReason::RequestedClose);
        }
    }
    let known = &mut facts.own.unsendable_codes[why as usize];
    if known.is_none_or(|known| known.doubt.is_some() && doubt.is_none()) {
        *known = Some(UnsendableCode { at, code, doubt });
    }
}

/// Notes a client's Close with 1010, unless it echoes one.
fn extension_close(facts: &mut ConnectionFacts, close: &ObservedClose, role: Role, peer_is_mid_frame: bool) {
    let code = CloseCode::MANDATORY_EXTENSION;
    let echoed = facts.peer.close.is_some_and(|peer| peer.code() == Some(code));
    if role != Role::Client || close.code() != Some(code) || echoed {
        return;
    }
    let flawed_has_it = facts.flaw.frame.is_some_and(|flawed| flawed.code() == Some(code));
    let doubt = if peer_is_mid_frame || flawed_has_it || facts.flaw.behind.close_at.is_some() {
        Some(InconclusiveReason::AmbiguousCause)
    } else if facts.app.requested_codes.contains(&Some(Some(code))) {
        Some(InconclusiveReason::RequestedClose)
    } else {
        None
    };
    let names_extensions = !close.reason().is_empty();
    facts.own.extension_close.get_or_insert(ExtensionClose { at: close.at, names_extensions, doubt });
}
