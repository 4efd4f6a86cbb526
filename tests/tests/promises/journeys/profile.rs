//! The profile as the app shows it: the whole body, and how long an answer stays
//! good. The bodies are frozen as text, so that the order of
//! the fields is part of the promise too.

use shared::domain::{Subscription, SubscriptionStatus, Tier};
use tests::{NOW, Served, at, user};

use super::store;

const PROFILE: &str = "/api/user/profile";

const FREE: &str = concat!(
    r#"{"userId":"free-user","email":"free@example.com","displayName":"Free User","#,
    r#""subscription":{"tier":"free","status":"active","currentPeriodStart":null,"#,
    r#""currentPeriodEnd":null,"cancelAtPeriodEnd":false,"price":null},"#,
    r#""preferences":{"defaultModel":"gpt-5","emailNotifications":true,"usageAlerts":true},"#,
    r#""accountCreatedAt":"2025-11-06T14:30:00Z","lastLoginAt":null,"#,
    r#""billing":{"canManage":false,"portalAvailable":false}}"#
);

const PRO: &str = concat!(
    r#"{"userId":"pro-user","email":"pro@example.com","displayName":"Pro User","#,
    r#""subscription":{"tier":"pro","status":"active","#,
    r#""currentPeriodStart":"2025-11-01T00:00:00Z","#,
    r#""currentPeriodEnd":"2025-12-01T00:00:00Z","cancelAtPeriodEnd":false,"#,
    r#""price":{"priceId":"price_test_pro","kind":"subscription","plan":"pro","tier":"pro","#,
    r#""credits":"10000","trialCredits":"1000","interval":{"unit":"month","count":1},"#,
    r#""grantedMonthly":false,"amounts":[{"currency":"usd","amountMinor":2000}]}},"#,
    r#""preferences":{"defaultModel":"claude-3.5-sonnet","emailNotifications":true,"#,
    r#""usageAlerts":true},"#,
    r#""accountCreatedAt":"2025-11-06T14:30:00Z","lastLoginAt":null,"#,
    r#""billing":{"canManage":false,"portalAvailable":true}}"#
);

/// Somebody whose payment was heard of before they ever signed up.
const SUBSCRIBER: &str = concat!(
    r#"{"userId":"subscriber","email":null,"displayName":null,"#,
    r#""subscription":{"tier":"pro","status":"active","#,
    r#""currentPeriodStart":"2025-11-06T14:30:00Z","#,
    r#""currentPeriodEnd":"2025-12-06T14:30:00Z","cancelAtPeriodEnd":true,"#,
    r#""price":{"priceId":"price_test_pro","kind":"subscription","plan":"pro","tier":"pro","#,
    r#""credits":"10000","trialCredits":"1000","interval":{"unit":"month","count":1},"#,
    r#""grantedMonthly":false,"amounts":[{"currency":"usd","amountMinor":2000}]}},"#,
    r#""preferences":{"defaultModel":null,"emailNotifications":true,"usageAlerts":true},"#,
    r#""accountCreatedAt":null,"lastLoginAt":null,"#,
    r#""billing":{"canManage":false,"portalAvailable":true}}"#
);

async fn check(served: &Served, id: &str, status: u16, body: &str) {
    let token = served.token(id, "user.info").await;
    let answer = served.with(&token).get(PROFILE).await;
    assert_eq!(answer.status, status, "{id}: {}", answer.text);
    assert_eq!(answer.header("content-type"), "application/json", "{id}");
    if status == 200 {
        assert_eq!(answer.text, body, "{id}");
        assert_eq!(answer.header("cache-control"), "private, max-age=3600");
        assert_eq!(answer.header("vary"), "Authorization", "{id}");
    } else {
        assert_eq!(answer.json()["error"], body, "{id}");
        assert_eq!(answer.header("cache-control"), "no-store", "{id}");
    }
}

#[tokio::test]
async fn the_seeded_users_are_shown_whole() {
    let served = Served::start().await;
    check(&served, "free-user", 200, FREE).await;
    check(&served, "pro-user", 200, PRO).await;
}

#[tokio::test]
async fn who_only_subscribed_has_no_address_name_and_date_yet() {
    let served = Served::start().await;
    let subscription = Subscription {
        user_id: user("subscriber"),
        tier: Tier::Pro,
        rank: 10,
        status: SubscriptionStatus::Active,
        current_period_start: Some(at(NOW)),
        current_period_end: Some(at("2025-12-06T14:30:00Z")),
        lapses_at: Some(at("2025-12-09T14:30:00Z")),
        stripe_customer_id: Some("cus_subscriber".into()),
        stripe_subscription_id: Some("sub_subscriber".into()),
        stripe_price_id: Some("price_test_pro".into()),
        cancel_at_period_end: true,
        cancel_at: None,
    };
    store(&served, &subscription).await;
    check(&served, "subscriber", 200, SUBSCRIBER).await;
}

#[tokio::test]
async fn a_client_that_holds_the_profile_gets_304_for_as_long_as_it_stays_true() {
    let served = Served::start().await;
    let token = served.token("pro-user", "user.info").await;
    let app = served.with(&token);
    let full = app.get(PROFILE).await;
    let tag = full.header("etag");
    for moment in ["PT0S", "PT59M"] {
        served.advance(moment).await;
        let held = app.get_unless(PROFILE, tag).await;
        assert_eq!((held.status, held.text.as_str()), (304, ""), "{moment}");
        for name in ["etag", "cache-control", "vary", "ratelimit-limit"] {
            assert_eq!(held.header(name), full.header(name), "{moment}: {name}");
        }
    }
    let patch = r#"{"emailNotifications":false}"#;
    app.patch("/api/user/preferences", patch).await;
    let changed = app.get_unless(PROFILE, tag).await;
    assert_eq!(changed.status, 200);
    assert_ne!(changed.header("etag"), tag);
    assert_eq!(changed.json()["preferences"]["emailNotifications"], false);
}

#[tokio::test]
async fn a_token_without_the_scope_does_not_reach_the_profile() {
    let served = Served::start().await;
    let token = served.token("free-user", "credits.read models.read").await;
    for path in [PROFILE, "/api/user/preferences"] {
        let answer = served.with(&token).get(path).await;
        let expected = (403, r#"{"message":"Forbidden"}"#);
        assert_eq!((answer.status, answer.text.as_str()), expected, "{path}");
    }
}
