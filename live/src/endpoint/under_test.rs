//! The endpoint under test: how to connect to it, its features, and its capabilities.

use wsclose::protocol::code::Profile;
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, Capability, Rule};

use crate::endpoint::client_pool::ClientPool;
use crate::endpoint::features::EndpointFeatures;
use crate::transport::server_target::ServerTarget;

/// How a connection with the endpoint under test is established.
#[derive(Clone, Copy, Debug)]
pub enum ConnectMode<'a> {
    /// The endpoint is a server, to which the harness connects.
    Dial(&'a ServerTarget),
    /// The endpoint is a client, which the harness starts.
    Spawn(&'a ClientPool),
    /// The endpoint is a client of this name, which connects to the case server.
    Accept(&'a str),
}

/// An endpoint under test.
#[derive(Clone, Copy, Debug)]
pub struct EndpointUnderTest<'a> {
    /// How to connect to it.
    pub mode: ConnectMode<'a>,
    /// The profile that decides which codes are valid.
    pub profile: Profile,
    /// The endpoint closes when it receives the text `close:CODE:REASON`.
    pub close_command: bool,
    /// The program of the endpoint prints how each connection closed.
    pub reports_close: bool,
}

impl EndpointUnderTest<'_> {
    /// The role of the endpoint.
    pub const fn role(&self) -> Role {
        match self.mode {
            ConnectMode::Dial(_) => Role::Server,
            ConnectMode::Spawn(_) | ConnectMode::Accept(_) => Role::Client,
        }
    }

    /// The name of the endpoint in reports.
    pub fn name(&self) -> &str {
        match self.mode {
            ConnectMode::Dial(target) => &target.url,
            ConnectMode::Spawn(pool) => &pool.name,
            ConnectMode::Accept(agent) => agent,
        }
    }

    /// What the endpoint does itself, as the judge needs it.
    pub fn capabilities(&self) -> Capabilities {
        capabilities(self.close_command, self.reports_close)
    }

    /// The features that decide which cases can be run. A client of the case server connects once for a case.
    pub const fn features(&self) -> EndpointFeatures {
        let reconnects = match self.mode {
            ConnectMode::Dial(_) | ConnectMode::Spawn(_) => true,
            ConnectMode::Accept(_) => false,
        };
        EndpointFeatures { role: self.role(), close_command: self.close_command, reconnects }
    }
}

/// The capabilities of a live endpoint: everything that shows on a socket, and the two things that its program can do
/// for the harness. Whether it interprets reasons shows only where it echoes or reports one.
pub fn capabilities(close_command: bool, reports_close: bool) -> Capabilities {
    let mut lacks = vec![
        Capability::ReportsMemory,
        Capability::ReportsMessages,
        Capability::ShowsBothDirections,
        Capability::InterpretsReason,
    ];
    if !close_command {
        lacks.push(Capability::ExposesCloseApi);
    }
    if !reports_close {
        lacks.extend([Capability::ReportsCloseStatus, Capability::ReportsClean]);
    }
    // The report of a client is read once, and when its connection is over.
    Capabilities::ALL.without(&lacks).exempting(&[Rule::ReportsOnce, Rule::ReportsAfterTcp])
}
