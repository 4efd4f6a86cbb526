//! The binary of the billing function for AWS Lambda: it builds the function and serves
//! events. Rules and routes are in the library.

use std::process::ExitCode;

use billing::{App, FUNCTION, Settings, TABLES};
use shared::http::{exit_code, prepare, serve};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let running = async {
        // The prices, which `warm_up` reads, open the connection.
        let foundation = prepare(FUNCTION, TABLES)?;
        let settings = Settings::read(&foundation.variables)?;
        let aws = Some(foundation.connection.sdk_config());
        let entropy = foundation.entropy.clone();
        let stripe = stripe_client::Client::read(&foundation.variables, aws, entropy)?;
        let app = App::new(
            foundation.store,
            foundation.clock,
            foundation.entropy,
            settings,
            foundation.log,
        )
        .selling_through(stripe);
        app.warm_up().await;
        serve(|event| app.handle(event)).await
    };
    exit_code(FUNCTION, running).await
}
