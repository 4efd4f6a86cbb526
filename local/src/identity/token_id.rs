//! Ids of tokens: UUIDs of version 7, which sort by the time of issue.

use shared::domain::Timestamp;
use uuid::Builder;

/// The `jti` of a token issued at `now`; `random` makes it unique within the
/// second.
pub(crate) fn token_id(now: Timestamp, random: [u8; 16]) -> String {
    let millis = now.unix_seconds().saturating_mul(1000);
    // Ten bytes are used: the middle bytes may be the markers of version 4.
    let [a, b, c, d, e, f, .., g, h, i, j] = random;
    Builder::from_unix_timestamp_millis(
        millis.try_into().unwrap_or_default(),
        &[a, b, c, d, e, f, g, h, i, j],
    )
    .into_uuid()
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(now: &str, random: u8) -> String {
        token_id(now.parse().unwrap(), [random; 16])
    }

    #[test]
    fn the_same_moment_and_bytes_make_the_same_id() {
        assert_eq!(
            id("2025-11-06T14:30:00Z", 0xab),
            "019a5993-0a40-7bab-abab-abababababab"
        );
        assert_eq!(id("1969-12-31T23:59:59Z", 0), id("1970-01-01T00:00:00Z", 0));
    }

    #[test]
    fn ids_sort_by_time_and_differ_within_a_second() {
        let ids = [
            id("2025-11-06T14:30:00Z", 1),
            id("2025-11-06T14:30:00Z", 2),
            id("2025-11-06T14:30:01Z", 0),
            id("2026-11-06T14:30:00Z", 0),
        ];
        assert!(ids.is_sorted_by(|one, other| one < other), "{ids:?}");
    }
}
