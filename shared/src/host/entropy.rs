//! Randomness: the only file that draws it. Everything else takes a source as a value,
//! so that tests can repeat it.

use std::fmt::Debug;
use std::sync::Arc;

/// Returns unpredictable bytes. Tests and simulations use a repeatable source.
pub trait Entropy: Send + Sync + Debug {
    /// Sixteen bytes, different every time.
    fn bytes(&self) -> [u8; 16];

    /// A number from 0 to `limit`, both inclusive.
    fn up_to(&self, limit: u64) -> u64 {
        let [a, b, c, d, e, f, ..] = self.bytes();
        // 48 bits suffice for a pause in milliseconds; the small bias of the remainder
        // does not matter there.
        u64::from_be_bytes([0, 0, a, b, c, d, e, f]) % limit.saturating_add(1).max(1)
    }
}

/// A shared source of randomness.
pub type SharedEntropy = Arc<dyn Entropy>;

/// The machine's own randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that draws randomness"
    )]
    fn bytes(&self) -> [u8; 16] {
        uuid::Uuid::new_v4().into_bytes()
    }
}
