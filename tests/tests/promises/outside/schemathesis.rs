//! Schemathesis, which knows nothing of the API but `openapi.yaml`, finds nothing that is
//! answered otherwise than it says.

use local::WorldOptions;
use tests::{Served, frozen};

use super::{check, script};

#[tokio::test(flavor = "multi_thread")]
async fn schemathesis_finds_no_answer_that_openapi_yaml_does_not_promise() {
    let Some(mut schemathesis) = script("schemathesis.py", &["schemathesis"]) else {
        return;
    };
    // The limits' headers are checked; that they refuse is promised elsewhere.
    let limits = [
        "RATE_LIMIT_BILLING_PER_MINUTE",
        "RATE_LIMIT_CREDITS_PER_MINUTE",
        "RATE_LIMIT_PROFILE_PER_MINUTE",
    ];
    let limits = limits.map(|name| (name.to_string(), "1000000".to_string()));
    let served = Served::start_with(WorldOptions {
        variables: limits.into(),
        ..frozen()
    })
    .await;
    schemathesis.arg(&served.world.base_url);
    let said = tokio::task::spawn_blocking(move || check(schemathesis))
        .await
        .unwrap();
    println!("{said}");
}
