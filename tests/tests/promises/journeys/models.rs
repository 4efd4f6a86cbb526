//! The models on offer: the whole list, in order, and how soon one that was
//! added to the table is seen.

use serde_json::{Value, json};
use shared::domain::Model;
use shared::domain::rating::RateCard;
use tests::{Served, credits};

use super::store;

const MODELS: &str = "/v1/models";
const PREFERENCES: &str = "/api/user/preferences";
const SCOPES: &str = "models.read user.info";

const BODY: &str = concat!(
    r#"{"models":["#,
    r#"{"id":"claude-3.5-sonnet","name":"Claude 3.5 Sonnet","provider":"anthropic","#,
    r#""capabilities":["text","vision","code"],"contextLength":200000,"#,
    r#""maxOutputTokens":4096,"creditsPer1kTokens":"2","#,
    r#""rateCard":"claude-3.5-sonnet@2025-01-01","effectiveFrom":"2025-01-01T00:00:00Z","#,
    r#""pools":{"input":"2000","cachedInput":"200","cacheWrite":"2500","output":"2000"},"#,
    r#""perRequest":"0","images":[],"tiers":[]},"#,
    r#"{"id":"gemini-2.0-pro","name":"Gemini 2.0 Pro","provider":"google","#,
    r#""capabilities":["text","vision","long_context"],"contextLength":2000000,"#,
    r#""maxOutputTokens":8192,"creditsPer1kTokens":"1","#,
    r#""rateCard":"gemini-2.0-pro@2025-01-01","effectiveFrom":"2025-01-01T00:00:00Z","#,
    r#""pools":{"input":"1000","cachedInput":"250","cacheWrite":"1000","output":"1000","reasoning":"1000","inputAudio":"1000"},"#,
    r#""perRequest":"0","images":[],"tiers":[]},"#,
    r#"{"id":"gpt-5","name":"GPT-5","provider":"openai","#,
    r#""capabilities":["text","vision","function_calling"],"contextLength":128000,"#,
    r#""maxOutputTokens":4096,"creditsPer1kTokens":"2","#,
    r#""rateCard":"gpt-5@2025-01-01","effectiveFrom":"2025-01-01T00:00:00Z","#,
    r#""pools":{"input":"2000","cachedInput":"200","output":"2000","reasoning":"2000"},"#,
    r#""perRequest":"0","images":[],"tiers":[]}]}"#
);

fn new_model() -> Model {
    Model {
        id: "a-new-model".into(),
        name: "A New Model".into(),
        provider: "somebody".into(),
        capabilities: vec!["text".into()],
        context_length: 1000,
        max_output_tokens: 100,
        input_cents_per_million_tokens: 1,
        output_cents_per_million_tokens: 2,
        credits_per_1k_tokens: credits("0.125"),
        available: true,
    }
}

/// The ids on offer, as a user sees them.
async fn offered(served: &Served) -> Vec<String> {
    let token = served.token("free-user", SCOPES).await;
    let body = served.with(&token).get(MODELS).await.json();
    let models = body["models"].as_array().unwrap();
    let ids = models.iter().map(|model| model["id"].as_str().unwrap());
    ids.map(str::to_string).collect()
}

#[tokio::test]
async fn everybody_sees_the_same_list_in_order_of_the_ids() {
    let served = Served::start().await;
    let mut tags = Vec::new();
    for id in ["free-user", "pro-user", "a-stranger"] {
        let token = served.token(id, "models.read").await;
        let answer = served.with(&token).get(MODELS).await;
        assert_eq!((answer.status, answer.text.as_str()), (200, BODY), "{id}");
        assert_eq!(answer.header("cache-control"), "private, max-age=300");
        tags.push(answer.header("etag").to_string());
    }
    tags.dedup();
    assert_eq!(tags.len(), 1);
    let token = served.token("free-user", "models.read").await;
    let held = served.with(&token).get_unless(MODELS, &tags[0]).await;
    assert_eq!((held.status, held.text.as_str()), (304, ""));
    assert_eq!(held.header("etag"), tags[0]);
}

#[tokio::test]
async fn the_list_is_read_once_in_five_minutes() {
    let served = Served::unlimited().await;
    let token = served.token("free-user", SCOPES).await;
    served.world.dynamodb.meter().reset();
    for _ in 0..5 {
        served.with(&token).get(MODELS).await;
        served.advance("PT59S").await;
    }
    assert_eq!(served.world.dynamodb.meter().snapshot().total.requests, 1);
}

