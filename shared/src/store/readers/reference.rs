//! Reference data, cached for five minutes: it changes only when an operator applies a
//! catalogue, and every sandbox would otherwise read it per call.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::domain::billing::Catalogue;
use crate::domain::rating::{RateCard, RateCards};
use crate::domain::{ClientId, Model, OAuthClient, Price, Timestamp};
use crate::host::clock::Deadline;
use crate::store::schema::imported::Cutover;
use crate::store::schema::item::key_of;
use crate::store::schema::items::read;
use crate::store::schema::keys::{self, Key, Table};
use crate::store::schema::records::Record;
use crate::store::{Store, StoreError};

/// How long a list is valid, in seconds.
const KEPT_SECONDS: i64 = 300;
/// On a miss, a list older than this, in seconds, is read again.
const FRESH_SECONDS: i64 = 5;
/// A read takes milliseconds; this leaves time for retries.
const MAX_READ: Duration = Duration::from_secs(5);

/// A list as last read, and when.
#[derive(Debug)]
struct Remembered<T>(Mutex<Option<(Timestamp, Arc<T>)>>);

impl<T> Default for Remembered<T> {
    fn default() -> Self {
        Remembered(Mutex::new(None))
    }
}

impl<T> Remembered<T> {
    /// The list, if it is younger than `seconds`.
    fn younger_than(&self, seconds: i64, now: Timestamp) -> Option<Arc<T>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (read_at, list) = known.as_ref()?;
        let is_young = (0..seconds).contains(&now.seconds_since(*read_at));
        is_young.then(|| list.clone())
    }

    fn remember(&self, list: T, now: Timestamp) -> Arc<T> {
        let list = Arc::new(list);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *known = Some((now, list.clone()));
        list
    }
}

/// The models on offer and all rate cards, as read together.
#[derive(Clone, Debug, Default)]
pub struct ModelList {
    /// The models on offer, ordered by id.
    pub models: Vec<Model>,
    /// The rate cards of all models, also of those no longer on offer.
    pub cards: Arc<RateCards>,
}

/// The models on offer and the rate cards, as last read.
#[derive(Clone, Debug, Default)]
pub struct ModelCache(Arc<Remembered<ModelList>>);

impl ModelCache {
    /// All models and cards, at most five minutes old.
    pub async fn list(&self, store: &Store, now: Timestamp) -> Result<Arc<ModelList>, StoreError> {
        self.no_older_than(KEPT_SECONDS, store, now).await
    }

    /// Whether a model exists; the list is read again before the answer is no.
    pub async fn has_model(
        &self,
        store: &Store,
        now: Timestamp,
        id: &str,
    ) -> Result<bool, StoreError> {
        let offers = |list: &ModelList| list.models.iter().any(|model| model.id == id);
        if offers(&*self.list(store, now).await?) {
            return Ok(true);
        }
        let fresh = self.no_older_than(FRESH_SECONDS, store, now).await?;
        Ok(offers(&fresh))
    }

    /// All rate cards; the list is read again before the answer is that a model has none
    /// in force.
    pub async fn cards_for(
        &self,
        store: &Store,
        now: Timestamp,
        model_id: &str,
    ) -> Result<Arc<RateCards>, StoreError> {
        let known = self.list(store, now).await?;
        if known.cards.in_force(model_id, now).is_some() {
            return Ok(known.cards.clone());
        }
        let fresh = self.no_older_than(FRESH_SECONDS, store, now).await?;
        Ok(fresh.cards.clone())
    }

    async fn no_older_than(
        &self,
        seconds: i64,
        store: &Store,
        now: Timestamp,
    ) -> Result<Arc<ModelList>, StoreError> {
        // No lock is held across the read: two concurrent calls may both read.
        match self.0.younger_than(seconds, now) {
            Some(list) => Ok(list),
            None => {
                let mut list = store.load_model_list().await?;
                list.models.retain(|model| model.available);
                Ok(self.0.remember(list, now))
            }
        }
    }
}

/// The prices, as last read, for those who sell or show them: without the cutover.
#[derive(Clone, Debug, Default)]
pub struct PriceCache(Arc<Remembered<Vec<Price>>>);

impl PriceCache {
    /// All prices ordered by id, at most five minutes old. A row that cannot be read is
    /// left out.
    pub async fn list(&self, store: &Store, now: Timestamp) -> Result<Arc<Vec<Price>>, StoreError> {
        self.no_older_than(KEPT_SECONDS, store, now).await
    }

    /// One price; the list is read again before the answer is that there is none.
    pub async fn price(
        &self,
        store: &Store,
        now: Timestamp,
        id: &str,
    ) -> Result<Option<Price>, StoreError> {
        for seconds in [KEPT_SECONDS, FRESH_SECONDS] {
            let list = self.no_older_than(seconds, store, now).await?;
            if let Some(price) = list.iter().find(|price| price.price_id == id) {
                return Ok(Some(price.clone()));
            }
        }
        Ok(None)
    }

    async fn no_older_than(
        &self,
        seconds: i64,
        store: &Store,
        now: Timestamp,
    ) -> Result<Arc<Vec<Price>>, StoreError> {
        match self.0.younger_than(seconds, now) {
            Some(list) => Ok(list),
            None => {
                let (prices, _) = store.load_readable_prices().await?;
                Ok(self.0.remember(prices, now))
            }
        }
    }
}

