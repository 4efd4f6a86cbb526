//! The guard of a hold: it reports in the background, is committed once, and leaves no hold behind.

use dedicated_api_client::{
    Error, ErrorCode, Freshness, HoldGuard, HoldStatus, HoldTerms, ServiceClient, Spending,
};
use shared::domain::{Entry, EntryKind};
use tests::Served;

use super::relay::{Fate, Relay};
use super::{amount, hasty, patient, service_client};
use crate::journeys::engine::check_ledger;

const USER: &str = "streamer";

struct Ground {
    served: Served,
    relay: Relay,
    service: ServiceClient,
}

impl Ground {
    async fn new() -> Self {
        let served = Served::start().await;
        let relay = Relay::before(&served).await;
        let service = service_client(&served, &relay, patient());
        Ground {
            served,
            relay,
            service,
        }
    }

    async fn hold(&self) -> HoldGuard {
        let terms = HoldTerms::of(amount("100"));
        self.service.hold(USER, &terms).await.unwrap()
    }

    /// What is held once nothing is under way any more.
    async fn held(&self) -> i64 {
        self.service.idle().await;
        self.service.credits(USER).await.unwrap().held
    }

    async fn entries(&self, kind: EntryKind) -> Vec<Entry> {
        let mut entries = check_ledger(&self.served.world, USER).await;
        entries.retain(|entry| entry.kind == kind);
        entries
    }
}

fn spending(text: &str) -> Spending {
    Spending::of(amount(text))
}

#[tokio::test]
async fn a_commit_after_a_lost_reply_has_the_same_answer() {
    let ground = Ground::new().await;
    let mut hold = ground.hold().await;
    assert_eq!(hold.opened().status, HoldStatus::Open);
    assert_eq!(hold.opened().hold_id, hold.id());
    ground.relay.next([Fate::CutAfter, Fate::CutInAnswer]);
    let committed = hold.commit(&spending("61.5")).await.unwrap();
    assert_eq!(committed.status, HoldStatus::Committed);
    assert_eq!(
        (committed.amount, committed.balance.held),
        (amount("61.5"), 0)
    );
    assert_eq!(hold.commit(&spending("61.5")).await.unwrap(), committed);
    drop(hold);
    assert_eq!(ground.held().await, 0);
    assert_eq!(ground.entries(EntryKind::Commit).await.len(), 1);
    assert!(ground.entries(EntryKind::Release).await.is_empty());
}

#[tokio::test]
async fn reports_go_out_in_the_background_and_the_newest_arrives() {
    let ground = Ground::new().await;
    let mut hold = ground.hold().await;
    ground.relay.next([Fate::CutAfter]);
    for number in 1..=20 {
        hold.report(spending(&number.to_string()));
    }
    ground.service.idle().await;
    assert!(hold.report_error().is_none());
    let reports = ground.entries(EntryKind::Report).await;
    let last = reports.last().unwrap();
    assert_eq!(last.outcome.amount.to_string(), "20");
    assert!(reports.len() <= 2, "those in between were passed over");
    // A refused report changes nothing but says why.
    hold.report(spending("999999999"));
    ground.service.idle().await;
    if let Some(error) = hold.report_error() {
        assert_eq!(error.kind.code(), Some(&ErrorCode::ValidationFailed));
    }
    hold.commit(&spending("20")).await.unwrap();
}

#[tokio::test]
async fn a_hold_that_is_dropped_is_released() {
    let ground = Ground::new().await;
    let hold = ground.hold().await;
    assert_eq!(ground.held().await, 100);
    // Even if the first attempts are lost.
    ground.relay.next([Fate::CutBefore, Fate::CutAfter]);
    drop(hold);
    assert_eq!(ground.held().await, 0);
    assert_eq!(ground.entries(EntryKind::Release).await.len(), 1);
}

#[tokio::test]
async fn a_hold_is_released_by_an_error_a_panic_and_a_thread_without_a_runtime() {
    let ground = Ground::new().await;
    async fn fails(ground: &Ground) -> Result<(), Error> {
        let _hold = ground.hold().await;
        ground.service.credits("a/b").await?;
        Ok(())
    }
    assert!(fails(&ground).await.is_err());
    assert_eq!(ground.held().await, 0);

    let hold = ground.hold().await;
    let panicked = tokio::spawn(async move {
        let _hold = hold;
        panic!("the model failed");
    });
    assert!(panicked.await.is_err());
    assert_eq!(ground.held().await, 0);

    let hold = ground.hold().await;
    std::thread::spawn(move || drop(hold)).join().unwrap();
    assert_eq!(ground.held().await, 0);
    assert_eq!(ground.entries(EntryKind::Release).await.len(), 3);
}

