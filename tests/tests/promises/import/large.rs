//! A row that DynamoDB does not hold costs itself: not the run, not the other
//! rows of its user, not other users.

use ops::import::Source;
use shared::store::MAX_ITEM_BYTES;
use tests::{account, credits, dump, user, world};

use super::export::Export;
use super::{Process, old_user, tables_of};

fn export() -> Export {
    (1..=40).fold(Export::default(), |export, user| {
        let export = export.user(user, &format!("u{user}@old.example"));
        export.month(user, &format!("c{user}"), 11, "100")
    })
}

const PREFERENCES: &str = "user_id,preferences_metadata";

fn preferences(number: u32, bytes: usize) -> String {
    format!("{},\"{}\"", old_user(number), "y".repeat(bytes))
}

#[tokio::test]
async fn preferences_that_are_too_large_cost_themselves_alone() {
    let export = export()
        .columns(Source::UserPreferences, PREFERENCES)
        .line(Source::UserPreferences, preferences(1, 500_000))
        .line(Source::UserPreferences, preferences(2, 5))
        .line(Source::UserPreferences, preferences(3, MAX_ITEM_BYTES));
    let folder = export.write();
    for dry_run in [true, false, false] {
        let world = world().await;
        let mut process = Process::on(&world);
        process.dry_run = dry_run;
        let summary = process.import(&folder).await.unwrap();
        let rows = summary.tally.rows[&Source::UserPreferences];
        assert_eq!((rows.source, rows.refused), (3, 2), "{summary}");
        let remarks = process.remarks();
        let refused = remarks
            .iter()
            .filter(|it| it.contains(" refused: it takes "));
        assert_eq!(refused.count(), 2, "{remarks:?}");
        if dry_run {
            continue;
        }
        for number in 1..=40 {
            let account = account(&world, &old_user(number)).await.unwrap();
            assert_eq!(account.lots[0].used, credits("100"), "user {number}");
        }
        let again = Process::on(&world);
        let before = tables_of(&world).await;
        again.import(&folder).await.unwrap();
        assert_eq!(again.remarks(), remarks);
        assert_eq!(tables_of(&world).await, before);
    }
}

#[tokio::test]
async fn an_item_as_large_as_may_be_is_kept_and_one_byte_more_is_not() {
    let world = world().await;
    let largest = |bytes| {
        let export = Export::default().user(1, "one@old.example");
        let export = export.columns(Source::UserPreferences, PREFERENCES);
        export
            .line(Source::UserPreferences, preferences(1, bytes))
            .write()
    };
    // What an item with that much takes is reported, and so is what fits.
    let process = Process::on(&world);
    let mut dry = Process::on(&world);
    dry.dry_run = true;
    dry.import(&largest(MAX_ITEM_BYTES)).await.unwrap();
    let reported = dry.remarks().remove(0);
    let takes = reported
        .split("it takes ")
        .nth(1)
        .and_then(|it| it.split(' ').next());
    let beside = takes.unwrap().parse::<usize>().unwrap() - MAX_ITEM_BYTES;

    let summary = dry
        .import(&largest(MAX_ITEM_BYTES - beside + 1))
        .await
        .unwrap();
    assert!(!summary.is_clean());
    let summary = process
        .import(&largest(MAX_ITEM_BYTES - beside))
        .await
        .unwrap();
    assert!(summary.is_clean(), "{summary}: {:?}", process.remarks());
}

#[tokio::test]
async fn names_and_uses_that_are_too_large_cost_themselves_alone() {
    let world = world().await;
    let (one, two) = (old_user(1), old_user(2));
    let long = "m".repeat(MAX_ITEM_BYTES);
    let export = Export::default()
        .columns(
            Source::UsageHistory,
            "user_id,created_at,id,credits_used,model_id",
        )
        .columns(Source::Models, "id,name,provider")
        .user(1, &format!("{}@old.example", "a".repeat(3_000)))
        .user(2, "two@old.example")
        .month(1, "c11", 11, "100")
        .line(Source::UsageHistory, format!("{one},2025-10-01,u1,1,"))
        .line(
            Source::UsageHistory,
            format!("{one},2025-10-02,u2,2,{long}"),
        )
        .line(Source::UsageHistory, format!("{one},2025-10-03,u3,4,"))
        .line(Source::UsageHistory, format!("{two},2025-10-03,u4,8,"))
        .line(Source::Models, format!("{},M,p", "x".repeat(2_000)))
        .line(Source::Models, format!("m2,M,{long}"))
        .line(Source::Models, "m3,M,p");
    let folder = export.write();
    let mut said = Vec::new();
    for dry_run in [true, false] {
        let mut process = Process::on(&world);
        process.dry_run = dry_run;
        let summary = process.import(&folder).await.unwrap();
        let refused = summary
            .tally
            .rows
            .iter()
            .map(|(source, rows)| (*source, rows.refused));
        let refused: Vec<_> = refused.filter(|(_, refused)| *refused > 0).collect();
        let expected = [
            (Source::Models, 2),
            (Source::Users, 1),
            (Source::UsageHistory, 1),
        ];
        assert_eq!(refused, expected, "{summary}");
        said.push(
            process
                .remarks()
                .into_iter()
                .filter(|it| it.contains("refused"))
                .collect::<Vec<_>>(),
        );
    }
    let short = |said: &[String]| -> Vec<String> {
        let texts = said.iter().map(|it| it.replace(&"x".repeat(2_000), "x"));
        texts.map(|it| it.replace(&long, "m")).collect()
    };
    assert_eq!(short(&said[0]), short(&said[1]));
    let stands = account(&world, &one).await.unwrap();
    assert_eq!(stands.version, 3, "two uses and the opening");
    assert_eq!(account(&world, &two).await.unwrap().version, 1);
    let tables = dump(&world.dynamodb.client()).await;
    assert!(!format!("{:?}", tables.0.keys()).contains(&"a".repeat(3_000)));
    let _ = user(&one);
}
