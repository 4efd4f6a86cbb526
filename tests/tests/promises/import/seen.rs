//! What imported users see of it, through the product's own routes.

use serde_json::Value;
use tests::{Served, account};

use super::{Process, fixture, old_user};

async fn imported() -> Served {
    let served = Served::start().await;
    let process = Process::on(&served.world);
    let summary = process.import(&fixture("after")).await.unwrap();
    assert!(summary.is_clean(), "{summary}");
    served
}

async fn get(served: &Served, user: u32, path: &str) -> Value {
    let service = served.as_user(&old_user(user)).await;
    let answer = service.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    answer.json()
}

/// `free remaining/allocation, pro remaining/total, lots`.
async fn balance(served: &Served, user: u32) -> String {
    let body = get(served, user, "/api/user/credits").await;
    let (free, pro) = (&body["freeCredits"], &body["proCredits"]);
    let lots = body["lots"].as_array().unwrap().iter();
    let lots: Vec<String> = lots
        .map(|lot| {
            let id = lot["id"].as_str().unwrap();
            let id = id.rsplit_once("-4000-8000-").map_or(id, |(_, end)| end);
            format!("{} {}", id.trim_start_matches('0'), lot["remaining"])
        })
        .collect();
    format!(
        "{}/{} until {}, {}/{} used {}: {}",
        free["remaining"],
        free["monthlyAllocation"],
        &free["resetDate"].as_str().unwrap()[..10],
        pro["remaining"],
        pro["purchasedTotal"],
        pro["lifetimeUsed"],
        lots.join(", ")
    )
}

#[tokio::test]
async fn every_user_has_what_they_had() {
    let served = imported().await;
    for (user, expected) in [
        (
            1,
            "1500/2000 until 2025-12-01, 0/0 used 0: free:2025-11-01 1500",
        ),
        // Half of the paid credits, which were filed as free; a quarter of
        // earlier ones was used.
        (
            2,
            "2000/2000 until 2025-12-01, 5000/12500 used 7500: free:2025-11-01 2000, 5 5000",
        ),
        // Of two free months the newer; both paid lots.
        (
            3,
            "1700/2000 until 2025-12-01, 14000/15000 used 1000: free:2025-11-01 1700, 9 9000, a 5000",
        ),
        // More was used than there was.
        (4, "0/2000 until 2025-12-01, 0/0 used 0: free:2025-11-01 0"),
        (
            5,
            "2000/2000 until 2025-12-01, 0/0 used 0: free:2025-11-01 2000",
        ),
        // What was current last year is over.
        (
            6,
            "2000/2000 until 2025-12-01, 0/4000 used 4000: free:2025-11-01 2000",
        ),
        (
            8,
            "2000/2000 until 2025-12-01, 1000/1000 used 0: free:2025-11-01 2000, 16 1000",
        ),
        // A month from the 15th goes on from the 15th.
        (
            9,
            "1300/2000 until 2025-11-15, 0/0 used 0: free:2025-10-15 1300",
        ),
        // 500 this month, and from the next one on what everybody has.
        (
            10,
            "480/500 until 2025-12-01, 0/0 used 0: free:2025-11-01 480",
        ),
        // Somebody whom no file but that of the credits knows.
        (
            12,
            "1960/2000 until 2025-12-01, 0/0 used 0: free:2025-11-01 1960",
        ),
    ] {
        assert_eq!(balance(&served, user).await, expected, "user {user}");
    }
}

#[tokio::test]
async fn from_the_next_month_on_everybody_has_their_allocation() {
    let served = imported().await;
    served.advance("P40D").await;
    for (user, expected) in [
        (
            10,
            "2000/2000 until 2026-01-01, 0/0 used 0: free:2025-12-01 2000",
        ),
        (
            9,
            "2000/2000 until 2026-01-15, 0/0 used 0: free:2025-12-15 2000",
        ),
    ] {
        assert_eq!(balance(&served, user).await, expected, "user {user}");
    }
}

