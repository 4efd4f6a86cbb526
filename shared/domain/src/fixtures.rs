//! Fixtures shared by the tests of this folder: short constructors, and random
//! accounts and opening balances for the properties.
//!
//! They are not compiled into the product.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "an overflow in a test is a failed test"
)]

mod story;

use crate::AccountState;
use proptest::prelude::*;
use proptest::test_runner::Config;

use super::{
    Action, Command, CreditAccount, Credits, Digest, Erasable, GrantSchedule, Lot, LotAmount,
    LotId, LotKind, LotRollover, LotTerms, OpeningBalance, OpeningFree, OpeningLot, Period,
    ResetDay, Rollover, ScheduleTerms, Timestamp,
};

pub(super) use story::*;

/// A day's midnight (`2025-11-06`) or a full RFC 3339 moment.
#[track_caller]
pub(super) fn at(text: &str) -> Timestamp {
    match text.len() {
        10 => format!("{text}T00:00:00Z").parse().unwrap(),
        _ => text.parse().unwrap(),
    }
}

/// A decimal number of credits.
#[track_caller]
pub(super) fn credits(text: &str) -> Credits {
    text.parse().unwrap()
}

#[track_caller]
pub(super) fn reset_day(day: u32) -> ResetDay {
    ResetDay::try_from(day).unwrap()
}

#[track_caller]
pub(super) fn lot_id(text: &str) -> LotId {
    text.parse().unwrap()
}

/// An account that was never written.
pub(super) fn unopened() -> CreditAccount {
    CreditAccount::unopened("user-1".parse().unwrap())
}

/// An empty lot; the amounts come from [`holding`].
#[track_caller]
pub(super) fn lot(id: &str, kind: LotKind, starts_at: &str, expires_at: Option<&str>) -> Lot {
    Lot::new(LotTerms {
        id: lot_id(id),
        kind,
        starts_at: at(starts_at),
        expires_at: expires_at.map(at),
        monthly_allocation: Credits::ZERO,
        reset_day_of_month: ResetDay::FIRST,
        rollover: None,
    })
}

/// A pack bought on the first of January 2025.
#[track_caller]
pub(super) fn pack(id: &str, expires_at: Option<&str>) -> Lot {
    lot(id, LotKind::Purchase, "2025-01-01", expires_at)
}

/// The free lot of the period that contains `during`, with its allocation.
pub(super) fn free_lot(during: Timestamp, reset_day: ResetDay, allocation: Credits) -> Lot {
    let period = Period::containing(during, reset_day);
    let lot = Lot::new(LotTerms {
        id: lot_id(&format!("free:{}", period.starts_at.date())),
        kind: LotKind::Free,
        starts_at: period.starts_at,
        expires_at: Some(period.ends_at),
        monthly_allocation: allocation,
        reset_day_of_month: reset_day,
        rollover: None,
    });
    holding(lot, &[(LotAmount::Granted, allocation)])
}

/// The lot with some of its five amounts set.
pub(super) fn holding(mut lot: Lot, amounts: &[(LotAmount, Credits)]) -> Lot {
    for (amount, credits) in amounts {
        *lot.amount_mut(*amount) = *credits;
    }
    lot
}

/// The account of the demo: written on 6 November 2025 at 14:30, with 500 of this
/// month's 2000 free credits used, and these other lots.
pub(super) fn demo_account(pro_lots: impl IntoIterator<Item = Lot>) -> CreditAccount {
    let as_of = at("2025-11-06T14:30:00Z");
    let free = free_lot(as_of, ResetDay::FIRST, credits("2000"));
    let free = holding(free, &[(LotAmount::Used, credits("500"))]);
    CreditAccount::from_state(AccountState {
        version: 1,
        as_of,
        lots: std::iter::once(free).chain(pro_lots).collect(),
        ..unopened().into_state()
    })
}

/// A command for an action; no rule depends on its actor or its key.
pub(super) fn command(action: Action) -> Command {
    Command {
        key: "cause#seed:opening".parse().unwrap(),
        request_hash: Digest::from_bytes([3; 32]),
        actor: Erasable::new("seeds", [7; 16]),
        label: None,
        action,
    }
}

