//! The local world: seeded tables from the templates, the functions, and the
//! gateway.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use seeds::{SeedData, SeedDataError};
use shared::domain::{Price, Timestamp};
use shared::host::clock::Clock;
use shared::host::entropy::{SharedEntropy, SystemEntropy};
use shared::host::sink::KeptLines;
use shared::store::{Store, TableNames};

use crate::clock::LocalClock;
use crate::deployment::{Deployment, DeploymentError};
use crate::dynamodb::{
    Elsewhere, Engine, InProcessDynamoDb, OpenError, TableError, create_tables, open,
};
use crate::functions::{FunctionError, Parts};
use crate::gateway::Gateway;
use crate::identity::{Grants, IssuerError, JwksError, JwtAuthorizer, TokenIssuer};
use crate::lines::{LogLevel, WorldLines};
use crate::notices::Notices;
use crate::stripe::ApiVersion;
use crate::stripe_api::{LocalStripe, STRIPE_API_KEY, SeededSubscription, Webhook};

/// The options of a world.
#[derive(Clone, Debug)]
pub struct WorldOptions {
    /// The SAM template with the routes; it nests the one with the tables.
    pub template: PathBuf,
    /// The folder to keep the tables in; none means in memory.
    pub data: Option<PathBuf>,
    /// Another DynamoDB to keep the tables in; none means the embedded engine.
    pub tables_at: Option<Elsewhere>,
    /// Start time; none means the machine's time.
    pub now: Option<Timestamp>,
    /// Whether its clock is stopped.
    pub frozen: bool,
    /// Environment variables that override the template's, for all functions.
    pub variables: BTreeMap<String, String>,
    /// Which log lines of its functions are shown on standard error.
    pub log_level: LogLevel,
    /// The port of its Stripe; none means the one after the world's own.
    pub stripe_port: Option<u16>,
    /// Whether a served world sends notices by itself; otherwise they wait for a pump.
    pub sends_notices: bool,
    /// The API version in which that Stripe reports what is sold.
    pub stripe_version: ApiVersion,
}

