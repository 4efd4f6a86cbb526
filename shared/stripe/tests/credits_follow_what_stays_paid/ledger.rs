//! What stands of users' credits after all deliveries: what lots were given and
//! have not lost, and the months of schedules that are still to come.

use std::collections::BTreeMap;

use domain::billing::{
    BillingEvent, BillingTerms, Catalogue, FactKey, FactValue, ParkReason, World, settle,
    settle_cut,
};
use domain::{CreditAccount, GrantSchedule, Timestamp};

use crate::delivery::Delivery;

/// What stands of every lot and month, in thousandths, by user and name.
pub(crate) type Lots = BTreeMap<(String, String), i64>;

/// What was settled.
pub(crate) struct Ledger(World);

impl Ledger {
    /// Settles deliveries one by one.
    pub(crate) fn settled(deliveries: &[Delivery], catalogue: &Catalogue) -> Self {
        let mut world = World::default();
        let terms = BillingTerms::default();
        for Delivery { event, at } in deliveries {
            settle(&mut world, event, catalogue, *at, &terms).unwrap();
        }
        Ledger(world)
    }

    /// The same by processes that end after so many transactions each: Stripe delivers
    /// again, after all others, what was not answered.
    pub(crate) fn cut(
        deliveries: &[Delivery],
        catalogue: &Catalogue,
        (plans, end): (u32, Timestamp),
    ) -> Self {
        let mut world = World::default();
        let terms = BillingTerms::default();
        let mut again = Vec::new();
        for delivery in deliveries {
            let Delivery { event, at } = delivery;
            let cut = (*at, plans);
            if settle_cut(&mut world, event, catalogue, cut, &terms)
                .unwrap()
                .is_none()
            {
                again.push(event);
            }
        }
        for event in again {
            settle(&mut world, event, catalogue, end, &terms).unwrap();
        }
        Ledger(world)
    }

    /// What stands. What everybody has for free each month is left out.
    pub(crate) fn lots(&self) -> Lots {
        let mut lots = BTreeMap::new();
        for (key, value) in self.0.facts() {
            match (key, value) {
                (FactKey::Account(user), FactValue::Account(account)) => {
                    for (name, left) in of_account(account) {
                        lots.insert((user.to_string(), name), left);
                    }
                }
                (FactKey::PastLot(user, id, _), FactValue::PastLot(past)) => {
                    let left = past.lot.granted.milli() - past.lot.clawed_back.milli();
                    lots.insert((user.to_string(), id.to_string()), left);
                }
                _ => {}
            }
        }
        lots.retain(|(_, name), _| !name.starts_with("free:"));
        lots
    }

    /// The events that still wait, and what for.
    pub(crate) fn waiting(&self) -> Vec<(BillingEvent, ParkReason)> {
        let of = |reason: ParkReason| {
            let events = self.0.waiting(&reason).into_iter();
            events.map(move |event| (event, reason.clone()))
        };
        self.0.reasons().into_iter().flat_map(of).collect()
    }
}

fn of_account(account: &CreditAccount) -> Vec<(String, i64)> {
    let lots = account.lots.iter().map(|lot| {
        let left = lot.granted.milli() - lot.clawed_back.milli();
        (lot.terms.id.to_string(), left)
    });
    lots.chain(account.schedules.iter().flat_map(to_come))
        .collect()
}

/// The months of a schedule that are still to come.
fn to_come(schedule: &GrantSchedule) -> Vec<(String, i64)> {
    let next = usize::try_from(schedule.next).unwrap();
    let months = schedule.terms.months().into_iter().enumerate().skip(next);
    let left = months.map(|(number, month)| {
        let number = u32::try_from(number).unwrap();
        let mut runs = schedule.targets.runs().iter();
        let run = runs.rfind(|run| run.from <= number);
        let gone = run.map_or(0, |run| run.each.milli().min(month.granted.milli()));
        (month.terms.id.to_string(), month.granted.milli() - gone)
    });
    left.collect()
}
