//! From what was bought to commands: what gives its lots, and what sets them
//! to what is to be gone of them.

use super::{InvoiceLot, PackLot, SettledInvoice, taken_back};
use crate::{
    Action, ClawBack, Credits, CreditsOverflow, DripGrant, DripTakenBack, DripTerms, Grant, LotId,
    LotKind, LotRollover, LotTerms, PastLot, ResetDay, Timestamp,
};

/// Seconds in a day of grace.
const DAY_SECONDS: i64 = 86_400;

impl PackLot {
    /// What was settled about its lot; it has no end.
    pub fn terms(&self) -> LotTerms {
        LotTerms {
            id: self.lot.clone(),
            kind: LotKind::Purchase,
            starts_at: self.starts_at,
            expires_at: None,
            monthly_allocation: Credits::ZERO,
            reset_day_of_month: ResetDay::FIRST,
            rollover: None,
        }
    }

    /// What gives its lot, if so much of the payment is known to be returned.
    pub fn grant(&self, returned_minor: u64) -> Action {
        let grant = Grant {
            terms: self.terms(),
            amount: self.granted,
            taken_back: taken_back(self.granted, returned_minor, self.paid_minor),
        };
        Action::Grant {
            lots: vec![grant],
            drips: Vec::new(),
        }
    }

    /// What sets its lot to what is to be gone of it.
    pub fn claw_back(&self, returned_minor: u64, past: &[PastLot]) -> Action {
        let target = taken_back(self.granted, returned_minor, self.paid_minor);
        Action::ClawBack {
            lots: vec![claw_back(self.lot.clone(), target, past)],
            drips: Vec::new(),
        }
    }
}

impl SettledInvoice {
    /// What gives its lots, if so much of its payments is known to be returned.
    pub fn grant(&self, returned_minor: u64) -> Result<Action, CreditsOverflow> {
        let (mut lots, mut drips) = (Vec::new(), Vec::new());
        for (lot, taken_back) in self.targets(returned_minor)? {
            if lot.monthly {
                let terms = lot.drip_terms();
                let targets = by_month(&terms, taken_back);
                drips.push(DripGrant { terms, targets });
            } else {
                lots.push(Grant {
                    terms: lot.terms(),
                    amount: lot.granted,
                    taken_back,
                });
            }
        }
        Ok(Action::Grant { lots, drips })
    }

    /// What sets its lots to what is to be gone of them. Of a drip that means
    /// each month; those that have not begun follow when they do.
    pub fn claw_back(
        &self,
        returned_minor: u64,
        past: &[PastLot],
    ) -> Result<Action, CreditsOverflow> {
        let (mut lots, mut drips) = (Vec::new(), Vec::new());
        for (lot, target) in self.targets(returned_minor)? {
            if lot.monthly {
                let terms = lot.drip_terms();
                let targets = by_month(&terms, target);
                let months = terms.months().into_iter().zip(&targets);
                lots.extend(months.map(|(month, it)| claw_back(month.terms.id, *it, past)));
                drips.push(DripTakenBack {
                    drip: terms.id,
                    targets,
                });
            } else {
                lots.push(claw_back(lot.lot.clone(), target, past));
            }
        }
        Ok(Action::ClawBack { lots, drips })
    }

    /// What was settled about all its lots, the single months of drips included.
    pub fn all_terms(&self) -> Vec<LotTerms> {
        let terms = |lot: &InvoiceLot| {
            if lot.monthly {
                let months = lot.drip_terms().months().into_iter();
                months.map(|month| month.terms).collect()
            } else {
                vec![lot.terms()]
            }
        };
        self.lots.iter().flat_map(terms).collect()
    }
}

impl InvoiceLot {
    /// The end of its grace.
    fn grace_ends_at(&self) -> Timestamp {
        let seconds = i64::from(self.grace_days).saturating_mul(DAY_SECONDS);
        self.ends_at.plus_seconds(seconds)
    }

    fn terms(&self) -> LotTerms {
        let end = self.grace_ends_at();
        let kept = self
            .rollover
            .filter(|kept| kept.months > 0 && kept.cap.is_positive());
        LotTerms {
            id: self.lot.clone(),
            kind: LotKind::Subscription,
            starts_at: self.starts_at,
            expires_at: Some(kept.map_or(end, |kept| end.plus_months(kept.months))),
            monthly_allocation: Credits::ZERO,
            reset_day_of_month: ResetDay::FIRST,
            rollover: kept.map(|kept| LotRollover {
                from: end,
                cap: kept.cap,
            }),
        }
    }

    fn drip_terms(&self) -> DripTerms {
        DripTerms {
            id: self.lot.clone(),
            starts_at: self.starts_at,
            ends_at: self.ends_at,
            expires_at: self.grace_ends_at(),
            total: self.granted,
            rollover: self.rollover.unwrap_or_default(),
            paid_late: None,
        }
    }
}

/// What is to be gone of each month if so much is of the whole, in proportion to
/// the parts; together that is exactly as much.
fn by_month(terms: &DripTerms, taken_back: Credits) -> Vec<Credits> {
    let total = i128::from(terms.total.milli());
    let taken_back = i128::from(taken_back.min(terms.total).max(Credits::ZERO).milli());
    let (mut granted, mut gone) = (0_i128, 0_i128);
    let months = terms.months().into_iter().map(|month| {
        granted = granted.saturating_add(i128::from(month.granted.milli()));
        let until = taken_back.saturating_mul(granted);
        let until = until.checked_div_euclid(total).unwrap_or(0);
        let target = until.saturating_sub(gone);
        gone = until;
        // A part of an amount of 64 bits has them too.
        Credits::from_milli(i64::try_from(target).unwrap_or(0))
    });
    months.collect()
}

fn claw_back(lot: LotId, target: Credits, past: &[PastLot]) -> ClawBack {
    let past = past.iter().find(|past| past.lot.terms.id == lot).cloned();
    ClawBack { lot, target, past }
}

#[cfg(test)]
mod tests;
