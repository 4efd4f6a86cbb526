//! Stories of users who spend what they bought before it is clawed back, as
//! they see it: debt shows, the next purchase pays it, nothing is negative.

use local::stripe::{ApiVersion, Scenario};
use tests::at;

use super::{Telling, seen, story};

const FREE: &str = "free active";
const PRO: &str = "pro active";

/// What is left of the month's free credits: it goes first.
const FREE_LEFT: i64 = 1_500;

/// A pack of which 700 are spent, and what then is reported it in turns: after
/// so many events of the story the user sees that much pro, bought and debt.
async fn check_spent(scenario: Scenario, looks: &[(usize, i64, i64, i64)]) -> Telling {
    let telling = Telling::start().await;
    let events = story(scenario, "A1", ApiVersion::Dahlia);
    telling.report(&events[..1]).await;
    telling.charges(FREE_LEFT + 700).await;
    assert_eq!(
        telling.sees().await,
        seen(300, 1_000, 0, FREE),
        "{scenario}"
    );
    let mut reported = 1;
    for (until, pro, bought, debt) in looks {
        telling.report(&events[reported..*until]).await;
        reported = *until;
        let expected = seen(*pro, *bought, *debt, FREE);
        assert_eq!(telling.sees().await, expected, "{scenario} {until}");
    }
    assert_eq!(reported, events.len(), "{scenario} was not told to its end");
    telling
}

#[tokio::test]
async fn a_refund_of_what_was_spent_is_owed_and_the_next_pack_pays_it() {
    let telling = check_spent(Scenario::RefundFull, &[(2, 0, 700, 700), (3, 0, 700, 700)]).await;
    telling
        .report(&story(Scenario::BuyPack, "B2", ApiVersion::Dahlia))
        .await;
    assert_eq!(telling.sees().await, seen(300, 1_000, 0, FREE));
    // A new month's free credits do not pay debts, and need not.
    telling.moves_to(at("2025-12-01T00:00:00Z"));
    assert_eq!(telling.sees().await, seen(300, 1_000, 0, FREE));
    assert_eq!(telling.free().await, 2_000);
    telling.served.end().await;
}

#[tokio::test]
async fn a_debt_stays_over_the_months_and_leaves_the_free_credits_alone() {
    let telling = check_spent(Scenario::RefundFull, &[(3, 0, 700, 700)]).await;
    assert_eq!(telling.free().await, 0);
    for moment in ["2025-12-01T00:00:00Z", "2026-06-15T00:00:00Z"] {
        telling.moves_to(at(moment));
        assert_eq!(telling.sees().await, seen(0, 700, 700, FREE), "{moment}");
        assert_eq!(telling.free().await, 2_000, "{moment}");
    }
    telling.charges(2_000).await;
    assert_eq!(telling.sees().await, seen(0, 700, 700, FREE));
    telling.served.end().await;
}

#[tokio::test]
async fn what_is_clawed_back_and_given_again_is_as_it_was() {
    // 400 of 1,000 are clawed back, of which 300 were left.
    let partial = [(2, 0, 700, 100), (3, 0, 700, 100)];
    check_spent(Scenario::RefundPartial, &partial)
        .await
        .served
        .end()
        .await;
    let failed = [
        (2, 0, 700, 700),
        (3, 0, 700, 700),
        (4, 300, 1_000, 0),
        (5, 300, 1_000, 0),
    ];
    check_spent(Scenario::RefundFailed, &failed)
        .await
        .served
        .end()
        .await;
    let lost = [(2, 300, 1_000, 0), (3, 0, 700, 700), (4, 0, 700, 700)];
    check_spent(Scenario::DisputeLost, &lost)
        .await
        .served
        .end()
        .await;
    let won = [(3, 0, 700, 700), (4, 0, 700, 700), (5, 300, 1_000, 0)];
    check_spent(Scenario::DisputeWon, &won)
        .await
        .served
        .end()
        .await;
    let after_pack = [(3, 0, 700, 700), (4, 300, 1_000, 0), (6, 1_300, 2_000, 0)];
    check_spent(Scenario::DisputeWonAfterPack, &after_pack)
        .await
        .served
        .end()
        .await;
}

