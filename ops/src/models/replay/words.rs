//! How a replay is shown: per model, per tenth of the users, and in all.

use std::fmt;

use serde::Serialize;
use shared::domain::{Credits, Timestamp};
use terminal::Columns;

use super::totals::{ModelTotals, Totals, UserTotals};

/// One line of JSON per model and tenth, and one for all.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line {
    Model(ModelLine),
    Tenth(TenthLine),
    Replay(AllLine),
}

#[derive(Debug, Serialize)]
pub(super) struct ModelLine {
    /// None for all models without a card in the file.
    model: Option<String>,
    charges: u64,
    was_milli: i128,
    would_be_milli: i128,
    no_rate: u64,
    uncounted: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// A tenth of the users who used something, from those who used the least.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct TenthLine {
    tenth: usize,
    users: u64,
    was_milli: i128,
    would_be_milli: i128,
    would_run_dry: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct AllLine {
    since: Timestamp,
    cards: usize,
    users: usize,
    charges: u64,
    was_milli: i128,
    would_be_milli: i128,
    would_run_dry: u64,
    unfollowed: u64,
    unreadable: u64,
}

/// All lines, for people and for scripts.
pub(super) struct Report {
    pub(super) lines: Vec<Line>,
    /// Whether an operator must look at something.
    pub(super) is_incomplete: bool,
}

const TENTHS: usize = 10;

impl Report {
    pub(super) fn of(totals: Totals, since: Timestamp, cards: usize) -> Self {
        let mut all = ModelTotals::default();
        let mut lines = Vec::new();
        for (model, of_model) in &totals.models {
            all.add(*of_model);
            let reason = totals.reasons.get(model).cloned();
            lines.push(Line::Model(model_line(
                Some(model.clone()),
                *of_model,
                reason,
            )));
        }
        all.add(totals.others);
        lines.push(Line::Model(model_line(None, totals.others, None)));
        let users = totals.users.len();
        let tenths = tenths(totals.users);
        let would_run_dry = tenths.iter().map(|tenth| tenth.would_run_dry).sum();
        lines.extend(tenths.into_iter().map(Line::Tenth));
        lines.push(Line::Replay(AllLine {
            since,
            cards,
            users,
            charges: all.charges,
            was_milli: all.was,
            would_be_milli: all.would_be,
            would_run_dry,
            unfollowed: totals.unfollowed,
            unreadable: totals.unreadable,
        }));
        Report {
            lines,
            is_incomplete: all.no_rate > 0 || totals.unfollowed > 0 || totals.unreadable > 0,
        }
    }
}

fn model_line(model: Option<String>, totals: ModelTotals, reason: Option<String>) -> ModelLine {
    ModelLine {
        model,
        charges: totals.charges,
        was_milli: totals.was,
        would_be_milli: totals.would_be,
        no_rate: totals.no_rate,
        uncounted: totals.uncounted,
        reason,
    }
}

/// The users in ten groups of one size, or nearly, by what they used.
fn tenths(mut users: Vec<UserTotals>) -> Vec<TenthLine> {
    users.sort_unstable_by_key(|user| user.was);
    let mut tenths: Vec<TenthLine> = Vec::new();
    let all = users.len();
    for (place, user) in users.into_iter().enumerate() {
        let tenth = place.saturating_mul(TENTHS).checked_div(all).unwrap_or(0);
        let tenth = tenth.saturating_add(1);
        if tenths.last().is_none_or(|last| last.tenth != tenth) {
            tenths.push(TenthLine {
                tenth,
                ..TenthLine::default()
            });
        }
        if let Some(last) = tenths.last_mut() {
            last.users = last.users.saturating_add(1);
            last.was_milli = last.was_milli.saturating_add(user.was);
            last.would_be_milli = last.would_be_milli.saturating_add(user.would_be);
            last.would_run_dry = last.would_run_dry.saturating_add(u64::from(user.dry));
        }
    }
    tenths
}

/// The table, for people.
impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut models, mut tenths) = (Columns::new(), Columns::new());
        let mut last = String::new();
        models.row(["model", "charges", "was", "would be", "change", ""]);
        tenths.row([
            "users by use",
            "users",
            "was",
            "would be",
            "change",
            "would run dry",
        ]);
        for line in &self.lines {
            match line {
                Line::Model(line) => models.row(line.cells()),
                Line::Tenth(line) => tenths.row([
                    format!("tenth {}", line.tenth),
                    line.users.to_string(),
                    credits(line.was_milli),
                    credits(line.would_be_milli),
                    change(line.was_milli, line.would_be_milli),
                    line.would_run_dry.to_string(),
                ]),
                Line::Replay(line) => last = line.in_words(),
            }
        }
        writeln!(
            formatter,
            "{models}\n{tenths}\n{last}\nNothing was written."
        )
    }
}

