//! Implements sets of rules as bit masks, without allocation.

use super::catalogue::Rule;
use super::properties::{Delivery, Evidence, Focus, Layer, Timing};

/// A set of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct RuleSet(u128);

impl RuleSet {
    /// The empty set.
    pub const EMPTY: RuleSet = RuleSet(0);

    /// Every rule.
    pub const ALL: RuleSet = RuleSet((1 << Rule::ALL.len()) - 1);

    /// Adds a rule.
    pub const fn insert(&mut self, rule: Rule) {
        self.0 |= 1 << rule as u8;
    }

    /// Whether the set contains the rule.
    pub const fn contains(self, rule: Rule) -> bool {
        self.0 & (1 << rule as u8) != 0
    }

    /// The set of these rules.
    pub const fn of(rules: &[Rule]) -> RuleSet {
        let mut set = RuleSet::EMPTY;
        let mut i = 0;
        while i < rules.len() {
            set.insert(rules[i]);
            i += 1;
        }
        set
    }

    /// The rules that are in both sets.
    pub const fn intersection(self, other: RuleSet) -> RuleSet {
        RuleSet(self.0 & other.0)
    }

    /// The rules of this set that are not in the other.
    pub const fn without(self, other: RuleSet) -> RuleSet {
        RuleSet(self.0 & !other.0)
    }

    /// The rules that are in at least one of the two sets.
    pub const fn union(self, other: RuleSet) -> RuleSet {
        RuleSet(self.0 | other.0)
    }

    /// Whether the set contains no rule.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The number of rules in the set.
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// The rules, in the order of the catalogue.
    pub fn iter(self) -> impl Iterator<Item = Rule> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let next = left.trailing_zeros() as usize;
            left &= left.wrapping_sub(1);
            Rule::ALL.get(next).copied()
        })
    }
}

macro_rules! derived_sets {
    ($($(#[$doc:meta])* $constructor:ident $property:ident $column:ident)*) => {
        impl RuleSet {
            $($(#[$doc])*
            pub const fn $constructor(value: $column) -> RuleSet {
                let mut set = RuleSet::EMPTY;
                let mut i = 0;
                while i < Rule::ALL.len() {
                    if Rule::ALL[i].$property() as u8 == value as u8 {
                        set.insert(Rule::ALL[i]);
                    }
                    i += 1;
                }
                set
            })*
        }
    };
}

derived_sets! {
    /// The rules that are exercised by this evidence.
    with_evidence evidence Evidence
    /// The rules that depend in this way on delivery to the peer.
    with_delivery delivery Delivery
    /// The rules that depend in this way on time.
    with_timing timing Timing
    /// The rules that this layer of an endpoint decides.
    of_layer layer Layer
    /// The rules about this focus.
    about focus Focus
}

impl FromIterator<Rule> for RuleSet {
    fn from_iter<I: IntoIterator<Item = Rule>>(rules: I) -> RuleSet {
        let mut set = RuleSet::EMPTY;
        rules.into_iter().for_each(|rule| set.insert(rule));
        set
    }
}
