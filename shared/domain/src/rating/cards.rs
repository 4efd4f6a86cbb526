//! All cards, and which one is in force.

use std::collections::BTreeMap;

use super::{CardError, RateCard, RateCardId};
use crate::Timestamp;

/// The cards of all models.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RateCards {
    by_model: BTreeMap<String, Vec<RateCard>>,
}

/// A new card is in force ten minutes after it is applied at the earliest, so that all
/// caches, which keep cards for five, agree by then.
pub const MIN_LEAD_SECONDS: i64 = 600;

/// Why cards do not go together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CardsError {
    /// A card is invalid.
    #[error(transparent)]
    Card(#[from] CardError),
    /// Two cards of one model are in force at one moment.
    #[error("{one} and {other} are in force at one moment: end the first before the second begins")]
    Overlap {
        /// The card that begins first.
        one: RateCardId,
        /// The other.
        other: RateCardId,
    },
    /// Two cards have one id.
    #[error("{0} is there twice")]
    Twice(RateCardId),
    /// A card that is stored is changed or missing.
    #[error("{0} is stored and cannot change or go: add a card of a later date")]
    Changed(RateCardId),
    /// A new card would be in force too soon.
    #[error("{0} must begin at least ten minutes from now: functions keep cards for five")]
    TooSoon(RateCardId),
}

impl RateCards {
    /// Checks the cards and orders them.
    pub fn new(cards: impl IntoIterator<Item = RateCard>) -> Result<Self, CardsError> {
        let (cards, wrong) = RateCards::usable(cards);
        match wrong.into_iter().next() {
            None => Ok(cards),
            Some(error) => Err(error),
        }
    }

    /// Orders the cards and leaves out all cards of a model if one of them is wrong:
    /// nobody could say which is in force. Returns what is wrong as well.
    pub fn usable(cards: impl IntoIterator<Item = RateCard>) -> (Self, Vec<CardsError>) {
        let mut by_model: BTreeMap<String, Vec<RateCard>> = BTreeMap::new();
        for card in cards {
            let of_model = by_model.entry(card.model_id().to_string()).or_default();
            of_model.push(card);
        }
        let mut wrong = Vec::new();
        by_model.retain(|_, cards| match in_order(cards) {
            Ok(()) => true,
            Err(error) => {
                wrong.push(error);
                false
            }
        });
        (RateCards { by_model }, wrong)
    }

    /// The card of a model that is in force at a moment: the last that has begun, unless
    /// it has ended.
    pub fn in_force(&self, model_id: &str, at: Timestamp) -> Option<&RateCard> {
        let mut cards = self.by_model.get(model_id)?.iter().rev();
        let begun = cards.find(|card| card.effective_from <= at)?;
        begun.is_in_force(at).then_some(begun)
    }

    /// A card by its id.
    pub fn card(&self, id: &RateCardId) -> Option<&RateCard> {
        let mut cards = self.by_model.get(id.model_id())?.iter();
        cards.find(|card| card.id == *id)
    }

    /// All cards, by model and beginning.
    pub fn iter(&self) -> impl Iterator<Item = &RateCard> {
        self.by_model.values().flatten()
    }

    /// Whether these cards may replace the stored ones at a moment: all stored ones are
    /// still there as they were, and new ones begin late enough. That holds for a model's
    /// first card too: before all functions know it, some would refuse what others charge.
    pub fn may_replace(&self, stored: &RateCards, now: Timestamp) -> Result<(), CardsError> {
        for card in stored.iter() {
            if self.card(&card.id) != Some(card) {
                return Err(CardsError::Changed(card.id.clone()));
            }
        }
        for card in self.iter() {
            let is_new = stored.card(&card.id).is_none();
            let lead = card.effective_from.seconds_since(now);
            if is_new && lead < MIN_LEAD_SECONDS {
                return Err(CardsError::TooSoon(card.id.clone()));
            }
        }
        Ok(())
    }
}

/// Checks the cards of one model, and orders them by their beginning.
fn in_order(cards: &mut [RateCard]) -> Result<(), CardsError> {
    for card in cards.iter() {
        card.check()?;
    }
    cards.sort_by(|one, other| {
        let of = |card: &RateCard| (card.effective_from, card.id.clone());
        of(one).cmp(&of(other))
    });
    for (one, other) in cards.iter().zip(cards.iter().skip(1)) {
        let (one_id, other_id) = (one.id.clone(), other.id.clone());
        if one.id == other.id {
            return Err(CardsError::Twice(one_id));
        }
        let ends_later = one
            .effective_until
            .is_some_and(|end| end > other.effective_from);
        if one.effective_from == other.effective_from || ends_later {
            return Err(CardsError::Overlap {
                one: one_id,
                other: other_id,
            });
        }
    }
    Ok(())
}
