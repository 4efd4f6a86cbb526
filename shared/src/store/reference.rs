//! Reference data, remembered for five minutes: it changes when somebody
//! applies a catalogue, and every sandbox would otherwise read it per call.

use std::sync::{Arc, Mutex, PoisonError};

use super::items::read;
use super::keys::{self, Table};
use super::people::key_of;
use super::users::Record;
use super::{Store, StoreError};
use crate::domain::{Model, Timestamp};

/// How long a list is good for.
const KEPT_SECONDS: i64 = 300;
/// Who misses something in a list older than this has it read again.
const FRESH_SECONDS: i64 = 5;

/// The models on offer, as last read.
#[derive(Clone, Debug, Default)]
pub struct ModelCache(Arc<Mutex<Option<Known>>>);

#[derive(Clone, Debug)]
struct Known {
    read_at: Timestamp,
    models: Arc<Vec<Model>>,
}

impl ModelCache {
    /// All models in order of their ids, at most five minutes old.
    pub async fn models(
        &self,
        store: &Store,
        now: Timestamp,
    ) -> Result<Arc<Vec<Model>>, StoreError> {
        self.no_older_than(KEPT_SECONDS, store, now).await
    }

    /// Whether there is such a model; the list is read again before the answer
    /// is no.
    pub async fn has_model(
        &self,
        store: &Store,
        now: Timestamp,
        id: &str,
    ) -> Result<bool, StoreError> {
        let offers = |models: &[Model]| models.iter().any(|model| model.id == id);
        if offers(&self.models(store, now).await?) {
            return Ok(true);
        }
        let fresh = self.no_older_than(FRESH_SECONDS, store, now).await?;
        Ok(offers(&fresh))
    }

    async fn no_older_than(
        &self,
        seconds: i64,
        store: &Store,
        now: Timestamp,
    ) -> Result<Arc<Vec<Model>>, StoreError> {
        // The lock is never held across the read: two calls at once may both read.
        let known = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if let Some(known) = known
            && (0..seconds).contains(&now.seconds_since(known.read_at))
        {
            return Ok(known.models);
        }
        let models = Arc::new(store.load_models().await?);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Known {
            read_at: now,
            models: models.clone(),
        });
        Ok(models)
    }
}

impl Store {
    /// All models in order of their ids.
    pub async fn load_models(&self) -> Result<Vec<Model>, StoreError> {
        let prefix = keys::model("");
        let items = self
            .query_partition(Table::Users, &prefix.pk, &prefix.sk)
            .await?;
        items
            .into_iter()
            .map(|item| Ok(read(&key_of(Table::Users, &item), Model::ENTITY, item)?))
            .collect()
    }
}
