//! The rules that concern endpoints of one role only.

use super::catalogue::Rule;
use crate::protocol::role::Role;

/// The rules that endpoints of one role alone can violate.
const ONE_ROLE: [(Rule, Role); 12] = [
    (Rule::ClientMasks, Role::Client),
    (Rule::FreshMaskKey, Role::Client),
    (Rule::ServerDoesNotMask, Role::Server),
    (Rule::Code1010FromClient, Role::Server),
    (Rule::Code1010NamesExtensions, Role::Client),
    (Rule::ServerClosesTcpAtOnce, Role::Server),
    (Rule::ServerFailsAtOnce, Role::Server),
    (Rule::ClientLetsServerCloseFirst, Role::Client),
    (Rule::ServerRejectsUnmasked, Role::Server),
    (Rule::ClientRejectsMasked, Role::Client),
    (Rule::ClientEndsOnEof, Role::Client),
    (Rule::ServerEndsOnEof, Role::Server),
];

impl Rule {
    /// The role of the endpoints that the rule concerns; `None` for both roles.
    pub fn role(self) -> Option<Role> {
        ONE_ROLE.into_iter().find(|(rule, _)| *rule == self).map(|(_, role)| role)
    }
}
