//! A client library for OAuth that we have not written does the whole flow at
//! the local issuer.

use local::WorldOptions;
use tests::Served;

use super::{check, script};

#[tokio::test(flavor = "multi_thread")]
async fn an_oauth_library_signs_in_and_refreshes_at_the_local_issuer() {
    let Some(mut library) = script("oauth_library.py", &["Authlib", "joserfc"]) else {
        return;
    };
    // The library holds tokens against the machine's clock.
    let served = Served::start_with(WorldOptions::default()).await;
    library.arg(&served.world.base_url);
    library.env("NO_PROXY", "127.0.0.1");
    // Its redirect is not served, so it is no https.
    library.env("AUTHLIB_INSECURE_TRANSPORT", "1");
    let said = tokio::task::spawn_blocking(move || check(library)).await;
    assert_eq!(said.unwrap().lines().count(), 4);
}
