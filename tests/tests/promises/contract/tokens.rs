//! Today's answers of `POST /oauth/token` at an issuer that answers: a code with the user's
//! data, and a refresh with the credits.

use serde_json::{Value, json};

use crate::routes::recorded;
use crate::token::{Ground, refresh_form};

/// A signed token takes a page and says nothing of the contract.
const MASKED: &str = "header.claims.signature";

/// Each by the name under which it is kept. The code's is that of the recorded event.
pub(super) async fn answers() -> Vec<(String, Value)> {
    let ground = Ground::new().await;
    let access = ground.access("pro-user", &json!({}));
    let id = ground.id("pro-user", "pro@example.com", &json!({}));
    ground.gives(&access, Some(&id));
    let code = recorded("post-token.json");
    let mut refresh = code.clone();
    refresh["isBase64Encoded"] = json!(false);
    refresh["body"] = json!(format!("{}&include_credits=true", refresh_form()));
    let mut answers = Vec::new();
    for (name, event) in [("post-token", code), ("post-token-refresh", refresh)] {
        let answered = ground.send(&event).await;
        assert_eq!(answered.status, 200, "{}", answered.text);
        let mut body = answered.body;
        for token in ["access_token", "id_token"] {
            assert!(body[token].is_string(), "{name} has no {token}");
            body[token] = json!(MASKED);
        }
        let answer = json!({
            "routeKey": event["routeKey"],
            "status": answered.status,
            "headers": answered.headers,
            "body": body,
        });
        answers.push((name.to_string(), answer));
    }
    answers
}
