//! Wiring of the credits function for AWS Lambda.

use std::process::ExitCode;
use std::sync::Arc;

use credits::{App, Settings, TABLES};
use shared::host::clock::SystemClock;
use shared::host::entropy::SystemEntropy;
use shared::http::{StartError, serve, start};
use shared::store::{Connection, Store, Table, TableNames};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("credits: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), StartError> {
    let variables = start()?;
    let settings = Settings::read(&variables)?;
    let tables = TableNames::read(&variables, TABLES)?;
    let client = Connection::read(&variables)?.client();
    let store = Store::new(client, tables, Arc::new(SystemEntropy));
    store.warm_up(Table::Credits).await;
    let app = App::new(store, Arc::new(SystemClock), settings);
    serve(|event| app.handle(event)).await
}
