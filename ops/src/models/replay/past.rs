//! One use of the past as a replay sees it, and what it would have cost.

use std::collections::BTreeMap;

use shared::domain::rating::{
    ImageUse, MeteredUsage, Pool, ProviderCost, RateCard, RateCards, Rated, RatedUnit, Rating,
    RatingError,
};
use shared::domain::{
    Credits, CreditsOverflow, Entry, EntryKind, LotAmount, LotKind, Posting, Usage,
};

/// The cards to rate by: of each model the last one, whenever it begins.
pub(super) struct OtherCards {
    by_model: BTreeMap<String, RateCard>,
}

impl OtherCards {
    pub(super) fn of(cards: &RateCards) -> Self {
        let cards = cards.iter();
        let by_model = cards.map(|card| (card.model_id().to_string(), card.clone()));
        // They are ordered by model and beginning, so the last of a model stays.
        OtherCards {
            by_model: by_model.collect(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.by_model.len()
    }

    /// What an entry's use would have cost.
    pub(super) fn rate(&self, entry: &Entry) -> Rerated {
        let usage = &entry.outcome.usage;
        let card = usage.model_id.as_ref().and_then(|id| self.by_model.get(id));
        let Some(card) = card else {
            return Rerated::OtherModel;
        };
        let model = card.model_id().to_string();
        let metered = match &entry.outcome.rating {
            Some(rating) => Some(as_rated(rating, card)),
            None => as_told(usage),
        };
        match metered.map(|metered| card.rate(&metered)) {
            None => Rerated::Uncounted { model },
            Some(Ok(Rated { amount, .. })) => Rerated::Rated { model, amount },
            Some(Err(error)) => Rerated::NoRate { model, error },
        }
    }
}

/// How a use is rated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Rerated {
    /// It would have cost this.
    Rated {
        /// The model.
        model: String,
        /// The amount.
        amount: Credits,
    },
    /// The card has no rate for it, so it costs what it cost.
    NoRate {
        /// The model.
        model: String,
        /// Why.
        error: RatingError,
    },
    /// Nobody counted what was used, so it costs what it cost.
    Uncounted {
        /// The model.
        model: String,
    },
    /// The file has no card of its model, or it names none.
    OtherModel,
}

/// What was counted when an entry was rated. Of money only the amount is kept, which is
/// taken to be in the other card's currency.
fn as_rated(rating: &Rating, card: &RateCard) -> MeteredUsage {
    let mut metered = MeteredUsage::default();
    for part in &rating.breakdown {
        let count = u32::try_from(part.count).unwrap_or(u32::MAX);
        match &part.unit {
            RatedUnit::Tokens(pool) => {
                metered.tokens.insert(*pool, count);
            }
            RatedUnit::Images { size, quality } => metered.images.push(ImageUse {
                size: size.clone(),
                quality: quality.clone(),
                count,
            }),
            RatedUnit::ProviderCost => {
                let currency = card.provider_cost.map(|rate| rate.currency);
                metered.provider_cost = currency.or("usd".parse().ok()).map(|currency| {
                    let amount_micros = part.count;
                    ProviderCost {
                        currency,
                        amount_micros,
                    }
                });
            }
            // The card says itself what a call costs, and what is rounded.
            RatedUnit::Request | RatedUnit::Rounding => {}
        }
    }
    metered
}

/// What the caller of a charge by amount said; none if it counted nothing.
fn as_told(usage: &Usage) -> Option<MeteredUsage> {
    let counts = [
        (Pool::Input, usage.input_tokens),
        (Pool::Output, usage.output_tokens),
    ];
    let counts = counts.into_iter();
    let tokens: BTreeMap<Pool, u32> = counts
        .filter_map(|(pool, count)| Some((pool, count?)))
        .collect();
    (!tokens.is_empty()).then(|| MeteredUsage {
        tokens,
        ..MeteredUsage::default()
    })
}

/// The kind of entry that uses credits for a caller. What a hold's expiry charged stands
/// in no entry of its own, and stays as it was.
pub(super) fn is_use(entry: &Entry) -> bool {
    match entry.kind {
        EntryKind::Charge | EntryKind::Commit => true,
        EntryKind::Open
        | EntryKind::PastUse
        | EntryKind::PastCredits
        | EntryKind::Hold
        | EntryKind::Extend
        | EntryKind::Report
        | EntryKind::Release
        | EntryKind::Grant
        | EntryKind::Clawback
        | EntryKind::Plans
        | EntryKind::Adjust => false,
    }
}

/// What matters of an entry for the question whether the user would have run dry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) seq: u64,
    /// What it would have cost more, in milli-credits; less if negative.
    pub(super) more: i64,
    /// What was left after it, in milli-credits.
    pub(super) left: i64,
    /// What lapsed before it, in milli-credits.
    pub(super) lapsed: i64,
    /// Whether a month of free credits began before it.
    pub(super) begins_month: bool,
    /// Whether it used credits.
    pub(super) is_use: bool,
}

