//! The rules of credits, once more and in plain integers: entry by entry a ledger is
//! held against them. Nothing here calls the code that wrote it.

use std::collections::{BTreeMap, BTreeSet};

use shared::domain::{
    Entry, EntryKind, HoldPosting, LotAmount, LotKind, LotTerms, OnExpiry, Posting, PostingCause,
};

use crate::book::Violation;

/// The lot that is charged what no other lot covers.
const OVERDRAFT: &str = "overdraft";

/// A card of the model that uses name: from when on, and its name.
pub(crate) type Cards = Vec<(i64, String)>;

/// A lot, with amounts in thousandths.
#[derive(Clone, Debug, Default)]
struct Lot {
    is_free: bool,
    ends: Option<i64>,
    granted: i64,
    clawed_back: i64,
    used: i64,
    held: i64,
    lapsed: i64,
}

/// A hold that is open.
#[derive(Clone, Debug)]
struct Hold {
    amount: i64,
    opened: Option<i64>,
    settles: bool,
    reported: i64,
    /// What its expiry charged.
    charged: i64,
}

/// What a ledger has come to so far.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    lots: BTreeMap<String, Lot>,
    open: BTreeMap<String, Hold>,
    expired: BTreeMap<String, Hold>,
    closed: BTreeMap<String, Hold>,
    months: BTreeSet<String>,
}

impl Lot {
    fn left(&self) -> i64 {
        let gone = [self.clawed_back, self.used, self.held, self.lapsed];
        gone.iter()
            .fold(self.granted, |left, gone| left.saturating_sub(*gone))
    }
}

fn broken(entry: &Entry, promise: &'static str, what: &str) -> Violation {
    Violation::of(
        promise,
        format!("{what}, in entry {} {}", entry.seq, entry.key),
    )
}

impl Rules {
    /// Holds all entries of a ledger against the rules.
    pub(crate) fn hold_for(entries: &[Entry], cards: &Cards) -> Result<(), Violation> {
        let mut rules = Rules::default();
        for entry in entries {
            // A commit forgets its hold, so look before it is taken.
            let opened = rules.opening_of(entry);
            rules.take(entry)?;
            rules.amounts_are_those_of(entry)?;
            is_rated_by(entry, cards, opened)?;
        }
        Ok(())
    }

    fn take(&mut self, entry: &Entry) -> Result<(), Violation> {
        let at = entry.at.unix_seconds();
        for posting in &entry.postings {
            match posting {
                Posting::Opened(terms) => self.opened(entry, terms)?,
                Posting::Moved {
                    lot,
                    amount,
                    delta,
                    cause,
                } => self.moved(entry, lot.as_str(), (*amount, delta.milli(), *cause), at)?,
                Posting::EndMoved { lot, expires_at } => {
                    let lot = self.lots.entry(lot.to_string()).or_default();
                    lot.ends = Some(expires_at.unix_seconds());
                }
                Posting::Hold(of_hold) => self.hold(entry, of_hold)?,
                Posting::Archived { lot } => self.archived(entry, lot.as_str())?,
                Posting::FreeTerms { .. }
                | Posting::Recalled(_)
                | Posting::Schedule(_)
                | Posting::Plans(_)
                | Posting::Active(_)
                | Posting::Erased
                | Posting::PeriodsSkipped { .. } => {}
            }
        }
        Ok(())
    }

    fn opened(&mut self, entry: &Entry, terms: &LotTerms) -> Result<(), Violation> {
        let is_free = terms.kind == LotKind::Free;
        if is_free {
            const PROMISE: &str = "free credits come once a month, on its first day";
            let start = terms.starts_at.to_string();
            if !start.ends_with("-01T00:00:00Z") || !self.months.insert(start.clone()) {
                return Err(broken(entry, PROMISE, &start));
            }
        }
        let lot = Lot {
            is_free,
            ends: terms.expires_at.map(|end| end.unix_seconds()),
            ..Lot::default()
        };
        match self.lots.insert(terms.id.to_string(), lot) {
            None => Ok(()),
            Some(_) => Err(broken(entry, "a lot is opened once", terms.id.as_str())),
        }
    }

    /// The overdraft may come again once it has left; every other lot comes once for ever.
    fn archived(&mut self, entry: &Entry, name: &str) -> Result<(), Violation> {
        let left = self.lots.get(name).map(|lot| (lot.left(), lot.held));
        if left != Some((0, 0)) {
            let what = format!("{name} has (left, held) {left:?}");
            return Err(broken(
                entry,
                "a lot leaves once nothing of it is left, held or owed",
                &what,
            ));
        }
        if name == OVERDRAFT {
            self.lots.remove(name);
        }
        Ok(())
    }

