//! The account item with accounts of every age, whole and damaged: what is written
//! reads back, and it fits the kilobyte that one write unit covers.

use aws_sdk_dynamodb::types::AttributeValue::{self, B, L, M, N, S};
use proptest::prelude::*;

use super::*;
use crate::domain::{AccountState, PaidLate, Rollover, ScheduleTargets, ScheduleTerms, TargetRun};
use crate::store::schema::items::random::{accounts, cases, user_ids};
use crate::store::schema::items::size_bytes;

fn round_trip(account: &CreditAccount) -> Result<CreditAccount, ItemError> {
    account_from_item(&account.user_id, account_to_item(account).unwrap())
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn every_account_is_read_back_as_it_was_written(account in accounts()) {
        prop_assert_eq!(round_trip(&account).unwrap(), account);
    }

    #[test]
    fn an_account_is_only_read_under_its_own_key(account in accounts(), other in user_ids()) {
        prop_assume!(other != account.user_id);
        let item = account_to_item(&account).unwrap();
        let refused = account_from_item(&other, item).unwrap_err();
        prop_assert_eq!(refused.problem(), "it carries another key");
    }

    /// Whatever attribute is lost, the account is refused or reads as one that never
    /// had it; no value is invented.
    #[test]
    fn an_account_that_lost_an_attribute_never_reads_as_another_user(
        account in accounts(),
        lost in any::<prop::sample::Index>(),
    ) {
        let mut item = account_to_item(&account).unwrap();
        let mut names: Vec<String> = item.keys().cloned().collect();
        names.sort();
        let lost = lost.get(&names);
        item.remove(lost);
        match account_from_item(&account.user_id, item) {
            Ok(read) => {
                let optional = [
                    "schema_version",
                    "active",
                    "erased",
                    "lots",
                    "holds",
                    "drips",
                    "plans",
                    "archived_pro_used_milli",
                ];
                prop_assert!(optional.contains(&lost.as_str()), "{}", lost);
                prop_assert_eq!(read.version, account.version);
            }
            Err(refused) => prop_assert!(refused.key().contains("/ACCOUNT")),
        }
    }
}

fn lot(id: &str, kind: LotKind, expires_at: Option<&str>) -> Lot {
    let amount = |milli: i64| Credits::from_milli(milli);
    Lot {
        terms: LotTerms {
            id: id.parse().unwrap(),
            kind,
            starts_at: "2025-11-06T14:30:00Z".parse().unwrap(),
            expires_at: expires_at.map(|text| text.parse().unwrap()),
            monthly_allocation: amount(if kind == LotKind::Free { 2_000_125 } else { 0 }),
            reset_day_of_month: ResetDay::FIRST,
            rollover: None,
        },
        granted: amount(10_000_125),
        clawed_back: amount(1_234_567),
        used: amount(4_999_875),
        held: amount(123_456),
        lapsed: amount(98_765),
    }
}

/// A subscriber who also bought a pack, with ids as long as Stripe's.
fn three_lots() -> CreditAccount {
    let of_27 = "123456789012345678901234567";
    let invoice = format!("sub:in_{of_27}:il_{of_27}");
    let pack = format!("buy:pi_{of_27}");
    let end = Some("2025-12-01T00:00:00Z");
    CreditAccount::from_state(AccountState {
        version: 4_711,
        as_of: "2025-11-06T14:30:00Z".parse().unwrap(),
        active: true,
        monthly_allocation: Credits::from_milli(2_000_125),
        reset_day_of_month: ResetDay::FIRST,
        lots: vec![
            lot("free:2025-11-01", LotKind::Free, end),
            lot(&invoice, LotKind::Subscription, end),
            lot(&pack, LotKind::Purchase, None),
        ],
        archived_pro_used: Credits::from_milli(123_456_789),
        head_hash: Digest::from_bytes([7; 32]),
        // The longest subject of the issuers in use: a UUID.
        ..CreditAccount::unopened("0b5e7c1d-4c2a-4a7e-9f53-2d8e6f1a3b90".parse().unwrap())
            .into_state()
    })
}

#[test]
fn three_lots_with_every_amount_fit_the_kilobyte_of_one_write_unit() {
    let size = size_bytes(&account_to_item(&three_lots()).unwrap());
    println!("an account with three lots and every amount: {size} bytes");
    assert!(size <= 1024, "{size} bytes");
    let fresh = CreditAccount::from_state(AccountState {
        version: 1,
        lots: Vec::new(),
        ..three_lots().into_state()
    });
    let fresh = size_bytes(&account_to_item(&fresh).unwrap());
    println!("the same without lots: {fresh} bytes");
    assert!(fresh <= 300, "{fresh} bytes");
}

