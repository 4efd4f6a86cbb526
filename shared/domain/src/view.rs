//! The view: what a user is shown of their account, in whole credits.
//!
//! What is left rounds down and what is used rounds up, so nothing shown can
//! be more than there is; `remaining + held + used` is always the shown total.

use super::amounts::spendable_lots;
use super::timestamp::SECONDS_PER_DAY;
use super::{
    ApplyError, CreditAccount, CreditType, Credits, CreditsOverflow, LotId, LotKind, ShownBalance,
    Timestamp, roll_forward,
};

/// What a user is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditsView {
    /// The free credits of this month.
    pub free: FreeView,
    /// All pro lots together.
    pub pro: ProView,
    /// The sum of the two shown remainings: what the next call may spend.
    pub total_available: i64,
    /// The sum of the two shown helds.
    pub held: i64,
    /// What is owed, rounded up.
    pub debt: i64,
    /// How often the account was written; 0 = never.
    pub version: u64,
    /// The lots that are not closed, in the order they are spent.
    pub lots: Vec<LotView>,
}

/// The free credits of this month, in whole credits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FreeView {
    /// What is left, rounded down.
    pub remaining: i64,
    /// What the month gave.
    pub monthly_allocation: i64,
    /// What was used, rounded up.
    pub used: i64,
    /// When the next month's credits come.
    pub reset_at: Timestamp,
    /// Days until then, rounded up.
    pub days_until_reset: i64,
    /// What open holds keep aside.
    pub held: i64,
}

/// All pro lots together, in whole credits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProView {
    /// What is left, rounded down.
    pub remaining: i64,
    /// What was ever bought and neither clawed back nor lapsed.
    pub purchased_total: i64,
    /// What was ever used, rounded up.
    pub lifetime_used: i64,
    /// What open holds keep aside.
    pub held: i64,
}

/// One lot as shown.
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

/// Exact amounts of one credit type, and what is shown of them.
struct Shown {
    remaining: i64,
    used: i64,
    held: i64,
    total: i64,
}

impl Shown {
    /// `held` is the difference between the shown total and the other two, so
    /// the three always add up. With nothing held the total is just their sum.
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

/// What a user is shown at `now`. The account is rolled forward first, in memory.
pub fn view(account: &CreditAccount, now: Timestamp) -> Result<CreditsView, ApplyError> {
    Ok(view_of(&roll_forward(account, now)?.account)?)
}

/// The balances a user is shown of an account that was rolled forward to its `as_of`.
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
            // What is used up shows no longer, whether it could leave yet or not.
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

/// 1 second to a day is 1 day.
fn whole_days_up(seconds: i64) -> i64 {
    seconds
        .max(0)
        .saturating_add(SECONDS_PER_DAY.saturating_sub(1))
        .div_euclid(SECONDS_PER_DAY)
}

#[cfg(test)]
mod tests;
