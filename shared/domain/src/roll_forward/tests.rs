//! Suite: the effect of time alone on an account.
//!
//! The tables state what one roll forward does; the properties state that it makes
//! no difference how often an account is rolled.

mod properties;
mod rollover;

use super::super::fixtures::*;
use super::super::{Balance, LotAmount, OnExpiry, ResetDay, view};
use super::*;
use crate::AccountState;
use crate::{HoldPosting, SchedulePosting};

/// The same account at a later time.
fn untouched(account: &CreditAccount, now: Timestamp) -> CreditAccount {
    CreditAccount::from_state(AccountState {
        as_of: now,
        ..account.clone().into_state()
    })
}

#[track_caller]
fn rolled(account: &CreditAccount, now: Timestamp) -> CreditAccount {
    roll_forward(account, now).unwrap().account
}

/// One line per posting: what it does, to which lot.
fn summary(postings: &[Posting]) -> Vec<String> {
    let line = |posting: &Posting| match posting {
        Posting::FreeTerms { .. } => "terms".to_string(),
        Posting::Opened(terms) => format!("open {}", terms.id),
        Posting::Moved {
            lot,
            amount,
            delta,
            cause,
        } => format!("{} {lot} {delta} {}", amount.as_str(), cause.as_str()),
        Posting::Archived { lot } => format!("archive {lot}"),
        Posting::PeriodsSkipped { periods } => format!("skip {periods}"),
        Posting::Recalled(past) => format!("recall {}", past.lot.terms.id),
        Posting::EndMoved { lot, expires_at } => format!("move {lot} to {expires_at}"),
        Posting::Plans(plans) => format!("plans {}", plans.len()),
        Posting::Schedule(SchedulePosting::Opened(terms)) => format!("schedule {}", terms.id),
        Posting::Schedule(SchedulePosting::ClawedBack { schedule, targets }) => {
            format!("take back {targets:?} of {schedule}")
        }
        Posting::Schedule(SchedulePosting::Advanced { schedule, next }) => {
            format!("advance {schedule} to {next}")
        }
        Posting::Schedule(SchedulePosting::Ended { schedule }) => format!("end {schedule}"),
        Posting::Active(active) => format!("active {active}"),
        Posting::Erased => "erased".to_string(),
        Posting::Hold(HoldPosting::Opened { hold, .. }) => format!("hold {hold}"),
        Posting::Hold(HoldPosting::Extended { hold, .. }) => format!("extend {hold}"),
        Posting::Hold(HoldPosting::Reported { hold, .. }) => format!("report {hold}"),
        Posting::Hold(HoldPosting::Expired { hold, charged }) => format!("expire {hold} {charged}"),
        Posting::Hold(HoldPosting::Closed { hold }) => format!("close {hold}"),
    };
    postings.iter().map(line).collect()
}

#[track_caller]
fn check(account: &CreditAccount, now: &str, expected: &[&str]) -> CreditAccount {
    let rolled = roll_forward(account, at(now)).unwrap();
    assert_eq!(summary(&rolled.postings), expected, "at {now}");
    rolled.account
}

#[test]
fn a_never_written_account_gets_the_default_allocation_of_the_current_month() {
    for (now, id) in [
        ("2025-11-06T14:30:00Z", "free:2025-11-01"),
        ("2025-11-30T23:59:59Z", "free:2025-11-01"),
        ("2025-12-01T00:00:00Z", "free:2025-12-01"),
        ("2024-02-29", "free:2024-02-01"),
    ] {
        let granted = format!("granted {id} 2000 reset");
        let account = check(&unopened(), now, &[&format!("open {id}"), &granted]);
        let expected = free_lot(at(now), ResetDay::FIRST, credits("2000"));
        assert_eq!(
            (account.lots.clone(), account.as_of),
            (vec![expected], at(now))
        );
        assert_eq!(account.version, 0, "rolling writes nothing");
    }
}

