//! `creditsctl models` and rate cards: new ones are announced, stored ones stay.

use aws_sdk_dynamodb::types::AttributeValue::S;
use shared::store::ModelCache;
use tests::{Operator, Said, at};

use super::ground::{Ground, LATER};
use super::interleaved::HeldWire;
use super::reference::{File, MODELS};

/// A card of a day after [`LATER`].
const NEW: &str = r#"
[[cards]]
id = "gpt-5@2026-03-21"
effective_from = "2026-03-21T00:00:00Z"

[cards.milli_per_million]
input = 2500000
output = 2500000
"#;

impl Ground {
    async fn card_in_force(&self, moment: &str) -> Option<String> {
        let now = at(moment);
        let list = ModelCache::default()
            .list(&self.world.store, now)
            .await
            .unwrap();
        let cards = list.cards.clone();
        let card = cards.in_force("gpt-5", now);
        card.map(|card| card.id.to_string())
    }
}

#[tokio::test]
async fn a_new_card_is_announced_and_in_force_from_its_moment() {
    let ground = Ground::seeded().await;
    let whole = File::with("cards-whole", &format!("{MODELS}{NEW}"));
    for words in [
        ["models", "diff", whole.path()].as_slice(),
        &["models", "apply", whole.path(), "--dry-run"],
    ] {
        let code = if words[1] == "diff" { 3 } else { 0 };
        let said = ground.writes_nothing(words, code).await;
        for told in [
            "model gpt-5 is as in the file",
            "rate card gpt-5@2025-01-01 is as in the file",
            "rate card gpt-5@2026-03-21 would be created",
            "Nothing was written.",
        ] {
            assert!(said.contains(told), "{told}: {said}");
        }
    }
    let alone = File::with("cards-alone", NEW);
    let said = ground.says(&["models", "apply", alone.path()], 0).await;
    assert!(
        said.contains("rate card gpt-5@2026-03-21 is created"),
        "{said}"
    );
    assert!(
        said.contains("rate card gpt-5@2025-01-01 is in the tables alone, and left"),
        "{said}"
    );
    assert!(!said.contains("model gpt-5 "), "{said}");
    ground
        .writes_nothing(&["models", "apply", alone.path()], 0)
        .await;
    ground
        .writes_nothing(&["models", "diff", whole.path()], 0)
        .await;
    let old = Some("gpt-5@2025-01-01".to_string());
    let new = Some("gpt-5@2026-03-21".to_string());
    assert_eq!(ground.card_in_force("2026-03-20T23:59:59Z").await, old);
    assert_eq!(ground.card_in_force("2026-03-21T00:00:00Z").await, new);
    ground.says(&["verify", "--all"], 0).await;
}

/// A card of a new model from this moment.
fn card(from: &str) -> String {
    let head = "[[cards]]\nid = 'gpt-6@2026-03-20'";
    format!("{head}\neffective_from = '{from}'\n[cards.milli_per_million]\ninput = 1\n")
}

#[tokio::test]
async fn the_first_card_of_a_model_is_announced_too() {
    let ground = Ground::seeded().await;
    let model = MODELS.split("[[models]]").nth(1).unwrap();
    let model = model.replace("\"gpt-5\"", "\"gpt-6\"");
    let late = card("2026-03-20T08:09:59Z");
    let file = File::with("cards-late", &format!("[[models]]{model}{late}"));
    ground
        .writes_nothing(&["models", "apply", file.path()], 2)
        .await;
    let early = card("2026-03-20T08:10:00Z");
    let file = File::with("cards-early", &format!("[[models]]{model}{early}"));
    let said = ground.says(&["models", "apply", file.path()], 0).await;
    assert!(said.contains("model gpt-6 is created"), "{said}");
    assert!(
        said.contains("rate card gpt-6@2026-03-20 is created"),
        "{said}"
    );
}

