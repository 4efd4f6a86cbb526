//! The functions of the template, built as in their `main.rs`, on the embedded
//! tables and the local clock.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use shared::host::clock::SharedClock;
use shared::host::entropy::SharedEntropy;
use shared::host::environment::{VariableError, Variables};
use shared::host::log::Log;
use shared::http::{Event, Response};
use shared::store::{Store, TableNames};
use stripe_webhook::SigningSecrets;

use crate::deployment::{Deployment, Function};
use crate::lines::WorldLines;

/// A function ready to answer events.
pub type Handler =
    Arc<dyn Fn(Event) -> Pin<Box<dyn Future<Output = Response> + Send>> + Send + Sync>;

/// Why a function of the template cannot be run here.
#[derive(Debug, thiserror::Error)]
pub enum FunctionError {
    /// The template names a function without code here.
    #[error("add the function {0:?} of the template to local/src/functions.rs")]
    Unknown(String),
    /// Its environment variables are invalid.
    #[error("the function {function} does not start: {source}")]
    Variables {
        /// Which function.
        function: String,
        /// What is wrong.
        source: VariableError,
    },
}

/// What the names of the variables begin with that limit a user's calls per minute.
const RATE_LIMITS: &str = "RATE_LIMIT_";

/// What functions are built from.
#[derive(Clone)]
pub struct Parts {
    /// The client of the tables.
    pub client: Client,
    /// The time.
    pub clock: SharedClock,
    /// The source of ids.
    pub entropy: SharedEntropy,
    /// The destination of the functions' log lines.
    pub lines: WorldLines,
    /// Variables that override the template's.
    pub overrides: BTreeMap<String, String>,
}

impl Parts {
    /// The same, for functions that limit no user.
    pub fn without_limits(&self, deployment: &Deployment) -> Self {
        let functions = deployment.functions.iter();
        let variables = functions.flat_map(|function| function.variables.keys());
        let limits = variables.filter(|name| name.starts_with(RATE_LIMITS));
        let mut parts = self.clone();
        let off = limits.map(|name| (name.clone(), "0".to_string()));
        parts.overrides.extend(off);
        parts
    }

    /// Builds a function of the template; none if no request leads to it.
    pub fn assemble(&self, function: &Function) -> Result<Option<Handler>, FunctionError> {
        let own = function.variables.clone().into_iter();
        let variables: Variables = own.chain(self.overrides.clone()).collect();
        let handler = match function.name.as_str() {
            "credits" => self.credits(&variables).map(Some),
            "billing" => self.billing(&variables).map(Some),
            "profile" => self.profile(&variables).map(Some),
            "stripe-webhook" => self.stripe_webhook(&variables).map(Some),
            "token" => self.token(&variables).map(Some),
            // Streams and a queue call it: `notices` does here.
            "notify" => TableNames::read(&variables, notify::TABLES).map(|_| None),
            // A schedule calls it, and no balance depends on it.
            "watch" => TableNames::read(&variables, watch::TABLES).map(|_| None),
            // The user pool calls it; the local issuer asks it who may sign up.
            "sign-up" => self.sign_up(&variables).map(|_| None),
            other => return Err(FunctionError::Unknown(other.to_string())),
        };
        handler.map_err(|source| FunctionError::Variables {
            function: function.name.clone(),
            source,
        })
    }

    /// The function that the issuer asks who may sign up; none if the template has none.
    pub fn asked_before_sign_up(
        &self,
        deployment: &Deployment,
    ) -> Result<Option<sign_up::App>, FunctionError> {
        let mut functions = deployment.functions.iter();
        let Some(function) = functions.find(|it| it.name == sign_up::FUNCTION) else {
            return Ok(None);
        };
        let own = function.variables.clone().into_iter();
        let variables: Variables = own.chain(self.overrides.clone()).collect();
        let app = self.sign_up(&variables);
        app.map(Some).map_err(|source| FunctionError::Variables {
            function: function.name.clone(),
            source,
        })
    }

    fn sign_up(&self, variables: &Variables) -> Result<sign_up::App, VariableError> {
        let settings = sign_up::Settings::read(variables)?;
        let tables = TableNames::read(variables, sign_up::TABLES)?;
        let (store, clock) = (self.store(tables), self.clock.clone());
        Ok(sign_up::App::new(
            store,
            clock,
            settings,
            self.log(sign_up::FUNCTION),
        ))
    }

    fn store(&self, tables: TableNames) -> Store {
        Store::new(self.client.clone(), tables, self.entropy.clone())
    }

    fn log(&self, function: &'static str) -> Log {
        Log::new(function, self.clock.clone(), self.lines.clone())
    }

    fn credits(&self, variables: &Variables) -> Result<Handler, VariableError> {
        let settings = credits::Settings::read(variables)?;
        let tables = TableNames::read(variables, credits::TABLES)?;
        let app = credits::App::new(
            self.store(tables),
            self.clock.clone(),
            self.entropy.clone(),
            settings,
            self.log(credits::FUNCTION),
        );
        Ok(Arc::new(move |event| {
            let app = app.clone();
            Box::pin(async move { app.handle(event).await })
        }))
    }

    fn profile(&self, variables: &Variables) -> Result<Handler, VariableError> {
        let settings = profile::Settings::read(variables)?;
        let tables = TableNames::read(variables, profile::TABLES)?;
        let (store, clock) = (self.store(tables), self.clock.clone());
        let app = profile::App::new(store, clock, settings, self.log(profile::FUNCTION));
        Ok(Arc::new(move |event| {
            let app = app.clone();
            Box::pin(async move { app.handle(event).await })
        }))
    }

    fn billing(&self, variables: &Variables) -> Result<Handler, VariableError> {
        let settings = billing::Settings::read(variables)?;
        let tables = TableNames::read(variables, billing::TABLES)?;
        let stripe = stripe_client::Client::read(variables, None, self.entropy.clone())?;
        let app = billing::App::new(
            self.store(tables),
            self.clock.clone(),
            self.entropy.clone(),
            settings,
            self.log(billing::FUNCTION),
        );
        let app = app.selling_through(stripe);
        Ok(Arc::new(move |event| {
            let app = app.clone();
            Box::pin(async move { app.handle(event).await })
        }))
    }

    fn token(&self, variables: &Variables) -> Result<Handler, VariableError> {
        let settings = token::Settings::read(variables)?;
        let tables = TableNames::read(variables, token::TABLES)?;
        let (store, clock) = (self.store(tables), self.clock.clone());
        let app = token::App::new(store, clock, settings, self.log(token::FUNCTION));
        Ok(Arc::new(move |event| {
            let app = app.clone();
            Box::pin(async move { app.handle(event).await })
        }))
    }

    fn stripe_webhook(&self, variables: &Variables) -> Result<Handler, VariableError> {
        let settings = stripe_webhook::Settings::read(variables)?;
        let tables = TableNames::read(variables, stripe_webhook::TABLES)?;
        let log = self.log(stripe_webhook::FUNCTION);
        let secrets = SigningSecrets::read(variables, None, self.clock.clone(), log.clone())?;
        let (store, clock) = (self.store(tables), self.clock.clone());
        let stripe = stripe_client::Client::read(variables, None, self.entropy.clone())?;
        let app = stripe_webhook::App::new(store, clock, settings, secrets, log);
        let app = app.reading_from(stripe);
        Ok(Arc::new(move |event| {
            let app = app.clone();
            Box::pin(async move { app.handle(event).await })
        }))
    }
}
