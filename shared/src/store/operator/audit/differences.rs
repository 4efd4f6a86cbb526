//! The differences between two accounts or lots, in words, for findings. Nothing is
//! read or written here.

use std::fmt::Display;

use crate::domain::{
    AccountPlan, Allocation, CreditAccount, GrantSchedule, Hold, Lot, LotRollover, LotTerms,
    OnExpiry, PaidLate, PastLot, ScheduleTerms, TargetRun, Timestamp,
};

/// What an account has, where its ledger leads to something else.
pub(crate) fn of_accounts(
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
    let (expected, stands) = both(&|account| list(&account.holds, hold_in_words));
    compare("what it holds", expected, stands);
    let (expected, stands) = both(&|account| list(&account.schedules, schedule_in_words));
    compare("its schedules", expected, stands);
    let (expected, stands) = both(&|account| list(&account.plans, plan_in_words));
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
        let (terms, expected) = (terms_in_words(&found.terms), terms_in_words(&ledger.terms));
        return format!("is {terms}, and by its ledger {expected}");
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
pub(crate) fn of_past(ledger: &PastLot, found: &PastLot) -> Option<String> {
    if ledger.lot != found.lot {
        return Some(format!("its lot {}", of_lot(&ledger.lot, &found.lot)));
    }
    (ledger.ended_at != found.ended_at).then(|| {
        let (ended_at, expected) = (found.ended_at, ledger.ended_at);
        format!("its end is {ended_at} and by its ledger {expected}")
    })
}

/// All of them in words, in their order.
fn list<T>(all: &[T], in_words: fn(&T) -> String) -> String {
    if all.is_empty() {
        return "nothing".to_string();
    }
    let words: Vec<String> = all.iter().map(in_words).collect();
    format!("[{}]", words.join("; "))
}

/// A value that may be absent.
fn or(value: Option<impl Display>, absent: &str) -> String {
    value.map_or(absent.to_string(), |value| value.to_string())
}

/// A plan with all that an account keeps of it.
pub(crate) fn plan_in_words(plan: &AccountPlan) -> String {
    let AccountPlan {
        subscription_id,
        tier,
        rank,
        period_end,
        lapses_at,
        payment_due,
    } = plan;
    let (tier, end) = (tier.as_str(), or(period_end.as_ref(), "none"));
    let lapse = or(lapses_at.as_ref(), "never");
    let due = if *payment_due { ", payment due" } else { "" };
    format!("{tier} of {subscription_id}, rank {rank}, period end {end}, lapse {lapse}{due}")
}

fn hold_in_words(hold: &Hold) -> String {
    let Hold {
        id,
        amount,
        allocation,
        opened_at,
        expires_at,
        on_expiry,
        reported,
        expired_charge,
    } = hold;
    let parts = list(allocation, |part: &Allocation| {
        format!("{} of {}", part.amount, part.lot)
    });
    let then = match on_expiry {
        OnExpiry::Release => "released",
        OnExpiry::Settle => "settled",
    };
    let charge = or(expired_charge.as_ref(), "nothing yet");
    let opened = or(opened_at.as_ref(), "at an unknown time");
    format!(
        "{id} of {amount} from {parts}, opened {opened}, until {expires_at}, then {then}, {reported} reported, {charge} charged at its end"
    )
}

fn schedule_in_words(schedule: &GrantSchedule) -> String {
    let GrantSchedule {
        terms:
            ScheduleTerms {
                id,
                starts_at,
                ends_at,
                expires_at,
                total,
                rollover,
                paid_late,
            },
        targets,
        next,
    } = schedule;
    let late = paid_late.as_ref().map(
        |PaidLate {
             paid_at,
             spend_until,
         }| format!("{paid_at} until {spend_until}"),
    );
    let late = or(late, "no");
    let targets = list(targets.runs(), |TargetRun { from, each }| {
        format!("{each} from month {}", from.saturating_add(1))
    });
    format!(
        "{id} of {total} from {starts_at} to {ends_at}, last end {expires_at}, {} months of rollover up to {}, paid late {late}, next month {}, clawed back {targets}",
        rollover.months,
        rollover.cap,
        next.saturating_add(1)
    )
}

fn terms_in_words(terms: &LotTerms) -> String {
    let LotTerms {
        id: _,
        kind,
        starts_at,
        expires_at,
        monthly_allocation,
        reset_day_of_month,
        rollover,
    } = terms;
    let end = or(expires_at.as_ref(), "never");
    let day = reset_day_of_month.day();
    let rollover = rollover.as_ref().map(rollover_in_words);
    let rollover = or(rollover, "none");
    format!(
        "a {kind} lot from {starts_at}, end {end}, allocation {monthly_allocation}, reset day {day}, rollover {rollover}"
    )
}

fn rollover_in_words(rollover: &LotRollover) -> String {
    let (from, cap): (&Timestamp, _) = (&rollover.from, &rollover.cap);
    format!("up to {cap} from {from}")
}
