//! The keys that seal the links in e-mails. They are made here and never leave the table
//! but to the two functions that seal and open links.

use serde::{Deserialize, Serialize};

use super::put::Expected;
use crate::domain::Redacted;
use crate::store::schema::items::{read, stamp};
use crate::store::schema::keys;
use crate::store::{Consistency, Store, StoreError};

pub(crate) const LINK_KEYS: &str = "LinkKeys";

/// The keys of links, newest first. The first seals; all open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkKeys {
    /// Goes up with each change.
    pub version: u64,
    /// Keys of 32 bytes, as 64 hexadecimal digits.
    pub keys: Vec<Redacted<String>>,
}

impl LinkKeys {
    /// The first keys: one.
    pub fn first(key: String) -> Self {
        LinkKeys {
            version: 1,
            keys: vec![key.into()],
        }
    }
}

impl Store {
    /// The keys; none before the first link was made.
    pub async fn load_link_keys(&self) -> Result<Option<LinkKeys>, StoreError> {
        let key = keys::link_keys();
        let item = self.get(&key, Consistency::Eventual).await?;
        let keys = item.map(|item| read(&key, LINK_KEYS, item)).transpose()?;
        Ok(keys)
    }

    /// Puts the first keys, and returns those that stand: others may have been quicker.
    pub async fn begin_link_keys(&self, first: LinkKeys) -> Result<LinkKeys, StoreError> {
        let key = keys::link_keys();
        let item = stamp(&key, LINK_KEYS, &first)?;
        Ok(match self.put_alone(&key, item, Expected::Absent).await? {
            None => first,
            Some(stands) => read(&key, LINK_KEYS, stands)?,
        })
    }

    /// Changes the keys from the version that they say; false if they have changed since.
    #[cfg(feature = "operator")]
    pub async fn save_link_keys(&self, keys: &mut LinkKeys) -> Result<bool, StoreError> {
        let seen = keys.version;
        keys.version = seen.saturating_add(1);
        let key = keys::link_keys();
        let item = stamp(&key, LINK_KEYS, &*keys)?;
        let stands = self.put_alone(&key, item, Expected::Version(seen)).await?;
        Ok(stands.is_none())
    }
}
