//! Properties of every history.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::objects::{InvoiceStatus, LineKind, Object};
use crate::oracle::{Expected, expected_of};
use crate::render::{Shape, render};
use crate::strategy::histories;
use crate::{Doubt, exploits};

/// Both sides of a user's books: what is left and what was paid for it, with half
/// a unit of rounding per line.
fn books(expected: &Expected) -> impl Iterator<Item = (i64, i64, i64)> {
    expected.users.values().map(|user| {
        let has = user.value_minor + user.balance_minor;
        let gave = user.net_payment_minor + user.grants_minor;
        (has, gave, user.tolerance_milli + 2)
    })
}

/// Whether every invoice is paid and nothing was dropped, so nothing may be missing.
fn is_settled(world: &World) -> bool {
    let paid = world
        .invoices
        .iter()
        .all(|invoice| invoice.status == InvoiceStatus::Paid);
    let ended = |index: usize| world.subscriptions[index].ended_at.is_some();
    let dropped = world
        .lines
        .iter()
        .any(|line| line.invoice.is_none() && ended(line.subscription));
    paid && !dropped
}

/// Whether everything was credited at the price at which it was billed.
fn nothing_given(expected: &Expected) -> bool {
    let users = expected.users.values();
    users.map(|user| user.grants_minor).sum::<i64>() == 0
        && !expected.doubts.contains(&Doubt::NeverBilled)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 250, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_user_has_more_than_was_paid_for(history in histories(14)) {
        let world = World::run(&history);
        let expected = expected_of(&world);
        for (has, gave, rounding) in books(&expected) {
            prop_assert!(has <= gave + rounding, "{has} for {gave}: {expected:#?}");
            let exact = is_settled(&world) && nothing_given(&expected);
            prop_assert!(!exact || has >= gave - rounding, "{has} for {gave}: {expected:#?}");
        }
    }

    #[test]
    fn a_history_without_money_leaves_only_what_was_given_away(history in histories(14)) {
        for user in expected_of(&World::run(&history)).users.values() {
            if user.net_payment_minor <= 0 && user.grants_minor == 0 {
                let bought = user.total_milli - user.trial_milli - user.free_milli;
                // Half a unit of money per line, at the highest price of the catalogue.
                prop_assert!(bought <= 7_000 * user.tolerance_milli, "{user:?}");
            }
        }
    }

    #[test]
    fn invoices_add_up_and_fit_into_an_event(history in histories(20)) {
        let world = World::run(&history);
        for invoice in &world.invoices {
            prop_assert!((1..=10).contains(&invoice.lines.len()));
            let nets = invoice.lines.iter().map(|line| world.lines[*line].net());
            prop_assert_eq!(nets.sum::<i64>(), invoice.total);
            let applied = invoice.ending_balance.map_or(0, |end| end - invoice.starting_balance);
            if invoice.total >= 0 {
                let asked = invoice.total - applied - invoice.pre_payment_notes;
                prop_assert_eq!(invoice.amount_due, asked);
            }
            prop_assert!(invoice.status != InvoiceStatus::Paid || invoice.remaining() == 0);
        }
        for customer in &world.customers {
            prop_assert!(customer.balance <= 0, "nobody owes by balance");
        }
    }

    #[test]
    fn events_are_deterministic_in_order_and_render_in_both_shapes(history in histories(14)) {
        let world = World::run(&history);
        prop_assert_eq!(&World::run(&history).events, &world.events);
        let mut ids = BTreeSet::new();
        for event in &world.events {
            prop_assert!(ids.insert(event.id.clone()));
            for shape in [Shape::Acacia, Shape::Basil] {
                let json = render(event, shape);
                prop_assert_eq!(json["type"].as_str(), Some(event.kind));
                prop_assert!(json["data"]["object"]["id"].is_string());
            }
        }
        prop_assert!(world.events.is_sorted_by_key(|event| event.created));
        let now = world.now();
        for event in &world.events {
            if let Object::Subscription { now: sub, .. } = &event.object {
                prop_assert!(sub.status.is_live() <= (sub.period_end > event.created));
            }
            prop_assert!(event.created <= now);
        }
    }

    #[test]
    fn credits_that_name_what_they_credit_leave_no_doubt_about_it(history in histories(14)) {
        let world = World::run(&history);
        let expected = expected_of(&world);
        if history.crediting != Crediting::Unnamed {
            let unnamed = [Doubt::UnpaidUnnamed, Doubt::ManyUnnamed];
            prop_assert!(unnamed.iter().all(|doubt| !expected.doubts.contains(doubt)));
            // A debit of 0 names nothing and may be a credit.
            let mut lines = world.lines.iter().filter(|line| line.is_proration());
            let for_nothing = lines.any(|line| line.kind != LineKind::Credit && line.amount == 0);
            prop_assert!(for_nothing || !expected.doubts.contains(&Doubt::ZeroUnnamed));
        }
    }
}

#[test]
fn no_exploit_leaves_more_than_was_paid_for() {
    for crediting in [Crediting::Named, Crediting::Unnamed, Crediting::PerDebit] {
        for (name, history) in exploits::all(crediting) {
            let expected = expected_of(&World::run(&history));
            for (has, gave, rounding) in books(&expected) {
                assert!(has <= gave + rounding, "{name}: {has} for {gave}");
            }
        }
    }
}

#[test]
fn exploits_leave_the_credits_of_an_honest_buyer() {
    let total = |history: History| expected_of(&World::run(&history)).users["user-1"].total_milli;
    let crediting = Crediting::Named;
    // Sixteen of 31 days at most: March, bought on the first, changed on the 16th.
    let (pro, plus) = (10_000_000_i64, 30_000_000);
    let both = pro * 15 / 31 + plus * 16 / 31;
    assert!((total(exploits::up_and_down(crediting)) - both).abs() <= 1);
    assert_eq!(
        total(exploits::unpaid_upgrade_then_downgrade(crediting)),
        pro
    );
    assert_eq!(total(exploits::refunded_upgrade(crediting)), pro);
    assert_eq!(total(exploits::trial_extended(crediting)), 1_000_000);
    // March to August, and the first of September: its credits are monthly.
    let half = 60_000_000_i64 - 10_000_000 * 184 / 31 + 10_000_000 * 183 / 31;
    assert!((total(exploits::annual_plan_cancelled_midway(crediting)) - half).abs() <= 1);
    let unpaid = expected_of(&World::run(&exploits::unpaid_subscription_cancelled(
        crediting,
    )));
    let unpaid = &unpaid.users["user-1"];
    assert_eq!((unpaid.net_payment_minor, unpaid.grants_minor), (0, 5_000));
    assert_eq!(unpaid.total_milli, plus);
}
