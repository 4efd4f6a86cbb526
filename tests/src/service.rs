//! The inference service as the suites play it: a client's own token, a key
//! with every POST, and nothing known of the world but its address.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{Answer, Served};

/// Ten years, so that a suite may move the clock and keep its token.
const LONG_SECONDS: i64 = 315_360_000;

/// A program with a token of client credentials; clones share its connections.
#[derive(Clone)]
pub struct Service {
    http: reqwest::Client,
    base_url: String,
    bearer: String,
}

impl Served {
    /// The inference service with the scope that charging takes.
    pub async fn service(&self) -> Service {
        self.service_of("inference-service").await
    }

    /// Another client with the same scope.
    pub async fn service_of(&self, client: &str) -> Service {
        let order = json!({"client": client, "scope": "credits.charge", "expiresIn": LONG_SECONDS});
        self.bearing(&self.token_of(order).await)
    }

    /// A user's own requests, with a token that outlives every suite.
    pub async fn as_user(&self, user: &str) -> Service {
        let scope = "credits.read user.info models.read billing.manage";
        let order = json!({"user": user, "scope": scope, "expiresIn": LONG_SECONDS});
        self.bearing(&self.token_of(order).await)
    }

    fn bearing(&self, token: &str) -> Service {
        Service {
            http: self.client(),
            base_url: self.world.base_url.clone(),
            bearer: format!("Bearer {token}"),
        }
    }
}

impl Service {
    /// `POST /api/users/{user}/{path}` under a key.
    pub async fn post(&self, user: &str, path: &str, key: &str, body: &Value) -> Answer {
        let path = format!("/api/users/{user}/{path}");
        self.send(
            "POST",
            &path,
            &[("idempotency-key", key)],
            &body.to_string(),
        )
        .await
    }

    /// A charge of an amount and nothing else.
    pub async fn charge(&self, user: &str, key: &str, amount: impl Into<Value>) -> Answer {
        let body = json!({"amount": amount.into()});
        self.post(user, "charges", key, &body).await
    }

    /// A hold of an amount for a time.
    pub async fn hold(
        &self,
        user: &str,
        key: &str,
        amount: impl Into<Value>,
        ttl_seconds: u32,
    ) -> Answer {
        let body = json!({"amount": amount.into(), "ttlSeconds": ttl_seconds});
        self.post(user, "holds", key, &body).await
    }

    /// One of the commands on a hold: `extend`, `report`, `commit`, `release`.
    pub async fn on_hold(
        &self,
        user: &str,
        (hold, command): (&str, &str),
        key: &str,
        body: &Value,
    ) -> Answer {
        let path = format!("holds/{hold}/{command}");
        self.post(user, &path, key, body).await
    }

    /// What a user may spend, as the service sees it.
    pub async fn credits(&self, user: &str) -> Value {
        let answer = self.get(&format!("/api/users/{user}/credits")).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }

    /// A GET with the token.
    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "").await
    }

    /// Any request with the token; an empty body is none.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let url = format!("{}{path}", self.base_url);
        let mut request = self.http.request(method.parse().unwrap(), url);
        request = request.header("authorization", &self.bearer);
        let mut all = BTreeMap::from([("content-type", "application/json")]);
        all.extend(headers.iter().copied());
        for (name, value) in all {
            request = request.header(name, value);
        }
        if !body.is_empty() {
            request = request.body(body.to_string());
        }
        Answer::read(request.send().await.unwrap()).await
    }
}
