//! Warm calls: one sandbox gets one event after the other, as on Lambda.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Bytes;

use crate::events;
use crate::lambda::{LambdaError, Sandbox};

/// Warm-up calls, not measured.
const BEFORE: u32 = 20;

/// Times of one kind of call.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    /// Each call from event to answer, in order.
    pub(crate) times: Vec<Duration>,
    /// CPU time of the process per call.
    pub(crate) cpu: Duration,
    /// Number of answers by status.
    pub(crate) statuses: BTreeMap<u64, usize>,
}

impl Measured {
    /// The given percentile of the calls.
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        percentile(&self.times, percent)
    }
}

/// The given percentile of `times`.
pub(crate) fn percentile(times: &[Duration], percent: usize) -> Duration {
    let mut times = times.to_vec();
    times.sort_unstable();
    let at = (times.len() * percent / 100).min(times.len().saturating_sub(1));
    times.get(at).copied().unwrap_or_default()
}

/// Hands over `calls` events, numbered from `BEFORE`.
pub(crate) async fn measure(
    sandbox: &mut Sandbox,
    calls: u32,
    event: &impl Fn(u32) -> Bytes,
) -> Result<Measured, LambdaError> {
    for call in 0..BEFORE {
        sandbox.invoke(&event(call)).await?;
    }
    let events: Vec<Bytes> = (BEFORE..BEFORE + calls).map(event).collect();
    let mut times = Vec::with_capacity(events.len());
    let mut statuses = BTreeMap::new();
    let before = sandbox.cpu()?;
    for event in &events {
        let (answer, time) = sandbox.invoke(event).await?;
        times.push(time);
        *statuses.entry(events::status(&answer)).or_default() += 1;
    }
    let cpu = sandbox.cpu()?.saturating_sub(before) / calls.max(1);
    Ok(Measured {
        times,
        cpu,
        statuses,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_the_time_that_so_many_keep_within() {
        let times: Vec<Duration> = (1..=100).rev().map(Duration::from_millis).collect();
        assert_eq!(percentile(&times, 50), Duration::from_millis(51));
        assert_eq!(percentile(&times, 99), Duration::from_millis(100));
        assert_eq!(percentile(&times, 100), Duration::from_millis(100));
        assert_eq!(percentile(&[], 50), Duration::ZERO);
    }
}
