//! The billing of one customer: the model of Stripe's billing, asked by ids.
//! `drawing` renders what came of it.

use std::collections::BTreeMap;

use serde_json::Value;
use shared::domain::billing::IntervalUnit;
use shared::domain::{Price, PriceKind};
use stripe_billing::{
    Act, CancelAt, Collection, Crediting, History, Proration, SubscriptionStatus, Unit, World,
    boundary,
};

use super::names::Names;
use crate::stripe::ApiVersion;

/// How long a renewal's invoice stays a draft, in seconds.
const DRAFT: u32 = 3_600;

/// One customer's subscriptions with their invoices and payments.
#[derive(Debug)]
pub(super) struct Engine {
    pub(super) model: World,
    pub(super) names: Names,
    pub(super) version: ApiVersion,
    /// The recurring prices; acts refer to them by position.
    prices: Vec<stripe_billing::Price>,
    /// How many events of the model were taken.
    pub(super) reported: usize,
    /// The objects as they were taken, by the model's ids.
    pub(super) shown: BTreeMap<String, Value>,
}

/// A subscription that was there before.
#[derive(Clone, Debug)]
pub(super) struct Adopted {
    pub(super) id: String,
    pub(super) item: String,
    pub(super) price: String,
    pub(super) quantity: u8,
    pub(super) currency: String,
    pub(super) created: i64,
    pub(super) anchor: i64,
    pub(super) period: (i64, i64),
    pub(super) status: SubscriptionStatus,
    pub(super) cancel_at_period_end: bool,
    pub(super) cancel_at: Option<i64>,
    pub(super) canceled_at: Option<i64>,
    pub(super) metadata: Value,
}

/// A price as the model knows it. The credits are none of Stripe's business.
fn model_price(price: &Price) -> stripe_billing::Price {
    let unit = match price.interval {
        IntervalUnit::Day => Unit::Day,
        IntervalUnit::Week => Unit::Week,
        IntervalUnit::Month => Unit::Month,
        IntervalUnit::Year => Unit::Year,
    };
    let minor = |amount: u64| i64::try_from(amount).unwrap_or(i64::MAX);
    let others = price.other_amounts_minor.iter();
    let others = others.map(|(currency, amount)| (currency.clone(), minor(*amount)));
    let first = (price.currency.clone(), minor(price.amount_minor));
    // Its product is called after the price.
    let plan = price.price_id.replacen("price_", "", 1);
    let mut model = stripe_billing::Price::new(&price.price_id, &plan, 0, 0, 0)
        .every(unit, price.interval_count.max(1));
    model.amounts = std::iter::once(first).chain(others).collect();
    model
}

impl Engine {
    /// The billing of a customer without subscriptions, at a moment.
    pub(super) fn new(
        customer: &str,
        tag: String,
        prices: &[Price],
        (version, now): (ApiVersion, i64),
    ) -> Self {
        let crediting = if is_flexible(version) {
            Crediting::PerDebit
        } else {
            Crediting::Named
        };
        Engine::billing(customer, tag, prices, (version, now, crediting))
    }

    /// The billing of a customer who has subscriptions, whose invoices it does not
    /// know: credits name no line.
    pub(super) fn adopting(
        customer: &str,
        tag: String,
        prices: &[Price],
        (version, now): (ApiVersion, i64),
        all: &[Adopted],
    ) -> Self {
        let how = (version, now, Crediting::Unnamed);
        let mut engine = Engine::billing(customer, tag, prices, how);
        for adopted in all {
            // One with a price that is not sold any more stays as it is.
            let _ = engine.adopt(adopted);
        }
        engine
    }

    fn billing(
        customer: &str,
        tag: String,
        prices: &[Price],
        (version, now, crediting): (ApiVersion, i64, Crediting),
    ) -> Self {
        let recurring = prices.iter().filter(|it| it.kind != PriceKind::Pack);
        let recurring: Vec<_> = recurring.map(model_price).collect();
        let history = History {
            start: now,
            users: 1,
            catalogue: recurring.clone(),
            crediting,
            draft_s: DRAFT,
            steps: Vec::new(),
        };
        let mut model = World::new(&history);
        for owner in &mut model.customers {
            owner.id = customer.to_string();
        }
        Engine {
            model,
            names: Names::new(tag),
            version,
            prices: recurring,
            reported: 0,
            shown: BTreeMap::new(),
        }
    }

    /// Lets time pass: renewals and ends that were due have happened.
    pub(super) fn advance(&mut self, now: i64) {
        self.model.advance(now);
    }

    /// A new subscription to a price, paid by a card that works. Its id.
    pub(super) fn subscribe(
        &mut self,
        price: &str,
        (quantity, currency): (u8, &str),
        metadata: Value,
    ) -> Option<String> {
        let position = self.position_of(price)?;
        let sold = self.prices.get(usize::from(position))?;
        let mut amounts = sold.amounts.iter();
        let place = amounts.position(|(name, _)| name == currency)?;
        let place = u8::try_from(place).ok()?;
        let user = self.names.add(metadata);
        for owner in &mut self.model.customers {
            owner.user.clone_from(&user);
            owner.card_works = true;
        }
        let done = self.model.apply(Act::Subscribe {
            user: 0,
            price: position,
            quantity,
            second: None,
            trial_days: 0,
            coupon: 0,
            currency: place,
            collection: Collection::Charge,
        });
        let made = self.model.subscriptions.last().filter(|_| done)?;
        Some(self.names.of(&made.id))
    }

