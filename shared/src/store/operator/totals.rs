//! What all accounts hold, page by page, for totals over everybody. Nothing is written.

use crate::domain::{CreditAccount, PastLot, UserId};
use crate::store::client::pages::{Segment, Wanted};
use crate::store::schema::item::key_of;
use crate::store::schema::items::{
    ACCOUNT, Item, ItemError, PAST_CREDIT, account_from_item, past_credit_from_item,
};
use crate::store::schema::keys::{Key, KeyKind, Table};
use crate::store::{Store, StoreError};

/// How many items one page examines; entries are left out of the answer.
const PAGE: i32 = 500;

/// An account, or a lot that has left one.
#[derive(Debug)]
pub enum HoldingRow {
    /// An account.
    Account(Box<CreditAccount>),
    /// A lot that has left the account of a user. If it was recalled since, the account
    /// has it too.
    Past(UserId, Box<PastLot>),
    /// An item of either kind that cannot be read.
    Damaged(ItemError),
}

/// A page of holdings.
#[derive(Debug, Default)]
pub struct HoldingsPage {
    /// The rows. Those of one user follow each other, the account first.
    pub rows: Vec<HoldingRow>,
    /// Where the next page begins; none if this was the last.
    pub next: Option<Item>,
}

impl Store {
    /// A page of a segment of the credits table: accounts and past credits.
    pub async fn holdings_page(
        &self,
        segment: Segment,
        start: Option<Item>,
    ) -> Result<HoldingsPage, StoreError> {
        let wanted = Wanted::Entities([ACCOUNT, PAST_CREDIT]);
        let page = self
            .scan_page(Table::Credits, segment, wanted, PAGE, start)
            .await?;
        let rows = page.items.into_iter();
        let rows = rows.filter_map(|item| {
            let key = key_of(Table::Credits, &item);
            match row_of(&key, item) {
                Ok(row) => row,
                Err(damage) => Some(HoldingRow::Damaged(damage)),
            }
        });
        Ok(HoldingsPage {
            rows: rows.collect(),
            next: page.next,
        })
    }
}

fn row_of(key: &Key, item: Item) -> Result<Option<HoldingRow>, ItemError> {
    let Some(Ok(user_id)) = key.user() else {
        return Err(ItemError::new(key, "its key names no user"));
    };
    Ok(match key.kind() {
        Some(KeyKind::Account) => {
            let account = account_from_item(&user_id, item)?;
            Some(HoldingRow::Account(Box::new(account)))
        }
        Some(KeyKind::PastCredit) => {
            past_credit_from_item(key, item)?.map(|past| HoldingRow::Past(user_id, Box::new(past)))
        }
        _ => None,
    })
}
