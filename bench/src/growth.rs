//! Measures whether calls get more expensive as tables grow: the same two calls
//! for users with longer ledgers, and among more users.

use dynoxide::actions::put_item::PutItemRequest;
use dynoxide::actions::query::QueryRequest;
use dynoxide::actions::scan::ScanRequest;
use dynoxide::{AttributeValue, Item};
use local::World;

use crate::engine::{Engine, embedded};
use crate::events;
use crate::lambda::{Program, Sandbox};
use crate::report::{Report, Table, exact_ms};
use crate::warm::measure;
use crate::work::{self, Work, app, asked, service, units};

type Failure = Box<dyn std::error::Error>;

/// Measured calls per line.
const CALLS: u32 = 200;

/// Grows a ledger and then the table, in steps up to `most`.
pub(crate) async fn run(
    report: &mut Report,
    engine: &Engine,
    function: impl Fn(&str) -> Program,
    most: u32,
) -> Result<(), Failure> {
    let columns = [
        "what has grown",
        "GET credits p50 ms",
        "p99 ms",
        "requests, reads, writes",
        "charge p50 ms",
        "p99 ms",
        "requests, reads, writes",
    ];
    let mut table = Table::new("Growth", &columns);
    let world = &engine.world;
    for rows in [0, 10_000, most] {
        let user = format!("ledger-of-{rows}");
        charge(world, &user, "opening").await?;
        lengthen(world, &user, rows)?;
        let name = format!("{rows} more rows of the user's ledger");
        let cells = line(report, world, &function, &user, &format!("rows-{rows}")).await?;
        table.row([vec![name], cells].concat());
    }
    let mut there = 0;
    for users in [10, 10_000, most] {
        populate(world, there, users)?;
        there = users;
        let name = format!("{users} more users");
        let cells = line(
            report,
            world,
            &function,
            "pro-user",
            &format!("users-{users}"),
        )
        .await?;
        table.row([vec![name], cells].concat());
    }
    table.note(format!(
        "{CALLS} calls of one sandbox for each; the limiter is off. Times grow with the embedded engine's own tables; \
         requests and units are what DynamoDB bills."
    ));
    report.table(&table);
    Ok(())
}

async fn charge(world: &World, user: &str, key: &str) -> Result<Work, Failure> {
    let path = format!("/api/users/{user}/charges");
    let body = "{\"amount\":\"0.001\"}";
    let request = asked(world, &service(), "POST", &path, (key, body))?;
    Ok(work::of(world, request).await)
}

/// The cells of one line; `keys` is the prefix of its charges' keys.
async fn line(
    report: &mut Report,
    world: &World,
    function: &impl Fn(&str) -> Program,
    user: &str,
    keys: &str,
) -> Result<Vec<String>, Failure> {
    let mut sandbox = Sandbox::start(&function("credits"), None).await?;
    let read = measure(&mut sandbox, CALLS, &|_| events::get_credits(user)).await?;
    let charged = |call| events::charge(user, &format!("{keys}-{call}"), "0.001");
    let written = measure(&mut sandbox, CALLS, &charged).await?;
    sandbox.end().await?;
    report.samples(&format!("growth, {keys}, GET credits"), &read.times);
    report.samples(&format!("growth, {keys}, charge"), &written.times);
    let request = asked(world, &app(user), "GET", "/api/user/credits", ("", ""))?;
    let reads = work::of(world, request).await;
    // Warms the world's function with this account before measuring.
    charge(world, user, &format!("{keys}-first")).await?;
    let writes = charge(world, user, &format!("{keys}-second")).await?;
    let reported = |work: Work| {
        let (reads, writes) = (units(work.half_reads), units(work.half_writes));
        format!("{}, {reads}, {writes}", work.requests)
    };
    Ok(vec![
        exact_ms(read.percentile(50)),
        exact_ms(read.percentile(99)),
        reported(reads),
        exact_ms(written.percentile(50)),
        exact_ms(written.percentile(99)),
        reported(writes),
    ])
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_string())
}

/// Puts copies of the user's one entry before its ledger; no call reads their
/// contents.
fn lengthen(world: &World, user: &str, rows: u32) -> Result<(), Failure> {
    let entry = one_entry(world, user)?;
    let mut items = (0..rows).map(|row| {
        let mut item = entry.clone();
        item.insert("sk".to_string(), text(&format!("ENTRY#api#bench#{row}")));
        // Long ago, so that they sort before the real entries.
        let at_seq = format!("2001-01-01T00:00:00Z#{row:012}");
        item.insert("at_seq".to_string(), text(&at_seq));
        item
    });
    put_all(world, "the ledger grows", rows, &mut items)
}

fn one_entry(world: &World, user: &str) -> Result<Item, Failure> {
    let values = [
        (":pk", format!("USER#{user}")),
        (":sk", "ENTRY#".to_string()),
    ];
    let values = values.map(|(name, value)| (name.to_string(), text(&value)));
    let request = QueryRequest {
        table_name: "credits".to_string(),
        key_condition_expression: Some("pk = :pk AND begins_with(sk, :sk)".to_string()),
        expression_attribute_values: Some(values.into_iter().collect()),
        ..QueryRequest::default()
    };
    let page = embedded(world)?.query(request)?;
    let entry = page.items.and_then(|items| items.into_iter().next());
    Ok(entry.ok_or("the user has no entry")?)
}

/// Puts copies of an account under new users.
fn populate(world: &World, from: u32, to: u32) -> Result<(), Failure> {
    let request = ScanRequest {
        table_name: "credits".to_string(),
        ..ScanRequest::default()
    };
    let page = embedded(world)?.scan(request)?;
    let mut items = page.items.unwrap_or_default().into_iter();
    let is_account = |item: &Item| item.get("sk") == Some(&text("ACCOUNT"));
    let account = items.find(is_account).ok_or("there is no account")?;
    let mut items = (from..to).map(|number| {
        let mut item = account.clone();
        item.insert(
            "pk".to_string(),
            text(&format!("USER#one-of-many-{number}")),
        );
        item
    });
    put_all(
        world,
        "the table grows",
        to.saturating_sub(from),
        &mut items,
    )
}

fn put_all(
    world: &World,
    what: &str,
    count: u32,
    items: &mut dyn Iterator<Item = Item>,
) -> Result<(), Failure> {
    for (number, item) in (1..).zip(items) {
        embedded(world)?.put_item(PutItemRequest {
            table_name: "credits".to_string(),
            item,
            ..PutItemRequest::default()
        })?;
        if number % 100_000 == 0 {
            eprintln!("bench: {what}: {number} of {count}");
        }
    }
    Ok(())
}
