//! Settings of a client. The defaults suit an app; name what differs and take the rest from `Settings::default()`.

use std::time::Duration;

/// How long things take and last.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The time that one call may take, with all attempts and pauses: 20 seconds.
    pub deadline: Duration,
    /// The time that one attempt may take: 10 seconds, as long as the API works on a request.
    pub attempt: Duration,
    /// The time that a call may take if an older answer could be shown instead: 3 seconds.
    pub patience: Duration,
    /// The longest first pause between attempts: 100 milliseconds. It doubles with each failure.
    pub first_pause: Duration,
    /// The longest pause, unless the API asks for more: 5 seconds.
    pub longest_pause: Duration,
    /// How long credits, launch and models are answered from memory: 5 minutes.
    pub credits_last: Duration,
    /// How long the profile is answered from memory: 1 hour.
    pub profile_lasts: Duration,
    /// An HTTP client to use; by default one is made.
    pub http: Option<reqwest::Client>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            deadline: Duration::from_secs(20),
            attempt: Duration::from_secs(10),
            patience: Duration::from_secs(3),
            first_pause: Duration::from_millis(100),
            longest_pause: Duration::from_secs(5),
            credits_last: Duration::from_secs(300),
            profile_lasts: Duration::from_secs(3600),
            http: None,
        }
    }
}
