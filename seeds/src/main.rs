//! `seeds`: seeds the tables with reference and demo data, and verifies it.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    ExitCode::from(seeds::run(std::env::args_os()).await)
}
