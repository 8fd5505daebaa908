//! The scenarios that can be played to an endpoint.

use super::parameters::{After, Before, Beginner, Partial};
use crate::protocol::role::Role;

/// When an application can be asked to close.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CloseRequests {
    /// Never.
    Never,
    /// While the peer is not in the middle of a message: the request is a message itself.
    BetweenMessages,
    /// At any time.
    AnyTime,
}

/// The scenarios that can be played to an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Space {
    /// The role of the endpoint under test.
    pub role: Role,
    /// When its application can be asked to close.
    pub close_requests: CloseRequests,
    /// Its application can be asked to send a message.
    pub app_messages: bool,
    /// A scenario may have a connection before that in question.
    pub earlier_connections: bool,
}

impl Space {
    /// All scenarios for an endpoint in this role.
    pub const fn all(role: Role) -> Space {
        Space { role, close_requests: CloseRequests::AnyTime, app_messages: true, earlier_connections: true }
    }

    /// Whether the values that are set leave a scenario that can be played.
    pub(super) fn allows(&self, values: &Partial) -> bool {
        let needs_request = matches!(values.beginner, Some(Beginner::Application | Beginner::Crossed));
        let has_request = match self.close_requests {
            CloseRequests::Never => false,
            CloseRequests::BetweenMessages => !matches!(values.before, Some(Before::OpenMessage)),
            CloseRequests::AnyTime => true,
        };
        let needs_message = matches!(values.before, Some(Before::AppMessage))
            || matches!(values.after, Some(After::AppMessage));
        let has_earlier = matches!(
            values.before,
            Some(Before::EarlierClosed | Before::EarlierFailed | Before::EarlierReset)
        );
        (has_request || !needs_request)
            && (self.app_messages || !needs_message)
            && (self.earlier_connections || !has_earlier)
    }
}
