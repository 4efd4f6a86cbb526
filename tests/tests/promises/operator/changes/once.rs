//! Once under each key: in a repeated line, between two operators, after a lost reply.

use std::time::Duration;

use local::dynamodb::Fault;
use shared::domain::{Action, Adjustment, Command, Digest, Erasable};
use shared::host::clock::Deadline;
use shared::store::{CommitError, CommitRequest, Committed};
use tests::{Operator, at, dump, user, world};

use super::super::ground::{Ground, LATER};
use super::{END, USER, WHY};

#[tokio::test]
async fn the_same_line_gives_once_and_says_when_and_by_whom_it_was_done() {
    let ground = Ground::seeded().await;
    let words = [&["grant", USER, "50"][..], &END].concat();
    ground.does(&words).await;
    // Another operator types the same, without a name of their own.
    let others = [&words[..], &["--reason", "ticket 512", "--actor", "bob"]].concat();
    let said = ground.leaves_all(&others, 0).await;
    for part in [
        "free-user: already done, grant of 50 at 2026-03-20T08:00:00Z by ada (ticket 512) under key ops#grant-",
        "; pass another --key to do it again",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
    // Also once its end has come, when it could no longer be given.
    let (url, _stop) = crate::wire::expose(&ground.world).await;
    let later = Operator::at(&url, "2026-06-01T00:00:00Z");
    let said = later.run(&[&words[..], &WHY].concat()).await;
    assert_eq!(said.code, 0, "{}", said.text);
    assert!(said.text.contains("already done"), "{}", said.text);
    // Another reason or key is another grant.
    let reason = ["--reason", "ticket 513"];
    ground.says(&[&words[..], &reason].concat(), 0).await;
    let key = ["--key", "again"];
    ground.does(&[&words[..], &key].concat()).await;
    assert_eq!(ground.has(USER).await, 2_150);
}

#[tokio::test]
async fn a_key_of_another_command_is_refused() {
    let ground = Ground::seeded().await;
    let key = ["--key", "k"];
    ground
        .does(&[&["grant", USER, "50"][..], &END, &key].concat())
        .await;
    for words in [
        &["grant", USER, "51"][..],
        &["adjust", USER, "--take", "50"],
        &["adjust", USER, "--give", "50"],
        &["user", "deactivate", USER],
        &["user", "allocation", USER, "--credits", "1"],
        &["hold", "release", USER, "inference-service#x"],
    ] {
        let end = if words[0] == "grant" { &END[..] } else { &[] };
        let words = [words, end, &key, &WHY].concat();
        assert_eq!(ground.leaves_all(&words, 2).await, "", "{words:?}");
    }
    // Of another user it is another key.
    ground
        .does(&[&["grant", "pro-user", "50"][..], &END, &key].concat())
        .await;
}

#[tokio::test]
async fn two_operators_who_grant_under_one_key_at_once_grant_once() {
    let ground = Ground::seeded().await;
    for number in 0..10 {
        let key = format!("race-{number}");
        let (url, _stop) = crate::wire::expose(&ground.world).await;
        let words = [&["grant", USER, "10", "--key", &key, "--json"][..], &END].concat();
        let [ada, bob] = ["ada", "bob"].map(|name| {
            let who = ["--reason", name, "--actor", name];
            let words = [&words[..], &who].concat();
            let operator = Operator::at(&url, LATER);
            async move { Box::pin(operator.run(&words)).await }
        });
        let (one, other) = tokio::join!(ada, bob);
        let mut status = Vec::new();
        for said in [one, other] {
            assert_eq!(said.code, 0, "{}", said.text);
            let line = said.json()[0]["change"]["status"].clone();
            status.push(line.as_str().unwrap().to_string());
        }
        status.sort();
        assert_eq!(status, ["made", "made_before"], "race {number}");
    }
    assert_eq!(ground.has(USER).await, 2_100);
    ground.says(&["verify", "--all"], 0).await;
}

#[tokio::test]
async fn a_setting_that_was_undone_since_is_not_taken_for_done() {
    let ground = Ground::seeded().await;
    let key = ["--key", "block"];
    let block = [&["user", "deactivate", USER][..], &key].concat();
    ground.does(&block).await;
    ground.does(&["user", "activate", USER]).await;
    let said = ground.leaves_all(&[&block[..], &WHY].concat(), 3).await;
    assert!(said.contains("already done"), "{said}");
    assert!(said.contains("But free-user is active again."), "{said}");
    let terms = ["user", "allocation", USER, "--credits"];
    let more = [&terms[..], &["9", "--key", "terms"]].concat();
    ground.does(&more).await;
    ground.does(&[&terms[..], &["8"]].concat()).await;
    let said = ground.leaves_all(&[&more[..], &WHY].concat(), 3).await;
    let line = "But free-user has other terms now: 8 free credits a month, on day 1.";
    assert!(said.contains(line), "{said}");
}

fn deactivation() -> Command {
    Command {
        key: "ops#block".parse().unwrap(),
        request_hash: Digest::from_bytes([3; 32]),
        actor: Erasable::new("ada", [1; 16]),
        label: Some(Erasable::new("ticket 512", [2; 16])),
        action: Action::Adjust(Adjustment::Active(false)),
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_breaks_account_and_profile_change_together_and_once() {
    for fault in [
        Fault::NotSent,
        Fault::LostReply,
        Fault::ServerErrorAfterApply,
        Fault::ServerError,
        Fault::Throttled,
        Fault::TransactionConflict,
    ] {
        let world = world().await;
        world.dynamodb.faults().push("TransactWriteItems", fault);
        let (user_id, command) = (user(USER), deactivation());
        let request = |command| CommitRequest {
            user_id: &user_id,
            command,
            guess: None,
            now: at(LATER),
            deadline: Deadline::after(Duration::from_secs(20)),
        };
        let store = &world.store;
        let first = store.commit_with_status(request(&command), false).await;
        assert!(matches!(first, Ok(Committed::Applied(_))), "{fault:?}");
        let after = dump(&world.dynamodb.client()).await;
        let again = store.commit_with_status(request(&command), false).await;
        assert!(matches!(again, Ok(Committed::Replayed(_))), "{fault:?}");
        let other = Command {
            request_hash: Digest::from_bytes([4; 32]),
            ..deactivation()
        };
        let other = store.commit_with_status(request(&other), false).await;
        assert!(matches!(other, Err(CommitError::KeyReused)), "{fault:?}");
        assert_eq!(dump(&world.dynamodb.client()).await, after);
        let person = store.load_person(&user_id).await.unwrap();
        assert!(!person.user.unwrap().active, "{fault:?}");
        let account = tests::account(&world, USER).await.unwrap();
        assert_eq!((account.active, account.version), (false, 2), "{fault:?}");
    }
}
