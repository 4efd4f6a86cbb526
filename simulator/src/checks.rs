//! What holds of the tables whenever nobody works.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;
use shared::domain::{
    CreditAccount, Entry, EntryKey, GrantSchedule, LotAmount, LotId, Posting, UserId, view,
};
use shared::host::clock::Deadline;
use shared::store::{Consistency, Store};

use crate::book::{Book, Violation};

const FOLD: &str = "the account is the fold of its ledger";
const ONCE: &str = "acknowledged is exactly once, refused is absent";
const NEGATIVE: &str = "nothing shown is negative";

/// A user's ledger, in its order, and account.
pub(crate) struct Ledger {
    pub(crate) account: CreditAccount,
    pub(crate) entries: Vec<Entry>,
}

/// The account as a strong read sees it.
pub(crate) async fn account(store: &Store, user: &UserId) -> Result<CreditAccount, Violation> {
    let account = store.load_account(user, Consistency::Strong).await;
    account.map_err(|error| Violation::unread(&error))
}

impl Ledger {
    pub(crate) async fn of(store: &Store, user: &UserId) -> Result<Self, Violation> {
        let account = account(store, user).await?;
        let walk = store.walk_ledger(user, account.version).await;
        let mut walk = walk.map_err(|error| Violation::unread(&error))?;
        let mut entries = Vec::new();
        while let Some(row) = walk
            .next()
            .await
            .map_err(|error| Violation::unread(&error))?
        {
            let entry = row.entry;
            entries.push(entry.map_err(|error| Violation::of(FOLD, error.to_string()))?);
        }
        Ok(Ledger { account, entries })
    }

    /// Every key that was answered as done has its entry, and no other key has one.
    pub(crate) fn matches(&self, user: &str, book: &Book) -> Result<(), Violation> {
        let mut known: BTreeMap<&str, &Entry> = BTreeMap::new();
        for entry in &self.entries {
            if let EntryKey::Api { key, .. } = &entry.key
                && known.insert(key.as_str(), entry).is_some()
            {
                return Err(Violation::of(ONCE, format!("{user} has {key} twice")));
            }
        }
        if let Some(missing) = book.done_of(user).find(|key| !known.contains_key(key)) {
            let what = format!("{user} was told that {missing} is done, and it is not there");
            return Err(Violation::of(ONCE, what));
        }
        if let Some(extra) = known.keys().find(|key| !book.is_done(user, key)) {
            let what = format!("{user} has {extra}, and nobody was told that it is done");
            return Err(Violation::of(ONCE, what));
        }
        Ok(())
    }

    /// Entries are numbered without gaps, and each names the one before it.
    pub(crate) fn is_chained(&self) -> Result<(), Violation> {
        let mut before: Option<&Entry> = None;
        for entry in &self.entries {
            let number = before.map_or(1, |it| it.seq.saturating_add(1));
            let is_next = before.is_none_or(|it| entry.previous_hash == it.hash);
            if entry.seq != number || !is_next {
                let what = format!("entry {} stands where {number} should", entry.seq);
                return Err(Violation::of(FOLD, what));
            }
            before = Some(entry);
        }
        if before.map_or(0, |it| it.seq) != self.account.version {
            let what = format!("version {} of the account", self.account.version);
            return Err(Violation::of(FOLD, what));
        }
        Ok(())
    }

    /// No subscription that is over at Stripe is one of the account's plans.
    pub(crate) fn has_none_of(&self, ended: &BTreeSet<String>) -> Result<(), Violation> {
        let mut plans = self.account.plans.iter();
        match plans.find(|plan| ended.contains(&plan.subscription_id)) {
            Some(plan) => {
                let what = plan.subscription_id.clone();
                Err(Violation::of(
                    "a subscription that is over is no plan",
                    what,
                ))
            }
            None => Ok(()),
        }
    }

