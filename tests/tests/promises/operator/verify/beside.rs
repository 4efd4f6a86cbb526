//! `creditsctl verify` beside a writer: an account is compared with its ledger at the
//! version that was read, so nothing that is right is ever reported.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use shared::domain::{Action, Command, Digest, Erasable, Timestamp, Usage, UserId};
use shared::host::clock::Deadline;
use shared::store::{CommitAllRequest, CommitRequest, ENTRIES_HELD, Store};
use tests::{api_key, at, credits, user, world};

use super::super::ground::{Ground, LATER};

const BUSY: &str = "busy-user";
/// How often a writer gives way after each charge.
const YIELDS: usize = 8;

fn charge(number: u64) -> Command {
    let mut hash = [0; 32];
    hash[..8].copy_from_slice(&number.to_be_bytes());
    Command {
        key: api_key(&format!("busy-{number}")),
        request_hash: Digest::from_bytes(hash),
        actor: Erasable::new("a test", [7; 16]),
        label: None,
        action: Action::Charge {
            amount: credits("0.001"),
            usage: Usage::default(),
        },
    }
}

/// Charges an account this often at once.
async fn fill(store: &Store, user_id: &UserId, entries: u64, now: Timestamp) {
    let commands: Vec<Command> = (0..entries).map(charge).collect();
    let request = CommitAllRequest {
        user_id,
        commands: &commands,
        account: None,
        now,
        deadline: Deadline::after(Duration::from_secs(120)),
    };
    let committed = store.commit_all(request).await.unwrap();
    assert!(committed.results.iter().all(Result::is_ok));
}

/// Charges an account until it is told to stop; each charge comes so much later than
/// the one before. Returns how many were made.
async fn write(
    store: &Store,
    user_id: &UserId,
    (first, mut now, later): (u64, Timestamp, i64),
    (stop, made): (&AtomicBool, &AtomicU64),
) {
    for number in first.. {
        if stop.load(Ordering::SeqCst) {
            return;
        }
        let command = charge(number);
        let request = CommitRequest {
            user_id,
            command: &command,
            guess: None,
            now,
            deadline: Deadline::after(Duration::from_secs(60)),
        };
        store.commit(request).await.unwrap();
        made.fetch_add(1, Ordering::SeqCst);
        // It shares a thread with the tool, which speaks over a wire.
        for _ in 0..YIELDS {
            tokio::task::yield_now().await;
        }
        now = now.plus_seconds(later);
    }
}

#[tokio::test]
async fn an_account_that_is_charged_while_it_is_verified_has_no_findings() {
    let ground = Ground::seeded().await;
    let (store, busy) = (ground.world.store.clone(), user(BUSY));
    let entries = ENTRIES_HELD as u64 + 50;
    fill(&store, &busy, entries, at("2026-03-01T00:00:00Z")).await;
    let (stop, made) = (AtomicBool::new(false), AtomicU64::new(0));
    let writing = write(
        &store,
        &busy,
        (entries, at("2026-03-02T00:00:00Z"), 1),
        (&stop, &made),
    );
    let verifying = async {
        for words in [&["verify", "--all"][..], &["verify", "--user", BUSY]] {
            let before = made.load(Ordering::SeqCst);
            let said = ground.operator.run(words).await;
            assert_eq!(said.code, 0, "{}", said.text);
            assert!(said.text.starts_with("No findings: "), "{}", said.text);
            let meanwhile = made.load(Ordering::SeqCst) - before;
            assert!(
                meanwhile > 5,
                "only {meanwhile} charges were made meanwhile"
            );
        }
        stop.store(true, Ordering::SeqCst);
    };
    tokio::join!(writing, verifying);
}

/// Each charge is of another month, so each moves a lot among the past credits.
#[tokio::test]
async fn lots_that_end_while_an_account_is_verified_are_no_findings() {
    let world = world().await;
    let (store, busy) = (&world.store, user("monthly-user"));
    let a_month = 31 * 86_400;
    let start = at("2025-12-01T00:00:00Z");
    let (stop, made) = (AtomicBool::new(false), AtomicU64::new(0));
    let writing = write(store, &busy, (0, start, a_month), (&stop, &made));
    let verifying = async {
        for look in 0..12_u64 {
            // Held in memory, or walked along the index.
            let most = if look % 2 == 0 { 1 } else { ENTRIES_HELD };
            let audit = store.audit_account_holding(&busy, most).await.unwrap();
            assert_eq!(audit.findings, [], "look {look}");
        }
        while made.load(Ordering::SeqCst) < 40 {
            tokio::task::yield_now().await;
        }
        let audit = store.audit_account(&busy).await.unwrap();
        assert_eq!(audit.findings, []);
        assert!(audit.past_credits > 20, "{audit:?}");
        stop.store(true, Ordering::SeqCst);
    };
    tokio::join!(writing, verifying);
    let audit = store.audit_account(&busy).await.unwrap();
    assert_eq!((audit.findings, audit.entries), (vec![], made.into_inner()));
}

#[tokio::test]
async fn an_entry_beyond_its_account_is_found_while_the_account_is_charged() {
    let ground = Ground::seeded().await;
    let (store, busy) = (&ground.world.store, user(BUSY));
    fill(store, &busy, 30, at("2026-03-01T00:00:00Z")).await;
    let client = ground.world.dynamodb.client();
    let key = |sk: &str| aws_sdk_dynamodb::types::AttributeValue::S(sk.to_string());
    let from = client.get_item().table_name("credits");
    let from = from.key("pk", key(&format!("USER#{BUSY}")));
    let from = from.key("sk", key("ENTRY#api#inference-service#busy-7"));
    let mut item = from.send().await.unwrap().item.unwrap();
    item.insert("sk".into(), key("ENTRY#ops#forged"));
    let beyond = aws_sdk_dynamodb::types::AttributeValue::N("900000".into());
    item.insert("seq".into(), beyond);
    let put = client.put_item().table_name("credits");
    put.set_item(Some(item)).send().await.unwrap();
    let (stop, made) = (AtomicBool::new(false), AtomicU64::new(0));
    let writing = write(store, &busy, (30, at(LATER), 1), (&stop, &made));
    let verifying = async {
        for most in [1, ENTRIES_HELD] {
            let audit = store.audit_account_holding(&busy, most).await.unwrap();
            let keys: Vec<&str> = audit.findings.iter().map(|it| it.key.as_str()).collect();
            let forged = format!("credits USER#{BUSY}/ENTRY#ops#forged");
            assert!(!keys.is_empty(), "{most}");
            assert!(
                keys.iter().all(|key| *key == forged),
                "{:?}",
                audit.findings
            );
        }
        stop.store(true, Ordering::SeqCst);
    };
    tokio::join!(writing, verifying);
}
