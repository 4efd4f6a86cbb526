//! The issuer's keys: read when they are needed, kept, read again when a token names an
//! unknown one, and not more often than every ten seconds.

use serde_json::{Value, json};

use super::ground::{Ground, KEY};
use super::upstream::Reply;

fn reads(ground: &Ground) -> usize {
    let asked = ground.issuer.asked();
    asked.iter().filter(|it| it.what == "GET /keys").count()
}

/// Signs the pro user in; whether data came.
async fn has_data(ground: &Ground) -> bool {
    let access = ground.access("pro-user", &json!({}));
    let answered = ground.sign_in(&access, None).await;
    answered.body.get("user").is_some()
}

#[tokio::test]
async fn keys_are_read_once_an_hour() {
    let ground = Ground::new().await;
    for (wait, expected) in [
        ("PT0S", 1),
        ("PT30M", 0),
        ("PT29M", 0),
        ("PT2M", 1),
        ("PT1M", 0),
    ] {
        ground.world.clock.advance(wait).unwrap();
        assert!(has_data(&ground).await, "after {wait}");
        assert_eq!(reads(&ground), expected, "after {wait}");
    }
}

#[tokio::test]
async fn an_unknown_key_is_looked_for_at_most_every_ten_seconds() {
    let ground = Ground::new().await;
    assert!(has_data(&ground).await);
    assert_eq!(reads(&ground), 1);
    let unknown = ground.forged("pro-user", KEY, |it| it.kid = Some("next".into()));
    for (wait, expected) in [
        ("PT1S", 0),
        ("PT8S", 0),
        ("PT1S", 1),
        ("PT0S", 0),
        ("PT9S", 0),
        ("PT1S", 1),
    ] {
        ground.world.clock.advance(wait).unwrap();
        let answered = ground.sign_in(&unknown, None).await;
        assert_eq!(answered.body.get("user"), None);
        assert_eq!(reads(&ground), expected, "after {wait}");
    }
    // The issuer publishes it.
    let mut keys = ground.world.issuer.jwks();
    let mut next = keys["keys"][0].clone();
    next["kid"] = json!("next");
    keys["keys"].as_array_mut().unwrap().push(next);
    ground.issuer.keys(Reply::json(200, &keys));
    ground.world.clock.advance("PT10S").unwrap();
    let answered = ground.sign_in(&unknown, None).await;
    assert_eq!(answered.body["user"]["userId"], "pro-user");
    assert_eq!(reads(&ground), 1);
}

#[tokio::test]
async fn without_keys_the_tokens_come_without_data() {
    let ground = Ground::new().await;
    let good = ground.world.issuer.jwks();
    let changed = |name: &str, value: &str| {
        let mut keys = good.clone();
        keys["keys"][0][name] = json!(value);
        keys
    };
    let long = json!({"keys": [], "more": "x".repeat(70_000)});
    for reply in [
        Reply::Of(500, String::new()),
        Reply::Of(302, good.to_string()),
        Reply::Of(200, "<html>".into()),
        Reply::Cut,
        Reply::json(200, &json!({"keys": []})),
        Reply::json(200, &long),
        Reply::json(200, &changed("kty", "EC")),
        Reply::json(200, &changed("use", "enc")),
        Reply::json(200, &changed("alg", "RS512")),
        Reply::json(200, &changed("n", "AQAB")),
        Reply::json(200, &changed("n", "!")),
    ] {
        let what = format!("{reply:?}");
        let ground = Ground::new().await;
        ground.issuer.keys_once(reply);
        assert!(!has_data(&ground).await, "{what}");
        let lines: Vec<Value> = ground
            .world
            .log
            .take()
            .iter()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines[0]["WithoutData"], 1, "{what}");
        // A moment later nobody asks again; then it works.
        assert!(!has_data(&ground).await, "{what}");
        ground.world.clock.advance("PT1H").unwrap();
        assert!(has_data(&ground).await, "{what}");
    }
}
