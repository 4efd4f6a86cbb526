//! The courier: takes messages of the queue and sends what they name. A message whose
//! delivery is not done stays in the queue and is hidden until the next attempt.

use shared::domain::{Delivery, DeliveryOutcome, Recipient, Timestamp};
use shared::store::StoreError;
use tokio::task::JoinSet;

use crate::app::App;
use crate::queue::Ticket;
use crate::tally::Counted;
use crate::trigger::Queued;

/// Whoever hands an e-mail over has ended within this time, whatever the clocks of two
/// machines say: until then `sending` is not unclear.
pub(crate) const HANDED_OVER_WITHIN: i64 = 600;

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Its delivery is done.
    Done,
    /// It is due again in so many seconds.
    After(i64),
}

impl App {
    /// Handles the messages of a batch side by side: a receiver that hangs delays no
    /// other. Returns the ids of those that stay in the queue.
    pub(crate) async fn take_messages(&self, messages: Vec<Queued>) -> Vec<String> {
        let mut tasks = JoinSet::new();
        for message in messages {
            let app = self.clone();
            tasks.spawn(async move { app.take_message(message).await });
        }
        // A panic is one of the whole batch, which then comes again.
        let ended = tasks.join_all().await;
        ended.into_iter().flatten().collect()
    }

    async fn take_message(&self, message: Queued) -> Option<String> {
        let Ok(ticket) = serde_json::from_str::<Ticket>(&message.body) else {
            self.tally.one(Counted::UnreadableRecords);
            self.trouble("a message cannot be read", "it names no delivery");
            return None;
        };
        let now = self.clock.now();
        let pause = match self.deliver(&ticket, now).await {
            Ok(Next::Done) => return None,
            Ok(Next::After(seconds)) => seconds,
            Err(error) => {
                self.trouble("a delivery is tried again", &error.to_string());
                return Some(message.message_id);
            }
        };
        // Otherwise it comes back when the queue's own time is over, and waits then.
        let hidden = self.queue.hide(&message.receipt_handle, pause, now).await;
        if let Err(error) = hidden {
            self.trouble("a message could not be hidden", &error.to_string());
        }
        Some(message.message_id)
    }

    async fn deliver(&self, ticket: &Ticket, now: Timestamp) -> Result<Next, StoreError> {
        let found = self.store.load_delivery(&ticket.pk, &ticket.sk).await?;
        let Some(mut delivery) = found else {
            return Ok(Next::Done);
        };
        match delivery.outcome {
            DeliveryOutcome::Pending => {}
            // The queue may hand a message over twice at once: it stays until the one who
            // sends knows the outcome, because a refused e-mail is sent again.
            DeliveryOutcome::Sending
                if now.seconds_since(delivery.changed_at) < HANDED_OVER_WITHIN =>
            {
                return Ok(Next::After(HANDED_OVER_WITHIN));
            }
            DeliveryOutcome::Sending => {
                self.tally.one(Counted::UnclearMails);
                self.trouble("whether an e-mail was sent is unclear", &delivery.notice_id);
                return Ok(Next::Done);
            }
            DeliveryOutcome::Delivered
            | DeliveryOutcome::Failed
            | DeliveryOutcome::Withheld
            | DeliveryOutcome::Off
            | DeliveryOutcome::Limited
            | DeliveryOutcome::Stale
            | DeliveryOutcome::Undeliverable => return Ok(Next::Done),
        }
        // A message that was sent to the queue twice does not halve the pauses.
        let waited = now.seconds_since(delivery.changed_at);
        let left = delivery.next_pause().saturating_sub(waited);
        if delivery.attempts > 0 && left > 0 {
            return Ok(Next::After(left));
        }
        match delivery.recipient.clone() {
            Recipient::Endpoint(id) => self.to_endpoint(&id, &mut delivery, now).await,
            Recipient::Mail => self.to_mailbox(&mut delivery, now).await,
        }
    }

    /// Saves a delivery, after which its message has nothing left to do but what `next`
    /// says. If somebody else has changed it meanwhile, this may be about the same message,
    /// handed over twice: it stays and looks again, because nothing else may be left that
    /// does.
    pub(crate) async fn save(
        &self,
        delivery: &mut Delivery,
        next: Next,
    ) -> Result<Next, StoreError> {
        let saved = self.store.save_delivery(delivery).await?;
        Ok(if saved {
            next
        } else {
            Next::After(delivery.next_pause())
        })
    }

    /// Ends a delivery without another attempt.
    pub(crate) async fn conclude(
        &self,
        delivery: &mut Delivery,
        outcome: DeliveryOutcome,
        now: Timestamp,
    ) -> Result<Next, StoreError> {
        delivery.conclude(outcome, now);
        self.save(delivery, Next::Done).await
    }
}
