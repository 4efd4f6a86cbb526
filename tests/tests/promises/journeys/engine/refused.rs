//! What can be read and still may not be: each refusal has its code, nothing
//! is written, and the key stays free for another try.

use serde_json::{Value, json};
use tests::{Answer, Served, Service, dump};

use super::{body, check_ledger, deactivate};

const USER: &str = "a-user";
const COMMANDS: [(&str, &str); 4] = [
    ("extend", r#"{"ttlSeconds":60}"#),
    ("report", r#"{"amount":1}"#),
    ("commit", r#"{"amount":1}"#),
    ("release", "{}"),
];

async fn command(
    service: &Service,
    user: &str,
    hold: &str,
    (name, fields): (&str, &str),
) -> Answer {
    let fields: Value = serde_json::from_str(fields).unwrap();
    let key = format!("{hold}-{name}-late");
    service.on_hold(user, (hold, name), &key, &fields).await
}

/// Runs a request and holds its refusal, and that the tables stay as they are.
async fn check(
    served: &Served,
    request: impl Future<Output = Answer>,
    status: u16,
    code: &str,
) -> Value {
    let before = dump(&served.world.dynamodb.client()).await;
    let answer = request.await;
    let refused = body(&answer, status);
    assert_eq!(refused["error"], code, "{refused}");
    assert_eq!(answer.header("cache-control"), "no-store");
    let after = dump(&served.world.dynamodb.client()).await;
    assert_eq!(after, before, "{code} wrote something");
    refused
}

#[tokio::test]
async fn another_users_and_another_clients_holds_are_not_found() {
    let served = Served::start().await;
    let service = served.service().await;
    let stranger = served.service_of("textassistant-desktop").await;
    body(&service.hold(USER, "h", 100, 300).await, 201);
    body(&service.charge(USER, "c", 1).await, 201);
    for named in COMMANDS {
        check(
            &served,
            command(&service, "free-user", "h", named),
            404,
            "not_found",
        )
        .await;
        check(
            &served,
            command(&stranger, USER, "h", named),
            404,
            "not_found",
        )
        .await;
        // What was opened by a charge is no hold.
        check(
            &served,
            command(&service, USER, "c", named),
            404,
            "not_found",
        )
        .await;
    }
    // The other client may use the same key for a hold of its own.
    body(&stranger.hold(USER, "h", 50, 300).await, 201);
    assert_eq!(service.credits(USER).await["held"], 150);
    check_ledger(&served.world, USER).await;
}

#[tokio::test]
async fn a_hold_that_is_closed_stays_closed() {
    let served = Served::start().await;
    let service = served.service().await;
    for (hold, ending) in [("committed", COMMANDS[2]), ("released", COMMANDS[3])] {
        body(&service.hold(USER, hold, 100, 300).await, 201);
        let (name, fields) = ending;
        let fields: Value = serde_json::from_str(fields).unwrap();
        let key = format!("{hold}-end");
        let ended = service.on_hold(USER, (hold, name), &key, &fields);
        assert_eq!(body(&ended.await, 200)["status"], hold);
        for named in COMMANDS {
            let late = command(&service, USER, hold, named);
            check(&served, late, 409, "hold_not_open").await;
        }
    }
}

#[tokio::test]
async fn a_hold_whose_time_is_over_takes_a_commit_and_nothing_else() {
    let served = Served::start().await;
    let service = served.service().await;
    body(&service.hold(USER, "h", 100, 300).await, 201);
    served.advance("PT5M").await;
    for named in [COMMANDS[0], COMMANDS[1], COMMANDS[3]] {
        let late = command(&service, USER, "h", named);
        check(&served, late, 409, "hold_not_open").await;
    }
    body(&command(&service, USER, "h", COMMANDS[2]).await, 200);
}

#[tokio::test]
async fn a_commit_may_take_all_that_is_there_and_owe_no_more_than_the_hold() {
    let served = Served::start().await;
    let service = served.service().await;
    // Of the month's 2000 are 10.5 held; 1989.5 are left, and 10.5 may be owed.
    body(&service.hold(USER, "h", "10.5", 300).await, 201);
    for name in ["report", "commit"] {
        let above = (name, r#"{"amount":"2010.501"}"#);
        let refused = check(
            &served,
            command(&service, USER, "h", above),
            422,
            "validation_failed",
        );
        let problem = refused.await["fields"]["amount"].clone();
        assert!(
            problem.as_str().unwrap().contains("at most 2010.5:"),
            "{problem}"
        );
    }
    for name in ["report", "commit"] {
        let all = (name, r#"{"amount":"2010.5"}"#);
        body(&command(&service, USER, "h", all).await, 200);
    }
    let credits = service.credits(USER).await;
    assert_eq!(
        (&credits["totalAvailable"], &credits["debt"]),
        (&json!(0), &json!(11))
    );
    check_ledger(&served.world, USER).await;
}

#[tokio::test]
async fn at_most_a_hundred_holds_are_open_at_a_time() {
    let served = Served::start().await;
    let service = served.service().await;
    for number in 1..=100 {
        body(
            &service.hold(USER, &format!("h{number}"), 1, 300).await,
            201,
        );
    }
    let one_more = service.hold(USER, "h101", 1, 300);
    check(&served, one_more, 409, "too_many_holds").await;
    body(&service.charge(USER, "c", 1).await, 201);
    body(&command(&service, USER, "h7", COMMANDS[3]).await, 200);
    body(&service.hold(USER, "h101", 1, 300).await, 201);
    check(
        &served,
        service.hold(USER, "h102", 1, 300),
        409,
        "too_many_holds",
    )
    .await;
    // When their time is over, they stand in nobody's way.
    served.advance("PT5M").await;
    body(&service.hold(USER, "h102", 1, 300).await, 201);
    check_ledger(&served.world, USER).await;
}

#[tokio::test]
async fn a_user_who_is_not_active_may_end_what_was_begun_and_begin_nothing() {
    let served = Served::start().await;
    let service = served.service().await;
    for hold in ["h1", "h2"] {
        body(&service.hold(USER, hold, 100, 300).await, 201);
    }
    deactivate(&served.world, USER).await;
    check(&served, service.charge(USER, "c", 0), 403, "user_inactive").await;
    check(
        &served,
        service.charge(USER, "c", 9999),
        403,
        "user_inactive",
    )
    .await;
    check(
        &served,
        service.hold(USER, "h3", 1, 300),
        403,
        "user_inactive",
    )
    .await;
    let extend = command(&service, USER, "h1", COMMANDS[0]);
    check(&served, extend, 403, "user_inactive").await;
    body(&command(&service, USER, "h1", COMMANDS[1]).await, 200);
    body(&command(&service, USER, "h1", COMMANDS[2]).await, 200);
    body(&command(&service, USER, "h2", COMMANDS[3]).await, 200);
    assert_eq!(service.credits(USER).await["totalAvailable"], 1999);
}

#[tokio::test]
async fn not_enough_names_what_was_asked_and_what_is_there() {
    let served = Served::start().await;
    let service = served.service().await;
    body(&service.charge(USER, "c1", "1999.5").await, 201);
    for request in [("charges", "c2"), ("holds", "h")] {
        let (path, key) = request;
        let fields = json!({"amount": "0.501"});
        let request = service.post(USER, path, key, &fields);
        let refused = check(&served, request, 402, "insufficient_credits").await;
        let amounts = (&refused["required"], &refused["available"]);
        assert_eq!(amounts, (&json!("0.501"), &json!("0.5")));
    }
    // A refusal uses up no key.
    let charged = service.charge(USER, "c2", "0.5").await;
    assert_eq!(charged.headers.get("idempotent-replayed"), None);
    body(&charged, 201);
}

#[tokio::test]
async fn a_key_is_good_for_one_request_of_one_client_and_user() {
    let served = Served::start().await;
    let service = served.service().await;
    body(&service.hold(USER, "h1", 10, 300).await, 201);
    body(&service.hold(USER, "h2", 10, 300).await, 201);
    body(&service.charge(USER, "k", 1).await, 201);
    let reused = "idempotency_key_reused";
    let label = json!({"amount": 1, "label": "another"});
    check(&served, service.charge(USER, "k", 2), 422, reused).await;
    check(
        &served,
        service.post(USER, "charges", "k", &label),
        422,
        reused,
    )
    .await;
    check(&served, service.hold(USER, "k", 1, 300), 422, reused).await;
    // However it is written, the same amount is the same request.
    for amount in [json!("1"), json!("1.0"), json!("01.000")] {
        let again = service.charge(USER, "k", amount).await;
        assert_eq!(again.header("idempotent-replayed"), "true");
        body(&again, 201);
    }
    let extend = json!({"ttlSeconds": 60});
    let on_hold = async |hold: &'static str, name: &'static str| {
        service.on_hold(USER, (hold, name), "e", &extend).await
    };
    body(&on_hold("h1", "extend").await, 200);
    check(&served, on_hold("h2", "extend"), 422, reused).await;
    let nothing = json!({});
    let release = service.on_hold(USER, ("h1", "release"), "e", &nothing);
    check(&served, release, 422, reused).await;
    // Another user, and another client, have keys of their own.
    body(&service.charge("free-user", "k", 2).await, 201);
    let other = served.service_of("textassistant-desktop").await;
    body(&other.charge(USER, "k", 2).await, 201);
    check_ledger(&served.world, USER).await;
}
