//! Clients of the inference service: they charge, hold, commit and release, and ask again
//! under the same key until they are answered.

use std::collections::BTreeMap;

use axum::body::Bytes;
use serde_json::{Value, json};

use super::machines::{Answer, Fleet, Random};
use crate::events;

const CREDITS: &str = "CreditsFunction";
/// More tries than any request needs.
const TRIES: u32 = 100;

/// A request with its key.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) user: &'static str,
    pub(super) key: String,
    /// What it takes of the user when it is done, in thousandths.
    pub(super) takes_milli: i64,
    event: Bytes,
}

impl Asked {
    /// Asks until it is answered; each try may lose its machine.
    pub(super) async fn until_answered(&self, fleet: &Fleet, random: &mut Random) -> Answer {
        for _ in 0..TRIES {
            match fleet.ask(CREDITS, &self.event, random).await {
                Some(answer) if answer.status != 503 => return answer,
                Some(_) | None => {}
            }
        }
        panic!("{} is never answered", self.key);
    }
}

/// What clients were told.
#[derive(Debug, Default)]
pub(super) struct Book {
    pub(super) all: Vec<(Asked, Answer)>,
}

impl Book {
    pub(super) fn add(&mut self, other: Book) {
        self.all.extend(other.all);
    }

    pub(super) fn done(&self) -> usize {
        self.all.iter().filter(|(_, it)| it.status < 300).count()
    }

    pub(super) fn refused(&self) -> usize {
        self.all.len() - self.done()
    }

    /// The keys that were answered as done, of a user.
    pub(super) fn keys_of(&self, user: &str) -> BTreeMap<&str, i64> {
        let done = self.all.iter().filter(|(_, answer)| answer.status < 300);
        let own = done.filter(|(asked, _)| asked.user == user);
        own.map(|(asked, _)| (asked.key.as_str(), asked.takes_milli))
            .collect()
    }
}

pub(super) struct Client {
    number: u64,
    users: [&'static str; 3],
    random: Random,
}

impl Client {
    pub(super) fn new(number: u64, users: [&'static str; 3], random: Random) -> Self {
        Client {
            number,
            users,
            random,
        }
    }

    /// Works until as many machines are gone as should be.
    pub(super) async fn work(mut self, fleet: &Fleet) -> Book {
        let mut book = Book::default();
        for turn in 0_u64.. {
            if fleet.has_killed_all() {
                break;
            }
            let user = usize::try_from(self.random.below(3)).unwrap();
            let user = self.users[user];
            let key = format!("client-{}-{turn}", self.number);
            let milli = 1 + i64::try_from(self.random.below(2_000)).unwrap();
            match self.random.below(4) {
                0 => self.hold(fleet, &mut book, (user, &key, milli)).await,
                // Too much: it is refused, whatever is killed.
                1 if self.random.below(8) == 0 => {
                    let too_much = charge(user, &key, 900_000_000);
                    self.ask(fleet, &mut book, too_much).await;
                }
                _ => {
                    self.ask(fleet, &mut book, charge(user, &key, milli)).await;
                }
            }
        }
        book
    }

    /// Holds, and charges some of it or releases it.
    async fn hold(&mut self, fleet: &Fleet, book: &mut Book, of: (&'static str, &str, i64)) {
        let (user, key, milli) = of;
        let body = json!({"amount": credits(milli), "ttlSeconds": 3600});
        let hold = Asked {
            user,
            key: key.to_string(),
            takes_milli: 0,
            event: events::hold(user, key, &body),
        };
        if self.ask(fleet, book, hold).await >= 300 {
            return;
        }
        let (way, takes_milli) = match self.random.below(3) {
            0 => ("release", 0),
            _ => ("commit", milli / 2 + 1),
        };
        let body = match way {
            "release" => Value::Null,
            _ => json!({"amount": credits(takes_milli)}),
        };
        let end_key = format!("{key}-{way}");
        let end = Asked {
            user,
            takes_milli,
            event: events::end_hold(user, (key, way), &end_key, &body),
            key: end_key,
        };
        self.ask(fleet, book, end).await;
    }

    async fn ask(&mut self, fleet: &Fleet, book: &mut Book, asked: Asked) -> u64 {
        let answer = asked.until_answered(fleet, &mut self.random).await;
        let status = answer.status;
        assert!([200, 201, 402].contains(&status), "{asked:?}: {answer:?}");
        book.all.push((asked, answer));
        status
    }
}

fn charge(user: &'static str, key: &str, milli: i64) -> Asked {
    Asked {
        user,
        key: key.to_string(),
        takes_milli: milli,
        event: events::charge(user, key, &credits(milli)),
    }
}

/// Thousandths as requests have them.
fn credits(milli: i64) -> String {
    format!("{}.{:03}", milli / 1_000, milli % 1_000)
}
