//! Which orders are the same, and which subscription and customer of a user count.

use super::*;
use crate::{SubscriptionStatus, Tier};

fn at(seconds: i64) -> Timestamp {
    let start = Timestamp::from_unix_seconds(1_800_000_000).unwrap();
    start.plus_seconds(seconds)
}

fn order() -> Order {
    Order {
        price_id: "price_1".parse().unwrap(),
        kind: PriceKind::Pack,
        quantity: 1,
        currency: "usd".to_string(),
        return_url: "https://app.example/".to_string().into(),
    }
}

#[test]
fn an_order_that_differs_in_any_field_is_another() {
    let others = [
        Order {
            price_id: "price_2".parse().unwrap(),
            ..order()
        },
        Order {
            kind: PriceKind::Subscription,
            ..order()
        },
        Order {
            quantity: 2,
            ..order()
        },
        Order {
            currency: "eur".to_string(),
            ..order()
        },
        Order {
            return_url: "https://app.example/x".to_string().into(),
            ..order()
        },
    ];
    assert_eq!(order().digest(), order().digest());
    for other in others {
        assert_ne!(other.digest(), order().digest(), "{other:?}");
    }
}

#[test]
fn all_subscriptions_share_one_slot_and_each_order_of_a_pack_has_its_own() {
    let plan = |price: &str| Order {
        price_id: price.parse().unwrap(),
        kind: PriceKind::Subscription,
        ..order()
    };
    assert_eq!(plan("price_1").slot(), CheckoutSlot::Subscription);
    assert_eq!(plan("price_2").slot(), CheckoutSlot::Subscription);
    assert_eq!(order().slot(), CheckoutSlot::Pack(order().digest()));
}

fn subscription(id: Option<&str>, status: SubscriptionStatus) -> Subscription {
    Subscription {
        user_id: "u".parse().unwrap(),
        tier: Tier::Pro,
        rank: 10,
        status,
        current_period_start: Some(at(0)),
        current_period_end: Some(at(100)),
        lapses_at: Some(at(200)),
        stripe_customer_id: id.map(|id| id.replace("sub", "cus")),
        stripe_subscription_id: id.map(str::to_string),
        stripe_price_id: None,
        cancel_at_period_end: false,
        cancel_at: None,
    }
}

#[test]
fn only_an_ended_subscription_makes_way_for_another() {
    use SubscriptionStatus as Status;
    for (status, stands) in [
        (Status::Incomplete, true),
        (Status::IncompleteExpired, false),
        (Status::Trialing, true),
        (Status::Active, true),
        (Status::PastDue, true),
        (Status::Unpaid, true),
        (Status::Paused, true),
        (Status::Cancelled, false),
        (Status::Expired, false),
    ] {
        let all = [subscription(Some("sub_1"), status)];
        // Also when its last known period is long over: Stripe may still renew it.
        for now in [at(1), at(1_000)] {
            let found = standing_subscription(&all, now).is_some();
            assert_eq!(found, stands, "{status:?}");
        }
    }
}

#[test]
fn a_subscription_without_stripe_stands_while_it_is_in_force_and_paid_for() {
    use SubscriptionStatus as Status;
    let contract = subscription(None, Status::Active);
    assert!(standing_subscription(std::slice::from_ref(&contract), at(1)).is_some());
    let lapsed = std::slice::from_ref(&contract);
    assert_eq!(standing_subscription(lapsed, at(200)), None);
    let free = Subscription {
        tier: Tier::Free,
        lapses_at: None,
        ..contract.clone()
    };
    assert_eq!(standing_subscription(&[free], at(1)), None);
    let paused = subscription(None, Status::Paused);
    assert_eq!(standing_subscription(&[paused], at(1)), None);
    // The portal needs a customer, so one at Stripe comes first.
    let both = [contract, subscription(Some("sub_1"), Status::PastDue)];
    let found = standing_subscription(&both, at(1)).unwrap();
    assert_eq!(found.stripe_subscription_id.as_deref(), Some("sub_1"));
}

#[test]
fn a_user_buys_as_the_customer_of_before_and_manages_the_subscription_that_stands() {
    use SubscriptionStatus as Status;
    let known = StripeCustomer {
        user_id: "u".parse().unwrap(),
        customer_id: "cus_own".parse().unwrap(),
        generation: 1,
        created_at: at(0),
    };
    let named = |customer: Option<StripeId>| customer.map(|it| it.to_string());
    let ended = subscription(Some("sub_old"), Status::Cancelled);
    let later = Subscription {
        current_period_end: Some(at(500)),
        ..subscription(Some("sub_later"), Status::Cancelled)
    };
    let standing = subscription(Some("sub_now"), Status::Active);
    let all = [ended, later, standing];
    assert_eq!(buying_customer(None, &[]), None);
    assert_eq!(managed_customer(None, &[]), None);
    for (known, subscriptions, buys, manages) in [
        (None, &all[..2], "cus_later", "cus_later"),
        (None, &all[..], "cus_later", "cus_now"),
        (Some(&known), &all[..0], "cus_own", "cus_own"),
        (Some(&known), &all[..2], "cus_own", "cus_own"),
        (Some(&known), &all[..], "cus_own", "cus_now"),
    ] {
        let found = named(buying_customer(known, subscriptions));
        assert_eq!(found.as_deref(), Some(buys));
        let found = named(managed_customer(known, subscriptions));
        assert_eq!(found.as_deref(), Some(manages));
    }
}
