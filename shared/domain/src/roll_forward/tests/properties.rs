//! Suite: rolling forward over random accounts and times.
//!
//! The law behind all of them: the state of an account at a moment does not depend
//! on how often it was read or written before.

use crate::AccountState;
use proptest::prelude::*;

use super::super::super::fixtures::*;
use super::super::super::{Balance, LotAmount, MAX_ARCHIVED_PER_COMMIT, view};
use super::*;

/// Rolls again at the same moment until no finished lot remains.
fn settled(account: &CreditAccount, now: Timestamp) -> (CreditAccount, Vec<Posting>, Vec<PastLot>) {
    let mut rolled = roll_forward(account, now).unwrap();
    let (mut postings, mut archived) = (rolled.postings, rolled.archived.clone());
    while !rolled.archived.is_empty() {
        rolled = roll_forward(&rolled.account, now).unwrap();
        postings.extend(rolled.postings);
        archived.extend(rolled.archived.clone());
    }
    archived.retain(|past| past.lot.credit_type() == CreditType::Pro);
    for past in &mut archived {
        // A lot without an end leaves at the next roll forward; all else is the same.
        past.ended_at = past.lot.terms.expires_at.unwrap_or(Timestamp::MAX);
    }
    archived.sort_by_key(|past| past.lot.terms.id.clone());
    (rolled.account, postings, archived)
}

/// How many months the postings cover, skipped months included.
fn months(postings: &[Posting]) -> u32 {
    let months = |posting: &Posting| match posting {
        Posting::PeriodsSkipped { periods } => *periods,
        Posting::Opened(terms) if terms.kind == LotKind::Free => 1,
        _ => 0,
    };
    postings.iter().map(months).sum()
}

/// Moments to roll to: anywhere, and around the ends of the lots.
fn stops(account: &CreditAccount, waits: &[i64], end: Timestamp) -> Vec<Timestamp> {
    let ends = account.lots.iter().filter_map(|lot| lot.terms.expires_at);
    let near_ends = ends
        .zip(waits)
        .map(|(end, wait)| end.plus_seconds(wait % 2));
    let anywhere = waits.iter().map(|wait| account.as_of.plus_seconds(*wait));
    let mut stops: Vec<_> = near_ends
        .chain(anywhere)
        .filter(|stop| *stop < end)
        .collect();
    stops.sort();
    stops
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn how_often_an_account_is_rolled_on_the_way_makes_no_difference(
        account in accounts(),
        wait in waits(),
        on_the_way in prop::collection::vec(waits(), 0..12),
    ) {
        let now = account.as_of.plus_seconds(wait);
        let (once, postings, archived) = settled(&account, now);
        let (mut stepped, mut stepped_postings, mut stepped_archived) = (account.clone(), Vec::new(), Vec::new());
        for stop in stops(&account, &on_the_way, now).into_iter().chain([now]) {
            let (next, more, left) = settled(&stepped, stop);
            stepped = next;
            stepped_postings.extend(more);
            stepped_archived.extend(left);
        }
        stepped_archived.sort_by_key(|past| past.lot.terms.id.clone());
        prop_assert_eq!(stepped, once);
        prop_assert_eq!(stepped_archived, archived);
        prop_assert_eq!(months(&stepped_postings), months(&postings));
    }

    #[test]
    fn waiting_for_the_archive_on_the_way_changes_nothing_shown(account in accounts(), first in waits(), second in waits()) {
        let on_the_way = account.as_of.plus_seconds(first);
        let now = on_the_way.plus_seconds(second);
        let direct = rolled(&account, now);
        let by_stages = rolled(&rolled(&account, on_the_way), now);
        prop_assert_eq!(Balance::of(&direct, now), Balance::of(&by_stages, now));
        prop_assert_eq!(view(&direct, now), view(&by_stages, now));
        prop_assert_eq!(direct.lifetime_pro_used(), by_stages.lifetime_pro_used());
    }

    #[test]
    fn rolling_twice_is_rolling_once(account in accounts(), wait in waits()) {
        let now = account.as_of.plus_seconds(wait);
        let (once, _, _) = settled(&account, now);
        let twice = roll_forward(&once, now).unwrap();
        prop_assert_eq!(twice.account, once);
        prop_assert_eq!((twice.postings.len(), twice.archived.len()), (0, 0));
    }

    #[test]
    fn the_postings_say_all_that_happened(account in accounts(), wait in waits()) {
        let rolled = roll_forward(&account, account.as_of.plus_seconds(wait)).unwrap();
        let mut folded = untouched(&account, rolled.account.as_of);
        for posting in &rolled.postings {
            prop_assert_eq!(folded.apply(posting), Ok(()));
        }
        prop_assert_eq!(folded, rolled.account);
        prop_assert!(rolled.archived.len() <= MAX_ARCHIVED_PER_COMMIT);
    }

    #[test]
    fn damaged_amounts_are_an_error_at_worst_and_never_a_panic(
        account in accounts(),
        damages in prop::collection::vec((any::<prop::sample::Index>(), 0..5_usize, extremes()), 1..9),
        allocation in extremes(),
        wait in waits(),
    ) {
        let mut damaged = CreditAccount::from_state(AccountState { monthly_allocation: allocation, archived_pro_used: allocation, ..account.into_state() });
        for (index, which, amount) in damages {
            let amounts = [LotAmount::Granted, LotAmount::ClawedBack, LotAmount::Used, LotAmount::Held, LotAmount::Lapsed];
            *index.get_mut(&mut damaged.lots).amount_mut(amounts[which]) = amount;
        }
        let now = damaged.as_of.plus_seconds(wait);
        let _ = roll_forward(&damaged, now);
        let _ = view(&damaged, now);
        let _ = Balance::of(&damaged, now);
    }
}

fn extremes() -> impl Strategy<Value = Credits> {
    prop_oneof![
        Just(i64::MIN),
        Just(i64::MAX),
        Just(-1),
        Just(0),
        any::<i64>(),
    ]
    .prop_map(Credits::from_milli)
}
