//! `local`: starts the local world.

use std::fmt::Write as _;
use std::io::{ErrorKind, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use local::identity::TokenRequest;
use local::stripe::{self, Stripe};
use local::stripe_api::STRIPE_API_KEY;
use local::{LogLevel, Server, World, WorldOptions};
use shared::domain::Timestamp;
use shared::host::clock::{Clock, Stopwatch};
use tokio::net::TcpListener;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

const EXAMPLES: &str = "\
Examples:
  cargo run                                             tables in memory, port 8787
  cargo run -- --now 2025-11-06T14:30:00Z --frozen      at a fixed time
  cargo run -- --data data --dynamodb-port 8000         keep the tables, expose them to the AWS CLI
  cargo run -- stripe subscribe                         in another terminal: send Stripe events

Open the printed address in a browser. The world's own routes: GET /_local, POST /_local/token, GET and POST /_local/clock,
GET and DELETE /_local/meter, GET and POST /_local/oauth/authorize, POST /_local/oauth/token,
POST /_local/stripe/story and /_local/stripe/faults.";

/// Runs the whole system in one process: DynamoDB, gateway, token issuer, clock.
#[derive(Parser)]
#[command(name = "local", version, after_help = EXAMPLES)]
#[command(args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    task: Option<Task>,
    /// Port on 127.0.0.1 to listen on
    #[arg(long, default_value_t = 8787)]
    port: u16,
    /// Time to start at, for example 2025-11-06T14:30:00Z [default: as kept with --data, else now]
    #[arg(long, value_name = "RFC 3339")]
    now: Option<Timestamp>,
    /// Stop the clock at that time
    #[arg(long)]
    frozen: bool,
    /// Folder to keep the tables and a moved clock in [default: in memory]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Also serve the tables over the DynamoDB wire protocol on this port
    #[arg(long, value_name = "PORT")]
    dynamodb_port: Option<u16>,
    /// Port on 127.0.0.1 of the local Stripe [default: the one after --port]
    #[arg(long, value_name = "PORT")]
    stripe_port: Option<u16>,
    /// API version in which the local Stripe reports what is sold: acacia, basil, clover or dahlia
    #[arg(long, value_name = "VERSION", default_value_t)]
    stripe_version: stripe::ApiVersion,
    /// SAM template to read routes and tables from
    #[arg(long, value_name = "FILE", default_value_os_t = WorldOptions::default().template)]
    template: PathBuf,
    /// Log every request, not only failures
    #[arg(long, short)]
    verbose: bool,
}

/// Subcommands; without one the world starts.
#[derive(Subcommand)]
enum Task {
    Stripe(Stripe),
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("local: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<(), Box<dyn std::error::Error>> {
    if let Some(Task::Stripe(order)) = cli.task {
        return Ok(stripe::run(order).await?);
    }
    start(cli).await
}

async fn start(cli: Cli) -> Result<(), Box<dyn std::error::Error>> {
    let stopwatch = Stopwatch::start();
    // The world prints the functions' log lines itself; this is for the rest.
    // The engine warns of every failed condition, which is how the store works.
    let shown = Targets::new()
        .with_default(LevelFilter::WARN)
        .with_target("dynoxide::server", LevelFilter::ERROR);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    tracing_subscriber::registry()
        .with(lines.with_filter(shown))
        .init();
    let options = WorldOptions {
        template: cli.template,
        data: cli.data,
        now: cli.now,
        frozen: cli.frozen,
        stripe_port: cli.stripe_port,
        sends_notices: true,
        stripe_version: cli.stripe_version,
        log_level: if cli.verbose {
            LogLevel::Everything
        } else {
            LogLevel::Failures
        },
        ..WorldOptions::default()
    };
    let server = Server::bind(cli.port, &options).await?;
    let tables = match cli.dynamodb_port {
        Some(port) => Some(wire_listener(port).await?),
        None => None,
    };
    // Listen for signals before the welcome invites the user to stop the world.
    let ended = ended_by_user()?;
    let text = welcome(server.world(), stopwatch, cli.dynamodb_port)?;
    // Whoever reads only its beginning still wants the world.
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => return Err(error.into()),
        Ok(()) | Err(_) => {}
    }

