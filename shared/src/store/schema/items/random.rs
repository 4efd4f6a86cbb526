//! Random accounts and entries for property tests of items: any value the types allow,
//! whether the rules can lead to it or not.

mod schedules;
mod uses;

use proptest::prelude::*;
use proptest::test_runner::Config;

use self::schedules::{schedule_postings, schedules};
pub(crate) use self::uses::ratings;
use self::uses::usages;
use super::parts::Derived;
use crate::domain::{
    AccountPlan, AccountState, Alert, Allocation, Balance, CreditAccount, Credits, Digest, Entry,
    EntryKey, EntryKind, Erasable, Hold, HoldId, HoldPosting, HoldStatus, HoldSummary, Lot,
    LotAmount, LotId, LotKind, LotRollover, LotTerms, OnExpiry, Outcome, PastLot, Posting,
    PostingCause, ResetDay, ShownBalance, Tier, Timestamp, UserId,
};

/// No regression files in the tree: a found case belongs in a named test.
pub(crate) fn cases(cases: u32) -> Config {
    Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    }
}

pub(crate) fn user_ids() -> impl Strategy<Value = UserId> {
    // A leading letter keeps it from being "." or "..".
    "[A-Za-z][A-Za-z0-9_.:|@+-]{0,127}".prop_map(|text| text.parse().unwrap())
}

fn lot_ids() -> impl Strategy<Value = LotId> {
    "[a-z][A-Za-z0-9_.:-]{0,60}".prop_map(|text| text.parse().unwrap())
}

fn entry_keys() -> impl Strategy<Value = EntryKey> {
    let texts = prop_oneof![
        "api#[a-z]{1,20}#[A-Za-z][A-Za-z0-9_.:-]{0,63}",
        "cause#[a-z][A-Za-z0-9_.:-]{0,100}",
        "ops#[a-z][A-Za-z0-9_.:-]{0,63}",
    ];
    texts.prop_map(|text| text.parse().unwrap())
}

fn moments() -> impl Strategy<Value = Timestamp> {
    let (first, last) = (Timestamp::MIN.unix_seconds(), Timestamp::MAX.unix_seconds());
    prop_oneof![
        9 => (first..=last).prop_map(|seconds| Timestamp::from_unix_seconds(seconds).unwrap()),
        1 => prop::sample::select(vec![Timestamp::MIN, Timestamp::MAX]),
    ]
}

/// Often zero, since zero is omitted from items.
fn amounts() -> impl Strategy<Value = Credits> {
    let most = Credits::MAX_AMOUNT.milli();
    prop_oneof![3 => Just(0), 6 => 0..=most, 1 => Just(most)].prop_map(Credits::from_milli)
}

/// Small enough that the sums of an entry do not overflow.
fn deltas() -> impl Strategy<Value = Credits> {
    let most = Credits::MAX_AMOUNT.milli();
    (-most..=most).prop_map(Credits::from_milli)
}

fn reset_days() -> impl Strategy<Value = ResetDay> {
    (1..=31_u32).prop_map(|day| ResetDay::try_from(day).unwrap())
}

fn digests() -> impl Strategy<Value = Digest> {
    any::<[u8; 32]>().prop_map(Digest::from_bytes)
}

fn terms() -> impl Strategy<Value = LotTerms> {
    let kinds = prop::sample::select(vec![
        LotKind::Free,
        LotKind::Subscription,
        LotKind::Purchase,
        LotKind::Promo,
        LotKind::Overdraft,
    ]);
    let times = (moments(), prop::option::of(moments()));
    let rollover = (moments(), amounts()).prop_map(|(from, cap)| LotRollover { from, cap });
    let free = (amounts(), reset_days());
    (lot_ids(), kinds, times, free, prop::option::of(rollover)).prop_map(
        |(id, kind, (starts_at, expires_at), free, rollover)| LotTerms {
            id,
            kind,
            starts_at,
            expires_at,
            monthly_allocation: free.0,
            reset_day_of_month: free.1,
            rollover,
        },
    )
}

fn lots() -> impl Strategy<Value = Lot> {
    let five = (amounts(), amounts(), amounts(), amounts(), amounts());
    (terms(), five).prop_map(|(terms, (granted, clawed_back, used, held, lapsed))| Lot {
        terms,
        granted,
        clawed_back,
        used,
        held,
        lapsed,
    })
}

fn hold_ids() -> impl Strategy<Value = HoldId> {
    "[a-z]{1,20}#[a-z][A-Za-z0-9_.:-]{0,63}".prop_map(|text| text.parse().unwrap())
}

