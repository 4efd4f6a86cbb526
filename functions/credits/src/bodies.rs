//! The bodies of service requests, read field by field, so that all problems are named
//! at once.

use shared::domain::rating::{Estimate, MeteredUsage};
use shared::domain::{Credits, Usage};
use shared::http::{ApiError, Event, Fields};

use crate::asked::{Cost, DEFAULT_TTL_SECONDS, HoldTerms, Reserve, Spending};
use crate::{fields, metering};

/// The most charges of one batch: with the account they are well below the 100 items of
/// one transaction.
pub(crate) const MAX_CHARGES: usize = 25;
pub(crate) const MAX_QUOTES: usize = 25;

/// The body of a charge, a report or a commit.
pub(crate) fn spending(body: &mut Fields) -> Option<Spending> {
    let amount = amount_unless(body, "usage", &["inputTokens", "outputTokens"]);
    let used = metering::used(body);
    let usage = fields::usage(body);
    let session = fields::session(body);
    let label = fields::label(body);
    let (cost, usage) = match used {
        None => (Cost::Amount(amount?), usage),
        Some(used) => {
            // The model of a use is part of what it costs; the domain fills it in.
            let (model_id, usage) = without_model(usage);
            let model_id = model_id?;
            (Cost::Of { model_id, used }, usage)
        }
    };
    Some(Spending {
        cost,
        usage,
        session,
        label,
    })
}

fn without_model(usage: Usage) -> (Option<String>, Usage) {
    let Usage {
        model_id,
        operation,
        input_tokens,
        output_tokens,
        session,
    } = usage;
    let usage = Usage {
        model_id: None,
        operation,
        input_tokens,
        output_tokens,
        session,
    };
    (model_id, usage)
}

/// The body of a hold.
pub(crate) fn hold_terms(body: &mut Fields) -> Option<HoldTerms> {
    if body.contains("modelId") && !body.contains("estimate") {
        refuse(body, "modelId", "must be sent together with estimate");
    }
    let amount = amount_unless(body, "estimate", &[]);
    let estimate = metering::estimate(body);
    let model_id = fields::model_id(body);
    let reserve = match estimate {
        None => amount.map(Reserve::Amount),
        Some(estimate) => model_id.map(|model_id| Reserve::Of { model_id, estimate }),
    };
    let ttl_seconds = fields::ttl_seconds(body, Some(DEFAULT_TTL_SECONDS));
    let on_expiry = fields::on_expiry(body);
    Some(HoldTerms {
        reserve: reserve?,
        ttl_seconds: ttl_seconds?,
        on_expiry: on_expiry?,
    })
}

/// What a quote is for.
pub(crate) enum Priced {
    Used(MeteredUsage),
    Estimate(Estimate),
}

/// One quote: a model, and either a use or an estimate.
pub(crate) fn priced(quote: &mut Fields) -> Option<(String, Priced)> {
    if !quote.contains("modelId") {
        quote.problem("modelId", "is required");
    }
    match (quote.contains("usage"), quote.contains("estimate")) {
        (true, false) | (false, true) => {}
        (false, false) => quote.problem("usage", "is required, or estimate"),
        (true, true) => refuse(quote, "usage", "must not be sent together with estimate"),
    }
    let model_id = fields::model_id(quote);
    let used = metering::used(quote).map(Priced::Used);
    let estimate = metering::estimate(quote).map(Priced::Estimate);
    Some((model_id?, used.or(estimate)?))
}

/// `amount`, unless the body has the object from which it follows, by a model's rate
/// card; `others` may not stand beside that object either.
fn amount_unless(body: &mut Fields, object: &str, others: &[&str]) -> Option<Credits> {
    if !body.contains(object) {
        if !body.contains("amount") {
            body.problem("amount", &format!("is required, or {object} with modelId"));
            return None;
        }
        return fields::amount(body);
    }
    for name in others.iter().chain(&["amount"]) {
        if body.contains(name) {
            let problem = format!("must not be sent together with {object}");
            refuse(body, name, &problem);
        }
    }
    if !body.contains("modelId") {
        body.problem("modelId", &format!("is required with {object}"));
    }
    None
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

/// A field that may not be there beside another.
fn refuse(body: &mut Fields, name: &str, problem: &str) {
    let _: Option<()> = body.take(name, problem, |_| None);
}
