//! The faults that concern endpoints of one role only.

use super::Fault;
use crate::protocol::role::Role;

impl Fault {
    /// The only role in which an endpoint with this fault violates the rule; `None` for both roles.
    ///
    /// That is the role of the rule, or else the one with which the description begins.
    pub fn role(self) -> Option<Role> {
        let begins = |words| self.description().starts_with(words);
        self.rule().role().or(match (begins("As a client, "), begins("As a server, ")) {
            (true, _) => Some(Role::Client),
            (_, true) => Some(Role::Server),
            (false, false) => None,
        })
    }
}
