//! Several at once: what uses of models cost, and charges of one user in one request.

use std::collections::BTreeMap;

use reqwest::Method;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::amount::Amount;
use crate::answers::{Charged, RatedPart};
use crate::error::{Error, FunctionError};
use crate::machine::Deadline;
use crate::requests::{Estimate, IdempotencyKey, MeteredUsage, Spending};
use crate::transport::{Transport, json, parsed};

/// A question of what a use of a model costs: one of `usage` and `estimate`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Quote {
    /// The id of a model on offer.
    pub model_id: String,
    /// What was used of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<MeteredUsage>,
    /// The most that a call of it uses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimate: Option<Estimate>,
}

impl Quote {
    /// Of what was used.
    pub fn used(model_id: impl Into<String>, usage: impl Into<MeteredUsage>) -> Self {
        Quote {
            model_id: model_id.into(),
            usage: Some(usage.into()),
            estimate: None,
        }
    }

    /// Of the most that a call uses.
    pub fn estimated(model_id: impl Into<String>, estimate: Estimate) -> Self {
        Quote {
            model_id: model_id.into(),
            usage: None,
            estimate: Some(estimate),
        }
    }
}

/// The answer to one [`Quote`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Quoted {
    /// The model that was asked about.
    pub model_id: String,
    /// Its price, or why it has none.
    pub price: Result<QuotedPrice, FunctionError>,
}

/// A price by the rate card in force.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct QuotedPrice {
    /// The credits that a charge of this use would take.
    pub amount: Amount,
    /// The rate card that they follow from.
    pub rate_card: String,
    /// How they come about: the parts add up to them. Estimates have none.
    #[serde(default)]
    pub breakdown: Vec<RatedPart>,
}

/// A charge of a batch: its own key, and what it would be alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchCharge {
    /// The key of this charge; no other charge of the batch has it.
    pub idempotency_key: IdempotencyKey,
    /// The amount, or the use that is rated, and what it was for.
    #[serde(flatten)]
    pub spending: Spending,
}

impl BatchCharge {
    /// A charge under a key that is made for it.
    pub fn of(spending: Spending) -> Self {
        BatchCharge {
            idempotency_key: IdempotencyKey::unique(),
            spending,
        }
    }
}

/// The outcome of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct BatchCharged {
    /// One result a charge, in their order.
    pub results: Vec<BatchResult>,
    /// What can be spent afterwards.
    pub total_available: i64,
    /// The number of the ledger's last entry.
    pub version: u64,
}

/// The result of one charge of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BatchResult {
    /// The key of the charge.
    pub idempotency_key: String,
    /// The status that the charge alone would have been answered with.
    pub status: u16,
    /// Whether it was done before.
    pub replayed: bool,
    /// The charge, or why it was refused.
    pub outcome: Result<Charged, FunctionError>,
}

#[derive(Serialize)]
struct Quotes<'a> {
    quotes: &'a [Quote],
}

#[derive(Deserialize)]
struct QuotesAnswer {
    quotes: Vec<Quoted>,
}

#[derive(Serialize)]
struct Batch<'a> {
    charges: &'a [BatchCharge],
}

/// What each use costs, in the order of the questions.
pub(crate) async fn quote(
    transport: &Transport,
    quotes: &[Quote],
    deadline: Deadline,
) -> Result<Vec<Quoted>, Error> {
    let body = json(&Quotes { quotes })?;
    let ask = transport.ask(Method::POST, &["v1", "quotes"], Some(body));
    let answer: QuotesAnswer = parsed(&transport.send(&ask, deadline).await?)?;
    Ok(answer.quotes)
}

/// Charges a user several times.
pub(crate) async fn charge_batch(
    transport: &Transport,
    user_id: &str,
    charges: &[BatchCharge],
    deadline: Deadline,
) -> Result<BatchCharged, Error> {
    let body = json(&Batch { charges })?;
    let path = ["api", "users", user_id, "charges", "batch"];
    let mut ask = transport.ask(Method::POST, &path, Some(body));
    ask.has_keys = true;
    let reply = transport.send(&ask, deadline).await?;
    // It was carried out, even if the answer says nothing to this client.
    parsed(&reply).map_err(|error| Error {
        outcome_is_unknown: true,
        ..error
    })
}

