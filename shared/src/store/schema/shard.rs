//! Shards of an index whose key has few values.
//!
//! An index partition takes 1,000 write units a second, and a full one throttles its
//! table. With 64 shards a value takes 64,000, more than a table on demand may write in
//! all by AWS's default (40,000). When events are parked and none is settled, one of five
//! writes is a row of the index: a shard then takes 1/320 of all writes, within the 1 %
//! that a partition may take. When nothing but deliveries to one endpoint is written, one
//! of two writes is a row: a shard takes 1/128.

use sha2::{Digest, Sha256};

const SHARDS: u8 = 64;

/// The number of a shard, from 0 to 63.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shard(u8);

impl Shard {
    /// All shards.
    pub(crate) fn all() -> impl Iterator<Item = Shard> + Clone {
        (0..SHARDS).map(Shard)
    }

    /// The shard of an id, the same for ever.
    pub(crate) fn of(id: &str) -> Self {
        let first = Sha256::digest(id).first().copied();
        Shard(first.unwrap_or_default() % SHARDS)
    }

    pub(crate) fn number(self) -> u8 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_spread_over_all_shards_and_keep_theirs() {
        assert_eq!(Shard::of("evt_1").number(), 61);
        let mut counts = [0; SHARDS as usize];
        for number in 0..64_000 {
            let shard = Shard::of(&format!("evt_{number:024}"));
            counts[usize::from(shard.number())] += 1;
        }
        // A thousand each on average, with a deviation of 32.
        assert!(
            counts.iter().all(|count| (840..1_160).contains(count)),
            "{counts:?}"
        );
        assert_eq!(Shard::all().count(), counts.len());
    }
}
