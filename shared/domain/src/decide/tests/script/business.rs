//! Random business commands: grants, clawbacks and plans, as a shop with occasional
//! bugs would send them.

use super::super::super::super::fixtures::{by_month, claw_backs, lot_id, take_back_of_months};
use super::super::super::super::{
    AccountPlan, Action, Clawback, CreditAccount, CreditType, Credits, Grant, LotEnd, LotKind,
    LotRollover, LotTerms, PaidLate, PlanChange, ResetDay, Rollover, ScheduleGrant, ScheduleTerms,
    Settlement, Tier,
};
use super::super::model::DAY;
use super::super::world::World;
use super::{Script, Style, milli, moment};

impl Script {
    fn terms(&mut self, account: &CreditAccount) -> LotTerms {
        let kinds = [LotKind::Subscription, LotKind::Purchase, LotKind::Promo];
        let kind = match self.style {
            Style::Lots if self.random.percent(70) => LotKind::Promo,
            _ => self.random.pick(&kinds).unwrap(),
        };
        let month = account.lots.iter().find_map(|lot| lot.terms.expires_at);
        let month = month.map_or(self.clock, |end| end.unix_seconds());
        let end = match self.random.upto(9) {
            0..=2 => None,
            3 => Some(month),
            4 => Some(self.clock + 10 * DAY - self.clock.rem_euclid(DAY)),
            5 if self.random.percent(30) => Some(self.clock - self.random.upto(DAY)),
            _ => Some(self.clock + 1 + self.random.upto(60 * DAY)),
        };
        let cap = milli(self.random.upto(self.scale / 2));
        let from = end.unwrap_or(self.clock) - self.random.upto(20 * DAY);
        let from = moment(from);
        let rollover = self.random.percent(25).then_some(LotRollover { from, cap });
        let starts = self.clock - self.random.pick(&[0, 0, DAY, 40 * DAY]).unwrap();
        LotTerms {
            id: lot_id(&format!("buy:{}", self.name())),
            kind,
            starts_at: moment(starts),
            expires_at: end.map(moment),
            monthly_allocation: Credits::ZERO,
            reset_day_of_month: ResetDay::FIRST,
            rollover,
        }
    }

    pub(super) fn grant(&mut self, account: &CreditAccount) -> Action {
        let count = if self.style == Style::Lots { 4 } else { 1 };
        let mut grants = Vec::new();
        for _ in 0..=self.random.upto(count) {
            let mut grant = Grant {
                terms: self.terms(account),
                amount: milli(self.random.upto(self.scale)),
                clawed_back: Credits::ZERO,
            };
            if self.random.percent(15) {
                // Occasionally more than was granted.
                grant.clawed_back = milli(self.random.upto(self.scale));
            }
            match self.random.upto(79) {
                0 => grant.terms.kind = LotKind::Free,
                1 => grant.terms.kind = LotKind::Overdraft,
                2 => grant.terms.id = lot_id("free:2030-01-01"),
                3 => grant.amount = milli(-1),
                4..=9 => {
                    let known = account
                        .lots
                        .iter()
                        .filter(|lot| lot.terms.id.as_str().starts_with("buy:"));
                    let known: Vec<_> = known.cloned().collect();
                    if let Some(known) = self.random.pick(&known) {
                        grant.terms.id = known.terms.id;
                    }
                }
                10..=13 => grant.amount = Credits::ZERO,
                14 => grant.clawed_back = milli(-1),
                15 => {
                    let (from, cap) = (grant.terms.starts_at, milli(-1));
                    grant.terms.rollover = Some(LotRollover { from, cap });
                }
                _ => {}
            }
            grants.push(grant);
        }
        let schedules = match self.random.percent(20) {
            true => vec![self.schedule()],
            false => Vec::new(),
        };
        Action::Grant {
            lots: grants,
            schedules,
        }
    }

