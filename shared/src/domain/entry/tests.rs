//! Suite: no change to an entry goes unnoticed.
//!
//! The tables are complete by construction: every struct and every posting is
//! taken apart without `..`, so a new field does not compile until it has a case.

use super::super::fixtures::*;
use super::super::{Credits, LotAmount, LotKind, PostingCause, ResetDay};
use super::*;

/// An entry with every kind of posting, an end that is there and one that is not.
fn entry() -> Entry {
    let mut entry = Entry {
        user_id: "user-1".parse().unwrap(),
        key: "api#client-1#key-1".parse().unwrap(),
        seq: 7,
        kind: EntryKind::Open,
        request_hash: Digest::from_bytes([1; 32]),
        postings: vec![
            Posting::FreeTerms {
                monthly_allocation: credits("2000"),
                reset_day_of_month: ResetDay::FIRST,
            },
            Posting::Opened(pack("buy:a", Some("2026-01-01")).terms),
            Posting::Opened(pack("buy:b", None).terms),
            Posting::Moved {
                lot: lot_id("buy:a"),
                amount: LotAmount::Granted,
                delta: credits("10.5"),
                cause: PostingCause::Opening,
            },
            Posting::Archived {
                lot: lot_id("buy:c"),
            },
            Posting::PeriodsSkipped { periods: 3 },
        ],
        balance_after: Balance {
            free_available: credits("1500"),
            pro_available: credits("10.5"),
            held: credits("1"),
            debt: credits("2"),
        },
        at: at("2025-11-06T14:30:00Z"),
        actor: Erasable::new("somebody", [7; 16]),
        previous_hash: Digest::from_bytes([2; 32]),
        hash: Digest::ZERO,
    };
    entry.hash = entry.compute_hash();
    entry
}

#[track_caller]
fn check(what: &str, change: impl FnOnce(&mut Entry)) {
    let mut changed = entry();
    assert!(changed.is_authentic());
    change(&mut changed);
    assert_ne!(changed, entry(), "{what}: the case changes nothing");
    assert!(!changed.is_authentic(), "{what} goes unnoticed");
}

#[test]
fn every_change_of_a_field_shows() {
    let Entry {
        user_id: _,
        key: _,
        seq: _,
        kind: _, // There is no other kind to change it to yet.
        request_hash: _,
        postings: _, // These have tests of their own.
        balance_after:
            Balance {
                free_available: _,
                pro_available: _,
                held: _,
                debt: _,
            },
        at: _,
        actor: _,
        previous_hash: _,
        hash: _,
    } = entry();
    let other = Digest::from_bytes([9; 32]);
    let key = |text: &str| text.parse::<EntryKey>().unwrap();
    check("user", |it| it.user_id = "user-2".parse().unwrap());
    check("key", |it| it.key = key("api#client-1#key-2"));
    check("client", |it| it.key = key("api#client-2#key-1"));
    check("cause", |it| it.key = key("cause#key-1"));
    check("ops", |it| it.key = key("ops#key-1"));
    check("seq", |it| it.seq = 8);
    check("request hash", |it| it.request_hash = other);
    check("free", |it| it.balance_after.free_available = Credits::ZERO);
    check("pro", |it| it.balance_after.pro_available = Credits::ZERO);
    check("held", |it| it.balance_after.held = Credits::ZERO);
    check("debt", |it| it.balance_after.debt = Credits::ZERO);
    check("time", |it| it.at = it.at.plus_seconds(1));
    check("actor", |it| it.actor = Erasable::new("nobody", [7; 16]));
    check("salt", |it| it.actor = Erasable::new("somebody", [8; 16]));
    check("actor's digest", |it| it.actor.digest = other);
    check("previous hash", |it| it.previous_hash = other);
    check("hash", |it| it.hash = other);
}

#[test]
fn an_erased_actor_leaves_an_entry_authentic_and_another_name_does_not() {
    let mut erased = entry();
    erased.actor.text = None;
    assert!(erased.is_authentic());
    assert_eq!(erased.compute_hash(), entry().hash);
    let written_in = |text: &str, salt| Some((text.to_string(), [salt; 16]));
    check("name", |it| it.actor.text = written_in("nobody", 7));
    check("salt of the name", |it| {
        it.actor.text = written_in("somebody", 8);
    });
    check("the digest of an erased actor", |it| {
        it.actor = Erasable::new("nobody", [7; 16]);
        it.actor.text = None;
    });
}

fn other_than<T: Copy + PartialEq>(all: &[T], one: T) -> Vec<T> {
    all.iter().copied().filter(|it| *it != one).collect()
}

