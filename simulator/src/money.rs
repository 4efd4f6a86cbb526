//! Stripe: what it reports of a history, and the credits that must stay of it.

use std::collections::{BTreeMap, BTreeSet};

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::Value;
use shared::domain::billing::IntervalUnit;
use shared::domain::{Credits, GrantInterval, Price, PriceKind, Rollover, Tier};
use stripe_billing::strategy::histories;
use stripe_billing::{Doubt, Expected, History, Shape, Unit, World, expected_of, render};

use crate::fleet::SetUpError;
use crate::random::Random;

/// What is left at the end of a month is kept, so that what stands of a lot is what it
/// was given less what was clawed back.
const FOR_EVER: Rollover = Rollover {
    months: 1_000,
    cap: Credits::MAX_AMOUNT,
};

/// Stripe's side of a run.
#[derive(Debug)]
pub(crate) struct Merchant {
    /// When each event happened, and what is posted of it.
    pub(crate) events: Vec<(i64, String)>,
    /// When the last of it has happened.
    pub(crate) end_s: i64,
    /// Subscriptions that are over then.
    pub(crate) ended: BTreeSet<String>,
    expected: Expected,
}

/// A random history of a seed.
pub(crate) fn history(seed: u64, steps: usize) -> Result<History, SetUpError> {
    let mut random = Random::new(seed);
    let mut bytes = [0; 32];
    for chunk in bytes.chunks_mut(8) {
        chunk.copy_from_slice(&random.next().to_be_bytes());
    }
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let drawn = histories(steps).new_tree(&mut runner);
    let drawn = drawn.map_err(|reason| SetUpError(reason.to_string()))?;
    Ok(drawn.current())
}

impl Merchant {
    /// What becomes of a history.
    pub(crate) fn of(history: &History, is_older_shape: bool) -> Self {
        let shape = if is_older_shape {
            Shape::Acacia
        } else {
            Shape::Basil
        };
        let world = World::run(history);
        let posted = world.events.iter().filter(|event| shape.posts(event));
        let events = posted.flat_map(|event| {
            let bodies = as_posted(render(event, shape));
            bodies.into_iter().map(|body| (event.created, body))
        });
        let events = events.collect();
        let subscriptions = world.subscriptions.iter();
        let ended = subscriptions
            .filter(|subscription| !subscription.status.is_live())
            .map(|subscription| subscription.id.clone());
        Merchant {
            events,
            end_s: world.now(),
            ended: ended.collect(),
            expected: expected_of(&world),
        }
    }

    /// What is wrong with what stands of users' paid credits, in thousandths, with the
    /// number of lots that it is made of.
    pub(crate) fn problem(&self, standing: &BTreeMap<String, (i64, i64)>) -> Option<String> {
        if !self.is_decided() {
            return None;
        }
        let may_be_less = self.expected.doubts.contains(&Doubt::EndOfTrial);
        self.expected.users.iter().find_map(|(name, user)| {
            let (has, lots) = standing.get(name).copied().unwrap_or_default();
            let off = has.saturating_sub(user.total_milli);
            let rounding = user.tolerance_milli.saturating_add(lots);
            let is_less = off < rounding.saturating_neg() && !may_be_less;
            (off > 0 || is_less).then(|| {
                let due = user.total_milli;
                format!("{name} has {has} thousandths and paid for {due}")
            })
        })
    }

    /// Whether events alone settle what is due.
    fn is_decided(&self) -> bool {
        let mut doubts = self.expected.doubts.iter();
        doubts.all(|doubt| match doubt {
            Doubt::ChangeInTrial | Doubt::AnchorMoved | Doubt::EndOfTrial | Doubt::UnpaidTwins => {
                true
            }
            Doubt::ZeroUnnamed
            | Doubt::NeverBilled
            | Doubt::UnpaidUnnamed
            | Doubt::ManyUnnamed
            | Doubt::RefundTie => false,
        })
    }
}

/// What Stripe posts of an event. A paid invoice is reported in two events. And now and
/// then one thing is reported again in an event of its own
/// (<https://docs.stripe.com/webhooks#handle-duplicate-events>).
fn as_posted(event: Value) -> Vec<String> {
    let named = |mut event: Value, suffix: &str, kind: Option<&str>| {
        let id = event.get("id").and_then(Value::as_str);
        let id = format!("{}{suffix}", id.unwrap_or_default());
        if let Some(fields) = event.as_object_mut() {
            fields.insert("id".to_string(), id.into());
            if let Some(kind) = kind {
                fields.insert("type".to_string(), kind.into());
            }
        }
        event
    };
    let mut all = Vec::new();
    let paid = event.pointer("/data/object/amount_paid");
    let is_paid = event.get("type") == Some(&"invoice.paid".into());
    if is_paid && paid.and_then(Value::as_i64).is_some_and(|paid| paid > 0) {
        all.push(named(
            event.clone(),
            "succeeded",
            Some("invoice.payment_succeeded"),
        ));
    }
    let id = event.get("id").and_then(Value::as_str).unwrap_or_default();
    let sum: u64 = id.bytes().map(u64::from).sum();
    if sum.is_multiple_of(6) {
        all.push(named(event.clone(), "again", None));
    }
    all.push(event);
    all.iter().map(Value::to_string).collect()
}

/// What is wrong with what stands of users' paid credits after a history: by user, the sum
/// in thousandths and the number of lots that it is made of.
pub fn unlike(history: &History, standing: &BTreeMap<String, (i64, i64)>) -> Option<String> {
    Merchant::of(history, false).problem(standing)
}

/// The prices of a history as the tables have them.
pub fn prices(history: &History) -> Vec<Price> {
    history.catalogue.iter().filter_map(price).collect()
}

fn price(of: &stripe_billing::Price) -> Option<Price> {
    let mut amounts: BTreeMap<String, u64> = BTreeMap::new();
    for (currency, amount) in &of.amounts {
        amounts.insert(currency.clone(), u64::try_from(*amount).ok()?);
    }
    let (currency, _) = of.amounts.first()?.clone();
    Some(Price {
        price_id: of.id.clone(),
        kind: PriceKind::Subscription,
        plan: of.plan.clone(),
        tier: Some(if of.is_free() { Tier::Free } else { Tier::Pro }),
        rank: 1,
        credits: Credits::from_milli(of.credits_milli),
        trial_credits: Credits::from_milli(of.trial_credits_milli),
        every: if of.monthly {
            GrantInterval::Month
        } else {
            GrantInterval::Invoice
        },
        rollover: if of.monthly {
            FOR_EVER
        } else {
            Rollover::default()
        },
        grace_days: 10_000,
        payment_link: None,
        interval: match of.interval.unit {
            Unit::Day => IntervalUnit::Day,
            Unit::Week => IntervalUnit::Week,
            Unit::Month => IntervalUnit::Month,
            Unit::Year => IntervalUnit::Year,
        },
        interval_count: of.interval.count,
        adjustable_quantity: false,
        available: true,
        amount_minor: amounts.remove(&currency)?,
        currency,
        other_amounts_minor: amounts,
    })
}
