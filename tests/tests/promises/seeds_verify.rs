//! Verifying the seeds: what was applied passes, also when time and balances
//! have moved on; whatever was changed behind it is named, record by record.
//! Verifying writes nothing, and it goes on past a record it cannot read.

mod planted;

use ::seeds::{Verification, verify};
use local::World;
use shared::host::clock::Clock;
use shared::store::Committed;
use tests::{a_charge, commit, dump, world};

use planted::{DELETED, plant};

/// Verifies, and makes sure that looking changed nothing.
async fn verified(world: &World) -> Verification {
    let client = world.dynamodb.client();
    let before = dump(&client).await;
    let found = verify(&world.store, &world.seeds, world.clock.now()).await;
    assert_eq!(dump(&client).await, before, "verifying wrote something");
    found.unwrap()
}

/// The records that are not as they were seeded, as `kind name finding`.
fn differences(found: &Verification) -> Vec<String> {
    let lines = found.report.differences();
    lines
        .map(|line| format!("{} {} {}", line.kind, line.name, line.finding))
        .collect()
}

/// A charge as the inference service makes it, through the one write path.
async fn charge(world: &World, id: &str, amount: &str) {
    let committed = commit(&world.store, id, &a_charge(amount), world.clock.now()).await;
    assert!(matches!(committed, Ok(Committed::Applied(_))));
}

const FREE_CREDITS: &str = "free@example.com: free, 1500 remaining (500 used of 2000), \
                            allocation=2000, resetDay=1, current=true";

/// Every heading with the lines under it.
const FACTS: [(&str, &[&str]); 8] = [
    (
        "OAuth clients",
        &["textassistant-desktop: Text Assistant Desktop, public, active"],
    ),
    (
        "Models",
        &[
            "gpt-5: GPT-5, 2 credits per 1k tokens",
            "gemini-2.0-pro: Gemini 2.0 Pro, 1 credits per 1k tokens",
            "claude-3.5-sonnet: Claude 3.5 Sonnet, 2 credits per 1k tokens",
        ],
    ),
    (
        "Rate cards",
        &[
            "gpt-5@2025-01-01: input 2000, cachedInput 200, output 2000, reasoning 2000 \
                 credits per million tokens",
            "gemini-2.0-pro@2025-01-01: input 1000, cachedInput 250, cacheWrite 1000, \
                 output 1000, reasoning 1000, inputAudio 1000 credits per million tokens",
            "claude-3.5-sonnet@2025-01-01: input 2000, cachedInput 200, cacheWrite 2500, \
                 output 2000 credits per million tokens",
        ],
    ),
    (
        "Prices",
        &[
            "price_test_pro: pro, 10000 credits",
            "price_test_pack_1000: pack-1000, 1000 credits",
            "price_test_pack_10000: pack-10000, 10000 credits",
            "price_test_pro_plus: pro-plus, 30000 credits",
            "price_test_pro_annual: pro-annual, 120000 credits",
            "price_test_pro_rollover: pro-rollover, 10000 credits",
        ],
    ),
    (
        "Users",
        &[
            "free@example.com: Free User, active",
            "pro@example.com: Pro User, active",
        ],
    ),
    (
        "Subscriptions",
        &[
            "free@example.com: free, active, not cancelling",
            "pro@example.com: pro, active, cus_test_pro_user, sub_test_pro_user, \
                 price_test_pro, not cancelling",
        ],
    ),
    (
        "Credits",
        &[
            FREE_CREDITS,
            "pro@example.com: free, 2000 remaining (0 used of 2000), allocation=2000, \
                 resetDay=1, current=true",
            "pro@example.com: pro, 5000 remaining (5000 used of 10000), allocation=0, \
                 resetDay=1, current=true",
        ],
    ),
    (
        "Preferences",
        &[
            "free@example.com: default model gpt-5, e-mail notifications on, usage alerts on",
            "pro@example.com: default model claude-3.5-sonnet, e-mail notifications on, \
                 usage alerts on",
        ],
    ),
];

#[tokio::test]
async fn what_was_applied_passes_and_is_shown_under_its_headings() {
    let world = world().await;
    let found = verified(&world).await;
    assert_eq!(differences(&found), Vec::<String>::new());
    let shown = found.to_string();
    for (heading, lines) in FACTS {
        let block = format!("{heading}\n  {}\n", lines.join("\n  "));
        assert!(shown.contains(&block), "{block}is not in\n{shown}");
    }
    assert!(
        shown.ends_with(
            "as seeded: 1 OAuth client, 3 models, 3 rate cards, 2 users, 2 subscriptions, \
             3 credit records, 2 preferences, 6 prices"
        ),
        "{shown}"
    );
}

#[tokio::test]
async fn a_month_later_it_passes_and_shows_the_new_months_credits() {
    let world = world().await;
    for advance in ["P1M", "P1Y"] {
        world.clock.advance(advance).unwrap();
        let found = verified(&world).await;
        assert_eq!(differences(&found), Vec::<String>::new(), "{advance}");
        let line = FREE_CREDITS.replace("1500 remaining (500 used", "2000 remaining (0 used");
        assert!(found.to_string().contains(&line), "{advance}: {found}");
    }
}

#[tokio::test]
async fn a_balance_that_moved_on_passes_and_is_shown_as_it_is() {
    let world = world().await;
    charge(&world, "free-user", "0.125").await;
    charge(&world, "pro-user", "2500").await;
    let found = verified(&world).await;
    assert_eq!(differences(&found), Vec::<String>::new());
    let shown = found.to_string();
    for part in [
        "free, 1499.875 remaining (500.125 used of 2000)",
        "free, 0 remaining (2000 used of 2000)",
        "pro, 4500 remaining (5500 used of 10000)",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[tokio::test]
async fn figures_other_than_the_seeds_own_are_named_even_if_they_are_consistent() {
    let world = world().await;
    let mut data = (*world.seeds).clone();
    data.users[0].free_credits.used = 499;
    let found = verify(&world.store, &data, world.clock.now())
        .await
        .unwrap();
    let expected = "credits free@example.com differs: the entry cause#seed:opening is from \
                    other figures";
    assert_eq!(differences(&found), [expected]);
}

#[tokio::test]
async fn everything_is_named_when_everything_is_gone() {
    let world = world().await;
    for key in dump(&world.dynamodb.client()).await.0.keys() {
        plant(&world, key, DELETED).await;
    }
    let found = verified(&world).await;
    let differences = differences(&found);
    assert_eq!(differences.len(), world.seed_report.lines.len());
    assert!(
        differences.iter().all(|line| line.ends_with(" missing")),
        "{differences:?}"
    );
    let verdict = "21 records differ from the seeds; `seeds apply` creates missing records";
    assert!(found.to_string().ends_with(verdict), "{found}");
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_an_error_and_not_a_difference() {
    let world = world().await;
    let faults = world.dynamodb.faults();
    for _ in 0..50 {
        faults.push("GetItem", local::dynamodb::Fault::NotSent);
    }
    let failed = verify(&world.store, &world.seeds, world.clock.now()).await;
    let error = failed.unwrap_err().to_string();
    assert!(
        error.starts_with("client textassistant-desktop: "),
        "{error}"
    );
}
