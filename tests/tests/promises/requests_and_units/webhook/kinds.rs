//! The price list of Stripe's events. Costs are requests, read units in halves,
//! write units in halves. An event that is reported again costs the first look.

use local::stripe::Scenario::{
    Annual, BuyPack, BuyPackByPrice, BuyPackDelayed, DeleteCustomer, DisputeLost, DisputeWon,
    PaymentFailed, RefundExpired, RefundFull, RefundInvoice, Renew, Subscribe, TrialToPaid,
    Upgrade,
};
use serde_json::{Value, json};

use super::super::Cost;
use super::super::price_list::STRONG_QUERY;
use super::{Reported, Row, look};

/// Two looks: at what the event names, and at what that names.
pub(super) const fn looks(keys: u64) -> Cost {
    ("BatchGetItem", 2, 2 * keys, 0)
}

/// Items as of one moment, at twice the units.
pub(super) const fn snapshot(items: u64) -> Cost {
    ("TransactGetItems", 1, 4 * items, 0)
}

/// All that an event changes, and its record.
const fn write(half_units: u64) -> Cost {
    ("TransactWriteItems", 1, 0, half_units)
}

const fn row(
    kind: &'static str,
    before: &'static [Reported],
    reported: Reported,
    (outcome, keys): (&'static str, u64),
    costs: &'static [Cost],
) -> Row {
    Row {
        kind,
        before,
        reported,
        change: |_| {},
        outcome,
        keys,
        costs,
        again: None,
    }
}

/// A row whose event looks at the catalogue once more when it is reported again.
const fn again(row: Row, costs: &'static [Cost]) -> Row {
    let again = Some(costs);
    Row { again, ..row }
}

const fn changed(row: Row, change: fn(&mut Value)) -> Row {
    Row { change, ..row }
}

/// Before a subscription's invoice: who it is, and what was bought.
const BOUGHT: &[Reported] = &[(Subscribe, 1), (Subscribe, 2)];
const INVOICED: &[Reported] = &[(Subscribe, 1), (Subscribe, 2), (Subscribe, 3)];
const CHANGED: &[Reported] = &[(Upgrade, 1), (Upgrade, 2), (Upgrade, 3), (Upgrade, 5)];
const TRIED: &[Reported] = &[(TrialToPaid, 1), (TrialToPaid, 2)];
const PAID: &[Reported] = &[
    (RefundInvoice, 1),
    (RefundInvoice, 2),
    (RefundInvoice, 3),
    (RefundInvoice, 4),
];
const PACK: &[Reported] = &[(BuyPack, 1)];

fn live(event: &mut Value) {
    event["livemode"] = json!(true);
}

fn foreign(event: &mut Value) {
    event["type"] = json!("product.updated");
}

/// Puts a price that nobody knows where `price_test_…` stands.
fn unknown(event: &mut Value) {
    let text = event.to_string();
    let text = text
        .replace("price_test_p", "price_new_p")
        .replace("plink_test_p", "plink_new_p");
    *event = serde_json::from_str(&text).unwrap();
}

fn cheaper(event: &mut Value) {
    event["data"]["object"]["amount_subtotal"] = json!(499);
}

/// Makes of a refund the credit note that it belongs to, which is of the invoice.
fn credited(event: &mut Value) {
    let refund = event["data"]["object"].clone();
    let payment = refund["payment_intent"]["id"].as_str().unwrap_or_default();
    event["type"] = json!("credit_note.created");
    event["data"]["object"] = json!({
        "id": payment.replacen("pi_", "cn_", 1),
        "object": "credit_note",
        "customer": payment.replacen("pi_", "cus_", 1).trim_end_matches("_1"),
        "invoice": payment.replacen("pi_", "in_", 1),
        "lines": {"object": "list", "data": [], "has_more": false},
        "pre_payment_amount": 0,
        "post_payment_amount": 500,
        "refunds": [],
        "status": "issued",
        "total": 500,
    });
}

fn unnamed(event: &mut Value) {
    event["data"]["object"]["payment_link"] = json!(null);
}

/// New events, of three requests at most.
#[rustfmt::skip] // one line a row
pub(super) const KINDS: [Row; 32] = [
    row("checkout of a subscription", &[], (Subscribe, 1), ("applied", 4), &[look(4), write(18)]),
    row("pack", &[], (BuyPack, 1), ("applied", 4), &[looks(5), write(30)]),
    row("pack, by its price", &[], (BuyPackByPrice, 1), ("applied", 4), &[looks(5), write(30)]),
    row("subscription, by its checkout", &[(Subscribe, 1)], (Subscribe, 2), ("applied", 5), &[looks(7), write(26)]),
    row("subscription, by itself", &[], (PaymentFailed, 1), ("applied", 5), &[looks(7), write(38)]),
    row("subscription, its next period", BOUGHT, (Renew, 5), ("applied", 5), &[looks(7), write(24)]),
    row("subscription, ended", BOUGHT, (DeleteCustomer, 5), ("applied", 5), &[looks(7), write(20)]),
    row("invoice", BOUGHT, (Subscribe, 3), ("applied", 6), &[looks(7), write(28)]),
    row("invoice, of a year", BOUGHT, (Annual, 3), ("applied", 6), &[looks(7), write(32)]),
    row("invoice, of a change", CHANGED, (Upgrade, 6), ("applied", 6), &[look(6), snapshot(2), write(28)]),
    row("invoice, of a trial", TRIED, (TrialToPaid, 3), ("applied", 6), &[looks(8), write(34)]),
    // The user had one in the row before.
    row("invoice, of a second trial", TRIED, (TrialToPaid, 3), ("applied", 6), &[looks(8), write(18)]),
    row("invoice payment", INVOICED, (Subscribe, 4), ("applied", 3), &[looks(4), write(16)]),
    row("invoice payment before its invoice", BOUGHT, (Subscribe, 4), ("applied", 3), &[look(3), write(12)]),
    row("refund of a pack", PACK, (RefundFull, 2), ("applied", 2), &[look(2), snapshot(2), write(26)]),
    row("refund of a pack, in sum", &[(RefundFull, 1), (RefundFull, 2)], (RefundFull, 3), ("applied", 2), &[look(2), write(12)]),
    row("refund before its pack", &[], (RefundFull, 2), ("applied", 2), &[look(2), write(8)]),
    row("dispute of a pack", PACK, (DisputeLost, 3), ("applied", 2), &[look(2), snapshot(2), write(26)]),
    row("dispute of a pack, won", &[(DisputeWon, 1), (DisputeWon, 3)], (DisputeWon, 5), ("applied", 2), &[look(2), snapshot(2), write(30)]),
    row("customer gone", BOUGHT, (DeleteCustomer, 6), ("applied", 3), &[look(3), write(10)]),
    changed(row("of no concern", &[], (BuyPack, 1), ("ignored", 1), &[look(1), write(4)]), foreign),
    row("noted", &[], (BuyPackDelayed, 1), ("ignored", 1), &[look(1), write(4)]),
    row("dispute, of which nothing moved yet", &[], (DisputeLost, 2), ("applied", 2), &[look(2), write(8)]),
    row("invoice of a stranger", &[], (Subscribe, 3), ("parked", 6), &[look(6), write(18)]),
    row("subscription of a stranger", &[], (Subscribe, 2), ("parked", 5), &[look(5), write(18)]),
    changed(row("of another mode", &[], (BuyPack, 1), ("refused", 4), &[look(4), write(4)]), live),
    again(changed(row("unknown price of a pack", &[], (BuyPackByPrice, 1), ("parked", 4), &[look(4), write(16)]), unknown), &[look(4), STRONG_QUERY]),
    again(changed(row("unknown link of a pack", &[], (BuyPack, 1), ("parked", 4), &[look(4), STRONG_QUERY, write(16)]), unknown), &[look(4), STRONG_QUERY]),
    again(changed(row("unknown price of a subscription", &[(Subscribe, 1)], (Subscribe, 2), ("parked", 4), &[looks(7), write(22)]), unknown), &[looks(7), STRONG_QUERY]),
    again(changed(row("unknown price of an invoice", BOUGHT, (Subscribe, 3), ("parked", 5), &[look(6), write(22)]), unknown), &[look(6), STRONG_QUERY]),
    again(changed(row("another amount than the price's", &[], (BuyPack, 1), ("parked", 4), &[look(4), STRONG_QUERY, write(12)]), cheaper), &[look(4), STRONG_QUERY]),
    changed(row("pack without a name", &[], (BuyPack, 1), ("parked", 4), &[look(4), write(12)]), unnamed),
];

/// Money of an invoice that comes back: which lots it paid for lies with the invoice.
#[rustfmt::skip] // one line a row
pub(super) const RETURNS: [Row; 4] = [
    changed(row("credit note of an invoice", PAID, (RefundInvoice, 5), ("applied", 4), &[looks(5), snapshot(2), write(28)]), credited),
    row("refund of an invoice", PAID, (RefundInvoice, 5), ("applied", 2), &[looks(4), snapshot(2), write(32)]),
    row("refund of an invoice, long past", &[(RefundExpired, 1), (RefundExpired, 2), (RefundExpired, 3)], (RefundExpired, 5), ("applied", 2), &[looks(4), snapshot(2), write(36)]),
    row("dispute of an invoice", PAID, (DisputeLost, 3), ("applied", 2), &[looks(4), snapshot(2), write(32)]),
];

/// What waited for an event is settled with it, and is paid for with it.
#[rustfmt::skip] // one line a row
pub(super) const DRAINS: [Row; 2] = [
    row("checkout that an invoice waited for", &[(Subscribe, 3)], (Subscribe, 1), ("applied", 4), &[("BatchGetItem", 4, 24, 0), STRONG_QUERY, ("TransactWriteItems", 2, 0, 56)]),
    row("checkout that a subscription and an invoice waited for", &[(Subscribe, 2), (Subscribe, 3)], (Subscribe, 1), ("applied", 4), &[("BatchGetItem", 7, 40, 0), STRONG_QUERY, ("TransactWriteItems", 3, 0, 92)]),
];
