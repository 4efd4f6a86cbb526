//! The names of the tables in a deployment, read from the environment. A function gets
//! the names of its own tables only.

use crate::host::environment::{VariableError, Variables};
use crate::store::schema::keys::Table;

/// The names of the tables in this deployment.
#[derive(Clone, Debug)]
pub struct TableNames {
    /// People, subscriptions, preferences, claims and reference data.
    pub users: String,
    /// Accounts, ledger entries, past credits, rate counters.
    pub credits: String,
    /// Stripe's events and the items derived from them.
    pub billing: String,
    /// Endpoints and deliveries.
    pub notices: String,
}

impl TableNames {
    /// Reads `USERS_TABLE`, `CREDITS_TABLE`, `BILLING_TABLE` and `NOTICES_TABLE`. A function's template
    /// sets only those it may access; `needed` lists them, and the others stay empty,
    /// so that a stray access fails at once.
    pub fn read(variables: &Variables, needed: &[Table]) -> Result<Self, VariableError> {
        let name = |table: Table| -> Result<String, VariableError> {
            if needed.contains(&table) {
                variables
                    .required(table.variable(), "the name of a DynamoDB table")
                    .map(str::to_string)
            } else {
                Ok(String::new())
            }
        };
        Ok(TableNames {
            users: name(Table::Users)?,
            credits: name(Table::Credits)?,
            billing: name(Table::Billing)?,
            notices: name(Table::Notices)?,
        })
    }

    /// The name of a table.
    pub fn name(&self, table: Table) -> &str {
        match table {
            Table::Users => &self.users,
            Table::Credits => &self.credits,
            Table::Billing => &self.billing,
            Table::Notices => &self.notices,
        }
    }
}
