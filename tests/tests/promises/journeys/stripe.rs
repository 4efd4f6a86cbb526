//! Stripe's stories over HTTP: events are signed and posted as Stripe does, and
//! what the user is shown moves as it should, then and as time passes.

use local::STRIPE_WEBHOOK_SECRET;
use local::stripe::{ApiVersion, Cast, Scenario, Story, StoryEvent, sign};
use serde_json::json;
use shared::host::clock::Clock;
use tests::{Answer, Served};

const USER: &str = "subscriber";

async fn post(served: &Served, event: &StoryEvent) -> Answer {
    let body = event.payload();
    let now = served.world.clock.now();
    let signature = sign(STRIPE_WEBHOOK_SECRET, now, body.as_bytes());
    let headers = [
        ("content-type", "application/json"),
        ("stripe-signature", signature.as_str()),
    ];
    served
        .send("POST", "/webhooks/stripe", &headers, Some(&body))
        .await
}

/// Reports a story, each event at its time unless that has passed.
async fn report(served: &Served, scenario: Scenario, suffix: &str, version: ApiVersion) {
    let start = served.world.clock.now();
    for event in Story::render(scenario, &Cast::new(USER, suffix, start), version) {
        if event.created() > served.world.clock.now() {
            let order = json!({"now": event.created()});
            assert_eq!(served.post("/_local/clock", &order).await.status, 200);
        }
        let answer = post(served, &event).await;
        let received = (200, "{\"received\":true}".to_string());
        assert_eq!((answer.status, answer.text), received, "{}", event.id);
    }
}

/// What the user is shown, in a line.
async fn shown(served: &Served) -> String {
    let credits = served.credits(USER).await.json();
    let pro = &credits["proCredits"];
    let token = served.token(USER, "user.info").await;
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str())];
    let profile = served
        .send("GET", "/api/user/profile", &headers, None)
        .await;
    let plan = profile.json()["subscription"].clone();
    let ends = match plan["cancelAtPeriodEnd"].as_bool() {
        Some(true) => ", ends with its period",
        _ => "",
    };
    let text = |name: &str| plan[name].as_str().unwrap().to_string();
    let plan = format!("{} {}{ends}", text("tier"), text("status"));
    format!(
        "{} of {}, debt {}; {plan}",
        pro["remaining"], pro["purchasedTotal"], credits["debt"]
    )
}

/// What is shown after a story, ten days later, and a month after that.
async fn check(scenario: Scenario, [then, in_ten_days, a_month_on]: [&str; 3]) {
    let served = Served::start().await;
    report(&served, scenario, "journey", ApiVersion::default()).await;
    assert_eq!(shown(&served).await, then, "{scenario}");
    served.advance("P10D").await;
    assert_eq!(shown(&served).await, in_ten_days, "{scenario}, ten days on");
    served.advance("P1M").await;
    assert_eq!(shown(&served).await, a_month_on, "{scenario}, a month on");
    served.end().await;
}

/// The same where the passing of time changes nothing.
async fn check_lasting(scenario: Scenario, always: &str) {
    check(scenario, [always; 3]).await;
}

const MONTH_OF_PRO: [&str; 3] = [
    "10000 of 10000, debt 0; pro active",
    "10000 of 10000, debt 0; pro active",
    "0 of 0, debt 0; pro expired",
];

#[tokio::test]
async fn a_paid_month_gives_the_plans_credits_until_the_end_of_its_grace() {
    check(Scenario::Subscribe, MONTH_OF_PRO).await;
    check(Scenario::CancelThenResume, MONTH_OF_PRO).await;
    check(
        Scenario::QuantityTwo,
        [
            "20000 of 20000, debt 0; pro active",
            "20000 of 20000, debt 0; pro active",
            "0 of 0, debt 0; pro expired",
        ],
    )
    .await;
}

#[tokio::test]
async fn it_does_not_matter_what_paid_for_the_month() {
    check(Scenario::FullDiscount, MONTH_OF_PRO).await;
    check(Scenario::CustomerBalance, MONTH_OF_PRO).await;
}

#[tokio::test]
async fn a_renewal_brings_its_own_credits_and_the_old_ones_live_for_their_grace() {
    let renewed = [
        "20000 of 20000, debt 0; pro active",
        "10000 of 10000, debt 0; pro active",
        "0 of 0, debt 0; pro expired",
    ];
    check(Scenario::Renew, renewed).await;
    check(Scenario::PaymentFailed, renewed).await;
}

#[tokio::test]
async fn a_change_of_plan_takes_the_time_of_the_old_one_and_gives_that_of_the_new() {
    check(
        Scenario::Upgrade,
        [
            "20000 of 20000, debt 0; pro active",
            "20000 of 20000, debt 0; pro active",
            "0 of 0, debt 0; pro expired",
        ],
    )
    .await;
    check(
        Scenario::Downgrade,
        [
            "30000 of 30000, debt 0; pro active",
            "10000 of 10000, debt 0; pro active",
            "0 of 0, debt 0; pro expired",
        ],
    )
    .await;
}

