//! `creditsctl`: the operator's tool.

use std::process::ExitCode;

use terminal::Stop;

/// A shell's exit code for a program that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let stop = Stop::new();
    if let Err(error) = stop.listen(|| std::process::exit(INTERRUPTED)) {
        eprintln!("creditsctl: Ctrl-C will not be heard between two commits: {error}");
    }
    let output = Box::new(std::io::stdout());
    ExitCode::from(ops::run(std::env::args_os(), output, stop).await)
}
