//! Users who come into being with their first sign-in, and those who do not come back.

use std::time::Duration;

use serde_json::json;
use shared::domain::{Action, Adjustment, Command, User};
use shared::host::clock::{Clock, Deadline};
use tests::{a_charge, commit, user};

use super::ground::Ground;

async fn profile(ground: &Ground, id: &str) -> Option<User> {
    ground
        .world
        .store
        .load_person(&user(id))
        .await
        .unwrap()
        .user
}

#[tokio::test]
async fn a_first_sign_in_creates_the_user_once() {
    let ground = Ground::new().await;
    let access = ground.access("new-user", &json!({}));
    let id = ground.id("new-user", "New@example.com", &json!({}));
    let first = ground.sign_in(&access, Some(&id)).await;
    let expected = json!({
        "userId": "new-user", "email": "New@example.com", "displayName": "New User",
        "subscription": {"tier": "free", "status": "active"},
        "credits": {
            "freeCredits": {
                "remaining": 2000, "monthlyAllocation": 2000, "resetDate": "2025-12-01T00:00:00Z",
            },
            "proCredits": {"remaining": 0, "purchasedTotal": 0},
            "totalAvailable": 2000,
        },
    });
    assert_eq!(first.body["user"], expected);
    let created_at = ground.world.clock.now();
    let keys = [
        "users EMAIL#new@example.com/CLAIM",
        "users USER#new-user/PROFILE",
    ];
    let tables = ground.tables().await;
    for key in keys {
        assert!(tables.0.contains_key(key), "{key}");
    }
    ground.world.clock.advance("PT10M").unwrap();
    let renamed = ground.id("new-user", "other@example.com", &json!({"name": "Other"}));
    let again = ground
        .sign_in(&ground.access("new-user", &json!({})), Some(&renamed))
        .await;
    assert_eq!(again.body["user"], expected, "what is known stays");
    let profile = profile(&ground, "new-user").await.unwrap();
    assert_eq!(profile.created_at, created_at);
    assert_eq!(profile.last_login_at, Some(ground.world.clock.now()));
    assert_eq!(ground.trouble(), Vec::<String>::new());
}

#[tokio::test]
async fn an_address_that_is_not_proven_or_is_anothers_is_not_taken() {
    let ground = Ground::new().await;
    let unproven = json!({"email_verified": false});
    let silent = json!({"email_verified": null});
    let texts = json!({"email_verified": "false"});
    let foreign = json!({"aud": "another-app"});
    let of_another = json!({"sub": "pro-user"});
    let expired = json!({"exp": 1});
    let not_an_id = json!({"token_use": "access"});
    for (user, email, changes, has_name) in [
        ("u-1", "u1@example.com", &unproven, true),
        ("u-2", "u2@example.com", &silent, true),
        ("u-3", "u3@example.com", &texts, true),
        ("u-4", "u4@example.com", &foreign, false),
        ("u-5", "u5@example.com", &of_another, false),
        ("u-6", "u6@example.com", &expired, false),
        ("u-7", "u7@example.com", &not_an_id, false),
        ("u-8", "PRO@example.com", &json!({}), true),
        ("u-9", "no address", &json!({}), true),
    ] {
        let access = ground.access(user, &json!({}));
        let id = ground.id(user, email, changes);
        let answered = ground.sign_in(&access, Some(&id)).await;
        let said = &answered.body["user"];
        assert_eq!(said["userId"], user, "{}", answered.text);
        assert_eq!(said["email"], json!(null), "{user}");
        assert_eq!(said["displayName"].is_string(), has_name, "{user}");
    }
    let tables = ground.tables().await;
    let claims = tables.keys_under("users EMAIL#");
    assert_eq!(claims, ["free@example.com/CLAIM", "pro@example.com/CLAIM"]);
    let text = json!({"email_verified": "true"});
    let id = ground.id("u-10", "u10@example.com", &text);
    let answered = ground
        .sign_in(&ground.access("u-10", &json!({})), Some(&id))
        .await;
    assert_eq!(answered.body["user"]["email"], "u10@example.com");
    let answered = ground
        .sign_in(&ground.access("u-11", &json!({})), None)
        .await;
    assert_eq!(answered.body["user"]["email"], json!(null));
}

#[tokio::test]
async fn an_erased_user_gets_tokens_and_does_not_come_back() {
    let ground = Ground::new().await;
    assert!(
        ground
            .world
            .store
            .erase_person(&user("pro-user"))
            .await
            .unwrap()
    );
    let before = ground.tables().await;
    let access = ground.access("pro-user", &json!({}));
    let id = ground.id("pro-user", "pro@example.com", &json!({}));
    let answered = ground.sign_in(&access, Some(&id)).await;
    assert_eq!(answered.body.get("user"), None);
    assert_eq!(ground.refresh(&access).await.body.get("credits"), None);
    assert_eq!(ground.tables().await, before);
}

#[tokio::test]
async fn a_deactivated_user_gets_tokens_without_data() {
    let ground = Ground::new().await;
    let now = ground.world.clock.now();
    let deactivation = Command {
        action: Action::Adjust(Adjustment::Active(false)),
        ..a_charge("1")
    };
    let done = commit(&ground.world.store, "pro-user", &deactivation, now).await;
    done.unwrap();
    let access = ground.access("pro-user", &json!({}));
    let answered = ground.sign_in(&access, None).await;
    assert_eq!(answered.body.get("user"), None);
    assert_eq!(ground.refresh(&access).await.body.get("credits"), None);
    // The sign-in took place nevertheless.
    let profile = profile(&ground, "pro-user").await.unwrap();
    assert_eq!(profile.last_login_at, Some(now));
}

#[tokio::test]
async fn a_sign_in_without_a_wish_for_data_creates_the_user_too() {
    let ground = Ground::new().await;
    let access = ground.access("new-user", &json!({"scope": "openid"}));
    ground.gives(&access, None);
    let answered = ground.ask(&super::code_form()).await;
    assert_eq!((answered.status, answered.body.get("user")), (200, None));
    let profile = profile(&ground, "new-user").await.unwrap();
    assert_eq!((profile.address(), profile.active), (None, true));
}

#[tokio::test]
async fn two_first_sign_ins_at_once_create_one_user() {
    let ground = Ground::new().await;
    let access = ground.access("new-user", &json!({}));
    let id = ground.id("new-user", "new@example.com", &json!({}));
    ground.gives(&access, Some(&id));
    let form = format!("{}&include_user_data=true", super::code_form());
    let (one, other) = tokio::join!(ground.ask(&form), ground.ask(&form));
    for answered in [one, other] {
        assert_eq!(answered.body["user"]["email"], "new@example.com");
    }
    // Claims of the erased are free again.
    let store = &ground.world.store;
    store.erase_person(&user("new-user")).await.unwrap();
    let next = ground.id("next-user", "new@example.com", &json!({}));
    let answered = ground
        .sign_in(&ground.access("next-user", &json!({})), Some(&next))
        .await;
    assert_eq!(answered.body["user"]["email"], "new@example.com");
    let deadline = Deadline::after(Duration::from_secs(10));
    let (gone, now) = (user("new-user"), ground.world.clock.now());
    let noted = store.note_sign_in(&gone, now, deadline).await;
    assert!(noted.is_err(), "a tombstone has no sign-ins");
}
