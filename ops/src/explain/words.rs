//! Postings in words, one line each.

use shared::domain::{
    AccountPlan, Allocation, HoldPosting, LotAmount, LotId, LotTerms, OnExpiry, PaidLate, Posting,
    PostingCause, SchedulePosting, ScheduleTargets, ScheduleTerms, TargetRun,
};

/// What a posting does.
pub(crate) fn in_words(posting: &Posting) -> String {
    match posting {
        Posting::FreeTerms {
            monthly_allocation,
            reset_day_of_month,
        } => {
            let day = reset_day_of_month.day();
            format!("from the next month on {monthly_allocation} free credits, on day {day}")
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
        Posting::Archived { lot } => format!("{lot}: is done with and leaves"),
        Posting::Recalled(past) => {
            format!(
                "{}: comes back, it had ended {}",
                past.lot.terms.id, past.ended_at
            )
        }
        Posting::EndMoved { lot, expires_at } => format!("{lot}: ends {expires_at} instead"),
        Posting::Schedule(SchedulePosting::Opened(terms)) => scheduled(terms),
        Posting::Schedule(SchedulePosting::ClawedBack { schedule, targets }) => {
            clawed_back_of_months(schedule, targets)
        }
        Posting::Schedule(SchedulePosting::Advanced { schedule, next }) => {
            format!(
                "{schedule}: a month begins, the next is month {}",
                next.saturating_add(1)
            )
        }
        Posting::Schedule(SchedulePosting::Ended { schedule }) => {
            format!("{schedule}: its last month has begun")
        }
        Posting::Plans(plans) => plans_in_words(plans),
        Posting::Active(true) => "may spend again".to_string(),
        Posting::Active(false) => "may spend no more".to_string(),
        Posting::PeriodsSkipped { periods: 1 } => "1 month passed untouched".to_string(),
        Posting::PeriodsSkipped { periods } => format!("{periods} months passed untouched"),
        Posting::Hold(HoldPosting::Opened { .. })
        | Posting::Hold(HoldPosting::Extended { .. })
        | Posting::Hold(HoldPosting::Reported { .. })
        | Posting::Hold(HoldPosting::Expired { .. })
        | Posting::Hold(HoldPosting::Closed { .. }) => hold(posting),
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
        Some(end) => format!("{id}: a {kind} lot from {starts_at} until {end}"),
        None => format!("{id}: a {kind} lot from {starts_at} without end"),
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
        }) => format!(", those that were over {paid_at} can be spent until {spend_until}"),
        None => String::new(),
    };
    format!("{id}: {total} in all, month by month from {starts_at} until {ends_at}{late}")
}

/// Months are counted from 1, as people do.
fn clawed_back_of_months(schedule: &LotId, targets: &ScheduleTargets) -> String {
    if targets.is_empty() {
        return format!("{schedule}: nothing is clawed back of its months to come");
    }
    let runs = targets.runs().iter();
    let runs = runs
        .map(|TargetRun { from, each }| format!("{each} from month {} on", from.saturating_add(1)));
    let runs = runs.collect::<Vec<_>>().join(", ");
    format!("{schedule}: of each month to come is clawed back {runs}")
}

fn plans_in_words(plans: &[AccountPlan]) -> String {
    if plans.is_empty() {
        return "no subscription any more".to_string();
    }
    let plans = plans.iter().map(|plan| {
        let (id, tier) = (&plan.subscription_id, plan.tier.as_str());
        match plan.lapses_at {
            Some(at) => format!("{id} ({tier}, lapses {at})"),
            None => format!("{id} ({tier})"),
        }
    });
    format!("subscriptions: {}", plans.collect::<Vec<_>>().join(", "))
}

fn hold(posting: &Posting) -> String {
    match posting {
        Posting::Hold(HoldPosting::Opened {
            hold,
            amount,
            allocation,
            expires_at,
            on_expiry,
        }) => {
            let parts = allocation.iter();
            let parts = parts.map(|Allocation { lot, amount }| format!("{amount} of {lot}"));
            let parts = parts.collect::<Vec<_>>().join(", ");
            let then = match on_expiry {
                OnExpiry::Release => "given back then",
                OnExpiry::Settle => "settled then",
            };
            format!("hold {hold}: keeps {amount} aside until {expires_at} ({parts}), {then}")
        }
        Posting::Hold(HoldPosting::Extended { hold, expires_at }) => {
            format!("hold {hold}: lives until {expires_at}")
        }
        Posting::Hold(HoldPosting::Reported { hold, amount }) => {
            format!("hold {hold}: {amount} of it are used so far")
        }
        Posting::Hold(HoldPosting::Expired { hold, charged }) => {
            format!("hold {hold}: its time is over, {charged} are charged")
        }
        Posting::Hold(HoldPosting::Closed { hold }) => format!("hold {hold}: is closed"),
        _ => String::new(),
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
        PostingCause::Expiry => "its end",
        PostingCause::Charge => "a charge",
        PostingCause::Hold => "a hold",
        PostingCause::Commit => "the commit of a hold",
        PostingCause::Release => "a hold given back",
        PostingCause::HoldExpiry => "a hold whose time is over",
        PostingCause::Grant => "a grant",
        PostingCause::Clawback => "a refund or dispute",
        PostingCause::Netting => "covering a debt",
        PostingCause::Rollover => "more than outlives its period",
        PostingCause::EndMoved => "its end was moved",
        PostingCause::Adjustment => "taken by an operator",
    }
}
