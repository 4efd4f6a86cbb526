//! The effect of each command in the model, and why it is refused.
//!
//! It uses the command types of the product and none of its other code.

use super::super::super::super::{
    AccountPlan, Action, Adjustment, Alert, ApplyError, Clawback, Credits, Grant, HoldId,
    HoldStatus, LotKind, OpeningBalance, Refusal,
};
use super::{Calendar, Hold, Model, Pot};

/// The answer to a command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) amount: i128,
    /// Free and pro credits used by the command itself.
    pub(crate) used: (i128, i128),
    /// Credits used by holds that expired before it, of both types.
    pub(crate) settled: i128,
    /// The totals of the schedules it granted, and the credits that months of
    /// schedules granted.
    pub(crate) scheduled: i128,
    pub(crate) begun: i128,
    pub(crate) free_delta: i128,
    pub(crate) pro_delta: i128,
    pub(crate) hold: Option<(String, HoldStatus, i64)>,
    pub(crate) alerts: Vec<Alert>,
}

fn credits(milli: i128) -> Credits {
    Credits::from_milli(i64::try_from(milli).unwrap())
}

pub(super) fn milli(credits: Credits) -> i128 {
    i128::from(credits.milli())
}

impl Model {
    /// Executes a command at `now`, or returns the refusal; after a refusal the
    /// model must not be used again. `past` finds lots that have left.
    pub(crate) fn act(
        &mut self,
        action: &Action,
        now: i64,
        calendar: &Calendar,
        past: &dyn Fn(&str) -> Option<Pot>,
    ) -> Result<Answer, Refusal> {
        self.taken = (0, 0);
        self.begun = 0;
        let opens = matches!(action, Action::Open(_));
        if let Action::Open(opening) = action {
            self.open(opening, calendar)?;
        }
        self.roll(now, calendar);
        let now = self.now.unwrap();
        let settled = self.taken.0 + self.taken.1;
        self.taken = (0, 0);
        let (free, pro, _) = if opens { (0, 0, 0) } else { self.totals() };
        let levels = self.levels();
        self.no_gift_to_erased(action)?;
        let mut answer = Answer {
            settled,
            ..Answer::default()
        };
        match action {
            Action::Open(_) => answer.amount = self.totals().0 + self.totals().1,
            Action::PastUse(_) | Action::PastCredits(_) => {
                unreachable!("scripts tell no past; the suite of `past` does")
            }
            Action::Charge { amount, usage: _ } => {
                answer.amount = milli(*amount);
                self.charge(milli(*amount), now)?;
            }
            Action::Metered(_) => {
                unreachable!("scripts name amounts; the suite of `price` rates uses")
            }
            Action::Hold { .. } | Action::Extend { .. } => self.begin(action, now, &mut answer)?,
            Action::Report { .. } | Action::Commit { .. } | Action::Release { .. } => {
                self.finish(action, now, &mut answer)?;
            }
            Action::Grant { lots, schedules } => {
                answer.amount = self.grant(lots, now)?;
                answer.scheduled = self.grant_schedules(schedules, calendar)?;
                answer.amount += answer.scheduled;
            }
            Action::Clawback { lots, schedules } => {
                answer.amount = self.claw_back(lots, past)?;
                answer.amount += self.take_back_of_schedules(schedules);
            }
            Action::SetPlan {
                subscription_id,
                plan,
            } => self.set_plan(subscription_id, plan.as_ref()),
            Action::Settle(settlement) => {
                self.settle(settlement, calendar, past, &mut answer)?;
            }
            Action::Adjust(_) if self.erased => return Err(Refusal::UserErased),
            Action::Adjust(adjustment) => self.adjust(adjustment, now, &mut answer)?,
        }
        answer.used = self.taken;
        self.roll(now, calendar);
        answer.begun = self.begun;
        let after = self.totals();
        answer.free_delta = after.0 - free;
        answer.pro_delta = after.1 - pro;
        answer.alerts = self.levels().crossed_since(&levels);
        Ok(answer)
    }

    fn no_gift_to_erased(&self, action: &Action) -> Result<(), Refusal> {
        let is_gift = match action {
            Action::Grant { .. } | Action::SetPlan { plan: Some(_), .. } => true,
            Action::Settle(all) => {
                let set = all.plan.as_ref().map(|change| change.plan.is_some());
                all.grants.len() + all.schedules.len() > 0 || set == Some(true)
            }
            _ => false,
        };
        if self.erased && is_gift {
            return Err(Refusal::UserErased);
        }
        Ok(())
    }