impl ModelLine {
    fn cells(&self) -> [String; 6] {
        let mut notes = Vec::new();
        if self.uncounted > 0 {
            notes.push(format!("{} without counts, as they were", self.uncounted));
        }
        if let Some(reason) = &self.reason {
            notes.push(format!("{} as they were: {reason}", self.no_rate));
        }
        let name = self.model.as_deref().unwrap_or("(no card)");
        [
            name.to_string(),
            self.charges.to_string(),
            credits(self.was_milli),
            credits(self.would_be_milli),
            change(self.was_milli, self.would_be_milli),
            notes.join("; "),
        ]
    }
}

impl AllLine {
    fn in_words(&self) -> String {
        let AllLine {
            since,
            cards,
            users,
            charges,
            would_run_dry,
            ..
        } = self;
        let (was, would_be) = (self.was_milli, self.would_be_milli);
        let mut text = format!(
            "{charges} charges of {users} users since {since}, rated by {cards} cards: {} credits instead of {} ({}); {would_run_dry} users would have run dry",
            credits(would_be),
            credits(was),
            change(was, would_be)
        );
        if self.unfollowed > 0 {
            let many = self.unfollowed;
            text.push_str(&format!("; {many} users have too many entries to say so"));
        }
        if self.unreadable > 0 {
            let many = self.unreadable;
            text.push_str(&format!("; {many} entries cannot be read: run verify"));
        }
        text
    }
}

/// Milli-credits as credits.
fn credits(milli: i128) -> String {
    // The sum of more than nine million of the largest charges is shown as the largest.
    let milli = i64::try_from(milli).unwrap_or(i64::MAX);
    Credits::from_milli(milli).to_string()
}

/// A change in percent, to a tenth.
fn change(was: i128, would_be: i128) -> String {
    let more = would_be.saturating_sub(was);
    let Some(tenths) = more.saturating_mul(1000).checked_div(was) else {
        return if more == 0 { "0%" } else { "new" }.to_string();
    };
    let sign = match tenths {
        0 => "",
        below if below < 0 => "-",
        _ => "+",
    };
    let tenths = tenths.unsigned_abs();
    let (whole, part) = (tenths.div_euclid(10), tenths.rem_euclid(10));
    match part {
        0 => format!("{sign}{whole}%"),
        _ => format!("{sign}{whole}.{part}%"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_shown_in_percent_to_a_tenth() {
        for (was, would_be, shown) in [
            (1000, 1255, "+25.5%"),
            (1000, 1250, "+25%"),
            (1000, 800, "-20%"),
            (1000, 1000, "0%"),
            (0, 0, "0%"),
            (0, 5, "new"),
        ] {
            assert_eq!(change(was, would_be), shown);
        }
    }

    #[test]
    fn users_are_in_ten_groups_by_what_they_used() {
        let user = |was: i128| UserTotals {
            was,
            would_be: was * 2,
            dry: was > 18,
        };
        let tenths = tenths((1..=20).rev().map(user).collect());
        assert_eq!(tenths.len(), 10);
        assert!(tenths.iter().all(|tenth| tenth.users == 2));
        assert_eq!((tenths[0].was_milli, tenths[9].was_milli), (3, 39));
        assert_eq!((tenths[8].would_run_dry, tenths[9].would_run_dry), (0, 2));
        let few = super::tenths((1..=3).map(user).collect());
        let few: Vec<_> = few.iter().map(|tenth| (tenth.tenth, tenth.users)).collect();
        assert_eq!(few, [(1, 1), (4, 1), (7, 1)]);
    }
}
