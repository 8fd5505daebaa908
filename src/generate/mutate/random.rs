//! What stands in for chance: a generator that the fuzzer's seed starts, so that the library draws no
//! randomness of its own.

/// SplitMix64: one word of state, good enough to pick with, and any seed is as good as any other.
pub(super) struct Random(u64);

impl Random {
    pub(super) const fn new(seed: u32) -> Random {
        Random(seed as u64)
    }

    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// A number under `limit`; 0 if that is 0. By a multiplication: a division for each choice would be felt.
    pub(super) const fn below(&mut self, limit: usize) -> usize {
        (((self.next() >> 32) * limit as u64) >> 32) as usize
    }

    /// True once in so many times.
    pub(super) const fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of `choices`, of which there is at least one.
    pub(super) const fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    pub(super) const fn octet(&mut self) -> u8 {
        self.next() as u8
    }

    pub(super) const fn key(&mut self) -> [u8; 4] {
        (self.next() as u32).to_be_bytes()
    }

    pub(super) const fn code(&mut self) -> u16 {
        self.next() as u16
    }

    /// How many changes to make: mostly one, at most `limit`.
    pub(super) const fn rounds(&mut self, limit: usize) -> usize {
        let mut rounds = 1;
        while rounds < limit && self.one_in(3) {
            rounds += 1;
        }
        rounds
    }
}