    pub(super) fn set_plan(&mut self, id: &str, plan: Option<&AccountPlan>) {
        let place = self.plans.iter().position(|it| *it.subscription_id >= *id);
        let place = place.unwrap_or(self.plans.len());
        let known = self.plans.get(place);
        if known.is_some_and(|it| it.subscription_id == *id) {
            self.plans.remove(place);
        }
        if let Some(plan) = plan {
            self.plans.insert(place, plan.clone());
        }
    }

    fn open(&mut self, opening: &OpeningBalance, calendar: &Calendar) -> Result<(), Refusal> {
        if self.now.is_some() {
            return Err(Refusal::AlreadyOpen);
        }
        self.allocation = milli(opening.free.monthly_allocation);
        self.anchor = opening.free.reset_day_of_month.day();
        self.roll(opening.as_of.unix_seconds(), calendar);
        self.pots[0].used = milli(opening.free.used);
        for lot in &opening.lots {
            let ends = lot.expires_at.map(|end| end.unix_seconds());
            let starts = lot.starts_at.unix_seconds();
            self.add(lot.id.as_str(), lot.kind, starts, ends, milli(lot.granted));
            self.pot(lot.id.as_str()).used = milli(lot.used);
        }
        Ok(())
    }

    fn insufficient(&self, required: i128, now: i64) -> Refusal {
        let (free, pro, _) = self.totals();
        let due = |at: Option<i64>| at.is_some_and(|at| at <= now);
        Refusal::InsufficientCredits {
            required: credits(required),
            available: credits(free + pro),
            renewal_due: self.plans.iter().any(|plan| {
                plan.tier.as_str() != "free" && due(plan.lapses_at.map(|at| at.unix_seconds()))
            }),
        }
    }

    fn charge(&mut self, amount: i128, now: i64) -> Result<(), Refusal> {
        if !self.active {
            return Err(Refusal::UserInactive);
        }
        let (parts, missing) = self.find(amount);
        if missing > 0 {
            return Err(self.insufficient(amount, now));
        }
        for (id, part) in parts {
            self.spend(&id, part);
        }
        Ok(())
    }

    fn adjust(
        &mut self,
        adjustment: &Adjustment,
        now: i64,
        answer: &mut Answer,
    ) -> Result<(), Refusal> {
        match adjustment {
            Adjustment::Active(active) => self.active = *active,
            Adjustment::Erased => (self.active, self.erased) = (false, true),
            Adjustment::FreeTerms {
                monthly_allocation,
                reset_day_of_month,
            } => {
                self.allocation = milli(*monthly_allocation);
                self.anchor = reset_day_of_month.day();
            }
            Adjustment::Take { amount } => {
                answer.amount = milli(*amount);
                self.take(milli(*amount), now)?;
            }
        }
        Ok(())
    }

    /// What an operator takes is used of the lot, and no command has used it.
    fn take(&mut self, amount: i128, now: i64) -> Result<(), Refusal> {
        let (parts, missing) = self.find(amount);
        if missing > 0 {
            return Err(self.insufficient(amount, now));
        }
        for (id, part) in parts {
            self.pot(&id).used += part;
        }
        Ok(())
    }

    fn place(&self, id: &HoldId) -> Result<usize, Refusal> {
        let (client, key) = (id.client.as_str(), id.key.as_str());
        let same = |hold: &Hold| *hold.client == *client && *hold.key == *key;
        let place = self.holds.iter().position(same);
        place.ok_or_else(|| Refusal::NoSuchHold(id.clone()))
    }

    fn must_be_open(&self, place: usize) -> Result<(), Refusal> {
        match self.holds[place].charged {
            None => Ok(()),
            Some(_) => Err(Refusal::HoldNotOpen),
        }
    }

    fn must_be_within(&self, place: usize, amount: i128) -> Result<(), Refusal> {
        let most = self.most_of(&self.holds[place]);
        if amount > most {
            return Err(Refusal::AboveHold {
                limit: credits(most),
            });
        }
        Ok(())
    }

