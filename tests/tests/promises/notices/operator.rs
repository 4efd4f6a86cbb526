//! The operator's commands, over the wire as on AWS.

use shared::domain::{Delivery, DeliveryOutcome, Recipient, Told};
use tests::{NOW, Operator};

use super::ground::{Ground, USER};

/// A ground whose tables are open to an operator.
struct Shop {
    ground: Ground,
    operator: Operator,
}

impl Shop {
    async fn new() -> Self {
        let ground = Ground::new().await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let database = ground.world.dynamodb.database().unwrap().clone();
        tokio::spawn(local::dynamodb::serve(
            listener,
            database,
            std::future::pending(),
        ));
        Shop {
            ground,
            operator: Operator::at(&url, NOW),
        }
    }

    #[track_caller]
    fn run<'a>(&'a self, line: &'a str) -> impl Future<Output = String> + 'a {
        let words: Vec<&str> = line.split(' ').collect();
        async move {
            let said = self.operator.run(&words).await;
            assert_eq!(said.code, 0, "{line}: {}", said.text);
            said.text
        }
    }
}

#[tokio::test]
async fn an_endpoint_is_added_tested_rolled_disabled_and_enabled() {
    let shop = Shop::new().await;
    let (_, address) = super::ground::Receiver::start().await;
    let added = shop
        .run(&format!("endpoint add http://{address}/new"))
        .await;
    let id = added.split("  ").next().unwrap().to_string();
    let secret = added.split("  ").nth(1).unwrap();
    assert!(secret.starts_with("whsec_"), "{added}");
    let listed = shop.run("endpoint list").await;
    assert!(listed.contains(&id) && listed.contains("enabled") && !listed.contains("whsec_"));
    shop.run(&format!("endpoint test {id}")).await;
    shop.ground.pump().await;
    let sent = shop.run(&format!("notify deliveries --to {id}")).await;
    assert!(
        sent.contains("endpoint.test") && sent.contains("delivered"),
        "{sent}"
    );
    let rolled = shop.run(&format!("endpoint roll {id}")).await;
    assert!(rolled.contains("whsec_") && !rolled.contains(secret.trim()));
    assert!(
        shop.run(&format!("endpoint disable {id}"))
            .await
            .contains("disabled")
    );
    assert!(
        shop.run(&format!("endpoint enable {id}"))
            .await
            .contains("enabled")
    );
    for (line, code) in [
        ("endpoint test ep_nobody", 2),
        ("endpoint add http://hooks.example.com/x", 2),
        ("endpoint add https://user@hooks.example.com/x", 2),
        ("notify replay --since 2025-01-01T00:00:00Z", 2),
        ("notify deliveries", 2),
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        assert_eq!(shop.operator.run(&words).await.code, code, "{line}");
    }
}

#[tokio::test]
async fn what_was_withheld_or_failed_is_sent_again_and_what_arrived_is_not() {
    let shop = Shop::new().await;
    let ground = &shop.ground;
    ground.add_endpoint("one").await;
    shop.run("endpoint disable ep_one").await;
    ground.charge("100").await;
    ground.pump().await;
    assert_eq!(ground.receiver.got().len(), 0);
    let words = "endpoint redeliver ep_one --since 2025-11-06T00:00:00Z";
    assert_eq!(
        shop.operator
            .run(&words.split(' ').collect::<Vec<_>>())
            .await
            .code,
        1
    );
    shop.run("endpoint enable ep_one").await;
    let planned = shop.run(&format!("{words} --dry-run")).await;
    assert_eq!(planned.trim(), "1 messages would be sent again.");
    shop.run(words).await;
    ground.pump().await;
    assert_eq!(ground.receiver.events("one"), ["credits.exhausted"]);
    assert_eq!(shop.run(words).await.trim(), "0 messages sent again.");
}

