//! The view: the balances of an account as the user sees them, in whole credits.
//!
//! Remaining rounds down and used rounds up, so the view never shows more than
//! there is; `remaining + held + used` is always the shown total.

use super::amounts::spendable_lots;
use super::timestamp::SECONDS_PER_DAY;
use super::{
    ApplyError, CreditAccount, CreditType, Credits, CreditsOverflow, LotId, LotKind, ShownBalance,
    Timestamp, roll_forward,
};

/// The balances a user sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditsView {
    /// The free credits of this month.
    pub free: FreeView,
    /// All pro lots together.
    pub pro: ProView,
    /// The sum of both shown `remaining`: what the next call may spend.
    pub total_available: i64,
    /// The sum of both shown `held`.
    pub held: i64,
    /// The debt, rounded up.
    pub debt: i64,
    /// The number of entries in the account's ledger; 0 = never written.
    pub version: u64,
    /// The open lots, in burn order.
    pub lots: Vec<LotView>,
}

/// The free credits of this month, in whole credits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FreeView {
    /// Remaining, rounded down.
    pub remaining: i64,
    /// The month's allocation.
    pub monthly_allocation: i64,
    /// Used, rounded up.
    pub used: i64,
    /// When the next month begins.
    pub reset_at: Timestamp,
    /// Days until the reset, rounded up.
    pub days_until_reset: i64,
    /// The amount that open holds keep aside.
    pub held: i64,
}

/// All pro lots together, in whole credits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProView {
    /// Remaining, rounded down.
    pub remaining: i64,
    /// The total ever granted, less what was clawed back or lapsed.
    pub purchased_total: i64,
    /// The total ever used, rounded up.
    pub lifetime_used: i64,
    /// The amount that open holds keep aside.
    pub held: i64,
}

/// One lot as shown to the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LotView {
    /// Its id.
    pub id: LotId,
    /// Where it came from.
    pub kind: LotKind,
    /// What can be spent of it, rounded down.
    pub remaining: i64,
    /// Its end, if it has one.
    pub expires_at: Option<Timestamp>,
}

/// The exact amounts of one credit type, and their shown values.
struct Shown {
    remaining: i64,
    used: i64,
    held: i64,
    total: i64,
}

impl Shown {
    /// `held` is the shown total minus the other two, so the three always add up.
    /// If nothing is held, the total is just their sum.
    fn of(available: Credits, used: Credits, held: Credits) -> Result<Self, CreditsOverflow> {
        let (remaining, used_whole) = (available.whole_floor(), used.whole_ceil());
        let rest = remaining.checked_add(used_whole).ok_or(CreditsOverflow)?;
        let total = if held.is_zero() {
            rest
        } else {
            available.plus(used)?.plus(held)?.whole_ceil()
        };
        Ok(Shown {
            remaining,
            used: used_whole,
            held: total.saturating_sub(rest),
            total,
        })
    }
}

/// The view of an account at `now`. The account is rolled forward first, in memory.
pub fn view(account: &CreditAccount, now: Timestamp) -> Result<CreditsView, ApplyError> {
    Ok(view_of(&roll_forward(account, now)?.account)?)
}

/// The shown balances of an account that was rolled forward to its `as_of`.
pub fn shown_balance(account: &CreditAccount) -> Result<ShownBalance, CreditsOverflow> {
    let view = view_of(account)?;
    Ok(ShownBalance {
        total_available: view.total_available,
        held: view.held,
        debt: view.debt,
    })
}

fn view_of(rolled: &CreditAccount) -> Result<CreditsView, CreditsOverflow> {
    let now = rolled.as_of;
    let (spendable, debt) = spendable_lots(rolled, now)?;
    let of_type = |wanted: CreditType| {
        spendable
            .iter()
            .filter(move |entry| entry.lot.credit_type() == wanted)
    };
    let available = |wanted: CreditType| Credits::sum(of_type(wanted).map(|entry| entry.available));

    let free = Shown::of(
        available(CreditType::Free)?,
        Credits::sum(of_type(CreditType::Free).map(|entry| entry.lot.used))?,
        Credits::sum(of_type(CreditType::Free).map(|entry| entry.lot.held))?,
    )?;
    let reset_at = of_type(CreditType::Free)
        .filter_map(|entry| entry.lot.terms.expires_at)
        .min()
        .unwrap_or(Timestamp::MAX);
    let pro_lots = rolled
        .lots
        .iter()
        .filter(|lot| lot.credit_type() == CreditType::Pro);
    let pro = Shown::of(
        available(CreditType::Pro)?,
        rolled.lifetime_pro_used()?,
        Credits::sum(pro_lots.map(|lot| lot.held))?,
    )?;
    Ok(CreditsView {
        total_available: free.remaining.saturating_add(pro.remaining),
        held: free.held.saturating_add(pro.held),
        debt: debt.whole_ceil(),
        version: rolled.version,
        free: FreeView {
            remaining: free.remaining,
            monthly_allocation: free.total,
            used: free.used,
            reset_at,
            days_until_reset: whole_days_up(reset_at.seconds_since(now)),
            held: free.held,
        },
        pro: ProView {
            remaining: pro.remaining,
            purchased_total: pro.total,
            lifetime_used: pro.used,
            held: pro.held,
        },
        lots: spendable
            .iter()
            .filter(|entry| entry.lot.terms.kind != LotKind::Overdraft)
            // Finished lots are not shown, whether or not they could leave yet.
            .filter(|entry| entry.lot.is_finished(now) != Ok(true))
            .map(|entry| LotView {
                id: entry.lot.terms.id.clone(),
                kind: entry.lot.terms.kind,
                remaining: entry.available.whole_floor(),
                expires_at: entry.lot.terms.expires_at,
            })
            .collect(),
    })
}

/// Anything from 1 second to 1 day counts as 1 day.
fn whole_days_up(seconds: i64) -> i64 {
    seconds
        .max(0)
        .saturating_add(SECONDS_PER_DAY.saturating_sub(1))
        .div_euclid(SECONDS_PER_DAY)
}

#[cfg(test)]
mod tests;
