//! Shared test fixtures of this function: a clock that can be moved, signed requests,
//! and Secrets Manager without a network.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use aws_sdk_secretsmanager::config::retry::RetryConfig;
use aws_sdk_secretsmanager::config::{
    BehaviorVersion, Credentials, Region, RuntimeComponents, SharedCredentialsProvider,
    StalledStreamProtectionConfig,
};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_types::SdkConfig;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use shared::domain::Timestamp;
use shared::host::clock::Clock;
use shared::host::entropy::SystemEntropy;
use shared::host::environment::Variables;
use shared::store::{Store, TableNames};

/// When a [`TestClock`] starts.
pub(crate) const START: i64 = 1_800_000_000;

/// A clock that moves only on request. Clones are the same clock.
#[derive(Clone, Debug)]
pub(crate) struct TestClock(Arc<AtomicI64>);

impl TestClock {
    pub(crate) fn new() -> Self {
        TestClock(Arc::new(AtomicI64::new(START)))
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_seconds(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// The header that Stripe would send for a body at that time.
pub(crate) fn sign(secret: &str, seconds: i64, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{seconds}.").as_bytes());
    mac.update(body);
    format!(
        "t={seconds},v1={}",
        hex::encode(mac.finalize().into_bytes())
    )
}

pub(crate) fn variables(pairs: &[(&str, &str)]) -> Variables {
    let pairs = pairs.iter();
    pairs
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .collect()
}

/// A fake Secrets Manager behind the SDK's HTTP client. Clones share responses and
/// requests; when no response is left, it is unreachable.
#[derive(Clone, Debug, Default)]
pub(crate) struct SecretsManager {
    answers: Arc<Mutex<VecDeque<(u16, Value)>>>,
    asked: Arc<Mutex<Vec<Value>>>,
}

impl SecretsManager {
    /// Queues a response with this text as the secret.
    pub(crate) fn will_say(&self, secret: &str) {
        let name = "arn:aws:secretsmanager:eu-central-1:1:secret:stripe";
        self.will_answer(
            200,
            json!({"ARN": name, "Name": "stripe", "SecretString": secret}),
        );
    }

    pub(crate) fn will_answer(&self, status: u16, body: Value) {
        self.answers.lock().unwrap().push_back((status, body));
    }

    /// The requests since the last call.
    pub(crate) fn asked(&self) -> Vec<Value> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    /// A connection to AWS that leads here.
    pub(crate) fn aws(&self) -> SdkConfig {
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("eu-central-1"))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
                "id", "secret", None, None, "test",
            )))
            .retry_config(RetryConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .http_client(self.clone())
            .build()
    }

    /// A store whose requests all fail: a rejected delivery must not access a table.
    pub(crate) fn untouched_store(&self) -> Store {
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("eu-central-1"))
            .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
            .http_client(self.clone())
            .build();
        let client = aws_sdk_dynamodb::Client::from_conf(config);
        let name = String::new;
        let (users, credits, billing) = (name(), name(), name());
        let tables = TableNames {
            users,
            credits,
            billing,
            notices: String::new(),
        };
        Store::new(client, tables, Arc::new(SystemEntropy))
    }

    fn respond(&self, request: &HttpRequest) -> Result<HttpResponse, ConnectorError> {
        assert_eq!(
            request.headers().get("x-amz-target"),
            Some("secretsmanager.GetSecretValue")
        );
        let body = request.body().bytes().unwrap_or_default();
        let body = serde_json::from_slice(body).unwrap();
        self.asked.lock().unwrap().push(body);
        let Some((status, body)) = self.answers.lock().unwrap().pop_front() else {
            let broken = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
            return Err(ConnectorError::io(broken.into()));
        };
        let body = SdkBody::from(body.to_string());
        Ok(HttpResponse::new(status.try_into().unwrap(), body))
    }
}

impl HttpConnector for SecretsManager {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(self.respond(&request))
    }
}

impl HttpClient for SecretsManager {
    fn http_connector(
        &self,
        _settings: &HttpConnectorSettings,
        _components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}
