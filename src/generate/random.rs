//! A seeded generator of pseudo-random numbers. The crate draws no randomness of its own: the caller provides the
//! seed, and the same seed gives the same numbers.

/// SplitMix64: a generator with 64 bits of state, for which every seed is equally good. It suits selections and
/// mutations, and must not be used for secrets.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// Creates a generator from a seed.
    pub const fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// The next number.
    pub const fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// The next octet.
    pub const fn octet(&mut self) -> u8 {
        self.next_u64() as u8
    }

    /// A number below `limit`, which is at most 2³². Returns 0 if `limit` is 0.
    pub const fn below(&mut self, limit: usize) -> usize {
        (((self.next_u64() >> 32) * limit as u64) >> 32) as usize
    }

    /// True with a probability of one in `n`.
    pub const fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// One of `choices`.
    ///
    /// # Panics
    ///
    /// Panics if there are no choices.
    pub const fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn the_numbers_are_those_of_the_reference_implementation() {
        let mut random = Random::new(1_234_567);
        let expected = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!([(); 3].map(|()| random.next_u64()), expected);
    }

    #[test]
    fn selections_stay_within_their_bounds() {
        let mut random = Random::new(7);
        assert_eq!(random.below(0), 0);
        for _ in 0..1000 {
            assert!(random.below(10) < 10);
            assert!([1, 2, 3].contains(&random.pick(&[1, 2, 3])));
        }
        let hits = (0..10_000).filter(|_| random.one_in(4)).count();
        assert!((2200..2800).contains(&hits), "{hits} of 10000");
    }
}
