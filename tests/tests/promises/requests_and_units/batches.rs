//! What a charge costs in a batch: 25 are one transaction, and each pays for its entry and
//! its row of the index alone.

use serde_json::{Value, json};
use tests::Served;

use super::watched::{measured, watch};

const USER: &str = "free-user";
/// As a busy agent sends it: by tokens, with label and session.
fn charge(number: usize) -> Value {
    json!({
        "idempotencyKey": format!("6f1d2c3b-4a59-4e68-8d77-{number:012}"), "modelId": "gpt-5",
        "usage": {"input": 100 + number, "cachedInput": 500, "output": 20, "reasoning": 10},
        "operation": "chat", "session": "0b5e7c1d-4c2a-4a7e-9f53-2d8e6f1a3b91",
        "label": "a step of an agent",
    })
}

#[tokio::test]
async fn twenty_five_charges_are_one_transaction_of_at_most_82_units() {
    let served = Served::start().await;
    let service = served.service().await;
    // The function knows account and models from then on.
    let first = json!({"modelId": "gpt-5", "usage": {"input": 1}});
    let first = service.post(USER, "charges", "first", &first).await;
    assert_eq!(first.status, 201, "{}", first.text);
    let charges: Vec<Value> = (0..25).map(charge).collect();
    let watched = watch(&served.world);
    let answer = service
        .post(
            USER,
            "charges/batch",
            "none",
            &json!({ "charges": charges }),
        )
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let statuses = answer.json()["results"].as_array().unwrap().clone();
    assert!(
        statuses.iter().all(|it| it["status"] == 201),
        "{}",
        answer.text
    );
    let asked = watched.end_of_request("full");
    let all = measured(&asked.costs);
    assert_eq!(all.len(), 1, "{all:?}");
    let (operation, requests, _, halves) = &all[0];
    println!("25 charges in a batch: {} write units", halves / 2);
    assert_eq!((operation.as_str(), *requests), ("TransactWriteItems", 1));
    // 3.3 units each: two for the entry, one for its row, and a share of the account.
    assert!(*halves <= 25 * 66 / 10, "{halves} halves");
}
