//! What must hold of a small world when both clients have ended.

use shared::domain::{Command, CreditAccount, Entry, EntryKey, decide};
use shared::store::Store;

use super::acts::{self, End, Ended};
use crate::book::Violation;
use crate::checks::{self, Ledger};
use crate::rules::Rules;

const ONCE: &str = "acknowledged is exactly once, refused is absent";
const SERIAL: &str = "what commands did is what they do one after the other";
const REFUSED: &str = "a refusal was right at a moment between request and answer";

/// Holds the tables and all answers against each other.
pub(super) async fn judge(store: &Store, all: &[Ended]) -> Result<(), Violation> {
    let user = acts::user()?;
    let ledger = Ledger::of(store, &user).await?;
    ledger.is_chained()?;
    Rules::hold_for(&ledger.entries, &Vec::new())?;
    checks::shown(&ledger.account, acts::now())?;
    checks::audit(store, &user).await?;
    let before = acts::before()?;
    let asked = all.iter().map(|ended| &ended.command);
    let commands: Vec<&Command> = before.iter().chain(asked).collect();
    let accounts = accounts(&ledger.entries, &commands)?;
    for ended in all {
        is_true(ended, &ledger.entries, &accounts)?;
    }
    let extra = ledger.entries.iter().find(|entry| {
        let is_before = before.iter().any(|command| command.key == entry.key);
        let mut done = all.iter().filter_map(|ended| match &ended.end {
            End::Done(done) => Some(done),
            End::Refused(_) | End::KeyReused => None,
        });
        !is_before && !done.any(|done| done.hash == entry.hash)
    });
    match extra {
        Some(entry) => Err(Violation::of(
            ONCE,
            format!("nobody was told {}", entry.key),
        )),
        None => Ok(()),
    }
}

/// The account at each of its versions, by deciding the commands again in the order of
/// the ledger: the entries must be the same.
fn accounts(entries: &[Entry], commands: &[&Command]) -> Result<Vec<CreditAccount>, Violation> {
    let mut account = CreditAccount::unopened(acts::user()?);
    let mut accounts = vec![account.clone()];
    for entry in entries {
        let command = commands
            .iter()
            .find(|command| command.key == entry.key && command.request_hash == entry.request_hash);
        let odd = |what: &str| Violation::of(SERIAL, format!("{what}: {}", entry.key));
        let command = command.ok_or_else(|| odd("nobody asked for that"))?;
        let decision = decide(&account, command, acts::now());
        let decision = decision.map_err(|refusal| odd(&refusal.to_string()))?;
        if decision.entry.hash != entry.hash {
            return Err(odd("another entry"));
        }
        account = decision.account;
        accounts.push(account.clone());
    }
    Ok(accounts)
}

fn is_true(ended: &Ended, entries: &[Entry], accounts: &[CreditAccount]) -> Result<(), Violation> {
    let Ended {
        command,
        end,
        versions: (first, last),
    } = ended;
    let key: &EntryKey = &command.key;
    let found = entries.iter().find(|entry| entry.key == *key);
    let is_same = |entry: &Entry| entry.request_hash == command.request_hash;
    match (end, found) {
        (End::Done(done), Some(entry)) if done.hash == entry.hash && is_same(entry) => Ok(()),
        (End::KeyReused, Some(entry)) if !is_same(entry) && entry.seq <= *last => Ok(()),
        (End::Refused(_), Some(entry)) if is_same(entry) && entry.seq <= *first => Err(
            Violation::of(ONCE, format!("{key} was done and is refused")),
        ),
        (End::Refused(refusal), _) => {
            let mut accounts = accounts.iter();
            let is_right = accounts.any(|account| {
                (*first..=*last).contains(&account.version)
                    && decide(account, command, acts::now()).is_err()
            });
            if is_right {
                return Ok(());
            }
            Err(Violation::of(REFUSED, format!("{key}: {refusal}")))
        }
        (End::Done(_) | End::KeyReused, _) => Err(Violation::of(ONCE, format!("{key}: {end:?}"))),
    }
}
