//! A user's current state: the opening balance, whether the user may spend, and
//! the plans that have not ended.

use shared::domain::billing::account_plan;
use shared::domain::{
    Action, Adjustment, Credits, Digester, EntryKey, OpeningBalance, OpeningFree, OpeningLot,
    ResetDay,
};

use super::billing;
use super::credits::{self, CreditRow};
use super::error::ImportError;
use super::names::{inactive_key, opening_key, read_after_all_key, unread_key};
use super::outcome::{About, ExpectedRow, Figures, Outcome};
use super::remark::{Remark, Verdict};
use super::session::{Pending, Session, digest_of};

impl Session {
    /// Imports the current state and commits the remaining commands.
    pub(crate) async fn finish(mut self) -> Result<Outcome, ImportError> {
        self.take_current().await?;
        self.open_again().await?;
        self.flush().await?;
        for beside in std::mem::take(&mut self.beside) {
            beside.settle(&self.context, &mut self.outcome).await?;
        }
        Ok(self.outcome)
    }

    /// Reopens an account that was closed because the row did not say legibly
    /// whether its user may spend.
    async fn open_again(&mut self) -> Result<(), ImportError> {
        if self.may_spend != Some(true) || self.account.active {
            return Ok(());
        }
        let wanted = [(self.user_id.clone(), unread_key()?)];
        let found = self.context.store.load_entries_of(&wanted).await;
        let found =
            found.map_err(|error| ImportError::store(format!("user {}", self.user_id), error))?;
        if found.iter().any(Option::is_some) {
            self.push_active(read_after_all_key()?, true);
        }
        Ok(())
    }

    fn push_active(&mut self, key: EntryKey, active: bool) {
        let mut digester = Digester::new("import-inactive/1");
        digester.text("user_id", self.user_id.as_str());
        let action = Action::Adjust(Adjustment::Active(active));
        let command = self.context.command(key, digester.finish(), action);
        let rows = Vec::new();
        self.pending.push(Pending { command, rows });
    }

    /// The current state, as pending commands.
    pub(super) async fn take_current(&mut self) -> Result<(), ImportError> {
        self.pro.sort_by_cached_key(CreditRow::precedence);
        self.beside = billing::trials(&self.user_id, &self.subscriptions, &self.context.plans);
        self.beside.extend(billing::report(
            &self.user_id,
            &self.subscriptions,
            &self.pro,
        ));
        if self.free.is_some() || !self.pro.is_empty() {
            let opening = self.opening()?;
            self.pending.push(opening);
        }
        match self.may_spend {
            Some(true) => {}
            Some(false) => self.push_active(inactive_key()?, false),
            None => self.push_active(unread_key()?, false),
        }
        for (row, record) in std::mem::take(&mut self.subscriptions) {
            let Some(plan) = account_plan(&record) else {
                continue;
            };
            let action = Action::SetPlan {
                subscription_id: plan.subscription_id.clone(),
                plan: Some(plan),
            };
            let rows = vec![ExpectedRow {
                about: About::of(&row),
                figures: Figures::Nothing,
            }];
            let hash = digest_of(&row);
            self.push("plan", row.id(), hash, action, rows).await?;
        }
        Ok(())
    }

    /// The command that opens the account with the current balance.
    fn opening(&mut self) -> Result<Pending, ImportError> {
        let mut digester = Digester::new("import-opening/1");
        let mut rows = Vec::new();
        let free = match self.free.take() {
            Some(row) => {
                if let Some(month) = row.other_month(self.now) {
                    let (from, to) = (month.starts_at.date(), month.ends_at.date());
                    let why = format!(
                        "its period is not a month from reset day {}: its credits \
                         count for {from} to {to}",
                        row.reset_day.day()
                    );
                    self.outcome
                        .remark(Remark::of(&row.row, Verdict::Mended, why));
                }
                row.row.digest(&mut digester);
                rows.push(opened(&row, true));
                OpeningFree {
                    monthly_allocation: row.allocation,
                    reset_day_of_month: row.reset_day,
                    granted: Some(row.granted),
                    used: row.used,
                }
            }
            None => OpeningFree {
                monthly_allocation: credits::DEFAULT_ALLOCATION,
                reset_day_of_month: ResetDay::FIRST,
                granted: None,
                used: Credits::ZERO,
            },
        };
        let mut lots = Vec::new();
        for row in std::mem::take(&mut self.pro) {
            row.row.digest(&mut digester);
            rows.push(opened(&row, false));
            lots.push(OpeningLot {
                id: row.id.clone(),
                kind: row.kind,
                starts_at: row.starts_at.min(self.now),
                expires_at: row.ends_at,
                granted: row.granted,
                used: row.used,
            });
        }
        let action = Action::Open(OpeningBalance {
            as_of: self.now,
            free,
            lots,
        });
        let hash = digester.finish();
        let command = self.context.command(opening_key()?, hash, action);
        Ok(Pending { command, rows })
    }
}

fn opened(row: &CreditRow, is_free: bool) -> ExpectedRow {
    ExpectedRow {
        about: About::of(&row.row),
        figures: Figures::Opened {
            lot: (!is_free).then(|| row.id.clone()),
            granted: row.granted,
            used: row.used,
        },
    }
}
