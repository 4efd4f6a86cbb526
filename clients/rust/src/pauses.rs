//! How long to wait before a request is sent again: at least what the API asked for, and some chance on top, so that
//! many clients do not return at once.

use std::time::Duration;

/// Pauses that double from a first to a longest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pauses {
    pub(crate) first: Duration,
    pub(crate) longest: Duration,
}

impl Pauses {
    /// The pause after so many failures; `asked` is the answer's `Retry-After`, `random` any 64 bits.
    pub(crate) fn after(&self, failures: u32, asked: Option<Duration>, random: u64) -> Duration {
        let doublings = failures.saturating_sub(1).min(20);
        let ceiling = self.first.saturating_mul(1 << doublings);
        let ceiling = ceiling.min(self.longest);
        let nanoseconds = u64::try_from(ceiling.as_nanos()).unwrap_or(u64::MAX);
        let share = (u128::from(nanoseconds) * u128::from(random)) >> 64;
        let share = Duration::from_nanos(u64::try_from(share).unwrap_or(u64::MAX));
        asked.unwrap_or_default().saturating_add(share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_grows_up_to_the_longest_and_is_never_shorter_than_asked() {
        let pauses = Pauses {
            first: Duration::from_millis(100),
            longest: Duration::from_secs(1),
        };
        let milliseconds = |failures, asked, random| {
            let asked = Some(asked).filter(|asked| *asked > 0);
            let asked = asked.map(Duration::from_secs);
            pauses.after(failures, asked, random).as_millis()
        };
        for (failures, asked, random, expected) in [
            (1, 0, 0, 0),
            (1, 0, u64::MAX / 2, 49),
            (1, 0, u64::MAX, 99),
            (2, 0, u64::MAX, 199),
            (4, 0, u64::MAX, 799),
            (5, 0, u64::MAX, 999),
            (u32::MAX, 0, u64::MAX, 999),
            (1, 3, 0, 3000),
            (1, 3, u64::MAX, 3099),
        ] {
            assert_eq!(milliseconds(failures, asked, random), expected);
        }
    }
}
