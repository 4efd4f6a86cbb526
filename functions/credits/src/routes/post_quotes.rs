//! `POST /v1/quotes`: what uses of models cost by the cards in force, the same rating as
//! that of a charge. It writes nothing except the
//! rate counter, and that for users alone: a service is not limited.

use serde::Serialize;
use serde_json::{Map, Value};
use shared::domain::rating::{RateCard, Rated, Rating, RatingError};
use shared::domain::{Credits, Refusal, Timestamp};
use shared::http::{
    Allowance, ApiError, Caller, Event, Fields, Response, json_text, user_or_service,
};

use crate::app::App;
use crate::bodies::{self, MAX_QUOTES, Priced};
use crate::parts::{PartBody, breakdown};

pub(crate) const ROUTE_KEY: &str = "POST /v1/quotes";

#[derive(Serialize)]
struct QuotesBody {
    quotes: Vec<QuoteBody>,
}

/// What one use costs, or why it has no price.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct QuoteBody {
    model_id: String,
    #[serde(flatten)]
    result: QuoteResult,
}

#[derive(Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
enum QuoteResult {
    Price {
        rate_card: String,
        amount: String,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        breakdown: Vec<PartBody>,
    },
    None(Map<String, Value>),
}

pub(crate) async fn respond(app: &App, event: &Event) -> Result<Response, ApiError> {
    // parse
    let prefix = &app.settings.scope_prefix;
    let user = user_or_service(event, prefix, &["models.read"], &["credits.charge"])?;
    let asked = asked(event)?;
    let now = app.clock.now();

    // load, decide
    let (allowance, quotes) = tokio::join!(count(app, user, now), quotes(app, asked, now));
    let (allowance, quotes) = (allowance?, quotes?);

    // render
    let body = json_text(&QuotesBody { quotes })?;
    Ok(Response::json(200, body)
        .with_header("cache-control", "no-store")
        .with_allowance(allowance))
}

async fn count(
    app: &App,
    user: Option<Caller>,
    now: Timestamp,
) -> Result<Option<Allowance>, ApiError> {
    match user {
        Some(user) => {
            let limiter = &app.settings.quotes_limiter;
            limiter.count(&app.store, &user.user_id, now).await
        }
        None => Ok(None),
    }
}

async fn quotes(
    app: &App,
    asked: Vec<(String, Priced)>,
    now: Timestamp,
) -> Result<Vec<QuoteBody>, ApiError> {
    let mut quotes = Vec::new();
    for (model_id, priced) in asked {
        let result = quote(app, &model_id, &priced, now).await?;
        quotes.push(QuoteBody { model_id, result });
    }
    Ok(quotes)
}

fn asked(event: &Event) -> Result<Vec<(String, Priced)>, ApiError> {
    let mut body = Fields::of(event)?;
    if !body.contains("quotes") {
        body.problem("quotes", "is required");
    }
    let quotes = body.objects("quotes", 1..=MAX_QUOTES, bodies::priced);
    let quotes: Option<Vec<_>> = quotes.unwrap_or_default().into_iter().collect();
    body.finish(quotes)
}

async fn quote(
    app: &App,
    model_id: &str,
    priced: &Priced,
    now: Timestamp,
) -> Result<QuoteResult, ApiError> {
    let result = if app.offers(Some(model_id)).await? {
        let cards = app.cards_for(Some(model_id)).await?;
        let card = cards.in_force(model_id, now);
        let card = card.ok_or_else(|| Refusal::NoRateCard {
            model_id: model_id.to_string(),
        });
        card.and_then(|card| price(card, priced))
            .map_err(ApiError::from)
    } else {
        let problem = crate::service::NO_SUCH_MODEL.to_string();
        Err(ApiError::ValidationFailed(
            [("modelId".to_string(), problem)].into(),
        ))
    };
    Ok(match result {
        Ok((amount, rating)) => QuoteResult::Price {
            rate_card: rating.card.to_string(),
            amount: amount.to_string(),
            breakdown: breakdown(&rating.breakdown),
        },
        Err(error) => QuoteResult::None(error.as_result().1),
    })
}

fn price(card: &RateCard, priced: &Priced) -> Result<(Credits, Rating), Refusal> {
    match priced {
        Priced::Used(used) => {
            let rated: Result<Rated, RatingError> = card.rate(used);
            let Rated { amount, rating } = rated.map_err(Refusal::Unrated)?;
            Ok((amount, rating))
        }
        Priced::Estimate(estimate) => {
            let amount = card.estimate(estimate).map_err(Refusal::Unestimated)?;
            Ok((amount, Rating::without_parts(card.id.clone())))
        }
    }
}

/// What `openapi.yaml` says of this route.
#[cfg(feature = "openapi")]
pub(crate) fn describe() -> shared::http::openapi::Described {
    crate::openapi_of_several::quotes(ROUTE_KEY)
}
