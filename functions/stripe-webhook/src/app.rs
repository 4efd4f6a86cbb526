//! The state of the webhook function, its settings from the environment, and what it
//! logs and counts of deliveries: one line per request, one per event.

use std::str::FromStr;

use shared::domain::billing::{BillingTerms, EventOutcome};
use shared::domain::{ParseIdentifierError, StripeId};
use shared::host::clock::SharedClock;
use shared::host::environment::{VariableError, Variables};
use shared::host::log::{Level, Line, Log};
use shared::store::{CatalogueCache, SettledEvent, Store, StoreError};
use stripe::counted_type;
use stripe_client::Client;

use crate::rejection::Rejection;
use crate::secrets::SigningSecrets;

/// The function's name in logs and metrics.
pub const FUNCTION: &str = "stripe-webhook";

/// Settings from the environment, read once at the start.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Which events are accepted.
    pub terms: BillingTerms,
}

impl Settings {
    /// Reads `STRIPE_LIVEMODE`, `true` or `false`; there is no default, because a wrong
    /// guess grants credits for test cards or loses real purchases. Reads
    /// `STRIPE_ACCOUNTS`, the connected accounts, separated by commas, whose events
    /// count as our own.
    pub fn read(variables: &Variables) -> Result<Self, VariableError> {
        let name = "STRIPE_LIVEMODE";
        variables.required(name, "true where Stripe's live events arrive, else false")?;
        let livemode = variables.parsed(name, false, "true or false")?;
        let expected = "ids of connected accounts, separated by commas";
        let accounts = variables.parsed("STRIPE_ACCOUNTS", Accounts::default(), expected)?;
        Ok(Settings {
            terms: BillingTerms {
                livemode,
                accounts: accounts.0,
            },
        })
    }
}

/// Connected accounts, as the variable lists them.
#[derive(Default)]
struct Accounts(Vec<StripeId>);

impl FromStr for Accounts {
    type Err = ParseIdentifierError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let accounts = text.split(',').map(str::trim);
        let accounts = accounts.filter(|account| !account.is_empty());
        Ok(Accounts(
            accounts.map(str::parse).collect::<Result<_, _>>()?,
        ))
    }
}

/// The function and everything it needs to answer.
#[derive(Clone, Debug)]
pub struct App {
    pub(crate) store: Store,
    pub(crate) clock: SharedClock,
    pub(crate) catalogue: CatalogueCache,
    pub(crate) settings: Settings,
    pub(crate) secrets: SigningSecrets,
    pub(crate) log: Log,
    /// Stripe's API, for what an event does not carry; none without a key.
    pub(crate) stripe: Option<Client>,
}

impl App {
    /// Builds the function from its parts.
    pub fn new(
        store: Store,
        clock: SharedClock,
        settings: Settings,
        secrets: SigningSecrets,
        log: Log,
    ) -> Self {
        App {
            store,
            clock,
            catalogue: CatalogueCache::default(),
            settings,
            secrets,
            log,
            stripe: None,
        }
    }

    /// The same function, which reads from Stripe's API what an event does not carry.
    /// Without a client such events wait for an operator.
    #[must_use]
    pub fn reading_from(self, stripe: Option<Client>) -> Self {
        App { stripe, ..self }
    }

    /// Fetches the signing secrets and the catalogue while the sandbox is still
    /// starting. Unusable secrets keep the function from starting; a catalogue that
    /// cannot be read now is read with the first event.
    pub async fn warm_up(&self) -> Result<(), VariableError> {
        if let Err(failure) = self.read_catalogue().await {
            let mut line = self.log.line(Level::Warning);
            line.text("message", "the catalogue could not be read ahead of time");
            line.text("reason", &failure.to_string());
            line.write();
        }
        self.secrets.warm_up().await
    }

    pub(crate) async fn read_catalogue(&self) -> Result<(), StoreError> {
        self.catalogue.prices(&self.store, self.clock.now()).await?;
        Ok(())
    }

    /// Counts the outcome of a delivery as `Events` by `Function`, `Type` and
    /// `Outcome`. The outcome is one of a few words; the type may be any.
    pub fn count(&self, event_type: &str, outcome: &'static str) {
        let event_type = counted_type(event_type);
        self.counted(Level::Info, event_type, outcome).write();
    }

    /// A log line that counts the outcome of a delivery.
    pub(crate) fn counted(
        &self,
        level: Level,
        event_type: &'static str,
        outcome: &'static str,
    ) -> Line<'_> {
        let mut line = self.log.line(level);
        line.dimension("Type", event_type);
        line.dimension("Outcome", outcome);
        line.count_one_by(&["Type", "Outcome"], "Events");
        line
    }

    /// Logs and counts the outcome of an event, on one line. A parked or refused event
    /// is counted once, not on redelivery.
    pub(crate) fn note(&self, event: &SettledEvent, outcome: &'static str, request_id: &str) {
        let (level, message) = if event.needs_operator {
            (Level::Error, "an event needs a person")
        } else {
            (Level::Info, "an event is settled")
        };
        let mut line = self.counted(level, counted_type(&event.event_type), outcome);
        if event.needs_operator {
            line.count_one_by(&["Outcome"], "NeedsOperator");
        }
        let is = |settled: EventOutcome| u64::from(outcome == settled.as_str());
        line.count("RefusedEvents", is(EventOutcome::Refused));
        line.count("ParkedEvents", is(EventOutcome::Parked));
        line.text("message", message);
        line.text("request_id", request_id);
        line.text("event_id", event.id.as_str());
        line.text("event_type", &event.event_type);
        if let Some(reason) = &event.reason {
            line.text("reason", reason);
        }
        line.write();
    }

    /// The log gets only the public text: paths and field names, never values.
    pub(crate) fn reject(&self, rejection: &Rejection, request_id: &str) {
        let level = if rejection.needs_attention() {
            Level::Error
        } else {
            Level::Info
        };
        let mut line = self.counted(level, rejection.counted_type(), rejection.outcome());
        if rejection.needs_attention() {
            line.count_one_by(&["Outcome"], "NeedsOperator");
        }
        line.text("message", "a delivery was turned away");
        line.text("request_id", request_id);
        if let Some(id) = rejection.event_id() {
            line.text("event_id", id.as_str());
        }
        line.text("reason", &rejection.to_string());
        line.write();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accounts(list: &str) -> Result<Vec<String>, VariableError> {
        let variables = [("STRIPE_LIVEMODE", "true"), ("STRIPE_ACCOUNTS", list)];
        let variables = variables.map(|(name, value)| (name.to_string(), value.to_string()));
        let settings = Settings::read(&variables.into_iter().collect())?;
        let accounts = settings.terms.accounts.iter();
        Ok(accounts.map(ToString::to_string).collect())
    }

    #[test]
    fn connected_accounts_are_a_list_with_commas() {
        assert_eq!(accounts("").unwrap(), Vec::<String>::new());
        let two = accounts(" acct_1, acct_2,,").unwrap();
        assert_eq!(two, ["acct_1", "acct_2"]);
        accounts("acct_1 acct_2").unwrap_err();
    }
}
