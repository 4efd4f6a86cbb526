//! Grant schedules in the model: each is a list of months from the day it is
//! granted, with ends and parts computed one by one on the walked calendar.

use std::rc::Rc;

use super::super::super::super::{
    Credits, LotKind, Refusal, ScheduleClawback, ScheduleGrant, ScheduleTerms,
};
use super::commands::milli;
use super::{Calendar, Model};

/// A month, begun or still to come.
#[derive(Clone, Debug)]
pub(crate) struct Month {
    id: Rc<str>,
    starts: i64,
    ends: i64,
    kept: Option<(i64, i128)>,
    part: i128,
}

/// A schedule with months to come.
#[derive(Clone, Debug)]
pub(crate) struct GrantSchedule {
    pub(crate) id: Rc<str>,
    months: Vec<Month>,
    pub(crate) next: usize,
    /// How much of each month must be clawed back.
    pub(crate) targets: Vec<i128>,
}

impl GrantSchedule {
    fn new(terms: &ScheduleTerms, calendar: &Calendar) -> Option<Self> {
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
        Some(GrantSchedule {
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
        let schedules = self.schedules.iter().enumerate();
        let begun = schedules.filter(|(_, schedule)| schedule.months[schedule.next].starts <= to);
        let first =
            begun.min_by_key(|(_, schedule)| (schedule.months[schedule.next].starts, &schedule.id));
        first.map(|(index, schedule)| (schedule.months[schedule.next].starts, index))
    }

    pub(super) fn begin_month(&mut self, index: usize, since: i64) {
        let schedule = &mut self.schedules[index];
        let (month, target) = (
            schedule.months[schedule.next].clone(),
            schedule.targets[schedule.next],
        );
        schedule.next += 1;
        if schedule.next == schedule.months.len() {
            self.schedules.remove(index);
        }
        if self.has(&month.id) {
            return;
        }
        let kind = LotKind::Subscription;
        self.add(&month.id, kind, month.starts, Some(month.ends), month.part);
        self.pot(&month.id).kept = month.kept;
        self.take_from_new(&month.id, target, since);
        self.begun += month.part;
    }

    /// What had lapsed when it was granted can no longer be clawed back.
    pub(super) fn take_from_new(&mut self, id: &str, target: i128, since: i64) {
        let pot = self.pot(id);
        if pot.ends.is_some_and(|end| end <= since) {
            pot.lapsed = pot.granted;
        } else if let Some((from, cap)) = pot.kept
            && from <= since
        {
            pot.lapsed = (pot.granted - cap).max(0);
        }
        pot.clawed_back = (target.min(pot.granted) - pot.lapsed).max(0);
    }

    pub(super) fn grant_schedules(
        &mut self,
        grants: &[ScheduleGrant],
        calendar: &Calendar,
    ) -> Result<i128, Refusal> {
        let mut scheduled = 0;
        for ScheduleGrant { terms, targets } in grants {
            let Some(mut schedule) = GrantSchedule::new(terms, calendar) else {
                return Err(Refusal::ImpossibleSchedule {
                    schedule: terms.id.clone(),
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
            if self.schedules.iter().any(|known| known.id == schedule.id) {
                continue;
            }
            schedule.set_targets(targets);
            scheduled += schedule.total();
            self.schedules.push(schedule);
        }
        Ok(scheduled)
    }

    pub(super) fn take_back_of_schedules(&mut self, wanted: &[ScheduleClawback]) -> i128 {
        let mut total = 0;
        for one in wanted {
            let known = self.schedules.iter_mut();
            for schedule in known.filter(|schedule| *schedule.id == *one.schedule.as_str()) {
                total -= schedule.to_come();
                schedule.set_targets(&one.targets);
                total += schedule.to_come();
            }
        }
        total
    }

    /// Whether it is a month that has not begun.
    pub(super) fn will_come(&self, id: &str) -> bool {
        let to_come = |schedule: &GrantSchedule| {
            schedule
                .months
                .iter()
                .skip(schedule.next)
                .any(|it| *it.id == *id)
        };
        self.schedules.iter().any(to_come)
    }
}
