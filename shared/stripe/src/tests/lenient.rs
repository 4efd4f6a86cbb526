//! Optional fields: where one cannot be read it counts as absent, in both shapes, and
//! all others are read as usual.

use super::damaged::{replaced, without};
use super::*;

const SHAPES: [&str; 2] = [UNTIL_ACACIA, SINCE_BASIL];

/// Values that are neither a time nor an id nor a whole number.
fn damages() -> Vec<Value> {
    vec![
        json!(true),
        json!(-1),
        json!(1.5),
        json!(u64::MAX),
        json!("a#b"),
        json!("ä".repeat(200)),
        json!([7]),
        json!({"x": 1}),
        json!({"id": 7}),
    ]
}

/// Each damage at a place of an invoice, and its absence, change what `forgotten`
/// changes and nothing else.
#[track_caller]
fn check_invoice(shape: &str, place: &str, forgotten: impl Fn(&mut PaidInvoice)) {
    let event = example(shape, "invoice_paid");
    let path = format!("$.data.object.{place}");
    let mut expected = invoice_of(&event);
    forgotten(&mut expected);
    for damage in damages() {
        let damaged = replaced(event.clone(), &path, damage.clone());
        assert_eq!(invoice_of(&damaged), expected, "{place}: {damage}");
    }
    assert_eq!(invoice_of(&without(event, &path)), expected, "{place}");
}

#[test]
fn the_moment_an_invoice_was_paid_may_be_unknown() {
    for shape in SHAPES {
        for place in ["status_transitions", "status_transitions.paid_at"] {
            check_invoice(shape, place, |invoice| invoice.paid_at = None);
        }
    }
}

#[test]
fn a_line_counts_one_by_saying_nothing_and_any_whole_number() {
    let path = "$.data.object.lines.data[0].quantity";
    for shape in SHAPES {
        let event = example(shape, "invoice_paid");
        let quantity = |event: &Value| invoice_of(event).lines[0].quantity;
        for (value, expected) in [
            (json!(null), Some(1)),
            (json!(0), Some(0)),
            (json!(7), Some(7)),
            (json!(u64::from(u32::MAX) + 1), Some(1 << 32)),
            (json!(i64::MAX), Some(i64::MAX.unsigned_abs())),
            (json!(1_u64 << 63), None),
            (json!(u64::MAX), None),
            (json!(-1), None),
            (json!(2.5), None),
            (json!(2.0), None),
            (json!("2"), None),
            (json!([2]), None),
        ] {
            let event = replaced(event.clone(), path, value.clone());
            assert_eq!(quantity(&event), expected, "{value}");
        }
        assert_eq!(quantity(&without(event, path)), Some(1));
    }
}

#[test]
fn a_line_may_have_no_amount() {
    for shape in SHAPES {
        let event = example(shape, "invoice_paid");
        let path = "$.data.object.lines.data[0].amount";
        let amount = |event: &Value| invoice_of(event).lines[0].amount_minor;
        for (value, expected) in [
            (json!(i64::MIN), Some(i64::MIN)),
            (json!(i64::MAX), Some(i64::MAX)),
            (json!(u64::MAX), None),
            (json!(1e30), None),
            (json!(1.0), None),
            (json!("1"), None),
            (json!(null), None),
            (json!([]), None),
        ] {
            let event = replaced(event.clone(), path, value.clone());
            assert_eq!(amount(&event), expected, "{value}");
        }
        assert_eq!(amount(&without(event, path)), None);
    }
}

#[test]
fn half_a_period_of_a_line_is_none_and_so_is_one_that_ends_before_it_starts() {
    for shape in SHAPES {
        for place in ["period", "period.start", "period.end"] {
            let place = format!("lines.data[0].{place}");
            check_invoice(shape, &place, |invoice| invoice.lines[0].period = None);
        }
        for (end, is_period) in [(START - 1, false), (START, true), (i64::MAX, false)] {
            let path = "$.data.object.lines.data[0].period.end";
            let event = replaced(example(shape, "invoice_paid"), path, json!(end));
            assert_eq!(invoice_of(&event).lines[0].period.is_some(), is_period);
        }
    }
}

#[test]
fn a_price_that_cannot_be_read_is_looked_for_in_the_older_places_and_else_unknown() {
    for place in [
        "pricing",
        "pricing.price_details",
        "pricing.price_details.price",
    ] {
        let place = format!("lines.data[0].{place}");
        check_invoice(SINCE_BASIL, &place, |invoice| invoice.lines[0].price = None);
    }
    for place in ["price", "price.id"] {
        let place = format!("lines.data[0].{place}");
        // Its plan still names the price.
        check_invoice(UNTIL_ACACIA, &place, |_| {});
    }
}

#[test]
fn a_line_whose_own_subscription_cannot_be_read_bills_that_of_its_invoice() {
    let new = "parent.subscription_item_details.subscription";
    for (shape, place) in [(UNTIL_ACACIA, "subscription"), (SINCE_BASIL, new)] {
        check_invoice(shape, &format!("lines.data[0].{place}"), |_| {});
    }
}

#[test]
fn a_line_credits_those_of_the_named_lines_that_can_be_read() {
    let new = "parent.invoice_item_details.proration_details";
    for (shape, place) in [(UNTIL_ACACIA, "proration_details"), (SINCE_BASIL, new)] {
        let details = format!("lines.data[1].{place}");
        let items = format!("{details}.credited_items");
        for place in [
            details,
            items.clone(),
            format!("{items}.invoice"),
            format!("{items}.invoice_line_items"),
        ] {
            check_invoice(shape, &place, |invoice| invoice.lines[1].credited.clear());
        }
        check_invoice(
            shape,
            &format!("{items}.invoice_line_items[0]"),
            |invoice| {
                invoice.lines[1].credited.remove(0);
            },
        );
    }
}

