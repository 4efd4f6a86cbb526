//! Where the key comes from: fetched with the first call, kept, and fetched again when
//! Stripe no longer accepts it. Secrets Manager is asked through its real client.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use shared::host::environment::{VariableError, Variables};
use shared::store::Connection;
use stripe_client::{Client, Form, KeyError, KeySource, StripeError};

use crate::caller::{NoPauses, deadline};
use crate::server::{Reply, Server, error, ok};

const ARN: &str = "arn:aws:secretsmanager:eu-central-1:1:secret:stripe-key";
const OLD: &str = "rk_test_old_0123456789";
const NEW: &str = "rk_test_new_0123456789";

fn variables(pairs: &[(&str, &str)]) -> Variables {
    let aws = [
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "id"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
    ];
    let pairs = aws.iter().chain(pairs);
    pairs
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .collect()
}

fn kept(text: &str) -> Reply {
    ok(json!({"ARN": ARN, "Name": "stripe-key", "SecretString": text}))
}

fn client(manager: &Server, stripe: &Server) -> Client {
    let connection = Connection::read(&variables(&[])).unwrap();
    let aws = connection.sdk_config().clone().into_builder();
    let aws = aws.endpoint_url(&manager.url).build();
    let variables = variables(&[
        ("STRIPE_KEY_SECRET_ARN", ARN),
        ("STRIPE_API_URL", &stripe.url),
    ]);
    let client = Client::read(&variables, Some(&aws), Arc::new(NoPauses));
    client.unwrap().unwrap()
}

async fn call(client: &Client) -> Result<(), StripeError> {
    let found = client.get("balance", &Form::new(), deadline()).await;
    found.map(|_| ())
}

/// With which keys Stripe was called since the last time.
fn used(stripe: &Server) -> Vec<String> {
    let asked = stripe.asked().into_iter();
    let keys = asked.map(|asked| asked.header("authorization").unwrap().to_string());
    keys.map(|text| text.replace("Bearer ", "")).collect()
}

#[tokio::test]
async fn the_key_is_fetched_with_the_first_call_and_kept() {
    let manager = Server::with(vec![kept(&format!("{OLD}\n"))]).await;
    let stripe = Server::with(vec![ok(json!({})), ok(json!({}))]).await;
    let client = client(&manager, &stripe);
    assert_eq!((manager.connections(), stripe.connections()), (0, 0));
    call(&client).await.unwrap();
    call(&client.clone()).await.unwrap();
    assert_eq!(used(&stripe), [OLD, OLD]);
    let asked = manager.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].body, json!({"SecretId": ARN}).to_string());
}

#[tokio::test]
async fn a_key_that_was_rolled_is_fetched_again_when_stripe_refuses_the_old_one() {
    let manager = Server::with(vec![kept(OLD), kept(NEW), kept(NEW)]).await;
    let refused = || error(401, json!({}));
    let stripe = Server::with(vec![ok(json!({})), refused(), ok(json!({})), refused()]);
    let stripe = stripe.await;
    let client = client(&manager, &stripe);
    call(&client).await.unwrap();
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(31)).await;
    tokio::time::resume();
    call(&client).await.unwrap();
    assert_eq!(used(&stripe), [OLD, OLD, NEW]);
    assert_eq!(manager.asked().len(), 2);
    // Fetched just now, so it is not fetched for another refusal.
    let error = call(&client).await.unwrap_err();
    assert!(matches!(error, StripeError::Authentication(_)));
    assert_eq!(manager.asked().len(), 0);
    assert_eq!(used(&stripe), [NEW]);
}

