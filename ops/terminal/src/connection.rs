//! Reaching the tables from an operator's shell: flags first, then the
//! environment, then the local world's names.

use std::path::PathBuf;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::Client;
use clap::Args;
use shared::host::entropy::SharedEntropy;
use shared::store::{Store, TableNames, ring_http_client};

/// Where the tables are.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Connection")]
pub struct ConnectionArgs {
    /// DynamoDB's address, for example http://127.0.0.1:8000 of the local world
    #[arg(
        long,
        global = true,
        env = "AWS_ENDPOINT_URL_DYNAMODB",
        value_name = "URL"
    )]
    endpoint_url: Option<String>,
    /// The tables' region; else that of the profile
    #[arg(long, global = true, env = "AWS_REGION")]
    region: Option<String>,
    /// A profile of ~/.aws/config
    #[arg(long, global = true, env = "AWS_PROFILE")]
    profile: Option<String>,
    /// PEM file of certificates to trust besides Amazon's
    #[arg(long, global = true, env = "AWS_CA_BUNDLE", value_name = "FILE")]
    ca_bundle: Option<PathBuf>,
    /// Name of the users table
    #[arg(
        long,
        global = true,
        env = "USERS_TABLE",
        default_value = "users",
        value_name = "NAME"
    )]
    users_table: String,
    /// Name of the credits table
    #[arg(
        long,
        global = true,
        env = "CREDITS_TABLE",
        default_value = "credits",
        value_name = "NAME"
    )]
    credits_table: String,
    /// Name of the billing table
    #[arg(
        long,
        global = true,
        env = "BILLING_TABLE",
        default_value = "billing",
        value_name = "NAME"
    )]
    billing_table: String,
}

/// A connection that cannot be made as asked.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    /// The extra certificates cannot be read.
    #[error("--ca-bundle {file}: {problem}")]
    CaBundle {
        /// Which file.
        file: String,
        /// Why.
        problem: String,
    },
    /// Neither an address nor a region is known.
    #[error(
        "say where the tables are: --endpoint-url http://127.0.0.1:8000 for the local world, or --region for AWS"
    )]
    Nowhere,
}

/// Connecting takes longer from a desk than from a data centre.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// The longest wait for one answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

impl ConnectionArgs {
    /// The store that these flags point at. The local world needs no
    /// credentials; AWS takes them from the usual places.
    pub async fn connect(&self, entropy: SharedEntropy) -> Result<Store, ConnectionError> {
        let roots = self.extra_roots()?;
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(ring_http_client(roots.as_deref()))
            // The store counts tries across all of a command.
            .retry_config(RetryConfig::disabled())
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(CONNECT_TIMEOUT)
                    .operation_timeout(ANSWER_TIMEOUT)
                    .build(),
            );
        if let Some(profile) = &self.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(url) = &self.endpoint_url {
            loader = loader.endpoint_url(url);
        }
        if self.is_local() {
            loader = loader.test_credentials();
        }
        loader = match (&self.region, self.is_local()) {
            (Some(region), _) => loader.region(Region::new(region.clone())),
            (None, true) => loader.region(Region::from_static("local")),
            (None, false) => loader,
        };
        let config = loader.load().await;
        if config.region().is_none() {
            return Err(ConnectionError::Nowhere);
        }
        let tables = TableNames {
            users: self.users_table.clone(),
            credits: self.credits_table.clone(),
            billing: self.billing_table.clone(),
        };
        Ok(Store::new(Client::new(&config), tables, entropy))
    }

    /// Plain http is only ever spoken to an emulator.
    pub fn is_local(&self) -> bool {
        let endpoint = self.endpoint_url.as_deref();
        endpoint.is_some_and(|url| url.starts_with("http://"))
    }

    fn extra_roots(&self) -> Result<Option<Vec<u8>>, ConnectionError> {
        let Some(file) = &self.ca_bundle else {
            return Ok(None);
        };
        let read = std::fs::read(file).map_err(|error| ConnectionError::CaBundle {
            file: file.display().to_string(),
            problem: error.to_string(),
        })?;
        Ok(Some(read))
    }
}
