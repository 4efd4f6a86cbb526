//! Connects to the tables from an operator's shell. Flags win over the
//! environment, and that over the local world's names.

use std::path::PathBuf;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_sdk_dynamodb::Client;
use clap::Args;
use shared::host::entropy::SharedEntropy;
use shared::store::{Store, TableNames, ring_http_client};

/// Location and names of the tables.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Connection")]
pub struct ConnectionArgs {
    /// DynamoDB URL, for example http://127.0.0.1:8000 for the local world
    #[arg(
        long,
        global = true,
        env = "AWS_ENDPOINT_URL_DYNAMODB",
        value_name = "URL"
    )]
    endpoint_url: Option<String>,
    /// AWS region of the tables [default: the profile's]
    #[arg(long, global = true, env = "AWS_REGION")]
    region: Option<String>,
    /// Profile in ~/.aws/config
    #[arg(long, global = true, env = "AWS_PROFILE")]
    profile: Option<String>,
    /// PEM file with additional CA certificates to trust
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

    /// Name of the notices table
    #[arg(
        long,
        global = true,
        env = "NOTICES_TABLE",
        default_value = "notices",
        value_name = "NAME"
    )]
    notices_table: String,
}

/// Why a connection cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    /// The extra certificates cannot be read.
    #[error("--ca-bundle {file}: {problem}")]
    CaBundle {
        /// The file.
        file: String,
        /// What is wrong.
        problem: String,
    },
    /// Neither a URL nor a region is given.
    #[error(
        "no tables selected: use --endpoint-url http://127.0.0.1:8000 for the local world, or --region for AWS"
    )]
    Nowhere,
}

/// Connecting takes longer from a laptop than from a data centre.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Time limit for one answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

impl ConnectionArgs {
    /// Connects to the store that these flags select. The local world needs no
    /// credentials; for AWS the default credential chain applies.
    pub async fn connect(&self, entropy: SharedEntropy) -> Result<Store, ConnectionError> {
        let mut loader = self.loader()?;
        if let Some(url) = &self.endpoint_url {
            loader = loader.endpoint_url(url);
        }
        if self.is_local() {
            loader = loader.test_credentials();
        }
        if self.region.is_none() && self.is_local() {
            loader = loader.region(Region::from_static("local"));
        }
        let config = loader.load().await;
        if config.region().is_none() {
            return Err(ConnectionError::Nowhere);
        }
        let tables = TableNames {
            users: self.users_table.clone(),
            credits: self.credits_table.clone(),
            billing: self.billing_table.clone(),
            notices: self.notices_table.clone(),
        };
        Ok(Store::new(Client::new(&config), tables, entropy))
    }

    /// AWS itself, for services other than the tables, whichever tables are used.
    pub async fn aws(&self) -> Result<SdkConfig, ConnectionError> {
        Ok(self.loader()?.load().await)
    }

    fn loader(&self) -> Result<ConfigLoader, ConnectionError> {
        let roots = self.extra_roots()?;
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(ring_http_client(roots.as_deref()))
            // The store does its own retries.
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
        if let Some(region) = &self.region {
            loader = loader.region(Region::new(region.clone()));
        }
        Ok(loader)
    }

    /// Which tables are meant, and where, for error messages.
    pub fn place(&self) -> String {
        let (users, credits) = (&self.users_table, &self.credits_table);
        let (billing, notices) = (&self.billing_table, &self.notices_table);
        let mut place = format!("the tables {users}, {credits}, {billing} and {notices}");
        if let Some(url) = &self.endpoint_url {
            place.push_str(&format!(" at {url}"));
        }
        match &self.region {
            Some(region) => place.push_str(&format!(" in {region}")),
            None if self.is_local() => {}
            None => place.push_str(" in the region of the profile"),
        }
        if !self.is_local() {
            let profile = self.profile.as_deref().unwrap_or("default");
            place.push_str(&format!(" with the profile {profile}"));
        }
        place
    }

    /// Whether the endpoint is an emulator: only emulators use plain HTTP.
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
