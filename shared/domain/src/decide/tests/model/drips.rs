//! Drips in the model: each is a list of months from the day it is granted,
//! with their ends and parts worked out one by one on the walked calendar.

use std::rc::Rc;

use super::super::super::super::{Credits, DripGrant, DripTakenBack, DripTerms, LotKind, Refusal};
use super::commands::milli;
use super::{Calendar, Model};

/// A month that is still to come, or has come.
#[derive(Clone, Debug)]
pub(crate) struct Month {
    id: Rc<str>,
    starts: i64,
    ends: i64,
    kept: Option<(i64, i128)>,
    part: i128,
}

/// A drip with months to come.
#[derive(Clone, Debug)]
pub(crate) struct Drip {
    pub(crate) id: Rc<str>,
    months: Vec<Month>,
    pub(crate) next: usize,
    /// How much of each month is to be gone.
    pub(crate) targets: Vec<i128>,
}

impl Drip {
    fn new(terms: &DripTerms, calendar: &Calendar) -> Option<Self> {
        let (start, end) = (terms.starts_at.unix_seconds(), terms.ends_at.unix_seconds());
        let last_end = terms.expires_at.unix_seconds();
        let mut starts = Vec::new();
        let mut at = start;
        while at < end && starts.len() < 61 {
            starts.push(at);
            at = calendar.months_after(start, starts.len());
        }
        let count = i128::try_from(starts.len()).unwrap();
        if !(1..=60).contains(&count) {
            return None;
        }
        let keeps = usize::try_from(terms.rollover.months).unwrap();
        let cap = milli(terms.rollover.cap);
        let late = terms.paid_late.map(|it| {
            let (paid, until) = (it.paid_at, it.spend_until);
            (paid.unix_seconds(), until.unix_seconds())
        });
        let mut given = 0;
        let mut months = Vec::new();
        for (number, (so_far, starts_at)) in (1..).zip(starts.iter().enumerate()) {
            let is_last = number == count;
            let own_end = calendar.months_after(start, so_far + 1);
            let until = |months: usize| match late {
                _ if is_last => calendar.months_after(last_end, months),
                Some((paid, until)) if own_end <= paid => calendar.months_after(until, months),
                _ => calendar.months_after(start, so_far + 1 + months),
            };
            let kept = (keeps > 0 && cap > 0).then(|| (until(0), cap));
            let part = milli(terms.total) * number / count - given;
            given += part;
            months.push(Month {
                id: format!("{}:{so_far}", terms.id).into(),
                starts: *starts_at,
                ends: until(if kept.is_some() { keeps } else { 0 }),
                kept,
                part,
            });
        }
        Some(Drip {
            id: terms.id.as_str().into(),
            targets: vec![0; months.len()],
            months,
            next: 0,
        })
    }

    fn total(&self) -> i128 {
        self.months.iter().map(|month| month.part).sum()
    }

    fn set_targets(&mut self, wanted: &[Credits]) {
        for (number, month) in self.months.iter().enumerate() {
            let wanted = wanted.get(number).map_or(0, |it| milli(*it));
            self.targets[number] = wanted.clamp(0, month.part);
        }
    }

    fn to_come(&self) -> i128 {
        self.targets.iter().skip(self.next).sum()
    }
}

impl Model {
    pub(super) fn next_month(&self, to: i64) -> Option<(i64, usize)> {
        let drips = self.drips.iter().enumerate();
        let begun = drips.filter(|(_, drip)| drip.months[drip.next].starts <= to);
        let first = begun.min_by_key(|(_, drip)| (drip.months[drip.next].starts, &drip.id));
        first.map(|(index, drip)| (drip.months[drip.next].starts, index))
    }

    pub(super) fn begin_month(&mut self, index: usize, since: i64) {
        let drip = &mut self.drips[index];
        let (month, target) = (drip.months[drip.next].clone(), drip.targets[drip.next]);
        drip.next += 1;
        if drip.next == drip.months.len() {
            self.drips.remove(index);
        }
        if self.has(&month.id) {
            return;
        }
        let kind = LotKind::Subscription;
        self.add(&month.id, kind, month.starts, Some(month.ends), month.part);
        self.pot(&month.id).kept = month.kept;
        self.take_from_new(&month.id, target, since);
        self.dripped += month.part;
    }

    /// Of what was over when it came nothing more can be taken back.
    pub(super) fn take_from_new(&mut self, id: &str, target: i128, since: i64) {
        let pot = self.pot(id);
        if pot.ends.is_some_and(|end| end <= since) {
            pot.lapsed = pot.granted;
        } else if let Some((from, cap)) = pot.kept
            && from <= since
        {
            pot.lapsed = (pot.granted - cap).max(0);
        }
        pot.clawed = (target.min(pot.granted) - pot.lapsed).max(0);
    }

    pub(super) fn grant_drips(
        &mut self,
        grants: &[DripGrant],
        calendar: &Calendar,
    ) -> Result<i128, Refusal> {
        let mut scheduled = 0;
        for DripGrant { terms, targets } in grants {
            let Some(mut drip) = Drip::new(terms, calendar) else {
                return Err(Refusal::ImpossibleSchedule {
                    drip: terms.id.clone(),
                    limit: 60,
                });
            };
            let amounts = [terms.total, terms.rollover.cap];
            let mut amounts = amounts.iter().chain(targets);
            let late = terms.paid_late;
            if terms.id.as_str().starts_with("free:")
                || terms.expires_at < terms.ends_at
                || late.is_some_and(|it| it.spend_until < it.paid_at)
                || amounts.any(|amount| milli(*amount) < 0)
            {
                return Err(Refusal::ImpossibleGrant(terms.id.clone()));
            }
            if self.drips.iter().any(|known| known.id == drip.id) {
                continue;
            }
            drip.set_targets(targets);
            scheduled += drip.total();
            self.drips.push(drip);
        }
        Ok(scheduled)
    }

    pub(super) fn take_back_of_drips(&mut self, wanted: &[DripTakenBack]) -> i128 {
        let mut total = 0;
        for one in wanted {
            let known = self.drips.iter_mut();
            for drip in known.filter(|drip| *drip.id == *one.drip.as_str()) {
                total -= drip.to_come();
                drip.set_targets(&one.targets);
                total += drip.to_come();
            }
        }
        total
    }

    /// Whether it is a month that has not begun.
    pub(super) fn will_come(&self, id: &str) -> bool {
        let to_come = |drip: &Drip| drip.months.iter().skip(drip.next).any(|it| *it.id == *id);
        self.drips.iter().any(to_come)
    }
}
