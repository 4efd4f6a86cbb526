//! Records of the two streams: entries begin deliveries, deliveries go to the queue.

use shared::domain::{DeliveryOutcome, Endpoint, Timestamp};
use shared::store::{StoreError, StreamImage, StreamItem};

use crate::app::App;
use crate::aws::CallError;
use crate::queue::Ticket;
use crate::tally::Counted;
use crate::trigger::Change;

/// Why a record must come again.
#[derive(Debug, thiserror::Error)]
enum Again {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Queue(#[from] CallError),
}

impl App {
    /// Handles records in their order. Returns the sequence number of the first that
    /// must come again; the stream repeats it and all after it.
    pub(crate) async fn take_changes(&self, changes: Vec<Change>) -> Option<String> {
        let now = self.clock.now();
        let mut endpoints = None;
        for Change { dynamodb } in changes {
            let Some(image) = dynamodb.new_image else {
                continue;
            };
            let item = match StreamImage::of(&image).map(StreamImage::read) {
                Some(Ok(item)) => item,
                // It would not be readable the next time either: a replay tells it, once
                // a release that can read it is deployed.
                Some(Err(error)) => {
                    self.unreadable(&error.to_string());
                    continue;
                }
                None => {
                    self.unreadable("it is not an item");
                    continue;
                }
            };
            if let Err(error) = self.take(item, &mut endpoints, now).await {
                self.trouble("a record of a stream comes again", &error.to_string());
                return Some(dynamodb.sequence_number);
            }
        }
        None
    }

    async fn take(
        &self,
        item: StreamItem,
        known: &mut Option<Vec<Endpoint>>,
        now: Timestamp,
    ) -> Result<(), Again> {
        match item {
            StreamItem::Entry(entry) if entry.has_notices() => {
                let endpoints = match known {
                    Some(endpoints) => endpoints,
                    None => known.insert(self.store.load_endpoints().await?),
                };
                let begun = notices::tell(&self.store, &entry, endpoints, now).await?;
                self.tally.add(Counted::DeliveriesBegun, begun.new);
            }
            StreamItem::Delivery(delivery)
                if delivery.asked && delivery.outcome == DeliveryOutcome::Pending =>
            {
                self.queue.send(&Ticket::of(&delivery), now).await?;
            }
            StreamItem::Entry(_) | StreamItem::Delivery(_) | StreamItem::Other => {}
        }
        Ok(())
    }

    fn unreadable(&self, problem: &str) {
        self.tally.one(Counted::UnreadableRecords);
        self.trouble("a record of a stream cannot be read", problem);
    }
}
