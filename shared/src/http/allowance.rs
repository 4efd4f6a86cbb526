//! A caller's remaining calls of a rate-limited route, and the headers that state them.
//! Counting is the limiter's job.

/// A user's standing with a rate-limited route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Calls of the route per minute.
    pub limit: u64,
    /// Remaining calls of the route in this minute.
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
