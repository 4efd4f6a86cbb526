//! Reading an index that is spread over shards: as one list in the order of the index's
//! sort key, page by page. Shards are asked side by side, a bounded page of each, so a
//! reader holds a bounded part of them. An index is eventually consistent.

use std::collections::VecDeque;

use aws_sdk_dynamodb::types::AttributeValue;
use tokio::task::{JoinError, JoinSet};

use crate::store::client::pages::Page;
use crate::store::client::work::WITH_CAPACITY;
use crate::store::schema::item::{Item, text_of};
use crate::store::schema::keys::{Index, PRIMARY_KEY, Shard, shard_key};
use crate::store::{Store, StoreError};

/// How many shards are read at once; each needs a connection.
const SHARDS_AT_ONCE: usize = 8;

/// A shard of an index, from a sort key on, as far as read.
#[derive(Debug)]
pub(crate) struct IndexShard {
    index: Index,
    key: String,
    since: String,
    rows: VecDeque<Item>,
    next: Option<Item>,
    is_read: bool,
}

/// The rows of many shards, merged.
#[derive(Debug)]
pub(crate) struct ShardsWalk {
    store: Store,
    shards: Vec<IndexShard>,
    limit: usize,
}

/// All shards of a value, from a sort key on; nothing of them is read.
pub(crate) fn shards_of(index: Index, value: &str, since: &str) -> Vec<IndexShard> {
    let shards = Shard::all().map(|shard| IndexShard {
        index,
        key: shard_key(value, shard),
        since: since.to_string(),
        rows: VecDeque::new(),
        next: None,
        is_read: false,
    });
    shards.collect()
}

impl IndexShard {
    /// The rows that were read and not yet taken, in the order of the index.
    pub(crate) fn rows(&self) -> &VecDeque<Item> {
        &self.rows
    }

    fn has_more_to_read(&self) -> bool {
        self.rows.is_empty() && (!self.is_read || self.next.is_some())
    }

    /// Reads the next page of at most `limit` rows if the current one is used up.
    async fn fill(&mut self, store: &Store, limit: usize) -> Result<(), StoreError> {
        while self.has_more_to_read() {
            let start = self.next.take();
            let at = (self.key.as_str(), self.since.as_str());
            let page = store.index_page(self.index, at, limit, start).await?;
            self.rows.extend(page.items);
            (self.next, self.is_read) = (page.next, true);
        }
        Ok(())
    }

    /// The order of its first row among those of other shards: by the sort key, then by
    /// the item's own key.
    fn order(&self) -> Option<[&str; 3]> {
        let [pk, sk] = PRIMARY_KEY;
        let [_, sort] = self.index.keys;
        let row = self.rows.front()?;
        Some([sort, sk, pk].map(|name| text_of(row, name).unwrap_or_default()))
    }
}

impl ShardsWalk {
    /// A walk over shards of one index, which reads `limit` rows of a shard at a time.
    pub(crate) fn over(store: &Store, shards: Vec<IndexShard>, limit: usize) -> Self {
        ShardsWalk {
            store: store.clone(),
            shards,
            limit,
        }
    }

    /// The next rows, at most `count`; none at the end.
    pub(crate) async fn next(&mut self, count: usize) -> Result<Vec<Item>, StoreError> {
        let shards = std::mem::take(&mut self.shards);
        self.shards = self.store.fill_shards(shards, self.limit).await?;
        let mut rows = Vec::new();
        while rows.len() < count {
            let shards = self.shards.iter().enumerate();
            let firsts = shards.filter_map(|(place, shard)| Some((shard.order()?, place)));
            let first = firsts.min().map(|(_, place)| place);
            let Some(shard) = first.and_then(|place| self.shards.get_mut(place)) else {
                break;
            };
            rows.extend(shard.rows.pop_front());
            shard.fill(&self.store, self.limit).await?;
        }
        Ok(rows)
    }
}

impl Store {
    /// The same shards, each with its next page of at most `limit` rows if its page is
    /// used up.
    pub(crate) async fn fill_shards(
        &self,
        shards: Vec<IndexShard>,
        limit: usize,
    ) -> Result<Vec<IndexShard>, StoreError> {
        let (mut filled, mut hungry): (Vec<_>, Vec<_>) = shards
            .into_iter()
            .partition(|shard| !shard.has_more_to_read());
        let mut lanes = JoinSet::new();
        let of_lane = hungry.len().div_ceil(SHARDS_AT_ONCE);
        while !hungry.is_empty() {
            let mut lane = hungry.split_off(hungry.len().saturating_sub(of_lane));
            let store = self.clone();
            lanes.spawn(async move {
                for shard in &mut lane {
                    shard.fill(&store, limit).await?;
                }
                Ok::<_, StoreError>(lane)
            });
        }
        while let Some(lane) = lanes.join_next().await {
            let ended = |error: JoinError| StoreError::Unavailable(error.to_string());
            filled.extend(lane.map_err(ended)??);
        }
        Ok(filled)
    }

    /// A page of a partition of an index from a sort key on.
    pub(crate) async fn index_page(
        &self,
        index: Index,
        (key, since): (&str, &str),
        limit: usize,
        start: Option<Item>,
    ) -> Result<Page, StoreError> {
        let [partition, sort] = index.keys;
        let request = self
            .client
            .query()
            .table_name(self.tables.name(index.table))
            .index_name(index.name)
            .key_condition_expression(format!("{partition} = :key AND {sort} >= :since"))
            .expression_attribute_values(":key", AttributeValue::S(key.into()))
            .expression_attribute_values(":since", AttributeValue::S(since.into()))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .set_exclusive_start_key(start)
            .return_consumed_capacity(WITH_CAPACITY);
        self.send_query(request).await
    }
}
