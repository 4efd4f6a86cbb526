//! Many at once on one account: nothing is spent twice, nothing is lost, and
//! what is refused is refused because nothing was left.

use std::time::Duration;

use shared::host::clock::Deadline;
use tests::{Answer, Opening, Served, Service, api_key};

use super::{body, check_ledger, commit};

const SPENDER: &str = "spender";

/// Leaves the spender so many of this month's free credits.
async fn leave(served: &Served, used: &str) {
    let opening = Opening::as_of(tests::NOW).free_used(used);
    commit(&served.world, SPENDER, &opening.under(api_key("opening"))).await;
}

/// So often one charge may be answered 500 where another process has the tables: by then a
/// function that is slow would have come to its end, and one that crashes has not.
const MAY_RUN_OUT: u32 = 10;

/// Charges until the outcome is known, always under the same key. 503 says that it is not; so
/// does API Gateway's 500 of a function that ran out of time, as may happen where another
/// process has the tables.
async fn charge(service: &Service, key: &str, amount: u64) -> Answer {
    let is_elsewhere = tests::frozen().tables_at.is_some();
    let mut may_run_out = if is_elsewhere { MAY_RUN_OUT } else { 0 };
    loop {
        let answer = service.charge(SPENDER, key, amount).await;
        match answer.status {
            503 => {}
            500 if may_run_out > 0 => may_run_out -= 1,
            _ => return answer,
        }
    }
}

/// A long while, of which only what is left is read: how long something took.
const LONG: Duration = Duration::from_secs(3600);

fn elapsed(since: Deadline) -> Duration {
    LONG - since.remaining()
}

/// Spends one credit at a time until it is refused; how long each charge took.
async fn spend_all(service: Service, name: usize) -> Vec<Duration> {
    let mut took = Vec::new();
    for number in 0.. {
        let begun = Deadline::after(LONG);
        let answer = charge(&service, &format!("t{name}-{number}"), 1).await;
        if answer.status == 402 {
            assert_eq!(answer.json()["available"], "0", "{}", answer.text);
            break;
        }
        assert_eq!(answer.status, 201, "{}", answer.text);
        took.push(elapsed(begun));
    }
    took
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_spend_five_hundred_credits_and_not_one_more() {
    let served = Served::start().await;
    leave(&served, "1500").await;
    let service = served.service().await;
    let begun = Deadline::after(LONG);
    let tasks: Vec<_> = (0..64)
        .map(|name| tokio::spawn(spend_all(service.clone(), name)))
        .collect();
    let mut took = Vec::new();
    for task in tasks {
        took.extend(task.await.unwrap());
    }
    let all = elapsed(begun);
    assert_eq!(took.len(), 500, "one accepted charge for each credit");
    took.sort();
    let per_second = 500.0 / all.as_secs_f64();
    println!(
        "64 tasks on one account: {per_second:.0} charges a second, p50 {:?}, p99 {:?}",
        took[250], took[495]
    );

    let seen = service.credits(SPENDER).await;
    assert_eq!(
        (&seen["totalAvailable"], &seen["debt"]),
        (&0.into(), &0.into())
    );
    let entries = check_ledger(&served.world, SPENDER).await;
    assert_eq!(entries.len(), 501, "the opening and 500 charges");
    let mut keys: Vec<_> = entries.iter().map(|entry| entry.key.to_string()).collect();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 501, "each key once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_key_sent_sixty_four_times_at_once_charges_once() {
    let served = Served::start().await;
    let service = served.service().await;
    let tasks: Vec<_> = (0..64)
        .map(|_| {
            let service = service.clone();
            tokio::spawn(async move { charge(&service, "same", 7).await })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    for answer in &answers {
        assert_eq!((answer.status, &answer.text), (201, &answers[0].text));
    }
    let replayed = answers.iter().filter(|answer| {
        let header = answer.headers.get("idempotent-replayed");
        header.is_some_and(|value| value == "true")
    });
    assert_eq!(replayed.count(), 63);
    let seen = service.credits(SPENDER).await;
    assert_eq!(
        (&seen["totalAvailable"], &seen["version"]),
        (&1993.into(), &1.into())
    );
    assert_eq!(check_ledger(&served.world, SPENDER).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifteen_deductions_of_ten_at_once_a_hundred_credits_allow_ten() {
    let served = Served::start().await;
    leave(&served, "1900").await;
    let service = served.service().await;
    let tasks: Vec<_> = (0..15)
        .map(|number| {
            let service = service.clone();
            tokio::spawn(async move { charge(&service, &format!("k{number}"), 10).await })
        })
        .collect();
    let mut statuses = Vec::new();
    for task in tasks {
        let answer = task.await.unwrap();
        if answer.status == 402 {
            let refused = body(&answer, 402);
            assert_eq!(refused["error"], "insufficient_credits");
            assert_eq!(
                (&refused["required"], &refused["available"]),
                (&"10".into(), &"0".into())
            );
        }
        statuses.push(answer.status);
    }
    statuses.sort();
    assert_eq!(statuses, [[201; 10].as_slice(), &[402; 5]].concat());
    assert_eq!(service.credits(SPENDER).await["totalAvailable"], 0);
    assert_eq!(check_ledger(&served.world, SPENDER).await.len(), 11);
}