/// Two concurrent calls, one of them holding from two lots.
#[test]
fn three_lots_and_two_holds_fit_the_kilobyte_of_one_write_unit() {
    let part = |lot: &str, milli: i64| Allocation {
        lot: lot.parse().unwrap(),
        amount: Credits::from_milli(milli),
    };
    let pack = "buy:pi_123456789012345678901234567";
    let hold = |id: &str, allocation: Vec<Allocation>| Hold {
        id: id.parse().unwrap(),
        amount: Credits::from_milli(120_000),
        allocation,
        opened_at: Some("2025-11-06T14:30:00Z".parse().unwrap()),
        expires_at: "2025-11-06T14:35:00Z".parse().unwrap(),
        on_expiry: OnExpiry::Settle,
        reported: Credits::ZERO,
        expired_charge: None,
    };
    let mut account = three_lots().into_state();
    // A lot in use has granted, used and held; other amounts are exceptions.
    for lot in &mut account.lots {
        (lot.clawed_back, lot.lapsed) = (Credits::ZERO, Credits::ZERO);
        if lot.terms.kind == LotKind::Free {
            lot.granted = lot.terms.monthly_allocation;
        }
    }
    account.holds = vec![
        hold(
            "inference-service#0b5e7c1d-4c2a-4a7e-9f53-2d8e6f1a3b91",
            vec![part("free:2025-11-01", 20_000), part(pack, 100_000)],
        ),
        hold(
            "inference-service#0b5e7c1d-4c2a-4a7e-9f53-2d8e6f1a3b92",
            vec![part(pack, 120_000)],
        ),
    ];
    let size = size_bytes(&account_to_item(&CreditAccount::from_state(account.clone())).unwrap());
    println!("an account with three lots and two holds: {size} bytes");
    assert!(size <= 1024, "{size} bytes");
}

/// A schedule with ids as long as Stripe's, of which nothing is clawed back.
fn schedule() -> GrantSchedule {
    let of_27 = "123456789012345678901234567";
    let starts_at: Timestamp = "2025-11-06T14:30:00Z".parse().unwrap();
    GrantSchedule {
        terms: ScheduleTerms {
            id: format!("sub:in_{of_27}:il_{of_27}").parse().unwrap(),
            starts_at,
            ends_at: starts_at.plus_months(12),
            expires_at: starts_at.plus_months(12).plus_seconds(3 * 86_400),
            total: Credits::from_milli(120_000_000),
            rollover: Rollover::default(),
            paid_late: None,
        },
        targets: ScheduleTargets::default(),
        next: 3,
    }
}

fn targets(runs: &[(u32, i64)]) -> ScheduleTargets {
    let run = |(from, milli): &(u32, i64)| TargetRun {
        from: *from,
        each: Credits::from_milli(*milli),
    };
    ScheduleTargets::from_runs(runs.iter().map(run).collect())
}

#[test]
fn a_schedule_takes_few_bytes_and_none_takes_none() {
    let mut account = three_lots().into_state();
    let item = account_to_item(&CreditAccount::from_state(account.clone())).unwrap();
    assert!(!item.contains_key("drips"));
    let without = size_bytes(&item);
    account.schedules = vec![schedule()];
    let with = size_bytes(&account_to_item(&CreditAccount::from_state(account.clone())).unwrap());
    println!("a schedule: {} bytes", with - without);
    assert!(with - without <= 144, "{} bytes", with - without);
    assert_eq!(
        round_trip(&CreditAccount::from_state(account.clone()))
            .unwrap()
            .into_state(),
        account
    );
    // All of it clawed back, and paid late: little more.
    let schedule = &mut account.schedules[0];
    schedule.targets = schedule.terms.targets_from(3, &[Credits::MAX_AMOUNT; 12]);
    schedule.terms.paid_late = Some(PaidLate {
        paid_at: schedule.terms.starts_at,
        spend_until: schedule.terms.ends_at,
    });
    let all = size_bytes(&account_to_item(&CreditAccount::from_state(account.clone())).unwrap());
    println!("clawed back and late: {} bytes more", all - with);
    assert!(all - with <= 64, "{} bytes more", all - with);
    assert_eq!(
        round_trip(&CreditAccount::from_state(account.clone()))
            .unwrap()
            .into_state(),
        account
    );
}

#[test]
fn amounts_of_zero_and_absent_ends_take_no_room() {
    let mut account = three_lots().into_state();
    for lot in &mut account.lots {
        let terms = lot.terms.clone();
        *lot = Lot::new(terms);
    }
    account.archived_pro_used = Credits::ZERO;
    let item = account_to_item(&CreditAccount::from_state(account.clone())).unwrap();
    assert!(!item.contains_key("archived_pro_used_milli"));
    let Some(L(lots)) = item.get("lots") else {
        panic!("{item:?}");
    };
    let M(pack) = &lots[2] else {
        panic!("{lots:?}");
    };
    let mut names: Vec<&str> = pack.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["id", "kind", "starts_at"]);
    assert_eq!(
        round_trip(&CreditAccount::from_state(account.clone()))
            .unwrap()
            .into_state(),
        account
    );
}

