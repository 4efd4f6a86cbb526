//! Stripe's own library drives the local Stripe, and what it sends is what was
//! recorded.

use local::stripe_api::STRIPE_API_KEY;
use serde_json::Value;

use super::{check, script};
use crate::stripe_api::recording::{RECORDING, line, shop, text};

#[tokio::test(flavor = "multi_thread")]
async fn stripes_library_drives_the_local_stripe_and_sends_what_is_recorded() {
    let Some(mut library) = script("stripe_sdk.py", &["stripe"]) else {
        return;
    };
    let shop = shop().await;
    library.args([shop.url(), STRIPE_API_KEY, &shop.served.world.base_url]);
    // A proxy of the machine's environment has no place between the two.
    library.env("NO_PROXY", "127.0.0.1");
    let steps = tokio::task::spawn_blocking(move || check(library))
        .await
        .unwrap();
    assert!(steps.lines().count() > 20, "{steps}");

    let sent: Vec<Value> = shop
        .served
        .world
        .stripe
        .requests()
        .iter()
        .map(line)
        .collect();
    let sent = text(&sent);
    if sent != RECORDING {
        let file = format!("{}/stripe-sdk.json", env!("CARGO_TARGET_TMPDIR"));
        std::fs::write(&file, &sent).unwrap();
        panic!(
            "the library sends otherwise than tests/fixtures/stripe-sdk.json says: \
             compare it with {file}, and if that is right, put it in its place"
        );
    }
}
