//! The endpoints that this process has read in the last seconds. Every message needs its
//! endpoint, and all endpoints lie in one partition: so reads of it grow with processes,
//! not with messages. One that is disabled is not remembered, so enabling has its effect
//! at once, and disabling after at most ten seconds.

use std::collections::BTreeMap;
use std::sync::Arc;

use shared::domain::{Endpoint, EndpointId, Timestamp};
use shared::store::{Store, StoreError};
use tokio::sync::Mutex;

/// How long an endpoint is used as it was read. A rolled secret signs for a day more.
const KEPT_SECONDS: i64 = 10;

/// Endpoints and when they were read. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct RememberedEndpoints(Arc<Mutex<BTreeMap<EndpointId, (Timestamp, Endpoint)>>>);

impl RememberedEndpoints {
    /// An endpoint as it was at most ten seconds ago. Messages of one batch that need it
    /// at the same time read it once.
    pub(crate) async fn load(
        &self,
        store: &Store,
        id: &EndpointId,
        now: Timestamp,
    ) -> Result<Option<Endpoint>, StoreError> {
        let mut known = self.0.lock().await;
        if let Some((read_at, endpoint)) = known.get(id)
            && (0..KEPT_SECONDS).contains(&now.seconds_since(*read_at))
        {
            return Ok(Some(endpoint.clone()));
        }
        known.remove(id);
        let found = store.load_endpoint(id).await?;
        if let Some(endpoint) = found.as_ref().filter(|it| it.is_enabled()) {
            known.insert(id.clone(), (now, endpoint.clone()));
        }
        Ok(found)
    }

    /// Forgets an endpoint that was changed.
    pub(crate) async fn forget(&self, id: &EndpointId) {
        self.0.lock().await.remove(id);
    }
}
