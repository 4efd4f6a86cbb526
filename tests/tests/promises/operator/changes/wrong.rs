//! Dry runs and lines that cannot be right write nothing.

use tests::at;

use super::super::ground::{Ground, LATER, RICH};
use super::{END, USER, WHY};

/// A line of each writing command.
fn lines() -> Vec<Vec<&'static str>> {
    let grant = [&["grant", USER, "50"][..], &END].concat();
    vec![
        grant,
        vec!["adjust", USER, "--take", "5"],
        vec!["adjust", USER, "--give", "5"],
        vec!["user", "deactivate", USER],
        vec!["user", "activate", RICH],
        vec![
            "user",
            "allocation",
            USER,
            "--credits",
            "0",
            "--reset-day",
            "31",
        ],
        vec!["user", "create", "new", "--email", "new@example.com"],
        vec!["hold", "release", RICH, "inference-service#open"],
    ]
}

async fn ground() -> Ground {
    let ground = Ground::rich().await;
    let hold = shared::domain::Action::Hold {
        hold: "inference-service#open".parse().unwrap(),
        amount: tests::credits("1"),
        ttl_seconds: 7_200,
        on_expiry: shared::domain::OnExpiry::Release,
    };
    let now = at("2026-03-20T07:59:00Z");
    ground
        .command(RICH, "api#inference-service#open", now, hold)
        .await;
    ground.does(&["user", "deactivate", RICH]).await;
    ground
}

#[tokio::test]
async fn a_dry_run_says_what_would_be_done_and_leaves_all_tables_as_they_were() {
    let ground = ground().await;
    for words in lines() {
        let trial = [&words[..], &WHY, &["--dry-run"]].concat();
        let said = ground.leaves_all(&trial, 0).await;
        assert!(said.contains("Nothing was written."), "{words:?}: {said}");
        assert!(said.contains(" would "), "{words:?}: {said}");
        let done = ground.does(&words).await;
        assert!(!done.contains(" would "), "{words:?}: {done}");
    }
}

#[tokio::test]
async fn after_all_of_it_every_balance_is_right_and_each_step_is_in_words() {
    let ground = ground().await;
    for words in lines() {
        ground.does(&words).await;
    }
    ground.says(&["verify", "--all"], 0).await;
    let of_user = ground.says(&["explain", "--user", USER], 0).await;
    for part in [
        "grant of 50 by ada",
        "adjust of 5 by ada",
        "+5 used, taken by an operator",
        "grant of 5 by ada",
        "may not spend",
        "label: ticket 512",
        "0 free credits a month from the next month, reset on day 31",
    ] {
        assert!(of_user.contains(part), "{part}\n{of_user}");
    }
    let of_rich = ground.says(&["explain", "--user", RICH], 0).await;
    for part in ["release of 1 by ada", "may spend again"] {
        assert!(of_rich.contains(part), "{part}\n{of_rich}");
    }
    let of_new = ground.says(&["explain", "--user", "new"], 0).await;
    assert!(of_new.contains("open of 2000 by ada"), "{of_new}");
}

#[tokio::test]
async fn what_is_wrong_with_a_line_ends_it_before_anything_is_written() {
    let ground = Ground::seeded().await;
    let long = "x".repeat(101);
    let end = END[1];
    let grant =
        |user, amount, end, why| vec!["grant", user, amount, "--expires", end, "--reason", why];
    let cases: Vec<(u8, Vec<&str>)> = vec![
        (2, grant(USER, "-5", end, "why")),
        (2, grant(USER, "0", end, "why")),
        (2, grant(USER, "0.0001", end, "why")),
        (2, grant(USER, "1e3", end, "why")),
        (2, grant(USER, "1000000000000.001", end, "why")),
        (2, grant(USER, "5", "soon", "why")),
        (2, grant(USER, "5", end, "")),
        (2, grant(USER, "5", end, " ")),
        (2, grant(USER, "5", end, "two\nlines")),
        (2, grant(USER, "5", end, &long)),
        (2, grant("a b", "5", end, "why")),
        (2, vec!["grant", USER, "5", "--reason", "why"]),
        (2, vec!["grant", USER, "5", "--expires", end]),
        (
            2,
            [&grant(USER, "5", end, "why")[..], &["--key", "a b"]].concat(),
        ),
        (
            2,
            [&grant(USER, "5", end, "why")[..], &["--actor", ""]].concat(),
        ),
        (2, grant("stranger", "5", end, "why")),
        (2, grant(USER, "5", LATER, "why")),
        (2, vec!["adjust", USER, "--reason", "why"]),
        (
            2,
            vec![
                "adjust", USER, "--take", "1", "--give", "1", "--reason", "why",
            ],
        ),
        (2, vec!["adjust", USER, "--take", "-1", "--reason", "why"]),
        (
            2,
            vec!["adjust", "stranger", "--take", "1", "--reason", "why"],
        ),
        (
            1,
            vec!["adjust", USER, "--take", "1000000", "--reason", "why"],
        ),
        (2, vec!["user", "deactivate", USER]),
        (2, vec!["user", "deactivate", "stranger", "--reason", "why"]),
        (2, vec!["user", "allocation", USER, "--reason", "why"]),
        (
            2,
            vec![
                "user",
                "allocation",
                USER,
                "--reset-day",
                "32",
                "--reason",
                "why",
            ],
        ),
        (
            2,
            vec![
                "user",
                "allocation",
                USER,
                "--credits",
                "-1",
                "--reason",
                "why",
            ],
        ),
        (
            2,
            vec![
                "user",
                "allocation",
                "stranger",
                "--credits",
                "1",
                "--reason",
                "why",
            ],
        ),
        (2, vec!["user", "create", "new", "--reason", "why"]),
        (
            2,
            vec![
                "user", "create", "new", "--email", "nonsense", "--reason", "why",
            ],
        ),
        (
            1,
            vec![
                "user",
                "create",
                "new",
                "--email",
                "FREE@example.com",
                "--reason",
                "why",
            ],
        ),
        (
            2,
            vec!["hold", "release", USER, "nonsense", "--reason", "why"],
        ),
        (1, vec!["hold", "release", USER, "a#b", "--reason", "why"]),
        (2, vec!["hold", "list", "stranger"]),
        (2, vec!["user", "list", "--status", "sleepy"]),
    ];
    for (code, words) in cases {
        assert_eq!(ground.leaves_all(&words, code).await, "", "{words:?}");
        let is_of_a_stranger = words.contains(&"stranger");
        if (code == 1 || is_of_a_stranger) && words.contains(&"--reason") {
            let trial = [&words[..], &["--dry-run"]].concat();
            assert_eq!(ground.leaves_all(&trial, code).await, "", "{trial:?}");
        }
    }
}

#[tokio::test]
async fn of_lots_from_operators_fifty_are_open_at_most() {
    let ground = Ground::seeded().await;
    for number in 0..50 {
        let key = format!("k{number}");
        ground
            .does(&["adjust", USER, "--give", "1", "--key", &key])
            .await;
    }
    let one_more = [&["adjust", USER, "--give", "1"][..], &WHY].concat();
    assert_eq!(ground.leaves_all(&one_more, 1).await, "");
    // What is used up leaves, and makes place.
    ground.does(&["adjust", USER, "--take", "2001"]).await;
    ground.does(&["adjust", USER, "--give", "1"]).await;
}
