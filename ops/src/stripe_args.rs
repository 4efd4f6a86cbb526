//! Calling Stripe for a command: with which key, and where. The key never stands on a
//! command line, where other users of the machine could read it.

use shared::domain::billing::BillingEvent;
use shared::domain::{StripeId, billing::Fact};
use stripe_client::{Client, Endpoint, KeySource};

use crate::act;
use crate::context::CommandContext;
use crate::ending::Failure;

/// The variable with the key itself.
const KEY: &str = "STRIPE_API_KEY";

/// How to call Stripe.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Stripe")]
pub(crate) struct StripeArgs {
    /// Secrets Manager secret with the API key [default: the key itself, in STRIPE_API_KEY]
    #[arg(long, value_name = "ARN", env = "STRIPE_KEY_SECRET_ARN")]
    stripe_key_secret: Option<String>,
    /// URL of a Stripe on this machine, for tests [default: Stripe's API]
    #[arg(long, value_name = "URL", env = "STRIPE_API_URL")]
    stripe_url: Option<Endpoint>,
}

impl StripeArgs {
    /// Whether a key, or its secret, is given.
    pub(crate) fn is_given(&self, context: &CommandContext) -> bool {
        self.stripe_key_secret.is_some() || context.variables.optional(KEY).is_some()
    }

    /// A client. The key is checked with the first call.
    pub(crate) async fn client(&self, context: &CommandContext) -> Result<Client, Failure> {
        let key = match (&self.stripe_key_secret, context.variables.optional(KEY)) {
            (Some(arn), _) => KeySource::in_secrets_manager(&context.connection.aws().await?, arn),
            (None, Some(text)) => {
                let problem = |error| Failure::Usage(format!("{KEY} is unusable: {error}"));
                KeySource::given(text.parse().map_err(problem)?)
            }
            (None, None) => {
                return Err(Failure::Usage(format!(
                    "no API key of Stripe's: set {KEY}, or name its secret with --stripe-key-secret ARN"
                )));
            }
        };
        let endpoint = self.stripe_url.clone().unwrap_or_default();
        Ok(Client::new(key, endpoint, context.entropy.clone()))
    }

    /// The fact that an event would report if it carried the object as Stripe has it
    /// now.
    pub(crate) async fn fetch_object(
        &self,
        context: &CommandContext,
        reported: &BillingEvent,
    ) -> Result<Fact, Failure> {
        let client = self.client(context).await?;
        let fetching = client.object_of(reported, act::deadline());
        let object = context.stop.unless_asked(fetching).await??;
        let object = object.ok_or_else(|| {
            Failure::Stripe(format!(
                "Stripe has no object for the event {}",
                reported.id
            ))
        })?;
        stripe::read_object(object.to_string().as_bytes(), reported)
            .map_err(|error| Failure::Stripe(format!("Stripe's API: {error}")))
    }

    /// An event as Stripe delivered it, of a connected account or our own.
    pub(crate) async fn fetch_event(
        &self,
        context: &CommandContext,
        id: &StripeId,
        account: Option<&StripeId>,
    ) -> Result<BillingEvent, Failure> {
        let client = self.client(context).await?.for_account(account);
        let fetching = client.event(id, act::deadline());
        let event = context.stop.unless_asked(fetching).await??;
        let event = stripe::read(event.to_string().as_bytes())
            .map_err(|error| Failure::Stripe(format!("Stripe's API: {error}")))?;
        if event.id == *id {
            return Ok(event);
        }
        Err(Failure::Stripe(format!(
            "Stripe's API gave the event {}, not {id}",
            event.id
        )))
    }
}
