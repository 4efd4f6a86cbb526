//! Counting the rows of a segment, one user at a time.

use std::collections::BTreeSet;

use shared::domain::{
    Balance, CreditAccount, LotId, PastLot, PlanStatus, Subscription, Timestamp, UserId,
    plan_in_force, roll_forward,
};
use shared::store::{HoldingRow, PersonRow};

use super::totals::Totals;
use crate::ending::Failure;

/// Counts profiles and plans.
pub(super) struct PeopleCount {
    now: Timestamp,
    totals: Totals,
    /// The user whose rows are being read.
    current: Option<(UserId, Vec<Subscription>)>,
}

impl PeopleCount {
    pub(super) fn at(now: Timestamp) -> Self {
        PeopleCount {
            now,
            totals: Totals::default(),
            current: None,
        }
    }

    pub(super) fn take(&mut self, row: PersonRow) {
        match row {
            PersonRow::Profile(user) => {
                self.totals.users += 1;
                self.totals.active_users += u64::from(user.active);
                self.of(user.user_id);
            }
            PersonRow::Subscription(subscription) => {
                let subscriptions = self.of(subscription.user_id.clone());
                subscriptions.push(subscription);
            }
            PersonRow::Damaged(_) => self.totals.unreadable += 1,
        }
    }

    /// The subscriptions of the current user, once the one before is counted.
    fn of(&mut self, user_id: UserId) -> &mut Vec<Subscription> {
        let is_current = self.current.as_ref().is_some_and(|(id, _)| *id == user_id);
        if !is_current {
            self.count_current();
        }
        let current = self.current.get_or_insert_with(|| (user_id, Vec::new()));
        &mut current.1
    }

    fn count_current(&mut self) {
        let Some((_, subscriptions)) = self.current.take() else {
            return;
        };
        let plan = plan_in_force(&subscriptions, self.now);
        let tier = plan.tier.as_str();
        let name = match plan.status {
            PlanStatus::Active => tier.to_string(),
            PlanStatus::Trialing => format!("{tier} trialing"),
            PlanStatus::Expired => format!("{tier} expired"),
            PlanStatus::Cancelled => format!("{tier} cancelled"),
        };
        *self.totals.plans.entry(name).or_default() += 1;
    }

    pub(super) fn finish(mut self) -> Totals {
        self.count_current();
        self.totals
    }
}

/// Counts what accounts hold and what of them lapsed.
pub(super) struct HoldingsCount {
    now: Timestamp,
    totals: Totals,
    /// The user whose account was read last, and the lots it has.
    current: Option<(UserId, BTreeSet<LotId>)>,
}

impl HoldingsCount {
    pub(super) fn at(now: Timestamp) -> Self {
        HoldingsCount {
            now,
            totals: Totals::default(),
            current: None,
        }
    }

    pub(super) fn take(&mut self, row: HoldingRow) -> Result<(), Failure> {
        match row {
            HoldingRow::Account(account) => self.count_account(&account),
            HoldingRow::Past(user_id, past) => self.count_past(&user_id, &past),
            HoldingRow::Damaged(_) => {
                self.totals.unreadable += 1;
                Ok(())
            }
        }
    }

    fn count_account(&mut self, account: &CreditAccount) -> Result<(), Failure> {
        let user_id = &account.user_id;
        let failed = |error: String| Failure::Could(format!("the account of {user_id}: {error}"));
        let rolled = roll_forward(account, self.now).map_err(|error| failed(error.to_string()))?;
        let lots = &account.lots;
        let ids = lots.iter().map(|lot| lot.terms.id.clone()).collect();
        self.current = Some((user_id.clone(), ids));
        let totals = &mut self.totals;
        totals.accounts += 1;
        totals.inactive_accounts += u64::from(!account.active);
        let now = rolled.account.as_of;
        let open = rolled.account.holds.iter().filter(|hold| hold.is_open());
        totals.open_holds += open.count() as u64;
        let balance = Balance::of(&rolled.account, now).map_err(|it| failed(it.to_string()))?;
        totals.add_debt(balance.debt)?;
        for lot in &rolled.account.lots {
            if !lot.is_closed(now) {
                let left = lot.surplus().map_err(|it| failed(it.to_string()))?;
                totals.add_outstanding(lot.terms.kind, left)?;
            }
            totals.add_held(lot.held)?;
            totals.add_lapsed(lot.terms.kind, lot.lapsed)?;
        }
        for past in &rolled.archived {
            totals.add_lapsed(past.lot.terms.kind, past.lot.lapsed)?;
        }
        Ok(())
    }

    /// A recalled lot keeps its item; the account has it then, and it was counted there.
    fn count_past(&mut self, user_id: &UserId, past: &PastLot) -> Result<(), Failure> {
        let lot = &past.lot;
        let is_recalled = self
            .current
            .as_ref()
            .is_some_and(|(id, lots)| id == user_id && lots.contains(&lot.terms.id));
        if is_recalled {
            return Ok(());
        }
        self.totals.add_lapsed(lot.terms.kind, lot.lapsed)
    }

    pub(super) fn finish(self) -> Totals {
        self.totals
    }
}
