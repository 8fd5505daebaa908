//! Defines the macro that turns the table of rules into the enum `Rule`.

macro_rules! rules {
    ($($name:ident $id:literal $sections:literal $party:ident $level:ident $capability:ident
        evidence: $evidence:ident, delivery: $delivery:ident, timing: $timing:ident, layer: $layer:ident, focus: $focus:ident, family: $family:ident
        $summary:literal $criterion:literal)*) => {
        /// A rule of the closing handshake. Ids ([`Rule::id`]) are permanent.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Rule {
            $(#[doc = $summary] $name,)*
        }

        impl Rule {
            /// Every rule, in the order of the catalogue.
            pub const ALL: [Rule; [$(Rule::$name),*].len()] = [$(Rule::$name),*];

            /// The permanent id, for example `close-fin`.
            pub const fn id(self) -> &'static str {
                match self { $(Rule::$name => $id,)* }
            }

            /// The sections of RFC 6455 (or of the document named) that it comes from; `–` if there are none.
            pub const fn sections(self) -> &'static str {
                match self { $(Rule::$name => $sections,)* }
            }

            /// The party that can violate the rule.
            pub const fn party(self) -> Party {
                match self { $(Rule::$name => Party::$party,)* }
            }

            /// The severity of a violation.
            pub const fn level(self) -> Level {
                match self { $(Rule::$name => Level::$level,)* }
            }

            /// The capability that a subject must claim for the rule to apply.
            pub const fn capability(self) -> Capability {
                match self { $(Rule::$name => Capability::$capability,)* }
            }

            /// What a subject must send before the rule is exercised.
            pub const fn evidence(self) -> Evidence {
                match self { $(Rule::$name => Evidence::$evidence,)* }
            }

            /// Whether the rule can be judged while the peer does not receive what the subject sends.
            pub const fn delivery(self) -> Delivery {
                match self { $(Rule::$name => Delivery::$delivery,)* }
            }

            /// Whether a timeout of the subject may look like a violation.
            pub const fn timing(self) -> Timing {
                match self { $(Rule::$name => Timing::$timing,)* }
            }

            /// The layer of an endpoint that decides whether the rule holds.
            pub const fn layer(self) -> Layer {
                match self { $(Rule::$name => Layer::$layer,)* }
            }

            /// The behaviour that a script is about if it exercises the rule.
            pub const fn focus(self) -> Focus {
                match self { $(Rule::$name => Focus::$focus,)* }
            }

            /// The group of rules in which reports list it.
            pub const fn family(self) -> Family {
                match self { $(Rule::$name => Family::$family,)* }
            }

            /// The requirement, in one sentence that can be read without the rest of the catalogue.
            pub const fn summary(self) -> &'static str {
                match self { $(Rule::$name => $summary,)* }
            }

            /// How the judge decides the rule: "Violation: … Inconclusive if … Not exercised if …". All else
            /// conforms. The sentence on inconclusive verdicts is missing if the rule never has one.
            ///
            /// - The *subject* is the endpoint under test, and the *peer* is the remote side.
            /// - A *tick* is the unit of idle time. A subject is *idle* when it has nothing to do before the
            ///   next input.
            /// - A *well-formed Close* has no flaw in its frame, code or reason under the profile, and no
            ///   flawed frame came before it. Closes *went both ways* once it arrived and the subject's own
            ///   Close is complete.
            /// - The *usual replies* of a subject are its replies in other cases: to lawful Closes, and to frames
            ///   with a reserved opcode or bit. A reply to a flawed Close that is the usual one to a lawful Close,
            ///   and no rejection, accepts it. One that is a usual rejection, and no usual reply to a lawful
            ///   Close, rejects it. They decide only where nothing else shows a rejection.
            ///   An echo, or a report without a reply, that goes with a usual rejection is inconclusive.
            /// - A peer is *no longer reading* if it stopped and did not resume in time: while TCP was open,
            ///   and before anything but data happened to the subject.
            ///
            /// No rule is exercised if the subject exempts it.
            pub const fn criterion(self) -> &'static str {
                match self { $(Rule::$name => $criterion,)* }
            }
        }
    };
}

pub(super) use rules;
