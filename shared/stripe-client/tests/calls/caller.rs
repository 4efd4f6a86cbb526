//! Who calls: with the key of every test, without pauses, and with time enough.

use std::sync::Arc;
use std::time::Duration;

use shared::host::clock::Deadline;
use shared::host::entropy::Entropy;
use stripe_client::{ApiKey, Client, KeySource};

/// The key of every test.
pub(crate) const KEY: &str = "rk_test_of_a_test_0123456789";

/// Pauses are drawn from this: there are none.
#[derive(Debug)]
pub(crate) struct NoPauses;

impl Entropy for NoPauses {
    fn bytes(&self) -> [u8; 16] {
        [0; 16]
    }
}

/// Longer than anything takes here.
pub(crate) fn deadline() -> Deadline {
    Deadline::after(Duration::from_secs(20))
}

/// A client of the server at that address.
pub(crate) fn client(url: &str) -> Client {
    let key: ApiKey = KEY.parse().unwrap();
    Client::new(
        KeySource::given(key),
        url.parse().unwrap(),
        Arc::new(NoPauses),
    )
}
