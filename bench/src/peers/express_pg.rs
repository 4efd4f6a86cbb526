//! The peer that is not a function: a server with its database.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::balance::Balance;
use super::functions::{node_version, npm_ci};
use super::postgres::{Postgres, Programs};
use super::workshop::{NotMeasured, Workshop};

const FILES: [&str; 6] = [
    "package.json",
    "package-lock.json",
    "schema.sql",
    "prepare-database.js",
    "credits.js",
    "server.js",
];

/// The issuer whose tokens the server accepts.
pub(crate) struct Identity {
    /// The public key, a JSON Web Key.
    pub(crate) key: Value,
    pub(crate) issuer: String,
    pub(crate) audience: String,
}

/// The server peer, built.
pub(crate) struct ExpressPg {
    workshop: Workshop,
    programs: Programs,
    /// Versions of what it runs on, for the table.
    pub(crate) versions: String,
    /// The bytes of its folder as a zip.
    pub(crate) zip_bytes: u64,
}

/// The server and its database; both end when this is dropped.
pub(crate) struct Running {
    // Dropped in this order: the server before its database.
    _server: Server,
    _postgres: Postgres,
    /// `http://127.0.0.1:…`, where it answers the routes.
    pub(crate) base_url: String,
}

impl ExpressPg {
    /// Builds it like the others; the error names what is missing.
    pub(crate) fn build() -> Result<Self, NotMeasured> {
        let workshop = Workshop::of("express-pg");
        let node = node_version(&workshop)?;
        let programs = Programs::find(&workshop)?;
        let postgres = programs.version(&workshop)?;
        workshop.build_once(&FILES, &node, || workshop.step(&mut npm_ci(&workshop)))?;
        Ok(ExpressPg {
            zip_bytes: workshop.zip_bytes(&workshop.built)?,
            versions: format!("Node {node}, {postgres}"),
            workshop,
            programs,
        })
    }

    /// Starts an empty database, opens an account with this balance for each
    /// user, and starts the server.
    pub(crate) fn start(
        &self,
        identity: &Identity,
        users: &[String],
        balance: &Balance,
    ) -> Result<Running, NotMeasured> {
        let workshop = &self.workshop;
        let postgres = Postgres::start(workshop, self.programs.clone())?;
        let accounts = json!({ "users": users, "balance": balance.plain() });
        self.prepare(&postgres, &accounts)?;

        let mut command = Command::new("node");
        command.arg("server.js").current_dir(&workshop.built);
        command.env("NODE_ENV", "production");
        command.env("PORT", "0");
        command.env("DATABASE_URL", postgres.url());
        command.env("JWT_PUBLIC_KEY", identity.key.to_string());
        command.env("JWT_ISSUER", &identity.issuer);
        command.env("JWT_AUDIENCE", &identity.audience);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut server = Server(workshop.done(command.spawn())?);
        let base_url = server.base_url();
        let base_url =
            base_url.ok_or_else(|| workshop.not_measured("server.js did not start, see above"))?;
        Ok(Running {
            _server: server,
            _postgres: postgres,
            base_url,
        })
    }

    fn prepare(&self, postgres: &Postgres, accounts: &Value) -> Result<(), NotMeasured> {
        let workshop = &self.workshop;
        let mut command = Command::new("node");
        command
            .arg("prepare-database.js")
            .current_dir(&workshop.built);
        command.env("DATABASE_URL", postgres.url());
        let mut preparing = workshop.done(command.stdin(Stdio::piped()).spawn())?;
        if let Some(mut input) = preparing.stdin.take() {
            // If it has ended already, its status says more.
            let _ = input.write_all(accounts.to_string().as_bytes());
        }
        let status = workshop.done(preparing.wait())?;
        if status.success() {
            return Ok(());
        }
        let ended = format!("prepare-database.js ended with {status}, see above");
        Err(workshop.not_measured(ended))
    }
}

#[cfg(test)]
impl Running {
    /// The server's process and that of its database, whose children do the
    /// work of the connections.
    pub(super) fn processes(&self) -> [u32; 2] {
        [self._server.0.id(), self._postgres.process()]
    }
}

struct Server(Child);

impl Server {
    /// The one line it prints, once it listens.
    fn base_url(&mut self) -> Option<String> {
        let output = self.0.stdout.take()?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line).ok()?;
        let url = line.trim();
        url.starts_with("http://").then(|| url.to_string())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It keeps nothing that needs a clean shutdown.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
