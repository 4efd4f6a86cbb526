//! Tests the sender's requests to a running world, apart from the webhook.

use super::*;
use crate::stripe_api::{LocalStripe, Request, STRIPE_API_KEY};
use crate::{Server, WorldOptions};

const NOW: &str = "2026-01-31T12:00:00Z";

/// A world that is served for as long as the test runs.
async fn served() -> Remote {
    served_with_stripe().await.0
}

/// The same, and its Stripe.
async fn served_with_stripe() -> (Remote, LocalStripe) {
    let options = WorldOptions {
        now: NOW.parse().ok(),
        frozen: true,
        ..WorldOptions::default()
    };
    let server = Server::bind(0, &options).await.unwrap();
    let remote = Remote::new(&server.world().base_url).unwrap();
    let stripe = server.world().stripe.clone();
    tokio::spawn(server.serve(std::future::pending()));
    (remote, stripe)
}

#[tokio::test]
async fn a_story_happens_at_the_worlds_stripe_as_far_as_it_is_told() {
    let (remote, stripe) = served_with_stripe().await;
    let cast = Cast::new("free-user", "a1", NOW.parse().unwrap());
    let status = |id: &str| {
        let key = format!("Bearer {STRIPE_API_KEY}");
        let reply = stripe.answer(Request {
            method: "GET".to_string(),
            path: format!("/v1/invoices/{id}"),
            headers: [("authorization".to_string(), key)].into(),
            ..Request::default()
        });
        reply.status
    };
    let tell = async |until| {
        let version = ApiVersion::Basil;
        remote.tell(Scenario::Renew, &cast, version, until).await
    };
    tell(Some("evt_a1_renew_3")).await.unwrap();
    assert_eq!((status("in_a1_1"), status("in_a1_2")), (200, 404));
    let refused = tell(Some("evt_a1_renew_30")).await.unwrap_err();
    assert!(refused.to_string().contains("evt_a1_renew_30"), "{refused}");
    tell(None).await.unwrap();
    assert_eq!(status("in_a1_2"), 200);
}

#[tokio::test]
async fn a_world_says_its_time_its_secret_and_who_is_there() {
    let remote = served().await;
    let world = remote.describe().await.unwrap();
    assert_eq!(world.now.to_string(), NOW);
    assert!(world.stripe_webhook_secret.starts_with("whsec_"));
    assert_eq!(world.user_id("free@example.com"), Some("free-user"));
    assert_eq!(world.user_id("nobody@example.com"), None);
}

#[tokio::test]
async fn the_numbers_are_those_that_the_user_sees() {
    let remote = served().await;
    for (user, free, pro, plan) in [
        ("free-user", "1500", "0", "free"),
        ("pro-user", "2000", "5000", "pro"),
        ("new-user", "2000", "0", "free"),
    ] {
        let numbers = remote.numbers(user).await.unwrap();
        let shown = [numbers.free, numbers.pro, numbers.plan];
        assert_eq!(shown, [free, pro, plan], "{user}");
    }
}

#[tokio::test]
async fn the_clock_is_moved_on_and_never_back() {
    let remote = served().await;
    for (moment, expected) in [
        ("2026-02-28T13:00:00Z", "2026-02-28T13:00:00Z"),
        (NOW, "2026-02-28T13:00:00Z"),
    ] {
        let moved = remote.move_clock_to(moment.parse().unwrap()).await;
        moved.unwrap();
        let now = remote.describe().await.unwrap().now;
        assert_eq!(now.to_string(), expected);
    }
    // An earlier token would have expired by now.
    let numbers = remote.numbers("free-user").await.unwrap();
    assert_eq!(numbers.free, "2000");
}

#[test]
fn a_plan_shows_what_is_remarkable_about_it() {
    for (status, ending, expected) in [
        ("active", false, "pro"),
        ("active", true, "pro (ending)"),
        ("past_due", false, "pro (past_due)"),
        ("past_due", true, "pro (past_due, ending)"),
    ] {
        let subscription = json!({"tier": "pro", "status": status, "cancelAtPeriodEnd": ending});
        let body = json!({"subscription": subscription});
        assert_eq!(plan(&body).as_deref(), Some(expected));
    }
    assert_eq!(plan(&json!({})), None);
}