impl Step {
    pub(super) fn of(entry: &Entry, more: i64) -> Result<Self, CreditsOverflow> {
        let mut lapsed = Credits::ZERO;
        let mut begins_month = false;
        for posting in &entry.postings {
            match posting {
                Posting::Moved {
                    amount: LotAmount::Lapsed,
                    delta,
                    ..
                } => lapsed = lapsed.plus(*delta)?,
                Posting::Opened(terms) => begins_month |= terms.kind == LotKind::Free,
                Posting::Moved { .. }
                | Posting::FreeTerms { .. }
                | Posting::Archived { .. }
                | Posting::Recalled(_)
                | Posting::EndMoved { .. }
                | Posting::Hold(_)
                | Posting::Schedule(_)
                | Posting::Plans(_)
                | Posting::Active(_)
                | Posting::Erased
                | Posting::PeriodsSkipped { .. } => {}
            }
        }
        Ok(Step {
            seq: entry.seq,
            more,
            left: entry.balance_after.total_available()?.milli(),
            lapsed: lapsed.milli(),
            begins_month,
            is_use: is_use(entry),
        })
    }

    /// Whether it can matter: it costs something else, or time has passed.
    pub(super) fn matters(&self) -> bool {
        self.is_use || self.lapsed != 0 || self.begins_month
    }
}

/// Whether a user would have run dry. What would have been used more is taken from what
/// lapsed, as long as something did; what would have been saved does not outlast a month.
pub(super) fn runs_dry(mut steps: Vec<Step>) -> bool {
    steps.sort_unstable_by_key(|step| step.seq);
    let mut more = 0_i128;
    for step in steps {
        if more > 0 {
            let lapsed = i128::from(step.lapsed.max(0));
            more = more.saturating_sub(lapsed.min(more));
        } else if step.begins_month {
            more = 0;
        }
        more = more.saturating_add(i128::from(step.more));
        if step.is_use && more > i128::from(step.left) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(seq: u64, more: i64, left: i64) -> Step {
        Step {
            seq,
            more,
            left,
            lapsed: 0,
            begins_month: false,
            is_use: true,
        }
    }

    fn month(seq: u64, lapsed: i64) -> Step {
        Step {
            lapsed,
            begins_month: true,
            is_use: false,
            ..used(seq, 0, 2000)
        }
    }

    #[test]
    fn a_user_runs_dry_once_what_is_used_more_is_above_what_is_left() {
        assert!(!runs_dry(vec![used(1, 60, 200), used(2, 60, 120)]));
        assert!(runs_dry(vec![used(1, 60, 200), used(2, 60, 119)]));
        // The ledger's order counts, not that of the keys.
        assert!(!runs_dry(vec![used(2, 60, 500), used(1, 60, 60)]));
        assert!(runs_dry(vec![used(2, 60, 119), used(1, 60, 200)]));
    }

    #[test]
    fn what_lapsed_would_have_been_used_and_savings_end_with_the_month() {
        let saved = [used(1, -500, 100), month(2, 0), used(3, 300, 200)];
        assert!(runs_dry(saved.to_vec()));
        assert!(!runs_dry(vec![saved[0], saved[2]]));
        let lapsed = [used(1, 450, 500), month(2, 500), used(3, 450, 500)];
        assert!(!runs_dry(lapsed.to_vec()));
        assert!(runs_dry(vec![lapsed[0], month(2, 0), lapsed[2]]));
    }
}