#[tokio::test]
async fn ten_seconds_after_an_endpoint_was_disabled_nothing_is_sent_to_it() {
    let shop = Shop::new().await;
    let ground = &shop.ground;
    ground.add_endpoint("one").await;
    shop.run("endpoint test ep_one").await;
    ground.pump().await;
    assert_eq!(ground.receiver.got().len(), 1);
    // Its next message is in the queue already.
    ground.charge("100").await;
    let sender = &ground.world.notices;
    for source in [
        local::notices::Source::Entries,
        local::notices::Source::Deliveries,
    ] {
        sender.hand_over(sender.take_records(source)).await.unwrap();
    }
    shop.run("endpoint disable ep_one").await;
    ground.advance(10);
    ground.pump().await;
    assert_eq!(ground.receiver.got().len(), 1);
    let listed = shop.run("notify deliveries --to ep_one").await;
    assert!(listed.trim_end().ends_with("withheld"), "{listed}");
    // Enabling has its effect at once.
    shop.run("endpoint enable ep_one").await;
    shop.run("endpoint redeliver ep_one --since 2025-11-06T00:00:00Z")
        .await;
    ground.pump().await;
    assert_eq!(ground.receiver.events("one").len(), 2);
}

/// More than a page of deliveries, and than a page of each shard.
const MANY: i64 = 2_000;

#[tokio::test]
async fn deliveries_of_an_endpoint_are_listed_by_time_from_all_shards() {
    let shop = Shop::new().await;
    let ground = &shop.ground;
    let endpoint = ground.add_endpoint("one").await;
    let other = ground.add_endpoint("other").await;
    let begin = ground.now();
    for number in 0..MANY {
        // Each a second after another, and not begun in this order.
        let at = begin.plus_seconds(number * 37 % MANY);
        let told = Told {
            notice_id: format!("{number:032x}"),
            user_id: Some(tests::user(USER)),
            event: "credits.exhausted".to_string(),
            at,
            seq: 1,
            payload: "{}".to_string(),
        };
        let to = if number % 100 == 0 { &other } else { &endpoint };
        let recipient = Recipient::Endpoint(to.endpoint_id.clone());
        let mut delivery = Delivery::new(told, recipient, at);
        delivery.conclude(DeliveryOutcome::Failed, at);
        assert!(ground.world.store.begin_delivery(&delivery).await.unwrap());
    }
    let listed = async |line: &str| {
        let said = shop.run(line).await;
        let lines = said.lines().map(|line| line.split("  ").next().unwrap());
        lines.map(tests::at).collect::<Vec<_>>()
    };
    let seconds = (0..MANY).filter(|second| second % 100 != 0);
    let expected: Vec<_> = seconds.map(|it| begin.plus_seconds(it)).collect();
    assert_eq!(listed("notify deliveries --to ep_one").await, expected);
    let half = begin.plus_seconds(MANY / 2);
    let late = expected.iter().filter(|at| **at >= half).copied();
    let late: Vec<_> = late.collect();
    let line = format!("notify deliveries --to ep_one --since {half}");
    assert_eq!(listed(&line).await, late);
    let line = format!("endpoint redeliver ep_one --since {half}");
    let again = shop.run(&line).await;
    assert_eq!(again.trim(), format!("{} messages sent again.", late.len()));
    let line = "notify deliveries --to ep_one --outcome failed";
    let left = expected.len() - late.len();
    assert_eq!(listed(line).await, expected[..left]);
}

#[tokio::test]
async fn a_replay_sends_what_was_lost_and_nothing_twice() {
    let shop = Shop::new().await;
    let ground = &shop.ground;
    ground.add_endpoint("one").await;
    ground.charge("50").await;
    ground.charge("50").await;
    // The stream is lost.
    ground
        .world
        .notices
        .take_records(local::notices::Source::Entries);
    ground.pump().await;
    assert_eq!(ground.receiver.got().len(), 0);
    for expected in ["2 deliveries begun", "0 deliveries begun"] {
        let said = shop.run("notify replay --since 2025-11-06T00:00:00Z").await;
        assert!(said.contains(expected), "{said}");
        ground.pump().await;
    }
    assert_eq!(ground.receiver.events("one"), ["credits.exhausted"]);
    assert_eq!(ground.subjects().len(), 1);
    let listed = shop.run(&format!("notify deliveries --user {USER}")).await;
    assert_eq!(listed.lines().count(), 2, "{listed}");
}