fn allocations() -> impl Strategy<Value = Vec<Allocation>> {
    let part = (lot_ids(), amounts()).prop_map(|(lot, amount)| Allocation { lot, amount });
    prop::collection::vec(part, 0..4)
}

fn on_expiry() -> impl Strategy<Value = OnExpiry> {
    prop::sample::select(vec![OnExpiry::Release, OnExpiry::Settle])
}

fn holds() -> impl Strategy<Value = Hold> {
    let charge = prop::option::of(amounts());
    let what = (hold_ids(), amounts(), allocations());
    let times = (prop::option::of(moments()), moments());
    (what, times, on_expiry(), amounts(), charge).prop_map(
        |((id, amount, allocation), (opened_at, expires_at), on_expiry, reported, charge)| Hold {
            id,
            amount,
            allocation,
            opened_at,
            expires_at,
            on_expiry,
            reported,
            expired_charge: charge,
        },
    )
}

fn plans() -> impl Strategy<Value = AccountPlan> {
    let tiers = prop::sample::select(vec![Tier::Free, Tier::Pro, Tier::Enterprise]);
    let times = (prop::option::of(moments()), prop::option::of(moments()));
    let standing = (any::<u32>(), any::<bool>());
    ("sub_[a-zA-Z0-9]{1,24}", tiers, standing, times).prop_map(
        |(subscription_id, tier, (rank, payment_due), (period_end, lapses_at))| AccountPlan {
            subscription_id,
            tier,
            rank,
            period_end,
            lapses_at,
            payment_due,
        },
    )
}

pub(crate) fn accounts() -> impl Strategy<Value = CreditAccount> {
    let of_user = (user_ids(), 1..=u64::MAX, moments(), any::<bool>());
    let free = (amounts(), reset_days(), amounts());
    let lots = prop::collection::vec(lots(), 0..8);
    let rest = (
        prop::collection::vec(holds(), 0..4),
        prop::collection::vec(plans(), 0..3),
        prop::collection::vec(schedules(), 0..3),
    );
    (of_user, free, lots, rest, digests()).prop_map(
        |((user_id, version, as_of, active), free, mut lots, rest, head_hash)| {
            let (mut holds, plans, mut schedules) = rest;
            let (monthly_allocation, reset_day_of_month, archived_pro_used) = free;
            let mut seen = std::collections::BTreeSet::new();
            lots.retain(|lot| seen.insert(lot.terms.id.clone()));
            let mut seen = std::collections::BTreeSet::new();
            holds.retain(|hold| seen.insert(hold.id.clone()));
            let mut seen = std::collections::BTreeSet::new();
            schedules.retain(|schedule| seen.insert(schedule.terms.id.clone()));
            CreditAccount::from_state(AccountState {
                version,
                as_of,
                active,
                erased: !active && version % 2 == 0,
                monthly_allocation,
                reset_day_of_month,
                lots,
                holds,
                schedules,
                plans,
                archived_pro_used,
                head_hash,
                ..CreditAccount::unopened(user_id).into_state()
            })
        },
    )
}

fn postings() -> impl Strategy<Value = Posting> {
    let amounts_of_lot = prop::sample::select(vec![
        LotAmount::Granted,
        LotAmount::ClawedBack,
        LotAmount::Used,
        LotAmount::Held,
        LotAmount::Lapsed,
    ]);
    let causes = prop::sample::select(vec![
        PostingCause::Opening,
        PostingCause::Reset,
        PostingCause::Expiry,
        PostingCause::Charge,
        PostingCause::Hold,
        PostingCause::Commit,
        PostingCause::Release,
        PostingCause::HoldExpiry,
        PostingCause::Grant,
        PostingCause::Clawback,
        PostingCause::Netting,
        PostingCause::Rollover,
        PostingCause::EndMoved,
        PostingCause::Adjustment,
    ]);
    prop_oneof![
        hold_postings(),
        schedule_postings(),
        prop::collection::vec(plans(), 0..3).prop_map(Posting::Plans),
        any::<bool>().prop_map(Posting::Active),
        Just(Posting::Erased),
        (lots(), moments())
            .prop_map(|(lot, ended_at)| Posting::Recalled(PastLot { lot, ended_at })),
        (amounts(), reset_days()).prop_map(|(monthly_allocation, reset_day_of_month)| {
            Posting::FreeTerms {
                monthly_allocation,
                reset_day_of_month,
            }
        }),
        terms().prop_map(Posting::Opened),
        (lot_ids(), amounts_of_lot, deltas(), causes).prop_map(|(lot, amount, delta, cause)| {
            Posting::Moved {
                lot,
                amount,
                delta,
                cause,
            }
        }),
        lot_ids().prop_map(|lot| Posting::Archived { lot }),
        (lot_ids(), moments()).prop_map(|(lot, expires_at)| Posting::EndMoved { lot, expires_at }),
        any::<u32>().prop_map(|periods| Posting::PeriodsSkipped { periods }),
    ]
}

