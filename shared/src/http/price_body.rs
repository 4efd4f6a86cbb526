//! A price as answers show it: what it buys, how often it is paid, and what it costs in
//! each currency. Fields are only ever added, because installed apps read them.

use serde::Serialize;

use crate::domain::billing::IntervalUnit;
use crate::domain::{GrantInterval, Price, PriceKind};

/// What a price buys and costs.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", schema(as = Price))]
pub struct PriceBody {
    /// Names the price in a checkout.
    price_id: String,
    /// `subscription` is paid again and again, `pack` once.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::http::openapi::PriceKindText))]
    kind: &'static str,
    /// The plan or the pack.
    plan: String,
    /// The tier that a subscription entitles to; null for packs.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::http::openapi::TierText>, required = true))]
    tier: Option<&'static str>,
    /// The credits of one unit, per payment.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::http::openapi::Amount))]
    credits: String,
    /// The credits of a trial, if Stripe gives one.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::http::openapi::Amount))]
    trial_credits: String,
    /// How often it is paid; null for packs.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    interval: Option<IntervalBody>,
    /// Whether the credits of a payment come in monthly parts.
    granted_monthly: bool,
    /// What one unit costs, the default currency first.
    amounts: Vec<AmountBody>,
}

/// How often a subscription is paid.
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", schema(as = Interval))]
struct IntervalBody {
    #[cfg_attr(feature = "openapi", schema(value_type = crate::http::openapi::IntervalUnitText))]
    unit: &'static str,
    #[cfg_attr(feature = "openapi", schema(minimum = 1))]
    count: u32,
}

/// What one unit costs in a currency.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", schema(as = Money))]
struct AmountBody {
    /// Three lower-case letters (ISO 4217).
    currency: String,
    /// In the currency's smallest unit, before taxes and discounts.
    amount_minor: u64,
}

impl PriceBody {
    /// A price.
    pub fn of(price: &Price) -> Self {
        let is_subscription = match price.kind {
            PriceKind::Subscription => true,
            PriceKind::Pack | PriceKind::None => false,
        };
        let interval = price.interval();
        let own = (&price.currency, &price.amount_minor);
        let others = price.other_amounts_minor.iter();
        let others = others.filter(|(currency, _)| **currency != price.currency);
        let amounts = std::iter::once(own).chain(others);
        PriceBody {
            price_id: price.price_id.clone(),
            kind: if is_subscription {
                "subscription"
            } else {
                "pack"
            },
            plan: price.plan.clone(),
            tier: price.tier.map(crate::domain::Tier::as_str),
            credits: price.credits.to_string(),
            trial_credits: price.trial_credits.to_string(),
            interval: is_subscription.then(|| IntervalBody {
                unit: word(interval.unit),
                count: interval.count,
            }),
            granted_monthly: price.every == GrantInterval::Month,
            amounts: amounts
                .map(|(currency, amount)| AmountBody {
                    currency: currency.clone(),
                    amount_minor: *amount,
                })
                .collect(),
        }
    }
}

fn word(unit: IntervalUnit) -> &'static str {
    match unit {
        IntervalUnit::Day => "day",
        IntervalUnit::Week => "week",
        IntervalUnit::Month => "month",
        IntervalUnit::Year => "year",
    }
}
