//! The audit of subscriptions' books: every grant and clawback in a book must match the
//! account or the past credits.
//!
//! Compared are the granted amount of a lot, which never changes, and its clawback. The
//! clawback is exact as long as nothing of the lot has lapsed: it equals the book's
//! target. What lapsed before the clawback counts towards it, what lapses afterwards
//! does not, so then only bounds are checked. Months of a schedule are checked once
//! they have begun; later months are covered by the audit of the account's ledger
//! alone. Use and holds play no part.

use std::time::Duration;

use super::Finding;
use super::billing::parse;
use crate::domain::billing::{LotTarget, SubscriptionBook};
use crate::domain::{CreditAccount, Credits, Lot, LotId, LotTerms, UserId};
use crate::host::clock::Deadline;
use crate::store::client::batch::Found;
use crate::store::schema::items::{account_from_item, past_credit_from_item};
use crate::store::schema::keys::{self, Key};
use crate::store::{Consistency, Store, StoreError};

/// Operator tools wait longer than an API request.
const PATIENCE: Duration = Duration::from_secs(60);
/// The number of lots that fit into a snapshot beside the book and the account.
const MAX_DOUBTED: usize = 98;

/// A lot according to its book, or to what bought it.
#[derive(Clone, Debug)]
pub(super) struct Given {
    /// The lot, or the schedule whose month it is.
    pub(super) of: LotId,
    pub(super) terms: LotTerms,
    pub(super) granted: Credits,
    /// The clawback target of the lot.
    pub(super) target: Credits,
    /// Whether it may not have begun yet.
    pub(super) may_be_to_come: bool,
}

/// A lot as found.
pub(super) enum Stands {
    Here(Box<Lot>),
    Nowhere,
    /// Reported where the item itself is checked.
    Unreadable,
}

impl Store {
    /// Every lot granted by a book is in its user's account or among the past credits,
    /// with the granted amount and the clawback of the book.
    pub(super) async fn check_book(
        &self,
        key: &Key,
        book: &SubscriptionBook,
    ) -> Result<Vec<Finding>, StoreError> {
        let Some(given) = given_by(book) else {
            return Ok(vec![Finding::new(key, "its lots are too large")]);
        };
        let user_id = &book.user_id;
        let account = match self.load_account(user_id, Consistency::Strong).await {
            Ok(account) => account,
            // The account itself is reported.
            Err(StoreError::Damaged(_)) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let left = given
            .iter()
            .filter(|it| account.lot(&it.terms.id).is_none());
        let left: Vec<Key> = left
            .map(|it| keys::past_credit(user_id, &it.terms))
            .collect();
        let mut past = self.get_many(&left, Deadline::after(PATIENCE)).await?;
        let mut doubted = given;
        doubted.retain(|it| problem(it, &stands(&account, &mut past, it)).is_some());
        let mut findings = self.check_invoices_of(key, book).await?;
        if doubted.is_empty() {
            return Ok(findings);
        }
        doubted.truncate(MAX_DOUBTED);
        findings.extend(self.look_again(key, user_id, &doubted).await?);
        Ok(findings)
    }

    /// Checks doubtful lots again as of one moment: a book and its account are written
    /// in one transaction.
    async fn look_again(
        &self,
        key: &Key,
        user_id: &UserId,
        doubted: &[Given],
    ) -> Result<Vec<Finding>, StoreError> {
        let account_key = keys::account(user_id);
        let past = doubted
            .iter()
            .map(|it| keys::past_credit(user_id, &it.terms));
        let keys: Vec<Key> = [key.clone(), account_key.clone()]
            .into_iter()
            .chain(past)
            .collect();
        let mut found = self.get_snapshot(&keys, Deadline::after(PATIENCE)).await?;
        let book = found
            .take(key)
            .map(|item| parse::<SubscriptionBook>(key, &item));
        let account = found.take(&account_key);
        let account = account.map(|item| account_from_item(user_id, item));
        let account = account.unwrap_or_else(|| Ok(CreditAccount::unopened(user_id.clone())));
        // An item that cannot be read is reported on its own.
        let (Some(Ok(book)), Ok(account)) = (book, account) else {
            return Ok(Vec::new());
        };
        let given = given_by(&book).unwrap_or_default();
        let mut findings = Vec::new();
        let mut reported: Option<&LotId> = None;
        for it in doubted {
            let now = given.iter().find(|now| now.terms == it.terms);
            let problem = now.and_then(|now| problem(now, &stands(&account, &mut found, now)));
            // One month of a schedule is reported for the whole schedule.
            if let Some(problem) = problem.filter(|_| reported != Some(&it.of)) {
                findings.push(Finding::new(key, problem));
                reported = Some(&it.of);
            }
        }
        Ok(findings)
    }
}

/// All lots that a book grants, a schedule's month by month; none if the amounts
/// overflow.
fn given_by(book: &SubscriptionBook) -> Option<Vec<Given>> {
    let mut given = Vec::new();
    for target in book.targets().ok()? {
        match target {
            LotTarget::Lot(terms, target) => given.push(Given {
                of: terms.id.clone(),
                granted: book.granted(&terms.id),
                terms,
                target,
                may_be_to_come: false,
            }),
            LotTarget::Schedule(terms, targets) => {
                let months = terms.months().into_iter().zip(targets);
                given.extend(months.map(|(month, target)| Given {
                    of: terms.id.clone(),
                    terms: month.terms,
                    granted: month.granted,
                    target,
                    may_be_to_come: true,
                }));
            }
        }
    }
    Some(given)
}

pub(super) fn stands(account: &CreditAccount, past: &mut Found, given: &Given) -> Stands {
    if let Some(lot) = account.lot(&given.terms.id) {
        return Stands::Here(Box::new(lot.clone()));
    }
    let key = keys::past_credit(&account.user_id, &given.terms);
    match past
        .take(&key)
        .map(|item| past_credit_from_item(&key, item))
    {
        Some(Ok(Some(past))) => Stands::Here(Box::new(past.lot)),
        Some(Err(_)) => Stands::Unreadable,
        Some(Ok(None)) | None => Stands::Nowhere,
    }
}

pub(super) fn problem(given: &Given, stands: &Stands) -> Option<String> {
    let id = &given.terms.id;
    let lot = match stands {
        Stands::Here(lot) => lot,
        Stands::Unreadable => return None,
        Stands::Nowhere if given.may_be_to_come => return None,
        Stands::Nowhere => return Some(format!("it gave the lot {id}, which is nowhere")),
    };
    if lot.granted != given.granted {
        let (granted, has) = (given.granted, lot.granted);
        return Some(format!(
            "it gave {granted} to the lot {id}, which has {has}"
        ));
    }
    let least = given.target.minus(lot.lapsed).unwrap_or(Credits::ZERO);
    if lot.clawed_back < least || lot.clawed_back > given.target {
        let (target, clawed_back) = (given.target, lot.clawed_back);
        return Some(format!(
            "{target} of its lot {id} are to be gone, and {clawed_back} were clawed back"
        ));
    }
    None
}
