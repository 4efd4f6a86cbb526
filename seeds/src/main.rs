//! `seeds`: puts reference and demo data into the tables, and checks it there.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    ExitCode::from(seeds::run(std::env::args_os()).await)
}
