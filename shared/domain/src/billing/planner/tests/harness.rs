//! A world, short constructors for Stripe's events, and runs of them in every
//! order.

use std::collections::BTreeMap;

pub(super) use crate::billing::fixtures::{catalogue, id, period, prices};
use crate::billing::{
    BillingEvent, BillingTerms, Catalogue, CreditedLine, EventOutcome, EventRecord, Fact, FactKey,
    FactValue, InvoiceLine, InvoicePayment, LineKind, PackBought, PackName, PaidInvoice, Parties,
    PreviousState, RefundSnapshot, RefundStatus, SubscriptionItem, SubscriptionSnapshot,
    SubscriptionState, World, settle,
};
pub(super) use crate::fixtures::{at, credits};
use crate::{CreditAccount, Lot, SubscriptionStatus, Timestamp, UserId};

/// The time at which events are settled, unless a test sets another.
pub(super) const NOW: &str = "2025-11-25";

pub(super) fn user() -> UserId {
    "user-1".parse().unwrap()
}

pub(super) fn parties() -> Parties {
    Parties {
        user: Some(user()),
        customer: Some(id("cus_1")),
        subscription: Some(id("sub_1")),
    }
}

pub(super) fn nobody() -> Parties {
    Parties {
        user: None,
        ..parties()
    }
}

/// `evt_<name>`, of 20 November.
pub(super) fn event(name: &str, fact: Fact) -> BillingEvent {
    BillingEvent {
        id: id(&format!("evt_{name}")),
        event_type: "some.thing".to_string(),
        created: at("2025-11-20"),
        livemode: false,
        account: None,
        fact,
    }
}

/// A line of a subscription for this period.
pub(super) fn line(
    name: &str,
    price: &str,
    amount_minor: i64,
    (start, end): (&str, &str),
) -> InvoiceLine {
    InvoiceLine {
        period: Some(period(start, end)),
        ..crate::billing::fixtures::line(LineKind::Subscription, name, price, amount_minor)
    }
}

/// November 2025.
pub(super) const NOVEMBER: (&str, &str) = ("2025-11-01", "2025-12-01");

impl InvoiceLine {
    pub(super) fn prorated(mut self) -> Self {
        self.kind = LineKind::Proration;
        self
    }

    pub(super) fn units(mut self, quantity: u64) -> Self {
        self.quantity = Some(quantity);
        self
    }

    /// Makes it credit this line.
    pub(super) fn of(mut self, invoice: &str, line: &str) -> Self {
        self.kind = LineKind::Proration;
        self.credited.push(CreditedLine {
            invoice: id(invoice),
            line: id(line),
        });
        self
    }
}

/// A paid invoice of all these lines; its total is their sum.
pub(super) fn invoice(name: &str, lines: Vec<InvoiceLine>) -> PaidInvoice {
    let total: i64 = lines.iter().filter_map(|line| line.amount_minor).sum();
    PaidInvoice {
        parties: parties(),
        id: id(name),
        payment: None,
        paid_minor: u64::try_from(total).unwrap_or(0),
        total_minor: total,
        currency: "usd".to_string(),
        paid_at: Some(at("2025-11-01")),
        lines,
        complete: true,
    }
}

pub(super) fn paid(name: &str, lines: Vec<InvoiceLine>) -> BillingEvent {
    event(name, Fact::InvoicePaid(invoice(name, lines)))
}

/// November of the plan `pro`, paid by the invoice `in_1`.
pub(super) fn first_month() -> BillingEvent {
    paid("in_1", vec![line("il_1", "price_pro", 2000, NOVEMBER)])
}

pub(super) fn payment(invoice: &str, payment: Option<&str>) -> BillingEvent {
    let name = format!("{}_{invoice}", payment.unwrap_or("none"));
    let fact = InvoicePayment {
        invoice: id(invoice),
        payment: payment.map(id),
    };
    event(&name, Fact::InvoicePayment(fact))
}

