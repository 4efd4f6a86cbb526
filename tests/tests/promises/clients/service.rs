//! Charges: each once, whatever the network, the API's tables and the caller do.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use dedicated_api_client::{
    Amount, BatchCharge, ErrorCode, ErrorKind, Estimate, IdempotencyKey, Quote, Settings, Spending,
    TokenUsage,
};
use local::dynamodb::Fault;
use shared::domain::{EntryKey, EntryKind};
use tests::Served;

use super::relay::{Fate, Relay};
use super::{amount, hasty, patient, service_client};
use crate::journeys::engine::check_ledger;

const USER: &str = "spender";

/// The charges in a user's ledger: key and amount in thousandths.
async fn charges(served: &Served) -> BTreeMap<String, i64> {
    let entries = check_ledger(&served.world, USER).await;
    let charges = entries
        .iter()
        .filter(|entry| entry.kind == EntryKind::Charge);
    let charges = charges.map(|entry| match &entry.key {
        EntryKey::Api { key, .. } => (key.to_string(), entry.outcome.amount.milli()),
        other => panic!("{other:?}"),
    });
    charges.collect()
}

/// Eight at once charge ten times each; what they were told.
async fn stream(served: &Served, relay: &Relay) -> BTreeMap<String, i64> {
    let service = Arc::new(service_client(served, relay, patient()));
    let tasks: Vec<_> = (0..8)
        .map(|task| {
            let service = service.clone();
            tokio::spawn(async move {
                let mut told = Vec::new();
                for number in 0..10 {
                    let amount = Amount::from_thousandths(1000 + task * 10 + number);
                    let charged = service.charge(USER, &Spending::of(amount)).await.unwrap();
                    assert_eq!(charged.amount, amount);
                    told.push((charged.charge_id, amount.thousandths()));
                }
                told
            })
        })
        .collect();
    let mut told = BTreeMap::new();
    for task in tasks {
        told.extend(task.await.unwrap());
    }
    told
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_charge_of_a_stream_is_made_once_although_half_of_all_requests_are_cut() {
    for seed in [1, 2, 3] {
        let served = Served::start().await;
        let relay = Relay::before(&served).await;
        relay.seeded(seed);
        let told = stream(&served, &relay).await;
        assert_eq!(told.len(), 80);
        assert!(relay.seen() > 100, "nothing was cut");
        assert_eq!(charges(&served).await, told, "seed {seed}");
    }
}

#[tokio::test]
async fn every_way_of_cutting_a_call_leaves_one_charge() {
    let served = Served::start().await;
    let relay = Relay::before(&served).await;
    let service = service_client(&served, &relay, patient());
    for (number, fate) in (1..).zip([
        Fate::CutBefore,
        Fate::CutInRequest,
        Fate::CutAfter,
        Fate::CutInAnswer,
        Fate::Answered(503, 0),
    ]) {
        relay.next([fate, fate]);
        let charged = service.charge(USER, &Spending::of(amount("1"))).await;
        let charged = charged.unwrap();
        assert_eq!(charged.balance.version, number, "{fate:?}");
        assert_eq!(relay.seen(), 3, "{fate:?}");
        assert_eq!(charges(&served).await.len() as u64, number, "{fate:?}");
    }
}

#[tokio::test]
async fn a_charge_whose_answers_were_all_lost_can_be_sent_again_under_its_key() {
    let served = Served::start().await;
    let relay = Relay::before(&served).await;
    let service = service_client(&served, &relay, hasty());
    // Connections are made and the token is there, so that the charge itself is lost.
    service_client(&served, &relay, patient())
        .credits(USER)
        .await
        .unwrap();
    relay.always(Fate::CutAfter);
    let spending = Spending::of(amount("10"));
    let error = service.charge(USER, &spending).await.unwrap_err();
    relay.next([]);
    assert!(matches!(
        error.kind,
        ErrorKind::Network(_) | ErrorKind::Token(_)
    ));
    let key = error.idempotency_key.unwrap();
    let patient = service_client(&served, &relay, patient());
    let charged = patient.charge_under(&key, USER, &spending).await.unwrap();
    assert_eq!(charged.charge_id, key.as_str());
    let again = patient.charge_under(&key, USER, &spending).await.unwrap();
    assert_eq!(again, charged);
    assert_eq!(charges(&served).await.len(), 1);
}

#[tokio::test]
async fn what_never_reached_the_api_is_known_not_to_be_done() {
    let served = Served::start().await;
    let closed = Relay::before(&served).await;
    let url = closed.url().to_string();
    drop(closed);
    let token = dedicated_api_client::FixedToken::new("a token");
    let service = dedicated_api_client::ServiceClient::with(&url, token, hasty()).unwrap();
    // The listener may take a moment to be gone; then its connections are refused.
    let error = loop {
        let spending = Spending::of(amount("1"));
        let error = service.charge(USER, &spending).await.unwrap_err();
        if !error.outcome_is_unknown {
            break error;
        }
    };
    assert!(matches!(error.kind, ErrorKind::Network(_)), "{error}");
    assert!(error.idempotency_key.is_some());
}

#[tokio::test]
async fn a_refusal_is_known_after_any_loss_and_says_what_is_missing() {
    let served = Served::start().await;
    let relay = Relay::before(&served).await;
    let service = service_client(&served, &relay, patient());
    relay.next([Fate::CutAfter, Fate::CutInAnswer]);
    let spending = Spending::of(amount("2000.001"));
    let error = service.charge(USER, &spending).await.unwrap_err();
    assert!(!error.outcome_is_unknown);
    assert_eq!(relay.seen(), 3);
    let ErrorKind::Function(error) = error.kind else {
        panic!("{error}");
    };
    assert_eq!(
        (error.status, &error.code),
        (402, &ErrorCode::InsufficientCredits)
    );
    let amounts = (error.required, error.available);
    assert_eq!(amounts, (Some(amount("2000.001")), Some(amount("2000"))));
    assert!(charges(&served).await.is_empty());
}

#[tokio::test]
async fn a_batch_whose_answers_are_all_lost_is_sent_again_and_each_of_its_charges_is_done_once() {
    let served = Served::start().await;
    let relay = Relay::before(&served).await;
    let usage = TokenUsage {
        input: 1000,
        output: 100,
        ..TokenUsage::default()
    };
    let batch = [
        BatchCharge::of(Spending::of(amount("10"))),
        BatchCharge::of(Spending::of(amount("999999"))),
        BatchCharge::of(Spending::rated("gpt-5", usage)),
    ];
    let service = service_client(&served, &relay, patient());
    let quoted = service.quote(&[Quote::used("gpt-5", usage)]).await.unwrap();
    let price = quoted[0].price.clone().unwrap();
    assert!(charges(&served).await.is_empty());

    relay.always(Fate::CutAfter);
    let hasty = service_client(&served, &relay, hasty());
    let error = hasty.charge_batch(USER, &batch).await.unwrap_err();
    assert!(matches!(
        error.kind,
        ErrorKind::Network(_) | ErrorKind::Token(_)
    ));
    relay.next([Fate::CutAfter, Fate::CutInAnswer]);
    let charged = service.charge_batch(USER, &batch).await.unwrap();
    let [ten, too_much, rated] = &charged.results[..] else {
        panic!("{charged:?}");
    };
    assert_eq!(ten.idempotency_key, batch[0].idempotency_key.as_str());
    assert!(ten.replayed && rated.replayed);
    assert_eq!(ten.outcome.as_ref().unwrap().amount, amount("10"));
    assert_eq!(
        too_much.outcome.as_ref().unwrap_err().code,
        ErrorCode::InsufficientCredits
    );
    let rated = rated.outcome.as_ref().unwrap();
    assert_eq!(
        (rated.amount, &rated.breakdown),
        (price.amount, &price.breakdown)
    );
    assert_eq!(charges(&served).await.len(), 2);
    assert_eq!(charged.version, 2);

    let unknown = Quote::estimated("no-such-model", Estimate::default());
    let unknown = service.quote(&[unknown]).await.unwrap();
    let error = unknown[0].price.as_ref().unwrap_err();
    assert!(error.fields.contains_key("modelId"), "{error}");
}

#[tokio::test]
async fn two_calls_are_two_charges_and_two_under_one_key_are_one() {
    let served = Served::start().await;
    let relay = Relay::before(&served).await;
    let service = service_client(&served, &relay, patient());
    let spending = Spending::of(amount("1"));
    for _ in 0..2 {
        service.charge(USER, &spending).await.unwrap();
    }
    let key: IdempotencyKey = "call-1".parse().unwrap();
    for _ in 0..2 {
        service.charge_under(&key, USER, &spending).await.unwrap();
    }
    assert_eq!(charges(&served).await.len(), 3);
    let other = Spending::of(amount("2"));
    let error = service.charge_under(&key, USER, &other).await.unwrap_err();
    assert_eq!(error.kind.code(), Some(&ErrorCode::IdempotencyKeyReused));
}

#[tokio::test]
async fn tables_that_fail_for_a_while_delay_a_charge_and_nothing_else() {
    let served = Served::start().await;
    let relay = Relay::before(&served).await;
    let service = service_client(&served, &relay, patient());
    let faults = served.world.dynamodb.faults();
    for _ in 0..5 {
        faults.push("TransactWriteItems", Fault::ServerErrorAfterApply);
    }
    let charged = service.charge(USER, &Spending::of(amount("1"))).await;
    assert_eq!(charged.unwrap().balance.version, 1);
    assert_eq!(charges(&served).await.len(), 1);
}

#[tokio::test]
async fn a_user_id_is_one_segment_of_the_address_whatever_it_contains() {
    let served = Served::start().await;
    let relay = Relay::before(&served).await;
    let settings = Settings {
        deadline: Duration::from_secs(60),
        ..patient()
    };
    let service = service_client(&served, &relay, settings);
    for user in ["a/b", "..", "a?b=c", "a%2Fb", ""] {
        let error = service.credits(user).await.unwrap_err();
        assert_eq!(error.kind.status(), Some(404), "{user:?}");
    }
}
