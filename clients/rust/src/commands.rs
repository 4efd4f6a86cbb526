//! The service routes as plain calls: one command, one key, one answer.

use std::time::Duration;

use reqwest::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::answers::{Charged, Credits, Held};
use crate::error::Error;
use crate::machine::Deadline;
use crate::requests::{HoldTerms, IdempotencyKey, Spending};
use crate::settings::Settings;
use crate::several::{self, BatchCharge, BatchCharged, Quote, Quoted};
use crate::tokens::TokenSource;
use crate::transport::{Transport, json, parsed};

/// The service routes.
#[derive(Clone, Debug)]
pub(crate) struct Commands {
    transport: Transport,
    deadline: Duration,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Extension {
    ttl_seconds: u32,
}

#[derive(Serialize)]
struct Nothing {}

impl Commands {
    pub(crate) fn new(
        base_url: &str,
        tokens: impl TokenSource,
        settings: &Settings,
    ) -> Result<Self, Error> {
        Ok(Commands {
            transport: Transport::new(base_url, tokens, settings)?,
            deadline: settings.deadline,
        })
    }

    pub(crate) async fn credits(&self, user_id: &str) -> Result<Credits, Error> {
        let ask = self.transport.get(&["api", "users", user_id, "credits"]);
        let deadline = Deadline::after(self.deadline);
        parsed(&self.transport.send(&ask, deadline).await?)
    }

    pub(crate) async fn charge(
        &self,
        user_id: &str,
        key: &IdempotencyKey,
        spending: &Spending,
    ) -> Result<Charged, Error> {
        self.post(&["api", "users", user_id, "charges"], key, spending)
            .await
    }

    pub(crate) async fn charge_batch(
        &self,
        user_id: &str,
        charges: &[BatchCharge],
    ) -> Result<BatchCharged, Error> {
        let deadline = Deadline::after(self.deadline);
        several::charge_batch(&self.transport, user_id, charges, deadline).await
    }

    pub(crate) async fn quote(&self, quotes: &[Quote]) -> Result<Vec<Quoted>, Error> {
        let deadline = Deadline::after(self.deadline);
        several::quote(&self.transport, quotes, deadline).await
    }

    pub(crate) async fn hold(
        &self,
        user_id: &str,
        key: &IdempotencyKey,
        terms: &HoldTerms,
    ) -> Result<Held, Error> {
        self.post(&["api", "users", user_id, "holds"], key, terms)
            .await
    }

    pub(crate) async fn report(
        &self,
        (user_id, hold_id): (&str, &str),
        key: &IdempotencyKey,
        spending: &Spending,
    ) -> Result<Held, Error> {
        let path = ["api", "users", user_id, "holds", hold_id, "report"];
        self.post(&path, key, spending).await
    }

    pub(crate) async fn extend(
        &self,
        (user_id, hold_id): (&str, &str),
        key: &IdempotencyKey,
        ttl_seconds: u32,
    ) -> Result<Held, Error> {
        let path = ["api", "users", user_id, "holds", hold_id, "extend"];
        self.post(&path, key, &Extension { ttl_seconds }).await
    }

    pub(crate) async fn commit(
        &self,
        (user_id, hold_id): (&str, &str),
        key: &IdempotencyKey,
        spending: &Spending,
    ) -> Result<Held, Error> {
        let path = ["api", "users", user_id, "holds", hold_id, "commit"];
        self.post(&path, key, spending).await
    }

    pub(crate) async fn release(
        &self,
        (user_id, hold_id): (&str, &str),
        key: &IdempotencyKey,
    ) -> Result<Held, Error> {
        let path = ["api", "users", user_id, "holds", hold_id, "release"];
        self.post(&path, key, &Nothing {}).await
    }

    async fn post<B: Serialize, T: DeserializeOwned>(
        &self,
        path: &[&str],
        key: &IdempotencyKey,
        body: &B,
    ) -> Result<T, Error> {
        let mut ask = self.transport.ask(Method::POST, path, Some(json(body)?));
        ask.key = Some(key.clone());
        let deadline = Deadline::after(self.deadline);
        let reply = self.transport.send(&ask, deadline).await?;
        // It was carried out, even if the answer says nothing to this client.
        parsed(&reply).map_err(|error| Error {
            idempotency_key: Some(key.clone()),
            outcome_is_unknown: true,
            ..error
        })
    }
}
