//! Delivers events as Stripe does: each once, and later again if it got 5xx.
//! Any other answer is final.

use std::time::Duration;

use super::StoryEvent;

/// Pauses before further rounds; Stripe waits hours, the local world seconds.
const PAUSES: [Duration; 4] = [
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
];

/// How the delivery of one event ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    /// The last answer.
    pub(super) status: u16,
    /// Number of deliveries.
    pub(super) attempts: u32,
}

impl Outcome {
    /// Whether the event must be delivered again.
    fn is_to_be_repeated(self) -> bool {
        self.attempts == 0 || self.status >= 500
    }
}

/// Sends the events with `send`, which returns the answer's status. Returns one
/// outcome per event, in order.
pub(super) async fn deliver<E>(
    events: &[StoryEvent],
    mut send: impl AsyncFnMut(&StoryEvent) -> Result<u16, E>,
) -> Result<Vec<Outcome>, E> {
    let unsent = Outcome {
        status: 0,
        attempts: 0,
    };
    let mut outcomes = vec![unsent; events.len()];
    let mut pauses = PAUSES.iter();
    loop {
        let rounds = events.iter().zip(&mut outcomes);
        for (event, outcome) in rounds.filter(|(_, outcome)| outcome.is_to_be_repeated()) {
            outcome.status = send(event).await?;
            outcome.attempts = outcome.attempts.saturating_add(1);
        }
        let waiting = outcomes.iter().any(|outcome| outcome.is_to_be_repeated());
        match pauses.next() {
            Some(pause) if waiting => tokio::time::sleep(*pause).await,
            _ => return Ok(outcomes),
        }
    }
}

#[cfg(test)]
mod tests;
