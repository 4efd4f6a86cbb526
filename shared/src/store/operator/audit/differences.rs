//! The differences between two accounts or lots, in words, for findings. Nothing is
//! read or written here.

use crate::domain::{CreditAccount, Lot, PastLot};

/// What an account has, where its ledger leads to something else.
pub(super) fn of_accounts(
    ledger: &CreditAccount,
    last: &str,
    found: &CreditAccount,
) -> Vec<String> {
    let mut differences = Vec::new();
    let mut compare = |name: &str, expected: String, found: String| {
        if expected != found {
            differences.push(format!("{name} is {found} and by its ledger {expected}"));
        }
    };
    let both = |of: &dyn Fn(&CreditAccount) -> String| (of(ledger), of(found));
    let (expected, stands) = both(&|account| account.version.to_string());
    compare("its version", expected, stands);
    let (expected, stands) = both(&|account| account.as_of.to_string());
    compare("its as_of", expected, stands);
    let (expected, stands) = both(&|account| account.active.to_string());
    compare("its active", expected, stands);
    let (expected, stands) = both(&|account| account.erased.to_string());
    compare("its erased", expected, stands);
    let (expected, stands) = both(&|account| account.monthly_allocation.to_string());
    compare("its monthly allocation", expected, stands);
    let (expected, stands) = both(&|account| account.reset_day_of_month.day().to_string());
    compare("its reset day", expected, stands);
    let (expected, stands) = both(&|account| account.archived_pro_used.to_string());
    compare("what was used of its past lots", expected, stands);
    let (expected, stands) = both(&|account| account.head_hash.to_string());
    let name = format!("its head hash, which is of {last},");
    compare(&name, expected, stands);
    let (expected, stands) = both(&|account| format!("{:?}", account.holds));
    compare("what it holds", expected, stands);
    let (expected, stands) = both(&|account| format!("{:?}", account.schedules));
    compare("its schedules", expected, stands);
    let (expected, stands) = both(&|account| format!("{:?}", account.plans));
    compare("its plans", expected, stands);
    differences.extend(of_lots(&ledger.lots, &found.lots));
    differences
}

fn of_lots(ledger: &[Lot], found: &[Lot]) -> Vec<String> {
    let mut differences = Vec::new();
    for lot in ledger {
        let id = &lot.terms.id;
        match found.iter().find(|other| other.terms.id == *id) {
            None => differences.push(format!("its ledger has a lot {id} that it has not")),
            Some(other) if other == lot => {}
            Some(other) => differences.push(format!("its lot {id} {}", of_lot(lot, other))),
        }
    }
    for lot in found {
        let id = &lot.terms.id;
        if ledger.iter().all(|other| other.terms.id != *id) {
            differences.push(format!("it has a lot {id} that is not in its ledger"));
        }
    }
    let order = |lots: &[Lot]| {
        lots.iter()
            .map(|lot| lot.terms.id.clone())
            .collect::<Vec<_>>()
    };
    if differences.is_empty() && order(ledger) != order(found) {
        differences.push("its lots are not in the order of its ledger".into());
    }
    differences
}

fn of_lot(ledger: &Lot, found: &Lot) -> String {
    if ledger.terms != found.terms {
        let (terms, expected) = (&found.terms, &ledger.terms);
        return format!("has the terms {terms:?} and by its ledger {expected:?}");
    }
    let figures = |lot: &Lot| {
        let Lot {
            granted,
            clawed_back,
            used,
            held,
            lapsed,
            ..
        } = lot;
        format!(
            "{granted} granted, {clawed_back} clawed back, {used} used, {held} held, {lapsed} lapsed"
        )
    };
    format!(
        "has {} and by its ledger {}",
        figures(found),
        figures(ledger)
    )
}

/// What a past credit has, where its ledger archived something else.
pub(super) fn of_past(ledger: &PastLot, found: &PastLot) -> Option<String> {
    if ledger.lot != found.lot {
        return Some(format!("its lot {}", of_lot(&ledger.lot, &found.lot)));
    }
    (ledger.ended_at != found.ended_at).then(|| {
        let (ended_at, expected) = (found.ended_at, ledger.ended_at);
        format!("its end is {ended_at} and by its ledger {expected}")
    })
}
