//! A lot: credits that came from one cause, with one start and at most one end.
//!
//! A lot keeps five amounts that only postings change; what remains of it is
//! derived, never stored.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Credits, CreditsOverflow, LotId, ResetDay, Timestamp};

/// Where a lot's credits came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LotKind {
    /// The monthly free allocation.
    Free,
    /// A paid invoice of a subscription.
    Subscription,
    /// A purchased pack.
    Purchase,
    /// Granted by an operator.
    Promo,
    /// Charged with what no other lot covers; nothing is ever granted to it.
    Overdraft,
}

/// The two types of credit that a user sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CreditType {
    /// Resets every month.
    Free,
    /// All other credits.
    Pro,
}

impl LotKind {
    /// Free lots hold free credits; all others hold pro credits.
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

/// The terms of a lot, fixed when it is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LotTerms {
    /// Named after its cause; unique within the account.
    pub id: LotId,
    /// Where the credits came from.
    pub kind: LotKind,
    /// When its period starts. The lot can be spent as soon as it exists, even before that.
    pub starts_at: Timestamp,
    /// The first moment at which the remaining credits lapse; none = never.
    pub expires_at: Option<Timestamp>,
    /// The month's allocation, for free lots; 0 for one-off lots.
    pub monthly_allocation: Credits,
    /// The anchor day from which the lot's period was computed; 1 for one-off lots.
    pub reset_day_of_month: ResetDay,
    /// How much of the lot outlives its period; none = all that remains lives until
    /// the end.
    pub rollover: Option<LotRollover>,
}

/// The rollover of a lot: how much of it outlives its period. Its end stays
/// `expires_at`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LotRollover {
    /// The first moment after the period.
    pub from: Timestamp,
    /// The cap: at most this much may remain unheld from then on. The rest lapses,
    /// and so does what is added to the lot later. From 0 to
    /// [`Credits::MAX_AMOUNT`].
    #[serde(rename = "cap_milli")]
    pub cap: Credits,
}

/// A lot and its five amounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lot {
    /// The terms fixed when it was opened.
    pub terms: LotTerms,
    /// The amount granted.
    pub granted: Credits,
    /// The amount clawed back after a refund or dispute.
    pub clawed_back: Credits,
    /// The amount spent.
    pub used: Credits,
    /// The amount that open holds keep aside.
    pub held: Credits,
    /// The amount that lapsed unspent.
    pub lapsed: Credits,
}

impl Lot {
    /// A new lot, with all amounts zero.
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

    /// granted - clawed back - used - held - lapsed: what remains, or what is owed if negative.
    pub fn surplus(&self) -> Result<Credits, CreditsOverflow> {
        self.granted
            .minus(self.clawed_back)?
            .minus(self.used)?
            .minus(self.held)?
            .minus(self.lapsed)
    }

    /// How much of it lapses at `now`: once its end has come, all that remains
    /// unheld; before that, what exceeds its rollover cap. Debts of other lots are
    /// ignored, so it does not matter when they become known.
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

    /// The first moment, up to `now`, at which more remains than may.
    pub(crate) fn lapses_at(&self, now: Timestamp) -> Result<Option<Timestamp>, CreditsOverflow> {
        let rollover = self.terms.rollover.map(|rollover| rollover.from);
        let mut moments = [rollover, self.terms.expires_at];
        moments.sort();
        for at in moments.into_iter().flatten() {
            if at <= now && self.excess(at)?.is_positive() {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }

    /// The change of `clawed_back` that brings the clawback to `target` in all,
    /// that is to max(0, target - lapsed): what lapsed is gone already. No more
    /// than was granted can be clawed back.
    pub(crate) fn change_to_take_back(&self, target: Credits) -> Result<Credits, CreditsOverflow> {
        let target = target.min(self.granted);
        let clawed_back = target.minus(self.lapsed)?.max(Credits::ZERO);
        clawed_back.minus(self.clawed_back)
    }

    /// Whether its end has come.
    pub fn is_closed(&self, now: Timestamp) -> bool {
        self.terms.expires_at.is_some_and(|at| at <= now)
    }

    /// Whether it holds free or pro credits.
    pub fn credit_type(&self) -> CreditType {
        self.terms.kind.credit_type()
    }

    /// A mutable reference to one of the five amounts.
    pub fn amount_mut(&mut self, amount: LotAmount) -> &mut Credits {
        match amount {
            LotAmount::Granted => &mut self.granted,
            LotAmount::ClawedBack => &mut self.clawed_back,
            LotAmount::Used => &mut self.used,
            LotAmount::Held => &mut self.held,
            LotAmount::Lapsed => &mut self.lapsed,
        }
    }

    /// Whether the lot is finished: it has ended, or has no end and is used up; and
    /// none of it is held or owed.
    pub fn is_finished(&self, now: Timestamp) -> Result<bool, CreditsOverflow> {
        let over = self.is_closed(now) || self.terms.expires_at.is_none();
        Ok(over && self.held.is_zero() && self.surplus()?.is_zero())
    }

    /// The burn order: free first, then lots that expire, soonest first, then the
    /// rest, oldest first.
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

/// A lot that has left the account, and when it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastLot {
    /// The lot as it was when it left.
    pub lot: Lot,
    /// When it ended.
    pub ended_at: Timestamp,
}

/// The amount of a lot that a posting moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LotAmount {
    /// The amount granted.
    Granted,
    /// The amount clawed back.
    #[serde(rename = "clawed")]
    ClawedBack,
    /// The amount spent.
    Used,
    /// The amount that open holds keep aside.
    Held,
    /// The amount that lapsed.
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
