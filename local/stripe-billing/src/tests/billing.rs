//! Invoices, lines and prorations, in numbers worked out by hand from Stripe's
//! documentation.

use super::*;
use crate::act::CancelAt;
use crate::objects::{InvoiceStatus, LineKind, SubscriptionStatus};

/// The example of Stripe's page on prorations: from 10 to 20 halfway, -5 + 10.
#[test]
fn an_upgrade_halfway_bills_half_the_difference() {
    let world = run(vec![at(0, subscribe(0)), at(15, to(1))]);
    assert_eq!(amounts(&world, 0), [1_000]);
    assert_eq!(amounts(&world, 1), [-500, 1_000]);
    let invoice = &world.invoices[1];
    assert_eq!(
        (invoice.total, invoice.amount_due, invoice.amount_paid),
        (500, 500, 500)
    );
    assert_eq!(invoice.reason, "subscription_update");
    let half = APRIL + i64::from(15 * DAY);
    for line in &world.lines[1..] {
        assert_eq!((line.start, line.end), (half, APRIL + i64::from(30 * DAY)));
    }
}

#[test]
fn prorations_are_accurate_to_the_second_and_round_to_the_smallest_unit() {
    let step = Step {
        wait_s: 1_000_000,
        act: seats(3),
    };
    let world = run(vec![at(0, subscribe(0)), step]);
    // 1,592,000 of 2,592,000 seconds: 614.1975 of 1,000 and 1842.5926 of 3,000.
    assert_eq!(amounts(&world, 1), [-614, 1_843]);
    assert_eq!(world.lines[2].quantity, 3);
}

#[test]
fn a_downgrade_goes_to_the_balance_and_the_next_invoice_takes_from_it() {
    let world = run(vec![at(0, subscribe(1)), at(15, to(0)), at(16, Act::Pass)]);
    let down = &world.invoices[1];
    assert_eq!(
        (down.total, down.amount_due, down.amount_paid),
        (-500, 0, 0)
    );
    assert_eq!(
        (down.starting_balance, down.ending_balance),
        (0, Some(-500))
    );
    assert_eq!((down.status, down.payment), (InvoiceStatus::Paid, None));
    let renewal = &world.invoices[2];
    assert_eq!(
        (renewal.total, renewal.amount_due, renewal.amount_paid),
        (1_000, 500, 500)
    );
    assert_eq!(
        (renewal.starting_balance, renewal.ending_balance),
        (-500, Some(0))
    );
    assert_eq!(world.customers[0].balance, 0);
}

#[test]
fn an_invoice_that_the_balance_covers_is_paid_without_a_payment() {
    let world = run(vec![
        at(0, subscribe(1)),
        at(0, to(0)),
        at(30, Act::Pass),
        at(1, Act::Pass),
    ]);
    let renewal = &world.invoices[2];
    assert_eq!((renewal.amount_due, renewal.payment), (0, None));
    assert_eq!(
        (renewal.status, renewal.ending_balance),
        (InvoiceStatus::Paid, Some(0))
    );
}

#[test]
fn from_month_to_year_a_new_period_begins_and_all_of_it_is_billed() {
    let world = run(vec![at(0, subscribe(0)), at(15, to(2))]);
    assert_eq!(amounts(&world, 1), [-500, 10_000]);
    let sub = &world.subscriptions[0];
    let now = APRIL + i64::from(15 * DAY);
    assert_eq!((sub.anchor, sub.period_start), (now, now));
    assert_eq!(sub.period_end - now, i64::from(365 * DAY));
    let whole = &world.lines[2];
    assert_eq!(
        (whole.kind, whole.start, whole.end),
        (LineKind::Regular, now, sub.period_end)
    );
}

#[test]
fn from_free_to_paid_a_new_period_begins() {
    let world = run(vec![at(0, subscribe(3)), at(10, to(0))]);
    assert_eq!(amounts(&world, 1), [0, 1_000]);
    assert_eq!(world.subscriptions[0].anchor, APRIL + i64::from(10 * DAY));
}

#[test]
fn pending_prorations_come_with_the_next_invoice() {
    let world = run(vec![
        at(0, subscribe(0)),
        at(15, change(1, Proration::Pending)),
        at(16, Act::Pass),
    ]);
    assert_eq!(world.invoices.len(), 2);
    assert_eq!(amounts(&world, 1), [-500, 1_000, 2_000]);
    assert_eq!(world.invoices[1].amount_paid, 2_500);
}

