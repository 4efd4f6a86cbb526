//! The binary of the Stripe webhook function for AWS Lambda: it builds the function and
//! serves events. Rules and routes are in the library.

use std::process::ExitCode;

use shared::http::{exit_code, prepare, serve};
use stripe_webhook::{App, FUNCTION, Settings, SigningSecrets, TABLES};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let running = async {
        // The catalogue, which `warm_up` reads, opens the connection.
        let foundation = prepare(FUNCTION, TABLES)?;
        let settings = Settings::read(&foundation.variables)?;
        let aws = Some(foundation.connection.sdk_config());
        let secrets = SigningSecrets::read(
            &foundation.variables,
            aws,
            foundation.clock.clone(),
            foundation.log.clone(),
        )?;
        let stripe = stripe_client::Client::read(&foundation.variables, aws, foundation.entropy)?;
        let app = App::new(
            foundation.store,
            foundation.clock,
            settings,
            secrets,
            foundation.log,
        )
        .reading_from(stripe);
        app.warm_up().await?;
        serve(|event| app.handle(event)).await
    };
    exit_code(FUNCTION, running).await
}
