//! Nobody gets two subscriptions: by two tabs, by two plans, by a payment in the middle,
//! by asking again later.

use local::stripe::{Effect, Shapes};
use serde_json::json;
use shared::domain::{Subscription, SubscriptionStatus as Status, Tier};

use super::{FREE_USER, PACK, PLUS, PRO, Shop, order};

#[tokio::test]
async fn asking_for_another_plan_ends_the_page_of_the_first() {
    let shop = Shop::open().await;
    let pro = shop.buy(PRO).await.url();
    assert_eq!(shop.buy(PRO).await.url(), pro);
    let plus = shop.buy(PLUS).await.url();
    assert_ne!(plus, pro);
    assert_eq!(shop.sessions("open").await.len(), 1);
    assert_eq!(shop.press(&pro, "pay").await, None, "it has ended");
    assert!(shop.press(&plus, "pay").await.is_some());
    assert_eq!(shop.at_stripe("subscriptions?status=all").await.len(), 2);
    assert_eq!(shop.subscriptions(FREE_USER).await, 1);
}

#[tokio::test]
async fn a_subscription_session_names_the_user_where_the_webhook_looks() {
    let shop = Shop::open().await;
    let url = shop.buy(PRO).await.url();
    let session = shop.sessions("open").await.remove(0);
    assert_eq!(session["mode"], "subscription");
    assert_eq!(session["client_reference_id"], FREE_USER);
    assert_eq!(session["metadata"]["user_id"], FREE_USER);
    shop.press(&url, "pay").await.unwrap();
    let all = shop.at_stripe("subscriptions?status=all").await;
    let made = all.iter().find(|it| it["id"] != "sub_test_pro_user");
    assert_eq!(made.unwrap()["metadata"], json!({"user_id": FREE_USER}));
}

#[tokio::test]
async fn two_tabs_that_ask_for_two_plans_at_once_leave_one_page_to_pay() {
    for _ in 0..5 {
        let shop = Shop::open().await;
        let asking = (0..10).map(|number| {
            let app = shop.billing.clone();
            let order = order(if number % 2 == 0 { PRO } else { PLUS });
            tokio::spawn(async move { super::ask(&app, "post-checkout", FREE_USER, &order).await })
        });
        let asking: Vec<_> = asking.collect();
        let mut urls = Vec::new();
        for one in asking {
            let said = one.await.unwrap();
            // Whoever loses every race is told to try again.
            if said.status != 503 {
                urls.push(said.url());
            }
        }
        assert!(!urls.is_empty());
        let open = shop.sessions("open").await;
        assert!(open.len() <= 1, "{open:?}");
        let mut paid = 0;
        for url in &urls {
            let is_new = shop.at_stripe("subscriptions?status=all").await.len();
            shop.press(url, "pay").await;
            paid += shop.at_stripe("subscriptions?status=all").await.len() - is_new;
        }
        assert!(paid <= 1, "{paid} subscriptions were paid");
        assert_eq!(shop.customers(FREE_USER).await.len(), 1);
    }
}

#[tokio::test]
async fn an_active_subscriber_is_sent_to_the_portal_and_may_buy_packs() {
    let shop = Shop::open().await;
    for price in [PRO, PLUS] {
        let refused = shop.checkout("pro-user", order(price)).await;
        assert_eq!(refused.refusal(), (409, "already_subscribed"));
        let portal = refused.body["portalUrl"].as_str().unwrap();
        assert!(portal.contains("/p/session/"), "{portal}");
        assert_eq!(refused.body["expiresAt"], "2025-11-06T14:35:00Z");
    }
    assert_eq!(shop.sessions("open").await.len(), 0);
    shop.checkout("pro-user", order(PACK)).await.url();
    let session = &shop.sessions("open").await[0];
    assert_eq!(session["customer"], "cus_test_pro_user");
    assert_eq!(shop.customers("pro-user").await, ["cus_test_pro_user"]);
}

