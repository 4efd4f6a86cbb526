//! Commands that state a use are rated once, by the card in force, and then decided like
//! the commands that name the amount themselves.
//!
//! A hold keeps the moment at which it was opened, so its reports and its commit are
//! rated by the cards of that moment, whatever model the call used in the end: cards
//! never change, and no card begins in the past.

use super::rating::{MeteredUsage, RateCard, Rated, Rating};
use super::{Action, CreditAccount, HoldId, Metered, MeteredRequest, Refusal, Timestamp, Usage};

impl Metered {
    /// The command with its amount, and what it was rated by.
    pub(crate) fn price(
        &self,
        account: &CreditAccount,
        now: Timestamp,
    ) -> Result<(Action, Rating), Refusal> {
        match &self.request {
            MeteredRequest::Charge { used, usage } => {
                let Rated { amount, rating } = rated_by(self.card(now)?, used)?;
                let usage = self.filled(usage, &rating);
                Ok((Action::Charge { amount, usage }, rating))
            }
            MeteredRequest::Hold {
                hold,
                estimate,
                ttl_seconds,
                on_expiry,
            } => {
                let card = self.card(now)?;
                let action = Action::Hold {
                    hold: hold.clone(),
                    amount: card.estimate(estimate).map_err(Refusal::Unestimated)?,
                    ttl_seconds: *ttl_seconds,
                    on_expiry: *on_expiry,
                };
                Ok((action, Rating::without_parts(card.id.clone())))
            }
            MeteredRequest::Report { hold, used, usage } => {
                let Rated { amount, rating } = rated_by(self.card_of(account, hold, now)?, used)?;
                let action = Action::Report {
                    hold: hold.clone(),
                    amount,
                    usage: self.filled(usage, &rating),
                };
                Ok((action, rating))
            }
            MeteredRequest::Commit { hold, used, usage } => {
                let Rated { amount, rating } = rated_by(self.card_of(account, hold, now)?, used)?;
                let action = Action::Commit {
                    hold: hold.clone(),
                    amount,
                    usage: self.filled(usage, &rating),
                };
                Ok((action, rating))
            }
        }
    }

    fn card(&self, at: Timestamp) -> Result<&RateCard, Refusal> {
        let card = self.cards.in_force(&self.model_id, at);
        card.ok_or_else(|| Refusal::NoRateCard {
            model_id: self.model_id.clone(),
        })
    }

    /// The card that was in force when the hold was opened. Holds of releases that
    /// did not note that moment are rated as of now.
    fn card_of(
        &self,
        account: &CreditAccount,
        hold: &HoldId,
        now: Timestamp,
    ) -> Result<&RateCard, Refusal> {
        let known = account.holds.iter().find(|known| known.id == *hold);
        let known = known.ok_or_else(|| Refusal::NoSuchHold(hold.clone()))?;
        self.card(known.opened_at.unwrap_or(now))
    }

    fn filled(&self, usage: &Usage, rating: &Rating) -> Usage {
        Usage {
            model_id: Some(self.model_id.clone()),
            operation: usage.operation,
            input_tokens: Some(rating.input_tokens().unwrap_or(0)),
            output_tokens: Some(rating.output_tokens().unwrap_or(0)),
            session: usage.session.clone(),
        }
    }
}

fn rated_by(card: &RateCard, used: &MeteredUsage) -> Result<Rated, Refusal> {
    card.rate(used).map_err(Refusal::Unrated)
}

#[cfg(test)]
mod tests;