#[tokio::test]
async fn the_past_shows_in_the_history_newest_first() {
    let served = imported().await;
    let body = get(&served, 1, "/api/user/credits/history?limit=100").await;
    let lines = body["entries"].as_array().unwrap().iter();
    let lines: Vec<String> = lines
        .map(|entry| {
            format!(
                "{} {} {} {}",
                &entry["at"].as_str().unwrap()[..10],
                entry["kind"].as_str().unwrap(),
                entry["amount"].as_str().unwrap(),
                entry["modelId"].as_str().unwrap_or("-")
            )
        })
        .collect();
    assert_eq!(
        lines,
        [
            "2025-11-06 open 1500 -",
            "2025-11-03 past_use 199.5 gpt-4",
            "2025-11-02 past_use 300 claude-3",
            "2025-10-20 past_use 2000 gpt-4.1",
            "2025-10-01 past_credits 2000 -",
            "2025-09-15 past_use 1200.5 gpt-4.1",
            "2025-09-01 past_credits 2000 -",
        ]
    );
    let uses = get(&served, 1, "/api/user/credits/history?kind=past_use").await;
    assert_eq!(uses["entries"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn past_use_counts_in_the_usage_by_day_and_by_model() {
    let served = imported().await;
    let days = "/api/user/usage?from=2025-09-01&to=2025-11-06";
    let body = get(&served, 1, days).await;
    assert_eq!(body["total"]["credits"], "3700");
    assert_eq!(body["total"]["requests"], 4);
    assert_eq!(body["total"]["inputTokens"], 5110);
    assert_eq!(body["rows"][0]["key"], "2025-09-15");
    let body = get(&served, 1, &format!("{days}&groupBy=model")).await;
    let rows = body["rows"].as_array().unwrap().iter();
    let rows: Vec<String> = rows
        .map(|row| {
            format!(
                "{} {}",
                row["key"].as_str().unwrap(),
                row["credits"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(rows, ["claude-3 300", "gpt-4 199.5", "gpt-4.1 3200.5"]);
}

#[tokio::test]
async fn plans_and_profiles_are_those_of_the_old_tables() {
    let served = imported().await;
    for (user, tier, status, cancels) in [
        (1, "free", "active", false),
        (2, "pro", "active", false),
        // Of several active ones the best, which ends with its period.
        (5, "enterprise", "active", true),
        (6, "pro", "expired", false),
        (8, "pro", "active", false),
        (9, "pro", "trialing", false),
    ] {
        let body = get(&served, user, "/api/user/profile").await;
        let plan = &body["subscription"];
        assert_eq!(plan["tier"], tier, "user {user}");
        assert_eq!(plan["status"], status, "user {user}");
        assert_eq!(plan["cancelAtPeriodEnd"], cancels, "user {user}");
    }
    let body = get(&served, 2, "/api/user/profile").await;
    assert_eq!(body["displayName"], "Pro");
    assert_eq!(body["preferences"]["defaultModel"], "claude-3");
    let body = get(&served, 2, "/api/user/preferences").await;
    assert_eq!(body["temperature"], 1.25);
    assert_eq!(body["maxTokens"], 8192);
}

#[tokio::test]
async fn a_deleted_or_inactive_user_may_not_spend() {
    let served = imported().await;
    let service = served.service().await;
    for user in [7, 11] {
        let id = old_user(user);
        let answer = service.charge(&id, "k", 1).await;
        assert_eq!(answer.status, 403, "user {user}: {}", answer.text);
        assert!(!account(&served.world, &id).await.unwrap().active);
    }
    let answer = service.charge(&old_user(1), "k", 1).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
}

#[tokio::test]
async fn a_model_that_is_not_offered_any_more_is_known_and_not_on_the_list() {
    let served = imported().await;
    let body = get(&served, 1, "/v1/models").await;
    let models = body["models"].as_array().unwrap().iter();
    let ids: Vec<&str> = models.map(|model| model["id"].as_str().unwrap()).collect();
    assert!(
        ids.contains(&"gpt-4.1") && ids.contains(&"claude-3"),
        "{ids:?}"
    );
    assert!(!ids.contains(&"gpt-4"), "{ids:?}");
}
