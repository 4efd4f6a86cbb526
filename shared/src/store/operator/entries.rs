//! The entries of all ledgers, page by page, for reports over everybody. Nothing is
//! written.

use super::walk::LedgerRow;
use crate::domain::{Timestamp, UserId};
use crate::store::client::pages::{Segment, Wanted};
use crate::store::schema::item::key_of;
use crate::store::schema::items::Item;
use crate::store::schema::keys::Table;
use crate::store::{Store, StoreError};

/// How many items one page examines; a page ends at 1 MB in any case.
const PAGE: i32 = 1000;

/// A page of entries.
#[derive(Debug, Default)]
pub struct EntriesPage {
    /// The entries and their users. Those of one user follow each other, in the order
    /// of their keys, which is not that of time.
    pub rows: Vec<(UserId, LedgerRow)>,
    /// Items whose key names no user.
    pub unreadable: u64,
    /// Where the next page begins; none if this was the last.
    pub next: Option<Item>,
}

impl Store {
    /// A page of a segment of the credits table: the entries written at `since` or later.
    pub async fn entries_page(
        &self,
        segment: Segment,
        since: Timestamp,
        start: Option<Item>,
    ) -> Result<EntriesPage, StoreError> {
        let wanted = Wanted::EntriesSince(since);
        let page = self
            .scan_page(Table::Credits, segment, wanted, PAGE, start)
            .await?;
        let mut entries = EntriesPage {
            next: page.next,
            ..EntriesPage::default()
        };
        for item in page.items {
            match key_of(Table::Credits, &item).user() {
                Some(Ok(user_id)) => {
                    let row = LedgerRow::of(&user_id, item);
                    entries.rows.push((user_id, row));
                }
                Some(Err(_)) | None => {
                    entries.unreadable = entries.unreadable.saturating_add(1);
                }
            }
        }
        Ok(entries)
    }
}