#[test]
fn nothing_happens_within_a_period() {
    let account = demo_account([pack("buy:a", Some("2025-12-01"))]);
    for now in ["2025-11-06T14:30:00Z", "2025-11-07", "2025-11-30T23:59:59Z"] {
        assert_eq!(check(&account, now, &[]), untouched(&account, at(now)));
    }
}

#[test]
fn the_end_of_a_month_lapses_what_is_left_and_brings_the_next_allocation() {
    let granted = [(LotAmount::Granted, credits("10"))];
    // The pack ends at the same instant: lots that end there lapse before the
    // reset, in order of their ids.
    let account = demo_account([holding(pack("buy:a", Some("2025-12-01")), &granted)]);
    let expected = [
        "lapsed buy:a 10 expiry",
        "lapsed free:2025-11-01 1500 expiry",
        "open free:2025-12-01",
        "granted free:2025-12-01 2000 reset",
        "archive buy:a",
        "archive free:2025-11-01",
    ];
    let after = check(&account, "2025-12-01", &expected);
    let december = free_lot(at("2025-12-01"), ResetDay::FIRST, credits("2000"));
    assert_eq!(after.lots, [december]);

    let left = roll_forward(&account, at("2025-12-24")).unwrap().archived;
    let ends: Vec<_> = left.iter().map(|past| past.ended_at).collect();
    assert_eq!(ends, [at("2025-12-01"); 2], "a lot ended at its end");
    let november = &left[1].lot;
    assert_eq!(
        (november.used, november.lapsed),
        (credits("500"), credits("1500"))
    );
}

#[test]
fn a_lot_that_is_used_up_leaves_no_posting_of_nothing() {
    let mut account = demo_account([]);
    account.lots[0].used = credits("2000");
    let expected = [
        "open free:2025-12-01",
        "granted free:2025-12-01 2000 reset",
        "archive free:2025-11-01",
    ];
    check(&account, "2025-12-05", &expected);
}

#[test]
fn missed_months_leave_one_posting_with_their_number_and_no_lots() {
    for (now, skipped, id) in [
        ("2025-12-31T23:59:59Z", None, "free:2025-12-01"),
        ("2026-01-01", Some(1), "free:2026-01-01"),
        ("2026-11-06", Some(11), "free:2026-11-01"),
        ("2045-11-06", Some(239), "free:2045-11-01"),
    ] {
        let mut expected = vec!["lapsed free:2025-11-01 1500 expiry".to_string()];
        expected.extend(skipped.map(|months| format!("skip {months}")));
        expected.push(format!("open {id}"));
        expected.push(format!("granted {id} 2000 reset"));
        expected.push("archive free:2025-11-01".to_string());
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        let after = check(&demo_account([]), now, &expected);
        assert_eq!(after.lots.len(), 1, "only the current month has a lot");
    }
}

#[test]
fn a_clock_that_lags_behind_never_runs_an_account_backwards() {
    let account = demo_account([pack("buy:a", Some("2025-11-06T14:30:00Z"))]);
    let on_time = roll_forward(&account, account.as_of).unwrap();
    for earlier in ["2025-11-06T14:29:59Z", "2025-10-31", "1900-01-01"] {
        let rolled = roll_forward(&account, at(earlier)).unwrap();
        assert_eq!(rolled.account, on_time.account);
        assert_eq!(rolled.postings, on_time.postings);
    }
    assert_eq!(on_time.account.as_of, account.as_of);
}

#[test]
fn a_closed_lot_stays_while_something_of_it_is_held_or_owed() {
    let (granted, held) = (
        (LotAmount::Granted, credits("10")),
        (LotAmount::Held, credits("4")),
    );
    let (used, clawed_back) = (
        (LotAmount::Used, credits("3")),
        (LotAmount::ClawedBack, credits("10")),
    );
    let pack = || pack("buy:a", Some("2025-11-10"));
    let holds = demo_account([holding(pack(), &[granted, held])]);
    let after = check(&holds, "2025-11-10", &["lapsed buy:a 6 expiry"]);
    assert_eq!(after.lots[1].surplus(), Ok(Credits::ZERO));
    assert_eq!(check(&after, "2025-11-30", &[]).lots, after.lots);

    let owes = demo_account([holding(pack(), &[granted, used, clawed_back])]);
    let after = check(&owes, "2025-11-10", &[]);
    let balance = Balance::of(&after, after.as_of).unwrap();
    assert_eq!(balance.debt, credits("3"), "debt outlives the lot's end");
}

