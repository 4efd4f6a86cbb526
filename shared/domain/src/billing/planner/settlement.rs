//! Turns books and payments into one command for the account: grants what is new,
//! and sets clawback targets that have changed.

use super::view::{Stop, View};
use crate::billing::{
    FactKey, FactValue, LotTarget, PackLot, Plan, ReturnedAmount, SubscriptionBook, WHOLE,
};
use crate::{
    Cause, Clawback, Command, Credits, Digester, EntryKey, Erasable, Grant, LotEnd, LotId,
    LotTerms, PastLot, ScheduleClawback, ScheduleGrant, Settlement, StripeId, UserId, decide,
};

/// A pack and how much of it must be clawed back now.
pub(super) struct PackTarget {
    pub(super) pack: PackLot,
    pub(super) target: Credits,
    /// The clawback target before; none = the pack is new.
    pub(super) before: Option<Credits>,
}

impl PackTarget {
    pub(super) fn new(
        pack: PackLot,
        returned: ReturnedAmount,
        before: Option<ReturnedAmount>,
    ) -> Self {
        let part = |returned: ReturnedAmount| pack_share(pack.granted, returned);
        PackTarget {
            target: part(returned),
            before: before.map(part),
            pack,
        }
    }
}

/// The clawback target of a pack for the share that was returned, rounded up.
pub(super) fn pack_share(granted: Credits, returned: ReturnedAmount) -> Credits {
    let milli = u128::try_from(granted.milli()).unwrap_or(0);
    let share = milli.saturating_mul(returned.parts()).div_ceil(WHOLE);
    i64::try_from(share)
        .map_or(granted, Credits::from_milli)
        .min(granted)
}

/// All changes that an event makes to an account.
#[derive(Default)]
pub(super) struct Changes {
    settlement: Settlement,
    /// Lots of the account that may be among the past credits.
    wanted: Vec<LotTerms>,
}

impl Changes {
    /// Sets the plan that an account stores for a subscription.
    pub(super) fn set_plan(&mut self, plan: crate::PlanChange) {
        self.settlement.plan = Some(plan);
    }

    /// Adds the grants and targets that differ between two states of a book.
    pub(super) fn between(
        &mut self,
        before: &SubscriptionBook,
        after: &SubscriptionBook,
    ) -> Result<(), crate::CreditsOverflow> {
        let known = before.targets()?;
        for target in after.targets()? {
            let before = known.iter().find(|known| known.id() == target.id());
            match (before, target) {
                (Some(before), target) if *before == target => {}
                (None, LotTarget::Lot(terms, clawed_back)) => {
                    let amount = after.granted(&terms.id);
                    self.settlement.grants.push(Grant {
                        terms,
                        amount,
                        clawed_back,
                    });
                }
                (None, LotTarget::Schedule(terms, targets)) => {
                    self.settlement
                        .schedules
                        .push(ScheduleGrant { terms, targets });
                }
                (Some(before), LotTarget::Lot(terms, target)) => {
                    self.change_lot(before, terms, target);
                }
                (Some(_), LotTarget::Schedule(terms, targets)) => {
                    let months = terms.months();
                    for (number, month) in months.into_iter().enumerate() {
                        let target = targets.get(number).copied().unwrap_or(Credits::ZERO);
                        self.claw_back(month.terms, target);
                    }
                    let schedule = terms.id;
                    self.settlement
                        .schedule_clawbacks
                        .push(ScheduleClawback { schedule, targets });
                }
            }
        }
        Ok(())
    }

    fn change_lot(&mut self, before: &LotTarget, terms: LotTerms, target: Credits) {
        let LotTarget::Lot(old, _) = before else {
            return;
        };
        match (old.expires_at, terms.expires_at) {
            (Some(was), Some(expires_at)) if was != expires_at => {
                let lot = terms.id;
                self.wanted.push(old.clone());
                self.settlement.ends.push(LotEnd {
                    lot,
                    expires_at,
                    target,
                    past: None,
                });
            }
            _ => self.claw_back(terms, target),
        }
    }

    fn claw_back(&mut self, terms: LotTerms, target: Credits) {
        let lot = terms.id.clone();
        self.wanted.push(terms);
        self.settlement.clawbacks.push(Clawback {
            lot,
            target,
            past: None,
        });
    }

