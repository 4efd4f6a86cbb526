//! What an app relies on: typed answers, answers from memory, renewed tokens, and answers while the API is away.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use dedicated_api_client::{
    EntryKind, ErrorCode, ErrorKind, Freshness, GroupBy, HistoryQuery, Operation, Order,
    PortalFlow, PreferencesChange, PriceKind, Settings, Spending, SubscriptionStatus, Temperature,
    Tier, UsageQuery, UserClient,
};
use local::WorldOptions;
use tests::{Served, frozen};

use super::relay::{Fate, Relay};
use super::{amount, hasty, patient, service_client, tokens_of, user_client};

/// Where the local world lets buyers return to.
const BACK: &str = "http://localhost:8080/callback";

#[tokio::test]
async fn every_route_of_a_user_has_a_typed_answer() {
    let served = Served::start().await;
    let relay = Relay::before(&served).await;
    let user = user_client(&served, &relay, "pro-user", patient());
    let launch = user.launch().await.unwrap().value;
    let credits = user.credits().await.unwrap().value;
    let profile = user.profile().await.unwrap().value;
    assert_eq!(launch.credits.lots, credits.lots);
    assert_eq!(launch.user, profile);
    let plan = (&profile.subscription.tier, &profile.subscription.status);
    assert_eq!(plan, (&Tier::Pro, &SubscriptionStatus::Active));
    let whole = credits.free_credits.remaining + credits.pro_credits.remaining;
    assert_eq!(credits.total_available, whole);

    let prices = user.prices().await.unwrap().value.prices;
    let price = profile.subscription.price.clone().unwrap();
    assert!(prices.contains(&price), "{price:?}");
    assert!(profile.billing.can_manage && profile.billing.portal_available);
    let pack = prices.iter().find(|price| price.kind == PriceKind::Pack);
    let order = Order::of(&pack.unwrap().price_id, BACK);
    let page = user.checkout(&order).await.unwrap();
    assert_eq!(user.checkout(&order).await.unwrap(), page);
    let flow = Some(PortalFlow::SubscriptionCancel);
    let portal = user.portal(BACK, flow).await.unwrap();
    assert!(portal.url.contains("/p/session/") && !format!("{portal:?}").contains("http"));
    let second = user.checkout(&Order::of(&price.price_id, BACK)).await;
    let ErrorKind::Function(refused) = second.unwrap_err().kind else {
        panic!("a second subscription was sold");
    };
    assert_eq!(refused.code, ErrorCode::AlreadySubscribed);
    assert!(refused.portal_url.unwrap().contains("/p/session/"));

    let model = user.models().await.unwrap().value.models.remove(0);
    let service = service_client(&served, &relay, patient());
    let mut spending = Spending::of(amount("0.5"));
    spending.model_id = Some(model.id.clone());
    spending.operation = Some(Operation::Chat);
    spending.input_tokens = Some(7);
    service.charge("pro-user", &spending).await.unwrap();
    service
        .charge("pro-user", &Spending::of(amount("0.25")))
        .await
        .unwrap();

    let mut query = HistoryQuery {
        limit: Some(1),
        kind: Some(EntryKind::Charge),
        cursor: None,
    };
    let newest = user.history(&query).await.unwrap();
    query.cursor = newest.next_cursor.clone();
    let before = user.history(&query).await.unwrap();
    assert_eq!(newest.entries[0].amount, amount("0.25"));
    let entry = &before.entries[0];
    assert_eq!(
        (entry.amount, entry.free_delta),
        (amount("0.5"), amount("-0.5"))
    );
    assert_eq!(entry.operation, Some(Operation::Chat));
    let query = UsageQuery {
        group_by: Some(GroupBy::Model),
        ..UsageQuery::default()
    };
    let usage = user.usage(&query).await.unwrap();
    assert_eq!(usage.group_by, "model");
    let row = usage.rows.iter().find(|row| row.key == model.id).unwrap();
    assert!(row.sum.credits >= amount("0.5") && row.sum.input_tokens >= 7);
}

