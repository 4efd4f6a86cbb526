//! The endpoints that operators registered. There are a handful, in one partition.

use super::put::Expected;
use crate::domain::{Endpoint, EndpointId};
use crate::store::schema::item::{Item, key_of};
use crate::store::schema::items::{read, stamp};
use crate::store::schema::keys::{self, Table};
use crate::store::{Consistency, Store, StoreError};

pub(crate) const ENDPOINT: &str = "Endpoint";

fn endpoint_of(item: Item) -> Result<Endpoint, StoreError> {
    let key = key_of(Table::Notices, &item);
    Ok(read(&key, ENDPOINT, item)?)
}

impl Store {
    /// All endpoints, by id, read strongly.
    pub async fn load_endpoints(&self) -> Result<Vec<Endpoint>, StoreError> {
        let items = self.query_partition(Table::Notices, keys::ENDPOINTS, "");
        items.await?.into_iter().map(endpoint_of).collect()
    }

    /// One endpoint, read strongly.
    pub async fn load_endpoint(&self, id: &EndpointId) -> Result<Option<Endpoint>, StoreError> {
        let item = self.get(&keys::endpoint(id), Consistency::Strong).await?;
        item.map(endpoint_of).transpose()
    }

    /// Creates an endpoint; false if its id is taken.
    pub async fn add_endpoint(&self, endpoint: &Endpoint) -> Result<bool, StoreError> {
        self.put_endpoint(endpoint, Expected::Absent).await
    }

    /// Changes an endpoint from the version that it says; false if it has changed since.
    /// Afterwards the value is of the new version.
    pub async fn save_endpoint(&self, endpoint: &mut Endpoint) -> Result<bool, StoreError> {
        let seen = endpoint.version;
        endpoint.version = seen.saturating_add(1);
        self.put_endpoint(endpoint, Expected::Version(seen)).await
    }

    async fn put_endpoint(
        &self,
        endpoint: &Endpoint,
        expected: Expected,
    ) -> Result<bool, StoreError> {
        let key = keys::endpoint(&endpoint.endpoint_id);
        let item = stamp(&key, ENDPOINT, endpoint)?;
        Ok(self.put_alone(&key, item, expected).await?.is_none())
    }
}