    fn moved(
        &mut self,
        entry: &Entry,
        name: &str,
        (amount, delta, cause): (LotAmount, i64, PostingCause),
        at: i64,
    ) -> Result<(), Violation> {
        let lot = self.lots.entry(name.to_string()).or_default();
        let is_spent = match (amount, cause) {
            (LotAmount::Used, PostingCause::Charge | PostingCause::Adjustment)
            | (LotAmount::Held, PostingCause::Hold) => true,
            (
                LotAmount::Granted
                | LotAmount::ClawedBack
                | LotAmount::Used
                | LotAmount::Held
                | LotAmount::Lapsed,
                _,
            ) => false,
        };
        if is_spent && lot.ends.is_some_and(|end| end <= at) {
            return Err(broken(
                entry,
                "nothing is spent of a lot that has ended",
                name,
            ));
        }
        let sum = match amount {
            LotAmount::Granted => &mut lot.granted,
            LotAmount::ClawedBack => &mut lot.clawed_back,
            LotAmount::Used => &mut lot.used,
            LotAmount::Held => &mut lot.held,
            LotAmount::Lapsed => &mut lot.lapsed,
        };
        *sum = sum.saturating_add(delta);
        if *sum < 0 {
            return Err(broken(entry, "no amount of a lot is negative", name));
        }
        if amount == LotAmount::Granted && cause == PostingCause::Reset && lot.granted > 2_000_000 {
            return Err(broken(entry, "a month brings its allocation once", name));
        }
        Ok(())
    }

    fn hold(&mut self, entry: &Entry, posting: &HoldPosting) -> Result<(), Violation> {
        const PROMISE: &str = "a hold is opened once and closed once";
        let name = match posting {
            HoldPosting::Opened { hold, .. }
            | HoldPosting::Extended { hold, .. }
            | HoldPosting::Reported { hold, .. }
            | HoldPosting::Expired { hold, .. }
            | HoldPosting::Closed { hold } => hold.to_string(),
        };
        let is_fine = match posting {
            HoldPosting::Opened {
                amount,
                opened_at,
                on_expiry,
                ..
            } => {
                let hold = Hold {
                    amount: amount.milli(),
                    opened: opened_at.map(|at| at.unix_seconds()),
                    settles: *on_expiry == OnExpiry::Settle,
                    reported: 0,
                    charged: 0,
                };
                let is_new = !self.closed.contains_key(&name) && !self.expired.contains_key(&name);
                self.open.insert(name.clone(), hold).is_none() && is_new
            }
            HoldPosting::Extended { .. } => self.open.contains_key(&name),
            HoldPosting::Reported { amount, .. } => match self.open.get_mut(&name) {
                Some(hold) => {
                    let is_more = amount.milli() > hold.reported;
                    hold.reported = amount.milli();
                    is_more
                }
                None => false,
            },
            HoldPosting::Expired { charged, .. } => match self.open.remove(&name) {
                Some(mut hold) => {
                    hold.charged = charged.milli();
                    let limit = if hold.settles { hold.reported } else { 0 };
                    let is_due = hold.charged <= limit;
                    self.expired.insert(name.clone(), hold).is_none() && is_due
                }
                None => false,
            },
            HoldPosting::Closed { .. } => {
                let known = self.open.remove(&name);
                match known.or_else(|| self.expired.remove(&name)) {
                    Some(hold) => self.closed.insert(name.clone(), hold).is_none(),
                    None => false,
                }
            }
        };
        if is_fine {
            Ok(())
        } else {
            Err(broken(entry, PROMISE, &name))
        }
    }

    /// The totals that an entry states are the sums of the lots, open holds keep aside
    /// what they hold, and what was charged was taken.
    fn amounts_are_those_of(&self, entry: &Entry) -> Result<(), Violation> {
        const PROMISE: &str = "the balance of an entry is the sum of its lots";
        let sum = |wanted: bool, amount: fn(&Lot) -> i64| -> i64 {
            let lots = self.lots.values().filter(|lot| lot.is_free == wanted);
            lots.map(amount).fold(0, i64::saturating_add)
        };
        let (free, pro) = (sum(true, Lot::left), sum(false, Lot::left));
        let held = sum(true, |lot| lot.held).saturating_add(sum(false, |lot| lot.held));
        let stated = &entry.balance_after;
        let sums = (free, pro.max(0), pro.saturating_neg().max(0), held);
        let stated = (
            stated.free_available.milli(),
            stated.pro_available.milli(),
            stated.debt.milli(),
            stated.held.milli(),
        );
        if sums != stated {
            let what = format!("(free, pro, debt, held) are {sums:?} and said to be {stated:?}");
            return Err(broken(entry, PROMISE, &what));
        }
        if let Some((name, _)) = self
            .lots
            .iter()
            .find(|(_, lot)| lot.is_free && lot.left() < 0)
        {
            return Err(broken(entry, "free credits are never owed", name));
        }
        let reserved: i64 = self.open.values().map(|hold| hold.amount).sum();
        if reserved != held {
            let what = format!("open holds are of {reserved}, and {held} is kept aside");
            return Err(broken(entry, "open holds keep aside what they hold", &what));
        }
        self.settled(entry)?;
        self.charged(entry, free)
    }

