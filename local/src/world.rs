//! The world: tables from the template, seeds in them, functions on them and a
//! gateway in front.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use seeds::{SeedData, SeedDataError};
use shared::domain::Timestamp;
use shared::host::clock::Clock;
use shared::host::entropy::{SharedEntropy, SystemEntropy};
use shared::host::sink::KeptLines;
use shared::store::{Store, TableNames};

use crate::clock::LocalClock;
use crate::deployment::{Deployment, DeploymentError};
use crate::dynamodb::{InProcessDynamoDb, OpenError, TableError, create_tables, open};
use crate::functions::{FunctionError, Parts};
use crate::gateway::Gateway;
use crate::identity::{IssuerError, JwksError, JwtAuthorizer, TokenIssuer};
use crate::lines::{LogLevel, WorldLines};

/// How a world is to be.
#[derive(Clone, Debug)]
pub struct WorldOptions {
    /// The SAM template with the routes; it names the one with the tables.
    pub template: PathBuf,
    /// The folder that keeps the tables; none = in memory.
    pub data: Option<PathBuf>,
    /// The time it starts at; none = the machine's.
    pub now: Option<Timestamp>,
    /// Whether its clock stands still.
    pub frozen: bool,
    /// Environment variables that go before the template's, for all functions.
    pub variables: BTreeMap<String, String>,
    /// What of its functions' log is reported on standard error.
    pub log_level: LogLevel,
}

impl Default for WorldOptions {
    /// The project's own template, tables in memory, the machine's clock.
    fn default() -> Self {
        WorldOptions {
            template: PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml")),
            data: None,
            now: None,
            frozen: false,
            variables: BTreeMap::new(),
            log_level: LogLevel::default(),
        }
    }
}

/// Why a world does not start.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// The templates cannot be used.
    #[error(transparent)]
    Deployment(#[from] DeploymentError),
    /// The tables cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The tables cannot be created.
    #[error(transparent)]
    Tables(#[from] TableError),
    /// The issuer cannot sign.
    #[error(transparent)]
    Issuer(#[from] IssuerError),
    /// The authorizer has no keys.
    #[error(transparent)]
    Keys(#[from] JwksError),
    /// A function cannot be put together.
    #[error(transparent)]
    Function(#[from] FunctionError),
    /// The seed data cannot be read.
    #[error(transparent)]
    SeedData(#[from] SeedDataError),
    /// The seeds cannot be applied.
    #[error("the seeds cannot be applied: {0}")]
    Seeds(#[from] seeds::ApplyError),
}

/// A whole world; everything it is made of can be reached.
#[derive(Clone)]
pub struct World {
    /// Where it is served.
    pub base_url: String,
    /// What the templates say.
    pub deployment: Arc<Deployment>,
    /// Its DynamoDB, with meter and faults.
    pub dynamodb: InProcessDynamoDb,
    /// The same tables as its functions and seeds use them.
    pub store: Store,
    /// Its time.
    pub clock: LocalClock,
    /// Its source of ids.
    pub entropy: SharedEntropy,
    /// What its functions logged lately, which is also what they counted.
    pub log: KeptLines,
    /// Who issues its tokens.
    pub issuer: TokenIssuer,
    /// Who stands in front.
    pub gateway: Gateway,
    /// The data it was seeded with.
    pub seeds: Arc<SeedData>,
    /// What the seeds found.
    pub seed_report: seeds::Report,
}

/// The names the local world gives its tables.
fn table_names() -> TableNames {
    TableNames {
        users: "users".into(),
        credits: "credits".into(),
        billing: "billing".into(),
    }
}

/// The client the local tokens are for; among the template's default audiences.
const AUDIENCE: &str = "textassistant-desktop";

impl World {
    /// Makes a world that is served at `base_url`. Nothing listens yet.
    pub async fn create(options: &WorldOptions, base_url: String) -> Result<Self, WorldError> {
        // The local issuer stands outside the stack and names scopes as they are.
        let parameters = [("Issuer", base_url.as_str()), ("ScopePrefix", "")];
        let parameters = parameters.map(|(name, value)| (name.to_string(), value.to_string()));
        let parameters = BTreeMap::from(parameters);
        let deployment = Arc::new(Deployment::read(&options.template, &parameters)?);
        let database = open(options.data.as_deref())?;
        create_tables(&database, &deployment.tables)?;
        let dynamodb = InProcessDynamoDb::new(database);
        let clock = LocalClock::new(options.now, options.frozen);
        let entropy: SharedEntropy = Arc::new(SystemEntropy);
        let store = Store::new(dynamodb.client(), table_names(), entropy.clone());

        let seeds = Arc::new(SeedData::read()?);
        let seed_report = seeds::apply(&store, &seeds, clock.now(), entropy.as_ref()).await?;
        dynamodb.meter().reset();

        let issuer = TokenIssuer::new(base_url.clone(), AUDIENCE.to_string())?;
        let lines = WorldLines {
            kept: KeptLines::default(),
            log_level: options.log_level,
        };
        let parts = Parts {
            client: dynamodb.client(),
            clock: Arc::new(clock.clone()),
            entropy: entropy.clone(),
            lines: lines.clone(),
            overrides: variables(options),
        };
        let gateway = gateway(&parts, &deployment, &issuer)?;
        Ok(World {
            base_url,
            deployment,
            dynamodb,
            store,
            clock,
            entropy,
            log: lines.kept,
            issuer,
            gateway,
            seeds,
            seed_report,
        })
    }
}

/// The variables of functions that are not the template's: those that are
/// asked for, and the secret that stands for Secrets Manager.
fn variables(options: &WorldOptions) -> BTreeMap<String, String> {
    let own = [
        ("STRIPE_WEBHOOK_SECRETS", STRIPE_WEBHOOK_SECRET),
        ("STRIPE_WEBHOOK_SECRET_ARN", ""),
    ];
    let own = own.map(|(name, value)| (name.to_string(), value.to_string()));
    own.into_iter().chain(options.variables.clone()).collect()
}

fn gateway(
    parts: &Parts,
    deployment: &Arc<Deployment>,
    issuer: &TokenIssuer,
) -> Result<Gateway, WorldError> {
    let mut handlers = BTreeMap::new();
    for function in &deployment.functions {
        handlers.insert(function.name.clone(), parts.assemble(function)?);
    }
    let accepted = &deployment.authorizer;
    let authorizer = JwtAuthorizer::new(
        accepted.issuer.clone(),
        accepted.audiences.clone(),
        &issuer.jwks(),
    )?;
    Ok(Gateway::new(
        deployment.clone(),
        authorizer,
        handlers,
        parts.clock.clone(),
        parts.entropy.clone(),
    ))
}

/// What signs webhooks here in place of a secret of Stripe's; it protects nothing.
pub const STRIPE_WEBHOOK_SECRET: &str = "whsec_local_world_only_0123456789";
