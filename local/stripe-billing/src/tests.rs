//! Checks of the model against numbers worked out by hand from Stripe's
//! documentation, and against itself on random histories.

use crate::act::{Act, Collection, Crediting, History, Proration, Step};
use crate::catalogue::Price;
use crate::engine::World;

mod billing;
mod calendar;
mod laws;
mod money;
mod oracle;
mod render;
mod strategy;

pub(super) const DAY: u32 = 86_400;

/// Prices in round numbers: a at 10.00 and b at 20.00 a month, a at 100.00 a
/// year; 1,000, 3,000 and 12,000 credits.
pub(super) fn round_prices() -> Vec<Price> {
    let price = |id: &str, usd, credits: i64| Price::new(id, id, usd, usd, credits * 1_000);
    vec![
        price("a", 1_000, 1_000).with_trial(100_000),
        price("b", 2_000, 3_000).with_trial(200_000),
        price("year", 10_000, 12_000).every(crate::Unit::Year, 1),
        price("free", 0, 0),
    ]
}

/// 1 April 2026, midnight UTC: a month of thirty days begins.
pub(super) const APRIL: i64 = 1_775_001_600;

pub(super) fn history(crediting: Crediting, steps: Vec<Step>) -> History {
    History {
        start: APRIL,
        users: 1,
        catalogue: round_prices(),
        crediting,
        draft_s: 3_600,
        steps,
    }
}

pub(super) fn run(steps: Vec<Step>) -> World {
    World::run(&history(Crediting::Named, steps))
}

pub(super) fn at(days: u32, act: Act) -> Step {
    Step {
        wait_s: days * DAY,
        act,
    }
}

pub(super) fn subscribe(price: u8) -> Act {
    subscribe_with(price, 0, 0, Collection::Charge)
}

pub(super) fn subscribe_with(price: u8, trial_days: u8, coupon: u8, collection: Collection) -> Act {
    Act::Subscribe {
        user: 0,
        price,
        quantity: 1,
        second: None,
        trial_days,
        coupon,
        currency: 0,
        collection,
    }
}

pub(super) fn to(price: u8) -> Act {
    change(price, Proration::InvoiceNow)
}

pub(super) fn change(price: u8, proration: Proration) -> Act {
    Act::ChangePrice {
        sub: 0,
        item: 0,
        price,
        proration,
    }
}

pub(super) fn seats(quantity: u8) -> Act {
    Act::ChangeQuantity {
        sub: 0,
        item: 0,
        quantity,
        proration: Proration::InvoiceNow,
    }
}

/// The amounts of the lines of an invoice.
pub(super) fn amounts(world: &World, invoice: usize) -> Vec<i64> {
    let lines = world.invoices[invoice].lines.iter();
    lines.map(|line| world.lines[*line].amount).collect()
}

/// The kinds of all events, in order.
pub(super) fn kinds(world: &World) -> Vec<&'static str> {
    world.events.iter().map(|event| event.kind).collect()
}
