//! Every story of the sender, as the user sees it: on the way, at its end, and
//! later, when months and graces end.

use local::stripe::{ApiVersion, Scenario};
use tests::at;

use super::{Seen, Telling, seen, story};

/// When somebody looks.
#[derive(Clone, Copy, Debug)]
enum When {
    /// After so many events were reported, at the moment of the last of them.
    Reported(usize),
    /// After the whole story.
    End,
    /// Later.
    At(&'static str),
}

use When::{At, End, Reported};

/// The end of the first month, of its grace, and the second before.
const MONTH_ENDS: &str = "2025-12-06T14:30:00Z";
const BEFORE_MONTH_ENDS: &str = "2025-12-06T14:29:59Z";
const GRACE_ENDS: &str = "2025-12-09T14:30:00Z";
const BEFORE_GRACE_ENDS: &str = "2025-12-09T14:29:59Z";
/// The same of the second month.
const SECOND_GRACE_ENDS: &str = "2026-01-09T14:30:00Z";
const BEFORE_SECOND_GRACE_ENDS: &str = "2026-01-09T14:29:59Z";
const YEARS_LATER: &str = "2031-11-06T14:30:00Z";

const FREE: &str = "free active";
const PRO: &str = "pro active";
const LAPSED: &str = "pro expired";
const ENDING: &str = "pro active ending";
const TRIAL: &str = "pro trialing";

/// What is seen when: pro credits left, bought in all, and the plan. Nobody
/// owes anything, for nothing is spent here.
type Look = (When, i64, i64, &'static str);

/// The month's free credits: 500 of the first were used before.
fn free_at(moment: shared::domain::Timestamp) -> i64 {
    if moment < at("2025-12-01T00:00:00Z") {
        1_500
    } else {
        2_000
    }
}

/// Reports a story in the shape of each version that differs for it.
async fn check(scenario: Scenario, looks: &[Look]) {
    for version in [ApiVersion::Acacia, ApiVersion::Dahlia] {
        let telling = Telling::start().await;
        let events = story(scenario, "A1", version);
        let mut reported = 0;
        for (when, pro, bought, plan) in looks {
            let until = match when {
                // Acacia does not tell which payment paid an invoice.
                Reported(number) if version == ApiVersion::Acacia => {
                    let all = story(scenario, "A1", ApiVersion::Dahlia);
                    let before = &all[..*number];
                    let known = |event: &&_| !is_of_basil(event);
                    before.iter().filter(known).count()
                }
                Reported(number) => *number,
                End | At(_) => events.len(),
            };
            telling.report(&events[reported..until]).await;
            reported = until;
            if let At(moment) = when {
                telling.moves_to(at(moment));
            }
            let expected: Seen = seen(*pro, *bought, 0, plan);
            let what = format!("{scenario} of {version}, {when:?}");
            assert_eq!(telling.sees().await, expected, "{what}");
            let now = shared::host::clock::Clock::now(&telling.served.world.clock);
            assert_eq!(telling.free().await, free_at(now), "{what}");
        }
        telling.served.end().await;
    }
}

fn is_of_basil(event: &local::stripe::StoryEvent) -> bool {
    event.event_type == "invoice_payment.paid"
}

#[tokio::test]
async fn a_month_that_is_paid_gives_its_credits_for_its_time_and_three_days() {
    for scenario in [
        Scenario::Subscribe,
        Scenario::FullDiscount,
        Scenario::CustomerBalance,
    ] {
        let looks = [
            (End, 10_000, 10_000, PRO),
            (At(MONTH_ENDS), 10_000, 10_000, PRO),
            (At(BEFORE_GRACE_ENDS), 10_000, 10_000, PRO),
            (At(GRACE_ENDS), 0, 0, LAPSED),
        ];
        check(scenario, &looks).await;
    }
    let looks = [
        (End, 20_000, 20_000, PRO),
        (At(BEFORE_GRACE_ENDS), 20_000, 20_000, PRO),
        (At(GRACE_ENDS), 0, 0, LAPSED),
    ];
    check(Scenario::QuantityTwo, &looks).await;
}

#[tokio::test]
async fn a_renewal_gives_the_next_month_and_the_first_ends_with_its_grace() {
    let looks = [
        (Reported(2), 0, 0, PRO),
        (Reported(4), 10_000, 10_000, PRO),
        (End, 20_000, 20_000, PRO),
        (At(BEFORE_GRACE_ENDS), 20_000, 20_000, PRO),
        (At(GRACE_ENDS), 10_000, 10_000, PRO),
        (At(BEFORE_SECOND_GRACE_ENDS), 10_000, 10_000, PRO),
        (At(SECOND_GRACE_ENDS), 0, 0, LAPSED),
    ];
    check(Scenario::Renew, &looks).await;
}

#[tokio::test]
async fn a_change_of_plan_takes_the_time_of_the_old_one_and_gives_that_of_the_new() {
    let up = [
        (Reported(4), 10_000, 10_000, PRO),
        (Reported(5), 10_000, 10_000, PRO),
        (End, 20_000, 20_000, PRO),
        (At(MONTH_ENDS), 20_000, 20_000, PRO),
        (At(BEFORE_GRACE_ENDS), 20_000, 20_000, PRO),
        (At(GRACE_ENDS), 0, 0, LAPSED),
    ];
    check(Scenario::Upgrade, &up).await;
    let down = [
        (Reported(3), 30_000, 30_000, PRO),
        (Reported(4), 30_000, 30_000, PRO),
        // Half of 30,000 less, half of 10,000 more, and the next month.
        (End, 30_000, 30_000, PRO),
        // The part of the month was paid after it, and has its grace from then on.
        (At(GRACE_ENDS), 15_000, 15_000, PRO),
        (At("2025-12-10T14:30:00Z"), 10_000, 10_000, PRO),
        (At(SECOND_GRACE_ENDS), 0, 0, LAPSED),
    ];
    check(Scenario::Downgrade, &down).await;
}

#[tokio::test]
async fn an_end_that_is_asked_for_shows_and_leaves_what_was_paid() {
    let ends = [
        (Reported(4), 10_000, 10_000, PRO),
        (Reported(5), 10_000, 10_000, ENDING),
        (End, 10_000, 10_000, FREE),
        (At(BEFORE_GRACE_ENDS), 10_000, 10_000, FREE),
        (At(GRACE_ENDS), 0, 0, FREE),
    ];
    check(Scenario::CancelAtPeriodEnd, &ends).await;
    let resumes = [
        (Reported(5), 10_000, 10_000, ENDING),
        (End, 10_000, 10_000, PRO),
        (At(GRACE_ENDS), 0, 0, LAPSED),
    ];
    check(Scenario::CancelThenResume, &resumes).await;
    let is_deleted = [
        (Reported(4), 10_000, 10_000, PRO),
        (End, 10_000, 10_000, FREE),
        (At(GRACE_ENDS), 0, 0, FREE),
    ];
    check(Scenario::DeleteCustomer, &is_deleted).await;
}

#[tokio::test]
async fn a_payment_that_works_in_time_leaves_no_gap() {
    let looks = [
        (Reported(3), 10_000, 10_000, PRO),
        (Reported(6), 10_000, 10_000, PRO),
        (End, 20_000, 20_000, PRO),
        (At(GRACE_ENDS), 10_000, 10_000, PRO),
        (At(SECOND_GRACE_ENDS), 0, 0, LAPSED),
    ];
    check(Scenario::PaymentFailed, &looks).await;
}

#[tokio::test]
async fn a_payment_that_fails_for_long_expires_the_plan_until_it_is_paid() {
    let telling = Telling::start().await;
    let events = story(Scenario::PaymentFailed, "A1", ApiVersion::Dahlia);
    let (failing, paying) = events.split_at(6);
    telling.report(failing).await;
    for (moment, pro, plan) in [
        ("2025-12-09T14:29:59Z", 10_000, PRO),
        ("2025-12-09T14:30:00Z", 0, PRO),
        // Three days since it was past due.
        ("2025-12-09T15:30:00Z", 0, PRO),
        ("2025-12-09T15:30:01Z", 0, LAPSED),
        ("2025-12-20T00:00:00Z", 0, LAPSED),
    ] {
        telling.moves_to(at(moment));
        assert_eq!(telling.sees().await, seen(pro, pro, 0, plan), "{moment}");
    }
    telling.report(paying).await;
    assert_eq!(telling.sees().await, seen(10_000, 10_000, 0, PRO));
    telling.served.end().await;
}

#[tokio::test]
async fn a_trial_gives_a_thousand_and_then_the_month_its_own() {
    let looks = [
        (Reported(2), 0, 0, TRIAL),
        (Reported(3), 1_000, 1_000, TRIAL),
        (End, 11_000, 11_000, PRO),
        (At("2025-11-16T14:29:59Z"), 11_000, 11_000, PRO),
        (At("2025-11-16T14:30:00Z"), 10_000, 10_000, PRO),
        (At("2025-12-16T14:29:59Z"), 10_000, 10_000, PRO),
        (At("2025-12-16T14:30:00Z"), 0, 0, LAPSED),
    ];
    check(Scenario::TrialToPaid, &looks).await;
}

#[tokio::test]
async fn packs_are_given_once_they_are_paid_and_do_not_expire() {
    for (scenario, looks) in [
        (
            Scenario::BuyPack,
            vec![
                (End, 1_000, 1_000, FREE),
                (At(YEARS_LATER), 1_000, 1_000, FREE),
            ],
        ),
        (
            Scenario::BuyPackByPrice,
            vec![
                (End, 3_000, 3_000, FREE),
                (At(YEARS_LATER), 3_000, 3_000, FREE),
            ],
        ),
        (
            Scenario::BuyPackDelayed,
            vec![(Reported(1), 0, 0, FREE), (End, 1_000, 1_000, FREE)],
        ),
        (
            Scenario::BuyPackDelayedFailed,
            vec![
                (Reported(1), 0, 0, FREE),
                (End, 0, 0, FREE),
                (At(YEARS_LATER), 0, 0, FREE),
            ],
        ),
    ] {
        check(scenario, &looks).await;
    }
}

#[tokio::test]
async fn returned_money_claws_credits_back_and_reinstated_money_restores_them() {
    const PACK: Look = (Reported(1), 1_000, 1_000, FREE);
    const GONE: Look = (End, 0, 0, FREE);
    const BACK: Look = (End, 1_000, 1_000, FREE);
    for (scenario, looks) in [
        (Scenario::RefundPartial, vec![PACK, (End, 600, 600, FREE)]),
        (
            Scenario::RefundFull,
            vec![PACK, GONE, (At(YEARS_LATER), 0, 0, FREE)],
        ),
        (
            Scenario::RefundFailed,
            vec![PACK, (Reported(2), 0, 0, FREE), BACK],
        ),
        (
            Scenario::DisputeLost,
            vec![PACK, (Reported(3), 0, 0, FREE), GONE],
        ),
        (
            Scenario::DisputeWon,
            vec![
                PACK,
                (Reported(2), 1_000, 1_000, FREE),
                (Reported(3), 0, 0, FREE),
                BACK,
            ],
        ),
        (
            Scenario::DisputeWonAfterPack,
            vec![
                PACK,
                (Reported(4), 1_000, 1_000, FREE),
                (End, 2_000, 2_000, FREE),
            ],
        ),
        (
            Scenario::RefundInvoice,
            vec![
                (Reported(4), 10_000, 10_000, PRO),
                (End, 0, 0, PRO),
                (At(GRACE_ENDS), 0, 0, LAPSED),
            ],
        ),
        (
            Scenario::RefundExpired,
            vec![(Reported(4), 0, 0, FREE), GONE],
        ),
    ] {
        check(scenario, &looks).await;
    }
}

#[tokio::test]
async fn a_year_comes_month_by_month() {
    let looks = [
        (End, 10_000, 10_000, PRO),
        (At(BEFORE_MONTH_ENDS), 10_000, 10_000, PRO),
        (At(MONTH_ENDS), 10_000, 10_000, PRO),
        (At(GRACE_ENDS), 10_000, 10_000, PRO),
        (At("2026-05-01T00:00:00Z"), 10_000, 10_000, PRO),
        (At("2026-11-06T14:30:00Z"), 10_000, 10_000, PRO),
        (At("2026-11-09T14:29:59Z"), 10_000, 10_000, PRO),
        (At("2026-11-09T14:30:00Z"), 0, 0, LAPSED),
    ];
    check(Scenario::Annual, &looks).await;
}

#[tokio::test]
async fn a_plan_that_lets_credits_be_kept_keeps_up_to_its_cap() {
    let looks = [
        (Reported(4), 10_000, 10_000, PRO),
        (End, 20_000, 20_000, PRO),
        (At(BEFORE_GRACE_ENDS), 20_000, 20_000, PRO),
        (At(GRACE_ENDS), 15_000, 15_000, PRO),
        (At(BEFORE_SECOND_GRACE_ENDS), 15_000, 15_000, PRO),
        (At(SECOND_GRACE_ENDS), 5_000, 5_000, LAPSED),
        (At("2026-02-09T14:29:59Z"), 5_000, 5_000, LAPSED),
        (At("2026-02-09T14:30:00Z"), 0, 0, LAPSED),
    ];
    check(Scenario::Rollover, &looks).await;
}

#[tokio::test]
async fn a_credit_note_takes_its_share_of_the_month() {
    let looks = [
        (Reported(4), 10_000, 10_000, PRO),
        (End, 7_500, 7_500, PRO),
        (At(BEFORE_GRACE_ENDS), 7_500, 7_500, PRO),
        (At(GRACE_ENDS), 0, 0, LAPSED),
    ];
    check(Scenario::CreditNote, &looks).await;
}

#[test]
fn every_story_has_its_journey() {
    let source = include_str!("stories.rs");
    for scenario in Scenario::ALL {
        let name = format!("Scenario::{scenario:?}");
        assert!(source.contains(&name), "{scenario} is told nowhere");
    }
}
