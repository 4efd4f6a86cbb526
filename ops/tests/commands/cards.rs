//! A file of rate cards that is wrong is refused on one line, which names the line of the
//! file and the field. Nothing is written.

use crate::shop::Shop;

/// A card of this model from this moment, with these lines.
fn card(id: &str, from: &str, lines: &str) -> String {
    format!("[[cards]]\nid = '{id}'\neffective_from = '{from}'\n{lines}\n")
}

/// A second too early.
const SOON: &str = "2026-04-08T20:09:59Z";
const RATES: &str = "[cards.milli_per_million]\ninput = 1";

/// Files that are refused, and what is said of each.
fn wrong() -> Vec<(String, &'static str)> {
    let day = "2026-04-09T00:00:00Z";
    let of = |lines: &str| card("gpt-5@2026-04-09", day, lines);
    let twins = card("gpt-5@2026-04-09b", day, RATES);
    vec![
        (
            of(&format!("effective_until = '{day}'\n{RATES}")),
            "line 4: gpt-5@2026-04-09: effective_until must be after effective_from",
        ),
        (
            of(&format!("{RATES}\n{twins}")),
            "line 8: effective_from: gpt-5@2026-04-09 and gpt-5@2026-04-09b are in force at one moment",
        ),
        (
            of(&format!("{RATES}\n{}", of(RATES))),
            "line 7: id: gpt-5@2026-04-09 is there twice",
        ),
        (
            of("[cards.milli_per_million]\ninputs = 1"),
            "line 5: unknown variant `inputs`",
        ),
        (
            of("[cards.milli_per_million]\ninput = 1\noutput = -1"),
            "line 6: gpt-5@2026-04-09: milli_per_million.output must be from 0",
        ),
        (
            of("[cards.milli_per_million]\ninput = 1.5"),
            "line 5: invalid type: floating point",
        ),
        (of("rates = 1"), "line 4: there is no field cards.0.rates"),
        (
            of(
                "[[cards.tiers]]\nabove_input_tokens = 5\n[cards.tiers.milli_per_million]\ninput = -1",
            ),
            "line 7: gpt-5@2026-04-09: tiers[0].milli_per_million.input must be from 0",
        ),
        (
            card("gpt-6@2026-04-09", day, RATES),
            "line 2: id: neither the file nor the tables have the model gpt-6",
        ),
        (
            card("gpt-5@2025-01-01", "2025-01-01T00:00:00Z", RATES),
            "line 2: id: gpt-5@2025-01-01 is stored and cannot change or go",
        ),
        (
            card("gpt-5@2026-04-08", SOON, RATES),
            "line 3: effective_from: gpt-5@2026-04-08 must begin at least ten minutes from now",
        ),
        (
            card("gpt-5@2025-01-01b", "2025-01-01T00:00:00Z", RATES),
            "line 3: effective_from: gpt-5@2025-01-01 and gpt-5@2025-01-01b are in force",
        ),
        (
            card("gpt-5", day, RATES),
            "line 2: must be a model's id, @, a date",
        ),
        (
            of(""),
            "line 2: gpt-5@2026-04-09: milli_per_million is missing",
        ),
        (
            "# nothing\n".to_string(),
            "it has neither [[models]] nor [[cards]]",
        ),
    ]
}

#[tokio::test]
async fn a_card_that_cannot_be_right_is_refused_with_its_line_and_field() {
    let shop = Shop::seeded().await;
    let before = shop.dump().await;
    for (text, problem) in wrong() {
        shop.write("wrong.toml", &text);
        for act in ["diff", "apply"] {
            let ended = shop.run(&format!("models {act} {{wrong.toml}}")).await;
            assert_eq!(ended.code, Some(2), "{text}: {ended:?}");
            assert_eq!(
                (ended.out.as_str(), ended.err.lines().count()),
                ("", 1),
                "{text}"
            );
            assert!(ended.err.contains(problem), "{problem}: {}", ended.err);
        }
    }
    assert_eq!(shop.dump().await, before);
}