    /// Grants a pack, or sets its clawback target.
    pub(super) fn pack(&mut self, target: &PackTarget) {
        let terms = target.pack.terms();
        match target.before {
            None => self.settlement.grants.push(Grant {
                terms,
                amount: target.pack.granted,
                clawed_back: target.target,
            }),
            Some(before) if before == target.target => {}
            Some(_) => self.claw_back(terms, target.target),
        }
    }

    fn is_nothing(&self) -> bool {
        self.settlement == Settlement::default()
    }

    /// Decides the command on the user's account and adds the decision to the plan.
    pub(super) fn decide(
        mut self,
        view: &View<'_>,
        user_id: &UserId,
        cause: &str,
        mut plan: Plan,
    ) -> Result<Plan, Stop> {
        if self.is_nothing() {
            return Ok(plan);
        }
        let past_key = |terms: &LotTerms| past_key(user_id, terms);
        let account_key = FactKey::Account(user_id.clone());
        let keys = self.wanted.iter().map(past_key).chain([account_key]);
        view.want(keys.collect())?;
        let past: Vec<PastLot> = self
            .wanted
            .iter()
            .filter_map(|terms| view.past_lot(&past_key(terms)))
            .collect();
        let find = |id: &LotId| past.iter().find(|past| past.lot.terms.id == *id).cloned();
        for clawback in &mut self.settlement.clawbacks {
            clawback.past = find(&clawback.lot);
        }
        for end in &mut self.settlement.ends {
            end.past = find(&end.lot);
        }
        let Some(command) = command(view, cause, self.settlement) else {
            return Err(Stop::from(
                view.operator("its ids are too long for a cause"),
            ));
        };
        match decide(&view.account(user_id), &command, view.request.now) {
            Ok(decision) => plan.decision = Some(Box::new(decision)),
            Err(refusal) => return Err(Stop::from(view.operator(refusal))),
        }
        Ok(plan)
    }
}

fn past_key(user_id: &UserId, terms: &LotTerms) -> FactKey {
    let at = terms.expires_at.unwrap_or(terms.starts_at);
    FactKey::PastLot(user_id.clone(), terms.id.clone(), at)
}

/// A command on behalf of Stripe, under a cause that names the business object.
/// What it does is absolute, so if the cause is used already, a suffix is enough to
/// distinguish it.
fn command(view: &View<'_>, cause: &str, settlement: Settlement) -> Option<Command> {
    let event = &view.request.event.id;
    let cause = match view.request.attempt {
        0 => cause.to_string(),
        1 => format!("{cause}:{event}"),
        more => format!("{cause}:{event}:{more}"),
    };
    let cause: Cause = cause.parse().ok()?;
    let mut digester = Digester::new("stripe");
    digester.text("cause", cause.as_str());
    Some(Command {
        key: EntryKey::Cause(cause),
        request_hash: digester.finish(),
        // Not a person's name, so it needs no secret salt.
        actor: Erasable::new("stripe", [0; 16]),
        label: None,
        action: crate::Action::Settle(settlement),
    })
}

/// A book before and after an event.
pub(super) struct ChangedBook {
    pub(super) id: StripeId,
    pub(super) before: SubscriptionBook,
    pub(super) after: SubscriptionBook,
}

impl ChangedBook {
    pub(super) fn of(view: &View<'_>, id: &StripeId, user_id: &UserId) -> Self {
        let before = view.book(id, user_id);
        ChangedBook {
            id: id.clone(),
            after: before.clone(),
            before,
        }
    }
}

/// Adds changed books to the plan, and what they change in the account to `changes`.
pub(super) fn put_books(
    view: &View<'_>,
    books: Vec<ChangedBook>,
    plan: &mut Plan,
    changes: &mut Changes,
) -> Result<(), Stop> {
    for book in books {
        let overflow = |problem| Stop::from(view.operator(problem));
        changes
            .between(&book.before, &book.after)
            .map_err(overflow)?;
        if book.before != book.after {
            let key = FactKey::Book(book.id);
            plan.puts.insert(key, FactValue::Book(book.after));
        }
    }
    Ok(())
}