/// The command that opens an account with `opening`.
pub(super) fn open_command(opening: OpeningBalance) -> Command {
    command(Action::Open(opening))
}

/// Few enough cases to keep the suite quick. It writes no files into the tree,
/// because a case found belongs in a test with a name.
pub(super) fn cases(cases: u32) -> Config {
    Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    }
}

const DAY: i64 = 86_400;
const YEAR: i64 = 366 * DAY;

/// A moment between 2000 and about 2040.
pub(super) fn moments() -> impl Strategy<Value = Timestamp> {
    (0..40 * YEAR).prop_map(|seconds| at("2000-01-01").plus_seconds(seconds))
}

/// Seconds into the future: mostly days or months, sometimes up to 20 years.
pub(super) fn waits() -> impl Strategy<Value = i64> {
    prop_oneof![0..3 * DAY, 0..100 * DAY, 0..20 * YEAR]
}

pub(super) fn reset_days() -> impl Strategy<Value = ResetDay> {
    // The calendar is difficult on the last days of the month.
    prop_oneof![1..=31_u32, 28..=31_u32].prop_map(reset_day)
}

/// Up to a million credits in thousandths; occasionally the maximum.
pub(super) fn amounts() -> impl Strategy<Value = Credits> {
    prop_oneof![
        8 => (0..=1_000_000_000_i64).prop_map(Credits::from_milli),
        2 => (0..=3_000_i64).prop_map(Credits::from_milli),
        1 => Just(Credits::MAX_AMOUNT),
    ]
}

/// `permille` thousandths of `whole`; all of it beyond 1000, so that fully used
/// lots are common.
fn share(whole: Credits, permille: i64) -> Credits {
    let part = i128::from(whole.milli()) * i128::from(permille.min(1000)) / 1000;
    Credits::from_milli(i64::try_from(part).unwrap())
}

fn pro_kinds() -> impl Strategy<Value = LotKind> {
    prop::sample::select(vec![
        LotKind::Subscription,
        LotKind::Purchase,
        LotKind::Promo,
    ])
}

/// A pro lot around a moment: started before it, with or without an end, which may
/// have passed; partly used, held and clawed back, so it may owe.
fn pro_lots(as_of: Timestamp) -> impl Strategy<Value = Lot> {
    let ends = prop_oneof![
        2 => Just(None),
        6 => (-30 * DAY..500 * DAY).prop_map(Some),
        // Many lots share one end, so that the archive limit is reached.
        2 => Just(Some(10 * DAY)),
    ];
    let parts = (0..1500_i64, 0..1500_i64, any::<bool>(), 0..1500_i64);
    let rollover = (-30 * DAY..100 * DAY, amounts()).prop_map(move |(seconds, cap)| LotRollover {
        from: as_of.plus_seconds(seconds),
        cap,
    });
    let rollover = prop::option::weighted(0.2, rollover);
    (
        pro_kinds(),
        0..YEAR,
        (ends, rollover),
        amounts(),
        parts,
        0..4_u8,
    )
        .prop_map(
            move |(
                kind,
                age,
                (end, rollover),
                granted,
                (used, held, holds, clawed_back),
                clawing,
            )| {
                let used = share(granted, used);
                let rest = granted.minus(used).unwrap();
                let held = if holds {
                    share(rest, held)
                } else {
                    Credits::ZERO
                };
                // Clawed-back credits may be spent already: that causes debt.
                let clawed_back = share(granted, if clawing == 0 { clawed_back } else { 0 });
                let terms = LotTerms {
                    // The account's strategy gives it an id of its own.
                    id: lot_id("buy:0"),
                    kind,
                    starts_at: as_of.plus_seconds(-age - 31 * DAY),
                    expires_at: end.map(|seconds| as_of.plus_seconds(seconds)),
                    monthly_allocation: Credits::ZERO,
                    reset_day_of_month: ResetDay::FIRST,
                    rollover,
                };
                Lot {
                    granted,
                    clawed_back,
                    used,
                    held,
                    ..Lot::new(terms)
                }
            },
        )
}

