//! The endpoint's signing secrets: from the environment on a laptop, from Secrets
//! Manager on AWS, where they can be rolled without a deployment.
//!
//! They are cached for five minutes. When none matches a signature, they are fetched
//! again, so a newly rolled secret works at once; but at most every thirty seconds, so
//! that forged requests cannot flood Secrets Manager.

use std::fmt;
use std::sync::Arc;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::ProvideErrorMetadata;
use aws_types::SdkConfig;
use shared::domain::Timestamp;
use shared::host::clock::SharedClock;
use shared::host::environment::{VariableError, Variables};
use shared::host::log::{Level, Log};
use tokio::sync::Mutex;

use crate::signature::{SignatureError, SigningSecret, WeakSecret, verify};

/// The secrets themselves, separated by commas.
const LISTED: &str = "STRIPE_WEBHOOK_SECRETS";
/// Their ARN in Secrets Manager.
const KEPT: &str = "STRIPE_WEBHOOK_SECRET_ARN";
/// How long a list is valid, in seconds.
const GOOD_FOR: i64 = 300;
/// The pause before another fetch after a mismatch or a failed fetch, in seconds.
const PAUSE: i64 = 30;
/// The same while there are no secrets at all and every request is rejected.
const PAUSE_WITHOUT_ANY: i64 = 1;
/// Each secret costs an HMAC per request; while one is rolled there are two.
const MAX_SECRETS: usize = 10;

type List = Arc<[SigningSecret]>;

/// Why a request is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unverified {
    /// It is not signed by Stripe.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// The signature cannot be checked: the secrets were never fetched.
    #[error("the signing secrets cannot be fetched")]
    NoSecrets,
}

/// Why a list of secrets is unusable; the text never quotes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum UnusableList {
    #[error("holds no secret")]
    Empty,
    #[error("holds more than {MAX_SECRETS} secrets")]
    TooMany,
    #[error("holds a secret that cannot be used: each {0}")]
    Weak(#[from] WeakSecret),
    #[error("must be a JSON list of texts, or secrets between commas or line ends")]
    NotAList,
}

/// Why secrets could not be fetched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum FetchError {
    #[error("Secrets Manager answered {0}")]
    Refused(String),
    #[error("the secret {0}")]
    Unusable(UnusableList),
}

/// The signing secrets. Clones share the cache.
#[derive(Clone)]
pub struct SigningSecrets {
    source: Source,
    clock: SharedClock,
    log: Log,
}

#[derive(Clone)]
enum Source {
    Listed(List),
    Kept(Arc<Keeper>),
}

struct Keeper {
    /// The client is made for each fetch, every few minutes; a function whose secrets
    /// are listed makes none.
    aws: SdkConfig,
    arn: String,
    /// Locked while fetching, so that only one request fetches.
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The last list fetched, and when.
    list: Option<(List, Timestamp)>,
    /// When a fetch was last tried, successful or not.
    tried: Option<Timestamp>,
    /// When a fetch was last tried because no secret matched.
    doubted: Option<Timestamp>,
}

impl SigningSecrets {
    /// Reads `STRIPE_WEBHOOK_SECRETS` (separated by commas) or, with `aws`, the ARN
    /// in `STRIPE_WEBHOOK_SECRET_ARN`; exactly one of the two must be set. The secret's
    /// value is a JSON list of strings, or secrets separated by commas or line ends.
    /// Nothing is fetched yet.
    pub fn read(
        variables: &Variables,
        aws: Option<&SdkConfig>,
        clock: SharedClock,
        log: Log,
    ) -> Result<Self, VariableError> {
        let unusable = |name, problem: &dyn fmt::Display| VariableError::Unusable {
            name,
            problem: problem.to_string(),
        };
        let source = match (variables.optional(LISTED), variables.optional(KEPT)) {
            (None, None) => {
                return Err(VariableError::Missing {
                    name: KEPT,
                    purpose: "the secret that holds the signing secrets of the webhook; \
                              on a laptop set STRIPE_WEBHOOK_SECRETS to them",
                });
            }
            (Some(_), Some(_)) => {
                return Err(unusable(
                    LISTED,
                    &"and STRIPE_WEBHOOK_SECRET_ARN are both set: set one of them",
                ));
            }
            (Some(text), None) => {
                Source::Listed(list(text).map_err(|problem| unusable(LISTED, &problem))?)
            }
            (None, Some(arn)) => Source::Kept(Arc::new(Keeper {
                aws: aws
                    .cloned()
                    .ok_or_else(|| unusable(KEPT, &"needs AWS: set STRIPE_WEBHOOK_SECRETS"))?,
                arn: arn.to_string(),
                state: Mutex::default(),
            })),
        };
        Ok(SigningSecrets { source, clock, log })
    }

    /// Fetches the secrets while the sandbox is still starting. Unusable secrets are an
    /// error; an unavailable Secrets Manager is not, because the next request may
    /// succeed.
    pub async fn warm_up(&self) -> Result<(), VariableError> {
        let Source::Kept(keeper) = &self.source else {
            return Ok(());
        };
        let mut state = keeper.state.lock().await;
        match self.fetch(keeper, &mut state, self.clock.now()).await {
            Ok(()) | Err(FetchError::Refused(_)) => Ok(()),
            Err(FetchError::Unusable(problem)) => Err(VariableError::Unusable {
                name: KEPT,
                problem: format!("names a secret that cannot be used: it {problem}"),
            }),
        }
    }

