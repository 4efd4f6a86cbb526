//! Rows that meet something: an account in use, another import, another user
//! who wants the same, somebody who is not sorted or not named.

use aws_sdk_dynamodb::types::AttributeValue;
use local::dynamodb::Fault;
use ops::import::Source;
use shared::domain::{Action, Command, Credits, Digest, Erasable, Usage};
use shared::host::clock::{Clock, Deadline};
use shared::store::CommitRequest;
use tests::{account, user, world};

use super::export::Export;
use super::{Process, old_user, tables_of};

/// Far more than go at once, with months between.
fn long_past() -> Export {
    let mut export = Export::default()
        .user(1, "one@old.example")
        .user(2, "two@old.example");
    for number in 0..600 {
        export = export.usage(1, &format!("u{number:04}"), number * 60, "1.5");
    }
    for month in 1..=11 {
        export = export.month(1, &format!("c{month:02}"), month, "100");
    }
    export.month(2, "d11", 11, "200")
}

#[tokio::test]
async fn a_user_with_a_long_past_is_imported_in_pieces_and_completely() {
    let world = world().await;
    let process = Process::on(&world);
    let summary = process.import(&long_past().write()).await.unwrap();
    assert!(summary.is_clean(), "{summary}");
    assert_eq!(process.remarks(), [""; 0]);
    let stands = account(&world, &old_user(1)).await.unwrap();
    assert_eq!(stands.version, 600 + 10 + 1);
    assert_eq!(stands.lots.len(), 1);
    assert_eq!(stands.lots[0].used, "100".parse().unwrap());
}

#[tokio::test]
async fn a_long_past_that_is_cut_short_anywhere_is_completed() {
    let folder = long_past().write();
    let whole = world().await;
    Process::on(&whole).import(&folder).await.unwrap();
    let tables = tables_of(&whole).await;
    for passed in [5, 8, 11, 14, 17] {
        let world = world().await;
        let killed = Process::on(&world);
        let steps = killed.dynamodb.faults().step_by_step();
        steps.let_pass(passed);
        tokio::select! {
            biased;
            () = steps.arrived(passed + 1) => {}
            done = killed.import(&folder) => panic!("{passed}: {done:?}"),
        }
        let summary = Process::on(&world).import(&folder).await.unwrap();
        assert!(summary.is_clean(), "{passed}: {summary}");
        assert_eq!(tables_of(&world).await, tables, "{passed}");
    }
}

#[tokio::test]
async fn an_interrupted_import_says_so_and_the_next_completes_it() {
    let world = world().await;
    let folder = long_past().write();
    let process = Process::on(&world);
    process.stop.ask();
    let ended = process.import(&folder).await.unwrap_err();
    assert!(ended.to_string().starts_with("interrupted"), "{ended}");
    let summary = Process::on(&world).import(&folder).await.unwrap();
    assert!(summary.is_clean(), "{summary}");
}

#[tokio::test]
async fn the_past_of_an_account_in_use_is_refused_and_reported() {
    let world = world().await;
    let command = Command {
        key: "ops#early".parse().unwrap(),
        request_hash: Digest::from_bytes([1; 32]),
        actor: Erasable::new("a test", [7; 16]),
        label: None,
        action: Action::Charge {
            amount: Credits::ZERO,
            usage: Usage::default(),
        },
    };
    let somebody = user(&old_user(1));
    let early = world.store.commit(CommitRequest {
        user_id: &somebody,
        command: &command,
        guess: None,
        now: world.clock.now(),
        deadline: Deadline::after(std::time::Duration::from_secs(5)),
    });
    early.await.unwrap();
    let export = Export::default()
        .user(1, "one@old.example")
        .user(2, "two@old.example");
    let export = export.month(1, "c10", 10, "100").usage(1, "u1", 1, "1");
    let folder = export.month(2, "d10", 10, "100").write();
    for dry_run in [true, false, false] {
        let mut process = Process::on(&world);
        process.dry_run = dry_run;
        let summary = process.import(&folder).await.unwrap();
        assert!(!summary.is_clean());
        let why = "refused: the account is already in use and takes no more past rows";
        let said = [
            format!("credits c10 {why}"),
            format!("usage_history u1 {why}"),
        ];
        let mut remarks = process.remarks();
        remarks.sort();
        assert_eq!(remarks, said);
        let sums = summary.tally.sums.values();
        if !dry_run {
            assert!(
                sums.map(|sum| sum.difference()).all(|it| it == 0),
                "{summary}"
            );
        }
    }
}

