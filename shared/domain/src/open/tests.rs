//! Suite: accounts that start with a balance from another system.
//!
//! A valid balance is taken over exactly; an inconsistent one is refused with a
//! reason, and nothing is guessed.

use proptest::prelude::*;

use super::super::fixtures::*;
use super::super::{CreditsOverflow, Decision, LotId, LotKind, decide, roll_forward, view};
use super::*;

const NOW: &str = "2025-11-06T14:30:00Z";

fn opening(lots: impl IntoIterator<Item = OpeningLot>) -> OpeningBalance {
    OpeningBalance {
        as_of: at(NOW),
        free: OpeningFree {
            monthly_allocation: credits("2000"),
            reset_day_of_month: ResetDay::FIRST,
            granted: None,
            used: credits("500"),
        },
        lots: lots.into_iter().collect(),
    }
}

/// A pack of 10,000 credits that never ends, half of it used.
fn bought(id: &str) -> OpeningLot {
    OpeningLot {
        id: lot_id(id),
        kind: LotKind::Purchase,
        starts_at: at("2025-10-01"),
        expires_at: None,
        granted: credits("10000"),
        used: credits("5000"),
    }
}

fn opened(opening: OpeningBalance, now: &str) -> Result<Decision, Refusal> {
    decide(&unopened(), &open_command(opening), at(now))
}

#[test]
fn the_free_balance_of_the_demo_is_taken_over_and_shown() {
    let account = opened(opening([]), NOW).unwrap().account;
    let november = at("2025-11-01");
    let mut expected = free_lot(november, ResetDay::FIRST, credits("2000"));
    expected.used = credits("500");
    assert_eq!(account.lots, [expected]);
    assert!(account.active);
    let shown = view(&account, at(NOW)).unwrap();
    assert_eq!((shown.free.remaining, shown.total_available), (1500, 1500));
}

#[test]
fn what_was_used_belongs_to_the_month_in_which_the_figures_were_true() {
    for (as_of, id) in [
        ("2025-10-31T23:59:59Z", "free:2025-10-01"),
        ("2025-11-01T00:00:00Z", "free:2025-11-01"),
    ] {
        let mut balance = opening([]);
        balance.as_of = at(as_of);
        let posted = opened(balance, NOW).unwrap().entry.postings;
        let used = posted.into_iter().find_map(|posting| match posting {
            Posting::Moved {
                lot,
                amount: LotAmount::Used,
                ..
            } => Some(lot),
            _ => None,
        });
        assert_eq!(used, Some(lot_id(id)), "figures of {as_of}");
    }
}

#[test]
fn the_pro_balance_of_the_demo_is_taken_over_and_shown() {
    let mut balance = opening([bought("buy:demo")]);
    balance.free.used = Credits::ZERO;
    let decision = opened(balance, NOW).unwrap();
    assert_eq!(decision.archived, []);
    let pro = decision.account.lot(&lot_id("buy:demo")).unwrap();
    assert_eq!((pro.granted, pro.used), (credits("10000"), credits("5000")));
    assert_eq!(pro.terms.expires_at, None);
    let shown = view(&decision.account, at(NOW)).unwrap();
    assert_eq!((shown.pro.remaining, shown.total_available), (5000, 7000));
    let later = view(&decision.account, at("2045-11-06")).unwrap();
    assert_eq!(later.total_available, 7000, "the pack never ends");
}

#[test]
fn the_entry_says_how_the_balance_came_about() {
    let id = lot_id("free:2025-11-01");
    let moved = |lot: &LotId, amount, delta, cause| Posting::Moved {
        lot: lot.clone(),
        amount,
        delta: credits(delta),
        cause,
    };
    let (granted, used) = (LotAmount::Granted, LotAmount::Used);
    let (opening_cause, pack) = (PostingCause::Opening, bought("buy:demo"));
    let decision = opened(opening([pack.clone()]), NOW).unwrap();
    let terms = |id| decision.account.lot(id).unwrap().terms.clone();
    let expected = [
        Posting::FreeTerms {
            monthly_allocation: credits("2000"),
            reset_day_of_month: ResetDay::FIRST,
        },
        Posting::Opened(terms(&id)),
        moved(&id, granted, "2000", PostingCause::Reset),
        moved(&id, used, "500", opening_cause),
        Posting::Opened(terms(&pack.id)),
        moved(&pack.id, granted, "10000", opening_cause),
        moved(&pack.id, used, "5000", opening_cause),
    ];
    assert_eq!(decision.entry.postings, expected);
}

