//! A subscription that lapsed: whoever still has credits notices nothing, and
//! only where credits are missing the answer says where to renew.

use std::collections::BTreeMap;

use local::WorldOptions;
use shared::domain::{AccountPlan, Tier, Timestamp};
use tests::{Served, at, frozen};

use super::{body, subscribe};

const USER: &str = "subscriber";
const RENEW: &str = "https://example.com/renew";

fn plan(tier: Tier, lapses_at: Option<Timestamp>) -> AccountPlan {
    AccountPlan {
        subscription_id: "sub_1".into(),
        tier,
        rank: 10,
        period_end: lapses_at.map(|at| at.plus_seconds(-86_400)),
        lapses_at,
        payment_due: false,
    }
}

async fn served_with(renew_url: Option<&str>) -> Served {
    let variables = renew_url.map(|url| ("RENEW_URL".to_string(), url.to_string()));
    let variables: BTreeMap<_, _> = variables.into_iter().collect();
    Served::start_with(WorldOptions {
        variables,
        ..frozen()
    })
    .await
}

/// A charge that is too large, with these plans: its status and error.
async fn check(plan: Option<AccountPlan>, status: u16, error: &str) {
    let served = served_with(Some(RENEW)).await;
    let service = served.service().await;
    if let Some(plan) = plan {
        subscribe(&served.world, USER, "plan", plan).await;
    }
    body(&service.charge(USER, "fits", 2000).await, 201);
    for answer in [
        service.charge(USER, "too-much", "0.5").await,
        service.hold(USER, "too-much", "0.5", 60).await,
    ] {
        let refused = body(&answer, status);
        assert_eq!(refused["error"], error, "{refused}");
        assert_eq!(
            (&refused["required"], &refused["available"]),
            (&"0.5".into(), &"0".into())
        );
        let renew = refused.get("renewUrl").and_then(|url| url.as_str());
        assert_eq!(renew, Some(RENEW).filter(|_| status == 403), "{refused}");
    }
    // Nothing is due for nothing.
    body(&service.charge(USER, "nothing", 0).await, 201);
}

#[tokio::test]
async fn where_credits_are_missing_a_lapsed_subscription_says_where_to_renew() {
    let (expired, missing) = ("subscription_expired", "insufficient_credits");
    let now = at(tests::NOW);
    check(Some(plan(Tier::Pro, Some(now))), 403, expired).await;
    check(Some(plan(Tier::Enterprise, Some(now))), 403, expired).await;
    check(
        Some(plan(Tier::Pro, Some(now.plus_seconds(1)))),
        402,
        missing,
    )
    .await;
    check(Some(plan(Tier::Pro, None)), 402, missing).await;
    check(Some(plan(Tier::Free, Some(now))), 402, missing).await;
    check(None, 402, missing).await;
}

#[tokio::test]
async fn without_an_address_the_refusal_names_none() {
    let served = served_with(None).await;
    let service = served.service().await;
    let lapsed = plan(Tier::Pro, Some(at(tests::NOW)));
    subscribe(&served.world, USER, "plan", lapsed).await;
    let refused = body(&service.charge(USER, "k", 2001).await, 403);
    assert_eq!(refused["error"], "subscription_expired");
    assert_eq!(refused.get("renewUrl"), None, "{refused}");
    // Once it is renewed, the same charge is only too large.
    let renewed = plan(Tier::Pro, Some(at("2026-01-01T00:00:00Z")));
    subscribe(&served.world, USER, "renewed", renewed).await;
    assert_eq!(service.charge(USER, "k", 2001).await.status, 402);
}
