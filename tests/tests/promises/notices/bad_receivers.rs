//! Receivers that fail, hang, redirect, talk for ever or lie about where they are.

use std::time::Duration;

use local::notices::{MailFault, Source};
use shared::domain::DeliveryOutcome;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::ground::{Ground, USER};

/// The outcome of the one delivery to an endpoint.
async fn outcome(ground: &Ground, name: &str) -> (DeliveryOutcome, Option<u16>, Option<String>) {
    outcome_of(ground, &format!("ep_{name}")).await
}

/// The same to any recipient.
async fn outcome_of(ground: &Ground, to: &str) -> (DeliveryOutcome, Option<u16>, Option<String>) {
    let deliveries = ground.deliveries(USER).await;
    let mut found = deliveries
        .into_iter()
        .filter(|it| it.recipient.to_string() == to);
    let delivery = found.next().unwrap();
    assert!(found.next().is_none());
    (delivery.outcome, delivery.status, delivery.problem)
}

#[tokio::test]
async fn an_endpoint_that_answers_500_is_tried_again_and_disabled_after_a_day_and_others_go_on() {
    let ground = Ground::new().await;
    ground.add_endpoint("bad").await;
    ground.add_endpoint("good").await;
    ground.receiver.answer("bad", 500);
    ground.charge("100").await;
    ground.pump().await;
    assert_eq!(ground.receiver.events("good"), ["credits.exhausted"]);
    assert_eq!(ground.receiver.events("bad").len(), 1);
    ground.settle().await;
    let attempts = ground.receiver.got();
    let bad: Vec<_> = attempts.iter().filter(|it| it.path == "bad").collect();
    assert!((8..=12).contains(&bad.len()), "{}", bad.len());
    assert!(
        bad.iter()
            .all(|it| it.id == bad[0].id && it.body == bad[0].body)
    );
    // Every attempt is signed anew.
    assert!(bad.windows(2).all(|it| it[0].timestamp < it[1].timestamp));
    assert_eq!(outcome(&ground, "bad").await.0, DeliveryOutcome::Withheld);
    assert!(!ground.endpoint("bad").await.is_enabled());
    assert_eq!(ground.receiver.events("good").len(), 1);
    let lines = ground.world.log.take().join("\n");
    assert!(lines.contains("\"EndpointsDisabled\":1"), "{lines}");
}

#[tokio::test]
async fn a_message_that_the_queue_hands_over_twice_at_once_is_still_tried_again() {
    let ground = Ground::new().await;
    ground.add_endpoint("bad").await;
    ground.receiver.answer("bad", 500);
    ground
        .world
        .notices
        .mailbox()
        .fail([MailFault::Refused(503)]);
    ground.charge("100").await;
    let notices = &ground.world.notices;
    for source in [Source::Entries, Source::Deliveries] {
        let records = notices.take_records(source);
        assert!(notices.hand_over(records).await.unwrap().is_empty());
    }
    assert_eq!(notices.poll_twice().await.unwrap(), 2);
    // Both tried it before either had noted that.
    assert_eq!(ground.receiver.events("bad").len(), 2);
    assert_eq!(outcome(&ground, "bad").await.0, DeliveryOutcome::Pending);
    assert!(notices.mailbox().mails().is_empty());

    ground.receiver.answer("bad", 200);
    ground.settle().await;
    assert_eq!(outcome(&ground, "bad").await.0, DeliveryOutcome::Delivered);
    assert_eq!(
        outcome_of(&ground, "mail").await.0,
        DeliveryOutcome::Delivered
    );
    assert_eq!(notices.mailbox().mails().len(), 1);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let ground = Ground::new().await;
    ground.add_endpoint("moved").await;
    ground.receiver.answer("moved", 307);
    ground.charge("100").await;
    ground.pump().await;
    let (outcome, status, _) = outcome(&ground, "moved").await;
    assert_eq!((outcome, status), (DeliveryOutcome::Pending, Some(307)));
    // It recovers.
    ground.receiver.answer("moved", 204);
    ground.settle().await;
    let endpoint = ground.endpoint("moved").await;
    assert!(endpoint.is_enabled() && endpoint.failing_since.is_none());
    assert_eq!(ground.receiver.events("moved").len(), 2);
}

/// A listener whose connections are each answered by `answer`.
async fn strange(answer: &'static [u8], for_ever: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/x", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                let _ = stream.write_all(answer).await;
                let more = [b'x'; 65536];
                while for_ever && stream.write_all(&more).await.is_ok() {}
                if answer.is_empty() {
                    tokio::time::sleep(Duration::from_secs(3600)).await;
                }
            });
        }
    });
    url
}

#[tokio::test]
async fn a_gigabyte_is_not_read_and_a_status_is_enough() {
    let ground = Ground::new().await;
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n";
    let url = strange(head, true).await;
    ground.add_endpoint_at("long", url).await;
    ground.charge("100").await;
    ground.pump().await;
    assert_eq!(outcome(&ground, "long").await.0, DeliveryOutcome::Delivered);
}

#[tokio::test]
async fn what_is_no_http_is_a_failure_like_any_other() {
    let ground = Ground::new().await;
    let url = strange(b"SSH-2.0-OpenSSH_9.9\r\n\r\n", false).await;
    ground.add_endpoint_at("ssh", url).await;
    ground.charge("100").await;
    ground.pump().await;
    let (outcome, status, problem) = outcome(&ground, "ssh").await;
    assert_eq!((outcome, status), (DeliveryOutcome::Pending, None));
    assert!(problem.is_some());
}

#[tokio::test]
async fn a_receiver_that_hangs_is_given_up_after_five_seconds() {
    let ground = Ground::new().await;
    let url = strange(b"", false).await;
    ground.add_endpoint_at("hangs", url).await;
    ground.add_endpoint("good").await;
    ground.charge("100").await;
    ground.pump().await;
    let (outcome, _, problem) = outcome(&ground, "hangs").await;
    assert_eq!(outcome, DeliveryOutcome::Pending);
    assert_eq!(problem.as_deref(), Some("no answer within 5 seconds"));
    assert_eq!(ground.receiver.events("good"), ["credits.exhausted"]);
}

#[tokio::test]
async fn nothing_is_sent_to_addresses_inside() {
    let ground = Ground::new().await;
    for (name, host) in [
        ("private", "10.0.0.1"),
        ("meta", "169.254.169.254"),
        ("shared", "100.64.0.1"),
        ("odd", "0x0a.1"),
    ] {
        let url = format!("https://{host}/hook");
        ground.add_endpoint_at(name, url).await;
    }
    ground.charge("100").await;
    ground.pump().await;
    for name in ["private", "meta", "shared", "odd"] {
        let (outcome, _, problem) = outcome(&ground, name).await;
        assert_eq!(outcome, DeliveryOutcome::Pending, "{name}");
        let expected = "its name leads to no public address";
        assert_eq!(problem.as_deref(), Some(expected), "{name}");
    }
}
