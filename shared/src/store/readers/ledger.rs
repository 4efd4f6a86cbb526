//! Reading the ledger by time, from the index that carries what history and usage
//! render. The index is eventually consistent; no decision reads it.

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_dynamo::aws_sdk_dynamodb_1::from_item;

use crate::domain::rating::{RateCardId, RatedPart};
use crate::domain::{Credits, EntryKey, EntryKind, Operation, Redacted, Timestamp, UserId};
use crate::host::clock::Deadline;
use crate::store::client::attempts::Attempts;
use crate::store::client::work::{Kind, WITH_CAPACITY};
use crate::store::schema::item::key_of;
use crate::store::schema::items::{Derived, Item, ItemError, PackedParts, rating_of};
use crate::store::schema::keys::{self, ENTRIES_BY_TIME, ENTRY_PREFIX, Key, Table};
use crate::store::{Store, StoreError};

/// The limit of pages that one request reads.
const MAX_PAGES: usize = 10;
/// How many entries one page of a filtered history examines.
const FILTERED_PAGE: i32 = 200;

/// An entry as the index carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerLine {
    /// The key of the entry.
    pub key: EntryKey,
    /// The attributes that the index carries.
    pub entry: IndexedEntry,
    /// How its amount comes about; empty if no card says it.
    pub parts: Vec<RatedPart>,
}

/// The attributes of an entry that the index carries.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[expect(missing_docs, reason = "the fields are those of Entry and its parts")]
pub struct IndexedEntry {
    pub seq: u64,
    pub kind: EntryKind,
    #[serde(default, rename = "amount_milli")]
    pub amount: Credits,
    #[serde(default, rename = "free_delta_milli")]
    pub free_delta: Credits,
    #[serde(default, rename = "pro_delta_milli")]
    pub pro_delta: Credits,
    #[serde(default, rename = "used_milli")]
    pub used: Credits,
    pub total_available: i64,
    #[serde(default)]
    pub model_id: Option<String>,
    #[serde(default)]
    pub operation: Option<Operation>,
    #[serde(default)]
    pub input_tokens: Option<u32>,
    #[serde(default)]
    pub output_tokens: Option<u32>,
    #[serde(default, rename = "card")]
    pub rate_card: Option<RateCardId>,
    /// As stored; [`LedgerLine::parts`] has what they say.
    #[serde(default)]
    parts: PackedParts,
    #[serde(default)]
    pub label: Option<Redacted<String>>,
    #[serde(default, rename = "sess")]
    pub session: Option<Redacted<String>>,
    pub at: Timestamp,
}

/// A page of a user's history, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryPage {
    /// The entries.
    pub lines: Vec<LedgerLine>,
    /// Where the next page begins, if there may be one.
    pub next: Option<Cursor>,
}

/// A position in a user's history: right after one entry. New entries sort before it,
/// so it stays valid while the ledger grows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    at_seq: String,
    sk: String,
}

impl Cursor {
    /// The cursor as opaque text for a URL.
    pub fn to_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(format!("{}\n{}", self.at_seq, self.sk))
    }

    /// Parses that text; none if it is not a cursor of ours.
    pub fn from_text(text: &str) -> Option<Self> {
        let decoded = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let (at_seq, sk) = decoded.split_once('\n')?;
        let (at, seq) = at_seq.split_once('#')?;
        let (at, seq): (Timestamp, u64) = (at.parse().ok()?, seq.parse().ok()?);
        let _: EntryKey = sk.strip_prefix(ENTRY_PREFIX)?.parse().ok()?;
        (keys::at_seq(at, seq) == at_seq).then(|| Cursor {
            at_seq: at_seq.to_string(),
            sk: sk.to_string(),
        })
    }

    fn of(key: &Key, at_seq: &str) -> Self {
        Cursor {
            at_seq: at_seq.to_string(),
            sk: key.sk.clone(),
        }
    }

    fn start_key(&self, user_id: &UserId) -> Item {
        let text = |value: &str| AttributeValue::S(value.to_string());
        Item::from([
            ("pk".into(), text(&keys::account(user_id).pk)),
            ("sk".into(), text(&self.sk)),
            ("user_id".into(), text(user_id.as_str())),
            ("at_seq".into(), text(&self.at_seq)),
        ])
    }
}

