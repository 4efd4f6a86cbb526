//! What is left of a limited route, and the headers that say so.

/// Where a user stands with a limited route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Calls per minute.
    pub limit: u64,
    /// Calls that are left in this minute.
    pub remaining: u64,
    /// Seconds until the next minute.
    pub resets_in_seconds: i64,
}

impl Allowance {
    /// `RateLimit-Limit`, `-Remaining` and `-Reset`.
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        vec![
            ("ratelimit-limit", self.limit.to_string()),
            ("ratelimit-remaining", self.remaining.to_string()),
            ("ratelimit-reset", self.resets_in_seconds.to_string()),
        ]
    }
}
