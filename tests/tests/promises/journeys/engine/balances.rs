//! What a write answers is what the next look shows: balances in whole credits
//! and the version, whatever fractions lie behind them.

use serde_json::{Value, json};
use tests::{Answer, Served, Service};

use super::{body, buy, check_ledger};

const USER: &str = "a-spender";

/// The answer's four figures are those the next look shows.
async fn check(service: &Service, answer: &Answer, status: u16) -> Value {
    let answered = body(answer, status);
    let seen = service.credits(USER).await;
    for figure in ["totalAvailable", "held", "debt", "version"] {
        assert_eq!(
            answered[figure], seen[figure],
            "{figure}: {answered} {seen}"
        );
    }
    for of_type in ["freeCredits", "proCredits"] {
        let part = &seen[of_type];
        let total = part.get("monthlyAllocation").or(part.get("purchasedTotal"));
        let used = part.get("used").or(part.get("lifetimeUsed"));
        let sum = [Some(&part["remaining"]), Some(&part["held"]), used];
        let sum: i64 = sum.iter().map(|part| part.unwrap().as_i64().unwrap()).sum();
        assert_eq!(total.unwrap().as_i64(), Some(sum), "{of_type}: {seen}");
    }
    answered
}

#[tokio::test]
async fn every_write_answers_what_the_next_look_shows() {
    let served = Served::start().await;
    let service = served.service().await;
    buy(&served.world, USER, "buy:pi_1", "10.5", None).await;
    for (key, amount) in [
        ("k1", json!("0.001")),
        ("k2", json!("120.5")),
        ("k3", json!(0)),
        ("k4", json!("1879.4")),
        ("k5", json!("0.599")),
        ("k6", json!("0.0")),
    ] {
        let answer = service.charge(USER, key, amount).await;
        check(&service, &answer, 201).await;
    }
    let on_hold = async |hold: &str, command: &str, fields: Value| {
        let key = format!("{hold}-{command}");
        let answer = service.on_hold(USER, (hold, command), &key, &fields).await;
        check(&service, &answer, 200).await
    };
    let held = service.hold(USER, "h1", "3.333", 60).await;
    let held = check(&service, &held, 201).await;
    assert_eq!(
        (&held["freeUsed"], &held["proUsed"]),
        (&json!("0"), &json!("0"))
    );
    on_hold("h1", "extend", json!({"ttlSeconds": 120})).await;
    on_hold("h1", "report", json!({"amount": "1.001"})).await;
    let committed = on_hold("h1", "commit", json!({"amount": "2.002"})).await;
    assert_eq!(committed["proUsed"], "2.002", "{committed}");
    let held = service.hold(USER, "h2", "0.999", 60).await;
    check(&service, &held, 201).await;
    let released = on_hold("h2", "release", json!({})).await;
    assert_eq!(released["amount"], "0.999");
    check_ledger(&served.world, USER).await;
}

#[tokio::test]
async fn a_commit_above_its_hold_takes_what_is_there_and_then_owes() {
    let served = Served::start().await;
    let service = served.service().await;
    body(&service.charge(USER, "all-but-ten", 1990).await, 201);
    body(&service.hold(USER, "h", "9.5", 60).await, 201);
    let fields = json!({"amount": 19});
    let answer = service.on_hold(USER, ("h", "commit"), "c", &fields).await;
    let committed = check(&service, &answer, 200).await;
    // Half a credit was still there; nine are owed.
    assert_eq!(
        (&committed["freeUsed"], &committed["proUsed"]),
        (&json!("10"), &json!("9"))
    );
    assert_eq!(
        (&committed["debt"], &committed["totalAvailable"]),
        (&json!(9), &json!(0))
    );

    // What is owed is taken from what is bought next, before anybody spends it.
    buy(&served.world, USER, "buy:pi_1", "10.5", None).await;
    let seen = service.credits(USER).await;
    assert_eq!(
        (&seen["debt"], &seen["totalAvailable"]),
        (&json!(0), &json!(1)),
        "{seen}"
    );
    let refused = body(&service.charge(USER, "k1", "1.501").await, 402);
    assert_eq!(
        (&refused["required"], &refused["available"]),
        (&json!("1.501"), &json!("1.5"))
    );
    let answer = service.charge(USER, "k2", "1.5").await;
    check(&service, &answer, 201).await;

    // A new month's free credits pay no debt and can be spent.
    served.advance("P1M").await;
    let answer = service.charge(USER, "k3", 5).await;
    let charged = check(&service, &answer, 201).await;
    assert_eq!(charged["totalAvailable"], 1995);
    check_ledger(&served.world, USER).await;
}
