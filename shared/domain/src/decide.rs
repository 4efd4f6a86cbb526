//! `decide`: the only place that decides whether a command is allowed and what it
//! does.
//!
//! Pure and total: the same account, command and time always give the same
//! decision, and no input makes it panic.

use super::alert::{Levels, crossed};
use super::charge::{charge, take};
use super::draft::Draft;
use super::grant::{claw_back, grant};
use super::holds::{commit, extend, hold, release, report};
use super::open::open;
use super::past::{past_credits, past_use};
use super::roll_forward::roll_draft_forward;
use super::settle::{set_plan, settle};
use super::view::shown_balance;
use super::{
    Action, Adjustment, Balance, Command, CreditAccount, Credits, Digest, Entry, LotTerms, Outcome,
    PastLot, Posting, Refusal, Timestamp,
};

/// What a command does: the account afterwards, the entry that records it and the
/// lots that leave. It takes effect only once it is committed as a whole.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The account afterwards; its version is one higher.
    pub account: CreditAccount,
    /// The entry that records the command.
    pub entry: Entry,
    /// Lots that leave for the past credits.
    pub archived: Vec<PastLot>,
    /// The old terms of lots whose end was moved after it had come. The lots may
    /// still be stored as past credits under that old end, where they no longer
    /// belong; none of them leaves under it again in this decision.
    pub vacated: Vec<LotTerms>,
}

/// Decides a command on an account at `now`. The account is rolled forward first;
/// if it was last written after `now`, that later time is used.
pub fn decide(
    account: &CreditAccount,
    command: &Command,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    let mut draft = Draft::of(account.clone());
    match &command.action {
        Action::Open(opening) => open(&mut draft, opening, now)?,
        // An account that has only a past is not rolled forward.
        Action::PastUse(past) => {
            let outcome = past_use(&mut draft, past, now)?;
            return conclude(draft, command, outcome, Balance::default());
        }
        Action::PastCredits(past) => {
            let outcome = past_credits(&mut draft, past, now)?;
            return conclude(draft, command, outcome, Balance::default());
        }
        Action::Charge { .. }
        | Action::Hold { .. }
        | Action::Extend { .. }
        | Action::Report { .. }
        | Action::Commit { .. }
        | Action::Release { .. }
        | Action::Metered(_)
        | Action::Grant { .. }
        | Action::Clawback { .. }
        | Action::SetPlan { .. }
        | Action::Settle(_)
        | Action::Adjust(_) => {}
    }
    roll_draft_forward(&mut draft, now)?;
    let now = draft.account.as_of;
    let rated = if let Action::Metered(metered) = &command.action {
        Some(metered.price(&draft.account, now)?)
    } else {
        None
    };
    let (action, rating) = match &rated {
        Some((action, rating)) => (action, Some(rating)),
        None => (&command.action, None),
    };
    check_amounts(action)?;
    must_not_give_to_erased(&draft, action)?;
    let levels_before = Levels::of(&draft.account)?;
    // Everything that an opening creates is new.
    let is_opening = matches!(command.action, Action::Open(_));
    let before = if is_opening {
        Balance::default()
    } else {
        Balance::of(&draft.account, now)?
    };
    let acted = act(&mut draft, action, now);
    let mut outcome = match rating {
        Some(_) => acted.map_err(Refusal::of_use),
        None => acted,
    }?;
    if let (Action::Metered(metered), Some(rating)) = (&command.action, rating) {
        outcome.usage.model_id = Some(metered.model_id.clone());
        outcome.rating = Some(rating.clone());
    }
    // Credits returned to a lot that has ended lapse; lots that are used up leave.
    roll_draft_forward(&mut draft, now)?;
    let after = Balance::of(&draft.account, now)?;
    outcome.alerts = crossed(&levels_before, &Levels::of(&draft.account)?);
    draft.archive_finished_lots()?;
    outcome.free_delta = after.free_available.minus(before.free_available)?;
    outcome.pro_delta = after.pro_available.minus(before.pro_available)?;
    conclude(draft, command, outcome, after)
}

/// Applies the action to a draft that was rolled forward to `now`; records of the
/// past were handled before.
fn act(draft: &mut Draft, action: &Action, now: Timestamp) -> Result<Outcome, Refusal> {
    let mut outcome = Outcome::default();
    match action {
        Action::Open(_) => outcome.amount = Balance::of(&draft.account, now)?.total_available()?,
        Action::PastUse(_) | Action::PastCredits(_) => {}
        Action::Charge { amount, usage } => {
            must_be_active(draft)?;
            charge(draft, *amount, now)?;
            outcome.amount = *amount;
            outcome.usage = usage.clone();
        }
        Action::Hold {
            hold: id,
            amount,
            ttl_seconds,
            on_expiry,
        } => {
            must_be_active(draft)?;
            let summary = hold(draft, id, *amount, *ttl_seconds, *on_expiry, now)?;
            outcome.amount = *amount;
            outcome.hold = Some(summary);
        }
        Action::Extend { hold, ttl_seconds } => {
            must_be_active(draft)?;
            let (amount, summary) = extend(draft, hold, *ttl_seconds, now)?;
            outcome.amount = amount;
            outcome.hold = Some(summary);
        }
        Action::Report {
            hold,
            amount,
            usage,
        } => {
            outcome.hold = Some(report(draft, hold, *amount, now)?);
            outcome.amount = *amount;
            outcome.usage = usage.clone();
        }
        Action::Commit {
            hold,
            amount,
            usage,
        } => {
            outcome.hold = Some(commit(draft, hold, *amount, now)?);
            outcome.amount = *amount;
            outcome.usage = usage.clone();
        }
        Action::Release { hold } => {
            let (amount, summary) = release(draft, hold, now)?;
            outcome.amount = amount;
            outcome.hold = Some(summary);
        }
        // It was turned into one of the above.
        Action::Metered(_) => {}
        Action::Grant { lots, schedules } => outcome.amount = grant(draft, lots, schedules)?,
        Action::Clawback { lots, schedules } => outcome.amount = claw_back(draft, lots, schedules)?,
        Action::SetPlan {
            subscription_id,
            plan,
        } => set_plan(draft, subscription_id, plan.as_ref())?,
        Action::Settle(settlement) => outcome.amount = settle(draft, settlement)?,
        Action::Adjust(adjustment) => outcome.amount = adjust(draft, adjustment, now)?,
    }
    Ok(outcome)
}