#[tokio::test]
async fn what_is_left_of_a_month_ends_and_what_was_spent_stays_spent() {
    let telling = Telling::start().await;
    let events = story(Scenario::Renew, "A1", ApiVersion::Dahlia);
    telling.report(&events[..4]).await;
    telling.charges(FREE_LEFT + 4_000).await;
    assert_eq!(telling.sees().await, seen(6_000, 10_000, 0, PRO));
    telling.report(&events[4..]).await;
    assert_eq!(telling.sees().await, seen(16_000, 20_000, 0, PRO));
    // Of the month that ends sooner, after the free credits of December.
    telling.charges(2_000 + 1_000).await;
    assert_eq!(telling.sees().await, seen(15_000, 20_000, 0, PRO));
    telling.moves_to(at("2025-12-09T14:30:00Z"));
    assert_eq!(telling.sees().await, seen(10_000, 15_000, 0, PRO));
    telling.served.end().await;
}

#[tokio::test]
async fn a_change_of_plan_takes_back_what_is_left_of_unused_time_and_the_rest_is_owed() {
    // Downgrade: half of 30,000 less of which 5,000 are left, half of 10,000 and
    // the next month more; upgrade: half of 10,000 less, half of 30,000 more.
    for (scenario, first, changed, spent, before, after) in [
        (Scenario::Downgrade, 3, 4, 25_000, 5_000, 5_000),
        (Scenario::Upgrade, 4, 5, 9_000, 1_000, 11_000),
    ] {
        let telling = Telling::start().await;
        let events = story(scenario, "A1", ApiVersion::Dahlia);
        telling.report(&events[..first]).await;
        telling.charges(FREE_LEFT + spent).await;
        let expected = seen(before, before + spent, 0, PRO);
        assert_eq!(telling.sees().await, expected, "{scenario}");
        telling.report(&events[first..changed]).await;
        let expected = seen(before, before + spent, 0, PRO);
        assert_eq!(telling.sees().await, expected, "{scenario}");
        telling.report(&events[changed..]).await;
        let expected = seen(after, after + spent, 0, PRO);
        assert_eq!(telling.sees().await, expected, "{scenario}");
        telling.served.end().await;
    }
}

#[tokio::test]
async fn a_refund_of_a_month_long_past_takes_what_was_spent_and_nothing_that_lapsed() {
    // The story begins half a year before it is refunded.
    let telling = Telling::start_at(at("2025-05-06T14:30:00Z")).await;
    let events = story(Scenario::RefundExpired, "A1", ApiVersion::Dahlia);
    telling.report(&events[..3]).await;
    telling.charges(FREE_LEFT + 4_000).await;
    assert_eq!(telling.sees().await, seen(6_000, 10_000, 0, PRO));
    telling.moves_to(at("2025-06-09T14:30:00Z"));
    telling.report(&events[3..4]).await;
    assert_eq!(telling.sees().await, seen(0, 4_000, 0, FREE));
    telling.report(&events[4..]).await;
    assert_eq!(telling.sees().await, seen(0, 4_000, 4_000, FREE));
    telling.served.end().await;
}

#[tokio::test]
async fn a_year_that_is_refunded_takes_its_coming_months_too() {
    let telling = Telling::start().await;
    let annual = story(Scenario::Annual, "A1", ApiVersion::Dahlia);
    telling.report(&annual).await;
    telling.charges(FREE_LEFT + 4_000).await;
    let mut refund = story(Scenario::RefundInvoice, "A1", ApiVersion::Dahlia);
    refund.retain(|event| event.event_type == "refund.created");
    // All of the year's 200.00.
    refund[0].body["data"]["object"]["amount"] = 20_000.into();
    telling.report(&refund).await;
    assert_eq!(telling.sees().await, seen(0, 4_000, 4_000, PRO));
    telling.moves_to(at("2025-12-06T14:30:00Z"));
    assert_eq!(telling.sees().await, seen(0, 4_000, 4_000, PRO));
    telling.served.end().await;
}
