//! The model's own calendar: it walks day by day.
//!
//! Slow to build but easy to verify; built once per run.

/// Every day of a range, and the starts of the months of each anchor day.
pub(crate) struct Calendar {
    /// Year, month and day of each day, from [`FIRST_DAY`] on.
    days: Vec<(i64, i64, i64)>,
    /// For each anchor day 1 to 31, the first seconds of its months.
    months: Vec<Vec<i64>>,
}

/// 2000-01-01T00:00:00Z.
pub(crate) const FIRST_DAY: i64 = 946_684_800;
pub(crate) const DAY: i64 = 86_400;
const LAST_YEAR: i64 = 2160;

/// By the school rule.
fn length_of(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 => 29,
        2 => 28,
        _ => 31,
    }
}

impl Calendar {
    pub(crate) fn walked() -> Self {
        let mut calendar = Calendar {
            days: Vec::new(),
            months: vec![Vec::new(); 32],
        };
        let (mut year, mut month, mut day, mut at) = (2000, 1, 1, FIRST_DAY);
        while year <= LAST_YEAR {
            calendar.days.push((year, month, day));
            let last = length_of(year, month);
            for anchor in 1..=31_i64 {
                if anchor == day || (day == last && anchor > last) {
                    calendar.months[usize::try_from(anchor).unwrap()].push(at);
                }
            }
            at += DAY;
            day += 1;
            if day > last {
                (day, month) = (1, month + 1);
            }
            if month > 12 {
                (month, year) = (1, year + 1);
            }
        }
        calendar
    }

    /// The start and the end of the month that `at` lies in.
    pub(crate) fn month(&self, at: i64, anchor: u32) -> (i64, i64) {
        let starts = &self.months[usize::try_from(anchor).unwrap()];
        let next = starts.partition_point(|start| *start <= at);
        (starts[next - 1], starts[next])
    }

    /// The moment `months` months after `at`, at the same time of day and on the
    /// same day of the month, or on its last day.
    pub(crate) fn months_after(&self, at: i64, months: usize) -> i64 {
        let midnight = at - at.rem_euclid(DAY);
        let (_, _, day) = self.days[usize::try_from((midnight - FIRST_DAY) / DAY).unwrap()];
        let starts = &self.months[usize::try_from(day).unwrap()];
        let this = starts.partition_point(|start| *start < midnight);
        starts[this + months] + at.rem_euclid(DAY)
    }

    /// `2025-11-06`.
    pub(crate) fn date(&self, at: i64) -> String {
        let (year, month, day) = self.days[usize::try_from((at - FIRST_DAY) / DAY).unwrap()];
        format!("{year}-{month:02}-{day:02}")
    }
}