/// Why a range of time cannot be summed up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UsageError {
    /// The range holds more entries than one request sums up.
    #[error("the range has more entries than one request can sum up")]
    TooLarge,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// Up to `limit` entries of a user, newest first, after `cursor`, optionally of one
    /// kind.
    pub async fn load_history(
        &self,
        user_id: &UserId,
        limit: usize,
        cursor: Option<Cursor>,
        kind: Option<EntryKind>,
    ) -> Result<HistoryPage, StoreError> {
        let mut page = HistoryPage::default();
        let mut start = cursor.map(|cursor| cursor.start_key(user_id));
        for _ in 0..MAX_PAGES {
            // One entry more than requested shows whether anything follows.
            let wanted = i32::try_from(limit + 1).unwrap_or(i32::MAX);
            let size = if kind.is_some() {
                FILTERED_PAGE
            } else {
                wanted
            };
            let (items, next) = self
                .query_ledger(user_id, None, kind, start, Some(size), false)
                .await?;
            let mut last = None;
            for item in items {
                if page.lines.len() == limit {
                    page.next = last.or(page.next);
                    return Ok(page);
                }
                let (line, cursor) = line_of(item)?;
                page.lines.push(line);
                page.next = None;
                last = Some(cursor);
            }
            page.next = last.or(page.next);
            match next {
                None => {
                    page.next = None;
                    return Ok(page);
                }
                Some(next) => {
                    page.next = Some(cursor_of(&next)?);
                    start = Some(next);
                }
            }
        }
        Ok(page)
    }

    /// All entries of a user from `from` to `to`, in seconds, both inclusive.
    pub async fn load_range(
        &self,
        user_id: &UserId,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<LedgerLine>, UsageError> {
        let mut lines = Vec::new();
        let mut start = None;
        for _ in 0..MAX_PAGES {
            let (items, next) = self
                .query_ledger(user_id, Some((from, to)), None, start, None, true)
                .await?;
            for item in items {
                lines.push(line_of(item)?.0);
            }
            match next {
                None => return Ok(lines),
                Some(next) => start = Some(next),
            }
        }
        Err(UsageError::TooLarge)
    }

    async fn query_ledger(
        &self,
        user_id: &UserId,
        range: Option<(Timestamp, Timestamp)>,
        kind: Option<EntryKind>,
        start: Option<Item>,
        size: Option<i32>,
        forward: bool,
    ) -> Result<(Vec<Item>, Option<Item>), StoreError> {
        let text = |value: String| AttributeValue::S(value);
        let mut request = self
            .client
            .query()
            .table_name(self.tables.name(Table::Credits))
            .index_name(ENTRIES_BY_TIME.name)
            .scan_index_forward(forward)
            .set_limit(size)
            .set_exclusive_start_key(start)
            .return_consumed_capacity(WITH_CAPACITY)
            .expression_attribute_values(":user", text(user_id.to_string()));
        request = match range {
            None => request.key_condition_expression("user_id = :user"),
            // "~" sorts after every sequence number.
            Some((from, to)) => request
                .key_condition_expression("user_id = :user AND at_seq BETWEEN :from AND :to")
                .expression_attribute_values(":from", text(from.to_string()))
                .expression_attribute_values(":to", text(format!("{to}#~"))),
        };
        if let Some(kind) = kind {
            request = request
                .filter_expression("#kind = :kind")
                .expression_attribute_names("#kind", "kind")
                .expression_attribute_values(":kind", text(kind.as_str().to_string()));
        }
        let mut attempts =
            Attempts::until(Deadline::after(crate::store::client::read::READ_DEADLINE));
        let page = attempts
            .until_answered(self, || request.clone().send())
            .await?;
        self.work.consumed(Kind::Read, page.consumed_capacity());
        Ok((page.items.unwrap_or_default(), page.last_evaluated_key))
    }
}

fn line_of(item: Item) -> Result<(LedgerLine, Cursor), ItemError> {
    let key = key_of(Table::Credits, &item);
    let cursor = cursor_of(&item)?;
    let entry_key = key
        .sk
        .strip_prefix(ENTRY_PREFIX)
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| ItemError::new(&key, "its key is not an entry's"))?;
    let entry: IndexedEntry = from_item(item).map_err(|error| ItemError::quoting(&key, error))?;
    let rating = rating_of(&key, entry.rate_card.clone(), &entry.parts)?;
    let derived = Derived::of(rating.as_ref());
    let line = LedgerLine {
        key: entry_key,
        entry: IndexedEntry {
            model_id: entry.model_id.or(derived.model_id),
            input_tokens: entry.input_tokens.or(derived.input_tokens),
            output_tokens: entry.output_tokens.or(derived.output_tokens),
            ..entry
        },
        parts: rating.map(|rating| rating.breakdown).unwrap_or_default(),
    };
    Ok((line, cursor))
}

fn cursor_of(item: &Item) -> Result<Cursor, ItemError> {
    let key = key_of(Table::Credits, item);
    let at_seq = item.get("at_seq").and_then(|value| value.as_s().ok());
    match at_seq {
        Some(at_seq) => Ok(Cursor::of(&key, at_seq)),
        None => Err(ItemError::new(&key, "it has no at_seq")),
    }
}

impl From<ItemError> for UsageError {
    fn from(error: ItemError) -> Self {
        UsageError::Store(error.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_and_anything_else_refused() {
        let cursor = Cursor {
            at_seq: "2025-11-06T14:30:00Z#000000000007".into(),
            sk: "ENTRY#api#inference-service#k1".into(),
        };
        assert_eq!(Cursor::from_text(&cursor.to_text()), Some(cursor));
        let forged = |text: &str| URL_SAFE_NO_PAD.encode(text);
        for bad in [
            String::new(),
            "!".into(),
            forged("x"),
            forged("2025-11-06T14:30:00Z#7\nENTRY#api#c#k"),
            forged("2025-11-06T14:30:00Z#000000000007\nACCOUNT"),
            forged("2025-11-06T14:30:00Z#000000000007\nENTRY#other#k"),
        ] {
            assert_eq!(Cursor::from_text(&bad), None, "{bad}");
        }
    }
}