#[tokio::test]
async fn who_has_just_paid_is_a_subscriber_before_any_event_says_so() {
    // No event is believed: the webhook has another secret than Stripe.
    let shop = Shop::unheard().await;
    let url = shop.buy(PRO).await.url();
    shop.press(&url, "pay").await.unwrap();
    assert_eq!(shop.subscriptions(FREE_USER).await, 0);
    for price in [PRO, PLUS] {
        let refused = shop.buy(price).await;
        assert_eq!(refused.refusal(), (409, "already_subscribed"), "{price}");
        assert!(refused.body["portalUrl"].is_string());
    }
    shop.buy(PACK).await.url();
}

#[tokio::test]
async fn a_session_that_is_paid_while_another_plan_is_asked_for_stays_the_only_one() {
    let shop = Shop::open().await;
    let pro = shop.buy(PRO).await.url();
    // The other tab has looked at the session and is about to end it.
    let held = shop.world.dynamodb.faults().hold("BatchGetItem");
    let app = shop.billing.clone();
    let asking =
        tokio::spawn(
            async move { super::ask(&app, "post-checkout", FREE_USER, &order(PLUS)).await },
        );
    held.reached().await;
    let paid = shop.press(&pro, "pay");
    held.release();
    let (paid, asked) = tokio::join!(paid, asking);
    let asked = asked.unwrap();
    match paid {
        Some(_) => assert_eq!(asked.refusal(), (409, "already_subscribed")),
        None => drop(asked.url()),
    }
    assert!(shop.sessions("open").await.len() <= 1);
    let all = shop.at_stripe("subscriptions?status=all").await;
    assert!(all.len() <= 2, "{all:?}");
}

#[tokio::test]
async fn a_subscription_that_has_ended_makes_way_for_another() {
    let shop = Shop::open().await;
    let url = shop.buy(PRO).await.url();
    shop.press(&url, "pay").await.unwrap();
    assert_eq!(shop.buy(PRO).await.refusal().0, 409);
    let all = shop.at_stripe("subscriptions?status=all").await;
    let own = all.iter().find(|it| it["id"] != "sub_test_pro_user");
    let id = own.unwrap()["id"].as_str().unwrap().to_string();
    let stripe = shop.world.stripe_url.clone().unwrap();
    let cancel = shop
        .http
        .delete(format!("{stripe}/v1/subscriptions/{id}"))
        .bearer_auth(local::stripe_api::STRIPE_API_KEY);
    assert!(cancel.send().await.unwrap().status().is_success());
    let again = loop {
        let said = shop.buy(PLUS).await;
        if said.status == 201 {
            break said.url();
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    assert_ne!(again, url);
}

#[tokio::test]
async fn every_state_in_which_stripe_may_still_charge_keeps_another_away() {
    let shop = Shop::open().await;
    for (number, (status, code)) in [
        (Status::Trialing, 409),
        (Status::Active, 409),
        (Status::PastDue, 409),
        (Status::Unpaid, 409),
        (Status::Paused, 409),
        (Status::Incomplete, 409),
        (Status::Cancelled, 201),
        (Status::IncompleteExpired, 201),
    ]
    .into_iter()
    .enumerate()
    {
        let id = format!("subscriber-{number}");
        let email = format!("{id}@example.com");
        shop.person(&id, Some(&email), true).await;
        shop.store(&Subscription {
            user_id: tests::user(&id),
            tier: Tier::Pro,
            rank: 10,
            status,
            current_period_start: None,
            current_period_end: None,
            lapses_at: None,
            // Stripe knows this one, whoever asks.
            stripe_customer_id: (code == 409).then(|| format!("cus_{number}")),
            stripe_subscription_id: Some(format!("sub_{number}")),
            stripe_price_id: None,
            cancel_at_period_end: false,
            cancel_at: None,
        })
        .await;
        if code == 409 {
            let customer =
                json!({"id": format!("cus_{number}"), "object": "customer", "metadata": {}});
            let customer = Shapes::same(&customer);
            let put = Effect::Put(customer);
            shop.world.stripe.apply([put]).unwrap();
        }
        let said = shop.checkout(&id, order(PRO)).await;
        assert_eq!(said.status, code, "{status:?}: {}", said.body);
    }
}
