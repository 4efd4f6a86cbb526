//! A second, independent implementation of the rules: plain lots in a list, amounts
//! of 128 bits, events taken one after the other.
//!
//! It opens every month, one at a time, and marks a lot as ended when it ends it;
//! nothing here calls the code under test.

mod calendar;
mod commands;
mod schedules;
mod settle;
mod shown;

use std::rc::Rc;

use super::super::super::{AccountPlan, LotKind};
pub(crate) use calendar::{Calendar, DAY};
pub(crate) use commands::Answer;
use schedules::GrantSchedule;
pub(crate) use shown::ShownPot;

/// A lot: where it came from, its time and its five amounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pot {
    pub(crate) id: Rc<str>,
    pub(crate) kind: LotKind,
    pub(crate) starts: i64,
    pub(crate) ends: Option<i64>,
    pub(crate) granted: i128,
    pub(crate) clawed_back: i128,
    pub(crate) used: i128,
    pub(crate) held: i128,
    pub(crate) lapsed: i128,
    /// From when on, at most how much may remain of it.
    pub(crate) kept: Option<(i64, i128)>,
    /// Whether its end was reached.
    pub(crate) over: bool,
}

/// A hold: open while `charged` is unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hold {
    pub(crate) client: Rc<str>,
    pub(crate) key: Rc<str>,
    pub(crate) amount: i128,
    pub(crate) parts: Vec<(Rc<str>, i128)>,
    pub(crate) ends: i64,
    pub(crate) settles: bool,
    pub(crate) reported: i128,
    pub(crate) charged: Option<i128>,
}

/// A user's whole state.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    /// The time of the latest write; none = never.
    pub(crate) now: Option<i64>,
    pub(crate) active: bool,
    pub(crate) erased: bool,
    pub(crate) allocation: i128,
    pub(crate) anchor: u32,
    pub(crate) pots: Vec<Pot>,
    pub(crate) holds: Vec<Hold>,
    pub(crate) schedules: Vec<GrantSchedule>,
    pub(crate) plans: Vec<AccountPlan>,
    /// The total used of pro lots that have left.
    pub(crate) past_used: i128,
    /// Used since the last command began: free, pro.
    pub(crate) taken: (i128, i128),
    /// Granted by months of schedules since then.
    pub(crate) begun: i128,
}

/// Which lots count towards a sum.
pub(crate) type Parts = Vec<(Rc<str>, i128)>;

impl Pot {
    pub(crate) fn left(&self) -> i128 {
        self.granted - self.clawed_back - self.used - self.held - self.lapsed
    }

    pub(crate) fn is_free(&self) -> bool {
        self.kind == LotKind::Free
    }

    /// Whether nothing can happen to it any more.
    pub(crate) fn is_done(&self) -> bool {
        (self.over || self.ends.is_none()) && self.held == 0 && self.left() == 0
    }

    /// Free first, then what ends soonest, then what is oldest.
    fn comes_before(&self, other: &Pot) -> bool {
        let end = |pot: &Pot| pot.ends.unwrap_or(i64::MAX);
        if self.is_free() != other.is_free() {
            return self.is_free();
        }
        if end(self) != end(other) {
            return end(self) < end(other);
        }
        (self.starts, &self.id) < (other.starts, &other.id)
    }
}

impl Model {
    pub(crate) fn new() -> Self {
        Model {
            now: None,
            active: true,
            erased: false,
            allocation: 2_000_000,
            anchor: 1,
            pots: Vec::new(),
            holds: Vec::new(),
            schedules: Vec::new(),
            plans: Vec::new(),
            past_used: 0,
            taken: (0, 0),
            begun: 0,
        }
    }

    pub(crate) fn pot(&mut self, id: &str) -> &mut Pot {
        self.pots.iter_mut().find(|pot| *pot.id == *id).unwrap()
    }

    pub(crate) fn has(&self, id: &str) -> bool {
        self.pots.iter().any(|pot| *pot.id == *id)
    }

    /// The lots for which `wanted` holds, in burn order.
    pub(crate) fn in_order(&self, wanted: impl Fn(&Pot) -> bool) -> Vec<usize> {
        let mut order: Vec<usize> = Vec::new();
        for (index, pot) in self.pots.iter().enumerate() {
            if wanted(pot) {
                let later = |other: &usize| pot.comes_before(&self.pots[*other]);
                let place = order.iter().position(later).unwrap_or(order.len());
                order.insert(place, index);
            }
        }
        order
    }

