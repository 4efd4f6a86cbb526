//! The TypeScript client: it compiles under the strictest rules, its own tests pass against a local world, and what is
//! generated of it is what the API's document says.

use tests::Served;

use super::{check, outside};
use crate::architecture::root;

const FOLDER: &str = "clients/typescript";

#[tokio::test(flavor = "multi_thread")]
async fn the_typescript_client_is_what_the_document_says_and_passes_its_tests() {
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
    // Once the types are generated, they are held against the document.
    let generated = root().join(FOLDER).join("src/openapi.ts").is_file();
    let scripts = [
        (generated, "check:generated"),
        (true, "check:types"),
        (true, "build"),
    ];
    for (_, script) in scripts.into_iter().filter(|(is_asked, _)| *is_asked) {
        check(npm(&["run", script]).unwrap());
    }
    let served = Served::start().await;
    let mut test = npm(&["test"]).unwrap();
    test.env("WORLD", &served.world.base_url);
    let said = check(test);
    assert!(said.contains("fail 0"), "{said}");
    assert!(!said.contains("pass 0"), "{said}");
}