    /// A commit takes what its hold's expiry has not taken, and an expiry what it says.
    fn settled(&self, entry: &Entry) -> Result<(), Violation> {
        const PROMISE: &str = "what a hold is charged is taken once";
        let taken_by = |wanted: PostingCause| -> i64 {
            let of_lots = entry.postings.iter().map(|posting| match posting {
                Posting::Moved {
                    amount: LotAmount::Used,
                    delta,
                    cause,
                    ..
                } if *cause == wanted => delta.milli(),
                _ => 0,
            });
            of_lots.sum()
        };
        let by_expiry: i64 = entry.postings.iter().map(charged_by_expiry).sum();
        let mut due = 0;
        if let (EntryKind::Commit, Some(hold)) = (entry.kind, &entry.outcome.hold) {
            let before = self.closed.get(&hold.id.to_string());
            let before = before.map_or(0, |hold| hold.charged);
            due = entry.outcome.amount.milli().saturating_sub(before).max(0);
        }
        let taken = (
            taken_by(PostingCause::HoldExpiry),
            taken_by(PostingCause::Commit),
        );
        if taken != (by_expiry, due) {
            let what = format!("(expiry, commit) took {taken:?} instead of {by_expiry}, {due}");
            return Err(broken(entry, PROMISE, &what));
        }
        Ok(())
    }

    fn charged(&self, entry: &Entry, free_left: i64) -> Result<(), Violation> {
        if entry.kind != EntryKind::Charge {
            return Ok(());
        }
        let (mut taken, mut of_pro) = (0_i64, 0_i64);
        for posting in &entry.postings {
            if let Posting::Moved {
                lot,
                amount: LotAmount::Used,
                delta,
                cause: PostingCause::Charge,
            } = posting
            {
                taken = taken.saturating_add(delta.milli());
                let is_free = self.lots.get(lot.as_str()).is_some_and(|lot| lot.is_free);
                if !is_free {
                    of_pro = of_pro.saturating_add(delta.milli());
                }
            }
        }
        let amount = entry.outcome.amount.milli();
        if taken != amount {
            let what = format!("{amount} was charged and {taken} taken");
            return Err(broken(entry, "what is charged is taken", &what));
        }
        if of_pro > 0 && free_left > 0 {
            let what = format!("{of_pro} of paid credits with {free_left} free ones left");
            return Err(broken(entry, "free credits are spent first", &what));
        }
        Ok(())
    }

    /// When the hold that an entry is about was opened, if it was before.
    fn opening_of(&self, entry: &Entry) -> Option<i64> {
        let name = entry.outcome.hold.as_ref()?.id.to_string();
        let known = self.open.get(&name).or_else(|| self.expired.get(&name));
        known?.opened
    }
}

fn charged_by_expiry(posting: &Posting) -> i64 {
    match posting {
        Posting::Hold(HoldPosting::Expired { charged, .. }) => charged.milli(),
        _ => 0,
    }
}

/// A use is rated by the card in force, that of a hold by the one of its opening.
fn is_rated_by(entry: &Entry, cards: &Cards, opened: Option<i64>) -> Result<(), Violation> {
    const PROMISE: &str = "a use is rated by the card in force, that of a hold by its opening's";
    let Some(rating) = &entry.outcome.rating else {
        return Ok(());
    };
    let at = opened.unwrap_or(entry.at.unix_seconds());
    match cards.iter().rfind(|(from, _)| *from <= at) {
        Some((_, card)) if *card == rating.card.to_string() => Ok(()),
        Some((_, card)) => {
            let what = format!("{} instead of {card}", rating.card);
            Err(broken(entry, PROMISE, &what))
        }
        None => Err(broken(entry, PROMISE, "none is in force")),
    }
}