#[test]
fn without_proration_only_the_next_period_has_the_new_price() {
    let world = run(vec![
        at(0, subscribe(0)),
        at(15, change(1, Proration::None)),
        at(16, Act::Pass),
    ]);
    assert_eq!(amounts(&world, 1), [2_000]);
}

#[test]
fn a_reset_of_the_anchor_credits_what_is_left_and_bills_a_whole_period() {
    let reset = Act::ResetAnchor {
        sub: 0,
        prorate: true,
    };
    let world = run(vec![at(0, subscribe(0)), at(6, reset)]);
    assert_eq!(amounts(&world, 1), [-800, 1_000]);
    let free = Act::ResetAnchor {
        sub: 0,
        prorate: false,
    };
    assert_eq!(
        amounts(&run(vec![at(0, subscribe(0)), at(6, free)]), 1),
        [1_000]
    );
}

#[test]
fn a_cancellation_with_proration_credits_what_is_left() {
    let world = run(vec![
        at(0, subscribe(0)),
        at(
            6,
            Act::Cancel {
                sub: 0,
                prorate: true,
            },
        ),
    ]);
    assert_eq!(amounts(&world, 1), [-800]);
    assert_eq!(world.customers[0].balance, -800);
    assert_eq!(world.subscriptions[0].status, SubscriptionStatus::Canceled);
    let plain = run(vec![
        at(0, subscribe(0)),
        at(
            6,
            Act::Cancel {
                sub: 0,
                prorate: false,
            },
        ),
    ]);
    assert_eq!(plain.invoices.len(), 1);
}

#[test]
fn a_cancellation_at_the_periods_end_bills_only_what_waits() {
    let world = run(vec![
        at(0, subscribe(0)),
        at(15, change(1, Proration::Pending)),
        at(
            0,
            Act::CancelAtPeriodEnd {
                sub: 0,
                at: CancelAt::Moment,
            },
        ),
        at(40, Act::Pass),
    ]);
    assert_eq!(amounts(&world, 1), [-500, 1_000]);
    let sub = &world.subscriptions[0];
    assert_eq!(
        (sub.cancel_at_period_end, sub.cancel_at),
        (false, Some(sub.period_end))
    );
    assert_eq!(sub.ended_at, Some(APRIL + i64::from(30 * DAY)));
}

#[test]
fn a_renewal_stays_a_draft_for_an_hour() {
    let world = run(vec![at(0, subscribe(0)), at(30, Act::Pass)]);
    assert_eq!(world.invoices[1].status, InvoiceStatus::Draft);
    assert_eq!(
        world.subscriptions[0].period_start,
        APRIL + i64::from(30 * DAY)
    );
    let step = Step {
        wait_s: 3_600,
        act: Act::Pass,
    };
    let world = run(vec![at(0, subscribe(0)), at(30, Act::Pass), step]);
    assert_eq!(
        world.invoices[1].paid_at,
        Some(APRIL + i64::from(30 * DAY) + 3_600)
    );
}

#[test]
fn a_trial_costs_nothing_and_its_end_starts_the_first_period() {
    let world = run(vec![
        at(0, subscribe_with(0, 7, 0, Collection::Charge)),
        at(8, Act::Pass),
    ]);
    assert_eq!(
        (amounts(&world, 0), amounts(&world, 1)),
        (vec![0], vec![1_000])
    );
    let end = APRIL + i64::from(7 * DAY);
    assert_eq!((world.lines[0].start, world.lines[0].end), (APRIL, end));
    assert_eq!(
        (world.subscriptions[0].anchor, world.lines[1].start),
        (end, end)
    );
    assert_eq!(world.subscriptions[0].status, SubscriptionStatus::Active);
}

#[test]
fn a_trial_can_be_extended_and_ended_now() {
    let trial = at(0, subscribe_with(0, 7, 0, Collection::Charge));
    let longer = at(2, Act::MoveTrialEnd { sub: 0, days: 20 });
    let world = run(vec![trial, longer]);
    assert_eq!(
        world.subscriptions[0].trial,
        Some((APRIL, APRIL + i64::from(22 * DAY)))
    );
    assert_eq!(amounts(&world, 1), [0]);
    let world = run(vec![trial, at(2, Act::MoveTrialEnd { sub: 0, days: 0 })]);
    assert_eq!(amounts(&world, 1), [1_000]);
    assert_eq!(world.subscriptions[0].anchor, APRIL + i64::from(2 * DAY));
}

