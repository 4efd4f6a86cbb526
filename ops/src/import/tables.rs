//! The old tables: their file names, the columns that are read or dropped, and
//! the export commands.

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

    /// The required order of its rows; empty for reference data.
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

    /// The psql command that exports its file.
    pub(crate) fn export(self) -> String {
        let (name, order) = (self.as_str(), self.order());
        format!(r"\copy (SELECT * FROM {name}{order}) TO '{name}.csv' CSV HEADER")
    }

    /// The same, sorted by ids as text, byte by byte.
    pub(crate) fn export_as_texts(self) -> String {
        let name = self.as_str();
        let column = self.user_column().unwrap_or("id");
        let rest = if self.is_by_time() {
            ", created_at, id"
        } else {
            ""
        };
        format!(
            r#"\copy (SELECT * FROM {name} ORDER BY {column}::text COLLATE "C"{rest}) TO '{name}.csv' CSV HEADER"#
        )
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

    /// Required columns.
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

    /// Optional columns that are imported.
    fn optional(self) -> &'static [&'static str] {
        match self {
            Source::Models => &[
                "display_name",
                "provider",
                "capabilities",
                "context_length",
                "max_output_tokens",
                "input_cost_per_million_tokens",
                "output_cost_per_million_tokens",
                "credits_per_1k_tokens",
                "is_available",
            ],
            Source::OauthClients => &[
                "client_name",
                "redirect_uris",
                "grant_types",
                "response_types",
                "scope",
                "is_active",
            ],
            Source::Users => &[
                "username",
                "first_name",
                "last_name",
                "created_at",
                "last_login_at",
                "is_active",
                "deleted_at",
            ],
            Source::UserPreferences => &[
                "default_model_id",
                "email_notifications",
                "usage_alerts",
                "enable_streaming",
                "max_tokens",
                "temperature",
                "preferences_metadata",
            ],
            Source::Subscriptions => &[
                "current_period_start",
                "current_period_end",
                "trial_end",
                "cancelled_at",
                "cancel_at_period_end",
                "stripe_subscription_id",
                "stripe_customer_id",
                "stripe_price_id",
                "quantity",
            ],
            Source::Credits => &[
                "subscription_id",
                "billing_period_start",
                "billing_period_end",
                "credit_type",
                "monthly_allocation",
                "reset_day_of_month",
            ],
            Source::UsageHistory => &[
                "model_id",
                "operation",
                "input_tokens",
                "output_tokens",
                "total_tokens",
            ],
        }
    }

    /// Whether a column is known: imported or dropped.
    pub(crate) fn knows(self, column: &str) -> bool {
        [self.required(), self.optional(), self.left_out()]
            .iter()
            .any(|columns| columns.contains(&column))
    }

    /// Columns that the new model drops. The final report counts the rows that
    /// had a value there.
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

    /// Values that the old migration put into every row; they carry no information.
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

    /// Whether a value carries information.
    pub(crate) fn reports(self, column: &str, text: &str) -> bool {
        !self.left_out().contains(&column) && !self.added().contains(&(column, text))
    }
}