#[tokio::test]
async fn a_change_of_preferences_is_answered_and_shows_in_the_profile() {
    let served = Served::start().await;
    let relay = Relay::before(&served).await;
    let user = user_client(&served, &relay, "free-user", patient());
    let before = user.profile().await.unwrap().value.preferences;
    let change = PreferencesChange {
        usage_alerts: Some(!before.usage_alerts),
        temperature: Some(Temperature::from_hundredths(45)),
        ..PreferencesChange::default()
    };
    let changed = user.change_preferences(&change).await.unwrap();
    assert_eq!(changed.temperature.hundredths(), 45);
    assert_eq!(user.preferences().await.unwrap(), changed);
    let after = user.profile().await.unwrap();
    assert_eq!(after.freshness, Freshness::Fresh);
    assert_eq!(after.value.preferences.usage_alerts, !before.usage_alerts);
}

#[tokio::test]
async fn a_young_answer_needs_no_call_and_an_older_one_is_checked_by_its_tag() {
    let served = Served::start().await;
    let relay = Relay::before(&served).await;
    let user = user_client(&served, &relay, "free-user", patient());
    let first = user.credits().await.unwrap();
    assert_eq!(first.freshness, Freshness::Fresh);
    let again = user.credits().await.unwrap();
    assert_eq!(
        (&again.value, again.freshness),
        (&first.value, Freshness::Cached)
    );
    assert_eq!(relay.seen(), 1);
    // The world's clock has moved on: a whole answer would say another time.
    served.advance("PT1S").await;
    let checked = user.credits_now().await.unwrap();
    assert_eq!(
        (checked.value, checked.freshness),
        (first.value, Freshness::Fresh)
    );
    user.forget().await;
    assert_eq!(user.credits().await.unwrap().freshness, Freshness::Fresh);
    assert_eq!(relay.seen(), 2);

    let forgetful = Settings {
        profile_lasts: Duration::ZERO,
        ..patient()
    };
    let user = user_client(&served, &relay, "free-user", forgetful);
    for _ in 0..2 {
        assert_eq!(user.profile().await.unwrap().freshness, Freshness::Fresh);
    }
    assert_eq!(relay.seen(), 2);
}

#[tokio::test]
async fn calls_at_the_same_time_ask_once() {
    let served = Served::start().await;
    let relay = Relay::before(&served).await;
    let user = user_client(&served, &relay, "free-user", patient());
    let (one, other, third) = tokio::join!(user.profile(), user.profile(), user.profile());
    let fresh = [one, other, third].map(|answer| answer.unwrap().freshness);
    let asked = fresh.iter().filter(|it| **it == Freshness::Fresh).count();
    assert_eq!((asked, relay.seen()), (1, 1));
}

#[tokio::test]
async fn while_the_api_is_away_the_last_answer_is_shown_and_says_since_when() {
    let served = Served::start().await;
    let relay = Relay::before(&served).await;
    let user = user_client(&served, &relay, "free-user", hasty());
    let before = SystemTime::UNIX_EPOCH.elapsed().unwrap();
    // Hasty as it is, it may need several calls on a busy machine.
    let fresh = loop {
        if let Ok(fresh) = user.credits_now().await {
            break fresh;
        }
    };
    relay.always(Fate::CutBefore);
    let stale = user.credits_now().await.unwrap();
    assert_eq!(stale.value, fresh.value);
    let Freshness::Stale { since } = stale.freshness else {
        panic!("{:?}", stale.freshness);
    };
    assert!(since >= SystemTime::UNIX_EPOCH + before);
    assert_eq!(user.credits().await.unwrap().freshness, Freshness::Cached);
    let error = user.profile().await.unwrap_err();
    assert!(matches!(error.kind, ErrorKind::Network(_)), "{error}");
    assert!(!error.outcome_is_unknown, "nothing was asked to be done");
    relay.next([]);
    let back = user_client(&served, &relay, "free-user", patient());
    assert_eq!(back.credits().await.unwrap().freshness, Freshness::Fresh);
}

