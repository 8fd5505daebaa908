//! Who is tested. In comes how it is met and what its program can do, out come the role it plays, the duties
//! that it is held to, and the scripts that can be played to it.

use wsclose::protocol::code::Profile;
use wsclose::protocol::role::Role;
use wsclose::rules::{Capabilities, Capability};

use crate::endpoint::client_pool::ClientPool;
use crate::endpoint::features::EndpointFeatures;
use crate::transport::server_target::ServerTarget;

/// How connections with the endpoint under test come about.
#[derive(Clone, Copy, Debug)]
pub enum ConnectMode<'a> {
    /// It is a server, and is connected to.
    Dial(&'a ServerTarget),
    /// It is a client, and is started by us.
    Spawn(&'a ClientPool),
    /// It is a client that comes by itself, and calls itself this.
    Accept(&'a str),
}

/// An endpoint under test, and how to talk to it.
#[derive(Clone, Copy, Debug)]
pub struct EndpointUnderTest<'a> {
    /// How it is met.
    pub mode: ConnectMode<'a>,
    /// How codes are read.
    pub profile: Profile,
    /// It closes when it is sent `close:CODE:REASON`.
    pub close_command: bool,
    /// Its program prints how each connection closed.
    pub reports_close: bool,
}

impl EndpointUnderTest<'_> {
    /// The role it plays.
    pub const fn role(&self) -> Role {
        match self.mode {
            ConnectMode::Dial(_) => Role::Server,
            ConnectMode::Spawn(_) | ConnectMode::Accept(_) => Role::Client,
        }
    }

    /// What it is called in reports.
    pub fn name(&self) -> &str {
        match self.mode {
            ConnectMode::Dial(target) => &target.url,
            ConnectMode::Spawn(launcher) => &launcher.name,
            ConnectMode::Accept(agent) => agent,
        }
    }

    /// What it is held to.
    pub fn capabilities(&self) -> Capabilities {
        capabilities(self.close_command, self.reports_close)
    }

    /// What can be played to it. Who comes by itself comes once for a case.
    pub const fn features(&self) -> EndpointFeatures {
        let reconnects = match self.mode {
            ConnectMode::Dial(_) | ConnectMode::Spawn(_) => true,
            ConnectMode::Accept(_) => false,
        };
        EndpointFeatures { role: self.role(), close_command: self.close_command, reconnects }
    }
}

/// All that shows on the wire, and what an endpoint's program does for us: to close when told to, and to tell how it
/// closed. An endpoint has a clock, but nobody waits for it long enough to blame it.
pub fn capabilities(close_command: bool, reports_close: bool) -> Capabilities {
    let mut lacks = vec![Capability::ReportsMemory, Capability::ReportsMessages];
    if !close_command {
        lacks.push(Capability::ExposesCloseApi);
    }
    if !reports_close {
        lacks.extend([Capability::ReportsCloseStatus, Capability::ReportsClean]);
    }
    Capabilities::ALL.without(&lacks)
}
