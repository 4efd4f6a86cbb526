//! The local world in a separate process, as `cargo run` starts it, without the
//! rate limiter.

use std::io::{Error, Result};
use std::net::SocketAddr;
use std::process::Stdio;

use local::{Server, WorldOptions};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::load::{Connection, request};

/// The subcommand that makes this program serve.
pub(crate) const WORD: &str = "serve";

/// Options of a measured world: no rate limit.
pub(crate) fn options() -> WorldOptions {
    let off = |name: &str| (name.to_string(), "0".to_string());
    WorldOptions {
        variables: [
            off("RATE_LIMIT_CREDITS_PER_MINUTE"),
            off("RATE_LIMIT_PROFILE_PER_MINUTE"),
        ]
        .into(),
        ..WorldOptions::default()
    }
}

/// Serves a world on a free port, prints the port, and never returns.
pub(crate) async fn serve() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let server = Server::bind(0, &options()).await?;
    println!("{}", server.world().base_url);
    server.serve(std::future::pending()).await?;
    Ok(())
}

/// A served world; dropping this stops it.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    /// The server process; ends with this value. None in tests, which serve in
    /// their own process.
    _process: Option<Child>,
}

impl Served {
    /// Starts this program again, as the server.
    pub(crate) async fn start() -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(WORD).stdout(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn()?;
        let output = process.stdout.take();
        let output = output.ok_or_else(|| Error::other("the server has no output"))?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line).await?;
        Ok(Served {
            address: address_of(line.trim())?,
            _process: Some(process),
        })
    }

    /// Serves in this process, because a test's program is not the bench.
    #[cfg(test)]
    pub(crate) async fn within() -> Result<Self> {
        let server = Server::bind(0, &options()).await.map_err(Error::other)?;
        let address = address_of(&server.world().base_url)?;
        tokio::spawn(server.serve(std::future::pending()));
        Ok(Served {
            address,
            _process: None,
        })
    }

    /// A token from the world's issuer, for the user or client in the body.
    pub(crate) async fn token(&self, body: &str) -> Result<String> {
        let answer = self.ask("POST", "/_local/token", &[], Some(body)).await?;
        let answer: Value = serde_json::from_slice(&answer).map_err(Error::other)?;
        let token = answer.get("access_token").and_then(Value::as_str);
        let token = token.ok_or_else(|| Error::other(format!("no token: {answer}")))?;
        Ok(token.to_string())
    }

    /// The body of one answer.
    pub(crate) async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) -> Result<Vec<u8>> {
        let mut connection = Connection::open(self.address).await?;
        let request = request(method, path, headers, body);
        Ok(connection.ask(&request).await?.body)
    }
}

/// The address in `http://127.0.0.1:8787`.
pub(crate) fn address_of(url: &str) -> Result<SocketAddr> {
    let address = url.strip_prefix("http://").map(str::parse);
    match address {
        Some(Ok(address)) => Ok(address),
        _ => Err(Error::other(format!("{url:?} is not an address"))),
    }
}
