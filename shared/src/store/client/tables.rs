//! What the tables are called in a deployment.

use crate::host::environment::{VariableError, Variables};
use crate::store::schema::keys::Table;

/// What the three tables are called in this deployment.
#[derive(Clone, Debug)]
pub struct TableNames {
    /// People, subscriptions, preferences, claims and reference data.
    pub users: String,
    /// Accounts, ledger entries, past credits, rate counters.
    pub credits: String,
    /// What Stripe said.
    pub billing: String,
}

impl TableNames {
    /// From `USERS_TABLE`, `CREDITS_TABLE` and `BILLING_TABLE`. A function's
    /// template sets only those it may touch; `needed` lists them, and the
    /// others stay empty, so that a stray access fails at once.
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
        })
    }

    /// The name of one of them.
    pub fn name(&self, table: Table) -> &str {
        match table {
            Table::Users => &self.users,
            Table::Credits => &self.credits,
            Table::Billing => &self.billing,
        }
    }
}