impl Default for WorldOptions {
    /// Defaults: the project's template, tables in memory, the machine's clock.
    fn default() -> Self {
        WorldOptions {
            template: PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml")),
            data: None,
            tables_at: None,
            now: None,
            frozen: false,
            variables: BTreeMap::new(),
            log_level: LogLevel::default(),
            stripe_port: None,
            sends_notices: false,
            stripe_version: ApiVersion::default(),
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
    /// The clock cannot be kept beside the tables.
    #[error("the clock cannot be written beside the tables: {0}")]
    Clock(std::io::Error),
    /// The tables cannot be created.
    #[error(transparent)]
    Tables(#[from] TableError),
    /// The issuer cannot sign.
    #[error(transparent)]
    Issuer(#[from] IssuerError),
    /// The authorizer has no keys.
    #[error(transparent)]
    Keys(#[from] JwksError),
    /// A function cannot be built.
    #[error(transparent)]
    Function(#[from] FunctionError),
    /// The seed data cannot be read.
    #[error(transparent)]
    SeedData(#[from] SeedDataError),
    /// The seeds cannot be applied.
    #[error("the seeds cannot be applied: {0}")]
    Seeds(#[from] seeds::ApplyError),
}

/// A world with access to all its parts.
#[derive(Clone)]
pub struct World {
    /// Its base URL.
    pub base_url: String,
    /// The deployment read from the templates.
    pub deployment: Arc<Deployment>,
    /// Its DynamoDB, with meter and fault injection.
    pub dynamodb: InProcessDynamoDb,
    /// The store that its functions and seeds use.
    pub store: Store,
    /// Its clock.
    pub clock: LocalClock,
    /// The folder of its tables and of its clock, if they are kept.
    pub data: Option<PathBuf>,
    /// Its source of ids.
    pub entropy: SharedEntropy,
    /// Recent log lines of its functions, which also contain their metrics.
    pub log: KeptLines,
    /// Its token issuer.
    pub issuer: TokenIssuer,
    /// What its issuer asks before somebody signs up.
    pub sign_up: Option<sign_up::App>,
    /// What its issuer remembers of sign-ins.
    pub grants: Grants,
    /// Its gateway.
    pub gateway: Gateway,
    /// The gateway of its own page, which uses up no user's limits.
    pub page_gateway: Gateway,
    /// Its Stripe, which knows the stories that were told to it.
    pub stripe: LocalStripe,
    /// Where that Stripe is served, if it is.
    pub stripe_url: Option<String>,
    /// Its sender of notices.
    pub notices: Notices,
    /// The data it was seeded with.
    pub seeds: Arc<SeedData>,
    /// The report of the seeds.
    pub seed_report: seeds::Report,
}

/// Table names of the local world.
fn table_names() -> TableNames {
    TableNames {
        users: "users".into(),
        credits: "credits".into(),
        billing: "billing".into(),
        notices: "notices".into(),
    }
}

/// Where the seeded client's redirects go.
const APP_RETURN: &str = "http://localhost:8080/callback";

/// The client of the local tokens; one of the template's default audiences.
const AUDIENCE: &str = "textassistant-desktop";

impl World {
    /// Creates a world for `base_url`. Nothing listens yet.
    pub async fn create(options: &WorldOptions, base_url: String) -> Result<Self, WorldError> {
        World::beside(options, base_url, None).await
    }

    /// The same, with its Stripe served at a URL.
    pub(crate) async fn beside(
        options: &WorldOptions,
        base_url: String,
        stripe_url: Option<String>,
    ) -> Result<Self, WorldError> {
        // The local issuer is outside the stack and adds no prefix to scopes.
        let parameters = [
            ("Issuer", base_url.clone()),
            ("TokenEndpoint", format!("{base_url}/_local/oauth/token")),
            ("JwksUri", format!("{base_url}/.well-known/jwks.json")),
            ("ScopePrefix", String::new()),
            ("PublicUrl", base_url.clone()),
        ];
        let parameters = parameters.map(|(name, value)| (name.to_string(), value));
        let parameters = BTreeMap::from(parameters);
        let deployment = Arc::new(Deployment::read(&options.template, &parameters)?);
        let engine = match &options.tables_at {
            Some(elsewhere) => Engine::from(elsewhere.clone()),
            None => Engine::from(open(options.data.as_deref())?),
        };
        create_tables(&engine, &deployment.tables)?;
        let dynamodb = InProcessDynamoDb::new(engine);
        let clock = started_clock(options)?;
        let entropy: SharedEntropy = Arc::new(SystemEntropy);
        let store = Store::new(dynamodb.client(), table_names(), entropy.clone());

        let seeds = Arc::new(SeedData::read()?);
        let seed_report = seeds::apply(&store, &seeds, clock.now(), entropy.as_ref()).await?;

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
            overrides: variables(options, &base_url, stripe_url.as_deref()),
        };
        let gateway = gateway(&parts, &deployment, &issuer)?;
        let gateway = gateway.showing_refusals(options.log_level == LogLevel::Everything);
        let page_gateway = self::gateway(&parts.without_limits(&deployment), &deployment, &issuer)?;
        let place = (
            stripe_url.as_deref().unwrap_or(NOWHERE),
            options.stripe_version,
        );
        let prices = catalogue(&store, &seeds).await;
        let stripe = LocalStripe::new(&prices, place, parts.clock.clone(), entropy.clone());
        put_seeded((&store, &seeds), &stripe, &prices).await;
        let webhook_url = format!("{base_url}/webhooks/stripe");
        stripe.register(&webhook_url, clock.now().unix_seconds());
        let notices = notices(&dynamodb, &parts, &deployment);
        let sign_up = parts.asked_before_sign_up(&deployment)?;
        dynamodb.meter().reset();
        Ok(World {
            base_url,
            deployment,
            dynamodb,
            store,
            clock,
            data: options.data.clone(),
            entropy,
            log: lines.kept,
            issuer,
            sign_up,
            grants: Grants::default(),
            gateway,
            page_gateway,
            stripe,
            stripe_url,
            notices,
            seeds,
            seed_report,
        })
    }

    /// The webhook, as its Stripe reaches it.
    pub(crate) fn webhook(&self) -> Webhook {
        let clock = Arc::new(self.clock.clone());
        Webhook::new(self.gateway.clone(), clock, STRIPE_WEBHOOK_SECRET)
    }

    /// What is due at Stripe by now has happened, and the webhook has heard of it.
    pub(crate) async fn let_time_pass(&self) {
        self.stripe.let_time_pass();
        self.webhook().deliver(&self.stripe).await;
    }
}

/// What the tables sell, the seeded prices first; these alone if the tables cannot be
/// read.
async fn catalogue(store: &Store, seeds: &SeedData) -> Vec<Price> {
    let Ok(mut prices) = store.load_prices().await else {
        return seeds.prices.clone();
    };
    let place = |price: &Price| {
        let mut seeded = seeds.prices.iter();
        let place = seeded.position(|it| it.price_id == price.price_id);
        place.unwrap_or(usize::MAX)
    };
    prices.sort_by_key(place);
    prices
}

/// Where the pages of a Stripe are that nobody serves.
const NOWHERE: &str = "http://127.0.0.1:1";

/// The subscriptions of seeded users are at Stripe from the start, as the tables have
/// them. What cannot be read is left to whoever reads it next.
async fn put_seeded((store, seeds): (&Store, &SeedData), stripe: &LocalStripe, prices: &[Price]) {
    for user in &seeds.users {
        let Ok(person) = store.load_person(&user.user_id).await else {
            continue;
        };
        let seeded = person.subscriptions.iter().filter_map(|it| {
            let period = (it.current_period_start?, it.current_period_end?);
            let is_over = it.status.is_terminal();
            (!is_over).then_some(SeededSubscription {
                user_id: user.user_id.to_string(),
                email: user.email.clone(),
                name: user.display_name.clone(),
                customer: it.stripe_customer_id.clone()?,
                subscription: it.stripe_subscription_id.clone()?,
                price: it.stripe_price_id.clone()?,
                period: (period.0.unix_seconds(), period.1.unix_seconds()),
                cancel_at_period_end: it.cancel_at_period_end,
            })
        });
        for seeded in seeded {
            stripe.put_seeded(&seeded, prices);
        }
    }
}

/// The clock as requested; else as it was kept beside the tables; else the machine's.
fn started_clock(options: &WorldOptions) -> Result<LocalClock, WorldError> {
    let kept = options.data.as_deref().and_then(LocalClock::kept);
    let clock = match (options.now, kept) {
        (None, Some(kept)) => kept,
        (now, _) => LocalClock::new(now, options.frozen),
    };
    if options.frozen {
        clock.freeze(true);
    }
    if let (Some(folder), true) = (&options.data, options.now.is_some()) {
        clock.keep(folder).map_err(WorldError::Clock)?;
    }
    Ok(clock)
}

/// Variables of functions besides the template's: the requested ones, and the
/// secret that replaces Secrets Manager.
fn variables(
    options: &WorldOptions,
    base_url: &str,
    stripe_url: Option<&str>,
) -> BTreeMap<String, String> {
    // Its own pages sell too.
    let return_urls = format!("{APP_RETURN},{base_url}");
    let own = [
        ("RETURN_URLS", return_urls.as_str()),
        ("STRIPE_WEBHOOK_SECRETS", STRIPE_WEBHOOK_SECRET),
        ("STRIPE_WEBHOOK_SECRET_ARN", ""),
        ("STRIPE_KEY_SECRET_ARN", ""),
    ];
    // Without a Stripe that is served, no function has a key, as on AWS before one is stored.
    let stripe =
        stripe_url.map(|url| [("STRIPE_API_URL", url), ("STRIPE_API_KEY", STRIPE_API_KEY)]);
    let own = own.into_iter().chain(stripe.into_iter().flatten());
    let own = own.map(|(name, value)| (name.to_string(), value.to_string()));
    own.chain(options.variables.clone()).collect()
}

/// The sender of notices, with the variables and filters of the template.
fn notices(dynamodb: &InProcessDynamoDb, parts: &Parts, deployment: &Deployment) -> Notices {
    let functions = &deployment.functions;
    let function = functions.iter().find(|it| it.name == notify::FUNCTION);
    let (variables, filters) = match function {
        Some(function) => (function.variables.clone(), function.filters.clone()),
        None => (BTreeMap::new(), BTreeMap::new()),
    };
    Notices::new(dynamodb.engine(), parts, variables, filters)
}

fn gateway(
    parts: &Parts,
    deployment: &Arc<Deployment>,
    issuer: &TokenIssuer,
) -> Result<Gateway, WorldError> {
    let mut handlers = BTreeMap::new();
    for function in &deployment.functions {
        if let Some(handler) = parts.assemble(function)? {
            handlers.insert(function.name.clone(), handler);
        }
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

/// The local signing secret of webhooks; it protects nothing.
pub const STRIPE_WEBHOOK_SECRET: &str = "whsec_local_world_only_0123456789";