#[test]
fn lots_that_end_at_one_moment_cover_what_is_owed_together() {
    let held = story("10", &[]).does(hold_for("h", "8", 300, OnExpiry::Settle));
    let owes = held.does(report("h", "16")).after(300).does(charge("0"));
    owes.stands(&["free:2025-11-01 10 0 10 0 0", "overdraft 0 0 6 0 0"]);
    let end = Some("2025-11-20");
    let given = owes
        .does(grant("buy:a", "4", end))
        .does(grant("buy:b", "4", end));
    let over = given.when("2025-11-20").does(charge("0"));
    over.left(&["buy:a 4 0 4 0 0", "buy:b 4 0 2 0 2", "overdraft 0 0 0 0 0"]);
}

#[test]
fn a_lot_without_an_end_never_lapses_and_pro_lots_do_not_reset() {
    let granted = [(LotAmount::Granted, credits("10"))];
    let for_ever = holding(pack("buy:for-ever", None), &granted);
    let long = holding(pack("buy:long", Some("2045-11-06T00:00:01Z")), &granted);
    let account = demo_account([for_ever, long]);
    for now in ["2025-12-01", "2026-06-15", "2045-11-06"] {
        let after = rolled(&account, at(now));
        let pro = |of: &CreditAccount| -> Vec<_> {
            let pro = of.lots.iter().filter(|lot| lot.terms.kind != LotKind::Free);
            pro.cloned().collect()
        };
        assert_eq!(pro(&after), pro(&account), "at {now}");
    }
    let ended = rolled(&account, at("2045-11-06T00:00:01Z"));
    assert!(ended.lot(&lot_id("buy:long")).is_none());
    assert!(
        rolled(&account, Timestamp::MAX.plus_seconds(-1))
            .lot(&lot_id("buy:for-ever"))
            .is_some()
    );
}

#[test]
fn at_most_20_lots_leave_at_once_and_nothing_shown_depends_on_when() {
    let lots = (0..45).map(|number| {
        // Later ids end earlier, so lots do not leave in order of their ids.
        let end = at("2025-11-10").plus_seconds(-number);
        let mut lot = pack(&format!("buy:{number:02}"), None);
        lot.terms.expires_at = Some(end);
        holding(
            lot,
            &[
                (LotAmount::Granted, credits("2")),
                (LotAmount::Used, credits("0.5")),
            ],
        )
    });
    let mut account = demo_account(lots);
    let now = at("2025-11-20");
    let shown = view(&account, now).unwrap();
    assert_eq!((shown.pro.remaining, shown.pro.lifetime_used), (0, 23));
    let mut left = Vec::new();
    for (leaving, staying) in [(20, 26), (20, 6), (5, 1), (0, 1)] {
        let rolled = roll_forward(&account, now).unwrap();
        assert_eq!(
            (rolled.archived.len(), rolled.account.lots.len()),
            (leaving, staying)
        );
        left.extend(rolled.archived.into_iter().map(|past| past.ended_at));
        account = rolled.account;
        assert_eq!(view(&account, now).unwrap(), shown);
    }
    assert!(left.is_sorted(), "the oldest end leaves first");
    assert_eq!(account.archived_pro_used, credits("22.5"));
}

