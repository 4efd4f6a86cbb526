//! The function `notify`, built as in its `main.rs`, with a queue and a mailbox at an
//! address of this machine.

use std::collections::BTreeMap;
use std::sync::Arc;

use notify::{App, FUNCTION, Hosts, Settings, TABLES};
use shared::host::environment::Variables;
use shared::host::log::Log;
use shared::store::{Store, TableNames};

use crate::functions::Parts;

/// Builds the function with the template's variables. SQS and SES are at `services`.
///
/// # Errors
///
/// The variable that is missing or invalid.
pub fn assemble(
    variables: &BTreeMap<String, String>,
    services: &str,
    parts: &Parts,
    hosts: Arc<dyn Hosts>,
) -> Result<App, String> {
    let own = [
        ("QUEUE_URL", format!("{services}/notify")),
        ("AWS_ENDPOINT_URL_SESV2", services.to_string()),
        ("AWS_REGION", "local".to_string()),
        ("AWS_ACCESS_KEY_ID", "local".to_string()),
        ("AWS_SECRET_ACCESS_KEY", "local".to_string()),
        ("MAIL_FROM", "credits@local.example".to_string()),
    ];
    let own = own.map(|(name, value)| (name.to_string(), value));
    let variables: Variables = variables.clone().into_iter().chain(own).collect();
    let tables = TableNames::read(&variables, TABLES).map_err(|error| error.to_string())?;
    let settings = Settings::read(&variables).map_err(|error| error.to_string())?;
    let (clock, entropy) = (parts.clock.clone(), parts.entropy.clone());
    let log = Log::new(FUNCTION, clock.clone(), parts.lines.clone());
    let store = Store::new(parts.client.clone(), tables, entropy.clone());
    Ok(App::new(store, (clock, entropy), settings, hosts, log))
}
