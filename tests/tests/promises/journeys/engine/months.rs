//! Time alone: an account nobody touched for years is worth exactly what one
//! is that was written to every day.

use serde_json::{Value, json};
use shared::domain::{
    Action, Adjustment, Credits, LotKind, Rollover, ScheduleGrant, ScheduleTerms, Usage,
};
use shared::host::clock::Clock;
use tests::{Opening, Served, api_key, credits};

use super::{act, body, check_ledger, commit};

const QUIET: &str = "quiet";
const BUSY: &str = "busy";
const DAYS: usize = 3 * 365 + 1;
/// For so long it is written to every day, then every fifth: a thousand writes
/// would take long and say no more.
const EVERY_DAY: usize = 40;

/// Everything the user is shown but how often the account was written.
async fn shown(service: &tests::Service, user: &str) -> Value {
    let mut seen = service.credits(user).await;
    seen.as_object_mut().unwrap().remove("version");
    seen
}

/// An account with a month that starts on the 31st, a lot that ends within the
/// three years, one that stays, a year that comes month by month, and a hold
/// that is settled by time.
async fn open(served: &Served, user: &str) {
    let opening = Opening::as_of(tests::NOW)
        .free_used("123.456")
        .lot(
            "sub:one",
            LotKind::Subscription,
            ("900", "100.5"),
            Some("2026-06-30T12:00:00Z"),
        )
        .lot("buy:one", LotKind::Purchase, ("5000", "0.001"), None);
    commit(&served.world, user, &opening.under(api_key("opening"))).await;
    let terms = Adjustment::FreeTerms {
        monthly_allocation: credits("1500.5"),
        reset_day_of_month: 31.try_into().unwrap(),
    };
    act(&served.world, user, "terms", Action::Adjust(terms)).await;
    act(&served.world, user, "year", year(served)).await;
    let service = served.service().await;
    let hold = json!({"amount": 2000, "ttlSeconds": 86_400, "onExpiry": "settle"});
    body(&service.post(user, "holds", "h", &hold).await, 201);
    let report = json!({"amount": "1950.25"});
    let answer = service.on_hold(user, ("h", "report"), "r", &report).await;
    body(&answer, 200);
}

/// What a webhook will do when a year is paid ahead: each month may be kept for
/// another one, in part.
fn year(served: &Served) -> Action {
    let starts_at = served.world.clock.now();
    let ends_at = starts_at.plus_months(12);
    let terms = ScheduleTerms {
        id: "sub:year".parse().unwrap(),
        starts_at,
        ends_at,
        expires_at: ends_at.plus_seconds(3 * 86_400),
        total: credits("12000.5"),
        rollover: Rollover {
            months: 1,
            cap: credits("250"),
        },
        paid_late: None,
    };
    Action::Grant {
        lots: Vec::new(),
        schedules: vec![ScheduleGrant {
            terms,
            // Of some months more than of others.
            targets: [["50"; 4], ["0"; 4], ["60"; 4]]
                .concat()
                .into_iter()
                .map(credits)
                .collect(),
        }],
    }
}

/// A charge of nothing, straight to the store.
async fn touch(served: &Served, cause: &str) {
    let action = Action::Charge {
        amount: Credits::ZERO,
        usage: Usage::default(),
    };
    let entry = act(&served.world, BUSY, cause, action).await;
    assert!(entry.outcome.amount.is_zero());
}

#[tokio::test]
async fn three_years_without_a_write_come_to_the_same_as_hundreds_of_writes() {
    let served = Served::start().await;
    let service = served.service().await;
    open(&served, QUIET).await;
    open(&served, BUSY).await;
    let (mut months, mut touches) = (Vec::new(), 0);
    for day in 0..DAYS {
        served.world.clock.advance("P1D").unwrap();
        if day < EVERY_DAY || day % 5 == 0 {
            touch(&served, &format!("d{day}")).await;
            touches += 1;
        }
        // Looking each day would take long; these days lie around each month's turn.
        let day_of_month = &served.world.clock.now().date()[8..];
        if ["01", "30", "31"].contains(&day_of_month) {
            let (quiet, busy) = (shown(&service, QUIET).await, shown(&service, BUSY).await);
            assert_eq!(quiet, busy, "on day {day}");
            months.push(quiet["lots"][0]["id"].to_string());
        }
    }
    months.dedup();
    assert_eq!(
        months.len(),
        37,
        "each month had its own credits: {months:?}"
    );
    let version = |seen: Value| seen["version"].as_u64().unwrap();
    assert_eq!(
        version(service.credits(QUIET).await),
        5,
        "nothing was written"
    );
    assert_eq!(version(service.credits(BUSY).await), 5 + touches);

    // One write brings the quiet account where the busy one is.
    body(&service.charge(QUIET, "at-last", 1).await, 201);
    body(&service.charge(BUSY, "at-last", 1).await, 201);
    assert_eq!(shown(&service, QUIET).await, shown(&service, BUSY).await);
    check_ledger(&served.world, QUIET).await;
    check_ledger(&served.world, BUSY).await;
}