#[test]
fn a_users_own_allocation_takes_effect_at_the_next_reset_only() {
    let mut account = demo_account([]);
    account
        .apply(&Posting::FreeTerms {
            monthly_allocation: credits("123.5"),
            reset_day_of_month: reset_day(15),
        })
        .unwrap();
    let within = check(&account, "2025-11-30T23:59:59Z", &[]);
    assert_eq!(within.lots, account.lots);
    let after = rolled(&account, at("2025-12-01"));
    let (december, terms) = (&after.lots[0], &after.lots[0].terms);
    assert_eq!(
        (december.granted, terms.monthly_allocation),
        (credits("123.5"), credits("123.5"))
    );
    // The reset falls into a period by the new anchor day.
    assert_eq!(terms.reset_day_of_month, reset_day(15));
    assert_eq!(terms.expires_at, Some(at("2025-12-15")));

    account.monthly_allocation = Credits::ZERO;
    let without = rolled(&account, at("2025-12-01"));
    assert_eq!(without.lots[0].granted, Credits::ZERO);
    assert_eq!(
        without.lots.len(),
        1,
        "a month without credits is a month too"
    );
}

#[test]
fn a_reset_day_of_31_falls_on_the_last_day_of_shorter_months() {
    let mut account = unopened();
    account.reset_day_of_month = reset_day(31);
    for (now, id, end) in [
        ("2025-01-30T23:59:59Z", "free:2024-12-31", "2025-01-31"),
        ("2025-01-31", "free:2025-01-31", "2025-02-28"),
        ("2025-02-27T23:59:59Z", "free:2025-01-31", "2025-02-28"),
        ("2025-02-28", "free:2025-02-28", "2025-03-31"),
        ("2025-03-30", "free:2025-02-28", "2025-03-31"),
        ("2025-03-31", "free:2025-03-31", "2025-04-30"),
        ("2028-02-28", "free:2028-01-31", "2028-02-29"),
        ("2028-02-29", "free:2028-02-29", "2028-03-31"),
    ] {
        account = rolled(&account, at(now));
        let terms: Vec<_> = account
            .lots
            .iter()
            .map(|lot| (&lot.terms.id, lot.terms.expires_at))
            .collect();
        assert_eq!(terms, [(&lot_id(id), Some(at(end)))], "at {now}");
    }
}

#[test]
fn an_account_rolled_every_day_or_every_hour_is_like_one_rolled_once() {
    for (anchor, step, steps) in [
        (31, 86_400, 5 * 366),
        (29, 86_400, 5 * 366),
        (1, 3_600, 24 * 100),
    ] {
        let mut account = demo_account([holding(
            pack("buy:a", Some("2026-01-15T12:00:00Z")),
            &[(LotAmount::Granted, credits("9"))],
        )]);
        account.lots.remove(0);
        account.reset_day_of_month = reset_day(anchor);
        let mut stepped = account.clone();
        for number in 1..=steps {
            stepped = rolled(&stepped, account.as_of.plus_seconds(number * step));
        }
        assert_eq!(
            stepped,
            rolled(&account, stepped.as_of),
            "anchor day {anchor}"
        );
    }
}

#[test]
fn a_changed_reset_day_neither_repeats_a_day_nor_a_lot() {
    for (old, new, last_reset, next_reset) in [
        (28, 31, "2025-03-01", "2025-03-28"),
        (30, 31, "2025-05-01", "2025-05-30"),
    ] {
        let mut account = unopened();
        account.reset_day_of_month = reset_day(old);
        let mut account = rolled(&account, at(last_reset));
        account.reset_day_of_month = reset_day(new);
        let account = rolled(&account, at(next_reset));
        let starts: Vec<Timestamp> = account.lots.iter().map(|lot| lot.terms.starts_at).collect();
        assert_eq!(starts, [at(next_reset)], "from day {old} to {new}");
    }
}

#[test]
fn even_the_last_moment_of_all_has_its_free_credits() {
    let before = rolled(&unopened(), at("9999-12-15"));
    for account in [unopened(), before] {
        let account = rolled(&account, Timestamp::MAX);
        assert_eq!(account.lots.len(), 1);
        assert_eq!(rolled(&account, Timestamp::MAX).lots, account.lots);
        let shown = super::super::view(&account, Timestamp::MAX).unwrap();
        assert_eq!(shown.free.remaining, 2000);
    }
}