    /// What pro lots owe, before anything covers it.
    fn owed(&self) -> i128 {
        let pro = self.pots.iter().filter(|pot| !pot.is_free());
        pro.map(|pot| (-pot.left()).max(0)).sum()
    }

    /// What can be spent of each open lot, and the debt that remains.
    pub(crate) fn spendable(&self) -> (Vec<(usize, i128)>, i128) {
        let mut debt = self.owed();
        let mut parts = Vec::new();
        for index in self.in_order(|pot| !pot.over) {
            let pot = &self.pots[index];
            let left = pot.left().max(0);
            let covers = if pot.is_free() { 0 } else { left.min(debt) };
            debt -= covers;
            parts.push((index, left - covers));
        }
        (parts, debt)
    }

    /// Free, pro and debt.
    pub(crate) fn totals(&self) -> (i128, i128, i128) {
        let (parts, debt) = self.spendable();
        let (mut free, mut pro) = (0, 0);
        for (index, part) in parts {
            if self.pots[index].is_free() {
                free += part;
            } else {
                pro += part;
            }
        }
        (free, pro, debt)
    }

    /// Allocates `amount` lot by lot; the second value is what is missing.
    fn find(&self, amount: i128) -> (Parts, i128) {
        let (mut parts, mut missing) = (Vec::new(), amount);
        for (index, can) in self.spendable().0 {
            let part = can.min(missing);
            if part > 0 {
                missing -= part;
                parts.push((self.pots[index].id.clone(), part));
            }
        }
        (parts, missing)
    }

    fn spend(&mut self, id: &str, amount: i128) {
        let pot = self.pot(id);
        pot.used += amount;
        if pot.is_free() {
            self.taken.0 += amount;
        } else {
            self.taken.1 += amount;
        }
    }

    /// Spends what is available; the overdraft owes the rest.
    fn spend_or_owe(&mut self, amount: i128, at: i64) {
        let (parts, missing) = self.find(amount);
        for (id, part) in parts {
            self.spend(&id, part);
        }
        if missing > 0 {
            if !self.has("overdraft") {
                self.add("overdraft", LotKind::Overdraft, at, None, 0);
            }
            self.spend("overdraft", missing);
        }
    }

    pub(crate) fn add(
        &mut self,
        id: &str,
        kind: LotKind,
        starts: i64,
        ends: Option<i64>,
        granted: i128,
    ) {
        self.pots.push(Pot {
            id: id.into(),
            kind,
            starts,
            ends,
            granted,
            clawed_back: 0,
            used: 0,
            held: 0,
            lapsed: 0,
            kept: None,
            over: false,
        });
    }

    /// Lets time pass, in order of time; at one instant holds before lots before
    /// months.
    pub(crate) fn roll(&mut self, to: i64, calendar: &Calendar) {
        let since = self.now;
        let to = self.now.map_or(to, |now| now.max(to));
        self.now = Some(to);
        if !self.pots.iter().any(Pot::is_free) {
            self.open_month(to, calendar);
        }
        loop {
            let hold = self.next_hold(to);
            let pot = self.next_end(to);
            let month = self.next_month(to);
            let times = [hold, pot, month].map(|next| next.map(|(at, _)| at));
            let Some(at) = times.into_iter().flatten().min() else {
                break;
            };
            match (hold, pot, month) {
                (Some((first, index)), _, _) if first == at => self.expire(index),
                (_, Some((first, index)), _) if first == at => {
                    self.shrink(index, at, since);
                    if !self.pots.iter().any(|pot| pot.is_free() && !pot.over) {
                        self.open_month(at, calendar);
                    }
                }
                (_, _, Some((_, index))) => self.begin_month(index, since.unwrap_or(at)),
                _ => unreachable!(),
            }
        }
        self.forget(to);
    }

    fn next_hold(&self, to: i64) -> Option<(i64, usize)> {
        let over = self.holds.iter().enumerate();
        let over = over.filter(|(_, hold)| hold.charged.is_none() && hold.ends <= to);
        let first = over.min_by_key(|(_, hold)| (hold.ends, &hold.client, &hold.key));
        first.map(|(index, hold)| (hold.ends, index))
    }

