//! The function that the user pool asks before a sign-up: it refuses addresses of
//! throw-away mailboxes, and nobody else.

use std::path::Path;

use local::World;
use serde_json::{Value, json};
use tests::{dump, world};

use crate::routes::log_of;

/// The recorded event.
fn recorded() -> Value {
    let file = "../functions/sign-up/events/pre-sign-up.json";
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

fn with_address(address: &str) -> Value {
    let mut event = recorded();
    event["request"]["userAttributes"]["email"] = json!(address);
    event
}

fn function(world: &World, refuses: &str) -> sign_up::App {
    let variable = ("REFUSE_DISPOSABLE".to_string(), refuses.to_string());
    let settings = sign_up::Settings::read(&[variable].into_iter().collect()).unwrap();
    let clock = std::sync::Arc::new(world.clock.clone());
    let log = log_of(world, sign_up::FUNCTION);
    sign_up::App::new(world.store.clone(), clock, settings, log)
}

/// What the pool gets back, and the line of the call.
async fn asked(world: &World, refuses: &str, event: &Value) -> (Result<Value, String>, Value) {
    world.log.take();
    let app = function(world, refuses);
    let answer = app.handle(event.clone(), "i-1".into()).await;
    let lines = world.log.take();
    assert_eq!(lines.len(), 1, "{lines:?}");
    let line = serde_json::from_str(&lines[0]).unwrap();
    (answer.map_err(|refused| refused.to_string()), line)
}

#[tokio::test]
async fn a_throw_away_address_is_refused_with_a_sentence_and_any_other_passes() {
    let world = world().await;
    let before = dump(&world.dynamodb.client()).await;
    for address in [
        "ada@mailinator.com",
        "Ada@Sub.MAILINATOR.com.",
        "ada@ｍａｉｌｉｎａｔｏｒ.com",
    ] {
        let event = with_address(address);
        let (answer, line) = asked(&world, "true", &event).await;
        let sentence = "Addresses of throw-away mailboxes are not accepted. Please sign up with \
                        another address.";
        assert_eq!(answer, Err(sentence.to_string()), "{address}");
        assert_eq!(
            (&line["outcome"], &line["Refused"]),
            (&json!("refused"), &json!(1))
        );
        // It is no failure of the function's.
        assert!(line["ServerErrors"].is_null(), "{line}");
        // Asked to let everybody in, it does.
        let (answer, line) = asked(&world, "false", &event).await;
        assert_eq!((answer, &line["outcome"]), (Ok(event), &json!("let")));
    }
    for address in ["new@example.com", "ada+tag@gmail.com", "a.d.a@gmail.com"] {
        let event = with_address(address);
        let (answer, line) = asked(&world, "true", &event).await;
        assert_eq!(
            (answer, &line["outcome"]),
            (Ok(event), &json!("let")),
            "{address}"
        );
        assert!(line["Refused"].is_null(), "{line}");
    }
    assert_eq!(dump(&world.dynamodb.client()).await, before);
}

#[tokio::test]
async fn who_comes_from_another_issuer_is_asked_too_and_whom_an_operator_makes_is_not() {
    let world = world().await;
    for (source, passes) in [
        ("PreSignUp_SignUp", false),
        ("PreSignUp_ExternalProvider", false),
        ("PreSignUp_AdminCreateUser", true),
    ] {
        let mut event = with_address("ada@mailinator.com");
        event["triggerSource"] = json!(source);
        let (answer, _) = asked(&world, "true", &event).await;
        assert_eq!(answer.is_ok(), passes, "{source}");
    }
    // Who confirms exists already, whatever the list says of their address now.
    let mut confirmed = with_address("ada@mailinator.com");
    confirmed["triggerSource"] = json!("PostConfirmation_ConfirmSignUp");
    confirmed["request"]["userAttributes"]["sub"] = json!("ada");
    confirmed["request"]["userAttributes"]["email_verified"] = json!("true");
    let (answer, line) = asked(&world, "true", &confirmed).await;
    assert_eq!(
        (answer, &line["outcome"]),
        (Ok(confirmed), &json!("created"))
    );
}

#[tokio::test]
async fn an_event_that_cannot_be_read_lets_the_person_in_and_says_so() {
    let world = world().await;
    for request in [
        json!(null),
        json!({}),
        json!({"userAttributes": {"email": 7}}),
    ] {
        let mut event = recorded();
        event["request"] = request;
        let (answer, line) = asked(&world, "true", &event).await;
        assert_eq!(answer, Ok(event));
        assert_eq!(
            (&line["outcome"], &line["ServerErrors"]),
            (&json!("unreadable"), &json!(1))
        );
    }
    let mut event = recorded();
    event["request"]["userAttributes"] = json!({"phone_number": "+15550100"});
    assert_eq!(asked(&world, "true", &event).await.0, Ok(event));
}
