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
pub(crate) struct Outcome {
    /// The last answer.
    pub(crate) status: u16,
    /// Number of deliveries.
    pub(crate) attempts: u32,
}

impl Outcome {
    /// Whether the last answer was 2xx.
    pub(crate) fn is_accepted(self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Whether the event must be delivered again.
    fn is_to_be_repeated(self) -> bool {
        self.attempts == 0 || self.status >= 500
    }
}

/// The deliveries of a story, round by round.
pub(crate) struct Deliveries {
    outcomes: Vec<Outcome>,
    pauses: std::slice::Iter<'static, Duration>,
}

impl Deliveries {
    /// The deliveries of so many events, none of which is sent yet.
    pub(crate) fn of(events: usize) -> Self {
        let unsent = Outcome {
            status: 0,
            attempts: 0,
        };
        Deliveries {
            outcomes: vec![unsent; events],
            pauses: PAUSES.iter(),
        }
    }

    /// The events that are to be sent in this round, by their places.
    pub(crate) fn due(&self) -> Vec<usize> {
        let outcomes = self.outcomes.iter().enumerate();
        let due = outcomes.filter(|(_, outcome)| outcome.is_to_be_repeated());
        due.map(|(place, _)| place).collect()
    }

    /// Notes the answer to an event.
    pub(crate) fn answered(&mut self, place: usize, status: u16) {
        if let Some(outcome) = self.outcomes.get_mut(place) {
            outcome.status = status;
            outcome.attempts = outcome.attempts.saturating_add(1);
        }
    }

    /// Waits for the next round; false if there is none.
    pub(crate) async fn next_round(&mut self) -> bool {
        match self.pauses.next() {
            Some(pause) if !self.due().is_empty() => {
                tokio::time::sleep(*pause).await;
                true
            }
            Some(_) | None => false,
        }
    }

    /// How each event ended, in order.
    pub(crate) fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }
}

/// Sends the events with `send`, which returns the answer's status. Returns one
/// outcome per event, in order.
pub(super) async fn deliver<E>(
    events: &[StoryEvent],
    mut send: impl AsyncFnMut(&StoryEvent) -> Result<u16, E>,
) -> Result<Vec<Outcome>, E> {
    let mut deliveries = Deliveries::of(events.len());
    loop {
        for place in deliveries.due() {
            if let Some(event) = events.get(place) {
                let status = send(event).await?;
                deliveries.answered(place, status);
            }
        }
        if !deliveries.next_round().await {
            return Ok(deliveries.outcomes);
        }
    }
}

#[cfg(test)]
mod tests;