#[track_caller]
fn check_refused(change: impl FnOnce(&mut OpeningBalance), reason: &str) {
    let mut changed = opening([bought("buy:demo")]);
    change(&mut changed);
    let refusal = opened(changed, NOW).map(|decision| decision.entry);
    let expected = Refusal::ImpossibleOpening(reason.to_string());
    assert_eq!(refusal, Err(expected));
}

#[test]
fn times_that_contradict_themselves_are_refused() {
    check_refused(
        |it| it.as_of = at("2025-11-06T14:30:01Z"),
        "2025-11-06T14:30:01Z is in the future",
    );
    for end in ["2025-10-01", "2025-09-30T23:59:59Z"] {
        check_refused(
            |it| it.lots[0].expires_at = Some(at(end)),
            "lot buy:demo ends before it starts",
        );
    }
}

#[test]
fn amounts_that_contradict_themselves_are_refused() {
    let milli = Credits::from_milli;
    let most = Credits::MAX_AMOUNT.milli();
    let too_much = milli(most + 1);
    check_refused(
        |it| it.free.used = credits("2000.001"),
        "lot free used 2000.001 of 2000",
    );
    check_refused(
        |it| it.free.used = milli(-1),
        "lot free used -0.001 of 2000",
    );
    check_refused(
        |it| it.free.monthly_allocation = milli(-1),
        "lot free was given -0.001",
    );
    check_refused(
        |it| it.free.monthly_allocation = too_much,
        "lot free was given 1000000000000.001",
    );
    check_refused(
        |it| it.lots[0].used = credits("10000.001"),
        "lot buy:demo used 10000.001 of 10000",
    );
    check_refused(
        |it| it.lots[0].used = milli(i64::MIN),
        "lot buy:demo used -9223372036854775.808 of 10000",
    );
    check_refused(
        |it| it.lots[0].granted = milli(-1),
        "lot buy:demo was given -0.001",
    );
    check_refused(
        |it| it.lots[0].granted = milli(i64::MAX),
        "lot buy:demo was given 9223372036854775.807",
    );
}

#[test]
fn lots_that_contradict_themselves_are_refused() {
    check_refused(
        |it| it.lots[0].kind = LotKind::Free,
        "lot buy:demo is of kind free",
    );
    check_refused(
        |it| it.lots.push(bought("buy:demo")),
        "the lot buy:demo is already open",
    );
    check_refused(
        |it| it.lots = (0..51).map(|it| bought(&format!("buy:{it}"))).collect(),
        "more than 50 lots",
    );
    let named_like_the_free_lot = opening([bought("free:2025-11-01")]);
    let refusal = opened(named_like_the_free_lot, NOW).map(|decision| decision.entry);
    assert!(matches!(refusal, Err(Refusal::ImpossibleOpening(_))));
}

#[test]
fn a_lot_may_not_take_the_name_of_a_free_month_nor_start_in_the_future() {
    check_refused(
        |opening| opening.lots = vec![bought("free:2025-12-01")],
        "lot free:2025-12-01 is named like a month's free lot",
    );
    check_refused(
        |opening| {
            opening.lots = vec![OpeningLot {
                starts_at: at("2027-01-01"),
                ..bought("buy:later")
            }];
        },
        "lot buy:later starts in the future",
    );
}

#[test]
fn what_was_rolled_forward_in_memory_is_not_on_record_when_an_account_opens() {
    let command = open_command(opening([]));
    let now = at("2025-12-06");
    let looked_at = roll_forward(&unopened(), now).unwrap().account;
    let from_memory = decide(&looked_at, &command, now).unwrap();
    let from_nothing = decide(&unopened(), &command, now).unwrap();
    assert_eq!(from_memory.account, from_nothing.account);
}

#[test]
fn the_most_that_is_allowed_is_taken() {
    let mut balance = opening((0..50).map(|number| OpeningLot {
        granted: Credits::MAX_AMOUNT,
        used: Credits::ZERO,
        ..bought(&format!("buy:{number}"))
    }));
    balance.free.monthly_allocation = Credits::MAX_AMOUNT;
    balance.free.used = Credits::MAX_AMOUNT;
    let account = opened(balance, NOW).unwrap().account;
    let shown = view(&account, at(NOW)).unwrap();
    assert_eq!(shown.free.remaining, 0);
    assert_eq!(shown.total_available, 50_000_000_000_000);
}

#[test]
fn an_account_with_only_a_past_is_opened_at_the_end_of_it_and_not_before() {
    let at_its_end = at(NOW);
    let mut past = unopened();
    past.record(1, at_its_end, crate::Digest::ZERO);
    let opens = |as_of| {
        let balance = OpeningBalance {
            as_of,
            ..opening([])
        };
        decide(&past, &open_command(balance), at(NOW))
    };
    assert_eq!(opens(at_its_end).unwrap().account.lots.len(), 1);
    let before = opens(at_its_end.plus_seconds(-1)).map(|decision| decision.entry);
    let problem = "2025-11-06T14:29:59Z is before the account's past";
    assert_eq!(before, Err(Refusal::ImpossibleOpening(problem.to_string())));
}

