//! Single prices, read by their keys and cached for five minutes, for those who show the
//! price of a plan: reading the whole catalogue for one would cost more than the rest of
//! the answer.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::{Price, Timestamp};
use crate::store::schema::items::read;
use crate::store::schema::keys;
use crate::store::schema::records::Record;
use crate::store::{Consistency, Store, StoreError};

/// How long a price is valid, in seconds.
const KEPT_SECONDS: i64 = 300;
/// How long a price that is missing stays so, in seconds.
const MISSING_SECONDS: i64 = 5;
/// More prices than a catalogue has in force at once.
const MAX_KEPT: usize = 100;

/// When a price was read, and what was there.
type Seen = (Timestamp, Option<Price>);

/// The prices that were asked for, as last read.
#[derive(Clone, Debug, Default)]
pub struct SinglePrices(Arc<Mutex<BTreeMap<String, Seen>>>);

impl SinglePrices {
    /// The price of this id, at most five minutes old; none if there is none, or if its
    /// row cannot be read.
    pub async fn price(
        &self,
        store: &Store,
        now: Timestamp,
        id: &str,
    ) -> Result<Option<Price>, StoreError> {
        if let Some(known) = self.known(id, now) {
            return Ok(known);
        }
        // No lock is held across the read: two concurrent calls may both read.
        let price = store.load_price_to_show(id).await?;
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MAX_KEPT {
            kept.clear();
        }
        kept.insert(id.to_string(), (now, price.clone()));
        Ok(price)
    }

    fn known(&self, id: &str, now: Timestamp) -> Option<Option<Price>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (read_at, price) = kept.get(id)?;
        let seconds = match price {
            Some(_) => KEPT_SECONDS,
            None => MISSING_SECONDS,
        };
        let is_young = (0..seconds).contains(&now.seconds_since(*read_at));
        is_young.then(|| price.clone())
    }
}

impl Store {
    /// One price with an eventually consistent read, half a unit. A row that cannot be
    /// read is reported and counts as missing: it must not hide a profile.
    async fn load_price_to_show(&self, id: &str) -> Result<Option<Price>, StoreError> {
        let key = keys::price(id);
        let Some(item) = self.get(&key, Consistency::Eventual).await? else {
            return Ok(None);
        };
        match read::<Price>(&key, Price::ENTITY, item) {
            Ok(price) => Ok(Some(price)),
            Err(damage) => {
                tracing::error!(%damage, "a price of the catalogue cannot be read");
                Ok(None)
            }
        }
    }
}
