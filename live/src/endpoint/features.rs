//! What an endpoint under test supports.

use wsclose::protocol::role::Role;

/// What can be asked of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndpointFeatures {
    /// It plays this role.
    pub role: Role,
    /// It closes when it is sent `close:CODE:REASON`.
    pub close_command: bool,
    /// A script may have more than one connection.
    pub reconnects: bool,
}
