//! The comparisons after every accepted command.
//!
//! Each check sees one decision and the model's result.

use std::fmt::Debug;
use std::rc::Rc;

use super::super::super::{
    Allocation, Balance, Command, CreditAccount, Credits, CreditsView, Decision, Entry, LotAmount,
    LotView, OnExpiry, Posting, SchedulePosting, ShownBalance, view,
};
use super::model::{Answer, Hold, Model, ShownPot};

pub(crate) fn same<T: PartialEq + Debug>(what: &str, got: &T, expected: &T) -> Result<(), String> {
    if got == expected {
        return Ok(());
    }
    Err(format!("{what}\n     got {got:?}\nexpected {expected:?}"))
}

fn milli(credits: Credits) -> i128 {
    i128::from(credits.milli())
}

/// The totals of the schedules that an entry grants.
fn scheduled(entry: &Entry) -> i128 {
    let totals = entry.postings.iter().map(|posting| match posting {
        Posting::Schedule(SchedulePosting::Opened(terms)) => milli(terms.total),
        _ => 0,
    });
    totals.sum()
}

/// What months of schedules grant in an entry; the scripts' schedules are called `sub:…`.
fn begun(entry: &Entry) -> i128 {
    let parts = entry.postings.iter().map(|posting| match posting {
        Posting::Moved {
            lot,
            amount: LotAmount::Granted,
            delta,
            cause: _,
        } if lot.as_str().starts_with("sub:") => milli(*delta),
        _ => 0,
    });
    parts.sum()
}

pub(crate) fn check_entry(
    before: &CreditAccount,
    decision: &Decision,
    command: &Command,
    answer: &Answer,
) -> Result<(), String> {
    let Decision { account, entry, .. } = decision;
    same("seq", &entry.seq, &(before.version + 1))?;
    same("version", &account.version, &entry.seq)?;
    same("previous hash", &entry.previous_hash, &before.head_hash)?;
    same("head hash", &account.head_hash, &entry.hash)?;
    same("time", &entry.at, &account.as_of)?;
    same("kind", &entry.kind, &command.action.kind())?;
    if entry.seq.is_multiple_of(32) {
        same("authentic", &entry.is_authentic(), &true)?;
    }
    let outcome = &entry.outcome;
    let hold = outcome.hold.as_ref();
    let (used, in_all) = match (entry.used_by_command(), entry.used_in_all()) {
        (Ok((free, pro)), Ok(in_all)) => ((milli(free), milli(pro)), milli(in_all)),
        _ => return Err("used credits overflow".to_string()),
    };
    let got = Answer {
        amount: milli(outcome.amount),
        used,
        settled: in_all - used.0 - used.1,
        scheduled: scheduled(entry),
        begun: begun(entry),
        free_delta: milli(outcome.free_delta),
        pro_delta: milli(outcome.pro_delta),
        hold: hold.map(|it| (it.id.to_string(), it.status, it.expires_at.unix_seconds())),
        alerts: outcome.alerts.clone(),
    };
    same("outcome", &got, answer)?;
    if entry.kind.as_str() == "charge" {
        same(
            "a charge's deltas",
            &(-got.free_delta, -got.pro_delta),
            &used,
        )?;
        same("a charge's use", &(used.0 + used.1), &got.amount)?;
    }
    Ok(())
}

fn check_schedules(account: &CreditAccount, model: &Model) -> Result<(), String> {
    if let Some(schedule) = account
        .schedules
        .iter()
        .find(|schedule| !schedule.is_canonical())
    {
        return Err(format!("not in the canonical form: {schedule:?}"));
    }
    let schedules = account.schedules.iter().map(|schedule| {
        let next = usize::try_from(schedule.next).unwrap();
        let months = (0..).zip(schedule.terms.months()).skip(next);
        let targets = months.map(|(number, it)| milli(schedule.targets.target(number, it.granted)));
        (
            schedule.terms.id.as_str(),
            next,
            targets.collect::<Vec<_>>(),
        )
    });
    let schedules: Vec<_> = schedules.collect();
    let expected = model.schedules.iter();
    let mut expected: Vec<_> = expected
        .map(|schedule| {
            (
                &*schedule.id,
                schedule.next,
                schedule.targets[schedule.next..].to_vec(),
            )
        })
        .collect();
    expected.sort_unstable();
    same("schedules", &schedules, &expected)
}

