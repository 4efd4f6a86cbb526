//! Postings in words, one line each.

use domain::{
    AccountPlan, Allocation, HoldPosting, LotAmount, LotId, LotTerms, OnExpiry, PaidLate, Posting,
    PostingCause, SchedulePosting, ScheduleTargets, ScheduleTerms, TargetRun,
};

/// What a posting does.
pub fn in_words(posting: &Posting) -> String {
    match posting {
        Posting::FreeTerms {
            monthly_allocation,
            reset_day_of_month,
        } => {
            let day = reset_day_of_month.day();
            format!(
                "{monthly_allocation} free credits a month from the next month, reset on day {day}"
            )
        }
        Posting::Opened(terms) => opened(terms),
        Posting::Moved {
            lot,
            amount,
            delta,
            cause,
        } => {
            let sign = if delta.is_negative() { "" } else { "+" };
            let (what, why) = (amount_in_words(*amount), cause_in_words(*cause));
            format!("{lot}: {sign}{delta} {what}, {why}")
        }
        Posting::Archived { lot } => format!("{lot}: moved to the past credits"),
        Posting::Recalled(past) => {
            format!(
                "{}: recalled from the past credits, ended {}",
                past.lot.terms.id, past.ended_at
            )
        }
        Posting::EndMoved { lot, expires_at } => format!("{lot}: end moved to {expires_at}"),
        Posting::Schedule(SchedulePosting::Opened(terms)) => scheduled(terms),
        Posting::Schedule(SchedulePosting::ClawedBack { schedule, targets }) => {
            clawed_back_of_months(schedule, targets)
        }
        Posting::Schedule(SchedulePosting::Advanced { schedule, next }) => {
            format!(
                "{schedule}: a month starts; the next is month {}",
                next.saturating_add(1)
            )
        }
        Posting::Schedule(SchedulePosting::Ended { schedule }) => {
            format!("{schedule}: the last month starts")
        }
        Posting::Plans(plans) => plans_in_words(plans),
        Posting::Active(true) => "may spend again".to_string(),
        Posting::Active(false) => "may not spend".to_string(),
        Posting::Erased => "was erased".to_string(),
        Posting::PeriodsSkipped { periods: 1 } => "1 month without activity".to_string(),
        Posting::PeriodsSkipped { periods } => format!("{periods} months without activity"),
        Posting::Hold(posting) => hold_in_words(posting),
    }
}

fn opened(terms: &LotTerms) -> String {
    let LotTerms {
        id,
        kind,
        starts_at,
        expires_at,
        ..
    } = terms;
    match expires_at {
        Some(end) => format!("{id}: new {kind} lot from {starts_at} until {end}"),
        None => format!("{id}: new {kind} lot from {starts_at}, no end"),
    }
}

fn scheduled(terms: &ScheduleTerms) -> String {
    let ScheduleTerms {
        id,
        starts_at,
        ends_at,
        total,
        paid_late,
        ..
    } = terms;
    let late = match paid_late {
        Some(PaidLate {
            paid_at,
            spend_until,
        }) => format!(", months over by {paid_at} can be spent until {spend_until}"),
        None => String::new(),
    };
    format!("{id}: {total} in monthly lots from {starts_at} until {ends_at}{late}")
}

/// Months are counted from 1, as people do.
fn clawed_back_of_months(schedule: &LotId, targets: &ScheduleTargets) -> String {
    if targets.is_empty() {
        return format!("{schedule}: no clawback of future months");
    }
    let runs = targets.runs().iter();
    let runs = runs
        .map(|TargetRun { from, each }| format!("{each} from month {}", from.saturating_add(1)));
    let runs = runs.collect::<Vec<_>>().join(", ");
    format!("{schedule}: clawback of each future month: {runs}")
}

fn plans_in_words(plans: &[AccountPlan]) -> String {
    if plans.is_empty() {
        return "no subscriptions".to_string();
    }
    let plans = plans.iter().map(|plan| {
        let (id, tier) = (&plan.subscription_id, plan.tier.as_str());
        let due = if plan.payment_due {
            ", payment due"
        } else {
            ""
        };
        match plan.lapses_at {
            Some(at) => format!("{id} ({tier}, lapses {at}{due})"),
            None => format!("{id} ({tier}{due})"),
        }
    });
    format!("subscriptions: {}", plans.collect::<Vec<_>>().join(", "))
}

fn hold_in_words(posting: &HoldPosting) -> String {
    match posting {
        HoldPosting::Opened {
            hold,
            amount,
            allocation,
            opened_at: _,
            expires_at,
            on_expiry,
        } => {
            let parts = allocation.iter();
            let parts = parts.map(|Allocation { lot, amount }| format!("{amount} of {lot}"));
            let parts = parts.collect::<Vec<_>>().join(", ");
            let then = match on_expiry {
                OnExpiry::Release => "then released",
                OnExpiry::Settle => "then settled",
            };
            format!("hold {hold}: {amount} held until {expires_at} ({parts}), {then}")
        }
        HoldPosting::Extended { hold, expires_at } => {
            format!("hold {hold}: extended until {expires_at}")
        }
        HoldPosting::Reported { hold, amount } => {
            format!("hold {hold}: {amount} used so far")
        }
        HoldPosting::Expired { hold, charged } => {
            format!("hold {hold}: expired, {charged} charged")
        }
        HoldPosting::Closed { hold } => format!("hold {hold}: closed"),
    }
}

fn amount_in_words(amount: LotAmount) -> &'static str {
    match amount {
        LotAmount::Granted => "granted",
        LotAmount::ClawedBack => "clawed back",
        LotAmount::Used => "used",
        LotAmount::Held => "held",
        LotAmount::Lapsed => "lapsed",
    }
}

fn cause_in_words(cause: PostingCause) -> &'static str {
    match cause {
        PostingCause::Opening => "the opening balance",
        PostingCause::Reset => "a new month",
        PostingCause::Expiry => "expiry",
        PostingCause::Charge => "a charge",
        PostingCause::Hold => "a hold",
        PostingCause::Commit => "the commit of a hold",
        PostingCause::Release => "the release of a hold",
        PostingCause::HoldExpiry => "the expiry of a hold",
        PostingCause::Grant => "a grant",
        PostingCause::Clawback => "a refund or dispute",
        PostingCause::Netting => "netting of a debt",
        PostingCause::Rollover => "over the rollover cap",
        PostingCause::EndMoved => "the moved end",
        PostingCause::Adjustment => "taken by an operator",
    }
}
