//! A service request as a value whose fields are all valid. The digest that recognises
//! a repeat is taken from this value, field by field, so that it cannot miss a new
//! field.

#![deny(clippy::wildcard_enum_match_arm)]

use std::sync::Arc;

use shared::domain::rating::{Estimate, ImageUse, MeteredUsage, ProviderCost, RateCards};
use shared::domain::{
    Action, Credits, Digester, Erasable, HoldId, Metered, MeteredRequest, OnExpiry, Usage,
};

/// Long enough for most calls; longer calls extend the hold or ask for more.
pub(crate) const DEFAULT_TTL_SECONDS: u32 = 300;

/// The request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Charge credits.
    Charge(Spending),
    /// Hold credits.
    Hold {
        /// The hold's name, derived from the request's own key.
        hold: HoldId,
        /// Amount, lifetime, and what happens at expiry.
        terms: HoldTerms,
    },
    /// Extend a hold: it expires `ttl_seconds` from now.
    Extend { hold: HoldId, ttl_seconds: u32 },
    /// Report the use of a hold so far.
    Report { hold: HoldId, spending: Spending },
    /// Commit a hold: charge the use and release the rest.
    Commit { hold: HoldId, spending: Spending },
    /// Release a hold completely.
    Release { hold: HoldId },
}

/// The body of a charge, a report or a commit: what it costs and what for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spending {
    pub(crate) cost: Cost,
    pub(crate) usage: Usage,
    pub(crate) session: Option<String>,
    pub(crate) label: Option<String>,
}

/// What is to be charged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cost {
    /// This amount.
    Amount(Credits),
    /// What this use of a model costs.
    Of {
        model_id: String,
        used: MeteredUsage,
    },
}

/// The body of a hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HoldTerms {
    pub(crate) reserve: Reserve,
    pub(crate) ttl_seconds: u32,
    pub(crate) on_expiry: OnExpiry,
}

/// What is to be held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reserve {
    /// This amount.
    Amount(Credits),
    /// The most that such a call of a model costs.
    Of {
        model_id: String,
        estimate: Estimate,
    },
}

/// What a request needs besides its own fields.
pub(crate) struct Ground<'a> {
    /// Seals what may be erased later.
    pub(crate) seal: &'a dyn Fn(&str) -> Erasable,
    /// The rate cards, for requests that state a use.
    pub(crate) cards: Arc<RateCards>,
}

impl Spending {
    fn digest(&self, digester: &mut Digester) {
        let Spending {
            cost,
            usage,
            session,
            label,
        } = self;
        match cost {
            Cost::Amount(amount) => {
                digester.integer("amount", amount.milli());
            }
            Cost::Of { model_id, used } => {
                digester.text("rated_model_id", model_id);
                digest_used(used, digester);
            }
        }
        let Usage {
            model_id,
            operation,
            input_tokens,
            output_tokens,
            session: _,
        } = usage;
        if let Some(model_id) = model_id {
            digester.text("model_id", model_id);
        }
        if let Some(operation) = operation {
            digester.text("operation", operation.as_str());
        }
        let tokens = [
            ("input_tokens", input_tokens),
            ("output_tokens", output_tokens),
        ];
        for (name, tokens) in tokens {
            if let Some(tokens) = tokens {
                digester.integer(name, *tokens);
            }
        }
        if let Some(label) = label {
            digester.text("label", label);
        }
        if let Some(session) = session {
            digester.text("session", session);
        }
    }

    fn into_action(self, hold: Option<(HoldId, Closes)>, ground: &Ground<'_>) -> Action {
        let Spending {
            cost,
            mut usage,
            session,
            label: _,
        } = self;
        usage.session = session.as_deref().map(ground.seal);
        match (cost, hold) {
            (Cost::Amount(amount), None) => Action::Charge { amount, usage },
            (Cost::Amount(amount), Some((hold, Closes::No))) => Action::Report {
                hold,
                amount,
                usage,
            },
            (Cost::Amount(amount), Some((hold, Closes::Yes))) => Action::Commit {
                hold,
                amount,
                usage,
            },
            (Cost::Of { model_id, used }, hold) => {
                let request = match hold {
                    None => MeteredRequest::Charge { used, usage },
                    Some((hold, Closes::No)) => MeteredRequest::Report { hold, used, usage },
                    Some((hold, Closes::Yes)) => MeteredRequest::Commit { hold, used, usage },
                };
                ground.metered(model_id, request)
            }
        }
    }
}

/// Whether a hold is closed by what is spent of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Closes {
    Yes,
    No,
}

impl Ground<'_> {
    fn metered(&self, model_id: String, request: MeteredRequest) -> Action {
        Action::Metered(Box::new(Metered {
            model_id,
            request,
            cards: self.cards.clone(),
        }))
    }
}