/// Applies an operator's adjustment. Returns the amount that was taken.
fn adjust(draft: &mut Draft, adjustment: &Adjustment, now: Timestamp) -> Result<Credits, Refusal> {
    match adjustment {
        Adjustment::Active(active) => draft.post(Posting::Active(*active))?,
        Adjustment::Erased => draft.post(Posting::Erased)?,
        Adjustment::FreeTerms {
            monthly_allocation,
            reset_day_of_month,
        } => draft.post(Posting::FreeTerms {
            monthly_allocation: *monthly_allocation,
            reset_day_of_month: *reset_day_of_month,
        })?,
        Adjustment::Take { amount } => {
            take(draft, *amount, now)?;
            return Ok(*amount);
        }
    }
    Ok(Credits::ZERO)
}

/// No command may name a negative amount or more than a lot may hold.
fn check_amounts(action: &Action) -> Result<(), Refusal> {
    let amount = match action {
        Action::Charge { amount, .. }
        | Action::Hold { amount, .. }
        | Action::Report { amount, .. }
        | Action::Commit { amount, .. } => *amount,
        Action::Adjust(Adjustment::FreeTerms {
            monthly_allocation, ..
        }) => *monthly_allocation,
        Action::Adjust(Adjustment::Take { amount }) => *amount,
        // Openings, grants and clawbacks are checked lot by lot.
        Action::Open(_)
        | Action::PastUse(_)
        | Action::PastCredits(_)
        | Action::Extend { .. }
        | Action::Release { .. }
        | Action::Metered(_)
        | Action::Grant { .. }
        | Action::Clawback { .. }
        | Action::SetPlan { .. }
        | Action::Settle(_)
        | Action::Adjust(Adjustment::Active(_) | Adjustment::Erased) => return Ok(()),
    };
    if amount.is_amount() {
        Ok(())
    } else {
        Err(Refusal::ImpossibleAmount(amount))
    }
}

/// An erased user is given nothing any more. What they paid for can still come back,
/// and what they used before can still be closed.
fn must_not_give_to_erased(draft: &Draft, action: &Action) -> Result<(), Refusal> {
    let gives = match action {
        Action::Open(_) | Action::Grant { .. } | Action::Adjust(_) => true,
        Action::SetPlan { plan, .. } => plan.is_some(),
        Action::Settle(settlement) => settlement.gives(),
        Action::PastUse(_)
        | Action::PastCredits(_)
        | Action::Charge { .. }
        | Action::Hold { .. }
        | Action::Extend { .. }
        | Action::Report { .. }
        | Action::Commit { .. }
        | Action::Release { .. }
        | Action::Metered(_)
        | Action::Clawback { .. } => false,
    };
    if draft.account.erased && gives {
        Err(Refusal::UserErased)
    } else {
        Ok(())
    }
}

/// Use that has happened can still be committed, but an inactive user can begin nothing new.
fn must_be_active(draft: &Draft) -> Result<(), Refusal> {
    if draft.account.active {
        Ok(())
    } else {
        Err(Refusal::UserInactive)
    }
}

/// Gives the drafted entry its number, time and hash.
fn conclude(
    draft: Draft,
    command: &Command,
    outcome: Outcome,
    balance_after: Balance,
) -> Result<Decision, Refusal> {
    let vacated = draft.places_left();
    let Draft {
        mut account,
        postings,
        archived,
        vacated: _,
    } = draft;
    let seq = account
        .version
        .checked_add(1)
        .ok_or(Refusal::AmountsTooLarge)?;
    let mut entry = Entry {
        user_id: account.user_id.clone(),
        key: command.key.clone(),
        seq,
        kind: command.action.kind(),
        request_hash: command.request_hash,
        postings,
        outcome,
        balance_after,
        shown_after: shown_balance(&account)?,
        at: account.as_of,
        actor: command.actor.clone(),
        label: command.label.clone(),
        previous_hash: account.head_hash,
        hash: Digest::ZERO,
    };
    entry.hash = entry.compute_hash();
    account.record(seq, entry.at, entry.hash);
    Ok(Decision {
        account,
        entry,
        archived,
        vacated,
    })
}

#[cfg(test)]
mod tests;
