//! The binary of the notify function for AWS Lambda: it builds the function and serves
//! the events of streams, queue and topic. The rules are in the library.

use std::process::ExitCode;
use std::sync::Arc;

use notify::{App, FUNCTION, PublicHosts, Settings, TABLES};
use shared::http::{exit_code, serve_trigger, start};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let running = async {
        let foundation = start(FUNCTION, TABLES).await?;
        let settings = Settings::read(&foundation.variables)?;
        let machine = (foundation.clock, foundation.entropy);
        let hosts = Arc::new(PublicHosts);
        let app = App::new(foundation.store, machine, settings, hosts, foundation.log);
        serve_trigger(|event, invocation| app.handle(event, invocation)).await
    };
    exit_code(FUNCTION, running).await
}
