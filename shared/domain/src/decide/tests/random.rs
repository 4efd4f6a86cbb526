//! Random numbers from a seed, so that the seed is enough to replay a sequence.
//! No other source of randomness is used.

/// A generator of numbers (SplitMix64): the same seed gives the same numbers.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Random(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// 0 to `most`, both included.
    pub(crate) fn upto(&mut self, most: i64) -> i64 {
        let span = u64::try_from(most.max(0)).unwrap() + 1;
        i64::try_from(self.next() % span).unwrap()
    }

    /// True in this percentage of cases.
    pub(crate) fn percent(&mut self, percent: i64) -> bool {
        self.upto(99) < percent
    }

    pub(crate) fn pick<T: Clone>(&mut self, from: &[T]) -> Option<T> {
        let last = i64::try_from(from.len()).unwrap() - 1;
        if last < 0 {
            return None;
        }
        from.get(usize::try_from(self.upto(last)).unwrap()).cloned()
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for index in (1..items.len()).rev() {
            let other = self.upto(i64::try_from(index).unwrap());
            items.swap(index, usize::try_from(other).unwrap());
        }
    }
}