fn hold_postings() -> impl Strategy<Value = Posting> {
    let times = (prop::option::of(moments()), moments());
    let opened = (hold_ids(), amounts(), allocations(), times, on_expiry());
    prop_oneof![
        opened.prop_map(
            |(hold, amount, allocation, (opened_at, expires_at), on_expiry)| {
                Posting::Hold(HoldPosting::Opened {
                    hold,
                    amount,
                    allocation,
                    opened_at,
                    expires_at,
                    on_expiry,
                })
            }
        ),
        (hold_ids(), moments()).prop_map(|(hold, expires_at)| Posting::Hold(
            HoldPosting::Extended { hold, expires_at }
        )),
        (hold_ids(), amounts())
            .prop_map(|(hold, amount)| Posting::Hold(HoldPosting::Reported { hold, amount })),
        (hold_ids(), amounts())
            .prop_map(|(hold, charged)| Posting::Hold(HoldPosting::Expired { hold, charged })),
        hold_ids().prop_map(|hold| Posting::Hold(HoldPosting::Closed { hold })),
    ]
}

fn outcomes() -> impl Strategy<Value = Outcome> {
    let statuses = prop::sample::select(vec![
        HoldStatus::Open,
        HoldStatus::Committed,
        HoldStatus::Released,
    ]);
    let hold = (hold_ids(), statuses, moments());
    let hold = hold.prop_map(|(id, status, expires_at)| HoldSummary {
        id,
        status,
        expires_at,
    });
    let alerts = prop::sample::subsequence(
        vec![
            Alert::Free75,
            Alert::Free90,
            Alert::Free100,
            Alert::ProLow,
            Alert::ProEmpty,
        ],
        0..=5,
    );
    let amounts = (amounts(), deltas(), deltas());
    let rating = prop::option::of(ratings());
    (amounts, prop::option::of(hold), usages(), rating, alerts).prop_map(
        |((amount, free_delta, pro_delta), hold, mut usage, rating, alerts)| {
            // A rated entry says nothing of its model and tokens but what follows.
            if let Some(rating) = &rating {
                let derived = Derived::of(Some(rating));
                usage.model_id = derived.model_id;
                usage.input_tokens = derived.input_tokens.or(usage.input_tokens);
                usage.output_tokens = derived.output_tokens.or(usage.output_tokens);
            }
            Outcome {
                amount,
                free_delta,
                pro_delta,
                hold,
                usage,
                rating,
                alerts,
            }
        },
    )
}

fn balances() -> impl Strategy<Value = (Balance, ShownBalance)> {
    let balance = (amounts(), amounts(), amounts(), amounts());
    balance.prop_map(|(free_available, pro_available, held, debt)| {
        let balance = Balance {
            free_available,
            pro_available,
            held,
            debt,
        };
        let shown = ShownBalance {
            total_available: free_available.whole_floor() + pro_available.whole_floor(),
            held: held.whole_ceil(),
            debt: debt.whole_ceil(),
        };
        (balance, shown)
    })
}

fn erasables(pattern: &'static str) -> impl Strategy<Value = Erasable> {
    (pattern, any::<[u8; 16]>()).prop_map(|(text, salt)| Erasable::new(&text, salt))
}

/// Entries with a valid hash.
pub(crate) fn entries() -> impl Strategy<Value = Entry> {
    let actor = erasables(".{0,40}");
    let label = prop::option::of(erasables(".{1,100}"));
    let kinds = prop::sample::select(EntryKind::ALL.to_vec());
    let head = (user_ids(), entry_keys(), 1..=u64::MAX, moments(), kinds);
    let postings = prop::collection::vec(postings(), 0..12);
    let hashes = (digests(), digests());
    let outcome = (outcomes(), balances());
    (head, postings, outcome, (actor, label), hashes).prop_map(
        |((user_id, key, seq, at, kind), postings, (outcome, balances), (actor, label), hashes)| {
            let (request_hash, previous_hash) = hashes;
            let (balance_after, shown_after) = balances;
            let mut entry = Entry {
                user_id,
                key,
                seq,
                kind,
                request_hash,
                postings,
                outcome,
                balance_after,
                shown_after,
                at,
                actor,
                label,
                previous_hash,
                hash: Digest::ZERO,
            };
            entry.hash = entry.compute_hash();
            entry
        },
    )
}
