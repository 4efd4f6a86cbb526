//! Keys: the same command is answered as the first time, another command under
//! the same key is not done, and no refusal is given from a guess.

use aws_sdk_dynamodb::types::AttributeValue::S;
use shared::domain::{CreditAccount, EntryKey, Refusal};
use shared::store::CommitError;
use tests::{account, api_key, dump, user, world};

use super::{SOMEBODY, applied, commit, commit_on, opening, refused, replayed};

fn key(text: &str) -> EntryKey {
    text.parse().unwrap()
}

#[tokio::test]
async fn a_callers_or_operators_key_is_good_for_one_request_only() {
    for text in ["api#inference-service#k", "ops#k"] {
        let world = world().await;
        let first = applied(commit(&world, &opening().under(key(text))).await);
        let before = dump(&world.dynamodb.client()).await;
        let other = commit(&world, &opening().request(2).under(key(text))).await;
        assert_eq!(other.unwrap_err(), CommitError::KeyReused, "{text}");
        let guess = CreditAccount::unopened(user(SOMEBODY));
        let other = commit_on(&world, &opening().request(2).under(key(text)), Some(guess)).await;
        assert_eq!(
            other.unwrap_err(),
            CommitError::KeyReused,
            "{text}, guessing"
        );
        assert_eq!(dump(&world.dynamodb.client()).await, before, "{text}");
        let again = replayed(commit(&world, &opening().under(key(text))).await);
        assert_eq!(again, first, "{text}");
    }
}

#[tokio::test]
async fn of_a_business_cause_what_was_reported_first_stands() {
    let world = world().await;
    let cause = key("cause#import:1");
    let first = applied(commit(&world, &opening().under(cause.clone())).await);
    let other_figures = opening().free_used("7").request(2).under(cause);
    assert_eq!(replayed(commit(&world, &other_figures).await), first);
    let guess = CreditAccount::unopened(user(SOMEBODY));
    assert_eq!(
        replayed(commit_on(&world, &other_figures, Some(guess)).await),
        first
    );
}

#[tokio::test]
async fn keys_of_different_spaces_and_clients_are_different_keys() {
    let world = world().await;
    applied(commit(&world, &opening().under(key("api#one#k"))).await);
    for other in ["api#two#k", "ops#k", "cause#k", "api#one#K"] {
        let refusal = refused(commit(&world, &opening().under(key(other))).await);
        assert_eq!(refusal, Refusal::AlreadyOpen, "{other}");
    }
}

#[tokio::test]
async fn a_stale_guess_never_overwrites_and_never_refuses() {
    let world = world().await;
    let first = applied(commit(&world, &opening().under(api_key("k"))).await);
    let before = dump(&world.dynamodb.client()).await;
    let unopened = || Some(CreditAccount::unopened(user(SOMEBODY)));

    // The same key: the first answer, although the guess would allow it anew.
    world.dynamodb.meter().reset();
    let again = commit_on(&world, &opening().under(api_key("k")), unopened()).await;
    assert_eq!(replayed(again), first);
    // Another key: refused, but only after the account was really seen.
    world.dynamodb.meter().reset();
    let other = commit_on(&world, &opening().under(api_key("other")), unopened()).await;
    assert_eq!(refused(other), Refusal::AlreadyOpen);
    let operations = world.dynamodb.meter().snapshot().operations;
    assert!(operations["GetItem"].requests <= 2, "{operations:?}");
    assert_eq!(
        operations["TransactWriteItems"].requests, 1,
        "{operations:?}"
    );
    assert_eq!(dump(&world.dynamodb.client()).await, before);
}

#[tokio::test]
async fn a_guess_that_sees_too_much_is_corrected_as_well() {
    // The process remembers an account that is open; in the table there is none.
    let elsewhere = world().await;
    applied(commit(&elsewhere, &opening().under(api_key("k"))).await);
    let open = account(&elsewhere, SOMEBODY).await.unwrap();
    let world = world().await;
    let entry = applied(commit_on(&world, &opening().under(api_key("k")), Some(open)).await);
    assert_eq!(entry.seq, 1);
}

#[tokio::test]
async fn a_refused_command_leaves_nothing_and_its_key_stays_free() {
    let world = world().await;
    let before = dump(&world.dynamodb.client()).await;
    let impossible = opening().free_used("2000.001").under(api_key("k"));
    let refusal = refused(commit(&world, &impossible).await);
    assert!(
        matches!(refusal, Refusal::ImpossibleOpening(_)),
        "{refusal:?}"
    );
    assert_eq!(dump(&world.dynamodb.client()).await, before);
    applied(commit(&world, &opening().under(api_key("k"))).await);
}

#[tokio::test]
async fn an_entry_alone_is_enough_to_know_that_a_command_was_done() {
    // The account item is gone, as after a careless repair; its ledger is not.
    let world = world().await;
    let first = applied(commit(&world, &opening().under(api_key("k"))).await);
    let request = world.dynamodb.client().delete_item().table_name("credits");
    let request = request.key("pk", S(format!("USER#{SOMEBODY}")));
    let request = request.key("sk", S("ACCOUNT".to_string()));
    request.send().await.unwrap();
    let before = dump(&world.dynamodb.client()).await;
    let again = commit(&world, &opening().under(api_key("k"))).await;
    assert_eq!(replayed(again), first);
    let other = commit(&world, &opening().request(2).under(api_key("k"))).await;
    assert_eq!(other.unwrap_err(), CommitError::KeyReused);
    assert_eq!(dump(&world.dynamodb.client()).await, before);
}