#[tokio::test]
async fn a_row_that_was_imported_with_other_values_is_reported_and_left() {
    let world = world().await;
    let export = |used: &str, email: &str| {
        let export = Export::default().user(1, email).usage(1, "u1", 1, used);
        export.usage(1, "u2", 2, "7").write()
    };
    Process::on(&world)
        .import(&export("1", "one@old.example"))
        .await
        .unwrap();
    let tables = tables_of(&world).await;
    let process = Process::on(&world);
    let summary = process
        .import(&export("2", "other@old.example"))
        .await
        .unwrap();
    assert!(!summary.is_clean());
    assert_eq!(
        process.remarks(),
        [
            "users 1 differs: already in the tables with other values: left unchanged",
            "usage_history u1 differs: already imported with other values: left unchanged",
        ]
    );
    assert_eq!(tables_of(&world).await, tables);
}

#[tokio::test(start_paused = true)]
async fn of_many_who_want_the_same_the_first_has_it_in_every_run() {
    let mut export = Export::default();
    for number in 1..=40 {
        // Two of each, four apart, so that they would be under way together.
        let pair = number % 4 + number / 8 * 4;
        export = export.user(number, &format!("pair-{pair}@old.example"));
        let stripe = format!("sub_{pair}");
        export = export.subscription(
            number,
            &format!("s{number}"),
            &stripe,
            &format!("cus_{pair}"),
        );
    }
    let folder = export.write();
    let mut said = None;
    // Those that are sent away at first come back after the others.
    for sent_away in [0, 1, 6] {
        let world = world().await;
        let process = Process::on(&world);
        let faults = process.dynamodb.faults();
        (0..sent_away).for_each(|_| faults.push("TransactWriteItems", Fault::Throttled));
        let summary = process.import(&folder).await.unwrap();
        assert!(summary.is_clean(), "{summary}");
        let this = (tables_of(&world).await, process.remarks());
        assert!(this.1.len() >= 40, "{:?}", this.1);
        let first = said.get_or_insert(this.clone());
        assert_eq!(*first, this);
    }
}

#[tokio::test]
async fn rows_without_a_user_or_an_id_are_refused() {
    let world = world().await;
    let export = Export::default()
        .user(1, "one@old.example")
        .line(Source::UsageHistory, ",2025-10-01 00:00:00,u1,5")
        .line(Source::UsageHistory, "not a user,2025-10-01 00:00:00,u2,6")
        .line(Source::Users, "~,tilde@old.example,2025-10-01 00:00:00,t")
        .line(
            Source::Credits,
            format!("{},2025-10-01 00:00:00,,1,1,,,f", old_user(1)),
        )
        .line(Source::UserPreferences, format!("{},1", old_user(1)))
        .line(Source::UserPreferences, format!("{},2", old_user(1)));
    let process = Process::on(&world);
    let summary = process.import(&export.write()).await.unwrap();
    let remarks = process.remarks();
    let starts = [
        "credits  refused: it has no id",
        "usage_history u1 refused: user_id: a user id must be",
        "usage_history u2 refused: user_id: a user id must be",
        "user_preferences 1 refused: user 00000000-0000-4000-8000-000000000001 already has a row",
        "users ~ refused: id: a user id must be",
    ];
    for start in starts {
        assert!(
            remarks.iter().any(|it| it.starts_with(start)),
            "{start}: {remarks:?}"
        );
    }
    assert_eq!(remarks.len(), starts.len(), "{remarks:?}");
    assert!(!summary.is_clean());
    let sums = summary.tally.sums.values();
    assert!(
        sums.map(|sum| sum.difference()).all(|it| it == 0),
        "{summary}"
    );
}

#[tokio::test]
async fn a_change_in_the_tables_before_the_read_back_is_found() {
    let world = world().await;
    let folder = Export::default()
        .user(1, "one@old.example")
        .month(1, "c10", 10, "100")
        .usage(1, "u1", 1, "1")
        .write();
    Process::on(&world).import(&folder).await.unwrap();
    let key = [
        ("pk", format!("USER#{}", old_user(1))),
        (
            "sk",
            "CREDIT#free#2025-11-01T00:00:00Z#import:c10".to_string(),
        ),
    ];
    let key = key.map(|(name, value)| (name.to_string(), AttributeValue::S(value)));
    let client = world.dynamodb.client();
    let delete = client.delete_item().table_name("credits");
    delete.set_key(Some(key.into())).send().await.unwrap();
    let process = Process::on(&world);
    let summary = process.import(&folder).await.unwrap();
    assert_eq!(
        process.remarks(),
        ["credits c10 differs: its past credits are missing or were read back with other values"]
    );
    assert!(!summary.is_clean(), "{summary}");
}