/// The terms with one field changed, for every field and every other value of
/// those that have few.
fn changed_terms(terms: &LotTerms) -> Vec<LotTerms> {
    let LotTerms {
        id: _,
        kind,
        starts_at,
        expires_at,
        monthly_allocation: _,
        reset_day_of_month: _,
    } = terms;
    let kinds = [
        LotKind::Free,
        LotKind::Subscription,
        LotKind::Purchase,
        LotKind::Promo,
    ];
    let with = |change: &dyn Fn(&mut LotTerms)| {
        let mut changed = terms.clone();
        change(&mut changed);
        changed
    };
    let ends = match expires_at {
        Some(end) => [None, Some(end.plus_seconds(1))],
        None => [Some(Timestamp::MAX), Some(*starts_at)],
    };
    let mut all = vec![
        with(&|it| it.id = lot_id("buy:other")),
        with(&|it| it.starts_at = it.starts_at.plus_seconds(-1)),
        with(&|it| it.monthly_allocation = credits("0.001")),
        with(&|it| it.reset_day_of_month = reset_day(2)),
    ];
    all.extend(ends.map(|end| with(&|it| it.expires_at = end)));
    let kinds = other_than(&kinds, *kind);
    all.extend(kinds.into_iter().map(|kind| with(&|it| it.kind = kind)));
    all
}

/// The move with one field changed, for every field.
fn changed_move(
    lot: &super::super::LotId,
    amount: LotAmount,
    delta: Credits,
    cause: PostingCause,
) -> Vec<Posting> {
    let moved = |lot: &str, amount, delta, cause| Posting::Moved {
        lot: lot_id(lot),
        amount,
        delta,
        cause,
    };
    let amounts = [
        LotAmount::Granted,
        LotAmount::Clawed,
        LotAmount::Used,
        LotAmount::Held,
        LotAmount::Lapsed,
    ];
    let causes = [
        PostingCause::Opening,
        PostingCause::Reset,
        PostingCause::Expiry,
    ];
    let id = lot.as_str();
    let mut all = vec![
        moved("buy:other", amount, delta, cause),
        moved(id, amount, delta.negated().unwrap(), cause),
        moved(id, amount, delta.plus(credits("0.001")).unwrap(), cause),
    ];
    let amounts = other_than(&amounts, amount);
    all.extend(amounts.into_iter().map(|it| moved(id, it, delta, cause)));
    let causes = other_than(&causes, cause);
    all.extend(causes.into_iter().map(|it| moved(id, amount, delta, it)));
    all
}

/// The posting with one field changed, for every field of every kind.
fn changed(posting: &Posting) -> Vec<Posting> {
    match posting {
        Posting::FreeTerms {
            monthly_allocation,
            reset_day_of_month,
        } => vec![
            Posting::FreeTerms {
                monthly_allocation: Credits::ZERO,
                reset_day_of_month: *reset_day_of_month,
            },
            Posting::FreeTerms {
                monthly_allocation: *monthly_allocation,
                reset_day_of_month: reset_day(31),
            },
        ],
        Posting::Opened(terms) => {
            let terms = changed_terms(terms).into_iter();
            terms.map(Posting::Opened).collect()
        }
        Posting::Moved {
            lot,
            amount,
            delta,
            cause,
        } => changed_move(lot, *amount, *delta, *cause),
        Posting::Archived { lot: _ } => vec![Posting::Archived {
            lot: lot_id("buy:other"),
        }],
        Posting::PeriodsSkipped { periods: _ } => vec![Posting::PeriodsSkipped { periods: 4 }],
    }
}

#[test]
fn every_change_of_a_posting_shows() {
    let postings = entry().postings;
    for (index, posting) in postings.iter().enumerate() {
        for changed in changed(posting) {
            check(&format!("{changed:?}"), |it| it.postings[index] = changed);
        }
        for another in postings.iter().filter(|another| *another != posting) {
            check("another posting in its place", |it| {
                it.postings[index] = another.clone();
            });
        }
    }
}

#[test]
fn a_posting_left_out_put_in_or_moved_shows() {
    let count = entry().postings.len();
    for index in 0..count {
        check("left out", |it| drop(it.postings.remove(index)));
        check("put in twice", |it| {
            let again = it.postings[index].clone();
            it.postings.insert(index, again);
        });
        for other in (0..count).filter(|other| *other != index) {
            check("swapped", |it| it.postings.swap(index, other));
        }
    }
    check("emptied", |it| it.postings.clear());
}

/// The canonical form is for ever: ledgers that were written with it must
/// verify with every later build. The digest was computed by another program
/// from the description of the form.
#[test]
fn the_canonical_form_never_changes() {
    assert_eq!(
        entry().hash.to_string(),
        "d10b3fa80f039ce4108f8babddf97d323f40a5e95da325ead0c323dc3fb307d4"
    );
}
