//! `creditsctl`: the operator's tool.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    ExitCode::from(ops::run(std::env::args_os()).await)
}