#[test]
fn a_parent_or_type_that_cannot_be_read_leaves_a_line_of_no_kind_we_know() {
    let forget = |invoice: &mut PaidInvoice| invoice.lines[0].kind = LineKind::Other;
    check_invoice(UNTIL_ACACIA, "lines.data[0].type", |invoice| {
        forget(invoice);
    });
    check_invoice(SINCE_BASIL, "lines.data[0].parent", |invoice| {
        forget(invoice);
        invoice.lines[0].subscription = None;
    });
}

#[test]
fn only_a_line_without_an_id_makes_an_invoice_unreadable() {
    for shape in SHAPES {
        let event = with(
            example(shape, "invoice_paid"),
            "lines.data",
            json!([{"id": "il_1"}]),
        );
        let line = invoice_of(&event).lines.remove(0);
        assert_eq!((line.kind, line.quantity), (LineKind::Other, Some(1)));
        assert_eq!((line.amount_minor, line.period), (None, None));
        for damage in [
            json!({}),
            json!({"id": null}),
            json!({"id": "a#b"}),
            json!(7),
        ] {
            let lines = json!([{"id": "il_1"}, damage]);
            let (path, _) = problem_of(&with(event.clone(), "lines.data", lines));
            assert!(path.starts_with("$.data.object.lines.data[1]"), "{path}");
        }
    }
}

#[test]
fn an_item_without_a_period_of_its_own_has_that_of_its_subscription() {
    let event = example(SINCE_BASIL, "subscription_created");
    let event = with(event, "current_period_start", json!(START + 7));
    let event = with(event, "current_period_end", json!(START + 8));
    let (from, to) = (moment(START + 7), moment(START + 8));
    for damage in damages().into_iter().chain([json!(null)]) {
        let path = "$.data.object.items.data[0].current_period_end";
        let items = subscription_of(&replaced(event.clone(), path, damage))
            .state
            .items;
        let plus = items
            .iter()
            .find(|item| item.price == id("price_plus"))
            .unwrap();
        assert_eq!((plus.period_start, plus.period_end), (from, to));
    }
}

#[test]
fn an_item_without_any_period_has_the_widest_of_its_neighbours() {
    let event = example(SINCE_BASIL, "subscription_created");
    let path = "$.data.object.items.data[0].current_period_start";
    for event in [
        without(event.clone(), path),
        replaced(event.clone(), path, json!(null)),
        replaced(event.clone(), path, json!("soon")),
        // The subscription's own period is damaged too.
        with(without(event, path), "current_period_start", json!("soon")),
    ] {
        let items = subscription_of(&event).state.items;
        let plus = items
            .iter()
            .find(|item| item.price == id("price_plus"))
            .unwrap();
        let widest = (moment(START + 60), moment(START + PERIOD - 60));
        assert_eq!((plus.period_start, plus.period_end), widest);
    }
}

#[test]
fn the_ends_the_anchor_and_the_trial_of_a_subscription_may_be_unknown() {
    for shape in SHAPES {
        let event = example(shape, "subscription_cancelled_at_end");
        for (field, forget) in [
            (
                "cancel_at_period_end",
                (|state| state.cancel_at_period_end = false) as fn(&mut SubscriptionState),
            ),
            ("cancel_at", |state| state.cancel_at = None),
            ("billing_cycle_anchor", |state| {
                state.billing_cycle_anchor = None
            }),
            ("trial_start", |state| state.trial_start = None),
            ("trial_end", |state| state.trial_end = None),
        ] {
            let mut expected = subscription_of(&event).state;
            forget(&mut expected);
            let path = format!("$.data.object.{field}");
            let mut damages = damages();
            damages.retain(|damage| *damage != json!(true));
            damages.push(json!(null));
            for damage in damages {
                let damaged = replaced(event.clone(), &path, damage.clone());
                assert_eq!(
                    subscription_of(&damaged).state,
                    expected,
                    "{field} {damage}"
                );
            }
            assert_eq!(
                subscription_of(&without(event.clone(), &path)).state,
                expected
            );
        }
    }
}

#[test]
fn what_a_subscription_was_before_may_be_unknown() {
    for shape in SHAPES {
        let mut event = example(shape, "subscription_renewed");
        for damage in damages() {
            event["data"]["previous_attributes"] = damage.clone();
            let previous = subscription_of(&event).previous;
            assert_eq!(previous, PreviousState::default(), "{damage}");
            event["data"]["previous_attributes"] = json!({
                "status": 7, "items": damage, "current_period_start": "soon",
                "cancel_at": "soon", "cancel_at_period_end": "soon",
            });
            let previous = subscription_of(&event).previous;
            assert_eq!(previous, PreviousState::default(), "{damage}");
        }
    }
}

#[test]
fn a_line_of_a_credit_note_that_cannot_be_read_names_none() {
    for shape in SHAPES {
        let event = example(shape, "credit_note");
        let path = "$.data.object.lines.data[0].invoice_line_item";
        for event in damages()
            .into_iter()
            .map(|damage| replaced(event.clone(), path, damage))
            .chain([without(event.clone(), path)])
        {
            let note = note_of(&event);
            assert_eq!(
                (note.lines[0].line.clone(), note.lines[0].amount_minor),
                (None, 500)
            );
        }
    }
}
