//! Tokens through the product: who may ask, what the issuer is asked, what comes back,
//! and what is never said to whom. The issuer is one on loopback with real keys.

mod believed;
mod ground;
mod introduced;
mod keys;
mod people;
mod pre_sign_up;
mod refused;
mod sign_up;
mod upstream;

pub(crate) use ground::{Ground, code_form, refresh_form};
pub(crate) use sign_up::confirmation;
pub(crate) use upstream::{Reply, Upstream};

use serde_json::json;
use shared::host::clock::Clock;
use tests::{NOW, a_charge, commit};

#[tokio::test]
async fn a_code_becomes_tokens_with_the_user_and_their_credits() {
    let ground = Ground::new().await;
    let access = ground.access("pro-user", &json!({}));
    let answered = ground.sign_in(&access, None).await;
    let credits = json!({
        "freeCredits": {
            "remaining": 2000, "monthlyAllocation": 2000, "resetDate": "2025-12-01T00:00:00Z",
        },
        "proCredits": {"remaining": 5000, "purchasedTotal": 10000},
        "totalAvailable": 7000,
    });
    let user = json!({
        "userId": "pro-user", "email": "pro@example.com", "displayName": "Pro User",
        "subscription": {"tier": "pro", "status": "active"}, "credits": credits,
    });
    assert_eq!(answered.body["user"], user);
    assert_eq!(answered.body["refresh_token"], "r-2");
    let headers = json!({
        "cache-control": "no-store", "content-type": "application/json", "pragma": "no-cache",
    });
    assert_eq!(answered.headers, headers);
    let person = ground
        .world
        .store
        .load_person(&tests::user("pro-user"))
        .await
        .unwrap();
    let last_login_at = person.user.unwrap().last_login_at;
    assert_eq!(last_login_at, Some(ground.world.clock.now()));
    assert_eq!(ground.trouble(), Vec::<String>::new());
}

#[tokio::test]
async fn the_issuer_gets_the_form_without_what_is_ours_and_its_answer_is_not_touched() {
    let ground = Ground::new().await;
    for form in [code_form(), refresh_form()] {
        let text = ground.gives(&ground.access("free-user", &json!({})), None);
        let answered = ground.ask(&form).await;
        assert_eq!((answered.status, answered.text), (200, text.clone()));
        let more = "&include_user_data=true&include_credits=true";
        ground.ask(&format!("{form}{more}")).await;
        let asked = ground.issuer.asked();
        let asked: Vec<_> = asked.iter().filter(|it| it.what == "POST /token").collect();
        assert_eq!(asked.len(), 2);
        for asked in asked {
            assert_eq!(asked.body, form);
            let kind = "content-type: application/x-www-form-urlencoded";
            assert!(asked.head.contains(kind), "{}", asked.head);
        }
    }
}

#[tokio::test]
async fn refreshed_tokens_come_with_the_credits_of_that_moment() {
    let ground = Ground::new().await;
    let access = ground.access("pro-user", &json!({}));
    let before = ground.refresh(&access).await;
    assert_eq!(before.body["credits"]["totalAvailable"], 7000);
    assert_eq!(before.body.get("user"), None);
    let now = ground.world.clock.now();
    let charged = commit(&ground.world.store, "pro-user", &a_charge("120.5"), now).await;
    charged.unwrap();
    let after = ground.refresh(&access).await;
    assert_eq!(after.body["credits"]["totalAvailable"], 6879);
    assert_eq!(after.body["credits"]["freeCredits"]["remaining"], 1879);
}

#[tokio::test]
async fn a_refresh_writes_nothing_and_shows_a_stranger_the_default_credits() {
    let ground = Ground::new().await;
    let before = ground.tables().await;
    let access = ground.access("a-stranger", &json!({}));
    let answered = ground.refresh(&access).await;
    assert_eq!(answered.body["credits"]["totalAvailable"], 2000);
    assert_eq!(ground.tables().await, before, "at {NOW}");
}

#[tokio::test]
async fn a_token_without_the_scopes_of_the_data_comes_without_it() {
    let ground = Ground::new().await;
    for scope in ["openid", "user.info", "credits.read"] {
        let access = ground.access("pro-user", &json!({"scope": scope}));
        let answered = ground.sign_in(&access, None).await;
        assert_eq!(answered.body.get("user"), None, "{scope}");
    }
    let access = ground.access("pro-user", &json!({"scope": "openid user.info"}));
    assert_eq!(ground.refresh(&access).await.body.get("credits"), None);
    // Some issuers call it otherwise, and write a list.
    let scopes = json!({"scope": null, "scp": ["user.info", "credits.read"]});
    let access = ground.access("pro-user", &scopes);
    let answered = ground.sign_in(&access, None).await;
    assert_eq!(answered.body["user"]["userId"], "pro-user");
}