    let (stop, _) = tokio::sync::broadcast::channel::<()>(1);
    let until_told = |mut stopped: tokio::sync::broadcast::Receiver<()>| async move {
        let _ = stopped.recv().await;
    };
    let database = server.world().dynamodb.database().cloned();
    if let (Some(listener), Some(database)) = (tables, database) {
        let stopped = until_told(stop.subscribe());
        tokio::spawn(async move {
            if let Err(error) = local::dynamodb::serve(listener, database, stopped).await {
                eprintln!("local: {error}");
            }
        });
    }
    let serving = server.serve(until_told(stop.subscribe()));
    tokio::spawn(async move {
        ended.await;
        eprintln!("\nlocal: ending");
        let _ = stop.send(());
    });
    Ok(serving.await?)
}

async fn wire_listener(port: u16) -> Result<TcpListener, String> {
    let address = (std::net::Ipv4Addr::LOCALHOST, port);
    TcpListener::bind(address).await.map_err(|error| {
        format!("port {port} cannot be used ({error}): choose another with --dynamodb-port")
    })
}

/// Resolves at Ctrl-C (SIGINT) or SIGTERM; listening starts with this call.
#[cfg(unix)]
fn ended_by_user() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Resolves at Ctrl-C.
#[cfg(not(unix))]
fn ended_by_user() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}

/// Everything a newcomer needs for a first request.
fn welcome(
    world: &World,
    stopwatch: Stopwatch,
    dynamodb_port: Option<u16>,
) -> Result<String, Box<dyn std::error::Error>> {
    let now = world.clock.now();
    let mut text = String::new();
    writeln!(text, "{}/  open this in a browser", world.base_url)?;
    writeln!(
        text,
        "Clock {now}{}; seeded with {}; ready in {} ms.",
        if world.clock.is_frozen() {
            ", standing still"
        } else {
            ""
        },
        world.seed_report.totals(),
        stopwatch.elapsed().as_millis(),
    )?;
    if let Some(port) = dynamodb_port {
        writeln!(
            text,
            "Tables users, credits, billing and notices at http://127.0.0.1:{port} (any credentials)."
        )?;
    }
    if let Some(url) = &world.stripe_url {
        writeln!(text, "Stripe's API at {url} (key {STRIPE_API_KEY}).")?;
    }
    for user in &world.seeds.users {
        let scope = "credits.read user.info models.read billing.manage";
        let one_day = TokenRequest {
            expires_in: 86_400,
            ..TokenRequest::access(user.user_id.as_str(), scope, user.user_id.as_str())
        };
        let token = world.issuer.issue(&one_day, now.unix_seconds())?;
        writeln!(
            text,
            "\n{} ({}), what may they spend:",
            user.email, user.user_id
        )?;
        writeln!(
            text,
            "curl -s {}/api/user/credits -H 'Authorization: Bearer {token}'",
            world.base_url
        )?;
    }
    writeln!(
        text,
        "\nFurther tokens: curl -s {}/_local/token --json '{{\"user\":\"free@example.com\",\"scope\":\"credits.read\"}}'",
        world.base_url
    )?;
    writeln!(text, "Every route, to read: {}/docs", world.base_url)?;
    writeln!(
        text,
        "Sign-in for OAuth libraries: the issuer is {} (docs/local.md).",
        world.base_url
    )?;
    writeln!(text, "Ctrl-C ends it.")?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn without_a_subcommand_the_world_is_started_with_its_flags() {
        let cli = Cli::try_parse_from(["local"]).unwrap();
        assert!(cli.task.is_none());
        assert_eq!(cli.port, 8787);
        let flags = [
            "local",
            "--port=1",
            "--now=2025-11-06T14:30:00Z",
            "--frozen",
            "-v",
        ];
        let cli = Cli::try_parse_from(flags).unwrap();
        assert!(cli.task.is_none() && cli.frozen && cli.verbose);
        assert_eq!((cli.port, cli.now.is_some()), (1, true));
    }

    #[test]
    fn a_story_is_a_subcommand_and_has_flags_of_its_own() {
        for line in [
            ["local", "stripe", "list"].as_slice(),
            &["local", "stripe", "renew", "--user", "free@example.com"],
        ] {
            let cli = Cli::try_parse_from(line).unwrap();
            assert!(matches!(cli.task, Some(Task::Stripe(_))), "{line:?}");
        }
        assert!(Cli::try_parse_from(["local", "--port=1", "stripe", "list"]).is_err());
    }
}
