//! Connecting to AWS: the DynamoDB client, which a function builds from the Lambda
//! environment, and the configuration that clients of other services share.
//!
//! Everything that decides the cold start is chosen here by hand: ring for TLS (aws-lc
//! spends about 467 million instructions on gathering entropy in the first handshake),
//! Amazon's five roots instead of a scan of the system's certificate store, and every
//! timeout.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, Credentials, Region, SharedCredentialsProvider, SharedHttpClient,
};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{HttpClient, http_client_fn};
use aws_types::SdkConfig;

use crate::host::environment::{VariableError, Variables};

/// Amazon Root CA 1 to 4 and the Starfield Services root that cross-signs them: the
/// roots of every AWS endpoint (<https://www.amazontrust.com/repository/>). The first
/// one expires in December 2037.
const AMAZON_ROOTS: &[u8] = include_bytes!("amazon_roots.pem");

/// A TCP and TLS handshake within a region takes single milliseconds.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(800);
/// DynamoDB answers in about 5 ms; an answer that takes longer than this is lost.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);

/// Region, credentials and the one HTTP client for AWS. A second HTTP client would load
/// the roots again and slow the cold start.
#[derive(Clone, Debug)]
pub struct Connection {
    config: SdkConfig,
    dynamodb_endpoint: Option<String>,
}

impl Connection {
    /// Reads `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`,
    /// `AWS_SESSION_TOKEN`, `AWS_ENDPOINT_URL_DYNAMODB` and
    /// `AWS_ENDPOINT_URL_SECRETS_MANAGER` (plain http only to this machine) and
    /// `AWS_CA_BUNDLE` (a PEM file of extra roots). Lambda or an operator sets them.
    pub fn read(variables: &Variables) -> Result<Self, VariableError> {
        let region = variables.required("AWS_REGION", "the region of the tables")?;
        let key_id = variables.required("AWS_ACCESS_KEY_ID", "Lambda sets it from the role")?;
        let secret = variables.required("AWS_SECRET_ACCESS_KEY", "Lambda sets it from the role")?;
        let token = variables.optional("AWS_SESSION_TOKEN").map(str::to_string);
        let credentials = Credentials::new(key_id, secret, token, None, "environment");
        let mut config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region.to_string()))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(ring_http_client(extra_roots(variables)?.as_deref()))
            .retry_config(RetryConfig::disabled())
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(CONNECT_TIMEOUT)
                    .operation_attempt_timeout(ANSWER_TIMEOUT)
                    .operation_timeout(ANSWER_TIMEOUT)
                    .build(),
            );
        config.set_endpoint_url(endpoint(variables, "AWS_ENDPOINT_URL_SECRETS_MANAGER")?);
        Ok(Connection {
            config: config.build(),
            dynamodb_endpoint: endpoint(variables, "AWS_ENDPOINT_URL_DYNAMODB")?,
        })
    }

    /// The DynamoDB client of this connection.
    pub fn client(&self) -> Client {
        let mut config = aws_sdk_dynamodb::config::Builder::from(&self.config);
        config.set_endpoint_url(self.dynamodb_endpoint.clone());
        Client::from_conf(config.build())
    }

    /// The configuration for the client of Secrets Manager. SDK retries are off: the store
    /// counts attempts across a whole request, and other callers decide their own
    /// retries.
    pub fn sdk_config(&self) -> &SdkConfig {
        &self.config
    }
}

/// An HTTP client with ring, Amazon's roots and any `extra_roots` (PEM). It is passed to
/// the SDK explicitly, so that no SDK default changes what is loaded.
pub fn ring_http_client(extra_roots: Option<&[u8]>) -> SharedHttpClient {
    let mut roots = TrustStore::empty().with_pem_certificate(AMAZON_ROOTS);
    if let Some(extra) = extra_roots {
        roots = roots.with_pem_certificate(extra);
    }
    let builder = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring));
    let client = match TlsContext::builder().with_trust_store(roots).build() {
        Ok(context) => builder.tls_context(context).build_https(),
        // The builder cannot fail today; the system's store is the safe fallback.
        Err(_) => builder.build_https(),
    };
    // Used directly, each service's client would build a connector and discard it, to
    // load a system certificate store early. Ours is in memory, and loading it takes a
    // twentieth of a cold start.
    http_client_fn(move |settings, components| client.http_connector(settings, components))
}

