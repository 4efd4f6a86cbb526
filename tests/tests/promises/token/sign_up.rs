//! The function that the user pool calls after a confirmation: it creates the user, and
//! returns every event as it came, whatever happens.

use std::path::Path;

use local::World;
use local::dynamodb::Fault;
use serde_json::{Value, json};
use tests::{dump, user, world};

use crate::routes::sign_up_function;

/// The recorded event.
pub(crate) fn confirmation() -> Value {
    let file = "../functions/sign-up/events/post-confirmation.json";
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

fn attribute(event: &mut Value, name: &str, value: Value) {
    event["request"]["userAttributes"][name] = value;
}

/// Handles an event; the outcome that its line names.
async fn handled(world: &World, event: &Value) -> String {
    let app = sign_up_function(world);
    let answer = app.handle(event.clone(), "i-1".into()).await;
    assert_eq!(answer.as_ref(), Ok(event));
    let lines = world.log.take();
    assert_eq!(lines.len(), 1, "{lines:?}");
    let line: Value = serde_json::from_str(&lines[0]).unwrap();
    assert_eq!(line["lambda_request_id"], "i-1");
    assert_eq!(line["Requests"], 1);
    line["outcome"].as_str().unwrap().to_string()
}

const ID: &str = "6f1d2c3b-4a59-4687-9e0d-1c2b3a4d5e6f";

#[tokio::test]
async fn a_confirmed_user_is_created_once_with_address_and_name() {
    let world = world().await;
    assert_eq!(handled(&world, &confirmation()).await, "created");
    let created = dump(&world.dynamodb.client()).await;
    assert_eq!(handled(&world, &confirmation()).await, "existing");
    assert_eq!(dump(&world.dynamodb.client()).await, created);
    let person = world.store.load_person(&user(ID)).await.unwrap();
    let profile = person.user.unwrap();
    assert_eq!(profile.address(), Some("new@example.com"));
    assert_eq!(
        (profile.name(), profile.last_login_at),
        (Some("New User"), None)
    );
}

#[tokio::test]
async fn an_address_of_another_or_unverified_is_left_out() {
    for (name, value) in [
        ("email", json!("PRO@example.com")),
        ("email_verified", json!("false")),
        ("email", json!(null)),
    ] {
        let world = world().await;
        let mut event = confirmation();
        attribute(&mut event, name, value);
        assert_eq!(handled(&world, &event).await, "created");
        let person = world.store.load_person(&user(ID)).await.unwrap();
        assert_eq!(person.user.unwrap().address(), None, "{name}");
        let owner = world.store.find_user_by_email("pro@example.com").await;
        assert_eq!(owner.unwrap(), Some(user("pro-user")));
    }
}

#[tokio::test]
async fn nobody_is_created_who_was_erased_or_is_no_new_user() {
    let world = world().await;
    handled(&world, &confirmation()).await;
    world.store.erase_person(&user(ID)).await.unwrap();
    let before = dump(&world.dynamodb.client()).await;
    assert_eq!(handled(&world, &confirmation()).await, "erased");
    let mut other = confirmation();
    attribute(&mut other, "sub", json!("another"));
    let mut password = other.clone();
    password["triggerSource"] = json!("PostConfirmation_ConfirmForgotPassword");
    assert_eq!(handled(&world, &password).await, "ignored");
    attribute(&mut other, "sub", json!("no user#id"));
    for event in [json!({}), json!(null), json!([1]), other] {
        assert_eq!(handled(&world, &event).await, "unreadable", "{event}");
    }
    assert_eq!(dump(&world.dynamodb.client()).await, before);
}

#[tokio::test]
async fn a_confirmation_does_not_fail_with_the_tables() {
    let world = world().await;
    let faults = world.dynamodb.faults();
    (0..6).for_each(|_| faults.push("TransactWriteItems", Fault::ServerError));
    assert_eq!(handled(&world, &confirmation()).await, "failed");
    assert_eq!(handled(&world, &confirmation()).await, "created");
}
