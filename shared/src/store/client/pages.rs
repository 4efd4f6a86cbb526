//! Reading page by page, for operator tools that must see everything but can hold only
//! a part of it. No API request reads this way.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::domain::Timestamp;
use crate::host::clock::Deadline;
use crate::store::client::attempts::Attempts;
use crate::store::client::work::{Kind, WITH_CAPACITY};
use crate::store::schema::item::{Item, key_of};
use crate::store::schema::items::ItemError;
use crate::store::schema::keys::{ACCOUNT_SORT_KEY, Key, RATE_PREFIX, Table};
use crate::store::{Store, StoreError};

/// Operator tools wait longer than an API request.
const PATIENCE: Duration = Duration::from_secs(60);

/// A person has a handful of items; a page holds thousands of them.
const MAX_PAGES: usize = 4;

/// Items of one page, and where the next begins.
#[derive(Debug, Default)]
pub struct Page {
    /// The items.
    pub items: Vec<Item>,
    /// Where the next page begins; none if this was the last.
    pub next: Option<Item>,
}

/// One of several parts of a table that are scanned in parallel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The number of this segment, from 0.
    pub number: i32,
    /// The number of segments.
    pub of: i32,
}

/// What to read of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Keys only.
    Keys,
    /// Whole items.
    Items,
    /// Whole items of an older schema, without rate counters, which have no schema.
    OldItems,
    /// Whole items with this attribute, the mark of a migration.
    Marked(&'static str),
    /// Whole items that have one of these two attributes and not the other.
    OneWithoutOther([&'static str; 2]),
    /// Whole items of these two entities.
    Entities([&'static str; 2]),
    /// Keys of accounts that were written at this moment or later, and when.
    AccountsSince(Timestamp),
    /// Whole entries that were written at this moment or later.
    EntriesSince(Timestamp),
}

/// A partition, or the part whose sort keys share a prefix, read strongly.
#[derive(Clone, Debug)]
pub(crate) struct Partition<'a> {
    pub(crate) table: Table,
    pub(crate) pk: &'a str,
    pub(crate) prefix: &'a str,
    pub(crate) keys_only: bool,
    /// Only entries with these sequence numbers, both inclusive.
    pub(crate) seqs: Option<(u64, u64)>,
    pub(crate) limit: i32,
}

impl Store {
    /// All items of a partition whose sort key starts with `prefix`, read strongly.
    pub(crate) async fn query_partition(
        &self,
        table: Table,
        pk: &str,
        prefix: &str,
    ) -> Result<Vec<Item>, StoreError> {
        let mut items = Vec::new();
        let mut start = None;
        let mut attempts =
            Attempts::until(Deadline::after(crate::store::client::read::READ_DEADLINE));
        for _ in 0..MAX_PAGES {
            let request = self.partition_query(table, pk, prefix, start);
            let page = attempts
                .until_answered(self, || request.clone().send())
                .await?;
            self.work.consumed(Kind::Read, page.consumed_capacity());
            items.extend(page.items.unwrap_or_default());
            start = page.last_evaluated_key;
            if start.is_none() {
                return Ok(items);
            }
        }
        let key = Key {
            table,
            pk: pk.to_string(),
            sk: format!("{prefix}*"),
        };
        Err(ItemError::new(&key, "there are more items than expected").into())
    }

    /// Reads a page of a table segment, strongly.
    pub async fn scan_page(
        &self,
        table: Table,
        segment: Segment,
        wanted: Wanted,
        limit: i32,
        start: Option<Item>,
    ) -> Result<Page, StoreError> {
        let mut request = self
            .client
            .scan()
            .table_name(self.tables.name(table))
            .consistent_read(true)
            .limit(limit)
            .set_exclusive_start_key(start)
            .return_consumed_capacity(WITH_CAPACITY);
        // An unsegmented table is scanned in its own order.
        if segment.of > 1 {
            request = request.segment(segment.number);
            request = request.total_segments(segment.of);
        }
        request = match wanted {
            Wanted::Keys => request.projection_expression("pk, sk"),
            Wanted::Items => request,
            Wanted::OldItems => request
                .filter_expression(
                    "(attribute_not_exists(schema_version) OR schema_version < :one) \
                     AND NOT begins_with(pk, :rate)",
                )
                .expression_attribute_values(":one", AttributeValue::N("1".into()))
                .expression_attribute_values(":rate", AttributeValue::S(RATE_PREFIX.into())),
            Wanted::Marked(mark) => request
                .filter_expression("attribute_exists(#mark)")
                .expression_attribute_names("#mark", mark),
            Wanted::OneWithoutOther([one, other]) => request
                .filter_expression(
                    "(attribute_exists(#one) AND attribute_not_exists(#other)) \
                     OR (attribute_exists(#other) AND attribute_not_exists(#one))",
                )
                .expression_attribute_names("#one", one)
                .expression_attribute_names("#other", other),
            Wanted::Entities([one, other]) => request
                .filter_expression("entity IN (:one, :other)")
                .expression_attribute_values(":one", AttributeValue::S(one.into()))
                .expression_attribute_values(":other", AttributeValue::S(other.into())),
            Wanted::AccountsSince(moment) => request
                .filter_expression("sk = :account AND as_of >= :moment")
                .projection_expression("pk, sk, as_of")
                .expression_attribute_values(":account", AttributeValue::S(ACCOUNT_SORT_KEY.into()))
                .expression_attribute_values(":moment", AttributeValue::S(moment.to_string())),
            // Only entries have this attribute; it begins with their moment.
            Wanted::EntriesSince(moment) => request
                .filter_expression("at_seq >= :moment")
                .expression_attribute_values(":moment", AttributeValue::S(moment.to_string())),
        };
        let mut attempts = Attempts::until(Deadline::after(PATIENCE));
        let page = attempts
            .until_answered(self, || request.clone().send())
            .await?;
        self.work.consumed(Kind::Read, page.consumed_capacity());
        Ok(Page {
            items: page.items.unwrap_or_default(),
            next: page.last_evaluated_key,
        })
    }

    /// Reads a page of a partition, in the order of its sort keys.
    pub(crate) async fn partition_page(
        &self,
        partition: &Partition<'_>,
        start: Option<Item>,
    ) -> Result<Page, StoreError> {
        let mut request = self
            .partition_query(partition.table, partition.pk, partition.prefix, start)
            .limit(partition.limit);
        if partition.keys_only {
            request = request.projection_expression("pk, sk");
        }
        if let Some((from, to)) = partition.seqs {
            request = request
                .filter_expression("seq BETWEEN :from AND :to")
                .expression_attribute_values(":from", AttributeValue::N(from.to_string()))
                .expression_attribute_values(":to", AttributeValue::N(to.to_string()));
        }
        self.send_query(request).await
    }

    /// A strong query of the items of a partition whose sort key starts with `prefix`,
    /// after `start`. A later page names where it begins in its condition too: an engine
    /// that is told the prefix alone walks through all items before the page to find it.
    fn partition_query(
        &self,
        table: Table,
        pk: &str,
        prefix: &str,
        start: Option<Item>,
    ) -> QueryBuilder {
        let text = |value: &str| AttributeValue::S(value.to_string());
        let request = self
            .client
            .query()
            .table_name(self.tables.name(table))
            .consistent_read(true)
            .expression_attribute_values(":pk", text(pk))
            .return_consumed_capacity(WITH_CAPACITY);
        let after = start.as_ref().map(|item| key_of(table, item).sk);
        let request = match after {
            _ if prefix.is_empty() => request.key_condition_expression("pk = :pk"),
            None => request
                .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
                .expression_attribute_values(":prefix", text(prefix)),
            Some(after) => request
                .key_condition_expression("pk = :pk AND sk BETWEEN :after AND :end")
                .expression_attribute_values(":after", text(&after))
                .expression_attribute_values(":end", text(&format!("{prefix}{}", char::MAX))),
        };
        request.set_exclusive_start_key(start)
    }

    pub(in crate::store) async fn send_query(
        &self,
        request: QueryBuilder,
    ) -> Result<Page, StoreError> {
        let mut attempts = Attempts::until(Deadline::after(PATIENCE));
        let page = attempts
            .until_answered(self, || request.clone().send())
            .await?;
        self.work.consumed(Kind::Read, page.consumed_capacity());
        Ok(Page {
            items: page.items.unwrap_or_default(),
            next: page.last_evaluated_key,
        })
    }
}

pub(crate) type QueryBuilder = aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