#[test]
fn changes_in_a_trial_have_prorations_of_nothing() {
    let trial = at(0, subscribe_with(0, 7, 0, Collection::Charge));
    let world = run(vec![trial, at(2, to(1))]);
    assert_eq!(amounts(&world, 1), [0, 0]);
    assert!(
        world.lines[1..]
            .iter()
            .all(|line| line.trial && line.is_proration())
    );
}

#[test]
fn a_coupon_is_a_discount_of_regular_lines_and_lies_within_prorations() {
    let world = run(vec![
        at(0, subscribe_with(0, 0, 25, Collection::Charge)),
        at(15, to(1)),
    ]);
    assert_eq!(
        (world.lines[0].amount, world.lines[0].discount),
        (1_000, 250)
    );
    assert_eq!(
        (world.invoices[0].subtotal, world.invoices[0].total),
        (1_000, 750)
    );
    assert_eq!(amounts(&world, 1), [-375, 750]);
}

#[test]
fn items_are_added_and_removed_for_the_rest_of_the_period() {
    let add = Act::AddItem {
        sub: 0,
        price: 1,
        quantity: 2,
        proration: Proration::InvoiceNow,
    };
    let remove = Act::RemoveItem {
        sub: 0,
        item: 1,
        proration: Proration::InvoiceNow,
    };
    let world = run(vec![at(0, subscribe(0)), at(15, add), at(6, remove)]);
    assert_eq!(
        (amounts(&world, 1), amounts(&world, 2)),
        (vec![2_000], vec![-1_200])
    );
    assert_eq!(world.lines[2].of, Some(1));
}

#[test]
fn credits_name_the_latest_debit_or_nothing_or_each_debit() {
    let steps = vec![at(0, subscribe(0)), at(10, seats(2)), at(10, seats(1))];
    let named = World::run(&history(Crediting::Named, steps.clone()));
    let credits = |world: &World| -> Vec<(i64, Option<(String, String)>)> {
        let lines = world
            .lines
            .iter()
            .filter(|line| line.kind == LineKind::Credit);
        let named = lines.map(|line| {
            let named = line.credited.as_ref();
            (
                line.amount,
                named.map(|it| (it.invoice.clone(), it.lines.concat())),
            )
        });
        named.collect()
    };
    let of = |invoice: &str, line: &str| Some((invoice.to_string(), line.to_string()));
    assert_eq!(
        credits(&named),
        [(-667, of("in_1", "il_1")), (-667, of("in_2", "il_3"))]
    );
    let unnamed = World::run(&history(Crediting::Unnamed, steps.clone()));
    assert_eq!(credits(&unnamed), [(-667, None), (-667, None)]);
    // One more seat is billed alone; both debits are credited when it goes.
    let flexible = World::run(&history(Crediting::PerDebit, steps));
    assert_eq!(amounts(&flexible, 1), [667]);
    assert_eq!(
        credits(&flexible),
        [(-333, of("in_1", "il_1")), (-334, of("in_2", "il_2"))]
    );
}

#[test]
fn a_credit_may_name_a_line_of_its_own_invoice() {
    let world = run(vec![
        at(0, subscribe(0)),
        at(10, change(1, Proration::Pending)),
        at(5, to(0)),
    ]);
    assert_eq!(amounts(&world, 1), [-667, 1_333, -1_000, 500]);
    let named = world.lines[3].credited.as_ref().unwrap();
    assert_eq!(
        (named.invoice.as_str(), named.lines[0].as_str()),
        ("in_2", "il_3")
    );
}

#[test]
fn another_price_after_a_change_without_proration_is_credited_as_sold_or_as_billed() {
    let steps = vec![
        at(0, subscribe(0)),
        at(0, change(1, Proration::None)),
        at(
            15,
            Act::Cancel {
                sub: 0,
                prorate: true,
            },
        ),
    ];
    let classic = World::run(&history(Crediting::Named, steps.clone()));
    assert_eq!(amounts(&classic, 1), [-1_000]);
    let flexible = World::run(&history(Crediting::PerDebit, steps));
    assert_eq!(amounts(&flexible, 1), [-500]);
}