fn endpoint(variables: &Variables, name: &'static str) -> Result<Option<String>, VariableError> {
    let Some(url) = variables.optional(name) else {
        return Ok(None);
    };
    let on_this_machine = ["127.0.0.1", "localhost", "[::1]"].iter().any(|host| {
        url.strip_prefix("http://")
            .and_then(|rest| rest.strip_prefix(host))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
    });
    // The part before an @ is user info; the host follows it.
    let on_this_machine = on_this_machine && !url.contains('@');
    if url.starts_with("https://") || on_this_machine {
        Ok(Some(url.to_string()))
    } else {
        let problem = format!("must be https, or http to this machine, not {url:?}");
        Err(VariableError::Unusable { name, problem })
    }
}

fn extra_roots(variables: &Variables) -> Result<Option<Vec<u8>>, VariableError> {
    let name = "AWS_CA_BUNDLE";
    let unusable = |problem: String| VariableError::Unusable { name, problem };
    let Some(path) = variables.optional(name) else {
        return Ok(None);
    };
    let bundle = std::fs::read(path)
        .map_err(|error| unusable(format!("names {path:?}, which cannot be read: {error}")))?;
    if !String::from_utf8_lossy(&bundle).contains("-----BEGIN CERTIFICATE-----") {
        return Err(unusable(format!(
            "names {path:?}, which holds no PEM certificate"
        )));
    }
    Ok(Some(bundle))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(extra: &[(&str, &str)]) -> Variables {
        [
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "id"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
        ]
        .iter()
        .chain(extra)
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .collect()
    }

    #[track_caller]
    fn check(extra: &[(&str, &str)], expected: Result<(), &str>) {
        let outcome = Connection::read(&variables(extra)).map(|_| ());
        match (outcome, expected) {
            (Ok(()), Ok(())) => {}
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
            (outcome, expected) => panic!("{extra:?}: {outcome:?}, expected {expected:?}"),
        }
    }

    #[test]
    fn plain_http_reaches_only_this_machine() {
        for service in ["DYNAMODB", "SECRETS_MANAGER"] {
            plain_http_reaches_only_this_machine_for(&format!("AWS_ENDPOINT_URL_{service}"));
        }
    }

    #[track_caller]
    fn plain_http_reaches_only_this_machine_for(endpoint: &str) {
        for good in [
            "http://127.0.0.1:8000",
            "http://localhost",
            "http://[::1]:8000/",
            "https://dynamodb.example",
        ] {
            check(&[(endpoint, good)], Ok(()));
        }
        for bad in [
            "http://10.0.0.1",
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
            "http://localhost:8000@example.com",
            "ftp://localhost",
            "x",
        ] {
            check(
                &[(endpoint, bad)],
                Err(&format!("{endpoint} must be https")),
            );
        }
    }

    #[test]
    fn a_missing_or_bad_variable_is_named() {
        check(&[("AWS_REGION", "")], Err("set AWS_REGION"));
        check(
            &[("AWS_SECRET_ACCESS_KEY", "")],
            Err("set AWS_SECRET_ACCESS_KEY"),
        );
        check(
            &[("AWS_CA_BUNDLE", "/nowhere/roots.pem")],
            Err("cannot be read"),
        );
    }

    #[test]
    fn a_client_is_built_as_it_was_asked_for_and_never_tries_again() {
        let url = ("AWS_ENDPOINT_URL_DYNAMODB", "http://localhost:8000");
        let client = Connection::read(&variables(&[url])).unwrap().client();
        let config = client.config();
        let region = config.region().map(Region::as_ref);
        assert_eq!(region, Some("eu-central-1"));
        let retries = config.retry_config().map(RetryConfig::max_attempts);
        assert_eq!(retries, Some(1));
        let timeouts = config.timeout_config().unwrap();
        assert_eq!(timeouts.connect_timeout(), Some(CONNECT_TIMEOUT));
        assert_eq!(timeouts.operation_timeout(), Some(ANSWER_TIMEOUT));
    }

    #[test]
    fn the_roots_are_embedded() {
        assert_eq!(
            AMAZON_ROOTS
                .windows(27)
                .filter(|text| text == b"-----BEGIN CERTIFICATE-----")
                .count(),
            5
        );
    }
}
