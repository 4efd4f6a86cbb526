//! Suite: what holds for every decision, whatever the command.
//!
//! An account is the fold of its ledger, the ledger is a chain, and the same input
//! gives the same decision.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "an overflow in a test is a failed test"
)]

mod checks;
mod model;
mod notices;
mod orders;
mod random;
mod script;
mod sequences;
mod settings;
mod world;

use crate::AccountState;
use proptest::prelude::*;

use super::super::fixtures::*;
use super::super::{Credits, EntryKind, LotTerms, MAX_ARCHIVED_PER_COMMIT, OpeningLot, ResetDay};
use super::*;

/// The entry's postings, applied to an account that was never written.
fn folded(entry: &Entry) -> CreditAccount {
    let mut account = unopened();
    for posting in &entry.postings {
        account.apply(posting).unwrap();
    }
    account
}

fn terms(brought: &OpeningLot) -> LotTerms {
    LotTerms {
        id: brought.id.clone(),
        kind: brought.kind,
        starts_at: brought.starts_at,
        expires_at: brought.expires_at,
        monthly_allocation: Credits::ZERO,
        reset_day_of_month: ResetDay::FIRST,
        rollover: None,
    }
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn the_same_inputs_decide_the_same((opening, now) in openings()) {
        let command = open_command(opening);
        let first = decide(&unopened(), &command, now).unwrap();
        let second = decide(&unopened(), &command, now).unwrap();
        prop_assert_eq!(first.account, second.account);
        prop_assert_eq!(first.entry, second.entry);
        prop_assert_eq!(first.archived, second.archived);
    }

    #[test]
    fn the_account_is_the_fold_of_its_ledger((opening, now) in openings()) {
        let Decision { account, entry, archived, vacated } =
            decide(&unopened(), &open_command(opening), now).unwrap();
        let folded = CreditAccount::from_state(AccountState {
            // These three come from the entry itself.
            version: entry.seq,
            as_of: entry.at,
            head_hash: entry.hash,
            ..folded(&entry).into_state()
        });
        prop_assert_eq!(&folded, &account);
        prop_assert_eq!(Ok(entry.balance_after), Balance::of(&account, account.as_of));
        prop_assert!(archived.len() <= MAX_ARCHIVED_PER_COMMIT);
        prop_assert_eq!(vacated, []);
    }

    #[test]
    fn the_entry_is_the_first_link_of_the_chain((opening, now) in openings()) {
        let command = open_command(opening);
        let decision = decide(&unopened(), &command, now).unwrap();
        let entry = &decision.entry;
        prop_assert!(entry.is_authentic());
        prop_assert_eq!((entry.seq, decision.account.version), (1, 1));
        prop_assert_eq!(entry.previous_hash, Digest::ZERO);
        prop_assert_eq!(decision.account.head_hash, entry.hash);
        prop_assert_eq!((entry.at, decision.account.as_of), (now, now));
        prop_assert_eq!(&entry.user_id, &decision.account.user_id);
        prop_assert_eq!((&entry.key, entry.request_hash), (&command.key, command.request_hash));
        prop_assert_eq!((&entry.actor, entry.kind), (&command.actor, EntryKind::Open));
    }

    #[test]
    fn no_credit_is_made_or_lost((opening, now) in openings()) {
        let command = open_command(opening.clone());
        let Decision { account, archived, .. } = decide(&unopened(), &command, now).unwrap();
        for brought in &opening.lots {
            let gone = archived.iter().map(|past| &past.lot);
            let found = account.lots.iter().chain(gone).filter(|lot| lot.terms.id == brought.id);
            let found: Vec<_> = found.collect();
            prop_assert_eq!(found.len(), 1, "a lot is in one place");
            let lot = found[0];
            let left = brought.granted.minus(brought.used).unwrap();
            let ended = brought.expires_at.is_some_and(|end| end <= now);
            let (surplus, lapsed) = if ended { (Credits::ZERO, left) } else { (left, Credits::ZERO) };
            prop_assert_eq!(&lot.terms, &terms(brought));
            prop_assert_eq!((lot.granted, lot.used), (brought.granted, brought.used));
            prop_assert_eq!((lot.surplus(), lot.lapsed), (Ok(surplus), lapsed));
            prop_assert_eq!((lot.held, lot.clawed_back), (Credits::ZERO, Credits::ZERO));
        }
    }
}
