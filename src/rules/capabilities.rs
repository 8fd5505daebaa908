//! Sets of capabilities, and the rules that apply to a subject with them.

use super::capability::Capability;
use super::catalogue::Rule;
use super::properties::Layer;
use super::set::RuleSet;

/// A set of capabilities, and single rules that do not apply in spite of it, because the program around the
/// subject is responsible for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Capabilities {
    bits: u16,
    exempt: RuleSet,
}

impl Capabilities {
    /// The set of all capabilities.
    pub const ALL: Capabilities =
        Capabilities { bits: (1 << Capability::ALL.len()) - 1, exempt: RuleSet::EMPTY };

    /// The set of these capabilities.
    pub const fn of(capabilities: &[Capability]) -> Capabilities {
        let mut bits = 0;
        let mut i = 0;
        while i < capabilities.len() {
            bits |= 1 << capabilities[i] as u16;
            i += 1;
        }
        Capabilities { bits, exempt: RuleSet::EMPTY }
    }

    /// The set without these capabilities.
    pub const fn without(self, capabilities: &[Capability]) -> Capabilities {
        Capabilities { bits: self.bits & !Capabilities::of(capabilities).bits, exempt: self.exempt }
    }

    /// The set with these rules exempt, because the program around the subject is responsible for them.
    pub const fn exempting(self, rules: &[Rule]) -> Capabilities {
        Capabilities { bits: self.bits, exempt: self.exempt.union(RuleSet::of(rules)) }
    }

    /// The set with the rules of a layer exempt, because the program around the subject supplies that layer.
    pub const fn exempting_layer(self, layer: Layer) -> Capabilities {
        Capabilities { bits: self.bits, exempt: self.exempt.union(RuleSet::of_layer(layer)) }
    }

    /// Whether the rule applies to a subject with these capabilities.
    pub const fn covers(self, rule: Rule) -> bool {
        self.has(rule.capability()) && !self.exempt.contains(rule)
    }

    /// The rules that apply to a subject with these capabilities.
    pub const fn rules(self) -> RuleSet {
        let mut rules = RuleSet::EMPTY;
        let mut i = 0;
        while i < Rule::ALL.len() {
            if self.covers(Rule::ALL[i]) {
                rules.insert(Rule::ALL[i]);
            }
            i += 1;
        }
        rules
    }

    /// Whether the set contains the capability.
    pub const fn has(self, capability: Capability) -> bool {
        self.bits & (1 << capability as u16) != 0
    }
}
