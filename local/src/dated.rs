//! The `Date` of every answer, by the clock of the world: on AWS and at Stripe it is that by
//! which tokens expire and signatures age.

use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use shared::domain::Timestamp;
use shared::host::clock::SharedClock;

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const SECONDS_PER_DAY: i64 = 86_400;

/// Dates an answer.
pub(crate) async fn dated(
    State(clock): State<SharedClock>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    let date = date(clock.now()).and_then(|date| HeaderValue::from_str(&date).ok());
    if let Some(date) = date {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}

/// A moment as HTTP writes it (RFC 9110, 5.6.7).
fn date(at: Timestamp) -> Option<String> {
    let text = at.to_string();
    let (day, time) = text.split_once('T')?;
    let mut parts = day.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let month: usize = month.parse().ok()?;
    let month = MONTHS.get(month.checked_sub(1)?)?;
    let days = at.unix_seconds().div_euclid(SECONDS_PER_DAY).rem_euclid(7);
    let weekday = DAYS.get(usize::try_from(days).ok()?)?;
    let time = time.trim_end_matches('Z');
    Some(format!("{weekday}, {day} {month} {year} {time} GMT"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_as_http_does() {
        for (at, expected) in [
            ("1994-11-06T08:49:37Z", "Sun, 06 Nov 1994 08:49:37 GMT"),
            ("2024-02-29T23:59:59Z", "Thu, 29 Feb 2024 23:59:59 GMT"),
            ("1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 GMT"),
            ("2026-11-28T13:00:00Z", "Sat, 28 Nov 2026 13:00:00 GMT"),
        ] {
            assert_eq!(date(at.parse().unwrap()).as_deref(), Some(expected));
        }
    }
}
