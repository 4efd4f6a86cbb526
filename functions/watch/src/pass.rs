//! The check of all accounts, resumed from call to call.
//!
//! A pass takes a day or more and reads the table of accounts from one end to the other. It
//! checks the accounts that were written since the last pass began, and a thirtieth of all
//! others. Where it has come to is saved, so that the next call goes on there; two calls at
//! once would both save, and the second one stops.

use shared::domain::{Timestamp, UserId};
use shared::host::clock::Deadline;
use shared::host::log::{Figure, Level, Unit};
use shared::store::{StoreError, VerifyPass};
use tokio::task::JoinSet;

use crate::App;
use crate::seen::Seen;

/// So many accounts are checked at once; most of the time is spent waiting for answers.
const AT_ONCE: usize = 8;

impl App {
    /// Goes on with the pass until `until`; at least one account is looked at.
    pub(crate) async fn go_on(&self, until: Deadline, seen: &Seen) -> Result<(), StoreError> {
        let now = self.clock.now();
        let pass = self.store.load_verify_pass().await?;
        let mut pass = pass.map_or_else(|| VerifyPass::first(now), |pass| pass.at(now));
        while pass.finished_at.is_none() {
            let is_whole = self.page(&mut pass, until, seen).await?;
            let is_saved = self.store.save_verify_pass(&mut pass).await?;
            if !is_saved || !is_whole || until.has_passed() {
                break;
            }
        }
        let mut line = self.log.line(Level::Info);
        let seconds = Figure::whole(pass.seconds(now));
        line.metric("VerifyPassSeconds", Unit::Seconds, seconds);
        line.write();
        Ok(())
    }

    /// Looks at a page of accounts; false if the time was too short for all of it.
    async fn page(
        &self,
        pass: &mut VerifyPass,
        until: Deadline,
        seen: &Seen,
    ) -> Result<bool, StoreError> {
        let (accounts, next) = self.store.accounts_after(pass.after.clone()).await?;
        let mut wanted = Vec::new();
        for (user_id, written) in accounts {
            if pass.wants(&user_id, written) {
                wanted.push(user_id);
            }
        }
        for users in wanted.chunks(AT_ONCE) {
            if until.has_passed() && seen.looked_at() > 0 {
                return Ok(false);
            }
            let is_first = seen.looked_at() == 0;
            let left = self.check(users, until, seen).await?;
            if left > 0 && !is_first {
                // They come first in the next call, with all of its time.
                return Ok(false);
            }
            seen.not_verified(left);
            if let Some(last) = users.last() {
                pass.passed(last);
            }
        }
        pass.after = next;
        if pass.after.is_none() {
            pass.finished_at = Some(self.clock.now());
        }
        Ok(true)
    }

    /// Checks accounts at once, and says for how many the time was too short.
    async fn check(
        &self,
        users: &[UserId],
        until: Deadline,
        seen: &Seen,
    ) -> Result<u64, StoreError> {
        let now: Timestamp = self.clock.now();
        let mut checks = JoinSet::new();
        for user_id in users {
            let (store, user_id, report) =
                (self.store.clone(), user_id.clone(), seen.sink(&self.log));
            checks.spawn(async move { store.audit_user(&user_id, now, &report).await });
        }
        let all = async {
            while let Some(checked) = checks.join_next().await {
                match checked {
                    Ok(result) => result.map(|_| ())?,
                    Err(error) => return Err(StoreError::Unavailable(error.to_string())),
                }
            }
            Ok(())
        };
        // Time is given at least once, however late it is.
        let patience = until.remaining().max(std::time::Duration::from_secs(1));
        match tokio::time::timeout(patience, all).await {
            Ok(result) => result.map(|()| 0),
            Err(_) => Ok(u64::try_from(checks.len()).unwrap_or(u64::MAX)),
        }
    }
}
