//! Randomness that repeats: everything a run draws follows from its seed.

use std::sync::{Mutex, PoisonError};

use shared::host::entropy::Entropy;

/// SplitMix64, <https://prng.di.unimi.it/splitmix64.c>.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// The numbers of a seed.
    pub(crate) fn new(seed: u64) -> Self {
        Random(seed)
    }

    /// The next number.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below a limit; 0 if the limit is.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next().checked_rem(limit).unwrap_or(0)
    }

    /// A place in a list of so many; 0 if there are none.
    pub(crate) fn place(&mut self, of: usize) -> usize {
        let limit = u64::try_from(of).unwrap_or(u64::MAX);
        usize::try_from(self.below(limit)).unwrap_or(0)
    }

    /// One of several.
    pub(crate) fn one_of<T: Copy>(&mut self, first: T, others: &[T]) -> T {
        let place = self.place(others.len().saturating_add(1));
        let other = place.checked_sub(1).and_then(|place| others.get(place));
        other.copied().unwrap_or(first)
    }

    /// True so many times in a thousand.
    pub(crate) fn chance(&mut self, in_a_thousand: u64) -> bool {
        self.below(1_000) < in_a_thousand
    }
}

/// The same as a source of ids for functions.
#[derive(Debug)]
pub(crate) struct Drawn(Mutex<Random>);

impl Drawn {
    pub(crate) fn of(seed: u64) -> Self {
        Drawn(Mutex::new(Random::new(seed)))
    }
}

impl Entropy for Drawn {
    fn bytes(&self) -> [u8; 16] {
        let mut random = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (high, low) = (random.next(), random.next());
        (u128::from(high) << 64 | u128::from(low)).to_be_bytes()
    }
}
