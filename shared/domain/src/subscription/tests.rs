//! Which of several subscriptions counts, as tables.

use proptest::prelude::*;

use super::*;

const NOW: &str = "2025-11-06T14:30:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A subscription `sub_<id>` of November 2025 with three days of grace.
fn subscription(id: &str, tier: Tier, rank: u32, status: SubscriptionStatus) -> Subscription {
    Subscription {
        user_id: "u".parse().unwrap(),
        tier,
        rank,
        status,
        current_period_start: Some(at("2025-11-01T00:00:00Z")),
        current_period_end: Some(at("2025-12-01T00:00:00Z")),
        lapses_at: Some(at("2025-12-04T00:00:00Z")),
        stripe_customer_id: None,
        stripe_subscription_id: Some(format!("sub_{id}")),
        stripe_price_id: None,
        cancel_at_period_end: false,
        cancel_at: None,
    }
}

fn pro(status: SubscriptionStatus) -> Subscription {
    subscription("pro", Tier::Pro, 10, status)
}

fn free() -> Subscription {
    Subscription {
        stripe_subscription_id: None,
        current_period_start: None,
        current_period_end: None,
        lapses_at: None,
        ..subscription("free", Tier::Free, 0, SubscriptionStatus::Active)
    }
}

#[track_caller]
fn check(subscriptions: &[Subscription], now: &str, tier: Tier, status: PlanStatus) {
    let plan = plan_in_force(subscriptions, at(now));
    assert_eq!((plan.tier, plan.status), (tier, status));
    let mut reversed = subscriptions.to_vec();
    reversed.reverse();
    assert_eq!(
        plan,
        plan_in_force(&reversed, at(now)),
        "order must not matter"
    );
}

#[test]
fn each_state_of_stripe_is_shown_as_the_app_knows_it() {
    use SubscriptionStatus as Stripe;
    for (stripe, tier, shown) in [
        (Stripe::Active, Tier::Pro, PlanStatus::Active),
        (Stripe::Trialing, Tier::Pro, PlanStatus::Trialing),
        (Stripe::PastDue, Tier::Pro, PlanStatus::Active),
        (Stripe::Unpaid, Tier::Pro, PlanStatus::Expired),
        (Stripe::Paused, Tier::Pro, PlanStatus::Expired),
        (Stripe::Expired, Tier::Pro, PlanStatus::Expired),
        (Stripe::Cancelled, Tier::Pro, PlanStatus::Cancelled),
        (Stripe::Incomplete, Tier::Free, PlanStatus::Active),
        (Stripe::IncompleteExpired, Tier::Free, PlanStatus::Active),
    ] {
        check(&[pro(stripe)], NOW, tier, shown);
    }
}

#[test]
fn without_a_renewal_a_subscription_lapses_when_its_grace_is_over() {
    for status in [SubscriptionStatus::Active, SubscriptionStatus::PastDue] {
        check(
            &[pro(status)],
            "2025-12-03T23:59:59Z",
            Tier::Pro,
            PlanStatus::Active,
        );
        check(
            &[pro(status)],
            "2025-12-04T00:00:00Z",
            Tier::Pro,
            PlanStatus::Expired,
        );
    }
}

#[test]
fn every_user_has_a_plan() {
    check(&[], NOW, Tier::Free, PlanStatus::Active);
    check(
        &[free()],
        "2035-01-01T00:00:00Z",
        Tier::Free,
        PlanStatus::Active,
    );
}

#[test]
fn paid_plans_count_before_renewable_ones_before_free_before_ended_ones() {
    use SubscriptionStatus::{Active, Cancelled, Unpaid};
    let enterprise = |status| subscription("ent", Tier::Enterprise, 20, status);
    check(&[free(), pro(Active)], NOW, Tier::Pro, PlanStatus::Active);
    check(
        &[enterprise(Cancelled), pro(Active)],
        NOW,
        Tier::Pro,
        PlanStatus::Active,
    );
    check(
        &[enterprise(Unpaid), pro(Active)],
        NOW,
        Tier::Pro,
        PlanStatus::Active,
    );
    check(
        &[enterprise(Active), pro(Active)],
        NOW,
        Tier::Enterprise,
        PlanStatus::Active,
    );
    check(&[free(), pro(Unpaid)], NOW, Tier::Pro, PlanStatus::Expired);
    check(
        &[free(), pro(Cancelled)],
        NOW,
        Tier::Free,
        PlanStatus::Active,
    );
}

#[test]
fn of_two_equals_the_one_with_the_later_period_counts() {
    let mut renewed = subscription("new", Tier::Pro, 10, SubscriptionStatus::Active);
    renewed.current_period_end = Some(at("2026-01-01T00:00:00Z"));
    let plan = plan_in_force(&[pro(SubscriptionStatus::Active), renewed.clone()], at(NOW));
    assert_eq!(plan.current_period_end, renewed.current_period_end);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_order_of_any_subscriptions_gives_the_same_plan(
        (sorted, shuffled) in proptest::collection::vec((0_u32..3, 0_usize..9, 0_u32..4), 0..6)
            .prop_flat_map(|seeds| (Just(seeds.clone()), Just(seeds).prop_shuffle()))
    ) {
        use SubscriptionStatus as S;
        let statuses = [
            S::Incomplete, S::IncompleteExpired, S::Trialing, S::Active, S::PastDue, S::Unpaid,
            S::Paused, S::Cancelled, S::Expired,
        ];
        let build = |seeds: &[(u32, usize, u32)]| -> Vec<Subscription> {
            seeds.iter().map(|(rank, status, id)| {
                let tier = if *rank == 0 { Tier::Free } else { Tier::Pro };
                subscription(&format!("{rank}{status}{id}"), tier, *rank, statuses[*status])
            }).collect()
        };
        prop_assert_eq!(
            plan_in_force(&build(&sorted), at(NOW)),
            plan_in_force(&build(&shuffled), at(NOW))
        );
    }
}