    /// Takes over a subscription that was there before, without its past: no invoice
    /// is known of the period that runs, so nothing of it is credited by name.
    fn adopt(&mut self, adopted: &Adopted) -> Option<()> {
        let charge = (adopted.quantity, adopted.currency.as_str());
        self.subscribe(&adopted.price, charge, adopted.metadata.clone())?;
        let number = self.model.subscriptions.len();
        let made = self.model.subscriptions.last_mut()?;
        self.names.know(format!("sub_{number}"), adopted.id.clone());
        made.created = adopted.created;
        made.status = adopted.status;
        (made.period_start, made.period_end) = adopted.period;
        (made.anchor, made.cycle) = (adopted.anchor, 1);
        made.cancel_at_period_end = adopted.cancel_at_period_end;
        made.cancel_at = adopted.cancel_at;
        made.canceled_at = adopted.canceled_at;
        made.latest_invoice = None;
        made.flexible = is_flexible(self.version);
        for item in &mut made.items {
            self.names.know(item.id.clone(), adopted.item.clone());
            item.debits.clear();
            let interval = item.price.interval;
            let ends = |cycle: &i64| boundary(adopted.anchor, interval, *cycle) >= adopted.period.1;
            made.cycle = (1..1_200).find(ends).unwrap_or(1);
        }
        self.model.invoices.clear();
        self.model.lines.clear();
        self.model.payments.clear();
        self.model.events.clear();
        Some(())
    }

    /// Another price for a subscription; whether that was possible.
    pub(super) fn change_price(&mut self, id: &str, price: &str, proration: Proration) -> bool {
        let (Some(sub), Some(price)) = (self.live(id), self.position_of(price)) else {
            return false;
        };
        self.model.apply(Act::ChangePrice {
            sub,
            item: 0,
            price,
            proration,
        })
    }

    /// Another quantity for a subscription; whether that was possible.
    pub(super) fn change_quantity(&mut self, id: &str, quantity: u8, proration: Proration) -> bool {
        let Some(sub) = self.live(id) else {
            return false;
        };
        self.model.apply(Act::ChangeQuantity {
            sub,
            item: 0,
            quantity,
            proration,
        })
    }

    /// Ends a subscription with its period. The portal sets only the moment, where
    /// billing is flexible.
    pub(super) fn cancel_at_period_end(&mut self, id: &str, by_portal: bool) -> bool {
        let Some(sub) = self.live(id) else {
            return false;
        };
        let at = if by_portal && is_flexible(self.version) {
            CancelAt::Moment
        } else {
            CancelAt::Flag
        };
        self.model.apply(Act::CancelAtPeriodEnd { sub, at })
    }

    /// Takes back that a subscription ends.
    pub(super) fn resume(&mut self, id: &str) -> bool {
        let sub = self.live(id);
        sub.is_some_and(|sub| self.model.apply(Act::Resume { sub }))
    }

    /// Ends a subscription at once.
    pub(super) fn cancel(&mut self, id: &str, prorate: bool) -> bool {
        let sub = self.live(id);
        sub.is_some_and(|sub| self.model.apply(Act::Cancel { sub, prorate }))
    }

    /// Another card: open invoices are paid with it if it works.
    pub(super) fn set_card(&mut self, works: bool) {
        self.model.apply(Act::Card { user: 0, works });
        if !works {
            return;
        }
        let invoices = self.model.invoices.len();
        for _ in 0..invoices {
            let is_open = |it: &stripe_billing::Invoice| it.can_be_paid();
            if !self.model.invoices.iter().any(is_open) {
                break;
            }
            self.model.apply(Act::Pay { invoice: 0 });
        }
    }

    /// The latest invoice of a subscription.
    pub(super) fn latest_invoice(&self, id: &str) -> Option<String> {
        let mut all = self.model.subscriptions.iter();
        let sub = all.find(|sub| self.names.of(&sub.id) == id)?;
        let invoice = self.model.invoices.get(sub.latest_invoice?)?;
        Some(self.names.of(&invoice.id))
    }

    /// Whether charges succeed.
    pub(super) fn card_works(&self) -> bool {
        self.model.customers.iter().all(|it| it.card_works)
    }

    /// Whether it knows a subscription.
    pub(super) fn has(&self, id: &str) -> bool {
        let mut all = self.model.subscriptions.iter();
        all.any(|sub| self.names.of(&sub.id) == id)
    }

    fn position_of(&self, price: &str) -> Option<u8> {
        let position = self.prices.iter().position(|it| it.id == price)?;
        u8::try_from(position).ok()
    }

    /// The position of a subscription among those that live.
    fn live(&self, id: &str) -> Option<u8> {
        let all = self.model.subscriptions.iter();
        let mut live = all.filter(|sub| sub.status.is_live());
        let position = live.position(|sub| self.names.of(&sub.id) == id)?;
        u8::try_from(position).ok()
    }
}

/// Whether subscriptions of a version use flexible billing.
fn is_flexible(version: ApiVersion) -> bool {
    version >= ApiVersion::Clover
}
