//! `creditsctl models propose`: from a public price list to rate cards, exactly, with
//! what cannot be taken named.

use std::path::PathBuf;

use serde_json::{Value, json};
use shared::store::ModelCache;
use tests::at;

use super::ground::Ground;

const LITELLM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/prices/litellm.json");
const MODELS_DEV: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/prices/models-dev");

/// A file that does not exist yet, and is removed in the end.
struct NewFile(PathBuf);

impl NewFile {
    fn named(name: &str) -> Self {
        let name = format!("creditsctl-{}-{name}.toml", std::process::id());
        NewFile(std::env::temp_dir().join(name))
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn lines(said: &str) -> Vec<Value> {
    let lines = said.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[tokio::test]
async fn a_list_by_token_becomes_cards_by_the_million_rounded_up() {
    let ground = Ground::seeded().await;
    let line = [
        "models",
        "propose",
        "--from",
        LITELLM,
        "--credits-per-unit",
        "400",
        "--margin",
        "12.5",
        "--effective-from",
        "2026-04-01T12:00:00Z",
        "--json",
    ];
    let said = lines(&ground.writes_nothing(&line, 3).await);
    let card = said
        .iter()
        .find(|it| it["card"]["id"] == "gpt-5@2026-04-01");
    // 1.25 dollars and an eighth more, times 400.
    let expected = json!({
        "id": "gpt-5@2026-04-01",
        "effective_from": "2026-04-01T12:00:00Z",
        "milli_per_million": {
            "input": 562_500, "cachedInput": 56_250, "output": 4_500_000, "reasoning": 4_500_000
        },
        "tiers": [{
            "above_input_tokens": 200_000,
            "milli_per_million": {"input": 1_125_000, "output": 6_750_000, "reasoning": 6_750_000}
        }],
        "maker_price": {
            "currency": "usd",
            "micros_per_million": {
                "input": 1_250_000, "cachedInput": 125_000, "output": 10_000_000,
                "reasoning": 10_000_000
            }
        }
    });
    assert_eq!(card.unwrap()["card"], expected);
    let left_out: Vec<_> = said.iter().filter(|it| !it["left_out"].is_null()).collect();
    assert_eq!(
        left_out,
        [
            &json!({"left_out": {"model": "1024-x-1024/painter",
                "problem": "it has no input_cost_per_token"}}),
            &json!({"left_out": {"model": "below-zero",
                "problem": "input_cost_per_token is negative"}}),
        ]
    );
    let sonnet = said.iter().find(|it| !it["not_taken"].is_null()).unwrap();
    assert_eq!(
        sonnet["not_taken"],
        json!(["search_context_cost_per_query"])
    );
    assert_eq!(said.len(), 4);
}

#[tokio::test]
async fn files_of_models_become_the_same_cards() {
    let ground = Ground::seeded().await;
    let line = |from: &'static str| {
        [
            "models",
            "propose",
            "--from",
            from,
            "--credits-per-unit",
            "400",
            "--margin",
            "30",
            "--model",
            "gpt-5",
            "--json",
        ]
    };
    let by_token = ground.writes_nothing(&line(LITELLM), 0).await;
    assert_eq!(ground.writes_nothing(&line(MODELS_DEV), 0).await, by_token);
    let one = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/fixtures/prices/models-dev/gpt-5.toml"
    );
    assert_eq!(ground.writes_nothing(&line(one), 0).await, by_token);
    // The next midnight that is an hour away.
    assert_eq!(lines(&by_token)[0]["card"]["id"], "gpt-5@2026-03-21");
    let gemini = [
        "models",
        "propose",
        "--from",
        MODELS_DEV,
        "--credits-per-unit",
        "0.001",
        "--model",
        "gemini-2.0-pro",
        "--json",
    ];
    let said = lines(&ground.writes_nothing(&gemini, 0).await);
    // A third of a thousandth is a thousandth.
    assert_eq!(
        said[0]["card"]["milli_per_million"],
        json!({"input": 1, "output": 1, "inputAudio": 1})
    );
    assert_eq!(
        said[0]["card"]["tiers"][0]["milli_per_million"],
        json!({"input": 2, "output": 1})
    );
}

#[tokio::test]
async fn a_proposed_file_is_written_once_and_can_be_applied() {
    let ground = Ground::seeded().await;
    let out = NewFile::named("proposed");
    let line = [
        "models",
        "propose",
        "--from",
        LITELLM,
        "--credits-per-unit",
        "400",
        "--margin",
        "30",
        "--model",
        "gpt-5",
        "--model",
        "claude-3.5-sonnet=claude-3-5-sonnet-20241022",
        "--out",
        out.path(),
    ];
    let said = ground.writes_nothing(&line, 3).await;
    assert!(said.ends_with("2 cards, 0 models left out\n"), "{said}");
    let text = std::fs::read_to_string(out.path()).unwrap();
    assert!(
        text.contains("# not in the card: search_context_cost_per_query\n"),
        "{text}"
    );
    // What stands there is not written over.
    ground.writes_nothing(&line, 2).await;
    assert_eq!(std::fs::read_to_string(out.path()).unwrap(), text);
    let printed = ground.writes_nothing(&line[..line.len() - 2], 3).await;
    assert_eq!(printed.trim(), text.trim());

    let said = ground.says(&["models", "apply", out.path()], 0).await;
    assert!(
        said.contains("rate card claude-3.5-sonnet@2026-03-21 is created"),
        "{said}"
    );
    ground
        .writes_nothing(&["models", "diff", out.path()], 0)
        .await;
    let now = at("2026-03-21T00:00:00Z");
    let list = ModelCache::default().list(&ground.world.store, now).await;
    let cards = list.unwrap().cards.clone();
    let card = cards.in_force("claude-3.5-sonnet", now).unwrap();
    let rates: Vec<String> = card
        .milli_per_million
        .iter()
        .map(|(pool, rate)| format!("{pool} {rate}"))
        .collect();
    assert_eq!(
        rates,
        [
            "input 1560",
            "cachedInput 156",
            "cacheWrite 1950",
            "output 7800"
        ]
    );
    ground.says(&["verify", "--all"], 0).await;
}
