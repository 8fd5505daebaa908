//! What inputs showed before: in come sights, one number each, out comes whether an input showed anything new.
//!
//! A fuzzer that looks at which branches an input took spends more time on looking than the input took to run,
//! and keeps every input that took one more often than any before. An input in which everything happened after
//! what it has happened after before is not worth that; it is judged like every other, and then forgotten.

/// How many pairs of sights are told apart, as a power of two: some thousand are met.
const BITS: u32 = 16;

/// The pairs of sights, one after the other in one input, that were seen: a bit for each. Nothing here compares
/// numbers, because a fuzzer pays for that.
pub(super) struct NoveltyMap {
    pairs: [u64; 1 << (BITS - 6)],
    last: u64,
    /// The lowest bit is set once the present input has shown a new pair.
    novel: u64,
}

impl NoveltyMap {
    pub(super) const fn new() -> NoveltyMap {
        NoveltyMap { pairs: [0; 1 << (BITS - 6)], last: 0, novel: 0 }
    }

    /// An input begins with this sight.
    pub(super) fn start_input(&mut self, sight: u64) {
        self.last = sight;
        self.novel = 0;
    }

    /// Something happened after what was seen last.
    pub(super) fn record(&mut self, sight: u64) {
        // By odd numbers without a pattern every bit of both sights moves the upper bits of the product.
        let pair = self.last.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ sight;
        let pair = pair.wrapping_mul(0xbf58_476d_1ce4_e5b9) >> (u64::BITS - BITS);
        let word = &mut self.pairs[(pair >> 6) as usize];
        let bit = pair & 63;
        self.novel |= !(*word >> bit) & 1;
        *word |= 1 << bit;
        self.last = sight;
    }

    /// Whether the present input has shown anything new.
    pub(super) fn is_novel(&self) -> bool {
        self.novel == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shows_new(seen: &mut NoveltyMap, sights: &[u64]) -> bool {
        seen.start_input(0);
        sights.iter().for_each(|sight| seen.record(*sight));
        seen.is_novel()
    }

    #[test]
    fn an_input_is_new_once_and_by_the_order_of_what_it_shows() {
        let mut seen = NoveltyMap::new();
        assert!(shows_new(&mut seen, &[1, 2, 3]));
        assert!(!shows_new(&mut seen, &[1, 2, 3]));
        assert!(!shows_new(&mut seen, &[1, 2]));
        assert!(shows_new(&mut seen, &[2, 1]));
        assert!(!shows_new(&mut seen, &[2, 1, 2, 3]));
    }

    /// Pairs that share a bit hide one another: of the few thousand that there are, hardly any.
    #[test]
    fn pairs_seldom_hide_one_another() {
        let mut seen = NoveltyMap::new();
        let hidden = (0..64).flat_map(|a| (0..64).map(move |b| [a << 8, b << 8 | 1]));
        let hidden = hidden.filter(|pair| {
            seen.start_input(pair[0]);
            seen.record(pair[1]);
            !seen.is_novel()
        });
        assert!(hidden.count() < 200);
    }
}
