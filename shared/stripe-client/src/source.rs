//! Where the API key comes from: a variable on a laptop, Secrets Manager on AWS, where
//! it can be rolled without a deployment.
//!
//! It is fetched with the first call and kept for five minutes. When Stripe no longer
//! accepts it, it is fetched again, at most every thirty seconds.

use std::fmt;
use std::sync::Arc;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::ProvideErrorMetadata;
use aws_types::SdkConfig;
use shared::host::clock::Stopwatch;
use shared::host::environment::{VariableError, Variables};
use tokio::sync::Mutex;

use crate::key::{ApiKey, KeyError};

/// The variable with the key itself.
const GIVEN: &str = "STRIPE_API_KEY";
/// The variable with the ARN of its secret in Secrets Manager.
const KEPT: &str = "STRIPE_KEY_SECRET_ARN";
/// The pause before another fetch, in seconds.
const PAUSE_SECONDS: u64 = 30;
/// How long a key is good, in seconds; an older one while Secrets Manager is away.
const GOOD_FOR_SECONDS: u64 = 300;

/// Where the key comes from. Clones share what was fetched.
#[derive(Clone)]
pub struct KeySource(Source);

#[derive(Clone)]
enum Source {
    Given(ApiKey),
    Kept(Arc<Keeper>),
}

struct Keeper {
    /// The client is made for each fetch: making it would be a tenth of a start.
    aws: SdkConfig,
    arn: String,
    /// Locked while fetching, so that only one call fetches.
    state: Mutex<Option<Fetched>>,
}

struct Fetched {
    outcome: Result<ApiKey, KeyError>,
    since: Stopwatch,
}

impl KeySource {
    /// Reads `STRIPE_API_KEY` or, with a connection to AWS, the ARN in
    /// `STRIPE_KEY_SECRET_ARN`; none if neither is set. Nothing is fetched yet.
    ///
    /// # Errors
    ///
    /// [`VariableError`] if both are set, or the first is no key. It never quotes one.
    pub fn read(
        variables: &Variables,
        aws: Option<&SdkConfig>,
    ) -> Result<Option<Self>, VariableError> {
        let unusable = |name, problem: &str| VariableError::Unusable {
            name,
            problem: problem.to_string(),
        };
        match (variables.optional(GIVEN), variables.optional(KEPT)) {
            (None, None) => Ok(None),
            (Some(_), Some(_)) => Err(unusable(
                GIVEN,
                "and STRIPE_KEY_SECRET_ARN are both set: set one of them",
            )),
            (Some(text), None) => {
                let problem = |error: KeyError| unusable(GIVEN, &format!("is unusable: {error}"));
                text.parse()
                    .map(|key| Some(Self::given(key)))
                    .map_err(problem)
            }
            (None, Some(arn)) => match aws {
                Some(aws) => Ok(Some(Self::in_secrets_manager(aws, arn))),
                None => Err(unusable(KEPT, "needs AWS: set STRIPE_API_KEY")),
            },
        }
    }

    /// A key that is there already.
    pub fn given(key: ApiKey) -> Self {
        KeySource(Source::Given(key))
    }

    /// A key that Secrets Manager keeps.
    pub fn in_secrets_manager(aws: &SdkConfig, arn: &str) -> Self {
        KeySource(Source::Kept(Arc::new(Keeper {
            aws: aws.clone(),
            arn: arn.to_string(),
            state: Mutex::default(),
        })))
    }

    /// The key, fetched if nobody has it yet.
    pub(crate) async fn key(&self) -> Result<ApiKey, KeyError> {
        match &self.0 {
            Source::Given(key) => Ok(key.clone()),
            Source::Kept(keeper) => keeper.key().await,
        }
    }

    /// Another key than one that Stripe does not accept, if there is one.
    pub(crate) async fn other_than(&self, refused: &ApiKey) -> Option<ApiKey> {
        match &self.0 {
            Source::Given(_) => None,
            Source::Kept(keeper) => keeper.other_than(refused).await,
        }
    }
}

impl Keeper {
    async fn key(&self) -> Result<ApiKey, KeyError> {
        let mut state = self.state.lock().await;
        match state.as_ref() {
            Some(fetched) if fetched.is_good() || fetched.is_recent() => fetched.outcome.clone(),
            Some(_) | None => self.fetch(&mut state).await,
        }
    }

    async fn other_than(&self, refused: &ApiKey) -> Option<ApiKey> {
        let mut state = self.state.lock().await;
        let is_refused = |fetched: &Fetched| fetched.outcome.as_ref() == Ok(refused);
        let outcome = match state.as_ref() {
            Some(fetched) if is_refused(fetched) && fetched.is_recent() => return None,
            Some(fetched) if !is_refused(fetched) => fetched.outcome.clone(),
            Some(_) | None => self.fetch(&mut state).await,
        };
        outcome.ok().filter(|key| key != refused)
    }

    async fn fetch(&self, state: &mut Option<Fetched>) -> Result<ApiKey, KeyError> {
        let outcome = match (self.ask().await, state.take()) {
            (Err(KeyError::Refused(_)), Some(known)) if known.outcome.is_ok() => known.outcome,
            (outcome, _) => outcome,
        };
        *state = Some(Fetched {
            outcome: outcome.clone(),
            since: Stopwatch::start(),
        });
        outcome
    }

    async fn ask(&self) -> Result<ApiKey, KeyError> {
        let client = Client::new(&self.aws);
        let request = client.get_secret_value().secret_id(&self.arn);
        // Only the code: the rest of an error must not be logged.
        let answer = request.send().await.map_err(|error| {
            KeyError::Refused(error.code().unwrap_or("nothing that can be used").into())
        })?;
        let text = answer.secret_string().unwrap_or_default();
        // A new stack's secret is random until somebody puts the key there.
        text.parse().map_err(|_| KeyError::NotSet)
    }
}

impl Fetched {
    fn is_good(&self) -> bool {
        self.outcome.is_ok() && self.since.elapsed().as_secs() < GOOD_FOR_SECONDS
    }

    fn is_recent(&self) -> bool {
        self.since.elapsed().as_secs() < PAUSE_SECONDS
    }
}

/// Shows where the key comes from, never the key.
impl fmt::Debug for KeySource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match &self.0 {
            Source::Given(_) => "KeySource(given)",
            Source::Kept(_) => "KeySource(kept)",
        })
    }
}
