//! What inputs showed before: in come sights, one number each, out comes whether an input showed anything new.
//!
//! A fuzzer that looks at which branches an input took spends more time on looking than the input took to run,
//! and keeps every input that took one more often than any before. An input in which everything happened after
//! what it has happened after before is not worth that; it is judged like every other, and then forgotten.

/// How many pairs of sights are told apart, as a power of two: some thousand are met.
const BITS: u32 = 16;

/// The pairs of sights, one after the other in one input, that were seen: a bit for each. Nothing here compares
/// numbers, because a fuzzer pays for that.
pub(super) struct Seen {
    pairs: [u64; 1 << (BITS - 6)],
    last: u64,
    /// The lowest bit is set once the present input has shown a new pair.
    new: u64,
}

impl Seen {
    pub(super) const fn nothing() -> Seen {
        Seen { pairs: [0; 1 << (BITS - 6)], last: 0, new: 0 }
    }

    /// An input begins with this sight.
    pub(super) fn begin(&mut self, sight: u64) {
        self.last = sight;
        self.new = 0;
    }

    /// Something happened after what was seen last.
    pub(super) fn then(&mut self, sight: u64) {
        // By odd numbers without a pattern every bit of both sights moves the upper bits of the product.
        let pair = self.last.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ sight;
        let pair = pair.wrapping_mul(0xbf58_476d_1ce4_e5b9) >> (u64::BITS - BITS);
        let word = &mut self.pairs[(pair >> 6) as usize];
        let bit = pair & 63;
        self.new |= !(*word >> bit) & 1;
        *word |= 1 << bit;
        self.last = sight;
    }

    /// Whether the present input has shown anything new.
    pub(super) fn is_new(&self) -> bool {
        self.new == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shows_new(seen: &mut Seen, sights: &[u64]) -> bool {
        seen.begin(0);
        sights.iter().for_each(|sight| seen.then(*sight));
        seen.is_new()
    }

    #[test]
    fn an_input_is_new_once_and_by_the_order_of_what_it_shows() {
        let mut seen = Seen::nothing();
        assert!(shows_new(&mut seen, &[1, 2, 3]));
        assert!(!shows_new(&mut seen, &[1, 2, 3]));
        assert!(!shows_new(&mut seen, &[1, 2]));
        assert!(shows_new(&mut seen, &[2, 1]));
        assert!(!shows_new(&mut seen, &[2, 1, 2, 3]));
    }

    /// Pairs that share a bit hide one another: of the few thousand that there are, hardly any.
    #[test]
    fn pairs_seldom_hide_one_another() {
        let mut seen = Seen::nothing();
        let hidden = (0..64).flat_map(|a| (0..64).map(move |b| [a << 8, b << 8 | 1]));
        let hidden = hidden.filter(|pair| {
            seen.begin(pair[0]);
            seen.then(pair[1]);
            !seen.is_new()
        });
        assert!(hidden.count() < 200);
    }
}
