//! Finds keys that break an ascending order. Reports runs of equal keys, and
//! remembers at most three runs.

use std::cmp::Ordering;

/// Consecutive rows with equal keys, by line.
#[derive(Clone, Debug)]
struct Run<K> {
    key: K,
    from: u64,
    to: u64,
}

impl<K> Run<K> {
    fn reported(self) -> (K, (u64, u64)) {
        (self.key, (self.from, self.to))
    }
}

/// The state of a sequence.
#[derive(Clone, Debug)]
pub(crate) struct Sequence<K> {
    /// The key before the last run.
    before: Option<K>,
    last: Option<Run<K>>,
    /// A run that follows the last one but should precede it. The next keys
    /// show which of the two is misplaced.
    late: Option<Run<K>>,
}

impl<K> Default for Sequence<K> {
    fn default() -> Self {
        Sequence {
            before: None,
            last: None,
            late: None,
        }
    }
}

impl<K: Clone> Sequence<K> {
    /// Takes the next key and its line. Returns a run that is now known to be
    /// out of order, with its first and last line.
    pub(crate) fn take(
        &mut self,
        key: &K,
        line: u64,
        compare: impl Fn(&K, &K) -> Ordering,
    ) -> Option<(K, (u64, u64))> {
        let Some(mut late) = self.late.take() else {
            self.place(key, line, compare);
            return None;
        };
        if compare(key, &late.key) == Ordering::Equal {
            late.to = line;
            self.late = Some(late);
            return None;
        }
        let is_after = |before: &K| compare(before, &late.key) != Ordering::Greater;
        let fits = self.before.as_ref().is_none_or(is_after) && compare(key, &late.key).is_gt();
        match self.last.take() {
            // The sequence continues from the late run, so the last one was too
            // early.
            Some(last) if fits && compare(key, &last.key).is_lt() => {
                self.last = Some(late);
                self.place(key, line, compare);
                Some(last.reported())
            }
            last => {
                self.last = last;
                self.place(key, line, compare);
                Some(late.reported())
            }
        }
    }

    /// The misplaced run at the end, if any.
    pub(crate) fn end(self) -> Option<(K, (u64, u64))> {
        self.late.map(Run::reported)
    }

    fn place(&mut self, key: &K, line: u64, compare: impl Fn(&K, &K) -> Ordering) {
        let run = Run {
            key: key.clone(),
            from: line,
            to: line,
        };
        let Some(last) = &mut self.last else {
            self.last = Some(run);
            return;
        };
        match compare(key, &last.key) {
            Ordering::Equal => last.to = line,
            Ordering::Less => self.late = Some(run),
            Ordering::Greater => {
                self.before = self.last.replace(run).map(|last| last.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The misplaced keys, in the order of detection.
    fn strays(keys: &[u32]) -> Vec<u32> {
        let mut sequence = Sequence::default();
        let mut reported = Vec::new();
        for (line, key) in keys.iter().enumerate() {
            let line = u64::try_from(line).unwrap();
            reported.extend(sequence.take(key, line, u32::cmp).map(|(key, _)| key));
        }
        reported.extend(sequence.end().map(|(key, _)| key));
        reported
    }

    #[test]
    fn one_misplaced_key_is_reported_alone() {
        for (keys, expected) in [
            (&[1, 2, 2, 3][..], &[][..]),
            (&[], &[]),
            (&[2, 1], &[1]),
            // Too late.
            (&[1, 3, 2, 4], &[2]),
            (&[1, 2, 3, 1], &[1]),
            (&[1, 3, 4, 2, 2, 5], &[2]),
            // Too early.
            (&[9, 1, 2, 3], &[9]),
            (&[1, 9, 2, 3, 4], &[9]),
            (&[9, 9, 1, 2], &[9]),
            // The same key continues after the misplaced one.
            (&[3, 1, 3, 4], &[1]),
            (&[1, 5, 2, 5, 6], &[2]),
            // Two of them.
            (&[1, 9, 2, 3, 8, 4, 5], &[9, 8]),
            (&[3, 1, 2], &[3]),
        ] {
            assert_eq!(strays(keys), expected, "{keys:?}");
        }
    }

    #[test]
    fn whatever_the_keys_the_rest_is_ascending() {
        let mut seed = 1_u64;
        for _ in 0..2_000 {
            let keys: Vec<u32> = (0..12)
                .map(|_| {
                    seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    u32::try_from(seed >> 60).unwrap()
                })
                .collect();
            let mut sequence = Sequence::default();
            let mut out = Vec::new();
            for (line, key) in keys.iter().enumerate() {
                let line = u64::try_from(line).unwrap();
                out.extend(sequence.take(key, line, u32::cmp).map(|(_, range)| range));
            }
            out.extend(sequence.end().map(|(_, range)| range));
            let is_out = |line: usize| {
                let line = u64::try_from(line).unwrap();
                out.iter().any(|(from, to)| (*from..=*to).contains(&line))
            };
            let left = keys.iter().enumerate().filter(|(line, _)| !is_out(*line));
            let left: Vec<u32> = left.map(|(_, key)| *key).collect();
            assert!(left.is_sorted(), "{keys:?}: {out:?}, {left:?}");
        }
    }
}
