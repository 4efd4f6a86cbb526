//! How far the check of all accounts has come that a schedule drives, and which accounts
//! a pass looks at.

use serde::{Deserialize, Serialize};

use crate::domain::{Digester, Timestamp, UserId};
use crate::store::notices::Expected;
use crate::store::schema::items::{read, stamp};
use crate::store::schema::keys;
use crate::store::{Consistency, Store, StoreError};

/// The entity of the record.
pub(crate) const VERIFY_PASS: &str = "VerifyPass";

/// Each pass looks at one of so many shares of the accounts, beside those that were
/// written; a pass takes a day, so each account is looked at within a month.
const PASS_SHARES: u64 = 30;

/// The least time between the beginnings of two passes.
const PASS_SECONDS: i64 = 24 * 3_600;

/// One pass over all accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifyPass {
    /// Counts the changes of the record.
    pub version: u64,
    /// Which pass it is, from 0.
    pub number: u64,
    /// When it began.
    pub began_at: Timestamp,
    /// Accounts that were written since are looked at.
    pub written_since: Timestamp,
    /// The place in the table after which it goes on; none at the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<(String, String)>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
}

impl VerifyPass {
    /// The first one, which looks at every account.
    pub fn first(now: Timestamp) -> Self {
        VerifyPass {
            version: 0,
            number: 0,
            began_at: now,
            written_since: Timestamp::MIN,
            after: None,
            finished_at: None,
        }
    }

    /// The pass at `now`: this one, or the next once it has ended and a day is over. The
    /// next looks at what was written since this one began.
    pub fn at(self, now: Timestamp) -> Self {
        let is_over = now.seconds_since(self.began_at) >= PASS_SECONDS;
        if self.finished_at.is_none() || !is_over {
            return self;
        }
        VerifyPass {
            version: self.version,
            number: self.number.saturating_add(1),
            began_at: now,
            written_since: self.began_at,
            after: None,
            finished_at: None,
        }
    }

    /// Whether it looks at an account that was last written at `written`.
    pub fn wants(&self, user_id: &UserId, written: Timestamp) -> bool {
        written >= self.written_since || share_of(user_id) == self.number % PASS_SHARES
    }

    /// Notes that everything up to the account of a user was looked at.
    pub fn passed(&mut self, user_id: &UserId) {
        let key = keys::account(user_id);
        self.after = Some((key.pk, key.sk));
    }

    /// How long it has been going on; 0 once it has ended.
    pub fn seconds(&self, now: Timestamp) -> u64 {
        let seconds = match self.finished_at {
            None => now.seconds_since(self.began_at),
            Some(_) => 0,
        };
        seconds.try_into().unwrap_or(0)
    }
}

/// The share of a user, the same for ever.
fn share_of(user_id: &UserId) -> u64 {
    let mut digester = Digester::new("share of a pass");
    digester.text("user", user_id.as_str());
    let digest = digester.finish().to_string();
    let start = digest.get(..15).unwrap_or_default();
    u64::from_str_radix(start, 16).unwrap_or(0) % PASS_SHARES
}

impl Store {
    /// The pass that is going on or was last ended, read strongly; none before the first.
    pub async fn load_verify_pass(&self) -> Result<Option<VerifyPass>, StoreError> {
        let key = keys::verify_pass();
        let item = self.get(&key, Consistency::Strong).await?;
        Ok(item.map(|item| read(&key, VERIFY_PASS, item)).transpose()?)
    }

    /// Saves a pass from the version that it says; false if it has changed since.
    /// Afterwards the value is of the new version.
    pub async fn save_verify_pass(&self, pass: &mut VerifyPass) -> Result<bool, StoreError> {
        let seen = pass.version;
        pass.version = seen.saturating_add(1);
        let expected = match seen {
            0 => Expected::Absent,
            seen => Expected::Version(seen),
        };
        let key = keys::verify_pass();
        let item = stamp(&key, VERIFY_PASS, &*pass)?;
        Ok(self.put_alone(&key, item, expected).await?.is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> Timestamp {
        let start: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
        start.plus_seconds(hours * 3_600)
    }

    fn user(number: u64) -> UserId {
        format!("user-{number}").parse().unwrap()
    }

    fn next(pass: VerifyPass, hours: i64) -> VerifyPass {
        let finished_at = Some(at(hours));
        VerifyPass {
            finished_at,
            ..pass
        }
        .at(at(hours))
    }

    #[test]
    fn the_first_pass_looks_at_every_account() {
        let pass = VerifyPass::first(at(0));
        assert!((0..100).all(|number| pass.wants(&user(number), Timestamp::MIN)));
    }

    #[test]
    fn each_account_is_looked_at_within_thirty_passes_and_what_was_written_in_the_next() {
        let mut pass = next(VerifyPass::first(at(0)), 24);
        assert_eq!(pass.written_since, at(0));
        let mut seen = [0; 300];
        for day in 0..30 {
            for (number, seen) in (0..).zip(seen.iter_mut()) {
                *seen += u32::from(pass.wants(&user(number), at(-1)));
                assert!(pass.wants(&user(number), at(24 * day)), "written meanwhile");
            }
            pass = next(pass, 24 * (day + 2));
        }
        assert!(seen.iter().all(|times| *times == 1), "{seen:?}");
    }

    #[test]
    fn a_pass_goes_on_until_it_has_ended_and_the_next_begins_a_day_after_it() {
        let mut pass = VerifyPass::first(at(0));
        assert_eq!(pass.clone().at(at(50)).number, 0, "it has not ended");
        assert_eq!(pass.seconds(at(50)), 50 * 3_600);
        pass.finished_at = Some(at(3));
        assert_eq!(pass.clone().at(at(23)).number, 0, "the day is not over");
        assert_eq!((pass.seconds(at(23)), pass.at(at(24)).number), (0, 1));
    }
}
