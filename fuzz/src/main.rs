//! The command line: builds the targets for libFuzzer, drives them, and replays inputs.
//!
//! The same source is both programs. With the feature `libfuzzer` it is the one that
//! libFuzzer calls with input after input; without, the one that builds and runs that.

#![cfg_attr(feature = "libfuzzer", no_main)]

#[cfg(feature = "libfuzzer")]
mod under_libfuzzer;

#[cfg(not(feature = "libfuzzer"))]
mod drive;
#[cfg(not(feature = "libfuzzer"))]
mod workshop;

#[cfg(not(feature = "libfuzzer"))]
#[tokio::main(flavor = "current_thread")]
async fn main() -> std::process::ExitCode {
    drive::run().await
}
