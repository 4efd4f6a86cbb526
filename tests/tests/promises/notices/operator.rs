//! The operator's commands, over the wire as on AWS.

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
        let database = ground.world.dynamodb.database().clone();
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
