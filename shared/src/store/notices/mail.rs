//! E-mails: one of a kind a day, and addresses that bounce.

use serde::{Deserialize, Serialize};

use super::put::Expected;
use crate::domain::{Digest, Digester, Timestamp, UserId};
use crate::store::schema::item::Item;
use crate::store::schema::items::{read, stamp};
use crate::store::schema::keys;
use crate::store::{Consistency, Store, StoreError};

pub(crate) const MAIL_OF_DAY: &str = "MailOfDay";
pub(crate) const SUPPRESSION: &str = "Suppression";

/// E-mails of a day are forgotten a week later.
const KEPT_FOR: i64 = 7 * 86_400;

/// The e-mail of a kind and day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailOfDay {
    /// The user.
    pub user_id: UserId,
    /// The notice that was sent.
    pub notice_id: String,
    /// When it is forgotten, in seconds since 1970.
    pub expires_at: i64,
}

/// An address whose mail bounces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Suppression {
    /// Since when.
    at: Timestamp,
}

/// Addresses that differ in case alone are one mailbox.
fn address_digest(address: &str) -> Digest {
    let mut digester = Digester::new("address/1");
    digester.text("address", &address.to_lowercase());
    digester.finish()
}

impl Store {
    /// Claims today's e-mail of a kind for a notice; false if another notice has it. A
    /// repeat for the same notice is true again.
    pub async fn claim_mail(
        &self,
        user_id: &UserId,
        event: &str,
        notice_id: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let key = keys::mail_of_day(user_id, event, &now.date());
        let mail = MailOfDay {
            user_id: user_id.clone(),
            notice_id: notice_id.to_string(),
            expires_at: now.plus_seconds(KEPT_FOR).unix_seconds(),
        };
        let item = stamp(&key, MAIL_OF_DAY, &mail)?;
        match self.put_alone(&key, item, Expected::Absent).await? {
            None => Ok(true),
            Some(stands) => {
                let stands: MailOfDay = read(&key, MAIL_OF_DAY, stands)?;
                Ok(stands.notice_id == notice_id)
            }
        }
    }

    /// Whether mail to an address bounces.
    pub async fn is_suppressed(&self, address: &str) -> Result<bool, StoreError> {
        Ok(self.suppression_of(address).await?.is_some())
    }

    /// The item that holds mail to an address back, if there is one.
    pub(in crate::store) async fn suppression_of(
        &self,
        address: &str,
    ) -> Result<Option<Item>, StoreError> {
        let key = keys::suppression(&address_digest(address));
        self.get(&key, Consistency::Eventual).await
    }

    /// Notes that mail to an address bounces.
    pub async fn suppress(&self, address: &str, now: Timestamp) -> Result<(), StoreError> {
        let key = keys::suppression(&address_digest(address));
        let item = stamp(&key, SUPPRESSION, Suppression { at: now })?;
        self.put_alone(&key, item, Expected::Absent).await?;
        Ok(())
    }
}
