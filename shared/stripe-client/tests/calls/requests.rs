//! What is sent: the form, the pinned version, the key, the idempotency key.

use serde_json::json;
use stripe_client::{API_VERSION, Form, IdempotencyKey, StripeError};

use crate::caller::{KEY, client, deadline};
use crate::server::{Reply, Server, error, ok};

#[tokio::test]
async fn a_read_names_the_pinned_version_and_puts_its_form_into_the_query() {
    let server = Server::with(vec![ok(json!({"id": "in_1"})), ok(json!({}))]).await;
    let client = client(&server.url);
    let form = Form::new()
        .with_list("expand", &["lines"])
        .with("created[gte]", 5);
    let found = client.get("invoices/in_1", &form, deadline()).await;
    assert_eq!(found.unwrap(), json!({"id": "in_1"}));
    client
        .get("balance", &Form::new(), deadline())
        .await
        .unwrap();

    let asked = server.asked();
    let expected = "GET /v1/invoices/in_1?expand[0]=lines&created[gte]=5";
    assert_eq!(asked[0].line, expected);
    assert_eq!(asked[1].line, "GET /v1/balance");
    for asked in &asked {
        let bearer = format!("Bearer {KEY}");
        assert_eq!(asked.header("authorization"), Some(bearer.as_str()));
        assert_eq!(asked.header("stripe-version"), Some(API_VERSION));
        assert_eq!(asked.header("idempotency-key"), None);
        assert_eq!(asked.header("content-type"), None);
        assert_eq!(asked.header("stripe-account"), None);
        let host = server.url.strip_prefix("http://");
        assert_eq!(asked.header("host"), host);
        assert_eq!(asked.body, "");
    }
    assert_eq!(server.connections(), 1, "one connection serves both");
}

#[tokio::test]
async fn a_write_sends_its_form_and_the_same_idempotency_key_each_time() {
    let replies = vec![
        Reply::Drop,
        error(500, json!({})),
        ok(json!({"id": "re_1"})),
    ];
    let server = Server::with(replies).await;
    let key = IdempotencyKey::new("refund pi_1 1").unwrap();
    let form = Form::new()
        .with("payment_intent", "pi_1")
        .with("metadata[user_id]", "a user");
    let client = client(&server.url);
    let made = client.post("refunds", &form, &key, deadline()).await;
    assert_eq!(made.unwrap()["id"], "re_1");
    let asked = server.asked();
    assert_eq!(asked.len(), 3);
    for asked in asked {
        assert_eq!(asked.line, "POST /v1/refunds");
        let body = "payment_intent=pi_1&metadata[user_id]=a+user";
        assert_eq!(asked.body, body);
        let form = Some("application/x-www-form-urlencoded");
        assert_eq!(asked.header("content-type"), form);
        assert_eq!(asked.header("idempotency-key"), Some("refund pi_1 1"));
    }
}

#[tokio::test]
async fn calls_about_a_connected_account_name_it() {
    let server = Server::with(vec![ok(json!({})), ok(json!({}))]).await;
    let client = client(&server.url);
    let account = "acct_1".parse().unwrap();
    let connected = client.for_account(Some(&account));
    for client in [connected.clone(), connected.for_account(None)] {
        client
            .get("balance", &Form::new(), deadline())
            .await
            .unwrap();
    }
    let accounts = server.asked().into_iter();
    let accounts: Vec<_> = accounts
        .map(|asked| asked.header("stripe-account").map(str::to_string))
        .collect();
    assert_eq!(accounts, [Some("acct_1".to_string()), None]);
}

#[tokio::test]
async fn neither_errors_nor_debug_text_show_the_key() {
    let refusals = [400, 401, 403, 404].map(|status| error(status, json!({"message": "no"})));
    let server = Server::with(refusals.into()).await;
    let client = client(&server.url);
    let mut texts = vec![format!("{client:?}")];
    for _ in 0..4 {
        let error = client.get("x", &Form::new(), deadline()).await.unwrap_err();
        texts.extend([error.to_string(), error.for_log(), format!("{error:?}")]);
    }
    let nowhere = crate::caller::client("http://127.0.0.1:1");
    let error = nowhere
        .get("x", &Form::new(), deadline())
        .await
        .unwrap_err();
    assert!(matches!(error, StripeError::Unavailable(_)), "{error:?}");
    texts.extend([error.to_string(), format!("{nowhere:?}")]);
    for text in texts {
        assert!(!text.contains(KEY) && !text.contains("rk_"), "{text}");
    }
}
