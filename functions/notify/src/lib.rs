//! The notify function: sends what ledger entries tell.
//!
//! ```text
//! stream of credits ──> outbox   begins one delivery per notice and recipient
//! stream of notices ──> queue    hands over what was begun, or asked for again
//! queue ──────────────> courier  sends, records the outcome, waits, sends again
//! topic of SES ───────> bounces  notes addresses that do not exist
//! ```
//!
//! A repeat of a stream begins nothing twice. A message is sent at least once, under one
//! id; an e-mail at most once.

#![deny(clippy::wildcard_enum_match_arm)]

mod app;
mod aws;
mod bounces;
mod courier;
mod endpoints;
mod hosts;
mod mail;
mod mailer;
mod queue;
mod remembered;
mod routes;
mod settings;
mod streams;
mod tally;
mod templates;
mod trigger;

pub use app::App;
pub use hosts::{Dialled, Hosts, PublicHosts};
pub use settings::Settings;

use shared::store::Table;

/// The function's name in logs and metrics.
pub const FUNCTION: &str = "notify";

/// The tables this function may access: it reads ledgers from the stream alone.
pub const TABLES: &[Table] = &[Table::Notices, Table::Users];

/// It has no routes.
pub const ROUTES: &[&str] = &[];