    /// The commands refused to an inactive user: hold and extend.
    fn begin(&mut self, action: &Action, now: i64, answer: &mut Answer) -> Result<(), Refusal> {
        if !self.active {
            return Err(Refusal::UserInactive);
        }
        if let Action::Extend { hold, ttl_seconds } = action {
            let place = self.place(hold)?;
            self.must_be_open(place)?;
            let ends = self.holds[place].ends.max(now + i64::from(*ttl_seconds));
            self.holds[place].ends = ends;
            answer.amount = self.holds[place].amount;
            answer.hold = Some((hold.to_string(), HoldStatus::Open, ends));
            return Ok(());
        }
        let Action::Hold {
            hold,
            amount,
            ttl_seconds,
            on_expiry,
        } = action
        else {
            unreachable!()
        };
        let open = self.holds.iter().filter(|hold| hold.charged.is_none());
        if open.count() >= 100 {
            return Err(Refusal::TooManyHolds { limit: 100 });
        }
        let (parts, missing) = self.find(milli(*amount));
        if missing > 0 {
            return Err(self.insufficient(milli(*amount), now));
        }
        if self.place(hold).is_ok() {
            return Err(Refusal::Impossible(ApplyError::HoldExists(hold.clone())));
        }
        for (id, part) in &parts {
            self.pot(id).held += part;
        }
        let ends = now + i64::from(*ttl_seconds);
        self.holds.push(Hold {
            client: hold.client.as_str().into(),
            key: hold.key.as_str().into(),
            amount: milli(*amount),
            parts,
            ends,
            settles: on_expiry.as_str() == "settle",
            reported: 0,
            charged: None,
        });
        answer.amount = milli(*amount);
        answer.hold = Some((hold.to_string(), HoldStatus::Open, ends));
        Ok(())
    }

    /// The commands about use that has already happened: always allowed.
    fn finish(&mut self, action: &Action, now: i64, answer: &mut Answer) -> Result<(), Refusal> {
        let (id, amount, status) = match action {
            Action::Report { hold, amount, .. } => (hold, Some(*amount), HoldStatus::Open),
            Action::Commit { hold, amount, .. } => (hold, Some(*amount), HoldStatus::Committed),
            Action::Release { hold } => (hold, None, HoldStatus::Released),
            _ => unreachable!(),
        };
        let place = self.place(id)?;
        if status != HoldStatus::Committed {
            self.must_be_open(place)?;
        }
        let hold = self.holds[place].clone();
        answer.amount = amount.map_or(hold.amount, milli);
        answer.hold = Some((id.to_string(), status, hold.ends));
        if amount.is_some() {
            self.must_be_within(place, answer.amount)?;
        }
        match (status, hold.charged) {
            (HoldStatus::Open, _) => {
                self.holds[place].reported = hold.reported.max(answer.amount);
                return Ok(());
            }
            (HoldStatus::Released, _) => self.close(&hold, 0, now),
            (HoldStatus::Committed, None) => self.close(&hold, answer.amount, now),
            (HoldStatus::Committed, Some(charged)) => {
                self.spend_or_owe((answer.amount - charged).max(0), now);
            }
        }
        self.holds.remove(place);
        Ok(())
    }

    pub(super) fn grant(&mut self, grants: &[Grant], now: i64) -> Result<i128, Refusal> {
        let mut total = 0;
        for Grant {
            terms,
            amount,
            clawed_back,
        } in grants
        {
            let id = terms.id.as_str();
            let odd = matches!(terms.kind, LotKind::Free | LotKind::Overdraft);
            let named = id.starts_with("free:") || id == "overdraft";
            let cap = terms.rollover.map_or(0, |it| milli(it.cap));
            let amounts = [milli(*amount), milli(*clawed_back), cap];
            if odd || named || amounts.into_iter().any(|amount| amount < 0) {
                return Err(Refusal::ImpossibleGrant(terms.id.clone()));
            }
            if self.has(id) {
                continue;
            }
            let promos = self.pots.iter().filter(|pot| pot.kind == LotKind::Promo);
            if terms.kind == LotKind::Promo && promos.filter(|pot| !pot.over).count() >= 50 {
                return Err(Refusal::TooManyLots { limit: 50 });
            }
            let ends = terms.expires_at.map(|end| end.unix_seconds());
            self.add(
                id,
                terms.kind,
                terms.starts_at.unix_seconds(),
                ends,
                milli(*amount),
            );
            let kept = terms
                .rollover
                .map(|it| (it.from.unix_seconds(), milli(it.cap)));
            self.pot(id).kept = kept;
            self.take_from_new(id, milli(*clawed_back), now);
            total += milli(*amount);
        }
        Ok(total)
    }

    pub(super) fn claw_back(
        &mut self,
        wanted: &[Clawback],
        past: &dyn Fn(&str) -> Option<Pot>,
    ) -> Result<i128, Refusal> {
        let mut total = 0;
        for Clawback {
            lot,
            target,
            past: given,
        } in wanted
        {
            let id = lot.as_str();
            if !self.has(id) && given.is_some() {
                let back = past(id).unwrap();
                self.past_used -= back.used;
                self.pots.push(back);
            }
            if !self.has(id) && self.will_come(id) {
                continue;
            }
            if !self.has(id) {
                return Err(Refusal::NoSuchLot(lot.clone()));
            }
            let pot = self.pot(id);
            let clawed_back = (milli(*target).min(pot.granted) - pot.lapsed).max(0);
            total += clawed_back - pot.clawed_back;
            pot.clawed_back = clawed_back;
        }
        Ok(total)
    }
}
