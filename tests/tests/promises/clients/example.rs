//! The example in the client's README runs as it is printed.

use std::path::PathBuf;

use serde_json::json;
use tests::Served;
use tokio::process::Command;

use crate::architecture::root;

const EXAMPLE: &str = include_str!("../../../../clients/rust/examples/hold_and_commit.rs");
const README: &str = include_str!("../../../../clients/rust/README.md");

/// The example as a program, beside this test's. `cargo test --workspace` builds it; for a run of this package alone
/// it is built here.
async fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.parent().unwrap().parent().unwrap().join("examples");
    let program = folder.join("hold_and_commit");
    if !program.is_file() {
        let mut cargo = Command::new(env!("CARGO"));
        cargo
            .current_dir(root())
            .args(["build", "--quiet", "--offline", "--locked"]);
        cargo.args([
            "--package",
            "dedicated-api-client",
            "--example",
            "hold_and_commit",
        ]);
        assert!(cargo.status().await.unwrap().success());
    }
    program
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_example_in_the_readme_runs_as_it_is_printed() {
    let printed = EXAMPLE
        .trim_start_matches(|letter: char| letter != '\n')
        .trim();
    assert!(
        README.contains(&format!("```rust\n{printed}\n```\n")),
        "copy the example into clients/rust/README.md:\n{printed}"
    );
    let body = printed.lines().filter(|line| line.starts_with("    "));
    assert!(body.count() <= 10);

    let served = Served::start().await;
    let order = json!({"client": "inference-service", "scope": "credits.charge"});
    let token = served.token_of(order).await;
    let mut program = Command::new(program().await);
    let output = program.args([&served.world.base_url, &token]).output();
    let output = output.await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let problem = String::from_utf8_lossy(&output.stderr);
    assert_eq!(said, "charged 61.5, left 1438\n", "{problem}");
}
