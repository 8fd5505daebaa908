//! What an endpoint under test supports, which decides which cases can be run against it.

use wsclose::protocol::role::Role;

/// The features of an endpoint under test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndpointFeatures {
    /// The role of the endpoint.
    pub role: Role,
    /// The endpoint closes when it receives the text `close:CODE:REASON`.
    pub close_command: bool,
    /// A case may have more than one connection.
    pub reconnects: bool,
}
