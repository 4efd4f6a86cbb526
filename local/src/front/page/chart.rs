//! Use by day as a chart: SVG from the server, and the same as a table.

use shared::domain::Credits;

use super::parts::{card, unread};
use crate::front::figures::amount;
use crate::front::read::{Day, Shown};

const HEIGHT: i64 = 100;
/// How wide a day is, with the gap behind its bar.
const STEP: usize = 20;
const BAR: usize = 14;

pub(super) fn html(shown: &Shown) -> String {
    let body = match &shown.days {
        Ok(days) => chart(days),
        Err(problem) => unread(problem),
    };
    card("usage", "Use of the last 30 days", &body)
}

fn chart(days: &[Day]) -> String {
    let total = Credits::sum(days.iter().map(|day| day.credits)).unwrap_or_default();
    if total.is_zero() {
        return "<p>Nothing was used. Charge a call, and it is here.</p>\n".to_string();
    }
    let most = days.iter().map(|day| day.credits).max().unwrap_or_default();
    let bars: String = days.iter().enumerate().map(|it| bar(it, most)).collect();
    let width = days.len().saturating_mul(STEP);
    let (total, highest) = (amount(total), amount(most));
    let (first, last) = (date(days.first()), date(days.last()));
    let used = days.iter().filter(|day| !day.credits.is_zero());
    let rows = used.rev().map(|day| {
        let (date, credits, requests) = (&day.date, amount(day.credits), day.requests);
        format!(
            "<tr><td>{date}</td><td class=\"number\">{requests}</td><td class=\"number\">{credits}</td></tr>\n"
        )
    });
    let rows: String = rows.collect();
    format!(
        r#"<p>{total} credits in all; {highest} on the busiest day.</p>
<svg class="chart" viewBox="0 0 {width} {HEIGHT}" preserveAspectRatio="none" role="img" aria-label="Credits used by day, from {first} to {last}">
{bars}</svg>
<p class="note ends"><span>{first}</span> <span>{last}</span></p>
<details><summary>The same as a table</summary>
<table>
<thead><tr><th scope="col">Day</th><th scope="col" class="number">Charges</th><th scope="col" class="number">Credits</th></tr></thead>
<tbody>
{rows}</tbody>
</table>
</details>
"#
    )
}

fn date(day: Option<&Day>) -> &str {
    day.map_or("", |day| day.date.as_str())
}

/// A day's bar. One of a day with any use can be seen.
fn bar((place, day): (usize, &Day), most: Credits) -> String {
    let (used, most) = (day.credits.milli(), most.milli().max(1));
    let share = used.saturating_mul(HEIGHT).checked_div(most);
    let least = if used > 0 { 2 } else { 1 };
    let height = share.unwrap_or_default().clamp(least, HEIGHT);
    let top = HEIGHT.saturating_sub(height);
    let left = place.saturating_mul(STEP);
    let kind = if used > 0 { "used" } else { "unused" };
    let (date, credits) = (&day.date, amount(day.credits));
    format!(
        "<rect class=\"{kind}\" x=\"{left}\" y=\"{top}\" width=\"{BAR}\" height=\"{height}\"><title>{date}: {credits}</title></rect>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(milli: &[i64]) -> Vec<Day> {
        let days = milli.iter().map(|milli| Day {
            date: "2025-11-06".to_string(),
            credits: Credits::from_milli(*milli),
            requests: 1,
        });
        days.collect()
    }

    #[test]
    fn the_busiest_day_is_as_high_as_the_chart_and_the_least_use_can_be_seen() {
        let html = chart(&days(&[0, 1, 5_000, 10_000]));
        for height in ["\"1\"", "\"2\"", "\"50\"", "\"100\""] {
            assert!(html.contains(&format!("height={height}")), "{html}");
        }
        assert!(html.contains("15.001 credits in all; 10 on the busiest day"));
        assert!(chart(&days(&[0, 0])).contains("Nothing was used"));
        assert!(chart(&[]).contains("Nothing was used"));
    }
}