#[tokio::test]
async fn a_card_that_cannot_be_read_is_replaced() {
    let ground = Ground::seeded().await;
    let client = ground.world.dynamodb.client();
    let update = client.update_item().table_name("users");
    let update = update.key("pk", S("MODELS".into()));
    let update = update.key("sk", S("CARD#gpt-5@2025-01-01".into()));
    let update = update.update_expression("SET effective_from = :moment");
    let update = update.expression_attribute_values(":moment", S("soon".into()));
    update.send().await.unwrap();
    assert_eq!(ground.card_in_force(LATER).await, None);
    let file = File::with("cards-mended", MODELS);
    let said = ground
        .writes_nothing(&["models", "diff", file.path()], 3)
        .await;
    assert!(
        said.contains("rate card gpt-5@2025-01-01 cannot be read and would be replaced"),
        "{said}"
    );
    ground.says(&["models", "apply", file.path()], 0).await;
    assert!(ground.card_in_force(LATER).await.is_some());
}

/// Two cards of one model that each fit the seeded one, and not each other.
const FIRST: &str = r#"
[[cards]]
id = "gpt-5@2026-03-21"
effective_from = "2026-03-21T00:00:00Z"
effective_until = "2026-03-25T00:00:00Z"

[cards.milli_per_million]
input = 1000
"#;
const SECOND: &str = r#"
[[cards]]
id = "gpt-5@2026-03-22"
effective_from = "2026-03-22T00:00:00Z"

[cards.milli_per_million]
input = 2000
"#;

impl Ground {
    /// Applies a file, and another whole after so many requests of the first; what both
    /// came to, and whether the first was held up.
    async fn applies_two(&self, passed: usize, files: [&File; 2]) -> ([Said; 2], bool) {
        let tables = self.operator.url().strip_prefix("http://").unwrap();
        let wire = HeldWire::before(tables.parse().unwrap()).await;
        let held = Operator::at(&wire.url, LATER);
        let words = ["models", "apply", files[0].path()];
        let mut first = Box::pin(held.run(&words));
        wire.let_pass(passed);
        let ended = tokio::select! {
            biased;
            said = &mut first => Some(said),
            () = wire.arrived(passed + 1) => None,
        };
        let words = ["models", "apply", files[1].path()];
        let second = self.operator.run(&words).await;
        match ended {
            Some(first) => ([first, second], false),
            None => {
                wire.let_pass(1_000);
                ([first.await, second], true)
            }
        }
    }
}

#[tokio::test]
async fn of_two_cards_that_contradict_each_other_one_is_written_whenever_the_other_comes() {
    let files = [
        File::with("cards-first", FIRST),
        File::with("cards-second", SECOND),
    ];
    let mut overtaken = 0;
    for passed in 0.. {
        let ground = Ground::seeded().await;
        let (said, was_held) = ground.applies_two(passed, [&files[0], &files[1]]).await;
        let codes = said.each_ref().map(|said| said.code);
        let texts = format!("after {passed}: {said:?}");
        match codes {
            // The second finds a card that is stored, or the first one that the second wrote.
            [0, 2] | [2, 0] => {}
            // The first has read before the second wrote. Started again, it finds out.
            [1, 0] => {
                overtaken += 1;
                let again = ["models", "apply", files[0].path()];
                ground.writes_nothing(&again, 2).await;
            }
            _ => panic!("{texts}"),
        }
        let stands = if codes[0] == 0 { "21" } else { "22" };
        let card = ground.card_in_force("2026-03-22T12:00:00Z").await;
        assert_eq!(card, Some(format!("gpt-5@2026-03-{stands}")), "{texts}");
        ground.says(&["verify", "--all"], 0).await;
        if !was_held {
            assert_eq!(codes, [0, 2]);
            break;
        }
    }
    assert!(
        overtaken > 0,
        "the first never read before the second wrote"
    );
}

#[tokio::test]
async fn the_same_card_from_two_at_once_is_written_once_and_both_are_content() {
    let file = File::with("cards-same", FIRST);
    for passed in 0.. {
        let ground = Ground::seeded().await;
        let (said, was_held) = ground.applies_two(passed, [&file, &file]).await;
        let codes = said.each_ref().map(|said| said.code);
        assert_eq!(codes, [0, 0], "after {passed}: {said:?}");
        let card = ground.card_in_force("2026-03-22T12:00:00Z").await;
        assert_eq!(card, Some("gpt-5@2026-03-21".to_string()));
        if !was_held {
            break;
        }
    }
}
