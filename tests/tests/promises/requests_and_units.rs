//! What every route and every commit costs on DynamoDB, in requests and units.
//! The tables below are the promise; whoever makes a route dearer changes them
//! here, where it is seen. What a role must allow is taken from the same rows.

mod batches;
mod long_past;
mod newcomers;
mod notify;
mod open_holds;
mod price_list;
mod rows;
mod selling;
mod starts;
mod token;
mod unsubscribing;
mod watched;
mod watching;
mod webhook;

use std::collections::BTreeMap;

use local::dynamodb::MeterSnapshot;
use local::{World, WorldOptions};
use shared::domain::{Command, LotKind, Timestamp};
use shared::host::clock::{Clock, Deadline};
use shared::store::{CommitError, CommitRequest, Committed, Consistency};
use tests::{NOW, Opening, Served, api_key, frozen, unheard_world, user, world};

pub(crate) use long_past::import_ledger;
use watched::{AccessesByFunction, Asked, measured, promised, watch};

/// Requests, read units in halves, write units in halves, of one operation.
type Cost = (&'static str, u64, u64, u64);

const READ: Cost = ("GetItem", 1, 1, 0);
const STRONG_READ: Cost = ("GetItem", 1, 2, 0);
const STRONG_READS: Cost = ("GetItem", 2, 4, 0);
const COUNT: Cost = ("UpdateItem", 1, 0, 2);
/// The entry (2), its index row (1) and the account (2), each of at most 1 KB:
/// a transaction pays twice for each of its items.
const COMMIT: Cost = ("TransactWriteItems", 1, 0, 10);

/// One row: a route, what is asked of it, the answer and what that costs.
struct Row {
    route: &'static str,
    outcome: &'static str,
    limit: &'static str,
    status: u16,
    costs: &'static [Cost],
}

const GET_CREDITS: &str = "GET /api/user/credits";

const ROWS: [Row; 5] = [
    Row {
        route: GET_CREDITS,
        outcome: "full",
        limit: "60",
        status: 200,
        costs: &[READ, COUNT],
    },
    Row {
        route: GET_CREDITS,
        outcome: "unchanged",
        limit: "60",
        status: 304,
        costs: &[READ, COUNT],
    },
    Row {
        route: GET_CREDITS,
        outcome: "full",
        limit: "0",
        status: 200,
        costs: &[READ],
    },
    Row {
        route: GET_CREDITS,
        outcome: "too often",
        limit: "1",
        status: 429,
        costs: &[READ, COUNT],
    },
    Row {
        route: GET_CREDITS,
        outcome: "no scope",
        limit: "60",
        status: 403,
        costs: &[],
    },
];

/// The routes whose price is settled here.
pub(crate) fn measured_routes() -> Vec<String> {
    let own = ROWS.iter().map(|row| row.route.to_string());
    own.chain(long_past::price_list().map(|row| row.route()))
        .chain([webhook::ROUTE.to_string(), token::ROUTE.to_string()])
        .chain(billing::ROUTES.iter().map(|route| route.to_string()))
        .chain(unsubscribing::ROUTES.map(str::to_string))
        .collect()
}

#[track_caller]
fn check(what: &str, costs: &MeterSnapshot, expected: &[Cost]) {
    let expected: Vec<_> = expected.iter().map(promised).collect();
    assert_eq!(measured(costs), expected, "{what}");
}

async fn served_with_limit(limit: &str) -> Served {
    let name = "RATE_LIMIT_CREDITS_PER_MINUTE".to_string();
    Served::start_with(WorldOptions {
        variables: BTreeMap::from([(name, limit.to_string())]),
        ..frozen()
    })
    .await
}

/// Asks for `user`'s credits so that the row's outcome comes about, watching
/// the last call alone.
async fn measure(served: &Served, row: &Row, user: &str) -> Asked {
    let scope = if row.outcome == "no scope" {
        "user.info"
    } else {
        "credits.read"
    };
    let token = served.token(user, scope).await;
    let first = served.credits_with(&token, &[]).await;
    let tag = first.headers.get("etag").cloned().unwrap_or_default();
    let header = [("if-none-match", tag.as_str())];
    let headers = if row.outcome == "unchanged" {
        &header[..]
    } else {
        &[]
    };
    if row.outcome != "too often" {
        served.advance("PT1M").await;
    }
    let watched = watch(&served.world);
    let answer = served.credits_with(&token, headers).await;
    assert_eq!(answer.status, row.status, "{} {}", row.route, row.outcome);
    match row.outcome {
        // What the gateway refuses never reaches a function, and leaves no line.
        "no scope" => watched.end(),
        outcome => watched.end_of_request(outcome),
    }
}

#[tokio::test]
async fn every_answer_of_a_route_costs_what_the_table_says() {
    check_own_rows().await;
}

async fn check_own_rows() -> AccessesByFunction {
    let mut accesses = AccessesByFunction::default();
    for row in &ROWS {
        assert_eq!(row.route, GET_CREDITS, "say here how to call {}", row.route);
        let served = served_with_limit(row.limit).await;
        for user in ["free-user", "pro-user", "a-stranger"] {
            let what = format!(
                "{} for {user}: {}, limit {}",
                row.route, row.outcome, row.limit
            );
            let asked = measure(&served, row, user).await;
            check(&what, &asked.costs, row.costs);
            accesses.add(&served.world, row.route, asked.accesses);
        }
    }
    accesses
}

/// What each function asks of the tables in all rows, whose costs are held
/// while they are played.
pub(crate) async fn all_accesses() -> AccessesByFunction {
    let mut accesses = check_own_rows().await;
    accesses.extend(long_past::check_all(&world().await, "no past").await);
    accesses.extend(webhook::check_turned_away(&world().await).await);
    accesses.extend(webhook::check_moved_end(&world().await).await);
    accesses.extend(starts::check_all(&world().await).await);
    accesses.extend(token::check_all().await);
    accesses.extend(newcomers::check_all(&world().await).await);
    accesses.extend(selling::check_all(&unheard_world().await).await);
    accesses.extend(notify::check_all().await);
    accesses.extend(watching::check_all().await);
    accesses.extend(unsubscribing::check_all(&world().await).await);
    accesses
}

fn opening(key: &str, request: u8) -> Command {
    let opening = Opening::as_of(NOW).free_used("500").request(request);
    opening.under(api_key(key))
}

/// The lots of a subscriber who also bought a pack, with ids as long as
/// Stripe's and amounts that are not whole.
fn opening_with_three_lots() -> Command {
    let subscription = concat!(
        "sub:in_",
        "123456789012345678901234567",
        ":il_",
        "123456789012345678901234567"
    );
    let expires_at = Some("2025-12-09T00:00:00Z");
    Opening::as_of(NOW)
        .free_used("499.875")
        .lot(
            subscription,
            LotKind::Subscription,
            ("10000", "1234.567"),
            expires_at,
        )
        .lot(
            "buy:pi_123456789012345678901234567",
            LotKind::Purchase,
            ("10000", "4999.001"),
            None,
        )
        .under(api_key("k"))
}

async fn commit(
    world: &World,
    id: &str,
    command: &Command,
) -> (Result<Committed, CommitError>, MeterSnapshot) {
    world.dynamodb.meter().reset();
    let now: Timestamp = world.clock.now();
    let committed = world
        .store
        .commit(CommitRequest {
            user_id: &user(id),
            command,
            guess: None,
            now,
            deadline: Deadline::after(std::time::Duration::from_secs(10)),
        })
        .await;
    (committed, world.dynamodb.meter().snapshot())
}

#[tokio::test]
async fn an_opening_costs_one_strong_read_and_one_transaction_of_five_units() {
    let world = world().await;
    let (committed, measured) = commit(&world, "somebody", &opening("k", 1)).await;
    assert!(
        matches!(committed, Ok(Committed::Applied(_))),
        "{committed:?}"
    );
    check("applied", &measured, &[STRONG_READ, COMMIT]);

    let (committed, measured) = commit(&world, "somebody", &opening("k", 1)).await;
    assert!(
        matches!(committed, Ok(Committed::Replayed(_))),
        "{committed:?}"
    );
    check("replayed", &measured, &[STRONG_READS]);

    let (refused, measured) = commit(&world, "somebody", &opening("k", 2)).await;
    assert_eq!(refused.unwrap_err(), CommitError::KeyReused);
    check("key reused", &measured, &[STRONG_READS]);

    let (refused, measured) = commit(&world, "somebody", &opening("other", 1)).await;
    assert!(
        matches!(refused, Err(CommitError::Refused(_))),
        "{refused:?}"
    );
    // The second read finds no entry; nothing found costs one unit as well.
    check("refused", &measured, &[STRONG_READS]);
}

#[tokio::test]
async fn a_read_by_the_store_costs_half_a_unit_or_a_whole_one() {
    let world = world().await;
    for (consistency, cost) in [
        (Consistency::Eventual, READ),
        (Consistency::Strong, STRONG_READ),
    ] {
        world.dynamodb.meter().reset();
        let account = world
            .store
            .load_account(&user("pro-user"), consistency)
            .await;
        assert_eq!(account.unwrap().version, 1);
        check("a read", &world.dynamodb.meter().snapshot(), &[cost]);
    }
}

/// What an item weighs by DynamoDB's rules.
fn item_bytes(world: &World, (table, pk, sk): (&str, &str, &str)) -> usize {
    let key = serde_json::json!({"pk": {"S": pk}, "sk": {"S": sk}});
    let request = serde_json::json!({"TableName": table, "Key": key});
    let answer = world
        .dynamodb
        .database()
        .unwrap()
        .get_item(serde_json::from_value(request).unwrap());
    let item = answer.unwrap().item;
    let item = item.unwrap_or_else(|| panic!("there is no {table} {pk}/{sk}"));
    item.iter()
        .map(|(name, value)| name.len() + value.size())
        .sum()
}

#[tokio::test]
async fn an_account_of_three_lots_fits_the_kilobyte_that_one_unit_pays_for() {
    let world = world().await;
    let (committed, measured) = commit(&world, "somebody", &opening_with_three_lots()).await;
    assert_eq!(committed.unwrap().entry().seq, 1);
    let bytes = |sk| item_bytes(&world, ("credits", "USER#somebody", sk));
    let account = bytes("ACCOUNT");
    let entry = bytes("ENTRY#api#inference-service#k");
    println!("three lots: the account has {account} bytes, the entry that opened it {entry}");
    assert!(account <= 1024, "{account} bytes");
    // Opening writes every amount of every lot at once, so its entry alone is
    // larger than the rest: two units more, once in an account's life.
    assert!((1025..=2048).contains(&entry), "{entry} bytes");
    let larger = ("TransactWriteItems", 1, 0, 14);
    check(
        "an opening with three lots",
        &measured,
        &[STRONG_READ, larger],
    );
}