    /// The next lot to end, or with credits returned after its end; or that has
    /// outlived its period above its cap.
    fn next_end(&self, to: i64) -> Option<(i64, usize)> {
        let mut next: Option<(i64, usize)> = None;
        for (index, pot) in self.pots.iter().enumerate() {
            let end = pot.ends.filter(|_| !pot.over || pot.left() > 0);
            let kept = pot.kept.filter(|(_, cap)| !pot.over && pot.left() > *cap);
            for at in end.into_iter().chain(kept.map(|(from, _)| from)) {
                let is_first =
                    next.is_none_or(|(first, other)| (at, &pot.id) < (first, &self.pots[other].id));
                if at <= to && is_first {
                    next = Some((at, index));
                }
            }
        }
        next
    }

    /// Ends a lot, or lapses what exceeds its cap.
    fn shrink(&mut self, index: usize, at: i64, since: Option<i64>) {
        let pot = &mut self.pots[index];
        match (pot.ends, pot.kept) {
            (Some(end), _) if end <= at => {
                let just_now = !pot.over && since.is_none_or(|since| at > since);
                self.end(index, just_now);
            }
            (_, Some((_, cap))) => pot.lapsed += pot.left() - cap,
            _ => unreachable!(),
        }
    }

    fn open_month(&mut self, at: i64, calendar: &Calendar) {
        let (starts, ends) = calendar.month(at, self.anchor);
        let free = self.pots.iter().filter(|pot| pot.is_free());
        let starts = starts.max(free.filter_map(|pot| pot.ends).max().unwrap_or(starts));
        let id = format!("free:{}", calendar.date(starts));
        self.add(&id, LotKind::Free, starts, Some(ends), self.allocation);
    }

    /// A pro lot that ends now covers for good what it has covered so far; the rest
    /// lapses.
    fn end(&mut self, index: usize, just_now: bool) {
        let mut debt = if self.pots[index].is_free() || !just_now {
            0
        } else {
            self.owed()
        };
        for other in self.in_order(|pot| !pot.is_free() && pot.left() > 0) {
            if other == index {
                break;
            }
            debt -= debt.min(self.pots[other].left());
        }
        let mut covers = debt.min(self.pots[index].left().max(0));
        for owing in self.in_order(|pot| !pot.is_free() && pot.left() < 0) {
            let part = covers
                .min(-self.pots[owing].left())
                .min(self.pots[owing].used);
            self.pots[owing].used -= part;
            self.pots[index].used += part;
            covers -= part;
        }
        let pot = &mut self.pots[index];
        pot.over = true;
        pot.lapsed += pot.left().max(0);
    }

    /// Expires a hold: charges its last report or nothing, in its last second.
    fn expire(&mut self, index: usize) {
        let hold = self.holds[index].clone();
        let charged = if hold.settles {
            hold.reported.min(self.most_of(&hold))
        } else {
            0
        };
        self.close(&hold, charged, hold.ends - 1);
        self.holds[index].charged = Some(charged);
        self.holds[index].parts.clear();
    }

    /// The most that may be charged on a hold in all: whatever is available for it,
    /// and a debt of its amount.
    fn most_of(&self, hold: &Hold) -> i128 {
        let there: i128 = self.spendable().0.iter().map(|(_, can)| can).sum();
        let (covered, may_owe) = match hold.charged {
            None => (hold.amount, hold.amount),
            Some(charged) => (charged, hold.amount.min((2 * hold.amount - charged).max(0))),
        };
        covered + there + may_owe
    }

    /// Spends from the front of a hold's allocation and releases the rest.
    fn close(&mut self, hold: &Hold, amount: i128, at: i64) {
        let mut rest = amount;
        for (id, part) in &hold.parts {
            let spent = rest.min(*part);
            rest -= spent;
            self.pot(id).held -= part;
            self.spend(id, spent);
        }
        if rest > 0 {
            self.spend_or_owe(rest, at);
        }
    }

    /// Expired holds stay known for a day, the newest twenty of them.
    fn forget(&mut self, now: i64) {
        self.holds
            .retain(|hold| hold.charged.is_none() || hold.ends + DAY > now);
        while self
            .holds
            .iter()
            .filter(|hold| hold.charged.is_some())
            .count()
            > 20
        {
            let expired = self.holds.iter().enumerate();
            let expired = expired.filter(|(_, hold)| hold.charged.is_some());
            let oldest = expired.min_by_key(|(_, hold)| (hold.ends, &hold.client, &hold.key));
            let (index, _) = oldest.unwrap();
            self.holds.remove(index);
        }
    }
}
