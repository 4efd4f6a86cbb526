//! Uses of models instead of amounts: charged, held, reported and committed by rate
//! cards, quoted before, one by one or in batches.

use serde_json::{Value, json};
use shared::domain::rating::RateCard;
use shared::host::clock::Clock;
use tests::{Served, account, credits, dump};

use super::body;

const USER: &str = "free-user";
const QUOTES: &str = "/v1/quotes";
const BATCH: &str = "charges/batch";
/// 1,000 tokens cost 2 credits by the card of the demo data.
const MODEL: &str = "gpt-5";

fn of(usage: Value) -> Value {
    json!({"modelId": MODEL, "usage": usage})
}

fn amount(answer: &Value) -> &str {
    answer["amount"].as_str().unwrap()
}

/// A card of the model that is twice as dear, in force in ten minutes.
async fn dearer(served: &Served) {
    let list = served.world.store.load_model_list().await.unwrap();
    let now = served.world.clock.now();
    let today = list.cards.in_force(MODEL, now).unwrap().clone();
    let effective_from = now.plus_seconds(600);
    let twice = |rate: &shared::domain::Credits| rate.plus(*rate).unwrap();
    let rates = today.milli_per_million.iter();
    let card = RateCard {
        id: format!("{MODEL}@{}", effective_from.date())
            .parse()
            .unwrap(),
        effective_from,
        milli_per_million: rates.map(|(pool, rate)| (*pool, twice(rate))).collect(),
        ..today
    };
    let replaced = served.world.store.replace(&card, None, None).await;
    assert_eq!(replaced.unwrap(), shared::store::Replaced::Written);
}

#[tokio::test]
async fn a_repeat_is_answered_as_before_whatever_the_cards_say_by_then() {
    let served = Served::start().await;
    let service = served.service().await;
    let used = of(json!({"input": 1000, "output": 500}));
    let first = service.post(USER, "charges", "k1", &used).await;
    assert_eq!(amount(&body(&first, 201)), "3");
    dearer(&served).await;
    served.advance("PT20M").await;
    let again = service.post(USER, "charges", "k1", &used).await;
    assert_eq!((again.status, &again.text), (201, &first.text));
    let next = service.post(USER, "charges", "k2", &used).await;
    assert_eq!(amount(&body(&next, 201)), "6");
}

#[tokio::test]
async fn a_hold_is_committed_by_the_card_it_was_opened_under() {
    let served = Served::start().await;
    let service = served.service().await;
    let terms = json!({
        "modelId": MODEL, "estimate": {"input": 1000, "maxOutput": 1000}, "ttlSeconds": 7200,
    });
    let opened = body(&service.post(USER, "holds", "h1", &terms).await, 201);
    assert_eq!(
        (amount(&opened), &opened["rateCard"]),
        ("4", &json!("gpt-5@2025-01-01"))
    );
    dearer(&served).await;
    served.advance("PT20M").await;
    let used = of(json!({"input": 400, "cachedInput": 600, "output": 200}));
    let reported = service.on_hold(USER, ("h1", "report"), "r1", &used).await;
    assert_eq!(amount(&body(&reported, 200)), "1.32");
    let committed = service.on_hold(USER, ("h1", "commit"), "c1", &used).await;
    let committed = body(&committed, 200);
    assert_eq!(amount(&committed), "1.32");
    assert_eq!(committed["rateCard"], opened["rateCard"]);
    let parts = committed["breakdown"].as_array().unwrap();
    assert_eq!(
        parts[1],
        json!({"unit": "cachedInput", "count": 600, "amount": "0.12"})
    );
}