#[test]
fn an_account_item_says_what_it_is_and_in_which_units() {
    let item = account_to_item(&three_lots()).unwrap();
    let text = |value: &str| Some(S(value.to_string()));
    let pk = "USER#0b5e7c1d-4c2a-4a7e-9f53-2d8e6f1a3b90";
    for (name, value) in [
        ("pk", text(pk)),
        ("sk", text("ACCOUNT")),
        ("entity", text("Account")),
        ("schema_version", Some(N("1".into()))),
        ("version", Some(N("4711".into()))),
        ("as_of", text("2025-11-06T14:30:00Z")),
        ("active", Some(AttributeValue::Bool(true))),
        ("monthly_allocation_milli", Some(N("2000125".into()))),
        ("reset_day_of_month", Some(N("1".into()))),
        ("archived_pro_used_milli", Some(N("123456789".into()))),
    ] {
        assert_eq!(item.get(name), value.as_ref(), "{name}");
    }
    assert!(matches!(item.get("head_hash"), Some(B(hash)) if hash.as_ref().len() == 32));
    assert_eq!(item.len(), 12);
}

/// A change that is refused, with a part of the expected problem.
#[track_caller]
fn check(change: impl FnOnce(&mut AccountState), problem: &str) {
    let mut account = three_lots().into_state();
    change(&mut account);
    let refused = round_trip(&CreditAccount::from_state(account)).unwrap_err();
    assert!(refused.problem().contains(problem), "{refused}");
    assert!(refused.key().starts_with("credits USER#"), "{refused}");
}

#[test]
fn what_no_posting_can_have_led_to_is_refused() {
    let negative = Credits::from_milli(-1);
    check(|account| account.version = 0, "its version is 0");
    check(
        |account| account.monthly_allocation = negative,
        "a negative amount",
    );
    check(
        |account| account.archived_pro_used = negative,
        "a negative amount",
    );
    check(
        |account| account.lots[0].terms.monthly_allocation = negative,
        "has a negative amount",
    );
    check(
        |account| account.lots[0].granted = negative,
        "has a negative amount",
    );
    check(
        |account| account.lots[1].clawed_back = negative,
        "has a negative amount",
    );
    check(
        |account| account.lots[2].used = negative,
        "has a negative amount",
    );
    check(
        |account| account.lots[0].held = negative,
        "has a negative amount",
    );
    check(
        |account| account.lots[1].lapsed = negative,
        "has a negative amount",
    );
    check(
        |account| account.lots[2] = account.lots[0].clone(),
        "there twice",
    );
    let beyond = Credits::MAX_AMOUNT.plus(Credits::from_milli(1)).unwrap();
    check(|account| account.lots[1].granted = beyond, "above 10^12");
}

#[test]
fn a_schedule_that_no_posting_can_have_led_to_is_refused() {
    let with_schedule = |change: fn(&mut GrantSchedule)| {
        move |account: &mut AccountState| {
            account.schedules = vec![schedule()];
            change(&mut account.schedules[0]);
        }
    };
    let amount = "an impossible amount";
    check(
        with_schedule(|it| it.terms.total = Credits::from_milli(1_000_000_000_000_001)),
        amount,
    );
    check(
        with_schedule(|it| it.terms.rollover.cap = Credits::from_milli(-1)),
        amount,
    );
    let impossible = "impossible targets";
    // Each month has a part of 10 million, and months 0 to 2 have begun.
    check(
        with_schedule(|it| it.targets = targets(&[(3, -1)])),
        impossible,
    );
    check(
        with_schedule(|it| it.targets = targets(&[(3, 10_000_001)])),
        impossible,
    );
    check(
        with_schedule(|it| it.targets = targets(&[(2, 1)])),
        impossible,
    );
    check(
        with_schedule(|it| it.targets = targets(&[(12, 1)])),
        impossible,
    );
    check(
        with_schedule(|it| it.targets = targets(&[(4, 0)])),
        impossible,
    );
    check(
        with_schedule(|it| it.targets = targets(&[(3, 1), (5, 1)])),
        impossible,
    );
    check(
        with_schedule(|it| it.targets = targets(&[(5, 1), (3, 2)])),
        impossible,
    );
    check(
        with_schedule(|it| {
            it.terms.paid_late = Some(PaidLate {
                paid_at: it.terms.ends_at,
                spend_until: it.terms.starts_at,
            });
        }),
        "until before it was paid",
    );
    check(with_schedule(|it| it.next = 12), "no month to come");
    check(
        with_schedule(|it| it.terms.ends_at = it.terms.starts_at),
        "no month to come",
    );
    check(
        |account| account.schedules = vec![schedule(), schedule()],
        "a schedule is there twice",
    );
}