    /// Verifies a request by its `Stripe-Signature` header and its raw body.
    pub async fn verify(&self, header: Option<&str>, body: &[u8]) -> Result<(), Unverified> {
        let now = self.clock.now();
        let known = self.current(now).await.ok_or(Unverified::NoSecrets)?;
        match verify(header, body, &known, now) {
            Err(SignatureError::NoMatch) => match self.newer(&known, now).await {
                Some(newer) => Ok(verify(header, body, &newer, now)?),
                None => Err(SignatureError::NoMatch.into()),
            },
            outcome => Ok(outcome?),
        }
    }

    /// The cached secrets, fetched again after five minutes; older ones while Secrets
    /// Manager is unavailable.
    async fn current(&self, now: Timestamp) -> Option<List> {
        let keeper = match &self.source {
            Source::Listed(list) => return Some(list.clone()),
            Source::Kept(keeper) => keeper,
        };
        let mut state = keeper.state.lock().await;
        let fetched = state.list.as_ref().map(|(_, fetched)| *fetched);
        let pause = fetched.map_or(PAUSE_WITHOUT_ANY, |_| PAUSE);
        if !within(fetched, GOOD_FOR, now) && !within(state.tried, pause, now) {
            // The failure is logged, and old secrets are better than none.
            let _ = self.fetch(keeper, &mut state, now).await;
        }
        state.list.as_ref().map(|(list, _)| list.clone())
    }

    /// Secrets other than those that did not match, if there are any.
    async fn newer(&self, known: &List, now: Timestamp) -> Option<List> {
        let Source::Kept(keeper) = &self.source else {
            return None;
        };
        let mut state = keeper.state.lock().await;
        let same = |state: &State| state.list.as_ref().is_none_or(|(list, _)| list == known);
        if same(&state) && !within(state.doubted, PAUSE, now) {
            state.doubted = Some(now);
            let _ = self.fetch(keeper, &mut state, now).await;
        }
        let list = state.list.as_ref().filter(|_| !same(&state));
        list.map(|(list, _)| list.clone())
    }

    /// Fetches the secrets into `state`; a failure keeps the old ones and is logged and
    /// counted.
    async fn fetch(
        &self,
        keeper: &Keeper,
        state: &mut State,
        now: Timestamp,
    ) -> Result<(), FetchError> {
        state.tried = Some(now);
        let outcome = keeper.fetch().await;
        let word = match &outcome {
            Ok(_) => "fetched",
            Err(FetchError::Refused(_)) => "unreachable",
            Err(FetchError::Unusable(_)) => "unusable",
        };
        let failure = outcome.as_ref().err();
        let level = failure.map_or(Level::Info, |_| Level::Error);
        let mut line = self.log.line(level);
        if let Some(failure) = failure {
            line.text("message", "the signing secrets were not fetched");
            line.text("reason", &failure.to_string());
        }
        line.dimension("Outcome", word);
        line.count_one_by(&["Outcome"], "SigningSecrets");
        line.write();
        state.list = Some((outcome?, now));
        Ok(())
    }
}

impl Keeper {
    async fn fetch(&self) -> Result<List, FetchError> {
        let client = Client::new(&self.aws);
        let request = client.get_secret_value().secret_id(&self.arn);
        // Only the code: the rest of an error must not be logged.
        let answer = request.send().await.map_err(|error| {
            FetchError::Refused(error.code().unwrap_or("nothing that can be used").into())
        })?;
        let text = answer.secret_string().unwrap_or_default();
        list(text).map_err(FetchError::Unusable)
    }
}

/// Whether a moment lies less than `seconds` before `now`. A moment after `now` does
/// not: the clock was moved.
fn within(moment: Option<Timestamp>, seconds: i64, now: Timestamp) -> bool {
    moment.is_some_and(|moment| (0..seconds).contains(&now.seconds_since(moment)))
}

/// Parses a JSON list of strings, or strings separated by commas or line ends.
fn list(text: &str) -> Result<List, UnusableList> {
    let texts: Vec<String> = match text.trim_start().chars().next() {
        Some('[') => serde_json::from_str(text).map_err(|_| UnusableList::NotAList)?,
        // The console's form for keys and values creates an object; its text must not
        // become a secret that never matches.
        Some('{' | '"') => return Err(UnusableList::NotAList),
        _ => text.split([',', '\n', '\r']).map(str::to_string).collect(),
    };
    let texts: Vec<&str> = texts.iter().map(|text| text.trim()).collect();
    let texts = texts.into_iter().filter(|text| !text.is_empty());
    let secrets: Vec<SigningSecret> = texts.map(SigningSecret::new).collect::<Result<_, _>>()?;
    match secrets.len() {
        0 => Err(UnusableList::Empty),
        1..=MAX_SECRETS => Ok(secrets.into()),
        _ => Err(UnusableList::TooMany),
    }
}

/// Shows where the secrets come from, never the secrets.
impl fmt::Debug for SigningSecrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match &self.source {
            Source::Listed(_) => "SigningSecrets(listed)",
            Source::Kept(_) => "SigningSecrets(kept)",
        })
    }
}

#[cfg(test)]
mod tests;
