//! The audit of the billing table: records under their own keys, the users and entries
//! they name, and the counts of queues.

use super::Finding;
use super::attributes::{check_attributes, check_schema};
use crate::domain::billing::{EventRecord, Invoice, Payment, SubscriptionBook};
use crate::domain::{Checkout, EntryKey, Timestamp, UserId};
use crate::store::billing::parking::{HEAD, Head};
use crate::store::checkouts::{CHECKOUT, checkout_item};
use crate::store::client::pages::Partition;
use crate::store::schema::billing_items::BillingItem;
use crate::store::schema::item::key_of;
use crate::store::schema::items::{Item, read};
use crate::store::schema::keys::{self, Key, KeyKind, PARKED_PREFIX, Table};
use crate::store::{Consistency, Store, StoreError};

/// How many parked events one page reads.
const PAGE: i32 = 100;
/// How often a queue that changes during the count is counted again.
const LOOKS: usize = 5;

impl Store {
    /// Checks one item of the billing table and the items it names.
    pub(super) async fn audit_billing_item(
        &self,
        item: Item,
        now: Timestamp,
    ) -> Result<Vec<Finding>, StoreError> {
        let key = key_of(Table::Billing, &item);
        let mut findings: Vec<Finding> = check_schema(&key, &item).into_iter().collect();
        if let Some(more) = Self::audit_imported(&key, &item) {
            findings.extend(more);
            return Ok(findings);
        }
        let (_, id) = key.pk.split_once('#').unwrap_or((&key.pk, ""));
        let more = match key.kind() {
            Some(KeyKind::Event) => match parse::<EventRecord>(&key, &item) {
                Ok(_) => self.check_event(&key, id, (item, now)).await?,
                Err(finding) => vec![finding],
            },
            Some(KeyKind::Payment) => match parse::<Payment>(&key, &item) {
                Ok(payment) => {
                    let mut found = self.check_entry_of_payment(&key, &payment).await?;
                    if found.is_empty() {
                        found = self.check_payment(&key, id, &payment).await?;
                    }
                    found
                }
                Err(finding) => vec![finding],
            },
            Some(KeyKind::Invoice) => match parse::<Invoice>(&key, &item) {
                Ok(invoice) => {
                    let mut found = self.check_entry_of_invoice(&key, id, &invoice).await?;
                    if found.is_empty() {
                        found = self.check_invoice_money(&key, id, &invoice).await?;
                    }
                    found
                }
                Err(finding) => vec![finding],
            },
            Some(KeyKind::Book) => match parse::<SubscriptionBook>(&key, &item) {
                Ok(book) => self.check_book(&key, &book).await?,
                Err(finding) => vec![finding],
            },
            Some(KeyKind::Trial) => self.check_trial(&key, &item).await?,
            Some(KeyKind::Checkout) => check_checkout(&key, &item),
            Some(KeyKind::CustomerQueue) => self.check_queue(&key).await?,
            Some(KeyKind::Parked) => self.check_place(&key, item).await?,
            _ => vec![Finding::new(&key, "nothing writes an item of such a key")],
        };
        findings.extend(more);
        Ok(findings)
    }

    async fn check_entry_of_payment(
        &self,
        key: &Key,
        payment: &Payment,
    ) -> Result<Vec<Finding>, StoreError> {
        let Some(pack) = payment
            .pack
            .as_ref()
            .filter(|pack| pack.granted.is_positive())
        else {
            return Ok(Vec::new());
        };
        let cause = pack.lot.as_str();
        self.check_entry_of(key, &pack.user_id, cause).await
    }

    async fn check_entry_of_invoice(
        &self,
        key: &Key,
        id: &str,
        invoice: &Invoice,
    ) -> Result<Vec<Finding>, StoreError> {
        match &invoice.settled {
            Some(settled) if !settled.packs.is_empty() => {
                let cause = format!("invoice:{id}");
                self.check_entry_of(key, &settled.user_id, &cause).await
            }
            Some(_) | None => Ok(Vec::new()),
        }
    }

    /// A settled event has an entry in the ledger of the user it names.
    async fn check_entry_of(
        &self,
        key: &Key,
        user_id: &UserId,
        cause: &str,
    ) -> Result<Vec<Finding>, StoreError> {
        let problem = match format!("cause#{cause}").parse::<EntryKey>() {
            Ok(entry_key) => match self.load_entry(user_id, &entry_key).await {
                Ok(Some(_)) | Err(StoreError::Damaged(_)) => return Ok(Vec::new()),
                Ok(None) => {
                    let entry = keys::entry(user_id, &entry_key);
                    format!("it is settled, and {entry} is missing")
                }
                Err(error) => return Err(error),
            },
            Err(error) => format!("it names no entry of a ledger: {error}"),
        };
        Ok(vec![Finding::new(key, problem)])
    }