pub(super) fn refund(
    name: &str,
    payment: &str,
    amount_minor: u64,
    status: RefundStatus,
) -> BillingEvent {
    let fact = RefundSnapshot {
        id: id(name),
        payment: id(payment),
        amount_minor,
        status,
    };
    event(&format!("{name}_{}", status.as_str()), Fact::Refund(fact))
}

/// `sub_1` at `price_pro` in November; a trial begins at its start.
pub(super) fn snapshot(
    name: &str,
    created: &str,
    status: SubscriptionStatus,
    trial_end: Option<&str>,
) -> BillingEvent {
    let state = SubscriptionState {
        status,
        items: vec![SubscriptionItem {
            price: id("price_pro"),
            period_start: at(NOVEMBER.0),
            period_end: at(NOVEMBER.1),
        }],
        cancel_at_period_end: false,
        cancel_at: None,
        billing_cycle_anchor: Some(at(NOVEMBER.0)),
        trial_start: trial_end.map(|_| at(NOVEMBER.0)),
        trial_end: trial_end.map(at),
    };
    let fact = SubscriptionSnapshot {
        parties: parties(),
        id: id("sub_1"),
        creation: false,
        state,
        previous: PreviousState::default(),
    };
    BillingEvent {
        created: at(created),
        ..event(name, Fact::Subscription(fact))
    }
}

/// One pack of 100 for 500, by the payment `pi_1`.
pub(super) fn pack_bought() -> PackBought {
    PackBought {
        parties: Parties {
            subscription: None,
            ..parties()
        },
        session: id("cs_1"),
        payment: Some(id("pi_1")),
        invoice: None,
        pack: PackName::Price(id("price_pack")),
        quantity: None,
        items: Vec::new(),
        subtotal_minor: 500,
        paid_minor: 500,
        currency: "usd".to_string(),
    }
}

/// A telling: a world, and the context in which events are settled.
#[derive(Clone)]
pub(super) struct Telling {
    pub(super) world: World,
    pub(super) catalogue: Catalogue,
    pub(super) terms: BillingTerms,
    pub(super) now: Timestamp,
}

impl Telling {
    pub(super) fn new() -> Self {
        Telling {
            world: World::default(),
            catalogue: catalogue(),
            terms: BillingTerms::default(),
            now: at(NOW),
        }
    }

    pub(super) fn report(&mut self, event: &BillingEvent) -> EventOutcome {
        settle(
            &mut self.world,
            event,
            &self.catalogue,
            self.now,
            &self.terms,
        )
        .unwrap()
    }

    #[track_caller]
    pub(super) fn record(&self, event: &BillingEvent) -> &EventRecord {
        match self.world.get(&FactKey::Event(event.id.clone())) {
            Some(FactValue::Event(record)) => record,
            other => panic!("{}: {other:?}", event.id),
        }
    }

    pub(super) fn account(&self) -> CreditAccount {
        match self.world.get(&FactKey::Account(user())) {
            Some(FactValue::Account(account)) => account.as_ref().clone(),
            _ => CreditAccount::unopened(user()),
        }
    }

    /// All lots but the free ones, including those that have left, by id.
    pub(super) fn lots(&self) -> BTreeMap<String, Lot> {
        let past = self.world.facts().values().filter_map(|value| match value {
            FactValue::PastLot(past) => Some(past.lot.clone()),
            _ => None,
        });
        let lots = self.account().into_state().lots.into_iter().chain(past);
        let lots = lots.map(|lot| (lot.terms.id.to_string(), lot));
        lots.filter(|(name, _)| !name.starts_with("free:"))
            .collect()
    }

    /// What all lots and all months to come were granted and have not lost, in
    /// milli-credits.
    pub(super) fn worth(&self) -> i64 {
        let lots = self.lots();
        let of_lots: i64 = lots
            .values()
            .map(|lot| lot.granted.milli() - lot.clawed_back.milli())
            .sum();
        let mut to_come = 0;
        for schedule in self.account().into_state().schedules {
            let next = usize::try_from(schedule.next).unwrap();
            for (number, month) in schedule.terms.months().iter().enumerate().skip(next) {
                let number = u32::try_from(number).unwrap();
                let target = schedule.targets.target(number, month.granted);
                to_come += month.granted.milli() - target.milli();
            }
        }
        of_lots + to_come
    }

