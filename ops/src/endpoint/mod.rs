//! `creditsctl endpoint`: where notices are sent, their secrets, and sending again.

mod known;
mod redeliver;
mod words;

use std::sync::Arc;

use clap::Subcommand;
use notices::{Message, TEST_EVENT, generate};
use shared::domain::{Delivery, Endpoint, EndpointId, Recipient, Told};

use crate::context::{CommandContext, DryRun};
use crate::ending::{Ending, Failure};
use known::known;
use redeliver::RedeliverArgs;
use words::{Line, SecretLine};

const EXAMPLES: &str = "\
Examples:
  creditsctl endpoint add https://hooks.example.com/credits
  creditsctl endpoint list
  creditsctl endpoint test ep_0123456789ab
  creditsctl endpoint roll ep_0123456789ab
  creditsctl endpoint disable ep_0123456789ab
  creditsctl endpoint redeliver ep_0123456789ab --since 2025-11-06T00:00:00Z

An endpoint gets every notice of entries that are written after it was added. Messages are signed by
the Standard Webhooks rules; docs/notify.md describes them.";

/// Register endpoints that notices are sent to, test them and roll their secrets
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct EndpointArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Add an endpoint and show its secret
    #[command(
        after_help = "Examples:\n  creditsctl endpoint add https://hooks.example.com/credits"
    )]
    Add(AddArgs),
    /// List endpoints
    #[command(after_help = "Examples:\n  creditsctl endpoint list --json")]
    List,
    /// Send a test message
    #[command(after_help = "Examples:\n  creditsctl endpoint test ep_0123456789ab")]
    Test(OneArgs),
    /// Make a new secret and show it; the old one signs beside it for a day
    #[command(after_help = "Examples:\n  creditsctl endpoint roll ep_0123456789ab")]
    Roll(OneArgs),
    /// Send nothing to an endpoint until it is enabled
    #[command(after_help = "Examples:\n  creditsctl endpoint disable ep_0123456789ab")]
    Disable(OneArgs),
    /// Send to an endpoint again; what was withheld needs `redeliver`
    #[command(after_help = "Examples:\n  creditsctl endpoint enable ep_0123456789ab")]
    Enable(OneArgs),
    Redeliver(RedeliverArgs),
}

#[derive(clap::Args, Debug)]
struct AddArgs {
    /// Address, https; for the local world also http on this machine
    url: String,
    #[command(flatten)]
    dry_run: DryRun,
}

#[derive(clap::Args, Debug)]
struct OneArgs {
    /// Endpoint
    endpoint: EndpointId,
    #[command(flatten)]
    dry_run: DryRun,
}

pub(crate) async fn run(
    context: Arc<CommandContext>,
    args: EndpointArgs,
) -> Result<Ending, Failure> {
    match args.what {
        What::Add(args) => add(&context, args).await,
        What::List => list(&context).await,
        What::Test(args) => test(&context, &args).await,
        What::Roll(args) => roll(&context, &args).await,
        What::Disable(args) => enable(&context, &args, false).await,
        What::Enable(args) => enable(&context, &args, true).await,
        What::Redeliver(args) => redeliver::run(&context, &args).await,
    }
}

/// What a trial says instead of doing it.
fn would(context: &CommandContext, what: &str) -> Result<Ending, Failure> {
    context
        .output
        .say(format_args!("Nothing is written; {what}."))?;
    context.output.data(&serde_json::json!({"would": what}))?;
    Ok(Ending::Done)
}

/// Hexadecimal digits of an endpoint's id.
const ID_DIGITS: usize = 12;

fn random_hex(context: &CommandContext) -> String {
    let bytes = context.entropy.bytes();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether messages may be sent there; the function checks the address itself again.
fn check_url(context: &CommandContext, url: &str) -> Result<(), Failure> {
    let rest = url.strip_prefix("https://");
    let on_this_machine = || {
        let rest = url.strip_prefix("http://")?;
        let hosts = ["127.0.0.1", "localhost", "[::1]"];
        let after = hosts.iter().find_map(|host| rest.strip_prefix(host))?;
        (after.is_empty() || after.starts_with([':', '/'])).then_some(after)
    };
    let is_local = context.is_local && on_this_machine().is_some();
    let is_plain = url.bytes().all(|byte| byte.is_ascii_graphic());
    let has_host = rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['/', '?']));
    let host = rest.and_then(|rest| rest.split(['/', '?']).next());
    let names_somebody = host.is_some_and(|host| host.contains('@'));
    if is_plain && (is_local || has_host) && !names_somebody && !url.contains('#') {
        Ok(())
    } else {
        let problem = "an endpoint's address must be https, without user and fragment";
        Err(Failure::Usage(problem.to_string()))
    }
}