    /// A trial came with the invoice it names.
    async fn check_trial(&self, key: &Key, item: &Item) -> Result<Vec<Finding>, StoreError> {
        let user_id = item.get("user_id").and_then(|value| value.as_s().ok());
        let user_id = user_id.and_then(|text| text.parse::<UserId>().ok());
        let Some(user_id) = user_id else {
            return Ok(vec![Finding::new(key, "it names no user")]);
        };
        if !key.pk.ends_with(&format!("#{user_id}")) {
            let problem = format!("it names {user_id}, who is not of its key");
            return Ok(vec![Finding::new(key, problem)]);
        }
        let invoice = item.get("invoice").and_then(|value| value.as_s().ok());
        let invoice = invoice.map_or("", String::as_str);
        let cause = format!("invoice:{invoice}");
        let found = self.check_entry_of(key, &user_id, &cause).await?;
        if !found.is_empty() {
            return Ok(found);
        }
        self.check_trial_of(key, invoice, &user_id).await
    }

    /// A queue's counts match the events parked in it. A queue that changes during
    /// every count is left to the next audit.
    async fn check_queue(&self, key: &Key) -> Result<Vec<Finding>, StoreError> {
        for _ in 0..LOOKS {
            let counted = match self.queue_head(key).await? {
                Err(finding) => return Ok(vec![finding]),
                Ok(head) => head,
            };
            let waiting = self.count_queue(key).await?;
            if counted == Some(waiting) {
                return Ok(Vec::new());
            }
            if self.queue_head(key).await? == Ok(counted) {
                let counted = counted.unwrap_or_default();
                let problem = format!("it counts {counted} events that wait, and {waiting} do");
                return Ok(vec![Finding::new(key, problem)]);
            }
        }
        Ok(Vec::new())
    }

    /// How many events are parked in a queue.
    async fn count_queue(&self, key: &Key) -> Result<u64, StoreError> {
        let mut waiting: u64 = 0;
        let mut start = None;
        loop {
            let queue = Partition {
                table: Table::Billing,
                pk: &key.pk,
                prefix: PARKED_PREFIX,
                keys_only: false,
                seqs: None,
                limit: PAGE,
            };
            let page = self.partition_page(&queue, start).await?;
            let here = page.items.iter().filter(|item| item.contains_key("parked"));
            waiting += here.map(|_| 1).sum::<u64>();
            start = page.next;
            if start.is_none() {
                return Ok(waiting);
            }
        }
    }

    /// How many events a queue counts as parked.
    async fn queue_head(&self, key: &Key) -> Result<Result<Option<u64>, Finding>, StoreError> {
        let strong = Consistency::Strong;
        Ok(match self.get(key, strong).await? {
            None => Ok(None),
            Some(item) => match read::<Head>(key, HEAD, item) {
                Ok(head) => Ok(Some(head.waiting())),
                Err(damage) => Err(Finding::new(key, damage.problem())),
            },
        })
    }
}

/// A checkout lies in the slot of its order, ends by itself, and says in attributes what
/// it says in its contents.
fn check_checkout(key: &Key, item: &Item) -> Vec<Finding> {
    let checkout: Checkout = match read(key, CHECKOUT, item.clone()) {
        Ok(checkout) => checkout,
        Err(damage) => return vec![Finding::new(key, damage.problem())],
    };
    let own = keys::checkout(&checkout.user_id, &checkout.order.slot());
    if own != *key {
        let problem = format!("what it says belongs under {own}");
        return vec![Finding::new(key, problem)];
    }
    match checkout_item(key, &checkout) {
        Ok(written) => check_attributes(key, item, &written),
        Err(damage) => vec![Finding::new(key, damage.problem())],
    }
}

/// The value of an item; its owner must be the one that the item's index names.
pub(super) fn parse<T: BillingItem>(key: &Key, item: &Item) -> Result<T, Finding> {
    let value: T =
        read(key, T::ENTITY, item.clone()).map_err(|damage| Finding::new(key, damage.problem()))?;
    let indexed = item.get("user_id").and_then(|text| text.as_s().ok());
    let named = value.user_id().map(UserId::as_str);
    if indexed.map(String::as_str) != named {
        let problem = "its user_id is not whom it is about";
        return Err(Finding::new(key, problem));
    }
    Ok(value)
}
