//! Finding people: by what they claim, page by page, and with their open events. Nothing
//! is written.

use std::time::Duration;

use crate::domain::billing::{Claim, EventRecord};
use crate::domain::{CreditAccount, StripeId, Subscription, User, UserId};
use crate::host::clock::Deadline;
use crate::store::billing::facts::event_record;
use crate::store::client::pages::{Segment, Wanted};
use crate::store::schema::item::key_of;
use crate::store::schema::items::{Item, ItemError, account_from_item, read};
use crate::store::schema::keys::{self, KeyKind, Table};
use crate::store::schema::records::{CLAIM, Record};
use crate::store::{Consistency, Store, StoreError};

/// How many items one page reads, and how many keys one batch.
const PAGE: i32 = 100;
const BATCH: usize = 100;
/// The deadline of one batch.
const DEADLINE: Duration = Duration::from_secs(60);

/// A value that has one owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claimed<'a> {
    /// An e-mail address.
    Email(&'a str),
    /// A customer at Stripe.
    Customer(&'a str),
    /// A subscription at Stripe.
    Subscription(&'a str),
}

/// What a page of the users table says of people.
#[derive(Debug)]
pub enum PersonRow {
    /// A profile.
    Profile(User),
    /// A subscription, also an ended one.
    Subscription(Subscription),
    /// An item of either kind that cannot be read.
    Damaged(ItemError),
}

/// Something of Stripe's that a user has here.
#[derive(Debug)]
pub enum AtStripe {
    /// A customer that was not deleted.
    Customer {
        /// Its id.
        id: StripeId,
        /// Its owner.
        user_id: UserId,
    },
    /// A subscription, also an ended one and the free one.
    Subscription(Subscription),
}

/// A page of people.
#[derive(Debug, Default)]
pub struct PeoplePage {
    /// The profiles and subscriptions of the page; those of one user follow each other.
    pub rows: Vec<PersonRow>,
    /// Where the next page begins; none if this was the last.
    pub next: Option<Item>,
}

/// An event about a user that is not settled.
#[derive(Debug)]
pub struct OpenEvent {
    /// Its id.
    pub id: StripeId,
    /// Its record.
    pub record: EventRecord,
}

impl Store {
    /// The claim of a value, if anybody has it.
    pub async fn load_claimed(&self, value: Claimed<'_>) -> Result<Option<Claim>, StoreError> {
        let key = match value {
            Claimed::Email(email) => keys::email_claim(email),
            Claimed::Customer(id) => keys::stripe_customer_claim(id),
            Claimed::Subscription(id) => keys::stripe_subscription_claim(id),
        };
        match self.get(&key, Consistency::Strong).await? {
            Some(item) => Ok(Some(read(&key, CLAIM, item)?)),
            None => Ok(None),
        }
    }

    /// A page of a segment of the users table: its profiles and subscriptions.
    pub async fn people_page(
        &self,
        segment: Segment,
        start: Option<Item>,
    ) -> Result<PeoplePage, StoreError> {
        let wanted = Wanted::Entities([User::ENTITY, Subscription::ENTITY]);
        let page = self
            .scan_page(Table::Users, segment, wanted, PAGE, start)
            .await?;
        let rows = page.items.into_iter().filter_map(|item| {
            let key = key_of(Table::Users, &item);
            let row = match key.kind() {
                Some(KeyKind::Profile) => read(&key, User::ENTITY, item).map(PersonRow::Profile),
                Some(KeyKind::Subscription) => {
                    read(&key, Subscription::ENTITY, item).map(PersonRow::Subscription)
                }
                _ => return None,
            };
            Some(row.unwrap_or_else(PersonRow::Damaged))
        });
        Ok(PeoplePage {
            rows: rows.collect(),
            next: page.next,
        })
    }

    /// A page of the users table: claimed customers and subscriptions. What cannot be
    /// read is left to `verify`.
    pub async fn at_stripe_page(
        &self,
        start: Option<Item>,
    ) -> Result<(Vec<AtStripe>, Option<Item>), StoreError> {
        let whole = Segment { number: 0, of: 1 };
        let wanted = Wanted::Entities([CLAIM, Subscription::ENTITY]);
        let page = self
            .scan_page(Table::Users, whole, wanted, PAGE, start)
            .await?;
        let rows = page.items.into_iter().filter_map(|item| {
            let key = key_of(Table::Users, &item);
            match key.kind() {
                Some(KeyKind::CustomerClaim) => {
                    let id = key.pk.split_once('#')?.1.parse().ok()?;
                    let claim: Claim = read(&key, CLAIM, item).ok()?;
                    claim.deleted_at.is_none().then_some(AtStripe::Customer {
                        id,
                        user_id: claim.user_id,
                    })
                }
                Some(KeyKind::Subscription) => read(&key, Subscription::ENTITY, item)
                    .ok()
                    .map(AtStripe::Subscription),
                _ => None,
            }
        });
        Ok((rows.collect(), page.next))
    }

    /// The accounts of users, in their order, read strongly.
    pub async fn load_accounts(
        &self,
        users: &[&UserId],
    ) -> Result<Vec<Result<CreditAccount, ItemError>>, StoreError> {
        let mut accounts = Vec::with_capacity(users.len());
        for some in users.chunks(BATCH) {
            let keys: Vec<_> = some.iter().map(|user_id| keys::account(user_id)).collect();
            let mut found = self.get_many(&keys, Deadline::after(DEADLINE)).await?;
            for (user_id, key) in some.iter().zip(&keys) {
                accounts.push(match found.take(key) {
                    Some(item) => account_from_item(user_id, item),
                    None => Ok(CreditAccount::unopened((*user_id).clone())),
                });
            }
        }
        Ok(accounts)
    }

    /// The events about a user that are not settled, oldest id first; at most `limit`.
    /// The index that names them is eventually consistent.
    pub async fn open_events_of(
        &self,
        user_id: &UserId,
        limit: usize,
    ) -> Result<Vec<OpenEvent>, StoreError> {
        let mut events = Vec::new();
        let mut start = None;
        loop {
            let page = self.billing_page(user_id, PAGE, start).await?;
            for item in page.items {
                let key = key_of(Table::Billing, &item);
                if key.kind() != Some(KeyKind::Event) || events.len() >= limit {
                    continue;
                }
                let record = event_record(&key, item)?;
                let id = key.pk.split_once('#').map(|(_, id)| id.parse());
                if record.is_open()
                    && let Some(Ok(id)) = id
                {
                    events.push(OpenEvent { id, record });
                }
            }
            start = page.next;
            if start.is_none() || events.len() >= limit {
                return Ok(events);
            }
        }
    }

    /// Whether any table has an item of a user: a profile, a subscription, credits or a
    /// payment.
    pub async fn is_known_user(&self, user_id: &UserId) -> Result<bool, StoreError> {
        if self.load_person(user_id).await?.is_known() {
            return Ok(true);
        }
        let strong = Consistency::Strong;
        let account = self.get(&keys::account(user_id), strong).await?;
        Ok(account.is_some() || self.has_billing(user_id).await?)
    }
}