/// What is wrong, and the field that is named.
#[tokio::test]
async fn what_cannot_be_rated_is_refused_by_name_and_writes_nothing() {
    let served = Served::start().await;
    let service = served.service().await;
    let client = served.world.dynamodb.client();
    let before = dump(&client).await;
    let charges = [
        (json!({"modelId": "unknown", "usage": {}}), "modelId"),
        (json!({"usage": {"input": 1}}), "modelId"),
        (
            json!({"amount": 1, "modelId": MODEL, "usage": {"input": 1}}),
            "amount",
        ),
        (
            json!({"modelId": MODEL, "usage": {"input": 1}, "inputTokens": 1}),
            "inputTokens",
        ),
        (of(json!({"outputAudio": 1})), "usage.outputAudio"),
        (of(json!({"input": -1})), "usage.input"),
        (of(json!({"input": 1.5})), "usage.input"),
        (of(json!({"input": 4_294_967_296_u64})), "usage.input"),
        (of(json!({"thoughts": 1})), "usage.thoughts"),
        (of(json!([1])), "usage"),
        (of(json!({"images": []})), "usage.images"),
        (
            of(json!({"images": [{"size": "a", "quality": "b"}]})),
            "usage.images[0].count",
        ),
        (
            of(json!({"images": [{"size": "a", "quality": "b", "count": 1}]})),
            "usage.images",
        ),
        (
            of(json!({"providerCost": {"currency": "usd", "amountMicros": 1}})),
            "usage.providerCost",
        ),
        (
            of(json!({"providerCost": {"currency": "US", "amountMicros": 1}})),
            "usage.providerCost.currency",
        ),
        (json!({"amount": 1, "session": ""}), "session"),
        (json!({"amount": 1, "session": "s".repeat(65)}), "session"),
    ];
    for (number, (charge, field)) in charges.into_iter().enumerate() {
        let key = format!("k{number}");
        let answer = service.post(USER, "charges", &key, &charge).await;
        let answered = body(&answer, 422);
        assert!(
            answered["fields"].get(field).is_some(),
            "{charge}: {answered}"
        );
    }
    let holds = [
        (json!({"modelId": MODEL, "amount": 1}), "modelId"),
        (json!({"estimate": {"input": 1}}), "modelId"),
        (
            json!({"modelId": MODEL, "estimate": {"inputAudio": 1}}),
            "estimate.inputAudio",
        ),
        (
            json!({"modelId": MODEL, "amount": 1, "estimate": {"input": 1}}),
            "amount",
        ),
    ];
    for (number, (terms, field)) in holds.into_iter().enumerate() {
        let answer = service
            .post(USER, "holds", &format!("h{number}"), &terms)
            .await;
        let answered = body(&answer, 422);
        assert!(
            answered["fields"].get(field).is_some(),
            "{terms}: {answered}"
        );
    }
    assert_eq!(dump(&client).await, before);
}

#[tokio::test]
async fn a_commit_above_its_hold_names_what_was_sent() {
    let served = Served::start().await;
    let service = served.service().await;
    let hold = json!({"amount": 1});
    body(&service.post(USER, "holds", "h", &hold).await, 201);
    let commits = [
        (json!({"amount": 1_000_000}), "amount"),
        (of(json!({"output": 4_000_000_000_u64})), "usage"),
    ];
    for (commit, field) in commits {
        let answer = service.post(USER, "holds/h/commit", field, &commit).await;
        let answered = body(&answer, 422);
        assert!(
            answered["fields"].get(field).is_some(),
            "{commit}: {answered}"
        );
    }
}

#[tokio::test]
async fn a_quote_is_for_users_and_services_and_names_what_has_no_price() {
    let served = Served::start().await;
    let asked = json!({"quotes": [
        of(json!({"input": 1000})),
        of(json!({"inputAudio": 1})),
        {"modelId": "unknown", "usage": {}},
        {"modelId": MODEL, "estimate": {"input": 1000, "maxOutput": 1000}},
    ]});
    let user = served.token(USER, "models.read").await;
    let service = json!({"client": "inference-service", "scope": "credits.charge"});
    let service = served.token_of(service).await;
    for token in [user, service] {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str())];
        let answer = served
            .send("POST", QUOTES, &headers, Some(&asked.to_string()))
            .await;
        let quotes = body(&answer, 200)["quotes"].clone();
        assert_eq!(amount(&quotes[0]), "2");
        assert!(
            quotes[1]["fields"]["usage.inputAudio"].is_string(),
            "{quotes}"
        );
        assert!(quotes[2]["fields"]["modelId"].is_string(), "{quotes}");
        assert_eq!(amount(&quotes[3]), "4");
    }
}