    /// Clawbacks of lots that are open or have left: all of it, a part or nothing.
    pub(super) fn claw_back(&mut self, world: &World<'_>) -> Action {
        let here = world.account.lots.iter();
        let gone = world.left.iter().rev().take(10);
        let gone = gone.filter_map(|id| world.past.get(id).map(|past| &past.lot));
        let mut lots: Vec<_> = here.chain(gone).collect();
        lots.retain(|lot| lot.terms.kind != LotKind::Free && lot.terms.kind != LotKind::Overdraft);
        let mut wanted = Vec::new();
        for _ in 0..=self.random.upto(1) {
            let lot = self.random.pick(&lots);
            let granted = lot.map_or(0, |lot| lot.granted.milli());
            let id = lot.map(|lot| lot.terms.id.clone());
            let unknown = self.random.percent(2);
            let target = match self.random.upto(3) {
                0 => 0,
                1 => granted,
                _ => self.random.upto(granted),
            };
            wanted.push(Clawback {
                lot: id
                    .filter(|_| !unknown)
                    .unwrap_or_else(|| lot_id("buy:none")),
                target: milli(target),
                past: None,
            });
        }
        claw_backs(wanted)
    }

    /// One of a few subscriptions begins, changes or ends.
    pub(crate) fn plan(&mut self) -> Action {
        let subscription_id = format!("sub_{}", self.random.upto(2));
        let tiers = [Tier::Free, Tier::Pro, Tier::Enterprise];
        let lapses = self.clock + self.random.upto(20 * DAY) - 5 * DAY;
        let plan = AccountPlan {
            subscription_id: subscription_id.clone(),
            tier: self.random.pick(&tiers).unwrap(),
            rank: 1,
            period_end: None,
            lapses_at: self.random.percent(80).then(|| moment(lapses)),
            payment_due: self.random.percent(20),
        };
        Action::SetPlan {
            subscription_id,
            plan: self.random.percent(70).then_some(plan),
        }
    }

    /// Mostly a few months around now; sometimes an invalid one.
    pub(crate) fn schedule(&mut self) -> ScheduleGrant {
        let ago = self.random.pick(&[0, 0, 0, 20 * DAY, 100 * DAY, -9 * DAY]);
        let starts_at = moment(self.clock - ago.unwrap());
        let months = self.random.pick(&[1, 2, 3, 12, 12, 14, 60]).unwrap();
        let odd = self.random.pick(&[0, 0, 1, -1, 3 * DAY, -3 * DAY]).unwrap();
        let ends_at = starts_at.plus_months(months).plus_seconds(odd);
        let rollover = Rollover {
            months: u32::try_from(self.random.upto(3)).unwrap(),
            cap: milli(self.random.upto(self.scale / 8)),
        };
        let mut terms = ScheduleTerms {
            id: lot_id(&format!("sub:{}", self.name())),
            starts_at,
            ends_at,
            expires_at: ends_at.plus_seconds(self.random.upto(3) * DAY),
            total: milli(self.random.upto(8 * self.scale)),
            rollover: if self.random.percent(40) {
                rollover
            } else {
                Rollover::default()
            },
            paid_late: None,
        };
        if self.random.percent(30) {
            let paid_at = moment(self.clock - self.random.upto(3) * DAY);
            let spend_until = paid_at.plus_seconds(self.random.upto(5) * DAY);
            terms.paid_late = Some(PaidLate {
                paid_at,
                spend_until,
            });
        }
        match self.random.upto(39) {
            0 => terms.ends_at = terms.starts_at,
            1 => terms.ends_at = terms.starts_at.plus_months(60).plus_seconds(1),
            2 => terms.expires_at = terms.ends_at.plus_seconds(-1),
            3 => terms.total = milli(-1),
            4 => terms.id = lot_id("free:2030-01-01"),
            5 => terms.rollover.cap = milli(-1),
            6 => {
                let (paid_at, spend_until) = (terms.ends_at, terms.starts_at);
                terms.paid_late = Some(PaidLate {
                    paid_at,
                    spend_until,
                });
            }
            7 | 8 => terms = self.random.pick(&self.schedules.clone()).unwrap_or(terms),
            _ => {}
        }
        self.schedules.push(terms.clone());
        let mut targets = Vec::new();
        if self.random.percent(20) {
            targets = self.targets(&terms);
        }
        ScheduleGrant { terms, targets }
    }

