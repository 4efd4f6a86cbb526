//! The binary of the sign-up function for AWS Lambda: it builds the function and serves
//! the user pool's events. The rules are in the library.

use std::process::ExitCode;

use shared::http::{exit_code, serve_refusing_trigger, start};
use sign_up::{App, FUNCTION, Settings, TABLES};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let running = async {
        let foundation = start(FUNCTION, TABLES).await?;
        let settings = Settings::read(&foundation.variables)?;
        let (store, clock) = (foundation.store, foundation.clock);
        let app = App::new(store, clock, settings, foundation.log);
        serve_refusing_trigger(|event, invocation| app.handle(event, invocation)).await
    };
    exit_code(FUNCTION, running).await
}
