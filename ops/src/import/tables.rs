//! The old tables: what their files are called, which columns are read, which
//! have no place in the new model, and how each is exported.

use serde::Serialize;

/// One of the old tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// `models`
    Models,
    /// `oauth_clients`
    OauthClients,
    /// `users`
    Users,
    /// `user_preferences`
    UserPreferences,
    /// `subscriptions`
    Subscriptions,
    /// `credits`
    Credits,
    /// `usage_history`
    UsageHistory,
}

impl Source {
    /// All of them, reference data first.
    pub const ALL: [Source; 7] = [
        Source::Models,
        Source::OauthClients,
        Source::Users,
        Source::UserPreferences,
        Source::Subscriptions,
        Source::Credits,
        Source::UsageHistory,
    ];

    /// The table's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Source::Models => "models",
            Source::OauthClients => "oauth_clients",
            Source::Users => "users",
            Source::UserPreferences => "user_preferences",
            Source::Subscriptions => "subscriptions",
            Source::Credits => "credits",
            Source::UsageHistory => "usage_history",
        }
    }

    /// Its file in the folder of the export.
    pub(crate) fn file_name(self) -> String {
        format!("{}.csv", self.as_str())
    }

    /// In which order its rows must come; by nothing for reference data.
    fn order(self) -> &'static str {
        match self {
            Source::Models | Source::OauthClients => "",
            Source::Users => " ORDER BY id",
            Source::UserPreferences => " ORDER BY user_id",
            Source::Subscriptions | Source::Credits | Source::UsageHistory => {
                " ORDER BY user_id, created_at, id"
            }
        }
    }

    /// What brings its file about, in psql.
    pub(crate) fn export(self) -> String {
        let (name, order) = (self.as_str(), self.order());
        format!(r"\copy (SELECT * FROM {name}{order}) TO '{name}.csv' CSV HEADER")
    }

    /// The column that names a row.
    pub(crate) fn id_column(self) -> &'static str {
        match self {
            Source::OauthClients => "client_id",
            Source::UserPreferences => "user_id",
            _ => "id",
        }
    }

    /// The column that names the user; none for reference data.
    pub(crate) fn user_column(self) -> Option<&'static str> {
        match self {
            Source::Models | Source::OauthClients => None,
            Source::Users => Some("id"),
            _ => Some("user_id"),
        }
    }

    /// Whether a user's rows come in the order of their `created_at`.
    pub(crate) fn is_by_time(self) -> bool {
        matches!(
            self,
            Source::Subscriptions | Source::Credits | Source::UsageHistory
        )
    }

    /// Without these a file is not of this table.
    pub(crate) fn required(self) -> &'static [&'static str] {
        match self {
            Source::Models => &["id", "name"],
            Source::OauthClients => &["client_id"],
            Source::Users => &["id", "email"],
            Source::UserPreferences => &["user_id"],
            Source::Subscriptions => &["id", "user_id", "tier", "status", "created_at"],
            Source::Credits => &[
                "id",
                "user_id",
                "total_credits",
                "used_credits",
                "is_current",
                "created_at",
            ],
            Source::UsageHistory => &["id", "user_id", "credits_used", "created_at"],
        }
    }

    /// Columns that have no place in the new model. How many rows had something
    /// there is told at the end.
    pub(crate) fn left_out(self) -> &'static [&'static str] {
        match self {
            Source::Models => &[
                "description",
                "is_deprecated",
                "version",
                "created_at",
                "updated_at",
            ],
            Source::OauthClients => &["client_secret_hash", "created_at"],
            Source::Users => &[
                "email_verified",
                "password_hash",
                "profile_picture_url",
                "updated_at",
            ],
            Source::UserPreferences => &["created_at", "updated_at"],
            Source::Subscriptions => &[
                "credits_per_month",
                "credits_rollover",
                "price_cents",
                "billing_interval",
                "created_at",
                "updated_at",
            ],
            Source::Credits => &["updated_at"],
            Source::UsageHistory => &["credit_id", "request_duration_ms", "request_metadata"],
        }
    }

    /// What the old migration put into every row: that says nothing.
    fn added(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Source::Credits => &[
                ("credit_type", "free"),
                ("monthly_allocation", "2000"),
                ("reset_day_of_month", "1"),
            ],
            Source::Subscriptions => &[("cancel_at_period_end", "f")],
            Source::UserPreferences => &[("email_notifications", "t"), ("usage_alerts", "t")],
            _ => &[],
        }
    }

    /// Whether a value says anything that is taken over.
    pub(crate) fn tells(self, column: &str, text: &str) -> bool {
        !self.left_out().contains(&column) && !self.added().contains(&(column, text))
    }
}