#[tokio::test]
async fn a_caller_who_gives_up_leaves_no_hold_behind() {
    let ground = Ground::new().await;
    let terms = HoldTerms::of(amount("100"));
    {
        let opening = ground.service.hold(USER, &terms);
        tokio::pin!(opening);
        tokio::select! {
            biased;
            _ = &mut opening => panic!("it cannot be open yet"),
            () = tokio::task::yield_now() => {}
        }
    }
    assert_eq!(ground.held().await, 0);
    assert_eq!(ground.entries(EntryKind::Hold).await.len(), 1);
    assert_eq!(ground.entries(EntryKind::Release).await.len(), 1);
}

#[tokio::test]
async fn a_commit_goes_on_when_its_caller_gives_up() {
    let ground = Ground::new().await;
    let mut hold = ground.hold().await;
    let spent = spending("60");
    {
        let committing = hold.commit(&spent);
        tokio::pin!(committing);
        tokio::select! {
            biased;
            _ = &mut committing => panic!("it cannot be committed yet"),
            () = tokio::task::yield_now() => {}
        }
    }
    drop(hold);
    assert_eq!(ground.held().await, 0);
    assert_eq!(ground.entries(EntryKind::Commit).await.len(), 1);
    assert!(ground.entries(EntryKind::Release).await.is_empty());
}

#[tokio::test]
async fn a_hold_whose_commit_may_have_been_carried_out_is_never_released() {
    let ground = Ground::new().await;
    let service = service_client(&ground.served, &ground.relay, hasty());
    let terms = HoldTerms::of(amount("100"));
    // Hasty as it is, it may need several calls on a busy machine.
    let mut hold = loop {
        if let Ok(hold) = service.hold(USER, &terms).await {
            break hold;
        }
    };
    service.idle().await;
    ground.relay.always(Fate::CutAfter);
    let error = hold.commit(&spending("60")).await.unwrap_err();
    assert!(error.outcome_is_unknown, "{error}");
    ground.relay.next([]);
    let key = error.idempotency_key.unwrap();
    let id = hold.id().to_string();
    drop(hold);
    service.idle().await;
    assert!(
        ground
            .entries(EntryKind::Release)
            .await
            .iter()
            .all(|entry| {
                let released = entry.outcome.hold.as_ref().unwrap();
                released.id.key.to_string() != id
            })
    );
    // The same command again: done once, whether it was done before or not.
    let inference = ground.served.service().await;
    let body = serde_json::json!({"amount": "60"});
    let answer = inference
        .on_hold(USER, (id.as_str(), "commit"), key.as_str(), &body)
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(ground.entries(EntryKind::Commit).await.len(), 1);
}

#[tokio::test]
async fn a_hold_whose_commit_was_refused_is_open_as_before() {
    let ground = Ground::new().await;
    let mut hold = ground.hold().await;
    let refused = hold.commit(&spending("999999")).await.unwrap_err();
    assert_eq!(refused.kind.code(), Some(&ErrorCode::ValidationFailed));
    assert_eq!(ground.held().await, 100);
    hold.commit(&spending("40")).await.unwrap();
    let mut other = ground.hold().await;
    other.commit(&spending("999999")).await.unwrap_err();
    drop(other);
    assert_eq!(ground.held().await, 0);
    assert_eq!(ground.entries(EntryKind::Release).await.len(), 1);
}

#[tokio::test]
async fn a_hold_can_be_extended_released_at_once_or_left_open() {
    let ground = Ground::new().await;
    let hold = ground.hold().await;
    let extended = hold.extend(3600).await.unwrap();
    assert_eq!(extended.expires_at, "2025-11-06T15:30:00Z");
    let released = hold.release().await.unwrap();
    assert_eq!(released.status, HoldStatus::Released);
    let id = ground.hold().await.leave_open();
    assert_eq!(ground.held().await, 100);
    assert_eq!(ground.entries(EntryKind::Release).await.len(), 1);
    assert!(!id.is_empty());
    // A user sees it too.
    let user = super::user_client(&ground.served, &ground.relay, USER, patient());
    let seen = user.credits().await.unwrap();
    assert_eq!((seen.value.held, seen.freshness), (100, Freshness::Fresh));
}
