//! The audit of payments and invoices against their neighbours: the packs they granted,
//! what was returned of each, and the books of an invoice's lines.
//!
//! What belongs together is written in one transaction. Each item is read with its
//! neighbours; whatever does not match is read again as of one moment before it is
//! reported.

use std::time::Duration;

use super::Finding;
use super::billing::parse;
use super::books::{self, Given, stands};
use crate::domain::billing::{
    Invoice, PackLot, Payment, SubscriptionBook, invoice_packs, payment_pack,
};
use crate::domain::{CreditAccount, Credits, StripeId, UserId};
use crate::host::clock::Deadline;
use crate::store::client::batch::Found;
use crate::store::schema::billing_items::BillingItem;
use crate::store::schema::items::account_from_item;
use crate::store::schema::keys::{self, Key};
use crate::store::{Consistency, Store, StoreError};

/// Operator tools wait longer than an API request.
const PATIENCE: Duration = Duration::from_secs(60);
/// The DynamoDB limit for items in one snapshot.
const MAX_IN_SNAPSHOT: usize = 100;

impl Store {
    /// A payment's pack is in its user's account, and its invoice knows what was
    /// returned of it.
    pub(super) async fn check_payment(
        &self,
        key: &Key,
        id: &str,
        payment: &Payment,
    ) -> Result<Vec<Finding>, StoreError> {
        let invoice = payment.invoice.as_ref().map(keys::invoice);
        let packs: Vec<&PackLot> = payment.pack.iter().filter(|pack| gives(pack)).collect();
        let wanted = [key.clone()].into_iter().chain(invoice);
        let wanted = wanted.chain(lot_keys(&packs)).collect();
        self.check_with(key, wanted, |found| payment_problems(key, id, found))
            .await
    }

    /// An invoice's packs are in its user's account, its payments exist, and the books of
    /// its lines know what was returned of it.
    pub(super) async fn check_invoice_money(
        &self,
        key: &Key,
        id: &str,
        invoice: &Invoice,
    ) -> Result<Vec<Finding>, StoreError> {
        let settled = invoice.settled.iter();
        let books = settled
            .clone()
            .flat_map(|settled| &settled.subscriptions)
            .map(|id| keys::book(id.as_str()));
        let packs: Vec<&PackLot> = settled
            .flat_map(|settled| settled.packs.values())
            .filter(|pack| gives(pack))
            .collect();
        let payments = invoice.payments.keys().map(keys::payment);
        let wanted = [key.clone()].into_iter().chain(books).chain(payments);
        let wanted = wanted.chain(lot_keys(&packs)).collect();
        self.check_with(key, wanted, |found| invoice_problems(key, id, found))
            .await
    }

    /// The invoices of a book's lines are there and know the book.
    pub(super) async fn check_invoices_of(
        &self,
        key: &Key,
        book: &SubscriptionBook,
    ) -> Result<Vec<Finding>, StoreError> {
        let lines = book.lines.iter().filter(|line| !line.is_imported());
        let mut ids: Vec<&StripeId> = lines.map(|line| &line.invoice).collect();
        ids.sort();
        ids.dedup();
        let keys: Vec<Key> = ids.iter().map(|id| keys::invoice(id)).collect();
        let mut findings = Vec::new();
        // A book and its invoice are written in one transaction, and no line leaves a
        // book, so an invoice read after its book is there.
        let mut found = self.get_many(&keys, Deadline::after(PATIENCE)).await?;
        for invoice_key in &keys {
            let problem = match read_of::<Invoice>(&mut found, invoice_key) {
                Neighbour::Absent => format!("its lines are of {invoice_key}, which is missing"),
                Neighbour::Here(invoice) if !names_book(&invoice, key) => {
                    format!("its lines are of {invoice_key}, which does not name it")
                }
                Neighbour::Here(_) | Neighbour::Unknown => continue,
            };
            findings.push(Finding::new(key, problem));
        }
        Ok(findings)
    }