    /// A number that differs when any entry does.
    pub(crate) fn mark(&self, before: u64) -> u64 {
        let hashes = self.entries.iter().map(|entry| entry.hash.to_string());
        hashes.fold(before, |mark, hash| {
            hash.bytes().fold(mark, |mark, byte| {
                // FNV-1a, 64 bits.
                (mark ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
            })
        })
    }

    /// What stands of paid lots, in thousandths, and how many there are: what they were
    /// given and have not lost, and the months of schedules still to come.
    pub(crate) fn standing(&self) -> (i64, i64) {
        let mut lots: BTreeMap<&LotId, i64> = BTreeMap::new();
        for posting in self.entries.iter().flat_map(|entry| &entry.postings) {
            if let Posting::Moved {
                lot, amount, delta, ..
            } = posting
            {
                let sign = match amount {
                    LotAmount::Granted => 1,
                    LotAmount::ClawedBack => -1,
                    LotAmount::Used | LotAmount::Held | LotAmount::Lapsed => 0,
                };
                let left = lots.entry(lot).or_default();
                *left = left.saturating_add(delta.milli().saturating_mul(sign));
            }
        }
        lots.retain(|lot, _| {
            !lot.as_str().starts_with("free:") && !lot.as_str().starts_with("ops:")
        });
        let to_come = self.account.schedules.iter().flat_map(to_come);
        let all: Vec<i64> = lots.into_values().chain(to_come).collect();
        let count = i64::try_from(all.len()).unwrap_or(i64::MAX);
        (all.iter().sum(), count)
    }
}

/// What each month of a schedule that is still to come brings, in thousandths.
pub fn to_come(schedule: &GrantSchedule) -> Vec<i64> {
    let next = usize::try_from(schedule.next).unwrap_or(usize::MAX);
    let months = schedule.terms.months().into_iter().enumerate().skip(next);
    let left = months.map(|(number, month)| {
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        let mut runs = schedule.targets.runs().iter();
        let run = runs.rfind(|run| run.from <= number);
        let gone = run.map_or(0, |run| run.each.milli().min(month.granted.milli()));
        month.granted.milli().saturating_sub(gone)
    });
    left.collect()
}

/// The tables agree with themselves about a user.
pub(crate) async fn audit(store: &Store, user: &UserId) -> Result<(), Violation> {
    let audit = store.audit_account(user).await;
    let audit = audit.map_err(|error| Violation::unread(&error))?;
    match audit.findings.first() {
        Some(finding) => {
            let what = format!("{}: {}", finding.key, finding.problem);
            Err(Violation::of(FOLD, what))
        }
        None => Ok(()),
    }
}

/// An event of Stripe has a record.
pub(crate) async fn recorded(store: &Store, body: &str) -> Result<(), Violation> {
    const PROMISE: &str = "an event that was taken is on record";
    let event: Value = serde_json::from_str(body).unwrap_or_default();
    let id = event.get("id").and_then(Value::as_str).unwrap_or_default();
    let read = id.parse().map_err(|_| Violation::of(PROMISE, body))?;
    let deadline = Deadline::after(Duration::from_secs(60));
    match store.load_event(&read, deadline).await {
        Ok(Some(_)) => Ok(()),
        Ok(None) => Err(Violation::of(PROMISE, id)),
        Err(error) => Err(Violation::unread(&error)),
    }
}

/// What a user would be shown now.
pub(crate) fn shown(
    account: &CreditAccount,
    now: shared::domain::Timestamp,
) -> Result<(), Violation> {
    let shown = view(account, now);
    let shown = shown.map_err(|error| Violation::of(NEGATIVE, error.to_string()))?;
    let figures = [shown.total_available, shown.held, shown.debt];
    if figures.iter().any(|figure| *figure < 0) {
        return Err(Violation::of(NEGATIVE, format!("{figures:?}")));
    }
    if shown.debt > 0 && shown.pro.remaining > 0 {
        let what = format!("debt {} beside {:?}", shown.debt, shown.pro);
        return Err(Violation::of("who owes has no paid credits", what));
    }
    Ok(())
}

/// No number of an answer is negative.
pub(crate) fn answer(body: &str) -> Result<(), Violation> {
    fn is_negative(value: &Value) -> bool {
        match value {
            Value::Number(number) => number.as_i64().is_some_and(|it| it < 0),
            Value::Array(all) => all.iter().any(is_negative),
            Value::Object(all) => all.values().any(is_negative),
            Value::Null | Value::Bool(_) | Value::String(_) => false,
        }
    }
    let read: Value = serde_json::from_str(body).unwrap_or_default();
    if is_negative(&read) {
        return Err(Violation::of(NEGATIVE, body));
    }
    Ok(())
}
