//! The property: for any run of commands and any order, repetition and loss with replay
//! of the streams, each crossing arrives at each endpoint under one id, and each e-mail
//! at most once a day and kind.

use std::collections::{BTreeMap, BTreeSet};

use local::notices::{MailFault, Source};
use serde_json::Value;
use shared::domain::{DeliveryOutcome, Entry, Recipient, Timestamp};
use shared::host::environment::Variables;
use shared::store::Segment;

use super::ground::{Ground, charge, grant};

/// Repeatable numbers: xorshift64*.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % limit
    }

    fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for place in (1..items.len()).rev() {
            items.swap(place, self.below(place as u64 + 1) as usize);
        }
    }
}

const PEOPLE: [&str; 2] = ["one-user", "other-user"];
const ENDPOINTS: [&str; 2] = ["a", "b"];

/// Hands over records out of order, some twice, some later, some never.
async fn disturb(ground: &Ground, random: &mut Random, late: &mut Vec<Value>, source: Source) {
    let notices = &ground.world.notices;
    let mut records = notices.take_records(source);
    records.append(late);
    random.shuffle(&mut records);
    let mut now = Vec::new();
    for record in records {
        if random.percent(20) {
            late.push(record.clone());
        }
        // The way out is a replay for entries, and a redelivery for what was begun.
        if random.percent(15) {
            continue;
        }
        now.push(record);
    }
    if random.percent(30) {
        let faults = ground.world.notices.dynamodb().faults();
        faults.push("PutItem", local::dynamodb::Fault::ServerErrorAfterApply);
    }
    assert!(notices.hand_over(now).await.unwrap().is_empty());
}

/// All entries of everybody.
async fn entries(ground: &Ground) -> Vec<Entry> {
    let all = Segment { number: 0, of: 1 };
    let store = &ground.world.store;
    let page = store.entries_page(all, Timestamp::MIN, None).await.unwrap();
    assert!(page.next.is_none());
    let rows = page.rows.into_iter();
    rows.map(|(_, row)| row.entry.unwrap()).collect()
}

async fn play(seed: u64) -> usize {
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let ground = Ground::new().await;
    for id in PEOPLE {
        ground.add_user(id).await;
    }
    for name in ENDPOINTS {
        ground.add_endpoint(name).await;
    }
    let since = ground.now();
    let (mut late, mut late_deliveries) = (Vec::new(), Vec::new());
    for step in 0..12 + random.below(12) {
        let id = PEOPLE[random.below(2) as usize];
        let account = tests::account(&ground.world, id).await.unwrap();
        let view = shared::domain::view(&account, ground.now()).unwrap();
        let most = view.total_available.max(1) as u64;
        let action = if random.percent(30) {
            grant(&format!("promo:{seed}-{step}"), "50", ground.now())
        } else {
            charge(&(1 + random.below(most)).min(most).to_string())
        };
        if view.total_available > 0
            || random.percent(100) && matches!(action, shared::domain::Action::Grant { .. })
        {
            ground.act(id, action).await;
        }
        if random.percent(25) {
            let name = ENDPOINTS[random.below(2) as usize];
            let status = [200, 200, 500, 503][random.below(4) as usize];
            ground.receiver.answer(name, status);
        }
        if random.percent(10) {
            let fault = [MailFault::Refused(503), MailFault::Refused(429)];
            ground
                .world
                .notices
                .mailbox()
                .fail([fault[random.below(2) as usize]]);
        }
        if random.percent(50) {
            disturb(&ground, &mut random, &mut late, Source::Entries).await;
            disturb(
                &ground,
                &mut random,
                &mut late_deliveries,
                Source::Deliveries,
            )
            .await;
            ground.world.notices.poll().await.unwrap();
        }
        ground.advance(random.below(4000) as i64);
    }
    for name in ENDPOINTS {
        ground.receiver.answer(name, 200);
    }
    // The stream's day is over; the operator replays it.
    ground.world.notices.take_records(Source::Entries);
    let endpoints = ground.world.store.load_endpoints().await.unwrap();
    let all = entries(&ground).await;
    for entry in all.iter().filter(|entry| entry.at >= since) {
        notices::tell(&ground.world.store, entry, &endpoints, ground.now())
            .await
            .unwrap();
    }
    late.append(&mut late_deliveries);
    ground.world.notices.hand_over(late).await.unwrap();
    ground.settle().await;
    redeliver(&ground).await;
    ground.settle().await;
    check(&ground, &all).await
}

/// As `creditsctl endpoint redeliver` and `notify redeliver` do.
async fn redeliver(ground: &Ground) {
    for id in PEOPLE {
        for mut delivery in ground.deliveries(id).await {
            let is_lost = delivery.asked && delivery.outcome == DeliveryOutcome::Pending;
            if is_lost {
                delivery.ask_again(ground.now());
                let store = &ground.world.store;
                assert!(store.save_delivery(&mut delivery).await.unwrap());
            }
        }
    }
}

async fn check(ground: &Ground, all: &[Entry]) -> usize {
    let mut told = 0;
    let got = ground.receiver.got();
    let mut ids: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for received in &got {
        let key = (received.path.clone(), received.id.clone());
        ids.entry(key).or_default().insert(received.body.clone());
    }
    // One id has one body, however often it was sent.
    assert!(ids.values().all(|bodies| bodies.len() == 1));
    let mut expected = BTreeSet::new();
    for entry in all {
        for notice in entry.notices().unwrap() {
            let id = format!("msg_{}", notice.id(entry));
            for name in ENDPOINTS {
                expected.insert((name.to_string(), id.clone()));
                told += 1;
            }
        }
    }
    let arrived: BTreeSet<_> = ids.into_keys().collect();
    assert_eq!(arrived, expected);
    // One e-mail at most of a kind, a day and a user.
    let mails = ground.world.notices.mailbox().mails();
    let mut sent = 0;
    let mut days = BTreeSet::new();
    for id in PEOPLE {
        for delivery in ground.deliveries(id).await {
            let outcome = delivery.outcome.as_str();
            if delivery.recipient == Recipient::Mail {
                assert!(
                    ["delivered", "limited", "stale"].contains(&outcome),
                    "{outcome} {delivery:?}"
                );
                if outcome == "delivered" {
                    sent += 1;
                    let day = delivery.changed_at.date();
                    assert!(days.insert((id, delivery.event, day)), "twice on one day");
                }
            } else {
                assert_eq!(outcome, "delivered");
            }
        }
    }
    assert_eq!(sent, mails.len());
    told
}

#[tokio::test]
async fn every_crossing_arrives_and_no_e_mail_comes_twice_whatever_happens() {
    let mut told = 0;
    let variables = Variables::of_this_process();
    let cases = variables
        .parsed("NOTICES_CASES", 30, "a number of runs")
        .unwrap();
    for seed in 1..=cases {
        told += play(seed).await;
    }
    println!("{cases} runs, {told} messages to endpoints");
    assert!(told as u64 > 13 * cases, "{told}");
}