#[tokio::test]
async fn what_was_begun_and_lost_before_the_queue_is_sent_by_a_redelivery() {
    let shop = Shop::new().await;
    let ground = &shop.ground;
    ground.add_endpoint("one").await;
    ground.charge("100").await;
    let sender = &ground.world.notices;
    let entries = sender.take_records(local::notices::Source::Entries);
    sender.hand_over(entries).await.unwrap();
    // The second stream is lost.
    sender.take_records(local::notices::Source::Deliveries);
    shop.run("notify replay --since 2025-11-06T00:00:00Z").await;
    ground.pump().await;
    assert_eq!(
        ground.receiver.got().len(),
        0,
        "a replay begins, and it was begun"
    );
    shop.run("endpoint redeliver ep_one --since 2025-11-06T00:00:00Z")
        .await;
    ground.pump().await;
    assert_eq!(ground.receiver.events("one"), ["credits.exhausted"]);
}

#[tokio::test]
async fn an_e_mail_that_got_lost_before_the_queue_is_sent_once_by_a_redelivery() {
    let shop = Shop::new().await;
    let ground = &shop.ground;
    ground.charge("100").await;
    let sender = &ground.world.notices;
    let lose = async || {
        let entries = sender.take_records(local::notices::Source::Entries);
        sender.hand_over(entries).await.unwrap();
        // The second stream is lost.
        sender.take_records(local::notices::Source::Deliveries);
    };
    lose().await;
    let words = "notify redeliver --since 2025-11-06T00:00:00Z";
    let planned = shop.run(&format!("{words} --dry-run")).await;
    assert_eq!(planned.trim(), "1 e-mails would be asked for again.");
    ground.pump().await;
    assert_eq!(ground.subjects().len(), 0);
    for (expected, mails) in [(1, 1), (0, 1)] {
        let said = shop.run(words).await;
        assert_eq!(said.trim(), format!("{expected} e-mails asked for again."));
        ground.settle().await;
        assert_eq!(ground.subjects().len(), mails);
    }

    // Another of its kind on the same day is limited, even if it got lost first.
    let lot = super::ground::grant("promo:a", "10", ground.now());
    ground.act(USER, lot).await;
    ground.charge("10").await;
    lose().await;
    shop.run(words).await;
    ground.settle().await;
    let outcomes = ground.mail_outcomes(USER).await;
    let limited = ("credits.exhausted".to_string(), "limited");
    assert!(outcomes.contains(&limited), "{outcomes:?}");
    let mut subjects = ground.subjects();
    subjects.sort();
    subjects.dedup();
    assert_eq!(ground.subjects().len(), subjects.len(), "{outcomes:?}");
}

#[tokio::test]
async fn a_lost_e_mail_that_is_older_than_a_day_is_recorded_and_not_sent() {
    let shop = Shop::new().await;
    let ground = &shop.ground;
    ground.charge("100").await;
    let sender = &ground.world.notices;
    let entries = sender.take_records(local::notices::Source::Entries);
    sender.hand_over(entries).await.unwrap();
    sender.take_records(local::notices::Source::Deliveries);
    ground.advance(86_401);
    shop.run("notify redeliver --since 2025-11-06T00:00:00Z")
        .await;
    ground.settle().await;
    assert_eq!(ground.subjects().len(), 0);
    assert_eq!(ground.mail_outcomes(USER).await[0].1, "stale");
}

#[tokio::test]
async fn a_replay_begins_nothing_for_who_was_erased() {
    let shop = Shop::new().await;
    let ground = &shop.ground;
    ground.add_endpoint("one").await;
    ground.charge("100").await;
    ground.pump().await;
    shop.run(&format!("erase {USER} --yes")).await;
    assert_eq!(ground.deliveries(USER).await.len(), 0);
    let said = shop.run("notify replay --since 2025-11-06T00:00:00Z").await;
    assert!(said.contains("0 deliveries begun"), "{said}");
}

#[tokio::test]
async fn the_keys_of_links_are_rolled_and_verified() {
    let shop = Shop::new().await;
    let said = shop.run("notify roll-links").await;
    assert!(said.contains("There is no key yet"), "{said}");
    shop.ground.charge("100").await;
    shop.ground.pump().await;
    let said = shop.run("notify roll-links").await;
    assert!(said.contains("2 keys open them"), "{said}");
    shop.run("verify --all").await;
    let said = shop.run("notify roll-links --forget").await;
    assert!(said.contains("1 keys open them"), "{said}");
}
