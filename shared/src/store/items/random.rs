//! Random accounts and entries for the properties of items: any value the
//! types allow, whether the rules could lead to it or not.

use proptest::prelude::*;
use proptest::test_runner::Config;

use crate::domain::{
    Balance, CreditAccount, Credits, Digest, Entry, EntryKey, EntryKind, Erasable, Lot, LotAmount,
    LotId, LotKind, LotTerms, Posting, PostingCause, ResetDay, Timestamp, UserId,
};

/// No files left in the tree: a found case belongs in a test with a name.
pub(crate) fn cases(cases: u32) -> Config {
    Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    }
}

pub(crate) fn user_ids() -> impl Strategy<Value = UserId> {
    // A letter in front keeps it from being "." or "..".
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

/// Zero often, as it is left out of items.
fn amounts() -> impl Strategy<Value = Credits> {
    let most = Credits::MAX_AMOUNT.milli();
    prop_oneof![3 => Just(0), 6 => 0..=most, 1 => Just(most)].prop_map(Credits::from_milli)
}

fn deltas() -> impl Strategy<Value = Credits> {
    any::<i64>().prop_map(Credits::from_milli)
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
    ]);
    let times = (moments(), prop::option::of(moments()));
    (lot_ids(), kinds, times, amounts(), reset_days()).prop_map(
        |(id, kind, (starts_at, expires_at), monthly_allocation, reset_day_of_month)| LotTerms {
            id,
            kind,
            starts_at,
            expires_at,
            monthly_allocation,
            reset_day_of_month,
        },
    )
}

fn lots() -> impl Strategy<Value = Lot> {
    let five = (amounts(), amounts(), amounts(), amounts(), amounts());
    (terms(), five).prop_map(|(terms, (granted, clawed, used, held, lapsed))| Lot {
        terms,
        granted,
        clawed,
        used,
        held,
        lapsed,
    })
}

pub(crate) fn accounts() -> impl Strategy<Value = CreditAccount> {
    let of_user = (user_ids(), 1..=u64::MAX, moments(), any::<bool>());
    let free = (amounts(), reset_days(), amounts());
    let lots = prop::collection::vec(lots(), 0..8);
    (of_user, free, lots, digests()).prop_map(
        |((user_id, version, as_of, active), free, mut lots, head_hash)| {
            let (monthly_allocation, reset_day_of_month, archived_pro_used) = free;
            let mut seen = std::collections::BTreeSet::new();
            lots.retain(|lot| seen.insert(lot.terms.id.clone()));
            CreditAccount {
                version,
                as_of,
                active,
                monthly_allocation,
                reset_day_of_month,
                lots,
                archived_pro_used,
                head_hash,
                ..CreditAccount::unopened(user_id)
            }
        },
    )
}

fn postings() -> impl Strategy<Value = Posting> {
    let amounts_of_lot = prop::sample::select(vec![
        LotAmount::Granted,
        LotAmount::Clawed,
        LotAmount::Used,
        LotAmount::Held,
        LotAmount::Lapsed,
    ]);
    let causes = prop::sample::select(vec![
        PostingCause::Opening,
        PostingCause::Reset,
        PostingCause::Expiry,
    ]);
    prop_oneof![
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
        any::<u32>().prop_map(|periods| Posting::PeriodsSkipped { periods }),
    ]
}

/// Entries whose hash holds.
pub(crate) fn entries() -> impl Strategy<Value = Entry> {
    let balance = (amounts(), amounts(), amounts(), amounts());
    let balance = balance.prop_map(|(free_available, pro_available, held, debt)| Balance {
        free_available,
        pro_available,
        held,
        debt,
    });
    let actor = (".{0,40}", any::<[u8; 16]>());
    let actor = actor.prop_map(|(text, salt)| Erasable::new(&text, salt));
    let head = (user_ids(), entry_keys(), 1..=u64::MAX, moments());
    let postings = prop::collection::vec(postings(), 0..12);
    let hashes = (digests(), digests());
    (head, postings, balance, actor, hashes).prop_map(
        |((user_id, key, seq, at), postings, balance_after, actor, hashes)| {
            let (request_hash, previous_hash) = hashes;
            let mut entry = Entry {
                user_id,
                key,
                seq,
                kind: EntryKind::Open,
                request_hash,
                postings,
                balance_after,
                at,
                actor,
                previous_hash,
                hash: Digest::ZERO,
            };
            entry.hash = entry.compute_hash();
            entry
        },
    )
}
