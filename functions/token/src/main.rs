//! The binary of the token function for AWS Lambda: it builds the function and serves
//! events. Rules and routes are in the library.

use std::process::ExitCode;

use shared::http::{exit_code, serve, start};
use token::{App, FUNCTION, Settings, TABLES};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let running = async {
        let foundation = start(FUNCTION, TABLES).await?;
        let settings = Settings::read(&foundation.variables)?;
        let app = App::new(foundation.store, foundation.clock, settings, foundation.log);
        serve(|event| app.handle(event)).await
    };
    exit_code(FUNCTION, running).await
}