    /// Reads an item with its neighbours and reports what does not match, also as of one
    /// moment.
    async fn check_with(
        &self,
        key: &Key,
        mut wanted: Vec<Key>,
        problems: impl Fn(&mut Neighbours) -> Vec<String>,
    ) -> Result<Vec<Finding>, StoreError> {
        let deadline = || Deadline::after(PATIENCE);
        let found = self.get_many(&wanted, deadline()).await?;
        let mut first = Neighbours { found, wanted };
        if problems(&mut first).is_empty() {
            return Ok(Vec::new());
        }
        wanted = first.wanted;
        // What does not fit into one moment is not compared.
        wanted.truncate(MAX_IN_SNAPSHOT);
        let found = self.get_snapshot(&wanted, deadline()).await?;
        let problems = problems(&mut Neighbours { found, wanted }).into_iter();
        Ok(problems.map(|problem| Finding::new(key, problem)).collect())
    }

    /// A trial came with an invoice of the same user.
    pub(super) async fn check_trial_of(
        &self,
        key: &Key,
        invoice: &str,
        user_id: &UserId,
    ) -> Result<Vec<Finding>, StoreError> {
        let Ok(id) = invoice.parse::<StripeId>() else {
            return Ok(Vec::new());
        };
        let invoice_key = keys::invoice(&id);
        let item = self.get(&invoice_key, Consistency::Strong).await?;
        let invoice = item.map(|item| parse::<Invoice>(&invoice_key, &item));
        let problem = match invoice {
            None => format!("it came with {invoice_key}, which is missing"),
            // Reported where the item itself is checked.
            Some(Err(_)) => return Ok(Vec::new()),
            Some(Ok(invoice)) => match invoice.settled {
                Some(settled) if settled.user_id == *user_id => return Ok(Vec::new()),
                Some(settled) => format!("it came with {invoice_key}, of {}", settled.user_id),
                None => format!("it came with {invoice_key}, which is not settled"),
            },
        };
        Ok(vec![Finding::new(key, problem)])
    }
}

/// An item and its neighbours as read. The item may have changed since it was first
/// seen, and then has neighbours that were not asked for.
struct Neighbours {
    found: Found,
    wanted: Vec<Key>,
}

impl Neighbours {
    fn read<T: BillingItem>(&mut self, key: &Key) -> Neighbour<T> {
        if self.wanted.contains(key) {
            read_of(&mut self.found, key)
        } else {
            Neighbour::Unknown
        }
    }
}

/// A neighbour of an item.
enum Neighbour<T> {
    Here(T),
    Absent,
    /// It cannot be read, which is reported where it is checked itself; or it was not
    /// asked for.
    Unknown,
}

fn read_of<T: BillingItem>(found: &mut Found, key: &Key) -> Neighbour<T> {
    match found.take(key).map(|item| parse::<T>(key, &item)) {
        Some(Ok(value)) => Neighbour::Here(value),
        Some(Err(_)) => Neighbour::Unknown,
        None => Neighbour::Absent,
    }
}

fn gives(pack: &PackLot) -> bool {
    pack.granted.is_positive()
}