async fn add(context: &CommandContext, args: AddArgs) -> Result<Ending, Failure> {
    let AddArgs { url, dry_run } = args;
    check_url(context, &url)?;
    if dry_run.dry_run {
        return would(context, "the endpoint would be added");
    }
    let mut id = random_hex(context);
    id.truncate(ID_DIGITS);
    let id: EndpointId = format!("ep_{id}")
        .parse()
        .map_err(|error| Failure::Could(format!("an id could not be made: {error}")))?;
    let secret = generate(context.entropy.as_ref());
    let endpoint = Endpoint::new(id, url, secret.clone(), context.now);
    if !context.store.add_endpoint(&endpoint).await? {
        let text = "the new id is taken; run the command again".to_string();
        return Err(Failure::Could(text));
    }
    context.output.report(&SecretLine::of(&endpoint, secret))?;
    Ok(Ending::Done)
}

async fn list(context: &CommandContext) -> Result<Ending, Failure> {
    let loading = context.store.load_endpoints();
    let endpoints = context.stop.unless_asked(loading).await??;
    if endpoints.is_empty() {
        context.output.say("There are no endpoints.")?;
    }
    for endpoint in &endpoints {
        context.output.report(&Line::of(endpoint))?;
    }
    Ok(Ending::Done)
}

async fn save(context: &CommandContext, endpoint: &mut Endpoint) -> Result<(), Failure> {
    if context.store.save_endpoint(endpoint).await? {
        return Ok(());
    }
    let text = "the endpoint has just been changed; run the command again".to_string();
    Err(Failure::Could(text))
}

async fn test(context: &CommandContext, args: &OneArgs) -> Result<Ending, Failure> {
    let id = &args.endpoint;
    let endpoint = known(context, id).await?;
    if args.dry_run.dry_run {
        return would(context, "a test would be sent");
    }
    let notice_id = random_hex(context);
    let message = Message::test(&notice_id, context.now);
    let payload = message
        .to_json()
        .map_err(|error| Failure::Could(format!("the message: {error}")))?;
    let told = Told {
        notice_id: notice_id.clone(),
        user_id: None,
        event: TEST_EVENT.to_string(),
        at: context.now,
        seq: 0,
        payload,
    };
    let recipient = Recipient::Endpoint(endpoint.endpoint_id.clone());
    let delivery = Delivery::new(told, recipient, context.now);
    context.store.begin_delivery(&delivery).await?;
    context.output.say(format_args!(
        "A test is on its way as msg_{notice_id}; `creditsctl notify deliveries --to {id}` tells what becomes of it."
    ))?;
    context
        .output
        .data(&serde_json::json!({"test": notice_id}))?;
    Ok(Ending::Done)
}

async fn roll(context: &CommandContext, args: &OneArgs) -> Result<Ending, Failure> {
    let mut endpoint = known(context, &args.endpoint).await?;
    if args.dry_run.dry_run {
        return would(context, "a new secret would be made");
    }
    let secret = generate(context.entropy.as_ref());
    endpoint.roll(secret.clone(), context.now);
    save(context, &mut endpoint).await?;
    context.output.report(&SecretLine::of(&endpoint, secret))?;
    Ok(Ending::Done)
}

async fn enable(
    context: &CommandContext,
    args: &OneArgs,
    enabled: bool,
) -> Result<Ending, Failure> {
    let mut endpoint = known(context, &args.endpoint).await?;
    endpoint.set_enabled(enabled, context.now);
    if !args.dry_run.dry_run {
        save(context, &mut endpoint).await?;
    }
    context.output.report(&Line::of(&endpoint))?;
    Ok(Ending::Done)
}
