//! What becomes of every fault that is known of the old data.

use ops::import::Source;
use tests::world;

use super::{Process, fixture, scratch, tables_of};

/// Everything that is said of the fixture after the old migration.
const SAID: &[&str] = &[
    "models 1 mended: credits_per_1k_tokens is 0.0015: kept as 0.002",
    "models 1 mended: input_cost_per_million_tokens is 300.5: kept as 301 whole cents",
    "credits 6 mended: credit_type is free but its subscription is paid: kept as pro",
    "credits 5 mended: credit_type is free but its subscription is paid: kept as pro",
    "subscriptions f mended: the Stripe subscription sub_old_3 occurs twice for user 00000000-0000-4000-8000-000000000003: kept as import_10000000-0000-4000-8000-00000000000f",
    "credits 7 mended: row 30000000-0000-4000-8000-000000000008 is also current and newer: kept as past; its remaining 1900 credits lapsed",
    "credits 9 mended: credit_type is free but its subscription is paid: kept as pro",
    "credits a mended: credit_type is free but its subscription is paid: kept as pro",
    "credits b mended: 150 of 100 credits used: kept as 100 used",
    "credits d mended: total_credits is -5: kept as 0",
    "credits d mended: used_credits is -7: kept as 0",
    "usage_history 7 mended: credits_used is -7: kept as 0",
    "credits c mended: total_credits is 2000.0005: kept as 2000",
    "credits c mended: 2500.25 of 2000 credits used: kept as 2000 used",
    "usage_history 6 mended: credits_used is 2500.2505: kept as 2500.251",
    "usage_history 6 mended: total_tokens is 11 but input and output add up to 10: the total is dropped",
    "credits e mended: it is marked current but its period ended at 2024-04-01T00:00:00Z: kept as past; its remaining 1700 credits lapsed",
    "credits f mended: credit_type is free but its subscription is paid: kept as pro",
    "credits f mended: it is marked current but its period ended at 2024-04-01T00:00:00Z: kept as past; its remaining 6000 credits lapsed",
    "credits 10 mended: it is marked current but its period ended at 2025-09-01T00:00:00Z: kept as past; its remaining 1990 credits lapsed",
    "users 8 mended: users 00000000-0000-4000-8000-000000000001 and 00000000-0000-4000-8000-000000000008 both have EMAIL#free@old.example: the first keeps it, and this row gets the address 00000000-0000-4000-8000-000000000008@duplicate.invalid",
    "subscriptions 9 mended: users 00000000-0000-4000-8000-000000000002 and 00000000-0000-4000-8000-000000000008 both have STRIPE_CUSTOMER#cus_old_2: the first keeps it, and this row gets the name import_10000000-0000-4000-8000-000000000009 and no customer",
    "subscriptions 9 mended: users 00000000-0000-4000-8000-000000000002 and 00000000-0000-4000-8000-000000000008 both have STRIPE_SUBSCRIPTION#sub_old_2: the first keeps it, and this row gets the name import_10000000-0000-4000-8000-000000000009 and no customer",
    "credits 16 mended: credit_type is free but its subscription is paid: kept as pro",
    "credits 12 mended: it ends at 2025-10-01T00:00:00Z, before it starts: kept until 2025-12-01T00:00:00Z",
    "users a mended: it has no created_at: kept as 1970-01-01T00:00:00Z",
    "user_preferences a mended: temperature is 0.705: kept as 71 hundredths",
    r#"user_preferences a mended: max_tokens "-5" is not a whole number from 0 to 4294967295: dropped"#,
    r#"subscriptions b mended: tier "gold" is unknown: kept as pro"#,
    r#"subscriptions b mended: status "weird" is unknown: kept as expired"#,
    r#"usage_history b mended: model "nobody-knows" is not in models.csv: kept as named"#,
    "usage_history b mended: total_tokens is 77 without input or output: kept as input",
    r#"usage_history b mended: operation "summarize" is unknown: dropped"#,
    r#"usage_history c mended: input_tokens "-1" is not a whole number from 0 to 4294967295: dropped"#,
    "usage_history c mended: created_at 2027-01-01T00:00:00Z is in the future: kept as 2025-11-06T14:30:00Z",
    "credits 14 mended: its subscription 10000000-0000-4000-8000-000000000002 is not among the user's subscriptions",
    "credits 14 mended: it has no created_at: kept as 2025-11-06T14:30:00Z",
    "usage_history d mended: it has no created_at: kept as 2025-11-06T14:30:00Z",
    "credits 13 mended: its period is not a month from reset day 1: its credits count for 2025-11-01 to 2025-12-01",
];

