//! The credit engine over real HTTP, as the inference service and its users
//! meet it. What only an operator or a webhook may do is committed through the
//! store, as they will do it.

mod bad_input;
mod balances;
mod contention;
mod history;
mod months;
mod rated;
mod refused;
mod renewal;
mod story;
mod streams;
mod usage;

use std::time::Duration;

use local::World;
use serde_json::Value;
use shared::domain::{
    AccountPlan, Action, Adjustment, Command, CreditAccount, Credits, Digest, Entry, EntryKey,
    Erasable, Grant, LotKind, LotTerms, ResetDay,
};
use shared::host::clock::{Clock, Deadline};
use shared::store::{CommitRequest, Committed};
use tests::{Answer, at, credits, dump, user};

/// Commits a command of an operator, a webhook or the seeds.
pub(crate) async fn commit(world: &World, id: &str, command: &Command) -> Entry {
    let committed = world
        .store
        .commit(CommitRequest {
            user_id: &user(id),
            command,
            guess: None,
            now: world.clock.now(),
            deadline: Deadline::after(Duration::from_secs(30)),
        })
        .await;
    match committed.unwrap() {
        Committed::Applied(decision) => decision.entry,
        Committed::Replayed(entry) => panic!("done before: {entry:?}"),
    }
}

/// The same under a business cause.
pub(crate) async fn act(world: &World, id: &str, cause: &str, action: Action) -> Entry {
    let command = Command {
        key: format!("cause#{cause}").parse().unwrap(),
        request_hash: Digest::from_bytes([9; 32]),
        actor: Erasable::new("a test", [9; 16]),
        label: None,
        action,
    };
    commit(world, id, &command).await
}

/// What a webhook will do after a payment.
pub(crate) async fn buy(world: &World, id: &str, lot: &str, amount: &str, expires: Option<&str>) {
    let terms = LotTerms {
        id: lot.parse().unwrap(),
        kind: LotKind::Purchase,
        starts_at: world.clock.now(),
        expires_at: expires.map(at),
        monthly_allocation: Credits::ZERO,
        reset_day_of_month: ResetDay::FIRST,
        rollover: None,
    };
    let grant = Grant {
        terms,
        amount: credits(amount),
        clawed_back: Credits::ZERO,
    };
    let action = Action::Grant {
        lots: vec![grant],
        schedules: Vec::new(),
    };
    act(world, id, lot, action).await;
}

/// What a webhook will do when a subscription begins or is renewed.
pub(crate) async fn subscribe(world: &World, id: &str, cause: &str, plan: AccountPlan) {
    let action = Action::SetPlan {
        subscription_id: plan.subscription_id.clone(),
        plan: Some(plan),
    };
    act(world, id, cause, action).await;
}

/// What an operator does to a user who must not spend.
pub(crate) async fn deactivate(world: &World, id: &str) {
    let action = Action::Adjust(Adjustment::Active(false));
    act(world, id, "deactivate", action).await;
}

/// All entries of a user, in the order they were written.
pub(crate) async fn ledger(world: &World, id: &str) -> Vec<Entry> {
    let tables = dump(&world.dynamodb.client()).await;
    let mut entries = Vec::new();
    for key in tables.keys_under(&format!("credits USER#{id}/ENTRY#")) {
        let key: EntryKey = key.parse().unwrap();
        let entry = world.store.load_entry(&user(id), &key).await;
        entries.push(entry.unwrap().unwrap());
    }
    entries.sort_by_key(|entry| entry.seq);
    entries
}

/// The ledger is whole: numbered without a gap, each entry authentic and
/// chained to the one before, and their fold is the account.
pub(crate) async fn check_ledger(world: &World, id: &str) -> Vec<Entry> {
    let entries = ledger(world, id).await;
    let mut folded = CreditAccount::unopened(user(id));
    for entry in &entries {
        assert_eq!(entry.seq, folded.version + 1, "a gap or a fork");
        assert_eq!(entry.previous_hash, folded.head_hash, "{}", entry.key);
        assert!(entry.is_authentic(), "{}", entry.key);
        for posting in &entry.postings {
            folded.apply(posting).unwrap();
        }
        folded.record(entry.seq, entry.at, entry.hash);
    }
    assert_eq!(tests::account(world, id).await.unwrap(), folded);
    entries
}

/// The answer's body, if its status is as expected.
#[track_caller]
pub(crate) fn body(answer: &Answer, status: u16) -> Value {
    assert_eq!(answer.status, status, "{}", answer.text);
    answer.json()
}
