//! A service request as a value whose fields are all valid. The digest that recognises
//! a repeat is taken from this value, field by field, so that it cannot miss a new
//! field.

#![deny(clippy::wildcard_enum_match_arm)]

use shared::domain::{Action, Credits, Digester, HoldId, OnExpiry, Usage};
use shared::http::{ApiError, Event, Fields};

use crate::fields;

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

/// The body of a charge, a report or a commit: the amount and its use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spending {
    pub(crate) amount: Credits,
    pub(crate) usage: Usage,
    pub(crate) label: Option<String>,
}

/// The body of a hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HoldTerms {
    pub(crate) amount: Credits,
    pub(crate) ttl_seconds: u32,
    pub(crate) on_expiry: OnExpiry,
}

impl Spending {
    fn digest(&self, digester: &mut Digester) {
        let Spending {
            amount,
            usage,
            label,
        } = self;
        digester.integer("amount", amount.milli());
        let Usage {
            model_id,
            operation,
            input_tokens,
            output_tokens,
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
    }
}

impl HoldTerms {
    pub(crate) fn of(event: &Event) -> Result<Self, ApiError> {
        let mut body = Fields::of(event)?;
        let amount = fields::amount(&mut body);
        let ttl_seconds = fields::ttl_seconds(&mut body, Some(DEFAULT_TTL_SECONDS));
        let on_expiry = fields::on_expiry(&mut body);
        let terms = (|| {
            Some(HoldTerms {
                amount: amount?,
                ttl_seconds: ttl_seconds?,
                on_expiry: on_expiry?,
            })
        })();
        body.finish(terms)
    }
}

/// The body of an extension: the new lifetime, in seconds from now.
pub(crate) fn extension(event: &Event) -> Result<u32, ApiError> {
    let mut body = Fields::of(event)?;
    let ttl_seconds = fields::ttl_seconds(&mut body, None);
    body.finish(ttl_seconds)
}

/// The body of a release: empty, or an empty object.
pub(crate) fn nothing(event: &Event) -> Result<(), ApiError> {
    if event.has_body() {
        Fields::of(event)?.finish(Some(()))
    } else {
        Ok(())
    }
}

impl Asked {
    pub(crate) fn digest(&self, digester: &mut Digester) {
        match self {
            Asked::Charge(spending) => spending.digest(digester),
            // The hold's name is the request's key, under which this digest is stored.
            Asked::Hold { hold: _, terms } => {
                let HoldTerms {
                    amount,
                    ttl_seconds,
                    on_expiry,
                } = terms;
                digester
                    .integer("amount", amount.milli())
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

    /// The domain's action, and the caller's label for the entry.
    pub(crate) fn into_action(self) -> (Action, Option<String>) {
        match self {
            Asked::Charge(Spending {
                amount,
                usage,
                label,
            }) => (Action::Charge { amount, usage }, label),
            Asked::Hold { hold, terms } => {
                let HoldTerms {
                    amount,
                    ttl_seconds,
                    on_expiry,
                } = terms;
                let action = Action::Hold {
                    hold,
                    amount,
                    ttl_seconds,
                    on_expiry,
                };
                (action, None)
            }
            Asked::Extend { hold, ttl_seconds } => (Action::Extend { hold, ttl_seconds }, None),
            Asked::Report { hold, spending } => {
                let Spending {
                    amount,
                    usage,
                    label,
                } = spending;
                let action = Action::Report {
                    hold,
                    amount,
                    usage,
                };
                (action, label)
            }
            Asked::Commit { hold, spending } => {
                let Spending {
                    amount,
                    usage,
                    label,
                } = spending;
                let action = Action::Commit {
                    hold,
                    amount,
                    usage,
                };
                (action, label)
            }
            Asked::Release { hold } => (Action::Release { hold }, None),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use shared::domain::Operation;

    use super::*;

    fn hold(key: &str) -> HoldId {
        HoldId {
            client: "service".parse().unwrap(),
            key: key.parse().unwrap(),
        }
    }

    fn spending(change: impl FnOnce(&mut Spending)) -> Spending {
        let mut spending = Spending {
            amount: Credits::from_milli(1),
            usage: Usage::default(),
            label: None,
        };
        change(&mut spending);
        spending
    }

    /// Values that each differ in a single field.
    fn spendings() -> Vec<Spending> {
        vec![
            spending(|_| {}),
            spending(|it| it.amount = Credits::from_milli(2)),
            spending(|it| it.usage.model_id = Some("a".into())),
            spending(|it| it.usage.operation = Some(Operation::Chat)),
            spending(|it| it.usage.input_tokens = Some(1)),
            spending(|it| it.usage.output_tokens = Some(1)),
            spending(|it| it.label = Some("a".into())),
        ]
    }

    fn holds() -> Vec<HoldTerms> {
        let terms = HoldTerms {
            amount: Credits::from_milli(1),
            ttl_seconds: 1,
            on_expiry: OnExpiry::Release,
        };
        let amount = Credits::from_milli(2);
        let on_expiry = OnExpiry::Settle;
        vec![
            terms.clone(),
            HoldTerms { amount, ..terms },
            HoldTerms {
                ttl_seconds: 2,
                ..terms
            },
            HoldTerms { on_expiry, ..terms },
        ]
    }

    fn digests(all: &[Asked]) -> usize {
        let digests = all.iter().map(|asked| {
            let mut digester = Digester::new("request/1");
            asked.digest(&mut digester);
            digester.finish().to_string()
        });
        digests.collect::<BTreeSet<_>>().len()
    }

    #[test]
    fn a_request_that_differs_in_any_field_has_another_digest() {
        let charges: Vec<_> = spendings().into_iter().map(Asked::Charge).collect();
        assert_eq!(digests(&charges), charges.len());
        let opened = |terms| Asked::Hold {
            hold: hold("a"),
            terms,
        };
        let opened: Vec<_> = holds().into_iter().map(opened).collect();
        assert_eq!(digests(&opened), opened.len());
        for hold in [hold("a"), hold("b")] {
            let commits: Vec<_> = spendings()
                .into_iter()
                .map(|spending| Asked::Commit {
                    hold: hold.clone(),
                    spending,
                })
                .collect();
            assert_eq!(digests(&commits), commits.len());
        }
        let extended = |hold, ttl_seconds| Asked::Extend { hold, ttl_seconds };
        let extensions = [
            extended(hold("a"), 1),
            extended(hold("a"), 2),
            extended(hold("b"), 1),
        ];
        assert_eq!(digests(&extensions), 3);
    }
}