/// The order is that of the fields' names in the value; counts of 0 are left out.
fn digest_used(used: &MeteredUsage, digester: &mut Digester) {
    let MeteredUsage {
        tokens,
        images,
        provider_cost,
    } = used;
    for (pool, count) in tokens {
        digester.integer(pool.as_str(), *count);
    }
    digest_images(images, digester);
    digest_cost(*provider_cost, digester);
}

fn digest_images(images: &[ImageUse], digester: &mut Digester) {
    for ImageUse {
        size,
        quality,
        count,
    } in images
    {
        digester
            .text("size", size)
            .text("quality", quality)
            .integer("count", *count);
    }
}

fn digest_cost(cost: Option<ProviderCost>, digester: &mut Digester) {
    if let Some(ProviderCost {
        currency,
        amount_micros,
    }) = cost
    {
        digester
            .text("currency", currency.as_str())
            .integer("amount_micros", amount_micros);
    }
}

impl Reserve {
    fn digest(&self, digester: &mut Digester) {
        match self {
            Reserve::Amount(amount) => {
                digester.integer("amount", amount.milli());
            }
            Reserve::Of { model_id, estimate } => {
                let Estimate {
                    input,
                    max_output,
                    input_audio,
                    max_output_audio,
                    images,
                    provider_cost,
                } = estimate;
                digester
                    .text("rated_model_id", model_id)
                    .integer("input", *input)
                    .integer("max_output", *max_output)
                    .integer("input_audio", *input_audio)
                    .integer("max_output_audio", *max_output_audio);
                digest_images(images, digester);
                digest_cost(*provider_cost, digester);
            }
        }
    }
}

impl Asked {
    pub(crate) fn digest(&self, digester: &mut Digester) {
        match self {
            Asked::Charge(spending) => spending.digest(digester),
            // The hold's name is the request's key, under which this digest is stored.
            Asked::Hold { hold: _, terms } => {
                let HoldTerms {
                    reserve,
                    ttl_seconds,
                    on_expiry,
                } = terms;
                reserve.digest(digester);
                digester
                    .integer("ttl_seconds", *ttl_seconds)
                    .text("on_expiry", on_expiry.as_str());
            }
            Asked::Extend { hold, ttl_seconds } => {
                digester
                    .text("hold", &hold.to_string())
                    .integer("ttl_seconds", *ttl_seconds);
            }
            Asked::Report { hold, spending } | Asked::Commit { hold, spending } => {
                digester.text("hold", &hold.to_string());
                spending.digest(digester);
            }
            Asked::Release { hold } => {
                digester.text("hold", &hold.to_string());
            }
        }
    }

    /// The caller's label for the entry.
    pub(crate) fn label(&self) -> Option<&str> {
        match self {
            Asked::Charge(spending)
            | Asked::Report { spending, .. }
            | Asked::Commit { spending, .. } => spending.label.as_deref(),
            Asked::Hold { .. } | Asked::Extend { .. } | Asked::Release { .. } => None,
        }
    }

    /// The model whose rate card decides the amount.
    pub(crate) fn rated_model(&self) -> Option<&str> {
        match self {
            Asked::Charge(spending)
            | Asked::Report { spending, .. }
            | Asked::Commit { spending, .. } => match &spending.cost {
                Cost::Amount(_) => None,
                Cost::Of { model_id, .. } => Some(model_id),
            },
            Asked::Hold { terms, .. } => match &terms.reserve {
                Reserve::Amount(_) => None,
                Reserve::Of { model_id, .. } => Some(model_id),
            },
            Asked::Extend { .. } | Asked::Release { .. } => None,
        }
    }

    /// The domain's action.
    pub(crate) fn into_action(self, ground: &Ground<'_>) -> Action {
        match self {
            Asked::Charge(spending) => spending.into_action(None, ground),
            Asked::Hold { hold, terms } => {
                let HoldTerms {
                    reserve,
                    ttl_seconds,
                    on_expiry,
                } = terms;
                match reserve {
                    Reserve::Amount(amount) => Action::Hold {
                        hold,
                        amount,
                        ttl_seconds,
                        on_expiry,
                    },
                    Reserve::Of { model_id, estimate } => {
                        let request = MeteredRequest::Hold {
                            hold,
                            estimate,
                            ttl_seconds,
                            on_expiry,
                        };
                        ground.metered(model_id, request)
                    }
                }
            }
            Asked::Extend { hold, ttl_seconds } => Action::Extend { hold, ttl_seconds },
            Asked::Report { hold, spending } => {
                spending.into_action(Some((hold, Closes::No)), ground)
            }
            Asked::Commit { hold, spending } => {
                spending.into_action(Some((hold, Closes::Yes)), ground)
            }
            Asked::Release { hold } => Action::Release { hold },
        }
    }
}

#[cfg(test)]
mod tests;
