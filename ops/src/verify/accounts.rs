//! Checking some of the users: those whose accounts were written since a moment, and a
//! sample.

use std::collections::BTreeSet;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use shared::domain::{Timestamp, UserId};
use shared::store::{AuditSink, Segment};
use tokio::task::JoinSet;

use crate::context::CommandContext;
use crate::ending::Failure;

/// A large table is sampled in pieces of so many; an emulator reads all of it for each.
const PIECES: u64 = 4096;
/// After so many picks in a row that brought no new user, there are hardly any more.
const MISSES: u32 = 200;

/// How far each segment of a scan has come; as JSON what `--resume` takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Places(Vec<Place>);

/// How far one segment has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Place {
    Start,
    /// After the item with this partition and sort key.
    After(String, String),
    End,
}

impl Places {
    /// The start of so many segments.
    pub(super) fn first(segments: i32) -> Self {
        let segments = usize::try_from(segments).unwrap_or(1).max(1);
        Places(vec![Place::Start; segments])
    }
}

impl FromStr for Places {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let places: Places = serde_json::from_str(text)
            .map_err(|_| "must be what an interrupted run printed".to_string())?;
        if (1..=64).contains(&places.0.len()) {
            Ok(places)
        } else {
            Err("must have between 1 and 64 segments".to_string())
        }
    }
}

impl Place {
    fn key(&self) -> Option<(String, String)> {
        match self {
            Place::Start | Place::End => None,
            Place::After(pk, sk) => Some((pk.clone(), sk.clone())),
        }
    }

    fn of(next: Option<(String, String)>) -> Self {
        next.map_or(Place::End, |(pk, sk)| Place::After(pk, sk))
    }
}

/// Checks the users whose accounts were written at `since` or later. If it is
/// interrupted, it says where to go on.
pub(super) async fn since(
    context: &Arc<CommandContext>,
    since: Timestamp,
    places: Places,
    report: &AuditSink,
) -> Result<(), Failure> {
    let reached = Arc::new(Mutex::new(places.clone()));
    let of = i32::try_from(places.0.len()).unwrap_or(1);
    let mut tasks = JoinSet::new();
    for (number, place) in places.0.into_iter().enumerate() {
        let (context, report, reached) = (context.clone(), report.clone(), reached.clone());
        tasks.spawn(async move {
            let segment = Segment {
                number: i32::try_from(number).unwrap_or(0),
                of,
            };
            let mut place = place;
            while place != Place::End {
                let reading = context.store.written_since(segment, since, place.key());
                let (users, next) = context.stop.unless_asked(reading).await??;
                for user_id in users {
                    let looking = context.store.audit_user(&user_id, context.now, &report);
                    context.stop.unless_asked(looking).await??;
                }
                place = Place::of(next);
                let mut reached = reached.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(known) = reached.0.get_mut(number) {
                    known.clone_from(&place);
                }
            }
            Ok(())
        });
    }
    let mut result = Ok(());
    while let Some(ended) = tasks.join_next().await {
        let ended = ended.unwrap_or_else(|error| {
            let problem = format!("a segment of the table could not be read: {error}");
            Err(Failure::Could(problem))
        });
        result = result.and(ended);
    }
    if let Err(Failure::Interrupted(_)) = &result {
        let reached = reached.lock().unwrap_or_else(PoisonError::into_inner);
        let place = serde_json::to_string(&*reached).unwrap_or_default();
        context.output.say(format_args!(
            "Go on with: creditsctl verify --since {since} --resume '{place}'"
        ))?;
    }
    result
}

/// Checks users picked at random, at most so many.
pub(super) async fn sample(
    context: &CommandContext,
    number: u32,
    report: &AuditSink,
) -> Result<(), Failure> {
    let pieces = if context.is_local { 1 } else { PIECES };
    let mut picked = BTreeSet::new();
    let mut misses = 0_u32;
    while picked.len() < usize::try_from(number).unwrap_or(usize::MAX) && misses < MISSES {
        misses = misses.saturating_add(1);
        let piece = context.entropy.up_to(pieces.saturating_sub(1));
        let segment = Segment {
            number: i32::try_from(piece).unwrap_or(0),
            of: i32::try_from(pieces).unwrap_or(1),
        };
        let Some(user_id) = one_of(context, segment).await? else {
            continue;
        };
        if picked.insert(user_id.clone()) {
            misses = 0;
            let looking = context.store.audit_user(&user_id, context.now, report);
            context.stop.unless_asked(looking).await??;
        }
    }
    Ok(())
}

/// One user of a piece of the table; none if its first page has none.
async fn one_of(context: &CommandContext, segment: Segment) -> Result<Option<UserId>, Failure> {
    let reading = context.store.written_since(segment, Timestamp::MIN, None);
    let (users, _) = context.stop.unless_asked(reading).await??;
    let last = u64::try_from(users.len().saturating_sub(1)).unwrap_or(0);
    let number = usize::try_from(context.entropy.up_to(last)).unwrap_or(0);
    Ok(users.into_iter().nth(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_back_as_it_was_printed() {
        let places = Places(vec![
            Place::Start,
            Place::After("USER#u".to_string(), "ACCOUNT".to_string()),
            Place::End,
        ]);
        let text = serde_json::to_string(&places).unwrap();
        assert_eq!(text, r#"["start",{"after":["USER#u","ACCOUNT"]},"end"]"#);
        assert_eq!(text.parse(), Ok(places));
        for wrong in ["", "[]", "{}", "[1]", "[\"middle\"]"] {
            assert!(wrong.parse::<Places>().is_err(), "{wrong}");
        }
    }
}