/// The parts that one of several results may have beside its own.
#[derive(Deserialize)]
struct Parts {
    #[serde(flatten)]
    rest: BTreeMap<String, serde_json::Value>,
}

impl Parts {
    fn text<E: serde::de::Error>(&self, name: &'static str) -> Result<String, E> {
        let text = self.rest.get(name).and_then(|value| value.as_str());
        text.map(str::to_string)
            .ok_or_else(|| E::missing_field(name))
    }

    /// The result, or the error that stands in its place.
    fn outcome<T, E>(self, status: u16) -> Result<Result<T, FunctionError>, E>
    where
        T: for<'de> Deserialize<'de>,
        E: serde::de::Error,
    {
        let is_error = self.rest.contains_key("error");
        let value = serde_json::Value::Object(self.rest.into_iter().collect());
        if is_error {
            FunctionError::of_result(status, value)
                .map(Err)
                .map_err(E::custom)
        } else {
            serde_json::from_value(value).map(Ok).map_err(E::custom)
        }
    }
}

impl<'de> Deserialize<'de> for Quoted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let parts = Parts::deserialize(deserializer)?;
        Ok(Quoted {
            model_id: parts.text("modelId")?,
            // A use without a price is one that cannot be charged.
            price: parts.outcome(422)?,
        })
    }
}

impl<'de> Deserialize<'de> for BatchResult {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let parts = Parts::deserialize(deserializer)?;
        let status = parts.rest.get("status").and_then(|value| value.as_u64());
        let status = status.and_then(|status| u16::try_from(status).ok());
        let status = status.ok_or_else(|| D::Error::missing_field("status"))?;
        let replayed = parts.rest.get("replayed").and_then(|value| value.as_bool());
        Ok(BatchResult {
            idempotency_key: parts.text("idempotencyKey")?,
            status,
            replayed: replayed.unwrap_or_default(),
            outcome: parts.outcome(status)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::ErrorCode;

    #[test]
    fn each_result_of_a_batch_is_a_charge_or_its_own_error() {
        let answer = serde_json::json!({"totalAvailable": 4, "version": 9, "results": [
            {"idempotencyKey": "a", "status": 200, "replayed": true, "chargeId": "a",
             "amount": "1.5", "freeUsed": "1.5", "proUsed": "0", "totalAvailable": 4,
             "held": 0, "debt": 0, "version": 8, "colour": "red"},
            {"idempotencyKey": "b", "status": 402, "error": "insufficient_credits",
             "error_description": "too few", "required": "9", "available": "4"}]});
        let answer: BatchCharged = serde_json::from_value(answer).unwrap();
        let [done, refused] = &answer.results[..] else {
            panic!("{answer:?}");
        };
        let charged = done.outcome.as_ref().unwrap();
        assert_eq!((done.replayed, charged.charge_id.as_str()), (true, "a"));
        let error = refused.outcome.as_ref().unwrap_err();
        assert_eq!((refused.status, error.status), (402, 402));
        assert_eq!(error.code, ErrorCode::InsufficientCredits);
        assert_eq!(error.required, Some("9".parse().unwrap()));
    }

    #[test]
    fn each_quote_is_a_price_or_says_why_there_is_none() {
        let answer = serde_json::json!({"quotes": [
            {"modelId": "m", "amount": "2", "rateCard": "m@1"},
            {"modelId": "n", "error": "validation_failed", "error_description": "no",
             "fields": {"modelId": "is not on offer"}}]});
        let answer: QuotesAnswer = serde_json::from_value(answer).unwrap();
        assert_eq!(answer.quotes[0].price.as_ref().unwrap().rate_card, "m@1");
        let error = answer.quotes[1].price.as_ref().unwrap_err();
        assert_eq!(error.fields["modelId"], "is not on offer");
    }

    #[test]
    fn what_is_neither_a_result_nor_an_error_is_not_read() {
        for result in [
            serde_json::json!({}),
            serde_json::json!({"idempotencyKey": "a"}),
            serde_json::json!({"idempotencyKey": "a", "status": 70_000}),
            serde_json::json!({"idempotencyKey": "a", "status": 201}),
            serde_json::json!({"idempotencyKey": "a", "status": 422, "error": 1}),
        ] {
            let read = serde_json::from_value::<BatchResult>(result.clone());
            assert!(read.is_err(), "{result}");
        }
    }
}