    /// A target for each month of a schedule: a share of the whole, a few figures
    /// in a row, or any of a few; occasionally not for all months, or for more than
    /// there are.
    pub(crate) fn targets(&mut self, terms: &ScheduleTerms) -> Vec<Credits> {
        let total = terms.total.milli().max(0);
        if self.random.percent(30) {
            let whole = self.random.pick(&[0, total / 3, total / 2, total]);
            return by_month(terms, milli(whole.unwrap()));
        }
        let months = i64::from(terms.month_count().unwrap_or(1));
        let part = total / months;
        let figures = [0, part / 2, part, part + 1, self.random.upto(part)];
        let keeps = self.random.upto(90);
        let (mut targets, mut figure) = (Vec::new(), 0);
        for _ in 0..self.random.upto(months + 1) {
            if !self.random.percent(keeps) {
                figure = self.random.pick(&figures).unwrap();
            }
            targets.push(milli(figure));
        }
        targets
    }

    /// The clawback of a whole schedule: of the months that have begun and, mostly,
    /// of those to come.
    pub(super) fn claw_back_of_a_schedule(&mut self) -> Action {
        let Some(terms) = self.random.pick(&self.schedules.clone()) else {
            return claw_backs(Vec::new());
        };
        let targets = self.targets(&terms);
        let mut action = take_back_of_months(&terms, targets);
        if let Action::Clawback { lots: _, schedules } = &mut action
            && self.random.percent(10)
        {
            schedules.clear();
        }
        action
    }

    /// New ends for lots that are open or have left: earlier, later or unchanged.
    fn ends(&mut self, world: &World<'_>) -> Vec<LotEnd> {
        let here = world.account.lots.iter();
        let gone = world.left.iter().rev().take(10);
        let gone = gone.filter_map(|id| world.past.get(id).map(|past| &past.lot));
        let mut lots: Vec<_> = here.chain(gone).collect();
        if self.random.percent(92) {
            lots.retain(|lot| {
                let terms = &lot.terms;
                let is_pro = lot.credit_type() == CreditType::Pro;
                is_pro && terms.expires_at.is_some() && terms.rollover.is_none()
            });
        } else {
            // Months that nobody read are not lots of the account.
            lots.retain(|lot| !lot.terms.id.is_free() || !lot.is_closed(moment(self.clock)));
        }
        let mut ends = Vec::new();
        for _ in 0..=self.random.upto(1) {
            let Some(lot) = self.random.pick(&lots) else {
                break;
            };
            let old = lot.terms.expires_at.unwrap_or(moment(self.clock));
            let new = match self.random.upto(9) {
                0 => old.unix_seconds(),
                1 => self.clock,
                2 | 3 => self.clock - self.random.upto(5 * DAY),
                4 => old.unix_seconds() + self.random.upto(6 * DAY) - 3 * DAY,
                _ => self.clock + 1 + self.random.upto(40 * DAY),
            };
            let unknown = self.random.percent(2);
            let id = lot.terms.id.clone();
            ends.push(LotEnd {
                lot: if unknown { lot_id("buy:none") } else { id },
                expires_at: moment(new),
                target: milli(self.random.upto(lot.granted.milli() + 1)),
                past: None,
            });
        }
        ends
    }

    /// Some of the parts that one event may have.
    pub(super) fn settlement(&mut self, world: &World<'_>) -> Settlement {
        let mut settlement = Settlement::default();
        if self.random.percent(25)
            && let Action::Grant { lots, schedules } = self.grant(&world.account)
        {
            (settlement.grants, settlement.schedules) = (lots, schedules);
        }
        if self.random.percent(35)
            && let Action::Clawback { lots, .. } = self.claw_back(world)
        {
            settlement.clawbacks = lots;
        }
        if self.random.percent(25)
            && let Action::Clawback { lots, schedules } = self.claw_back_of_a_schedule()
        {
            settlement.clawbacks.extend(lots);
            settlement.schedule_clawbacks = schedules;
        }
        if self.random.percent(65) {
            settlement.ends = self.ends(world);
        }
        if self.random.percent(25)
            && let Action::SetPlan {
                subscription_id,
                plan,
            } = self.plan()
        {
            settlement.plan = Some(PlanChange {
                subscription_id,
                plan,
            });
        }
        settlement
    }
}