/// A schedule that a user may have around a moment: none or a few of its months
/// have passed.
fn schedules(as_of: Timestamp) -> impl Strategy<Value = GrantSchedule> {
    let rollover = (0..3_u32, amounts()).prop_map(|(months, cap)| Rollover { months, cap });
    let clawed_back = prop_oneof![Just(0), 0..=1_000_i64];
    let times = (0..31 * DAY, 0..6_u32, 1..20_u32);
    (times, amounts(), rollover, clawed_back).prop_map(
        move |((ago, next, left), total, rollover, permille)| {
            let this = as_of.plus_seconds(-ago);
            let starts_at = this.plus_seconds(-31 * DAY * i64::from(next));
            let ends_at = starts_at.plus_months(next + left);
            let terms = ScheduleTerms {
                id: lot_id("sub:a"),
                starts_at,
                ends_at,
                expires_at: ends_at.plus_seconds(3 * DAY),
                total,
                rollover,
                paid_late: None,
            };
            let wanted = by_month(&terms, share(total, permille));
            GrantSchedule {
                targets: terms.targets_from(next, &wanted),
                terms,
                next,
            }
        },
    )
}

/// An account as the rules could have left it, with up to 30 pro lots, some of
/// them in debt, some ended but not yet closed.
pub(super) fn accounts() -> impl Strategy<Value = CreditAccount> {
    let free = (amounts(), 0..1500_i64, 0..1500_i64, any::<bool>());
    (moments(), reset_days(), free, amounts(), amounts()).prop_flat_map(
        |(as_of, reset_day, (granted, used, held, holds), monthly_allocation, archived)| {
            let used = share(granted, used);
            let rest = granted.minus(used).unwrap();
            let held = if holds {
                share(rest, held)
            } else {
                Credits::ZERO
            };
            let amounts = [(LotAmount::Used, used), (LotAmount::Held, held)];
            let free = holding(free_lot(as_of, reset_day, granted), &amounts);
            let few_or_many = prop_oneof![0..6_usize, 6..30_usize];
            let lots = few_or_many
                .prop_flat_map(move |count| prop::collection::vec(pro_lots(as_of), count));
            (lots, prop::option::of(schedules(as_of))).prop_map(move |(mut lots, schedule)| {
                for (number, lot) in lots.iter_mut().enumerate() {
                    lot.terms.id = lot_id(&format!("buy:{number}"));
                }
                lots.insert(lots.len() / 2, free.clone());
                CreditAccount::from_state(AccountState {
                    version: 7,
                    as_of,
                    monthly_allocation,
                    reset_day_of_month: reset_day,
                    lots,
                    schedules: schedule.into_iter().collect(),
                    archived_pro_used: archived,
                    ..unopened().into_state()
                })
            })
        },
    )
}

/// A valid opening balance and a later moment to decide it at.
pub(super) fn openings() -> impl Strategy<Value = (OpeningBalance, Timestamp)> {
    let free = (amounts(), reset_days(), 0..1500_i64);
    let end = || prop_oneof![Just(None), (1..1000 * DAY).prop_map(Some)];
    let lot = move || (pro_kinds(), 0..2 * YEAR, end(), amounts(), 0..1500_i64);
    let lots = prop_oneof![
        3 => prop::collection::vec(lot(), 0..5_usize),
        1 => prop::collection::vec(lot(), 0..=50_usize),
    ];
    (moments(), waits(), free, lots).prop_map(|(as_of, wait, free, lots)| {
        let (monthly_allocation, reset_day_of_month, used) = free;
        let lots =
            lots.into_iter()
                .enumerate()
                .map(|(number, (kind, age, lasting, granted, used))| OpeningLot {
                    id: lot_id(&format!("buy:{number}")),
                    kind,
                    starts_at: as_of.plus_seconds(-age),
                    expires_at: lasting.map(|seconds| as_of.plus_seconds(seconds - age)),
                    granted,
                    used: share(granted, used),
                });
        let opening = OpeningBalance {
            as_of,
            free: OpeningFree {
                monthly_allocation,
                reset_day_of_month,
                granted: None,
                used: share(monthly_allocation, used),
            },
            lots: lots.collect(),
        };
        (opening, as_of.plus_seconds(wait))
    })
}