/// The catalogue of prices, as last read.
#[derive(Clone, Debug, Default)]
pub struct CatalogueCache(Arc<Remembered<Catalogue>>);

impl CatalogueCache {
    /// All prices, at most five minutes old.
    pub async fn prices(
        &self,
        store: &Store,
        now: Timestamp,
    ) -> Result<Arc<Catalogue>, StoreError> {
        match self.0.younger_than(KEPT_SECONDS, now) {
            Some(prices) => Ok(prices),
            None => {
                // One after the other: side by side they would need a second connection,
                // and its handshake takes a quarter of a cold start's instructions.
                let catalogue = store.load_catalogue().await?;
                let cutover = store.load_cutover().await?;
                Ok(self.0.remember(catalogue.with_cutover(cutover), now))
            }
        }
    }

    /// All prices, read now; for a caller that missed one.
    pub async fn read_again(
        &self,
        store: &Store,
        now: Timestamp,
    ) -> Result<Arc<Catalogue>, StoreError> {
        let Some(known) = self.0.younger_than(KEPT_SECONDS, now) else {
            return self.prices(store, now).await;
        };
        let catalogue = store.load_catalogue().await?;
        Ok(self
            .0
            .remember(catalogue.with_cutover(known.cutover()), now))
    }
}

impl Store {
    /// All models and rate cards, in one query. Cards that cannot be read or contradict
    /// each other affect only their own model, which then has none.
    pub async fn load_model_list(&self) -> Result<ModelList, StoreError> {
        let (models, cards) = (keys::model(""), keys::rate_card(""));
        let items = self.query_partition(Table::Users, &models.pk, "").await?;
        let (mut list, mut readable) = (ModelList::default(), Vec::new());
        let mut damaged = BTreeSet::new();
        for item in items {
            let key = key_of(Table::Users, &item);
            match key.sk.strip_prefix(&cards.sk) {
                None => list.models.push(read::<Model>(&key, Model::ENTITY, item)?),
                Some(id) => match read::<RateCard>(&key, RateCard::ENTITY, item) {
                    Ok(card) => readable.push(card),
                    Err(damage) => {
                        tracing::error!(%damage, "a rate card cannot be read");
                        let model = id.rsplit_once('@').map_or(id, |(model, _)| model);
                        damaged.insert(model.to_string());
                    }
                },
            }
        }
        readable.retain(|card: &RateCard| !damaged.contains(card.model_id()));
        let (cards, wrong) = RateCards::usable(readable);
        for error in wrong {
            tracing::error!(%error, "the rate cards of a model contradict each other");
        }
        list.cards = Arc::new(cards);
        Ok(list)
    }

    /// The record of an OAuth client, read now: what an operator switched off stays off.
    pub async fn load_client(
        &self,
        client_id: &ClientId,
    ) -> Result<Option<OAuthClient>, StoreError> {
        self.load(&keys::oauth_client(client_id.as_str())).await
    }

    /// All prices, ordered by id.
    pub async fn load_prices(&self) -> Result<Vec<Price>, StoreError> {
        self.load_all(&keys::price("")).await
    }

    /// The cutover, if payments were granted elsewhere before.
    async fn load_cutover(&self) -> Result<Option<Timestamp>, StoreError> {
        let key = keys::cutover();
        let deadline = Deadline::after(MAX_READ);
        let found = self.get_many(std::slice::from_ref(&key), deadline).await;
        let item = found?.take(&key);
        let cutover = item.map(|item| read::<Cutover>(&key, Cutover::ENTITY, item));
        Ok(cutover.transpose()?.map(|cutover| cutover.at))
    }

    /// Loads the catalogue. An unreadable row affects only purchases of its own price.
    async fn load_catalogue(&self) -> Result<Catalogue, StoreError> {
        let (prices, unreadable) = self.load_readable_prices().await?;
        Ok(Catalogue::new(prices).with_unreadable(unreadable))
    }

    /// The prices that can be read, and the ids of the others.
    async fn load_readable_prices(&self) -> Result<(Vec<Price>, BTreeSet<String>), StoreError> {
        let prefix = keys::price("");
        let items = self
            .query_partition(Table::Users, &prefix.pk, &prefix.sk)
            .await?;
        let (mut prices, mut unreadable) = (Vec::new(), BTreeSet::new());
        for item in items {
            let key = key_of(Table::Users, &item);
            match read::<Price>(&key, Price::ENTITY, item) {
                Ok(price) => prices.push(price),
                Err(damage) => {
                    tracing::error!(%damage, "a price of the catalogue cannot be read");
                    unreadable.extend(key.sk.strip_prefix(&prefix.sk).map(str::to_string));
                }
            }
        }
        Ok((prices, unreadable))
    }

    /// All records of a partition whose sort keys share the prefix of this key.
    async fn load_all<T: Record>(&self, prefix: &Key) -> Result<Vec<T>, StoreError> {
        let items = self
            .query_partition(Table::Users, &prefix.pk, &prefix.sk)
            .await?;
        items
            .into_iter()
            .map(|item| Ok(read(&key_of(Table::Users, &item), T::ENTITY, item)?))
            .collect()
    }
}
