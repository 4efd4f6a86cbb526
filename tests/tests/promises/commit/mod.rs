//! The one write path under every way DynamoDB and the network can fail: a
//! command is done once or not at all, and whoever asks again hears the same.
//!
//! Time is paused where pauses between retries would only cost time.

mod charges;
mod charges_racing;
mod damaged_items;
mod expired_lots;
mod faults;
mod keys;
mod moved_ends;
mod racing;
mod reads;
mod several;

use std::time::Duration;

use local::World;
use shared::domain::{Command, CreditAccount, Entry, Refusal};
use shared::host::clock::{Clock, Deadline};
use shared::store::{CommitError, CommitRequest, Committed};
use tests::{NOW, Opening, Tables, dump, user};

/// Whose account the suites write to.
pub(crate) const SOMEBODY: &str = "somebody";

/// An opening with 500 free credits used.
pub(crate) fn opening() -> Opening {
    Opening::as_of(NOW).free_used("500")
}

/// Commits by the world's clock, on a guess if there is one.
pub(crate) async fn commit_on(
    world: &World,
    command: &Command,
    guess: Option<CreditAccount>,
) -> Result<Committed, CommitError> {
    world
        .store
        .commit(CommitRequest {
            user_id: &user(SOMEBODY),
            command,
            guess,
            now: world.clock.now(),
            deadline: Deadline::after(Duration::from_secs(30)),
        })
        .await
}

/// Commits without a guess.
pub(crate) async fn commit(world: &World, command: &Command) -> Result<Committed, CommitError> {
    commit_on(world, command, None).await
}

/// The entry of a command that was done now.
#[track_caller]
pub(crate) fn applied(committed: Result<Committed, CommitError>) -> Entry {
    match committed {
        Ok(Committed::Applied(decision)) => decision.entry,
        other => panic!("expected it applied, got {other:?}"),
    }
}

/// The entry of a command that was done before.
#[track_caller]
pub(crate) fn replayed(committed: Result<Committed, CommitError>) -> Entry {
    match committed {
        Ok(Committed::Replayed(entry)) => *entry,
        other => panic!("expected it replayed, got {other:?}"),
    }
}

#[track_caller]
pub(crate) fn refused(committed: Result<Committed, CommitError>) -> Refusal {
    match committed {
        Err(CommitError::Refused(refusal)) => refusal,
        other => panic!("expected it refused, got {other:?}"),
    }
}

/// The sort keys of everything that is stored for the user.
pub(crate) async fn stored(world: &World) -> Vec<String> {
    let tables: Tables = dump(&world.dynamodb.client()).await;
    tables.keys_under(&format!("credits USER#{SOMEBODY}/"))
}
