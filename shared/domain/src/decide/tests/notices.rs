//! What an entry tells, against what has become of the account.
//!
//! The model here looks at the lots before and after, not at the postings.

use std::collections::BTreeSet;

use super::super::super::{
    CreditAccount, CreditType, Credits, Decision, EntryKind, Lot, LotId, Notice, NoticeKind,
    Posting,
};
use super::checks::same;

/// The pro credits that came in and were not clawed back.
fn net<'a>(lots: impl Iterator<Item = &'a Lot>) -> i128 {
    let milli = |credits: Credits| i128::from(credits.milli());
    lots.filter(|lot| lot.credit_type() == CreditType::Pro)
        .map(|lot| milli(lot.granted) - milli(lot.clawed_back))
        .sum()
}

fn months<'a>(lots: impl Iterator<Item = &'a Lot>) -> BTreeSet<LotId> {
    lots.filter(|lot| lot.credit_type() == CreditType::Free)
        .filter(|lot| lot.terms.monthly_allocation.is_positive())
        .map(|lot| lot.terms.id.clone())
        .collect()
}

/// Compares what the entry of a decision tells with what it did.
pub(crate) fn check_notices(before: &CreditAccount, decision: &Decision) -> Result<(), String> {
    let entry = &decision.entry;
    let notices = entry.notices().map_err(|it| it.to_string())?;
    same("has notices", &entry.has_notices(), &!notices.is_empty())?;
    let ids: BTreeSet<String> = notices.iter().map(|it| it.id(entry)).collect();
    same("ids of notices", &ids.len(), &notices.len())?;
    if let EntryKind::Open | EntryKind::PastUse | EntryKind::PastCredits = entry.kind {
        return same("notices of another system", &notices, &Vec::new());
    }

    let recalled = entry.postings.iter().filter_map(|posting| match posting {
        Posting::Recalled(past) => Some(&past.lot),
        _ => None,
    });
    let was: Vec<&Lot> = before.lots.iter().chain(recalled).collect();
    let left = decision.archived.iter().map(|past| &past.lot);
    let is: Vec<&Lot> = decision.account.lots.iter().chain(left).collect();
    let amount = |notice: &Notice| match notice {
        Notice::CreditsGranted { amount } => i128::from(amount.milli()),
        Notice::CreditsClawedBack { amount } => -i128::from(amount.milli()),
        _ => 0,
    };
    let came_in = net(is.iter().copied()) - net(was.iter().copied());
    let told: i128 = notices.iter().map(amount).sum();
    same("credits told", &told, &came_in)?;

    let known = months(was.into_iter());
    let begun: Vec<LotId> = months(is.into_iter()).difference(&known).cloned().collect();
    let reset = notices.iter().find_map(|notice| match notice {
        Notice::CreditsReset { month } => Some(month.id.clone()),
        _ => None,
    });
    same("month told", &reset.as_ref(), &begun.last())?;

    let count = |kind: NoticeKind| notices.iter().filter(|it| it.kind() == kind).count();
    let crossings = count(NoticeKind::CreditsLow) + count(NoticeKind::CreditsExhausted);
    same("crossings told", &crossings, &entry.outcome.alerts.len())?;
    let changed = usize::from(before.plans != decision.account.plans);
    same(
        "plans told",
        &count(NoticeKind::SubscriptionChanged),
        &changed,
    )
}
