//! The local world in a process of its own, as `cargo run` starts it, with the
//! limiter off.

use std::io::{Error, Result};
use std::net::SocketAddr;
use std::process::Stdio;

use local::{Server, WorldOptions};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::load::{Connection, request};

/// The word on this program's command line that makes it serve.
pub(crate) const WORD: &str = "serve";

/// How a measured world is: nobody is turned away for calling often.
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

/// Serves a world on a free port, says which, and never ends.
pub(crate) async fn serve() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let server = Server::bind(0, &options()).await?;
    println!("{}", server.world().base_url);
    server.serve(std::future::pending()).await?;
    Ok(())
}

/// A world that is served until this is dropped.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    /// The server; it ends with this. In the tests it is this very process.
    _process: Option<Child>,
}

impl Served {
    /// Starts this very program once more, as the server.
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

    /// Serves in this process, which is no program of ours when it is a test.
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

    /// A token of the world's own issuer, for whoever the body names.
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
        _ => Err(Error::other(format!("{url:?} is no address"))),
    }
}
