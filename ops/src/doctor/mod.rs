//! `creditsctl doctor`: checks a stage from the outside, as its callers meet it, and from
//! its tables. Nothing is charged and no item of a user is written.
//!
//! Each check is one line. One that cannot be made says why and stops no other.

mod api;
mod at_stripe;
mod clock;
mod http;
mod line;
mod tables;
mod webhook;

use std::sync::Arc;

use outbound::Url;
use shared::domain::UserId;
use shared::store::Table;

use crate::context::CommandContext;
use crate::ending::{Ending, Failure};
use crate::stripe_args::StripeArgs;
use clock::Now;
use http::Api;
use line::{Found, Line};
use webhook::Delivery;

const EXAMPLES: &str = "\
Examples:
  creditsctl doctor --api-url http://127.0.0.1:8787 --endpoint-url http://127.0.0.1:8000
  API_TOKEN=$token creditsctl doctor --api-url \"$ApiUrl\" --livemode false --region eu-central-1
  creditsctl doctor --json | jq -r 'select(.check.result == \"failed\").check.said'
  infra/runbooks/doctor.sh prod

Secrets come from variables alone: API_TOKEN (a user's or a service's; with a service's a charge is
tried), STRIPE_WEBHOOK_SECRETS (the endpoint's, as the webhook has them), STRIPE_API_KEY or
--stripe-key-secret, and ORIGIN_SECRET, if the API answers only what came through the edge. A check
that lacks its secret is skipped.

Nothing is charged: the charge is more than anybody has. It is planned on the account that the tables
hold, sent only if the plan refuses it, and must be refused with the same balance. The webhook gets an
event of a type that is not Stripe's, always under the same id; its record is the one thing written.

Exit code 3 if a check failed; what was skipped does not count.";

/// The variable with a token of the API's.
const TOKEN: &str = "API_TOKEN";
/// The variable with the signing secrets, separated by commas.
const SECRETS: &str = "STRIPE_WEBHOOK_SECRETS";
/// The variable with the secret that the edge adds.
const ORIGIN: &str = "ORIGIN_SECRET";

const NO_API: &str = "no API is named: --api-url";

/// Check a stage: API, tables, webhook, Stripe and clocks
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DoctorArgs {
    /// Base URL of the API, the output ApiUrl
    #[arg(long, value_name = "URL", env = "API_URL")]
    api_url: Option<String>,
    /// Where Stripe delivers [default: /webhooks/stripe of the API]
    #[arg(long, value_name = "URL", env = "STRIPE_WEBHOOK_URL")]
    webhook_url: Option<String>,
    /// Whether the stage is one where purchases are real
    #[arg(
        long,
        env = "STRIPE_LIVEMODE",
        value_name = "true|false",
        action = clap::ArgAction::Set
    )]
    livemode: Option<bool>,
    /// User whose charge is planned and refused; nobody has to have this id
    #[arg(long = "user", value_name = "ID", default_value = "creditsctl-doctor")]
    charged: UserId,
    #[command(flatten)]
    stripe: StripeArgs,
}

/// Prints what was found, and remembers whether anything failed.
struct Report<'a> {
    context: &'a CommandContext,
    has_failed: bool,
}

impl Report<'_> {
    fn add(&mut self, name: &'static str, found: &Found) -> Result<(), Failure> {
        self.has_failed |= matches!(found, Found::Failed(_));
        self.context.output.report(&Line::of(name, found))?;
        Ok(())
    }

    /// Makes a check, which Ctrl-C ends at once.
    async fn make(
        &mut self,
        name: &'static str,
        check: impl Future<Output = Found>,
    ) -> Result<(), Failure> {
        let found = self.context.stop.unless_asked(check).await?;
        self.add(name, &found)
    }
}

pub(crate) async fn run(context: Arc<CommandContext>, args: DoctorArgs) -> Result<Ending, Failure> {
    let url = url_of(args.api_url.as_deref(), "--api-url")?;
    url_of(args.webhook_url.as_deref(), "--webhook-url")?;
    let origin = context.variables.optional(ORIGIN).map(str::to_string);
    let api = url.map(|url| Api::at(&url, origin));
    let now = Now::at(context.now);
    let mut report = Report {
        context: &context,
        has_failed: false,
    };
    check_tables(&mut report, &now).await?;
    check_api(&mut report, api.as_ref(), &args.charged, &now).await?;
    check_webhook(&mut report, api.as_ref(), args.livemode, &now).await?;
    check_stripe(&mut report, &args, &now).await?;
    Ok(match report.has_failed {
        true => Ending::Findings,
        false => Ending::Done,
    })
}

