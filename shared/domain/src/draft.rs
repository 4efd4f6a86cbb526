//! A draft: an account being changed, with the postings that change it.
//!
//! Posting and changing are one step, so a decision cannot record anything but what
//! it did.

use super::{
    ApplyError, CreditAccount, Credits, LotAmount, LotId, LotTerms, PastLot, Posting, PostingCause,
    Timestamp,
};

/// The maximum number of lots that leave for the past credits in one commit; the
/// others wait, closed and empty. A transaction holds 100 items: 20 lots, the
/// entry, the account and what a webhook adds stay far below that.
pub const MAX_ARCHIVED_PER_COMMIT: usize = 20;

/// An account being changed.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) account: CreditAccount,
    pub(crate) postings: Vec<Posting>,
    pub(crate) archived: Vec<PastLot>,
    /// The old terms of lots whose end was moved after it had come.
    pub(crate) vacated: Vec<LotTerms>,
}

impl Draft {
    pub(crate) fn of(account: CreditAccount) -> Self {
        Draft {
            account,
            postings: Vec::new(),
            archived: Vec::new(),
            vacated: Vec::new(),
        }
    }

    pub(crate) fn post(&mut self, posting: Posting) -> Result<(), ApplyError> {
        self.account.apply(&posting)?;
        self.postings.push(posting);
        Ok(())
    }

    /// Lapses what must not remain of a lot at a moment.
    pub(crate) fn lapse(&mut self, id: &LotId, at: Timestamp) -> Result<(), ApplyError> {
        let Some(lot) = self.account.lot(id) else {
            return Ok(());
        };
        let excess = lot.excess(at)?;
        let cause = if lot.is_closed(at) {
            PostingCause::Expiry
        } else {
            PostingCause::Rollover
        };
        self.move_amount(id, LotAmount::Lapsed, excess, cause)
    }

    /// Moves one amount of a lot; a delta of 0 leaves no posting.
    pub(crate) fn move_amount(
        &mut self,
        lot: &LotId,
        amount: LotAmount,
        delta: Credits,
        cause: PostingCause,
    ) -> Result<(), ApplyError> {
        if delta.is_zero() {
            return Ok(());
        }
        self.post(Posting::Moved {
            lot: lot.clone(),
            amount,
            delta,
            cause,
        })
    }

    /// Opens a lot and grants its credits.
    pub(crate) fn open_lot(
        &mut self,
        terms: LotTerms,
        granted: Credits,
        cause: PostingCause,
    ) -> Result<(), ApplyError> {
        let id = terms.id.clone();
        self.post(Posting::Opened(terms))?;
        self.move_amount(&id, LotAmount::Granted, granted, cause)
    }

    /// Sends finished lots to the past credits, the earliest end first, as many as
    /// fit into one commit.
    pub(crate) fn archive_finished_lots(&mut self) -> Result<(), ApplyError> {
        let now = self.account.as_of;
        let mut finished = Vec::new();
        for lot in &self.account.lots {
            if lot.is_finished(now)? {
                let ended_at = lot.terms.expires_at.unwrap_or(now);
                finished.push((ended_at, lot.terms.id.clone()));
            }
        }
        finished.sort();
        for (ended_at, id) in finished.into_iter().take(MAX_ARCHIVED_PER_COMMIT) {
            if let Some(lot) = self.account.lot(&id).cloned() {
                self.post(Posting::Archived { lot: id })?;
                self.archived.push(PastLot { lot, ended_at });
            }
        }
        Ok(())
    }

    /// The old terms of lots whose end was moved, without duplicates and without
    /// those under which a lot has left again.
    pub(crate) fn places_left(&self) -> Vec<LotTerms> {
        let place = |terms: &LotTerms| (terms.id.clone(), terms.expires_at);
        let taken = self.archived.iter().map(|past| place(&past.lot.terms));
        let mut seen: Vec<_> = taken.collect();
        let mut left = Vec::new();
        for terms in &self.vacated {
            if !seen.contains(&place(terms)) {
                seen.push(place(terms));
                left.push(terms.clone());
            }
        }
        left
    }
}