    /// Everything that must not depend on the order.
    fn state(&self) -> String {
        let mut text = String::new();
        for (name, lot) in self.lots() {
            text += &format!("{name} {lot:?}\n");
        }
        let account = self.account();
        text += &format!("{:?}\n{:?}\n", account.schedules, account.plans);
        for (key, value) in self.world.facts() {
            text += &match (key, value) {
                (FactKey::Account(_) | FactKey::PastLot(..) | FactKey::CustomerQueue(_), _) => {
                    continue;
                }
                (_, FactValue::Event(record)) => format!("{key:?} {:?}\n", record.outcome),
                _ => format!("{key:?} {value:?}\n"),
            };
        }
        format!("{text}{:?}", self.world.reasons())
    }
}

/// Orders of this many events: all of them up to 6, else 500.
fn orders(count: usize) -> Vec<Vec<usize>> {
    if count > 6 {
        return (0..500).map(|seed| shuffled(count, seed)).collect();
    }
    let mut all = vec![Vec::new()];
    for number in 0..count {
        let longer = |order: Vec<usize>| {
            (0..=order.len()).map(move |place| {
                let mut order = order.clone();
                order.insert(place, number);
                order
            })
        };
        all = all.into_iter().flat_map(longer).collect();
    }
    all
}

pub(super) fn shuffled(count: usize, seed: u64) -> Vec<usize> {
    let mut random = (seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut order: Vec<usize> = (0..count).collect();
    for place in (1..count).rev() {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let other = random % u64::try_from(place + 1).unwrap();
        order.swap(place, usize::try_from(other).unwrap());
    }
    order
}

/// Settles all events, in this order.
pub(super) fn reported(events: &[BillingEvent]) -> Telling {
    reported_by(Telling::new(), events)
}

pub(super) fn reported_by(mut telling: Telling, events: &[BillingEvent]) -> Telling {
    for event in events {
        telling.report(event);
    }
    telling
}

/// Every order, with each event delivered twice, gives the same state.
#[track_caller]
pub(super) fn in_every_order(events: &[BillingEvent]) -> Telling {
    let expected = reported_by(reported(events), events);
    let state = expected.state();
    for order in orders(events.len()) {
        let ordered: Vec<_> = order.iter().map(|number| events[*number].clone()).collect();
        let other = reported_by(reported(&ordered), events);
        let names: Vec<_> = ordered.iter().map(|event| event.id.as_str()).collect();
        assert_eq!(other.state(), state, "{names:?}");
    }
    expected
}

/// Worth this many credits, less at most a thousandth for each line.
#[track_caller]
pub(super) fn check_worth(telling: &Telling, exact_milli: i64, lines: i64) {
    let worth = telling.worth();
    let lots = telling.lots();
    assert!(
        (exact_milli - lines..=exact_milli).contains(&worth),
        "{worth} instead of {exact_milli}: {lots:#?}"
    );
}

/// How much of a lot was clawed back.
#[track_caller]
pub(super) fn check_gone(telling: &Telling, lot: &str, gone: &str) {
    let lots = telling.lots();
    let found = lots
        .get(lot)
        .unwrap_or_else(|| panic!("no {lot} in {lots:#?}"));
    assert_eq!(found.clawed_back, credits(gone), "{lot}");
}

/// Every event is applied.
#[track_caller]
pub(super) fn check_applied(telling: &Telling, events: &[BillingEvent]) {
    for event in events {
        let record = telling.record(event);
        assert_eq!(
            record.outcome,
            EventOutcome::Applied,
            "{}: {record:?}",
            event.id
        );
    }
}