#[tokio::test]
async fn no_row_is_lost_and_every_change_is_reported() {
    let world = world().await;
    let process = Process::on(&world);
    let summary = process.import(&fixture("after")).await.unwrap();
    println!("{summary}");
    assert_eq!(process.remarks(), SAID);
    assert!(summary.is_clean(), "{summary}");
}

#[tokio::test]
async fn importing_again_changes_nothing_and_says_the_same() {
    let world = world().await;
    let first = Process::on(&world);
    first.import(&fixture("after")).await.unwrap();
    let tables = tables_of(&world).await;
    let mut again = Process::on(&world);
    // Weeks later, when other months are current.
    again.now = tests::at("2025-12-24T00:00:00Z");
    let summary = again.import(&fixture("after")).await.unwrap();
    assert_eq!(tables_of(&world).await, tables);
    assert_eq!(again.remarks(), first.remarks());
    assert!(summary.is_clean(), "{summary}");
    for (source, rows) in &summary.tally.rows {
        assert_eq!(rows.written, 0, "{source:?}");
    }
}

#[tokio::test]
async fn an_export_from_before_the_old_migration_gives_the_same_tables() {
    let (before, after) = (world().await, world().await);
    Process::on(&before)
        .import(&fixture("before"))
        .await
        .unwrap();
    Process::on(&after).import(&fixture("after")).await.unwrap();
    let tables = tables_of(&before).await;
    let others = tables_of(&after).await;
    for (key, item) in &tables.0 {
        assert_eq!(Some(item), others.0.get(key), "{key}");
    }
    assert_eq!(tables, others);

    let process = Process::on(&before);
    let summary = process.import(&fixture("after")).await.unwrap();
    assert_eq!(tables_of(&before).await, tables);
    assert!(summary.is_clean(), "{summary}");
}

#[tokio::test]
async fn a_dry_run_writes_nothing_and_says_the_same() {
    let world = world().await;
    let tables = tables_of(&world).await;
    let mut dry = Process::on(&world);
    dry.dry_run = true;
    let summary = dry.import(&fixture("after")).await.unwrap();
    assert_eq!(tables_of(&world).await, tables);
    assert!(summary.is_clean(), "{summary}");
    let wet = Process::on(&world);
    wet.import(&fixture("after")).await.unwrap();
    assert_eq!(dry.remarks(), wet.remarks());
    // And once more, when everything is there.
    let summary = dry.import(&fixture("after")).await.unwrap();
    assert_eq!(dry.remarks(), wet.remarks());
    assert!(summary.is_clean(), "{summary}");
}

#[tokio::test]
async fn a_file_that_is_not_sorted_is_refused_before_anything_is_written() {
    let world = world().await;
    let tables = tables_of(&world).await;
    for (source, order) in [
        (Source::Users, "ORDER BY id"),
        (Source::Credits, "ORDER BY user_id, created_at, id"),
        (Source::UsageHistory, "ORDER BY user_id, created_at, id"),
        (Source::UserPreferences, "ORDER BY user_id"),
    ] {
        let folder = copy_of_the_fixture();
        let name = format!("{}.csv", source.as_str());
        let text = std::fs::read_to_string(folder.join(&name)).unwrap();
        let mut lines: Vec<&str> = text.lines().collect();
        lines[1..].reverse();
        std::fs::write(folder.join(&name), lines.join("\n")).unwrap();
        let refused = Process::on(&world).import(&folder).await.unwrap_err();
        let refused = refused.to_string();
        let table = source.as_str();
        assert!(
            refused.contains("it is not sorted: line 3 is out of order ("),
            "{refused}"
        );
        let export = format!(r"\copy (SELECT * FROM {table} {order}) TO '{name}' CSV HEADER");
        assert!(refused.contains(&export), "{refused}");
    }
    assert_eq!(tables_of(&world).await, tables);
}

#[tokio::test]
async fn a_file_that_is_missing_or_of_another_table_is_reported_with_what_makes_it() {
    let world = world().await;
    for damage in ["missing", "header"] {
        let folder = copy_of_the_fixture();
        let file = folder.join("credits.csv");
        match damage {
            "missing" => std::fs::remove_file(&file).unwrap(),
            _ => {
                std::fs::copy(folder.join("users.csv"), &file).unwrap();
            }
        }
        let refused = Process::on(&world)
            .import(&folder)
            .await
            .unwrap_err()
            .to_string();
        assert!(refused.contains("credits.csv: "), "{refused}");
        assert!(
            refused.contains(r"\copy (SELECT * FROM credits"),
            "{refused}"
        );
    }
}

fn copy_of_the_fixture() -> std::path::PathBuf {
    let folder = scratch("copy");
    for source in Source::ALL {
        let name = format!("{}.csv", source.as_str());
        std::fs::copy(fixture("after").join(&name), folder.join(&name)).unwrap();
    }
    folder
}
