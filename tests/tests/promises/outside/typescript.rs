//! The TypeScript client: its types are those of the API's document, it compiles under the strictest rules, and its own
//! tests pass against a local world.

use tests::Served;

use super::{check, outside};

const FOLDER: &str = "clients/typescript";

#[tokio::test(flavor = "multi_thread")]
async fn the_typescript_client_is_generated_from_the_document_and_passes_its_tests() {
    let npm = |arguments: &[&str]| {
        let mut npm = outside("npm")?;
        npm.args(["--prefix", FOLDER]).args(arguments);
        // Nothing of a package runs when it is installed, and nobody is asked for news.
        npm.env("npm_config_update_notifier", "false");
        Some(npm)
    };
    let Some(install) = npm(&["ci", "--ignore-scripts", "--no-audit", "--no-fund"]) else {
        return;
    };
    check(install);
    for script in ["check:generated", "check:types", "build"] {
        check(npm(&["run", script]).unwrap());
    }
    let served = Served::start().await;
    let mut test = npm(&["test"]).unwrap();
    test.env("WORLD", &served.world.base_url);
    let said = check(test);
    assert!(said.contains("fail 0"), "{said}");
    assert!(!said.contains("pass 0"), "{said}");
}