#[test]
fn a_lot_may_start_at_the_moment_of_the_figures() {
    let new = OpeningLot {
        starts_at: at(NOW),
        ..bought("buy:new")
    };
    let account = opened(opening([new]), NOW).unwrap().account;
    assert!(account.lot(&lot_id("buy:new")).is_some());
}

#[test]
fn an_account_with_a_ledger_is_not_opened_again() {
    let first = opened(opening([]), NOW).unwrap().account;
    let mut impossible = opening([]);
    impossible.free.used = credits("9999");
    // An account that is open already is refused before the figures are checked.
    for again in [opening([]), impossible] {
        for now in [NOW, "2025-11-05", "2030-01-01"] {
            let refusal = decide(&first, &open_command(again.clone()), at(now));
            assert_eq!(refusal.map(|it| it.entry), Err(Refusal::AlreadyOpen));
        }
    }
}

#[test]
fn lots_that_ended_since_the_opening_figures_are_closed_at_once() {
    let ended = |id: &str, end: &str| OpeningLot {
        expires_at: Some(at(end)),
        ..bought(id)
    };
    let balance = opening([
        ended("buy:long-before", "2025-10-15"),
        ended("buy:since", "2025-12-24"),
        ended("buy:later", "2026-01-02"),
    ]);
    let decision = opened(balance, "2026-01-01T12:00:00Z").unwrap();
    let left: Vec<_> = decision
        .archived
        .iter()
        .map(|past| (past.lot.terms.id.as_str(), past.lot.lapsed, past.ended_at))
        .collect();
    let expected = [
        ("buy:long-before", credits("5000"), at("2025-10-15")),
        ("free:2025-11-01", credits("1500"), at("2025-12-01")),
        ("buy:since", credits("5000"), at("2025-12-24")),
    ];
    assert_eq!(left, expected);
    let account = decision.account;
    let open: Vec<_> = account
        .lots
        .iter()
        .map(|lot| lot.terms.id.as_str())
        .collect();
    assert_eq!(open, ["buy:later", "free:2026-01-01"]);
    assert_eq!(account.archived_pro_used, credits("10000"));
    assert_eq!(decision.entry.seq, 1, "all of it is one entry");
    let skipped = Posting::PeriodsSkipped { periods: 1 };
    assert!(decision.entry.postings.contains(&skipped));
}

#[test]
fn more_ended_lots_than_may_leave_at_once_wait() {
    let balance = opening((0..50).map(|number| OpeningLot {
        expires_at: Some(at("2025-11-20")),
        ..bought(&format!("buy:{number}"))
    }));
    let decision = opened(balance, "2025-11-21").unwrap();
    assert_eq!(decision.archived.len(), 20);
    assert_eq!(decision.account.lots.len(), 31);
    assert_eq!(decision.entry.balance_after.pro_available, Credits::ZERO);
    let shown = view(&decision.account, at("2025-11-21")).unwrap();
    assert_eq!((shown.pro.lifetime_used, shown.lots.len()), (250_000, 1));
}

#[track_caller]
fn check_error(error: ApplyError, expected: Refusal) {
    assert_eq!(impossible(error), expected);
}

#[test]
fn a_posting_that_does_not_fit_refuses_the_command() {
    let lot: LotId = lot_id("buy:a");
    let refusal = |text: &str| Refusal::ImpossibleOpening(text.to_string());
    check_error(
        ApplyError::NoSuchLot(lot.clone()),
        refusal("there is no open lot buy:a"),
    );
    check_error(
        ApplyError::LotExists(lot.clone()),
        refusal("the lot buy:a is already open"),
    );
    let amount = "used";
    check_error(
        ApplyError::BelowZero { lot, amount },
        refusal("used of lot buy:a would fall below zero"),
    );
    check_error(
        ApplyError::Overflow(CreditsOverflow),
        Refusal::AmountsTooLarge,
    );
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn an_account_opened_late_is_like_one_opened_in_time((opening, now) in openings()) {
        let in_time = decide(&unopened(), &open_command(opening.clone()), opening.as_of).unwrap();
        let late = decide(&unopened(), &open_command(opening), now).unwrap();
        prop_assert_eq!(view(&in_time.account, now), view(&late.account, now));
        prop_assert_eq!(late.entry.at, now, "the entry says when it was written");
    }
}