#[tokio::test]
async fn what_the_api_refused_is_not_shown_any_more() {
    let served = Served::start().await;
    let relay = Relay::before(&served).await;
    let user = user_client(&served, &relay, "free-user", patient());
    user.credits().await.unwrap();
    relay.next([Fate::Answered(500, 0)]);
    let stale = user.credits_now().await.unwrap();
    assert!(matches!(stale.freshness, Freshness::Stale { .. }));
    relay.next([Fate::Answered(403, 0), Fate::Answered(500, 0)]);
    for status in [403, 500] {
        let error = user.credits_now().await.unwrap_err();
        assert!(matches!(error.kind, ErrorKind::Gateway(_)), "{error}");
        assert_eq!(error.kind.status(), Some(status));
    }
}

#[tokio::test]
async fn a_token_that_has_expired_is_renewed_once_however_many_calls_are_under_way() {
    let served = Served::start().await;
    let tokens = tokens_of(&served, "free-user", 60);
    let url = &served.world.base_url;
    let user = UserClient::with(url, tokens.clone(), patient()).unwrap();
    let user = std::sync::Arc::new(user);
    user.preferences().await.unwrap();
    served.advance("PT10M").await;
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let user = user.clone();
            tokio::spawn(async move { user.preferences().await.unwrap() })
        })
        .collect();
    for call in calls {
        call.await.unwrap();
    }
    assert_eq!(tokens.fetched(), 2);
}

#[tokio::test]
async fn a_token_that_is_refused_twice_is_not_renewed_again() {
    let served = Served::start().await;
    let relay = Relay::before(&served).await;
    let tokens = tokens_of(&served, "free-user", 3600);
    let user = UserClient::with(relay.url(), tokens.clone(), patient()).unwrap();
    relay.always(Fate::Answered(401, 0));
    let error = user.credits().await.unwrap_err();
    assert_eq!(error.kind.status(), Some(401));
    assert_eq!((tokens.fetched(), relay.seen()), (2, 2));
}

#[tokio::test]
async fn too_many_calls_and_a_busy_gateway_are_waited_for() {
    let served = Served::start().await;
    let relay = Relay::before(&served).await;
    let user = user_client(&served, &relay, "free-user", patient());
    for status in [429, 502, 503, 504] {
        relay.next([Fate::Answered(status, 0), Fate::Answered(status, 0)]);
        user.preferences().await.unwrap();
        assert_eq!(relay.seen(), 3, "{status}");
    }
    // Nobody waits beyond the deadline.
    relay.next([Fate::Answered(429, 3600)]);
    let error = user.preferences().await.unwrap_err();
    assert_eq!(error.kind.retry_after(), Some(Duration::from_secs(3600)));
    assert_eq!(relay.seen(), 1);
}

#[tokio::test]
async fn above_the_rate_limit_the_last_answer_is_shown_until_the_minute_is_over() {
    let name = "RATE_LIMIT_CREDITS_PER_MINUTE".to_string();
    let served = Served::start_with(WorldOptions {
        variables: BTreeMap::from([(name, "1".to_string())]),
        ..frozen()
    })
    .await;
    let relay = Relay::before(&served).await;
    let settings = Settings {
        patience: Duration::from_secs(10),
        ..patient()
    };
    let user = user_client(&served, &relay, "free-user", settings);
    user.credits().await.unwrap();
    let limited = user.credits_now().await.unwrap();
    assert!(matches!(limited.freshness, Freshness::Stale { .. }));
    assert_eq!(
        relay.seen(),
        2,
        "the API asked to wait for longer than that"
    );
    served.advance("PT1M").await;
    let fresh = user.credits_now().await.unwrap();
    assert_eq!(fresh.freshness, Freshness::Fresh);
}

#[tokio::test]
async fn an_error_of_a_function_has_its_code_fields_and_request_id() {
    let served = Served::start().await;
    let relay = Relay::before(&served).await;
    let user = user_client(&served, &relay, "free-user", patient());
    let query = HistoryQuery {
        limit: Some(1000),
        ..HistoryQuery::default()
    };
    let error = user.history(&query).await.unwrap_err();
    let ErrorKind::Function(error) = error.kind else {
        panic!("{error}");
    };
    assert_eq!(
        (error.status, &error.code),
        (422, &ErrorCode::ValidationFailed)
    );
    assert!(error.fields.contains_key("limit") && error.request_id.is_some());
}
