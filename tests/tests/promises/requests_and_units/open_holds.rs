//! What many open holds cost. The budgets of units are for an account of three
//! lots and two holds; from there on each kilobyte of the account item is two
//! units more of every change, whatever it changes.

use local::World;
use shared::domain::{Action, Command, HoldId, MAX_OPEN_HOLDS, OnExpiry, Usage};
use shared::store::Committed;
use tests::{a_charge, api_key, credits, world};

use super::{commit, item_bytes, opening_with_three_lots};

const USER: &str = "somebody";

/// A key as services make them: a UUID.
fn hold_key(number: usize) -> String {
    format!("6f1d2c3b-4a59-4e68-8d77-{number:012}")
}

fn hold_id(number: usize) -> HoldId {
    format!("inference-service#{}", hold_key(number))
        .parse()
        .unwrap()
}

fn command(key: &str, action: Action) -> Command {
    Command {
        key: api_key(key),
        action,
        ..a_charge("1")
    }
}

fn hold(number: usize) -> Command {
    let action = Action::Hold {
        hold: hold_id(number),
        amount: credits("12.345"),
        ttl_seconds: 300,
        on_expiry: OnExpiry::Settle,
    };
    command(&hold_key(number), action)
}

fn report(number: usize) -> Command {
    let action = Action::Report {
        hold: hold_id(number),
        amount: credits("6.789"),
        usage: Usage::default(),
    };
    command(&format!("report-{number}"), action)
}

fn commit_hold(number: usize) -> Command {
    let action = Action::Commit {
        hold: hold_id(number),
        amount: credits("23.456"),
        usage: Usage::default(),
    };
    command(&format!("commit-{number}"), action)
}

/// Does it and says the write units of its one transaction.
async fn units(world: &World, command: &Command) -> u64 {
    let (committed, measured) = commit(world, USER, command).await;
    assert!(
        matches!(committed, Ok(Committed::Applied(_))),
        "{committed:?}"
    );
    let operations = super::measured(&measured);
    let writes: Vec<_> = operations.iter().filter(|it| it.3 > 0).collect();
    assert_eq!(writes.len(), 1, "{writes:?}");
    assert_eq!(writes[0].1, 1, "{writes:?}");
    writes[0].3 / 2
}

/// Open holds; kilobytes that the account then takes; write units of a charge,
/// of the hold that was the last to be opened, of a commit.
type Row = (usize, usize, [u64; 3]);

const ROWS: [Row; 5] = [
    (2, 1, [5, 5, 5]),
    (10, 2, [7, 7, 7]),
    (20, 4, [11, 11, 11]),
    (50, 8, [19, 19, 19]),
    (MAX_OPEN_HOLDS, 14, [31, 31, 31]),
];

fn account_bytes(world: &World) -> usize {
    item_bytes(world, ("credits", "USER#somebody", "ACCOUNT"))
}

/// Opens and reports holds until so many are open; the units of the last.
async fn open(world: &World, numbers: std::ops::RangeInclusive<usize>) -> u64 {
    let mut last = 0;
    for number in numbers {
        last = units(world, &hold(number)).await;
        units(world, &report(number)).await;
    }
    last
}

#[tokio::test]
async fn each_kilobyte_of_open_holds_is_two_units_more_of_every_change() {
    let world = world().await;
    units(&world, &opening_with_three_lots()).await;
    let mut first = 1;
    for (holds, kilobytes, [charge, hold, commit]) in ROWS {
        let opened = open(&world, first..=holds).await;
        let bytes = account_bytes(&world);
        let charging = command(&format!("charge-{holds}"), a_charge("1").action);
        let charged = units(&world, &charging).await;
        let committed = units(&world, &commit_hold(holds)).await;
        println!("{holds} open holds: {bytes} bytes; {charged}, {opened}, {committed} units");
        assert_eq!(bytes.div_ceil(1024), kilobytes, "{bytes} bytes");
        let measured = [charged, opened, committed];
        assert_eq!(measured, [charge, hold, commit], "{holds} open holds");
        // Another one takes the place of the one that was committed.
        open(&world, 1000 + holds..=1000 + holds).await;
        first = holds + 1;
    }
}

#[tokio::test]
async fn a_hundred_holds_that_expire_together_are_settled_by_the_next_change() {
    let world = world().await;
    units(&world, &opening_with_three_lots()).await;
    open(&world, 1..=MAX_OPEN_HOLDS).await;
    world.clock.advance("PT5M").unwrap();
    let charged = units(&world, &command("charge", a_charge("1").action)).await;
    let key = (
        "credits",
        "USER#somebody",
        "ENTRY#api#inference-service#charge",
    );
    let (entry, account) = (item_bytes(&world, key), account_bytes(&world));
    println!(
        "a hundred expire: the entry has {entry} bytes, the account {account}, {charged} units"
    );
    // The entry names each hold and what was moved for it, once; DynamoDB holds 400 KB.
    assert!(entry < 64 * 1024, "{entry} bytes");
    assert!(account < 4 * 1024, "{account} bytes");
    assert_eq!(charged, 95);
    let after = units(&world, &command("next", a_charge("1").action)).await;
    assert_eq!(after, 11, "the twenty that are remembered");
}
