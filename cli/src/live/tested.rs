//! Who is tested. In comes how it is met and what its program can do, out come the role it plays, the duties
//! that it is held to, and the scripts that can be played to it.

use wsclose::code::Profile;
use wsclose::role::Role;
use wsclose::rule::{Capabilities, Capability};

use super::cases::Able;
use super::launch::Launcher;
use super::target::Target;

/// How connections with the endpoint under test come about.
#[derive(Clone, Copy, Debug)]
pub enum Way<'a> {
    /// It is a server, and is connected to.
    Dial(&'a Target),
    /// It is a client, and is started by us.
    Launch(&'a Launcher),
    /// It is a client that comes by itself, and calls itself this.
    Comes(&'a str),
}

/// An endpoint under test, and how to talk to it.
#[derive(Clone, Copy, Debug)]
pub struct Tested<'a> {
    /// How it is met.
    pub way: Way<'a>,
    /// How codes are read.
    pub profile: Profile,
    /// It closes when it is sent `close:CODE:REASON`.
    pub commands: bool,
    /// Its program prints how each connection closed.
    pub tells: bool,
}

impl Tested<'_> {
    /// The role it plays.
    pub const fn role(&self) -> Role {
        match self.way {
            Way::Dial(_) => Role::Server,
            Way::Launch(_) | Way::Comes(_) => Role::Client,
        }
    }

    /// What it is called in reports.
    pub fn name(&self) -> &str {
        match self.way {
            Way::Dial(target) => &target.url,
            Way::Launch(launcher) => &launcher.name,
            Way::Comes(agent) => agent,
        }
    }

    /// What it is held to.
    pub fn duties(&self) -> Capabilities {
        duties(self.commands, self.tells)
    }

    /// What can be played to it. Who comes by itself comes once for a case.
    pub const fn able(&self) -> Able {
        let reconnects = match self.way {
            Way::Dial(_) | Way::Launch(_) => true,
            Way::Comes(_) => false,
        };
        Able { role: self.role(), commands: self.commands, reconnects }
    }
}

/// All that shows on the wire, and what an endpoint's program does for us: to close when told to, and to tell how it
/// closed. An endpoint has a clock, but nobody waits for it long enough to blame it.
pub fn duties(commands: bool, tells: bool) -> Capabilities {
    let mut lacks = vec![Capability::ReportsMemory, Capability::ReportsMessages];
    if !commands {
        lacks.push(Capability::ExposesCloseApi);
    }
    if !tells {
        lacks.extend([Capability::ReportsCloseStatus, Capability::ReportsClean]);
    }
    Capabilities::ALL.without(&lacks)
}