#[tokio::test]
async fn a_key_is_fetched_again_after_five_minutes_and_kept_while_nobody_has_another() {
    let denied = || {
        let code = ("x-amzn-errortype", "AccessDeniedException".into());
        Reply::Json(400, vec![code], json!({"__type": "AccessDeniedException"}))
    };
    let manager = Server::with(vec![kept(OLD), denied(), kept(NEW)]).await;
    let replies = (0..4).map(|_| ok(json!({}))).collect();
    let stripe = Server::with(replies).await;
    let client = client(&manager, &stripe);
    for (seconds, key, fetched) in [(0, OLD, 1), (299, OLD, 0), (2, OLD, 1), (301, NEW, 1)] {
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(seconds)).await;
        tokio::time::resume();
        call(&client).await.unwrap();
        assert_eq!(used(&stripe), [key], "after {seconds} seconds more");
        assert_eq!(
            manager.asked().len(),
            fetched,
            "after {seconds} seconds more"
        );
    }
}

#[tokio::test]
async fn a_key_of_the_other_mode_is_not_used() {
    for (key, livemode) in [
        ("rk_test_0123456789abc", true),
        ("sk_test_0123456789abc", true),
        ("rk_live_0123456789abc", false),
        ("sk_live_0123456789abc", false),
    ] {
        let stripe = Server::with(vec![ok(json!({}))]).await;
        let source = KeySource::given(key.parse().unwrap());
        let endpoint = stripe.url.parse().unwrap();
        let client = Client::new(source, endpoint, Arc::new(NoPauses));
        let error = call(&client.clone().in_mode(livemode)).await.unwrap_err();
        assert_eq!(error, StripeError::Key(KeyError::OtherMode), "{key}");
        assert_eq!(stripe.connections(), 0, "{key}");
        call(&client.in_mode(!livemode)).await.unwrap();
    }
}

#[tokio::test]
async fn without_a_key_stripe_is_not_called_and_the_secret_is_not_asked_for_each_time() {
    let denied = Reply::Json(
        400,
        vec![("x-amzn-errortype", "AccessDeniedException".into())],
        json!({"__type": "AccessDeniedException", "Message": "hush"}),
    );
    for (reply, expected, passes) in [
        (
            kept("Random0123456789OfTheTemplate"),
            KeyError::NotSet,
            false,
        ),
        (
            denied,
            KeyError::Refused("AccessDeniedException".into()),
            true,
        ),
    ] {
        let manager = Server::with(vec![reply]).await;
        let stripe = Server::with(Vec::new()).await;
        let client = client(&manager, &stripe);
        for _ in 0..2 {
            let error = call(&client).await.unwrap_err();
            assert_eq!(error, StripeError::Key(expected.clone()));
            assert_eq!(error.is_passing(), passes);
            assert!(!error.to_string().contains("hush"));
        }
        assert_eq!(manager.asked().len(), 1);
        assert_eq!(stripe.connections(), 0);
    }
}

#[test]
fn variables_name_one_key_or_none_and_an_address_of_this_machine() {
    let read = |pairs: &[(&str, &str)]| {
        let read = Client::read(&variables(pairs), None, Arc::new(NoPauses));
        read.map(|client| client.is_some())
    };
    assert_eq!(read(&[]), Ok(false));
    assert_eq!(read(&[("STRIPE_API_KEY", "")]), Ok(false));
    assert_eq!(read(&[("STRIPE_API_KEY", NEW)]), Ok(true));
    let fails = |pairs: &[(&str, &str)], part: &str| {
        let error: VariableError = read(pairs).unwrap_err();
        let text = error.to_string();
        assert!(text.contains(part) && !text.contains("hush"), "{text}");
    };
    fails(
        &[("STRIPE_API_KEY", "pk_hush_0123456789ab")],
        "begin with sk_ or rk_",
    );
    let both = [("STRIPE_API_KEY", NEW), ("STRIPE_KEY_SECRET_ARN", ARN)];
    fails(&both, "are both set");
    fails(&[("STRIPE_KEY_SECRET_ARN", ARN)], "needs AWS");
    let elsewhere = [
        ("STRIPE_API_KEY", NEW),
        ("STRIPE_API_URL", "https://example.com"),
    ];
    fails(&elsewhere, "STRIPE_API_URL must be http to this machine");
    let source = KeySource::given(NEW.parse().unwrap());
    assert_eq!(format!("{source:?}"), "KeySource(given)");
}