fn check_holds(account: &CreditAccount, model: &Model) -> Result<(), String> {
    let part = |(got, expected): (&Allocation, &(Rc<str>, i128))| {
        *got.lot.as_str() == *expected.0 && milli(got.amount) == expected.1
    };
    let agrees = |(got, expected): (&super::super::super::Hold, &Hold)| {
        *got.id.client.as_str() == *expected.client
            && *got.id.key.as_str() == *expected.key
            && got.allocation.len() == expected.parts.len()
            && got.allocation.iter().zip(&expected.parts).all(part)
            && (got.on_expiry == OnExpiry::Settle) == expected.settles
            && got.expires_at.unix_seconds() == expected.ends
            && [milli(got.amount), milli(got.reported)] == [expected.amount, expected.reported]
            && got.expired_charge.map(milli) == expected.charged
    };
    let (got, expected) = (&account.holds, &model.holds);
    if got.len() == expected.len() && got.iter().zip(expected).all(agrees) {
        return Ok(());
    }
    Err(format!("holds\n     got {got:?}\nexpected {expected:?}"))
}

/// The account's other fields, its balance and its view.
pub(crate) fn check_shown(decision: &Decision, model: &Model) -> Result<(), String> {
    let Decision { account, entry, .. } = decision;
    check_holds(account, model)?;
    check_schedules(account, model)?;
    same("plans", &account.plans, &model.plans)?;
    same("active", &account.active, &model.active)?;
    same("erased", &account.erased, &model.erased)?;
    let terms = (
        milli(account.monthly_allocation),
        account.reset_day_of_month.day(),
    );
    same("terms", &terms, &(model.allocation, model.anchor))?;
    same("as of", &Some(account.as_of.unix_seconds()), &model.now)?;
    same(
        "past use",
        &milli(account.archived_pro_used),
        &model.past_used,
    )?;

    let Balance {
        free_available,
        pro_available,
        held,
        debt,
    } = entry.balance_after;
    let totals = (milli(free_available), milli(pro_available), milli(debt));
    same("balance", &totals, &model.totals())?;
    let model_held = model.pots.iter().map(|pot| pot.held).sum();
    same("balance held", &milli(held), &model_held)?;

    let shown = view(account, account.as_of).map_err(|it| it.to_string())?;
    same("shown version", &shown.version, &entry.seq)?;
    let after = ShownBalance {
        total_available: shown.total_available,
        held: shown.held,
        debt: shown.debt,
    };
    same("shown afterwards", &entry.shown_after, &after)?;
    same_view(&shown, model)
}

/// Compares a view with the model, and checks what must hold for any view.
pub(crate) fn same_view(shown: &CreditsView, model: &Model) -> Result<(), String> {
    let expected = model.shown();
    let (free, pro) = (&shown.free, &shown.pro);
    let free = [
        free.remaining,
        free.used,
        free.held,
        free.monthly_allocation,
    ];
    let pro = [
        pro.remaining,
        pro.lifetime_used,
        pro.held,
        pro.purchased_total,
    ];
    same("free figures", &free.map(i128::from), &expected.free)?;
    same("pro figures", &pro.map(i128::from), &expected.pro)?;
    same("debt", &i128::from(shown.debt), &expected.debt)?;
    same(
        "reset",
        &shown.free.reset_at.unix_seconds(),
        &expected.reset,
    )?;
    let agrees = |(got, expected): (&LotView, &ShownPot)| {
        let end = got.expires_at.map(|end| end.unix_seconds());
        *got.id.as_str() == *expected.0
            && (got.kind, i128::from(got.remaining), end) == (expected.1, expected.2, expected.3)
    };
    let (lots, others) = (&shown.lots, &expected.lots);
    if lots.len() != others.len() || !lots.iter().zip(others).all(agrees) {
        return Err(format!(
            "shown lots\n     got {lots:?}\nexpected {others:?}"
        ));
    }
    for figures in [free, pro] {
        if figures.iter().any(|figure| *figure < 0) {
            return Err(format!("less than nothing is shown: {shown:?}"));
        }
        same(
            "sum shown",
            &(figures[0] + figures[1] + figures[2]),
            &figures[3],
        )?;
    }
    same("held shown", &shown.held, &(free[2] + pro[2]))?;
    same("total shown", &shown.total_available, &(free[0] + pro[0]))?;
    if shown.debt < 0 || (shown.debt > 0 && pro[0] > 0) {
        return Err(format!("debt beside credits: {shown:?}"));
    }
    Ok(())
}
