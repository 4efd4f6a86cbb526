//! Exports written by hand: a header and lines for each table, in the forms of
//! Postgres.

use std::collections::BTreeMap;
use std::path::PathBuf;

use ops::import::Source;

use super::{old_user, scratch};

/// An export under construction. Rows are sorted when it is written, as the
/// database would, unless it is reported to leave them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Export {
    lines: BTreeMap<&'static str, Vec<String>>,
    headers: BTreeMap<&'static str, &'static str>,
    is_unsorted: bool,
}

fn header(source: Source) -> &'static str {
    match source {
        Source::Models => "id,name",
        Source::OauthClients => "client_id",
        Source::Users => "id,email,created_at,is_active",
        Source::UserPreferences => "user_id,max_tokens",
        Source::Subscriptions => {
            "user_id,created_at,id,tier,status,stripe_subscription_id,stripe_customer_id"
        }
        Source::Credits => {
            "user_id,created_at,id,total_credits,used_credits,\
             billing_period_start,billing_period_end,is_current"
        }
        Source::UsageHistory => "user_id,created_at,id,credits_used",
    }
}

impl Export {
    pub(crate) fn line(mut self, source: Source, line: impl Into<String>) -> Self {
        self.lines
            .entry(source.as_str())
            .or_default()
            .push(line.into());
        self
    }

    /// Lines of this table have these columns.
    pub(crate) fn columns(mut self, source: Source, header: &'static str) -> Self {
        self.headers.insert(source.as_str(), header);
        self
    }

    /// Lines stay in the order in which they were added.
    pub(crate) fn unsorted(mut self) -> Self {
        self.is_unsorted = true;
        self
    }

    pub(crate) fn user(self, number: u32, email: &str) -> Self {
        let id = old_user(number);
        let line = format!("{id},{email},2024-01-01 00:00:00,t");
        self.line(Source::Users, line)
    }

    /// Pro and active, under ids at Stripe.
    pub(crate) fn subscription(self, number: u32, id: &str, stripe: &str, customer: &str) -> Self {
        let user = old_user(number);
        let line = format!("{user},2025-01-01 00:00:00,{id},pro,active,{stripe},{customer}");
        self.line(Source::Subscriptions, line)
    }

    /// A month of 2000 free credits.
    pub(crate) fn month(self, number: u32, id: &str, month: u32, used: &str) -> Self {
        let user = old_user(number);
        let (from, to) = (
            format!("2025-{month:02}-01"),
            format!("2025-{:02}-01", month + 1),
        );
        let is_current = if month == 11 { "t" } else { "f" };
        let line = format!(
            "{user},{from} 00:00:00,{id},2000,{used},{from} 00:00:00,{to} 00:00:00,{is_current}"
        );
        self.line(Source::Credits, line)
    }

    /// So much used, so many minutes after the first of October.
    pub(crate) fn usage(self, number: u32, id: &str, minute: u32, used: &str) -> Self {
        let user = old_user(number);
        let (day, hour) = (minute / 1440 + 1, minute % 1440 / 60);
        let at = format!("2025-10-{day:02} {hour:02}:{:02}:00", minute % 60);
        self.line(Source::UsageHistory, format!("{user},{at},{id},{used}"))
    }

    /// A folder with its files.
    pub(crate) fn write(&self) -> PathBuf {
        let folder = scratch("export");
        for source in Source::ALL {
            let name = source.as_str();
            let mut lines = self.lines.get(name).cloned().unwrap_or_default();
            if !self.is_unsorted {
                lines.sort();
            }
            let columns = self.headers.get(name).copied();
            lines.insert(0, columns.unwrap_or_else(|| header(source)).to_string());
            let file = folder.join(format!("{}.csv", source.as_str()));
            std::fs::write(file, lines.join("\n") + "\n").unwrap();
        }
        folder
    }
}
