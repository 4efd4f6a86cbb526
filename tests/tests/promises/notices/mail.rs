//! E-mails: who wants them, at most one of a kind a day, and never twice.

use std::time::Duration;

use local::notices::MailFault;
use serde_json::json;
use shared::domain::PreferencesChange;
use shared::host::clock::Deadline;
use tests::user;

use super::ground::{Ground, USER, charge, grant};

async fn set_alerts(ground: &Ground, usage_alerts: bool) {
    let change = PreferencesChange {
        usage_alerts: Some(usage_alerts),
        ..PreferencesChange::default()
    };
    let deadline = Deadline::after(Duration::from_secs(10));
    let store = &ground.world.store;
    store
        .change_preferences(&user(USER), &change, ground.now(), deadline)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_threshold_is_mailed_once_a_day_and_kind_in_text_and_html() {
    let ground = Ground::new().await;
    ground.charge("100").await;
    ground.pump().await;
    let mails = ground.world.notices.mailbox().mails();
    assert_eq!(mails.len(), 1);
    let mail = &mails[0];
    assert_eq!(mail.to, "notified@example.com");
    assert_eq!(mail.subject, "You have used all of your credits");
    assert!(
        mail.text
            .contains("All of your free credits of this month are used.")
    );
    assert!(mail.html.contains("<p>You can spend 0 credits now.</p>"));
    // Another crossing of the kind on the same day, and one on the next.
    for _ in 0..2 {
        let now = ground.now();
        let lot = format!("promo:{}", now.unix_seconds());
        ground.act(USER, grant(&lot, "10", now)).await;
        ground.charge("10").await;
        ground.pump().await;
        ground.advance(86_400);
    }
    let outcomes = ground.mail_outcomes(USER).await;
    let of = |event: &str| {
        let found = outcomes.iter().filter(|it| it.0 == event);
        found.map(|it| it.1).collect::<Vec<_>>()
    };
    assert_eq!(
        of("credits.exhausted"),
        ["delivered", "limited", "delivered"]
    );
    assert_eq!(of("credits.granted"), ["delivered", "delivered"]);
}

#[tokio::test]
async fn switching_alerts_off_stops_them_at_once_and_switching_them_on_sends_no_past() {
    let ground = Ground::new().await;
    ground.charge("100").await;
    // The entry is written; its user switches off before it is sent.
    set_alerts(&ground, false).await;
    ground.pump().await;
    assert_eq!(ground.subjects(), Vec::<String>::new());
    // This one is lost on the way.
    ground.advance(1);
    ground.act(USER, grant("promo:a", "10", ground.now())).await;
    ground.charge("10").await;
    let lost = ground
        .world
        .notices
        .take_records(local::notices::Source::Entries);
    ground.advance(1);
    set_alerts(&ground, true).await;
    // A replay finds what was lost.
    ground.world.notices.hand_over(lost).await.unwrap();
    ground.pump().await;
    assert_eq!(ground.subjects(), ["10 credits were added"]);
    let outcomes = ground.mail_outcomes(USER).await;
    let alerts: Vec<_> = outcomes.iter().filter(|it| it.1 == "off").collect();
    assert_eq!(alerts.len(), 3, "{outcomes:?}");
    // What comes now is sent.
    ground.advance(1);
    ground.act(USER, grant("promo:b", "10", ground.now())).await;
    ground.act(USER, charge("10")).await;
    ground.pump().await;
    let subjects = ground.subjects();
    assert!(subjects.contains(&"You have used all of your credits".to_string()));
}

#[tokio::test]
async fn a_refusal_is_tried_again_and_a_lost_answer_is_not() {
    let ground = Ground::new().await;
    let mailbox = ground.world.notices.mailbox();
    mailbox.fail([MailFault::Refused(503), MailFault::Refused(429)]);
    ground.charge("100").await;
    ground.settle().await;
    assert_eq!(ground.subjects().len(), 1);
    ground.act(USER, grant("promo:a", "10", ground.now())).await;
    mailbox.fail([MailFault::LostReply]);
    ground.settle().await;
    ground.settle().await;
    assert_eq!(ground.subjects().len(), 2, "it was taken once");
    let outcomes = ground.mail_outcomes(USER).await;
    let unclear = ("credits.granted".to_string(), "sending");
    assert!(outcomes.contains(&unclear), "{outcomes:?}");
    let lines = ground.world.log.take().join("\n");
    assert!(lines.contains("\"UnclearMails\":1"), "{lines}");
}

#[tokio::test]
async fn an_address_that_bounced_gets_no_more_and_a_full_mailbox_does() {
    let ground = Ground::new().await;
    let app = ground.world.notices.app().await.unwrap().clone();
    let report = |kind: &str| {
        let message = json!({
            "eventType": "Bounce",
            "bounce": {
                "bounceType": kind,
                "bouncedRecipients": [{"emailAddress": "Notified@example.com"}],
            },
        });
        json!({"Records": [{"EventSource": "aws:sns", "Sns": {"Message": message.to_string()}}]})
    };
    app.handle(report("Transient"), "i".to_string()).await;
    ground.charge("100").await;
    ground.pump().await;
    assert_eq!(ground.subjects().len(), 1);
    app.handle(report("Permanent"), "i".to_string()).await;
    ground.act(USER, grant("promo:a", "10", ground.now())).await;
    ground.pump().await;
    assert_eq!(ground.subjects().len(), 1);
    let outcomes = ground.mail_outcomes(USER).await;
    assert!(outcomes.contains(&("credits.granted".to_string(), "undeliverable")));
}

#[tokio::test]
async fn a_user_without_an_address_is_recorded_and_endpoints_are_told() {
    let ground = Ground::new().await;
    ground.add_endpoint("one").await;
    ground
        .act("nobody", grant("promo:a", "10", ground.now()))
        .await;
    ground.pump().await;
    let outcomes = ground.mail_outcomes("nobody").await;
    assert!(outcomes.contains(&("credits.granted".to_string(), "undeliverable")));
    assert!(
        ground
            .receiver
            .events("one")
            .contains(&"credits.granted".to_string())
    );
    assert_eq!(ground.subjects(), Vec::<String>::new());
}

#[tokio::test]
async fn an_e_mail_about_yesterday_is_not_sent() {
    let ground = Ground::new().await;
    ground.add_endpoint("one").await;
    ground.charge("100").await;
    ground.advance(86_401);
    ground.pump().await;
    assert_eq!(ground.mail_outcomes(USER).await[0].1, "stale");
    assert_eq!(ground.receiver.events("one"), ["credits.exhausted"]);
}

#[tokio::test]
async fn two_messages_about_one_e_mail_in_the_same_second_send_it_once() {
    for _ in 0..20 {
        let ground = Ground::new().await;
        ground.charge("100").await;
        let notices = &ground.world.notices;
        let entries = notices.take_records(local::notices::Source::Entries);
        notices.hand_over(entries).await.unwrap();
        let asked = notices.take_records(local::notices::Source::Deliveries);
        for _ in 0..4 {
            notices.hand_over(asked.clone()).await.unwrap();
        }
        notices.poll().await.unwrap();
        ground.settle().await;
        assert_eq!(ground.subjects().len(), 1);
    }
}
