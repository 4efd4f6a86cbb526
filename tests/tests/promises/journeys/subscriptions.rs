//! The plan a user is shown, from subscriptions as they are stored and the time
//! alone: nothing runs when a period, a grace or a trial ends.

use serde_json::{Value, json};
use shared::domain::SubscriptionStatus::{
    self, Active, Cancelled, Expired, Incomplete, IncompleteExpired, PastDue, Paused, Trialing,
    Unpaid,
};
use shared::domain::{Subscription, Tier};
use tests::{NOW, Served, at, user};

use super::store;

/// Before, at and after the moment every suite starts at.
const PAST: Option<&str> = Some("2025-11-06T14:29:59Z");
const THIS_MOMENT: Option<&str> = Some(NOW);
const SOON: Option<&str> = Some("2025-11-06T14:30:01Z");
const NEVER: Option<&str> = None;

/// A subscription whose period is over and whose grace may be running.
fn subscription(
    id: &str,
    tier: Tier,
    status: SubscriptionStatus,
    lapses_at: Option<&str>,
) -> Subscription {
    let paid = tier != Tier::Free;
    Subscription {
        user_id: user("somebody"),
        tier,
        rank: if paid { 10 } else { 0 },
        status,
        current_period_start: paid.then(|| at("2025-10-06T00:00:00Z")),
        current_period_end: paid.then(|| at("2025-11-06T00:00:00Z")),
        lapses_at: lapses_at.map(at),
        stripe_customer_id: paid.then(|| "cus_somebody".into()),
        stripe_subscription_id: paid.then(|| id.into()),
        stripe_price_id: paid.then(|| "price_test_pro".into()),
        cancel_at_period_end: false,
        cancel_at: None,
    }
}

fn pro(status: SubscriptionStatus, lapses_at: Option<&str>) -> Subscription {
    subscription("sub_1", Tier::Pro, status, lapses_at)
}

fn free() -> Subscription {
    subscription("free", Tier::Free, Active, NEVER)
}

/// The subscription of a user's profile; what is paid for it is held against the tables
/// and left out.
async fn shown(served: &Served, id: &str) -> Value {
    let token = served.token(id, "user.info").await;
    let answer = served.with(&token).get("/api/user/profile").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let mut shown = answer.json()["subscription"].clone();
    let price = shown.as_object_mut().unwrap().remove("price");
    let price = price.unwrap()["priceId"].clone();
    let is_paid = shown["tier"] != "free";
    let expected = json!(is_paid.then_some("price_test_pro"));
    assert_eq!(price, expected, "{shown}");
    shown
}

/// What a user with these subscriptions is shown as tier and status. Each user
/// has Stripe ids of their own, since nobody can share one.
async fn check(served: &Served, id: &str, subscriptions: &[Subscription], expected: (&str, &str)) {
    let own = |stripe_id: &Option<String>| stripe_id.as_ref().map(|text| format!("{text}_{id}"));
    for subscription in subscriptions {
        let subscription = Subscription {
            user_id: user(id),
            stripe_customer_id: own(&subscription.stripe_customer_id),
            stripe_subscription_id: own(&subscription.stripe_subscription_id),
            ..subscription.clone()
        };
        store(served, &subscription).await;
    }
    let shown = shown(served, id).await;
    let (tier, status) = expected;
    let paid = tier != "free";
    let expected = json!({
        "tier": tier,
        "status": status,
        "currentPeriodStart": paid.then_some("2025-10-06T00:00:00Z"),
        "currentPeriodEnd": paid.then_some("2025-11-06T00:00:00Z"),
        "cancelAtPeriodEnd": false,
    });
    assert_eq!(shown, expected, "{subscriptions:?}");
}

#[tokio::test]
async fn each_state_of_a_subscription_is_shown_in_the_apps_words() {
    let served = Served::start().await;
    for (number, (stored, tier, status)) in [
        (pro(Active, NEVER), "pro", "active"),
        (pro(Active, SOON), "pro", "active"),
        (pro(Active, THIS_MOMENT), "pro", "expired"),
        (pro(Active, PAST), "pro", "expired"),
        (pro(PastDue, SOON), "pro", "active"),
        (pro(PastDue, THIS_MOMENT), "pro", "expired"),
        (pro(Trialing, SOON), "pro", "trialing"),
        (pro(Trialing, PAST), "pro", "expired"),
        (pro(Unpaid, SOON), "pro", "expired"),
        (pro(Paused, NEVER), "pro", "expired"),
        (pro(Expired, NEVER), "pro", "expired"),
        (pro(Cancelled, SOON), "pro", "cancelled"),
        (pro(Incomplete, SOON), "free", "active"),
        (pro(IncompleteExpired, PAST), "free", "active"),
        (free(), "free", "active"),
        (
            subscription("sub_1", Tier::Enterprise, Active, NEVER),
            "enterprise",
            "active",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let id = format!("somebody-{number}");
        check(&served, &id, &[stored], (tier, status)).await;
    }
}

#[tokio::test]
async fn of_several_the_one_that_entitles_to_most_is_shown() {
    let served = Served::start().await;
    let other = |status| subscription("sub_2", Tier::Pro, status, SOON);
    for (number, (stored, tier, status)) in [
        ([free(), pro(Active, SOON)], "pro", "active"),
        ([free(), pro(Paused, SOON)], "pro", "expired"),
        ([free(), pro(Cancelled, SOON)], "free", "active"),
        ([free(), pro(Incomplete, SOON)], "free", "active"),
        ([pro(Cancelled, SOON), other(Trialing)], "pro", "trialing"),
        ([pro(Unpaid, SOON), other(Active)], "pro", "active"),
    ]
    .into_iter()
    .enumerate()
    {
        let id = format!("somebody-{number}");
        check(&served, &id, &stored, (tier, status)).await;
    }
}

#[tokio::test]
async fn a_paid_month_outlives_its_end_by_three_days_of_grace() {
    let served = Served::start().await;
    for (now, status) in [
        (NOW, "active"),
        ("2025-11-30T23:59:59Z", "active"),
        ("2025-12-01T00:00:00Z", "active"),
        ("2025-12-03T23:59:59Z", "active"),
        ("2025-12-04T00:00:00Z", "expired"),
        ("2025-12-05T00:00:00Z", "expired"),
        ("2027-01-01T00:00:00Z", "expired"),
    ] {
        served.world.clock.set(at(now));
        let shown = shown(&served, "pro-user").await;
        let expected = json!({
            "tier": "pro",
            "status": status,
            "currentPeriodStart": "2025-11-01T00:00:00Z",
            "currentPeriodEnd": "2025-12-01T00:00:00Z",
            "cancelAtPeriodEnd": false,
        });
        assert_eq!(shown, expected, "{now}");
    }
}

#[tokio::test]
async fn the_end_of_the_grace_gives_the_profile_another_tag() {
    let served = Served::start().await;
    let token = served.token("pro-user", "user.info").await;
    let before = served.with(&token).get("/api/user/profile").await;
    served.world.clock.set(at("2025-12-05T00:00:00Z"));
    let token = served.token("pro-user", "user.info").await;
    let tag = before.header("etag");
    let after = served
        .with(&token)
        .get_unless("/api/user/profile", tag)
        .await;
    assert_eq!(after.status, 200);
    assert_ne!(after.header("etag"), tag);
}