#[tokio::test]
async fn paid_credits_stay_after_the_end_of_a_subscription() {
    check(
        Scenario::CancelAtPeriodEnd,
        [
            "10000 of 10000, debt 0; pro cancelled, ends with its period",
            "0 of 0, debt 0; pro cancelled, ends with its period",
            "0 of 0, debt 0; pro cancelled, ends with its period",
        ],
    )
    .await;
    check(
        Scenario::DeleteCustomer,
        [
            "10000 of 10000, debt 0; pro cancelled",
            "10000 of 10000, debt 0; pro cancelled",
            "0 of 0, debt 0; pro cancelled",
        ],
    )
    .await;
}

#[tokio::test]
async fn a_trial_passes_into_the_first_paid_month_without_a_gap() {
    check(
        Scenario::TrialToPaid,
        [
            "11000 of 11000, debt 0; pro active",
            "10000 of 10000, debt 0; pro active",
            "0 of 0, debt 0; pro expired",
        ],
    )
    .await;
}

#[tokio::test]
async fn a_year_that_is_paid_at_once_comes_month_by_month() {
    check_lasting(Scenario::Annual, "10000 of 10000, debt 0; pro active").await;
}

#[tokio::test]
async fn what_may_be_kept_is_kept_up_to_its_cap_for_its_time() {
    check(
        Scenario::Rollover,
        [
            "20000 of 20000, debt 0; pro active",
            "15000 of 15000, debt 0; pro active",
            "5000 of 5000, debt 0; pro expired",
        ],
    )
    .await;
}

#[tokio::test]
async fn a_pack_gives_its_credits_once_and_for_good() {
    for (scenario, always) in [
        (Scenario::BuyPack, "1000 of 1000, debt 0; free active"),
        (
            Scenario::BuyPackByPrice,
            "3000 of 3000, debt 0; free active",
        ),
        (
            Scenario::BuyPackDelayed,
            "1000 of 1000, debt 0; free active",
        ),
        (
            Scenario::BuyPackDelayedFailed,
            "0 of 0, debt 0; free active",
        ),
    ] {
        check_lasting(scenario, always).await;
    }
}

#[tokio::test]
async fn money_that_goes_back_takes_its_share_and_brings_it_back_when_it_returns() {
    for (scenario, always) in [
        (Scenario::RefundPartial, "600 of 600, debt 0; free active"),
        (Scenario::RefundFull, "0 of 0, debt 0; free active"),
        (Scenario::RefundFailed, "1000 of 1000, debt 0; free active"),
        (Scenario::DisputeLost, "0 of 0, debt 0; free active"),
        (Scenario::DisputeWon, "1000 of 1000, debt 0; free active"),
        (
            Scenario::DisputeWonAfterPack,
            "2000 of 2000, debt 0; free active",
        ),
        (Scenario::RefundExpired, "0 of 0, debt 0; pro cancelled"),
    ] {
        check_lasting(scenario, always).await;
    }
    check(
        Scenario::RefundInvoice,
        [
            "0 of 0, debt 0; pro active",
            "0 of 0, debt 0; pro active",
            "0 of 0, debt 0; pro expired",
        ],
    )
    .await;
}

#[tokio::test]
async fn credits_spent_and_refunded_are_owed_and_the_next_pack_pays_them() {
    let served = Served::start().await;
    let story = |suffix: &str, scenario| {
        let start = served.world.clock.now();
        Story::render(
            scenario,
            &Cast::new(USER, suffix, start),
            ApiVersion::default(),
        )
    };
    let refunded = story("first", Scenario::RefundFull);
    assert_eq!(post(&served, &refunded[0]).await.status, 200);
    // The 2,000 free credits of the month go first.
    let service = served.service().await;
    assert_eq!(service.charge(USER, "spend", 2_700).await.status, 201);
    assert_eq!(shown(&served).await, "300 of 1000, debt 0; free active");
    for event in &refunded[1..] {
        assert_eq!(post(&served, event).await.status, 200);
    }
    assert_eq!(shown(&served).await, "0 of 700, debt 700; free active");
    for event in story("second", Scenario::BuyPack) {
        assert_eq!(post(&served, &event).await.status, 200);
    }
    assert_eq!(shown(&served).await, "300 of 1000, debt 0; free active");
    served.end().await;
}

#[tokio::test]
async fn a_story_in_any_api_version_shows_the_same() {
    let mut shown_by_version = Vec::new();
    for version in ApiVersion::ALL {
        let served = Served::start().await;
        report(&served, Scenario::Renew, "versions", version).await;
        report(&served, Scenario::RefundInvoice, "more", version).await;
        report(&served, Scenario::DisputeLost, "packs", version).await;
        shown_by_version.push(shown(&served).await);
        served.end().await;
    }
    assert_eq!(shown_by_version, [shown_by_version[0].as_str(); 4]);
}
