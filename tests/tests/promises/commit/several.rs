//! Several commands in a row: as few transactions as hold them, each command
//! done once whatever breaks, and one that is refused stops no other.

use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use local::World;
use local::dynamodb::Fault;
use shared::domain::{Action, Command, CreditAccount, Digest, Erasable, PastUse, Refusal, Usage};
use shared::host::clock::{Clock, Deadline};
use shared::store::{CommitAllRequest, CommitError, Committed, CommittedAll, Refused};
use tests::{account, at, credits, dump, user, world};

use super::{SOMEBODY, opening, stored};

const TRANSACTION: &str = "TransactWriteItems";

/// A use of one credit, so many minutes after the first. Each has a salt of its
/// own, so two of them never leave the same entry.
fn past_use(number: u32) -> Command {
    static SALT: AtomicU8 = AtomicU8::new(0);
    Command {
        key: format!("ops#past-{number:04}").parse().unwrap(),
        request_hash: Digest::from_bytes([1; 32]),
        actor: Erasable::new("a test", [SALT.fetch_add(1, Ordering::Relaxed); 16]),
        label: None,
        action: Action::PastUse(PastUse {
            at: at("2025-01-01T00:00:00Z").plus_seconds(i64::from(number) * 60),
            amount: credits("1"),
            usage: Usage::default(),
        }),
    }
}

fn past(numbers: std::ops::Range<u32>) -> Vec<Command> {
    numbers.map(past_use).collect()
}

fn open() -> Command {
    opening().under("ops#opening".parse().unwrap())
}

fn charge(amount: &str) -> Command {
    Command {
        key: format!("ops#charge-{amount}").parse().unwrap(),
        action: Action::Charge {
            amount: credits(amount),
            usage: Usage::default(),
        },
        ..past_use(0)
    }
}

async fn commit_on(
    world: &World,
    commands: &[Command],
    account: Option<CreditAccount>,
) -> Result<CommittedAll, CommitError> {
    let request = CommitAllRequest {
        user_id: &user(SOMEBODY),
        commands,
        account,
        now: world.clock.now(),
        deadline: Deadline::after(Duration::from_secs(30)),
    };
    world.store.commit_all(request).await
}

async fn commit(world: &World, commands: &[Command]) -> CommittedAll {
    commit_on(world, commands, None).await.unwrap()
}

/// `+` done now, `=` done before, `x` refused, `?` on record otherwise, `!` too large.
fn signs(committed: &CommittedAll) -> String {
    let sign = |result: &Result<Committed, Refused>| match result {
        Ok(Committed::Applied(_)) => '+',
        Ok(Committed::Replayed(_)) => '=',
        Err(Refused::Rule(_)) => 'x',
        Err(Refused::KeyReused) => '?',
        Err(Refused::TooLarge(_)) => '!',
    };
    committed.results.iter().map(sign).collect()
}

fn transactions(world: &World) -> u64 {
    let operations = world.dynamodb.meter().snapshot().operations;
    operations
        .get(TRANSACTION)
        .map_or(0, |count| count.requests)
}

/// The account is the one that is reported, and its ledger has no gap.
async fn check_whole(world: &World, committed: &CommittedAll) {
    let stands = account(world, SOMEBODY).await.unwrap();
    assert_eq!(stands, committed.account);
    let entries = stored(world).await;
    let entries = entries
        .iter()
        .filter(|key| key.starts_with("ENTRY#"))
        .count();
    assert_eq!(u64::try_from(entries).unwrap(), stands.version);
}

#[tokio::test]
async fn what_fits_is_one_transaction_and_what_does_not_is_a_few() {
    for (number, expected) in [(1, 1), (99, 1), (100, 2), (198, 2), (250, 3)] {
        let world = world().await;
        world.dynamodb.meter().reset();
        let committed = commit(&world, &past(0..number)).await;
        assert_eq!(
            signs(&committed),
            "+".repeat(usize::try_from(number).unwrap())
        );
        assert_eq!(transactions(&world), expected, "{number} commands");
        check_whole(&world, &committed).await;
    }
}

/// A use whose entry has about so many bytes.
fn of_size(number: u32, bytes: usize) -> Command {
    Command {
        actor: Erasable::new(&"a".repeat(bytes), [1; 16]),
        ..past_use(number)
    }
}

#[tokio::test]
async fn what_is_too_long_for_one_transaction_is_a_few() {
    let world = world().await;
    world.dynamodb.meter().reset();
    let commands: Vec<_> = (0..24).map(|number| of_size(number, 300_000)).collect();
    let committed = commit(&world, &commands).await;
    assert_eq!(signs(&committed), "+".repeat(24));
    // DynamoDB takes 4 MB at a time; eleven are 3.3 MB.
    assert_eq!(transactions(&world), 3);
    check_whole(&world, &committed).await;
}

#[tokio::test]
async fn one_that_no_item_can_hold_stops_no_other() {
    let world = world().await;
    let commands = [past_use(0), of_size(1, 500_000), past_use(2)];
    let committed = commit(&world, &commands).await;
    assert_eq!(signs(&committed), "+!+");
    check_whole(&world, &committed).await;
}

#[tokio::test]
async fn each_is_decided_on_what_the_one_before_it_left() {
    let world = world().await;
    let commands = [
        past_use(0),
        open(),
        charge("1000"),
        charge("501"),
        charge("500"),
    ];
    let committed = commit(&world, &commands).await;
    assert_eq!(signs(&committed), "+++x+");
    let Err(Refused::Rule(Refusal::InsufficientCredits { available, .. })) = &committed.results[3]
    else {
        panic!("{:?}", committed.results[3]);
    };
    assert_eq!(*available, credits("500"));
    check_whole(&world, &committed).await;
    let again = commit(&world, &commands).await;
    assert_eq!(signs(&again), "===x=");
}

