//! What happens to an account while it is audited: commits after the version that was
//! read. Their entries are not folded, and the lots they move are not compared.

use std::collections::HashSet;

use super::Finding;
use crate::domain::{LotId, Posting, UserId};
use crate::store::client::pages::Partition;
use crate::store::operator::walk::LedgerRow;
use crate::store::schema::items::account_from_item;
use crate::store::schema::keys::{self, ENTRY_PREFIX, Key, Table};
use crate::store::{Consistency, Store, StoreError};

/// How many entries one page reads.
const PAGE: i32 = 100;

/// The versions of an account during its audit.
#[derive(Clone, Debug)]
pub(super) struct Meanwhile {
    /// The version that was read.
    read: u64,
    /// The newest known version.
    latest: u64,
    /// The newest version when the first later entry was met.
    end: Option<u64>,
    /// Whether an entry was met that lies beyond its account.
    goes_too_far: bool,
    /// The entry with the highest number, of all.
    highest: Option<(u64, Key)>,
}

/// When an entry was committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// Before the account was read; or at no time, since it lies beyond its account.
    Read,
    /// After that.
    Later,
    /// After the first later entry was met.
    AfterTheWalk,
}

impl Meanwhile {
    /// Since a version; since none, no entry counts as later.
    pub(super) fn since(version: Option<u64>) -> Self {
        let read = version.unwrap_or(u64::MAX);
        Meanwhile {
            read,
            latest: read,
            end: None,
            goes_too_far: false,
            highest: None,
        }
    }

    /// Takes note of an entry, in any order.
    pub(super) fn saw(&mut self, row: &LedgerRow) {
        let Some(seq) = row.seq else { return };
        if self.highest.as_ref().is_none_or(|(most, _)| seq > *most) {
            self.highest = Some((seq, row.key.clone()));
        }
    }

    /// An entry that lies beyond the newest known version. All that were taken note of
    /// must have been read before that version.
    pub(super) fn beyond(&self) -> Option<Finding> {
        let (seq, key) = self.highest.as_ref()?;
        let latest = self.latest;
        (*seq > latest).then(|| {
            let problem = format!("its number is {seq}, and its account has {latest} entries");
            Finding::new(key, problem)
        })
    }
}

impl Store {
    /// When an entry was committed. An entry and its account are written in one
    /// transaction, so an entry beyond the account, as it is after the entry was read,
    /// was not committed later but is a fault.
    pub(super) async fn moment_of(
        &self,
        user_id: &UserId,
        row: &LedgerRow,
        meanwhile: &mut Meanwhile,
    ) -> Result<Moment, StoreError> {
        let Some(seq) = row.seq.filter(|seq| *seq > meanwhile.read) else {
            return Ok(Moment::Read);
        };
        if seq > meanwhile.latest && !meanwhile.goes_too_far {
            let key = keys::account(user_id);
            let item = self.get(&key, Consistency::Strong).await?;
            let account = item.and_then(|item| account_from_item(user_id, item).ok());
            let version = account.map_or(meanwhile.read, |account| account.version);
            meanwhile.latest = meanwhile.latest.max(version);
            meanwhile.goes_too_far = seq > meanwhile.latest;
        }
        if seq > meanwhile.latest {
            return Ok(Moment::Read);
        }
        let end = *meanwhile.end.get_or_insert(meanwhile.latest);
        Ok(if seq > end {
            Moment::AfterTheWalk
        } else {
            Moment::Later
        })
    }

    /// The lots that entries after a version have moved into or among the past credits.
    pub(super) async fn lots_moved_since(
        &self,
        user_id: &UserId,
        version: u64,
    ) -> Result<HashSet<LotId>, StoreError> {
        let mut moved = HashSet::new();
        let pk = keys::account(user_id).pk;
        let later = Partition {
            table: Table::Credits,
            pk: &pk,
            prefix: ENTRY_PREFIX,
            keys_only: false,
            seqs: Some((version.saturating_add(1), u64::MAX)),
            limit: PAGE,
        };
        let mut start = None;
        loop {
            let page = self.partition_page(&later, start).await?;
            for item in page.items {
                let Ok(entry) = LedgerRow::of(user_id, item).entry else {
                    continue;
                };
                moved.extend(entry.postings.into_iter().filter_map(lot_that_moves));
            }
            start = page.next;
            if start.is_none() {
                return Ok(moved);
            }
        }
    }
}

/// The lot whose past credit a posting writes.
fn lot_that_moves(posting: Posting) -> Option<LotId> {
    match posting {
        Posting::Archived { lot } | Posting::EndMoved { lot, expires_at: _ } => Some(lot),
        Posting::FreeTerms { .. }
        | Posting::Opened(_)
        | Posting::Moved { .. }
        | Posting::Recalled(_)
        | Posting::Hold(_)
        | Posting::Schedule(_)
        | Posting::Plans(_)
        | Posting::Active(_)
        | Posting::Erased
        | Posting::PeriodsSkipped { .. } => None,
    }
}
