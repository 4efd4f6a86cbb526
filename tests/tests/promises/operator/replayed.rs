//! `creditsctl models replay`: what past use would have cost by other cards.

use serde_json::{Value, json};
use shared::domain::{Action, Operation, Usage};
use tests::{at, credits};

use super::ground::{Ground, RICH};
use super::reference::File;

/// Dearer by half for what came out; the last card of a model counts.
const CARDS: &str = "
[[cards]]
id = 'gpt-5@2026-05-01'
effective_from = '2026-05-01T00:00:00Z'
[cards.milli_per_million]
input = 1

[[cards]]
id = 'gpt-5@2026-06-01'
effective_from = '2026-06-01T00:00:00Z'
[cards.milli_per_million]
input = 2000000
output = 3000000

[[cards]]
id = 'mute@2026-06-01'
effective_from = '2026-06-01T00:00:00Z'
[cards.milli_per_million]
input = 1000000
";

fn charge(amount: &str, model: Option<&str>, counts: Option<(u32, u32)>) -> Action {
    Action::Charge {
        amount: credits(amount),
        usage: Usage {
            model_id: model.map(str::to_string),
            operation: Some(Operation::Chat),
            input_tokens: counts.map(|(input, _)| input),
            output_tokens: counts.map(|(_, output)| output),
            session: None,
        },
    }
}

impl Ground {
    async fn replays(&self, words: &[&str], code: u8) -> Vec<Value> {
        let file = File::with("replayed", CARDS);
        let line = [&["models", "replay", file.path(), "--json"], words].concat();
        let said = self.writes_nothing(&line, code).await;
        let lines = said.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

#[tokio::test]
async fn past_use_is_rated_by_other_cards_per_model_and_tenth() {
    let ground = Ground::seeded().await;
    let gpt = Some("gpt-5");
    for (number, (who, day, action)) in [
        // Before --since.
        (
            "one",
            "2026-02-27T00:00:00Z",
            charge("9", gpt, Some((1, 1))),
        ),
        // 200 + 300, of 2,000 a month.
        (
            "one",
            "2026-03-01T00:00:00Z",
            charge("400", gpt, Some((100_000, 100_000))),
        ),
        // 1,200 + 300 is within 2,000, and above what is left with 500 more.
        (
            "two",
            "2026-03-01T00:00:00Z",
            charge("1000", gpt, Some((600_000, 100_000))),
        ),
        (
            "two",
            "2026-03-02T00:00:00Z",
            charge("600", gpt, Some((0, 300_000))),
        ),
        // What is not counted, has no rate or no card, costs what it cost.
        ("three", "2026-03-03T00:00:00Z", charge("5", gpt, None)),
        (
            "three",
            "2026-03-03T00:00:00Z",
            charge("6", Some("mute"), Some((1, 1))),
        ),
        (
            "three",
            "2026-03-03T00:00:00Z",
            charge("7", Some("other"), Some((1, 1))),
        ),
        ("three", "2026-03-03T00:00:00Z", charge("8", None, None)),
    ]
    .into_iter()
    .enumerate()
    {
        let key = format!("api#inference-service#c{number}");
        ground.command(who, &key, at(day), action).await;
    }
    let since = ["--since", "2026-03-01T00:00:00Z"];
    let lines = ground.replays(&since, 3).await;
    let model = |model: Value, charges: u32, was: u64, would_be: u64, others: [u32; 2]| {
        json!({"model": {"model": model, "charges": charges, "was_milli": was,
            "would_be_milli": would_be, "no_rate": others[0], "uncounted": others[1]}})
    };
    assert_eq!(
        lines[0],
        model(json!("gpt-5"), 4, 2_005_000, 2_905_000, [0, 1])
    );
    let mut mute = model(json!("mute"), 1, 6_000, 6_000, [1, 0]);
    mute["model"]["reason"] = json!("the rate card mute@2026-06-01 has no rate for output");
    assert_eq!(lines[1], mute);
    assert_eq!(lines[2], model(Value::Null, 2, 15_000, 15_000, [0, 0]));
    let tenths: Vec<_> = lines.iter().map(|line| &line["tenth"]).collect();
    let tenth = |tenth: u32, was: u64, would_be: u64, dry: u32| {
        json!({"tenth": tenth, "users": 1, "was_milli": was, "would_be_milli": would_be,
            "would_run_dry": dry})
    };
    assert_eq!(*tenths[3], tenth(1, 26_000, 26_000, 0));
    assert_eq!(*tenths[4], tenth(4, 400_000, 500_000, 0));
    assert_eq!(*tenths[5], tenth(7, 1_600_000, 2_400_000, 1));
    assert_eq!(
        lines[6],
        json!({"replay": {"since": "2026-03-01T00:00:00Z", "cards": 2, "users": 3, "charges": 7,
            "was_milli": 2_026_000, "would_be_milli": 2_926_000, "would_run_dry": 1,
            "unfollowed": 0, "unreadable": 0}})
    );
    assert_eq!(lines.len(), 7);
}

#[tokio::test]
async fn a_replay_is_the_same_however_many_segments_read_it() {
    let ground = Ground::rich().await;
    let since = ["--since", "2025-01-01T00:00:00Z", "--segments"];
    let one = ground
        .replays(&[since.as_slice(), &["1"]].concat(), 0)
        .await;
    let many = ground
        .replays(&[since.as_slice(), &["7"]].concat(), 0)
        .await;
    assert_eq!(one, many);
    // Charges and commits, and no report.
    let said = ground.says(&["explain", "--user", RICH, "--json"], 0).await;
    let uses = said.lines().filter(|line| {
        let line: Value = serde_json::from_str(line).unwrap();
        ["charge", "commit"]
            .iter()
            .any(|kind| line["entry"]["kind"] == *kind)
    });
    let others = 3;
    assert_eq!(one[0]["model"]["charges"], uses.count() + others);
}

#[tokio::test]
async fn an_interrupted_replay_ends_with_130_and_a_file_without_cards_with_2() {
    let ground = Ground::seeded().await;
    let file = File::with(
        "replayed-none",
        super::reference::MODELS.split("[[cards]]").next().unwrap(),
    );
    let line = [
        "models",
        "replay",
        file.path(),
        "--since",
        "2026-01-01T00:00:00Z",
    ];
    ground.writes_nothing(&line, 2).await;
    ground.operator.stop.ask();
    assert_eq!(ground.replays(&line[3..], 130).await, [] as [Value; 0]);
}