/// The keys of the accounts and past credits in which packs may be.
fn lot_keys(packs: &[&PackLot]) -> Vec<Key> {
    let mut keys: Vec<Key> = Vec::new();
    for pack in packs {
        let own = [
            keys::account(&pack.user_id),
            keys::past_credit(&pack.user_id, &pack.terms()),
        ];
        for key in own {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
    }
    keys
}

fn names_book(invoice: &Invoice, book: &Key) -> bool {
    let settled = invoice.settled.iter();
    let mut books = settled.flat_map(|settled| &settled.subscriptions);
    books.any(|id| keys::book(id.as_str()) == *book)
}

fn payment_problems(key: &Key, id: &str, found: &mut Neighbours) -> Vec<String> {
    let Neighbour::Here(payment) = found.read::<Payment>(key) else {
        return Vec::new();
    };
    let mut problems = Vec::new();
    let mut known = None;
    if let Some(invoice_key) = payment.invoice.as_ref().map(keys::invoice) {
        match found.read::<Invoice>(&invoice_key) {
            Neighbour::Unknown => return problems,
            Neighbour::Absent => {
                problems.push(format!("it paid {invoice_key}, which is missing"));
            }
            Neighbour::Here(invoice) => {
                let mut copies = invoice.payments.iter();
                let copy = copies.find(|(known, _)| known.as_str() == id);
                if copy.is_none_or(|(_, copy)| *copy != payment.returned()) {
                    problems.push(format!(
                        "what was returned of it is not what {invoice_key} has of it"
                    ));
                }
                known = Some(invoice);
            }
        }
    }
    let pack = payment_pack(&payment, known.as_ref());
    problems.extend(pack_problems(pack.into_iter().collect(), found));
    problems
}

fn invoice_problems(key: &Key, id: &str, found: &mut Neighbours) -> Vec<String> {
    let Neighbour::Here(invoice) = found.read::<Invoice>(key) else {
        return Vec::new();
    };
    let mut problems = Vec::new();
    for payment_key in invoice.payments.keys().map(keys::payment) {
        match found.read::<Payment>(&payment_key) {
            Neighbour::Absent => {
                problems.push(format!("{payment_key} paid it, and is missing"));
            }
            Neighbour::Here(payment) => {
                let invoice = payment.invoice.as_ref().map(StripeId::as_str);
                if invoice != Some(id) {
                    problems.push(format!("{payment_key} paid it, and names another invoice"));
                }
            }
            Neighbour::Unknown => {}
        }
    }
    let Some(settled) = &invoice.settled else {
        return problems;
    };
    let (returned, user_id) = (invoice.returned(), &settled.user_id);
    for subscription in &settled.subscriptions {
        let book_key = keys::book(subscription.as_str());
        let book = match found.read::<SubscriptionBook>(&book_key) {
            Neighbour::Here(book) => book,
            // An invoice whose lines changed no book names one that was never written.
            Neighbour::Absent | Neighbour::Unknown => continue,
        };
        if book.user_id != *user_id {
            let other = &book.user_id;
            problems.push(format!("it is of {user_id}, and {book_key} of {other}"));
        }
        let mut known = book.returned.iter();
        let known = known.find(|(known, _)| known.as_str() == id);
        let is_known = match known {
            Some((_, known)) => *known == returned,
            None => returned.is_nothing(),
        };
        if !is_known {
            problems.push(format!(
                "what was returned of it is not what {book_key} has of it"
            ));
        }
    }
    problems.extend(pack_problems(invoice_packs(&invoice), found));
    problems
}

/// Packs that are not in their accounts as they were granted and clawed back.
fn pack_problems(packs: Vec<(PackLot, Credits)>, found: &mut Neighbours) -> Vec<String> {
    let mut problems = Vec::new();
    let mut account: Option<CreditAccount> = None;
    for (pack, target) in packs.into_iter().filter(|(pack, _)| gives(pack)) {
        let user_id = &pack.user_id;
        let keys = lot_keys(&[&pack]);
        if keys.iter().any(|key| !found.wanted.contains(key)) {
            continue;
        }
        if account.as_ref().is_none_or(|it| it.user_id != *user_id) {
            let item = found.found.take(&keys::account(user_id));
            let read = item.map(|item| account_from_item(user_id, item));
            account = match read {
                Some(Ok(account)) => Some(account),
                // Reported where the account itself is checked.
                Some(Err(_)) => return problems,
                None => Some(CreditAccount::unopened(user_id.clone())),
            };
        }
        let given = Given {
            of: pack.lot.clone(),
            terms: pack.terms(),
            granted: pack.granted,
            target,
            may_be_to_come: false,
        };
        if let Some(account) = &account {
            problems.extend(books::problem(
                &given,
                &stands(account, &mut found.found, &given),
            ));
        }
    }
    problems
}
