//! A lot: credits that came from one cause and share one fate.
//!
//! A lot keeps five amounts that only ever grow or shrink by postings; what is
//! left of it is derived, never stored.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Credits, CreditsOverflow, LotId, ResetDay, Timestamp};

/// Where a lot's credits came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LotKind {
    /// The monthly allocation everybody has.
    Free,
    /// A paid invoice of a subscription.
    Subscription,
    /// A pack that was bought.
    Purchase,
    /// Given by an operator.
    Promo,
    /// Charged what no other lot had; nothing is ever given to it.
    Overdraft,
}

/// The two kinds of credit a user sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CreditType {
    /// Resets every month.
    Free,
    /// Everything else.
    Pro,
}

impl LotKind {
    /// Free is free, the rest is pro.
    pub fn credit_type(self) -> CreditType {
        match self {
            LotKind::Free => CreditType::Free,
            LotKind::Subscription | LotKind::Purchase | LotKind::Promo | LotKind::Overdraft => {
                CreditType::Pro
            }
        }
    }

    /// The kind's name in items and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            LotKind::Free => "free",
            LotKind::Subscription => "subscription",
            LotKind::Purchase => "purchase",
            LotKind::Promo => "promo",
            LotKind::Overdraft => "overdraft",
        }
    }
}

impl CreditType {
    /// The type's name in keys and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            CreditType::Free => "free",
            CreditType::Pro => "pro",
        }
    }
}

impl fmt::Display for LotKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Display for CreditType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// What was settled about a lot when it was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LotTerms {
    /// Named by its cause, unique within the account.
    pub id: LotId,
    /// Where the credits came from.
    pub kind: LotKind,
    /// When its period starts; it can be spent as soon as it is there.
    pub starts_at: Timestamp,
    /// The first moment at which what is left is gone; none = never.
    pub expires_at: Option<Timestamp>,
    /// What the month gave, for free lots; 0 for one-off lots.
    pub monthly_allocation: Credits,
    /// The anchor day the lot's period was reckoned from; 1 for one-off lots.
    pub reset_day_of_month: ResetDay,
    /// If it outlives its period, how much of it does; none = all that is left
    /// lives until the end.
    pub rollover: Option<LotRollover>,
}

/// How much of a lot outlives its period. The end of the lot stays what its
/// terms say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LotRollover {
    /// The first moment after the period.
    pub from: Timestamp,
    /// At most so much is left unheld from then on; the rest lapses, also what
    /// comes to the lot later. From nothing to [`Credits::MAX_AMOUNT`].
    #[serde(rename = "cap_milli")]
    pub cap: Credits,
}

/// A lot and its five amounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lot {
    /// What was settled when it was opened.
    pub terms: LotTerms,
    /// What it was given.
    pub granted: Credits,
    /// What was clawed back after a refund or dispute.
    pub clawed_back: Credits,
    /// What was spent.
    pub used: Credits,
    /// What open holds keep aside.
    pub held: Credits,
    /// What its end took away unspent.
    pub lapsed: Credits,
}

impl Lot {
    /// A lot with nothing in it yet.
    pub fn new(terms: LotTerms) -> Self {
        Lot {
            terms,
            granted: Credits::ZERO,
            clawed_back: Credits::ZERO,
            used: Credits::ZERO,
            held: Credits::ZERO,
            lapsed: Credits::ZERO,
        }
    }

    /// granted - clawed - used - held - lapsed: what is left, or owed if negative.
    pub fn surplus(&self) -> Result<Credits, CreditsOverflow> {
        self.granted
            .minus(self.clawed_back)?
            .minus(self.used)?
            .minus(self.held)?
            .minus(self.lapsed)
    }

    /// What lapses of it at `now`: all that is left unheld once its end has come,
    /// and before that what is more than may outlive its period. What other
    /// lots owe is not looked at, so it does not matter when that becomes known.
    pub(crate) fn excess(&self, now: Timestamp) -> Result<Credits, CreditsOverflow> {
        let left = self.surplus()?.max(Credits::ZERO);
        match self.terms.rollover {
            _ if self.is_closed(now) => Ok(left),
            Some(LotRollover { from, cap }) if from <= now => {
                let kept = left.min(cap.max(Credits::ZERO));
                left.minus(kept)
            }
            _ => Ok(Credits::ZERO),
        }
    }

    /// The first moment until `now` at which more is left than may be.
    pub(crate) fn lapses_at(&self, now: Timestamp) -> Result<Option<Timestamp>, CreditsOverflow> {
        let rollover = self.terms.rollover.map(|rollover| rollover.from);
        let mut first = None;
        for at in rollover.into_iter().chain(self.terms.expires_at) {
            if at <= now && first.is_none_or(|first| at < first) && self.excess(at)?.is_positive() {
                first = Some(at);
            }
        }
        Ok(first)
    }

    /// By how much `clawed_back` has to change if `target` is to be gone of it in
    /// all, to max(0, target - lapsed): what lapsed is gone already, and nobody
    /// can claw back more than was given.
    pub(crate) fn change_to_take_back(&self, target: Credits) -> Result<Credits, CreditsOverflow> {
        let target = target.min(self.granted);
        let clawed_back = target.minus(self.lapsed)?.max(Credits::ZERO);
        clawed_back.minus(self.clawed_back)
    }

    /// Whether its end has come.
    pub fn is_closed(&self, now: Timestamp) -> bool {
        self.terms.expires_at.is_some_and(|at| at <= now)
    }

    /// Free or pro.
    pub fn credit_type(&self) -> CreditType {
        self.terms.kind.credit_type()
    }

    /// One of the five amounts, to post to.
    pub fn amount_mut(&mut self, amount: LotAmount) -> &mut Credits {
        match amount {
            LotAmount::Granted => &mut self.granted,
            LotAmount::ClawedBack => &mut self.clawed_back,
            LotAmount::Used => &mut self.used,
            LotAmount::Held => &mut self.held,
            LotAmount::Lapsed => &mut self.lapsed,
        }
    }

    /// Whether it is done with: its end has come, or it had none and is used
    /// up; and nothing of it is held or owed.
    pub fn is_finished(&self, now: Timestamp) -> Result<bool, CreditsOverflow> {
        let over = self.is_closed(now) || self.terms.expires_at.is_none();
        Ok(over && self.held.is_zero() && self.surplus()?.is_zero())
    }

    /// The order in which lots are spent: free first, then what expires,
    /// soonest first, then the rest, oldest first.
    pub fn burn_order(&self) -> impl Ord + use<> {
        let terms = &self.terms;
        let end = terms.expires_at.unwrap_or(Timestamp::MAX);
        (
            self.credit_type(),
            terms.expires_at.is_none(),
            end,
            terms.starts_at,
            terms.id.clone(),
        )
    }
}

/// A lot that has left the account for good, and when its end came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastLot {
    /// The lot as it was when it left.
    pub lot: Lot,
    /// When it ended.
    pub ended_at: Timestamp,
}

/// Which of a lot's five amounts a posting moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LotAmount {
    /// What the lot was given.
    Granted,
    /// What was clawed back.
    #[serde(rename = "clawed")]
    ClawedBack,
    /// What was spent.
    Used,
    /// What open holds keep aside.
    Held,
    /// What its end took away.
    Lapsed,
}

impl LotAmount {
    /// The amount's name in items and digests.
    pub fn as_str(self) -> &'static str {
        match self {
            LotAmount::Granted => "granted",
            LotAmount::ClawedBack => "clawed",
            LotAmount::Used => "used",
            LotAmount::Held => "held",
            LotAmount::Lapsed => "lapsed",
        }
    }
}
