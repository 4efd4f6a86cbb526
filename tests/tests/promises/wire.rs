//! The tables over the DynamoDB wire protocol: what a function's own client or
//! an operator's tool sees there is what the world itself works on.

use ::seeds::{Finding, apply};
use clap::Parser;
use local::World;
use shared::domain::Credits;
use shared::host::clock::Clock;
use shared::host::environment::Variables;
use shared::store::{Connection, Consistency, Store, Table, TableNames};
use terminal::ConnectionArgs;
use tests::{account, dump, user, world};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// The tables' address, and what ends the serving when it is dropped.
pub(crate) async fn expose(world: &World) -> (String, oneshot::Sender<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (stop, stopped) = oneshot::channel::<()>();
    let database = world.dynamodb.database().unwrap().clone();
    tokio::spawn(local::dynamodb::serve(listener, database, async {
        // A dropped sender ends it as well.
        let _ = stopped.await;
    }));
    (url, stop)
}

/// A store as a function builds it on Lambda, from variables alone.
fn store_of_a_function(url: &str, entropy: shared::host::entropy::SharedEntropy) -> Store {
    let variables: Variables = [
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "anybody"),
        ("AWS_SECRET_ACCESS_KEY", "anything"),
        ("AWS_ENDPOINT_URL_DYNAMODB", url),
        ("CREDITS_TABLE", "credits"),
    ]
    .map(|(name, value)| (name.to_string(), value.to_string()))
    .into_iter()
    .collect();
    let tables = TableNames::read(&variables, &[Table::Credits]).unwrap();
    let client = Connection::read(&variables).unwrap().client();
    Store::new(client, tables, entropy)
}

#[tokio::test]
async fn a_functions_own_client_reads_and_counts_over_plain_http() {
    let world = world().await;
    let (url, _stop) = expose(&world).await;
    let store = store_of_a_function(&url, world.entropy.clone());
    store.warm_up(&[Table::Credits]).await;
    let seen = store
        .load_account(&user("pro-user"), Consistency::Strong)
        .await;
    assert_eq!(seen.unwrap(), account(&world, "pro-user").await.unwrap());
    let count = store
        .count_points(&user("pro-user"), "credits", 1, world.clock.now())
        .await;
    assert_eq!(count.unwrap().points, 1);
    let tables = dump(&world.dynamodb.client()).await;
    assert_eq!(tables.keys_under("credits RATE#").len(), 1);
}

#[tokio::test]
async fn a_command_commits_over_the_wire_as_it_does_inside() {
    let world = world().await;
    let (url, _stop) = expose(&world).await;
    let outside = World {
        store: store_of_a_function(&url, world.entropy.clone()),
        ..world.clone()
    };
    let command = || crate::commit::opening().under(tests::api_key("k"));
    let entry = crate::commit::applied(crate::commit::commit(&outside, &command()).await);
    let inside = crate::commit::commit(&world, &command()).await;
    assert_eq!(crate::commit::replayed(inside), entry);
    let other = crate::commit::opening().under(tests::api_key("other"));
    let refused = crate::commit::refused(crate::commit::commit(&outside, &other).await);
    assert_eq!(refused, shared::domain::Refusal::AlreadyOpen);
    assert_eq!(
        entry.balance_after.free_available,
        Credits::from_whole(1500).unwrap()
    );
}

#[derive(Parser)]
struct Operator {
    #[command(flatten)]
    connection: ConnectionArgs,
}

#[tokio::test]
async fn an_operators_seeds_find_the_tables_of_the_local_world() {
    let world = world().await;
    let (url, _stop) = expose(&world).await;
    let before = dump(&world.dynamodb.client()).await;
    let flags = ["seeds", "--endpoint-url", &url, "--region", "local"];
    let operator = Operator::try_parse_from(flags).unwrap();
    let store = operator
        .connection
        .connect(world.entropy.clone())
        .await
        .unwrap();
    let report = apply(
        &store,
        &world.seeds,
        world.clock.now(),
        world.entropy.as_ref(),
    )
    .await;
    let report = report.unwrap();
    assert!(
        report
            .lines
            .iter()
            .all(|line| line.finding == Finding::Unchanged),
        "{report}"
    );
    assert_eq!(dump(&world.dynamodb.client()).await, before);
}

#[tokio::test]
async fn tables_that_are_gone_are_reported_as_not_available() {
    let world = world().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let store = store_of_a_function(&url, world.entropy.clone());
    let failed = store
        .load_account(&user("pro-user"), Consistency::Eventual)
        .await;
    assert!(failed.unwrap_err().retryable());
}
