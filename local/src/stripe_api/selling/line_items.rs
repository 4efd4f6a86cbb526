//! `line_items` of a checkout: prices of the catalogue, each with a quantity.

use serde_json::{Value, json};
use shared::domain::{Price, PriceKind};

use super::state::{Line, Selling};
use crate::stripe_api::call::Call;
use crate::stripe_api::refusal::Refusal;
use crate::stripe_api::shelf::Shelf;

/// Limits of Checkout. Source: <https://docs.stripe.com/api/checkout/sessions/create>.
const MAX_LINES: usize = 100;
const MAX_QUANTITY: i64 = 999_999;
/// The model of billing counts so far.
const MAX_SEATS: i64 = 255;

/// What a checkout is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Payment,
    Subscription,
}

impl Mode {
    pub(super) fn word(self) -> &'static str {
        match self {
            Mode::Payment => "payment",
            Mode::Subscription => "subscription",
        }
    }

    pub(super) fn read(call: &mut Call) -> Result<Self, Refusal> {
        match call.parameters.required("mode")?.as_str() {
            "payment" => Ok(Mode::Payment),
            "subscription" => Ok(Mode::Subscription),
            other => {
                let text = format!(
                    "Invalid mode: {other}; the local Stripe knows payment and subscription"
                );
                Err(Refusal::invalid(text).param("mode"))
            }
        }
    }
}

/// What is bought and in which currency.
pub(super) struct Basket {
    pub(super) lines: Vec<Line>,
    pub(super) currency: String,
}

impl Basket {
    pub(super) fn total(&self) -> i64 {
        let amounts = self.lines.iter().map(Line::amount);
        amounts.fold(0, i64::saturating_add)
    }
}

impl Line {
    pub(super) fn amount(&self) -> i64 {
        self.unit_amount.saturating_mul(self.quantity)
    }
}

/// Reads the lines of a checkout.
pub(super) fn read(call: &mut Call, selling: &Selling, mode: Mode) -> Result<Basket, Refusal> {
    let wanted = call.parameters.text("currency")?;
    let positions = call.parameters.positions("line_items");
    if positions.is_empty() {
        return Err(Refusal::required("line_items"));
    }
    let too_many = match mode {
        Mode::Payment => positions.len() > MAX_LINES,
        Mode::Subscription => positions.len() > 1,
    };
    if too_many {
        let text = format!(
            "The local Stripe sells at most {MAX_LINES} lines in a payment and one in a subscription."
        );
        return Err(Refusal::invalid(text).param("line_items"));
    }
    let mut lines = Vec::new();
    let mut currency = wanted.unwrap_or_default();
    for position in positions {
        let (price, quantity) = one(call, selling, position, mode)?;
        if currency.is_empty() {
            currency.clone_from(&price.currency);
        }
        let name = format!("line_items[{position}][price]");
        let Some(amount) = price.amount_in(&currency) else {
            let text = format!(
                "The price `{}` is not available in the currency {currency}.",
                price.price_id
            );
            return Err(Refusal::invalid(text).param(name));
        };
        lines.push(Line {
            unit_amount: i64::try_from(amount).unwrap_or(i64::MAX),
            price,
            quantity,
        });
    }
    Ok(Basket { lines, currency })
}

fn one(
    call: &mut Call,
    selling: &Selling,
    position: u32,
    mode: Mode,
) -> Result<(Price, i64), Refusal> {
    let (price_at, quantity_at) = (
        format!("line_items[{position}][price]"),
        format!("line_items[{position}][quantity]"),
    );
    let id = call.parameters.required(&price_at)?;
    let price = selling.price(&id).cloned();
    let price = price.ok_or_else(|| Refusal::missing("price", &id, &price_at))?;
    let quantity = call.parameters.integer(&quantity_at)?;
    let most = match mode {
        Mode::Payment => MAX_QUANTITY,
        Mode::Subscription => MAX_SEATS,
    };
    let Some(quantity) = quantity else {
        let text = format!("Quantity is required. Add `quantity` to `line_items[{position}]`");
        let refusal = Refusal::invalid(text).code("parameter_missing");
        return Err(refusal.param(quantity_at));
    };
    if !(1..=most).contains(&quantity) {
        let text = format!("This value must be from 1 to {most}.");
        let refusal = Refusal::invalid(text).code("parameter_invalid_integer");
        return Err(refusal.param(quantity_at));
    }
    let is_pack = price.kind == PriceKind::Pack;
    let text = match (mode, is_pack) {
        (Mode::Payment, true) | (Mode::Subscription, false) => return Ok((price, quantity)),
        (Mode::Payment, false) => {
            "You specified `payment` mode but passed a recurring price. Use `subscription` mode, or only one-time prices."
        }
        (Mode::Subscription, true) => {
            "You specified `subscription` mode but passed a one-time price. Use `payment` mode, or a recurring price."
        }
    };
    Err(Refusal::invalid(text).param("mode"))
}

/// The line items of a session, as the API shows them.
pub(super) fn drawn(shelf: &Shelf, session: &str, basket: &Basket, call: &Call) -> Vec<Value> {
    let tag = session.strip_prefix("cs_test_").unwrap_or(session);
    let lines = basket.lines.iter().zip(1_u32..);
    let lines = lines.map(|(line, number)| {
        let price = shelf.get(&line.price.price_id, "price", call.version);
        json!({
            "id": format!("li_{tag}_{number}"),
            "object": "item",
            "amount_discount": 0,
            "amount_subtotal": line.amount(),
            "amount_tax": 0,
            "amount_total": line.amount(),
            "currency": basket.currency,
            "description": line.price.plan,
            "price": price,
            "quantity": line.quantity,
        })
    });
    lines.collect()
}