fn url_of(text: Option<&str>, flag: &str) -> Result<Option<Url>, Failure> {
    let read = text.map(|text| {
        let url = text.parse::<Url>();
        url.map_err(|error| Failure::Usage(format!("{flag}: {text:?} {error}")))
    });
    read.transpose()
}

async fn check_tables(report: &mut Report<'_>, now: &Now) -> Result<(), Failure> {
    let context = report.context;
    let mut found = Vec::new();
    for table in Table::ALL {
        let checking = context.store.check_declared(table);
        let checked = context.stop.unless_asked(checking).await?;
        report.add(tables::check_of(table), &tables::is_declared(&checked))?;
        found.push(checked);
    }
    let migrated = tables::are_migrated(&context.store);
    report.make("migrations", migrated).await?;
    let clock = tables::clock_of(&found, context.is_local, now);
    report.add("clock of DynamoDB", &clock)
}

async fn check_api(
    report: &mut Report<'_>,
    api: Option<&Api>,
    user: &UserId,
    now: &Now,
) -> Result<(), Failure> {
    let Some(api) = api else {
        for name in ["api", "no token", "token", "dry charge"] {
            report.add(name, &Found::skipped(NO_API))?;
        }
        return Ok(());
    };
    report.make("api", api::answers(api, now)).await?;
    report.make("no token", api::asks_for_a_token(api)).await?;
    let context = report.context;
    let Some(token) = context.variables.optional(TOKEN) else {
        for name in ["token", "dry charge"] {
            report.add(name, &Found::skipped(format!("no token in {TOKEN}")))?;
        }
        return Ok(());
    };
    report.make("token", api::takes_token(api, token)).await?;
    let refused = api::refuses_too_much((api, token), &context.store, user, now.read());
    report.make("dry charge", refused).await
}

async fn check_webhook(
    report: &mut Report<'_>,
    api: Option<&Api>,
    livemode: Option<bool>,
    now: &Now,
) -> Result<(), Failure> {
    let Some(api) = api else {
        for name in ["webhook, signed", "webhook, not signed"] {
            report.add(name, &Found::skipped(NO_API))?;
        }
        return Ok(());
    };
    let context = report.context;
    let secret = context.variables.optional(SECRETS);
    // A JSON list, or separated by commas or line ends, as the webhook reads it.
    let secret = secret.and_then(|text| text.split([',', '\n']).next());
    let secret = secret.map(|text| text.trim_matches(['[', ']', '"', ' ', '\r']));
    // What is turned away is read no further, so any mode will do.
    let delivery = Delivery::at(now.read(), livemode.unwrap_or_default());
    match (secret, livemode) {
        (None, _) => {
            let found = Found::skipped(format!("no secret in {SECRETS}"));
            report.add("webhook, signed", &found)?;
        }
        (Some(_), None) => {
            let found = Found::skipped("the stage's mode is not named: --livemode");
            report.add("webhook, signed", &found)?;
        }
        (Some(secret), Some(_)) => {
            let taken = webhook::takes_signed(context, api, &delivery, secret);
            report.make("webhook, signed", taken).await?;
        }
    }
    let refused = webhook::refuses_unsigned(api, &delivery);
    report.make("webhook, not signed", refused).await
}

async fn check_stripe(
    report: &mut Report<'_>,
    args: &DoctorArgs,
    now: &Now,
) -> Result<(), Failure> {
    const NAMES: [&str; 3] = ["key of Stripe", "endpoint at Stripe", "clock of Stripe"];
    let context = report.context;
    let client = match args.stripe.client(context).await {
        Ok(client) => client,
        Err(failure) => {
            // A text that is no key is as wrong as one that Stripe does not take.
            let said = failure.to_string();
            let found = match args.stripe.is_given(context) {
                true => Found::failed(said),
                false => Found::skipped(said),
            };
            report.add(NAMES[0], &found)?;
            for name in NAMES.iter().skip(1) {
                report.add(name, &Found::skipped("no key of Stripe's"))?;
            }
            return Ok(());
        }
    };
    let client = match args.livemode {
        Some(livemode) => client.in_mode(livemode),
        None => client,
    };
    let reading = at_stripe::endpoints(&client);
    let endpoints = context.stop.unless_asked(reading).await?;
    report.add(NAMES[0], &at_stripe::works(&endpoints))?;
    let api = args.api_url.as_deref().map(|url| url.trim_end_matches('/'));
    let default = api.map(|url| format!("{url}/webhooks/stripe"));
    let delivers = match args.webhook_url.clone().or(default) {
        Some(url) => at_stripe::delivers(&endpoints, &url),
        None => Found::skipped("no webhook is named: --webhook-url"),
    };
    report.add(NAMES[1], &delivers)?;
    report
        .make(NAMES[2], at_stripe::clock_of(&client, now))
        .await
}
