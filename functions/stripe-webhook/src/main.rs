//! Wiring of the Stripe webhook function for AWS Lambda.

use std::process::ExitCode;

use shared::host::metrics::{Metrics, StandardOutput};
use shared::http::{exit_code, serve, start};
use stripe_webhook::{App, Settings, SigningSecrets, TABLES};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let running = async {
        let foundation = start(TABLES).await?;
        let settings = Settings::read(&foundation.variables)?;
        let metrics = Metrics::new(foundation.clock.clone(), StandardOutput);
        let secrets_manager =
            aws_sdk_secretsmanager::Client::new(&foundation.connection.sdk_config());
        let secrets = SigningSecrets::read(
            &foundation.variables,
            Some(secrets_manager),
            foundation.clock.clone(),
            metrics.clone(),
        )?;
        let app = App::new(
            foundation.store,
            foundation.clock,
            settings,
            secrets,
            metrics,
        );
        app.warm_up().await?;
        serve(|event| app.handle(event)).await
    };
    exit_code("stripe-webhook", running).await
}
