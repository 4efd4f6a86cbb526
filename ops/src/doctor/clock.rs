//! Whether another clock shows the same time, by the `Date` header of its answer.

use std::time::Duration;

use shared::domain::Timestamp;
use shared::host::clock::Stopwatch;

use super::line::Found;

/// How far clocks may be apart, in seconds: a header has whole seconds, an answer may
/// take ten, and Stripe's signatures are good for five minutes.
const MAX_APART: i64 = 30;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Our time, which goes on while the checks run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Now {
    start: Timestamp,
    since: Stopwatch,
}

impl Now {
    pub(super) fn at(start: Timestamp) -> Self {
        let since = Stopwatch::start();
        Now { start, since }
    }

    pub(super) fn read(&self) -> Timestamp {
        let elapsed: Duration = self.since.elapsed();
        let seconds = i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX);
        self.start.plus_seconds(seconds)
    }
}

/// Compares a `Date` header with our time; `whose` begins the sentence.
pub(super) fn compared(whose: &str, date: Option<&str>, now: Timestamp) -> Found {
    let Some(text) = date else {
        return Found::skipped(format!("{whose} answers without a Date"));
    };
    let Some(theirs) = moment(text) else {
        return Found::failed(format!(
            "{whose} answers with the Date {text:?}, which is none: look what stands in between"
        ));
    };
    let apart = theirs.seconds_since(now);
    if apart.abs() > MAX_APART {
        return Found::failed(format!(
            "{whose} says {theirs} where it is {now} here, {apart} s apart: set this machine's \
             clock, or --now"
        ));
    }
    Found::ok(format!("{apart} s apart"))
}

/// A moment as HTTP writes it: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7).
fn moment(text: &str) -> Option<Timestamp> {
    let mut words = text.split(' ').skip(1);
    let (day, month, year) = (words.next()?, words.next()?, words.next()?);
    let time = words.next()?;
    let month = MONTHS.iter().position(|it| *it == month)?.checked_add(1)?;
    let is_utc = words.next() == Some("GMT") && words.next().is_none();
    let moment = format!("{year}-{month:02}-{day}T{time}Z").parse();
    moment.ok().filter(|_| is_utc)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_of_http_is_read_and_anything_else_is_none() {
        for (text, expected) in [
            (
                "Sun, 06 Nov 1994 08:49:37 GMT",
                Some("1994-11-06T08:49:37Z"),
            ),
            (
                "Thu, 29 Feb 2024 23:59:59 GMT",
                Some("2024-02-29T23:59:59Z"),
            ),
            ("Sun, 06 Nov 1994 08:49:37 CET", None),
            ("Sunday, 06-Nov-94 08:49:37 GMT", None),
            ("Sun, 31 Feb 1994 08:49:37 GMT", None),
            ("", None),
        ] {
            let expected = expected.map(|text| text.parse().unwrap());
            assert_eq!(moment(text), expected, "{text}");
        }
    }

    #[test]
    fn clocks_may_be_thirty_seconds_apart() {
        let now: Timestamp = "1994-11-06T08:50:07Z".parse().unwrap();
        let date = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(compared("It", date, now), Found::ok("-30 s apart"));
        let later = now.plus_seconds(1);
        assert!(matches!(compared("It", date, later), Found::Failed(_)));
        assert!(matches!(compared("It", None, now), Found::Skipped(_)));
    }
}