#[tokio::test]
async fn a_new_model_is_on_the_list_after_five_minutes() {
    let served = Served::start().await;
    let before = offered(&served).await;
    assert_eq!(before, ["claude-3.5-sonnet", "gemini-2.0-pro", "gpt-5"]);
    store(&served, &new_model()).await;
    served.advance("PT4M59S").await;
    assert_eq!(offered(&served).await, before);
    served.advance("PT1S").await;
    let after = offered(&served).await;
    assert_eq!(after[0], "a-new-model");
    assert_eq!(after[1..], before);
    let token = served.token("free-user", SCOPES).await;
    let body = served.with(&token).get(MODELS).await.json();
    assert_eq!(body["models"][0]["creditsPer1kTokens"], "0.125");
}

fn a_card(from: &str, more: &str) -> RateCard {
    let text = format!(
        r#"{{"id": "a-new-model@{}", "effective_from": "{from}", {more}}}"#,
        &from[..10]
    );
    serde_json::from_str(&text).unwrap()
}

#[tokio::test]
async fn a_model_shows_the_card_in_force_and_a_price_of_a_thousand_if_there_is_one() {
    let served = Served::start().await;
    store(&served, &new_model()).await;
    let simple = r#""milli_per_million": {"input": 2501000, "output": 2501000}"#;
    store(
        &served,
        &a_card("2025-11-01T00:00:00Z", r#""per_request_milli": 5"#),
    )
    .await;
    store(&served, &a_card("2025-11-07T00:00:00Z", simple)).await;
    let rich = r#""effective_until": "2025-11-09T00:00:00Z",
        "milli_per_million": {"input": 2500, "inputAudio": 1},
        "images": [{"size": "1024x1024", "quality": "high", "milli": 1500}],
        "tiers": [{"above_input_tokens": 5, "milli_per_million": {"input": 5000}}]"#;
    store(&served, &a_card("2025-11-08T00:00:00Z", rich)).await;
    let mut days = Vec::new();
    for _ in 0..4 {
        let token = served.token("free-user", SCOPES).await;
        let body = served.with(&token).get(MODELS).await.json();
        days.push(body["models"][0].clone());
        served.advance("P1D").await;
    }
    let shown = |day: usize, name: &str| days[day][name].clone();
    assert_eq!(shown(0, "rateCard"), "a-new-model@2025-11-01");
    assert_eq!(shown(0, "perRequest"), "0.005");
    assert_eq!(shown(0, "creditsPer1kTokens"), "0.125");
    assert_eq!(shown(1, "rateCard"), "a-new-model@2025-11-07");
    assert_eq!(shown(1, "creditsPer1kTokens"), "2.501");
    assert_eq!(
        shown(1, "pools"),
        json!({"input": "2501", "output": "2501"})
    );
    assert_eq!(
        shown(2, "pools"),
        json!({"input": "2.5", "inputAudio": "0.001"})
    );
    assert_eq!(
        shown(2, "images"),
        json!([{"size": "1024x1024", "quality": "high", "credits": "1.5"}])
    );
    assert_eq!(
        shown(2, "tiers"),
        json!([{"aboveInputTokens": 5, "pools": {"input": "5"}}])
    );
    for name in ["rateCard", "effectiveFrom"] {
        assert_eq!(shown(3, name), Value::Null, "{name}");
    }
    assert_eq!(shown(3, "pools"), json!({}));
}

#[tokio::test]
async fn a_new_model_can_be_chosen_at_once_and_is_on_the_list_from_then_on() {
    let served = Served::start().await;
    offered(&served).await;
    store(&served, &new_model()).await;
    // A list is looked up again for a name it does not have, but not within the
    // same few seconds, so that guessing names does not cost a read each.
    served.advance("PT5S").await;
    let token = served.token("free-user", SCOPES).await;
    let patch = r#"{"defaultModel":"a-new-model"}"#;
    let answer = served.with(&token).patch(PREFERENCES, patch).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json()["defaultModel"], "a-new-model");
    assert_eq!(offered(&served).await.len(), 4);
}

#[tokio::test]
async fn guessing_names_of_models_does_not_cost_a_read_each() {
    let served = Served::unlimited().await;
    let token = served.token("free-user", SCOPES).await;
    served.world.dynamodb.meter().reset();
    for number in 0..10 {
        let patch = format!(r#"{{"defaultModel":"guess-{number}"}}"#);
        let answer = served.with(&token).patch(PREFERENCES, &patch).await;
        assert_eq!(answer.status, 422);
    }
    assert_eq!(served.world.dynamodb.meter().snapshot().total.requests, 1);
}