#[tokio::test]
async fn a_charge_is_the_same_alone_and_in_any_batch() {
    let served = Served::start().await;
    let service = served.service().await;
    let with = |key: &str, mut charge: Value| {
        charge["idempotencyKey"] = json!(key);
        charge
    };
    let by_use = of(json!({"input": 500}));
    let alone = service.post(USER, "charges", "k1", &by_use).await;
    let alone = body(&alone, 201);
    let batch = json!({"charges": [
        with("k1", by_use.clone()),
        with("k2", json!({"amount": 1_000_000})),
        with("k3", json!({"amount": 5, "session": "chat-1"})),
        with("k1b", of(json!({"input": 1}))),
    ]});
    let first = body(&service.post(USER, BATCH, "none", &batch).await, 200);
    let results = first["results"].as_array().unwrap();
    let statuses: Vec<u64> = results
        .iter()
        .map(|it| it["status"].as_u64().unwrap())
        .collect();
    assert_eq!(statuses, [201, 402, 201, 201]);
    assert_eq!(results[0]["replayed"], true);
    for field in [
        "amount",
        "version",
        "totalAvailable",
        "breakdown",
        "chargeId",
    ] {
        assert_eq!(results[0][field], alone[field], "{field}");
    }
    assert_eq!(results[1]["error"], "insufficient_credits");
    let stands = account(&served.world, USER).await.unwrap();
    assert_eq!(first["version"], json!(stands.version));
    let again = body(&service.post(USER, BATCH, "none", &batch).await, 200);
    assert_eq!(again["version"], first["version"]);
    assert_eq!(again["results"][2]["replayed"], true);
    let same = json!({"amount": 5, "session": "chat-1"});
    let again = service.post(USER, "charges", "k3", &same);
    assert_eq!(amount(&body(&again.await, 201)), "5");
    let changed = json!({"amount": 5, "session": "chat-2"});
    let other = service.post(USER, "charges", "k3", &changed);
    assert_eq!(body(&other.await, 422)["error"], "idempotency_key_reused");
    let twice =
        json!({"charges": [with("k9", json!({"amount": 1})), with("k9", json!({"amount": 1}))]});
    let refused = body(&service.post(USER, BATCH, "none", &twice).await, 422);
    assert!(refused["fields"]["charges[1].idempotencyKey"].is_string());
}

#[tokio::test]
async fn history_and_usage_show_cards_parts_and_sessions() {
    let served = Served::start().await;
    let service = served.service().await;
    for (key, session, input) in [("k1", "a", 500), ("k2", "a", 250), ("k3", "b", 1)] {
        let mut charge = of(json!({"input": input}));
        charge["session"] = json!(session);
        charge["operation"] = json!("chat");
        body(&service.post(USER, "charges", key, &charge).await, 201);
    }
    let token = served.token(USER, "credits.read").await;
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str())];
    let get = async |path: &str| body(&served.send("GET", path, &headers, None).await, 200);
    let history = get("/api/user/credits/history?limit=1").await;
    let newest = &history["entries"][0];
    assert_eq!(
        (
            &newest["session"],
            &newest["rateCard"],
            &newest["breakdown"][0]["count"]
        ),
        (&json!("b"), &json!("gpt-5@2025-01-01"), &json!(1))
    );
    let usage = get("/api/user/usage?groupBy=session").await;
    assert_eq!(usage["rows"][0]["key"], "a");
    assert_eq!(usage["rows"][0]["credits"], "1.5");
    let input = json!({"unit": "input", "count": 750, "amount": "1.5"});
    assert_eq!(usage["rows"][0]["breakdown"], json!([input]));
    let usage = get("/api/user/usage?groupBy=operation").await;
    assert_eq!(usage["rows"][0]["key"], "chat");
    let spent = account(&served.world, USER).await.unwrap();
    assert_eq!(spent.lots[0].used, credits("501.502"));
}
