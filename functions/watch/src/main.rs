//! The binary of the watch function for AWS Lambda: it builds the function and serves the
//! schedule's events. The rules are in the library.

use std::process::ExitCode;

use shared::http::{exit_code, serve_trigger, start};
use watch::{App, FUNCTION, TABLES};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let running = async {
        let foundation = start(FUNCTION, TABLES).await?;
        let app = App::new(foundation.store, foundation.clock, foundation.log);
        serve_trigger(|event, invocation| app.handle(event, invocation)).await
    };
    exit_code(FUNCTION, running).await
}
