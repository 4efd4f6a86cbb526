//! The order of an export: rows out of it cost themselves, ids that are numbers
//! may come by their value, and what cannot be merged is refused before
//! anything is written.

use std::path::PathBuf;

use ops::import::Source;
use tests::{account, world};

use super::export::Export;
use super::{Process, old_user, tables_of};

fn user(id: impl std::fmt::Display) -> String {
    format!("{id},u{id}@old.example,2024-01-01 00:00:00,t")
}

fn month(id: impl std::fmt::Display) -> String {
    format!("{id},2025-11-01 00:00:00,c{id},2000,100,2025-11-01,2025-12-01,t")
}

/// Users in one order and their credits in another.
fn export(users: &[u32], credits: &[u32]) -> PathBuf {
    let mut export = Export::default().unsorted();
    for id in users {
        export = export.line(Source::Users, user(id));
    }
    for id in credits {
        export = export.line(Source::Credits, month(id));
    }
    export.write()
}

#[tokio::test]
async fn integer_ids_may_come_by_their_value_or_byte_by_byte() {
    let mut tables = Vec::new();
    for order in [&[1, 2, 9, 10, 11, 100][..], &[1, 10, 100, 11, 2, 9]] {
        let world = world().await;
        let process = Process::on(&world);
        let summary = process.import(&export(order, order)).await.unwrap();
        assert!(summary.is_clean(), "{summary}: {:?}", process.remarks());
        for id in order {
            assert_eq!(
                account(&world, &id.to_string()).await.unwrap().lots.len(),
                1
            );
        }
        tables.push(tables_of(&world).await);
    }
    assert_eq!(tables[0], tables[1]);
}

#[tokio::test]
async fn a_file_with_an_ambiguous_order_follows_the_other_files() {
    for (users, credits) in [
        (&[1, 2, 10][..], &[1, 2][..]),
        (&[1, 2], &[1, 2, 10]),
        (&[1, 10, 2], &[1, 2]),
        (&[], &[1, 2, 10]),
    ] {
        let world = world().await;
        let process = Process::on(&world);
        let summary = process.import(&export(users, credits)).await.unwrap();
        assert!(
            summary.is_clean(),
            "{users:?} {credits:?}: {:?}",
            process.remarks()
        );
    }
}

#[tokio::test]
async fn files_in_different_orders_are_refused_with_the_line_that_helps() {
    let world = world().await;
    let tables = tables_of(&world).await;
    for (users, credits, table) in [
        (
            &[1, 2, 10],
            &[1, 10, 2],
            "users ORDER BY id::text COLLATE \"C\")",
        ),
        (
            &[1, 10, 2],
            &[1, 2, 10],
            "credits ORDER BY user_id::text COLLATE \"C\", created_at, id)",
        ),
    ] {
        let refused = Process::on(&world).import(&export(users, credits)).await;
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains(table), "{refused}");
    }
    assert_eq!(tables_of(&world).await, tables);
}

#[tokio::test]
async fn a_row_out_of_order_is_refused_alone() {
    let all: Vec<u32> = (101..=160).collect();
    // Moved from one place to another, by where it comes then.
    for (from, to) in [(0, 59), (59, 0), (30, 10), (10, 30), (58, 59)] {
        let mut moved = all.clone();
        let id = moved.remove(from);
        moved.insert(to, id);
        let world = world().await;
        let process = Process::on(&world);
        let summary = process.import(&export(&all, &moved)).await.unwrap();
        let remarks = process.remarks();
        let rows = summary.tally.rows[&Source::Credits];
        assert_eq!(
            (rows.refused, rows.target),
            (1, 59),
            "{from} to {to}: {remarks:?}"
        );
        let why = "refused: its line is out of order: export the table sorted";
        assert_eq!(remarks.len(), 1);
        assert!(remarks[0].contains(why), "{remarks:?}");
        let mut opened = 0;
        for id in &all {
            opened += usize::from(account(&world, &id.to_string()).await.unwrap().version > 0);
        }
        assert_eq!(opened, 59, "{from} to {to}");
        let mut sums = summary.tally.sums.values();
        assert!(sums.all(|sum| sum.difference() == 0), "{summary}");
    }
}

#[tokio::test]
async fn a_row_out_of_order_within_its_user_is_refused_alone() {
    let world = world().await;
    let mut export = Export::default().unsorted().user(1, "one@old.example");
    for minute in [1, 2, 9, 3, 4] {
        export = export.usage(1, &format!("u{minute}"), minute, "1");
    }
    let process = Process::on(&world);
    let summary = process.import(&export.write()).await.unwrap();
    let why = "its line is out of order: export the table sorted";
    assert_eq!(
        process.remarks(),
        [format!("usage_history u9 refused: {why}")]
    );
    assert_eq!(summary.tally.rows[&Source::UsageHistory].target, 4);
}

#[tokio::test]
async fn a_user_whose_row_is_out_of_order_may_not_spend_until_it_is_imported() {
    let world = world().await;
    let ids: Vec<u32> = (101..=120).collect();
    let late = [&ids[1..], &ids[..1]].concat();
    Process::on(&world)
        .import(&export(&late, &ids))
        .await
        .unwrap();
    assert!(!account(&world, "101").await.unwrap().active);
    assert!(account(&world, "102").await.unwrap().active);
    let process = Process::on(&world);
    let summary = process.import(&export(&ids, &ids)).await.unwrap();
    assert!(summary.is_clean(), "{summary}: {:?}", process.remarks());
    assert!(account(&world, "101").await.unwrap().active);
}

#[tokio::test]
async fn a_file_that_was_never_sorted_is_refused_before_anything_is_written() {
    let world = world().await;
    let tables = tables_of(&world).await;
    let all: Vec<u32> = (101..=160).collect();
    let backwards: Vec<u32> = all.iter().rev().copied().collect();
    let shuffled: Vec<u32> = (0..60).map(|at| 101 + at * 37 % 60).collect();
    for order in [&backwards, &shuffled] {
        let refused = Process::on(&world)
            .import(&export(&all, order))
            .await
            .unwrap_err();
        let refused = refused.to_string();
        assert!(
            refused.contains("credits.csv: it is not sorted: line "),
            "{refused}"
        );
        let line = r"\copy (SELECT * FROM credits ORDER BY user_id, created_at, id) TO 'credits.csv' CSV HEADER";
        assert!(refused.contains(line), "{refused}");
    }
    let mut export = Export::default().unsorted().user(1, "one@old.example");
    for minute in (1..=40).rev() {
        export = export.usage(1, &format!("u{minute}"), minute, "1");
    }
    let refused = Process::on(&world)
        .import(&export.write())
        .await
        .unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("usage_history.csv: it is not sorted"),
        "{refused}"
    );
    assert_eq!(tables_of(&world).await, tables);
    let _ = old_user(1);
}