#[tokio::test]
async fn what_others_have_done_of_it_is_recognised_and_the_rest_is_done() {
    let world = world().await;
    commit(&world, &past(0..3)).await;
    let tables = dump(&world.dynamodb.client()).await;
    assert_eq!(signs(&commit(&world, &past(0..3)).await), "===");
    assert_eq!(dump(&world.dynamodb.client()).await, tables);
    let committed = commit(&world, &past(0..5)).await;
    assert_eq!(signs(&committed), "===++");
    check_whole(&world, &committed).await;

    // The same by somebody who thinks that nothing is there.
    let unopened = CreditAccount::unopened(user(SOMEBODY));
    let committed = commit_on(&world, &past(0..7), Some(unopened))
        .await
        .unwrap();
    assert_eq!(signs(&committed), "=====++");
    check_whole(&world, &committed).await;
}

#[tokio::test]
async fn a_key_that_was_used_for_something_else_is_reported_and_stops_no_other() {
    let world = world().await;
    commit(&world, &past(1..2)).await;
    let mut commands = past(0..3);
    commands[1].request_hash = Digest::from_bytes([2; 32]);
    let committed = commit(&world, &commands).await;
    assert_eq!(signs(&committed), "+?+");
    check_whole(&world, &committed).await;
}

#[tokio::test]
async fn a_key_that_occurs_twice_in_a_batch_is_applied_once() {
    let world = world().await;
    let mut other = past_use(1);
    other.request_hash = Digest::from_bytes([2; 32]);
    let commands = [past_use(0), past_use(1), past_use(1), other, past_use(2)];
    let committed = commit(&world, &commands).await;
    assert_eq!(signs(&committed), "++=?+");
    check_whole(&world, &committed).await;
}

#[tokio::test]
async fn a_refusal_from_a_guess_is_looked_at_again() {
    let world = world().await;
    let opened = commit(&world, &[open()]).await.account;
    commit(&world, &[charge("1500")]).await;
    // By then there is nothing left, but the guess does not know; and the other
    // way round, what is refused was done.
    let commands = [charge("1500"), charge("1")];
    let again = commit_on(&world, &commands, Some(opened.clone())).await;
    assert_eq!(signs(&again.unwrap()), "=x");
    let mut poor = opened.into_state();
    poor.version = 7;
    poor.lots[0].used = credits("2000");
    let poor = CreditAccount::from_state(poor);
    let world = tests::world().await;
    commit(&world, &[open()]).await;
    let committed = commit_on(&world, &[charge("2")], Some(poor)).await.unwrap();
    assert_eq!(signs(&committed), "+");
    check_whole(&world, &committed).await;
}

#[tokio::test(start_paused = true)]
async fn faults_delay_a_row_of_commands_and_nothing_else() {
    for fault in [
        Fault::NotSent,
        Fault::LostReply,
        Fault::ServerErrorAfterApply,
        Fault::ServerError,
        Fault::Throttled,
        Fault::TransactionConflict,
    ] {
        for times in [1, 5] {
            let world = world().await;
            let faults = world.dynamodb.faults();
            (0..times).for_each(|_| faults.push(TRANSACTION, fault));
            let committed = commit(&world, &past(0..150)).await;
            assert_eq!(faults.unused(), 0, "{fault:?} {times} times");
            assert_eq!(
                signs(&committed),
                "+".repeat(150),
                "{fault:?} {times} times"
            );
            check_whole(&world, &committed).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_got_a_failure_asks_again_and_finds_what_was_done() {
    for fault in [Fault::LostReply, Fault::ServerError] {
        let world = world().await;
        let faults = world.dynamodb.faults();
        (0..6).for_each(|_| faults.push(TRANSACTION, fault));
        let failed = commit_on(&world, &past(0..150), None).await.unwrap_err();
        assert!(matches!(failed, CommitError::Store(_)), "{failed:?}");
        let committed = commit(&world, &past(0..150)).await;
        let done = if fault == Fault::LostReply { 99 } else { 0 };
        let expected = ["=".repeat(done), "+".repeat(150 - done)].concat();
        assert_eq!(signs(&committed), expected, "{fault:?}");
        check_whole(&world, &committed).await;
    }
}

#[tokio::test]
async fn an_account_that_moves_meanwhile_is_decided_on_again() {
    let world = world().await;
    commit(&world, &[open()]).await;
    let held = world.dynamodb.faults().hold(TRANSACTION);
    let commands = [charge("100"), charge("200")];
    let slow = commit_on(&world, &commands, None);
    let quick = async {
        assert!(held.reached().await);
        let committed = commit(&world, &[charge("50")]).await;
        held.release();
        committed
    };
    let (slow, quick) = tokio::join!(slow, quick);
    assert_eq!(
        (signs(&slow.unwrap()).as_str(), signs(&quick).as_str()),
        ("++", "+")
    );
    let stands = account(&world, SOMEBODY).await.unwrap();
    assert_eq!(stands.lots[0].used, credits("850"));
    assert_eq!(stands.version, 4);
}

#[tokio::test]
async fn a_row_beside_itself_is_done_once() {
    let world = world().await;
    let commands = past(0..120);
    let both = tokio::join!(
        commit_on(&world, &commands, None),
        commit_on(&world, &commands, None)
    );
    let (one, other) = (both.0.unwrap(), both.1.unwrap());
    assert_eq!(one.results.len() + other.results.len(), 240);
    for committed in [&one, &other] {
        assert!(committed.results.iter().all(Result::is_ok));
    }
    assert_eq!(account(&world, SOMEBODY).await.unwrap().version, 120);
}
